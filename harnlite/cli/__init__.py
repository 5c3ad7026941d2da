"""The command line: one small module per command; nothing else parses arguments or prints.

:func:`main` finds the command and imports only its module, because start-up time is a feature. A command module has
``SUMMARY`` (one line), ``add_arguments(parser)`` and ``run(arguments) -> exit code``; bad input raises
:class:`harnlite.cli.common.CommandError` or ``ProgramError``, and only a bug of harnlite itself ends in code 70.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


__all__ = ["COMMANDS", "main"]

#: Command name to the module that implements it.
COMMANDS: dict[str, str] = {
    "run": "harnlite.cli.run",
    "check": "harnlite.cli.check",
    "test": "harnlite.cli.test",
    "fmt": "harnlite.cli.fmt",
    "repl": "harnlite.cli.repl",
    "bench": "harnlite.cli.bench",
    "dis": "harnlite.cli.dis",
    "tokens": "harnlite.cli.tokens",
    "parse": "harnlite.cli.parse",
    "explain": "harnlite.cli.explain",
    "events": "harnlite.cli.events",
    "queue": "harnlite.cli.queue",
    "report": "harnlite.cli.report",
    "handoffs": "harnlite.cli.handoffs",
    "version": "harnlite.cli.version",
}

_USAGE = 2
_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and give the exit code (docs/reference/language.md 3.1)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        code = _dispatch(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except BrokenPipeError:
        # Python would complain again when it flushes at exit; there is nobody left to read it.
        _drop_output()
        code = 0
    except OSError as error:
        # Only what is written to a standard stream fails this far up: a full disk, a device that went away.
        _drop_output()
        sys.stderr.write(f"error[HARN-CLI-001]: cannot write the output: {error.strerror or error}\n")
        code = 1
    return code


def _drop_output() -> None:
    """Let what is still buffered for standard output go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _dispatch(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        return _help(arguments)
    name = arguments[0]
    if name in ("-V", "--version"):
        name = "version"
    if name not in COMMANDS:
        return _unknown(name)
    from importlib import import_module

    from harnlite.cli.common import run_command

    return run_command(name, import_module(COMMANDS[name]), arguments[1:])


def _help(arguments: list[str]) -> int:
    from importlib import import_module

    if len(arguments) > 1:
        return _dispatch([arguments[1], "--help"]) if arguments[1] in COMMANDS else _unknown(arguments[1])
    lines = ["usage: harnlite COMMAND ...", "", "Runs scripts of the Harn orchestration language.", "", "commands:"]
    for name, module in COMMANDS.items():
        lines.append(f"  {name:<10}{import_module(module).SUMMARY}")
    lines += ["", "harnlite COMMAND --help tells more of a command."]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if arguments else _USAGE


def _unknown(name: str) -> int:
    from harnlite.diagnostics.suggest import nearest

    near = nearest(name, COMMANDS)
    hint = f"did you mean `harnlite {near}`?" if near else "`harnlite --help` lists the commands"
    if name.endswith(".harn"):
        hint = f"did you mean `harnlite run {name}`?"
    sys.stderr.write(f"error[HARN-CLI-002]: there is no command `{name}`\n   = help: {hint}\n")
    return _USAGE
