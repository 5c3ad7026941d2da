"""What the commands share: arguments, reading files, showing diagnostics, the last line of defence."""

from __future__ import annotations

import errno
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import ModuleType

    from harnlite.diagnostics import Diagnostic, ProgramError
    from harnlite.source import Source

__all__ = [
    "CommandError", "ExtraMissing", "counted", "find_scripts", "read_source", "read_standard_input", "report",
    "run_command", "show", "use_colour", "write_json",
]  # fmt: skip

_BUG = 70
#: How writing to a standard stream fails that is no closed pipe: full disk or quota, a lost device, a file too large.
_OUTPUT_FAILURES = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG, errno.EBADF))
#: Deep enough for 511 nested guest calls through callbacks, shallow enough for the C stack (docs/architecture.md).
_RECURSION_LIMIT = 6000


class CommandError(Exception):
    """A command cannot do what it was asked to.

    :param message: one line.
    :param code: a diagnostic code.
    :param hint: how to mend it.
    :param exit_code: what the process ends with.
    """

    def __init__(self, message: str, code: str = "HARN-CLI-001", hint: str = "", exit_code: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.hint = hint
        self.exit_code = exit_code


class ExtraMissing(CommandError):  # noqa: N818 - it says what is missing, as the user reads it
    """A feature needs a package of an optional extra."""

    def __init__(self, feature: str, package: str, extra: str) -> None:
        super().__init__(
            f"{feature} needs the package {package}", "HARN-CLI-003", f"pip install 'harnlite[{extra}]'", exit_code=1
        )


def run_command(name: str, module: ModuleType, arguments: Sequence[str]) -> int:
    """Parse a command's arguments, run it and give the exit code.

    What stands behind a lone ``--`` is handed over untouched as ``script_arguments``. A lone file argument is not
    parsed when the module has ``run_file(file, script_arguments)``: importing argparse takes longer
    than a short run.
    """
    sys.setrecursionlimit(max(sys.getrecursionlimit(), _RECURSION_LIMIT))
    own, script = list(arguments), []
    if "--" in own:
        cut = own.index("--")
        own, script = own[:cut], own[cut + 1 :]
    if len(own) == 1 and not own[0].startswith("-") and hasattr(module, "run_file"):
        return _guarded(lambda: module.run_file(own[0], script))
    from harnlite.cli.parser import parse_arguments

    try:
        parsed = parse_arguments(name, module, own)
    except SystemExit as stop:
        return int(stop.code or 0)
    parsed.script_arguments = script
    return _guarded(lambda: module.run(parsed))


def _guarded(command: Callable[[], int]) -> int:
    """Run a command and turn everything that can go wrong into text and exit code."""
    try:
        return command()
    except CommandError as error:
        report(error)
        return error.exit_code
    except (KeyboardInterrupt, BrokenPipeError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.filename is None and error.errno in _OUTPUT_FAILURES:
            raise
        from harnlite.diagnostics import ProgramError

        if isinstance(error, ProgramError):
            report(error)
            return 1
        return _report_bug(error)


def report(error: CommandError | ProgramError) -> None:
    """Write to standard error why a command could not do what it was asked to, or why a program was refused."""
    if isinstance(error, CommandError):
        hint = f"   = help: {error.hint}\n" if error.hint else ""
        _complain(f"error[{error.code}]: {error.message}\n{hint}")
    else:
        show(error.diagnostics)


def _complain(text: str) -> None:
    sys.stdout.flush()
    sys.stderr.write(text.encode("utf-8", "backslashreplace").decode("utf-8"))


def _report_bug(error: Exception) -> int:
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    place = f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else "unknown place"
    _complain(
        f"error: harnlite itself failed: {type(error).__name__}: {error} ({place})\n"
        "   = help: this is a bug of harnlite, not of your script; please report it with the script and\n"
        "     the output of HARNLITE_DEBUG=1, which shows where it happened\n"
    )
    if os.environ.get("HARNLITE_DEBUG"):
        traceback.print_exception(error)
    return _BUG


def use_colour() -> bool:
    """Whether diagnostics may use colour: standard error is a terminal that can, and NO_COLOR is not set."""
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def show(diagnostics: list[Diagnostic]) -> None:
    """Write diagnostics to standard error."""
    if diagnostics:
        from harnlite.diagnostics.render import render_all

        _complain(render_all(diagnostics, colour=use_colour()))


def counted(number: int, noun: str) -> str:
    """Give a number with its noun: ``1 job``, ``2 jobs``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def write_json(data: object) -> None:
    """Write one JSON document to standard output."""
    import json

    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False, sort_keys=True) + "\n")


def read_source(path: str) -> Source:
    """Read a script.

    :raises CommandError: the file is missing, a directory, unreadable or not UTF-8.
    """
    from harnlite.source import Source

    try:
        with open(path, "rb") as file:
            data = file.read()
    except FileNotFoundError:
        raise CommandError(f"cannot read {path}: no such file", hint=_near_file(path)) from None
    except IsADirectoryError:
        raise CommandError(f"cannot read {path}: it is a directory", hint="name a .harn file in it") from None
    except PermissionError:
        raise CommandError(f"cannot read {path}: permission denied") from None
    except OSError as error:
        raise CommandError(f"cannot read {path}: {error.strerror or error}") from None
    except ValueError:
        raise CommandError(f"cannot read {path!r}: not a file name") from None
    return Source(path, _decoded(data, path))


def read_standard_input() -> Source:
    """Read a script from standard input.

    :raises CommandError: it is not UTF-8.
    """
    from harnlite.source import Source

    # Where another text stream stands in for standard input, there are no bytes below it.
    raw = getattr(sys.stdin, "buffer", None)
    return Source("<stdin>", sys.stdin.read() if raw is None else _decoded(raw.read(), "standard input"))


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CommandError(
            f"cannot read {name}: not UTF-8 text (byte 0x{data[error.start]:02x} in line {line})",
            hint="save the script as UTF-8",
        ) from None


def find_scripts(paths: Sequence[str]) -> Iterator[str]:
    """Give files as they are and, of directories, the scripts in and below them, in the order of their names."""
    for path in paths:
        if not os.path.isdir(path):
            yield path
            continue
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            yield from (os.path.join(folder, name) for name in sorted(names) if name.endswith(".harn"))


def _near_file(path: str) -> str:
    from harnlite.diagnostics.suggest import nearest

    folder, name = os.path.split(path)
    try:
        near = nearest(name, os.listdir(folder or "."))
    except OSError:
        return ""
    return f"did you mean `{os.path.join(folder, near)}`?" if near else ""
