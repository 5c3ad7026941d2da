"""What the commands share: arguments, reading files, showing diagnostics, the last line of defence."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from harnlite.diagnostics import Diagnostic
    from harnlite.source import Source

__all__ = ["CommandError", "ExtraMissing", "read_source", "run_command", "show", "use_colour", "write_json"]

_BUG = 70
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
        hint = f"   = help: {error.hint}\n" if error.hint else ""
        _complain(f"error[{error.code}]: {error.message}\n{hint}")
        return error.exit_code
    except (KeyboardInterrupt, BrokenPipeError):
        raise
    except Exception as error:
        from harnlite.diagnostics import ProgramError

        if isinstance(error, ProgramError):
            show(error.diagnostics)
            return 1
        return _report_bug(error)


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
    """Whether diagnostics may use colour: standard error is a terminal and NO_COLOR is not set."""
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR")


def show(diagnostics: list[Diagnostic]) -> None:
    """Write diagnostics to standard error."""
    from harnlite.diagnostics.render import render_all

    _complain(render_all(diagnostics, colour=use_colour()))


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
    try:
        return Source(path, data.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CommandError(
            f"cannot read {path}: not UTF-8 text (byte 0x{data[error.start]:02x} in line {line})",
            hint="save the file as UTF-8",
        ) from None


def _near_file(path: str) -> str:
    from harnlite.diagnostics.suggest import nearest

    folder, name = os.path.split(path)
    try:
        near = nearest(name, os.listdir(folder or "."))
    except OSError:
        return ""
    return f"did you mean `{os.path.join(folder, near)}`?" if near else ""
