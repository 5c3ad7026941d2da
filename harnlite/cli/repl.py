"""``harnlite repl``: a session is one growing program.

Every accepted input is added to the program, the whole is run anew and only the output that is new is shown, as the
reference runtime does (docs/reference/runtime.md 10.2). So an earlier line that writes a file writes it again.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import sys
from collections.abc import Callable, Iterable

from harnlite.cli.common import show
from harnlite.diagnostics import Diagnostic, ProgramError
from harnlite.engine import RunOptions, run_source
from harnlite.host import Host
from harnlite.source import Source
from harnlite.values.errors import ExitRequest

SUMMARY = "try things out, line by line"

_BANNER = "harnlite {version}. An open bracket or block continues on the next line; :help tells more.\n"
_HELP = """\
  Type statements or expressions; the value of an expression is shown and kept as _1, _2, ...
  Each input runs the whole session anew and shows only what is new.
  :list   show the session        :undo   take the last input back
  :reset  start from nothing      :quit   leave (Ctrl-D too)
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("--tier", choices=("fast", "interpreter"), default="interpreter", help="how inputs run")


def run(arguments: argparse.Namespace) -> int:
    """Read, run, print, until the input ends."""
    from harnlite import __version__

    session = Session(arguments.tier)
    read = _reader(session)
    if sys.stdin.isatty():
        sys.stdout.write(_BANNER.format(version=__version__))
    while True:
        try:
            text = _read_input(read)
        except EOFError:
            return 0
        except KeyboardInterrupt:
            sys.stdout.write("\n")
            continue
        if text.strip() == ":quit":
            return 0
        if not text.strip():
            continue
        try:
            sys.stdout.write(session.accept(text))
        except KeyboardInterrupt:
            # What was interrupted is no part of the session.
            sys.stdout.write("\ninterrupted\n")
        sys.stdout.flush()
        if session.exit_code is not None:
            return session.exit_code


def _read_input(read: Callable[[str], str]) -> str:
    """Read lines until they are no unfinished construct any more; an empty line ends one all the same."""
    text = read("> ")
    while text.strip() and not text.lstrip().startswith(":") and _is_unfinished(text):
        more = read(". ")
        if not more.strip():
            break
        text += "\n" + more
    return text


def _is_unfinished(text: str) -> bool:
    from harnlite.syntax.parser import parse

    try:
        parse(Source("<input>", text))
    except ProgramError as error:
        return any(one.code in ("HARN-PAR-002", "HARN-PAR-005") for one in error.diagnostics) or (
            any(one.code == "HARN-PAR-004" for one in error.diagnostics) and text.count('"""') % 2 == 1
        )
    return False


class Session:
    """The inputs accepted so far and what they printed.

    :ivar exit_code: what an input called ``exit`` with, or None.
    """

    exit_code: int | None = None

    def __init__(self, tier: str) -> None:
        self.tier = tier
        self._clear()

    def _clear(self) -> None:
        self.inputs: list[str] = []
        self.shown = ""
        self.values = 0

    def accept(self, text: str) -> str:
        """Take an input or a command; give what is to be shown."""
        command = text.strip()
        if command.startswith(":"):
            return self._command(command)
        return self._run(self._keep_value(text))

    def _command(self, command: str) -> str:
        if command == ":help":
            return _HELP
        if command == ":list":
            return "".join(f"{text}\n" for text in self.inputs)
        if command == ":reset":
            self._clear()
            return ""
        if command == ":undo":
            if self.inputs:
                self.inputs.pop()
                self._run("")
            return ""
        return f"there is no command {command}; :help lists them\n"

    def _keep_value(self, text: str) -> str:
        """Turn a bare expression into a binding that is shown unless nil."""
        from harnlite.syntax import tree
        from harnlite.syntax.parser import parse

        try:
            statements = parse(Source("<input>", text)).statements
        except ProgramError:
            return text
        if len(statements) != 1 or not isinstance(statements[0], tree.ExpressionStatement):
            return text
        expression = statements[0].expression
        if isinstance(expression, tree.Call) and expression.callee.name in ("println", "print", "log"):
            return text
        self.values += 1
        name = f"_{self.values}"
        return f"let {name} = {text}\nif {name} != nil {{ println({name}) }}"

    def _run(self, addition: str) -> str:
        pieces: list[str] = []
        errors: list[str] = []
        program = "\n".join([*self.inputs, addition]) if addition else "\n".join(self.inputs)
        host = Host(write_out=pieces.append, write_err=errors.append)
        options = RunOptions(tier=self.tier, event_log="memory", use_cache=False)
        outcome = run_source(Source("<repl>", program), os.path.join(os.getcwd(), "<repl>"), options, host=host)
        failed = outcome.error is not None
        if isinstance(outcome.error, ExitRequest):
            self.exit_code = outcome.exit_code
        output = "".join(pieces)
        new = output[len(self.shown) :] if output.startswith(self.shown) else output
        start = len(program) - len(addition)
        show([one for one in outcome.diagnostics if _is_new(one, start)])
        if outcome.message:
            errors.append(outcome.message + "\n")
        sys.stderr.write("".join(errors))
        if failed:
            return new
        if addition:
            self.inputs.append(addition)
        self.shown = output
        return new


def _is_new(diagnostic: Diagnostic, start: int) -> bool:
    return diagnostic.severity == "error" or diagnostic.span.start >= start


def _reader(session: Session) -> Callable[[str], str]:
    """Give the best way to read a line: prompt_toolkit, readline, or plain input."""
    if not sys.stdin.isatty():
        return lambda _prompt: input()

    def words() -> Iterable[str]:
        from harnlite.builtins.registry import Registry

        own = re.findall(r"\b(?:let|var|const|fn|struct|enum)\s+(\w+)", "\n".join(session.inputs))
        return sorted({*Registry().names, *own})

    history = os.path.join(os.path.expanduser("~"), ".harnlite_history")
    try:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.completion import WordCompleter
        from prompt_toolkit.history import FileHistory
    except ImportError:
        return _readline_reader(words, history)
    prompts: PromptSession[str] = PromptSession(
        history=FileHistory(history), completer=WordCompleter(lambda: list(words()))
    )
    return lambda prompt: prompts.prompt(prompt)


def _readline_reader(words: Callable[[], Iterable[str]], history: str) -> Callable[[str], str]:
    try:
        import atexit
        import readline
    except ImportError:
        return input

    def complete(prefix: str, index: int) -> str | None:
        found = [word for word in words() if word.startswith(prefix)]
        return found[index] if index < len(found) else None

    readline.set_completer(complete)
    readline.parse_and_bind("tab: complete")
    with contextlib.suppress(OSError):
        readline.read_history_file(history)
    atexit.register(readline.write_history_file, history)
    return input
