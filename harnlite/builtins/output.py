"""Output and input: print, eprint, progress, colours, standard input, exit (docs/reference/builtins.md 4)."""

from __future__ import annotations

from harnlite.builtins.registry import builtin
from harnlite.builtins.streams import StandardStreams
from harnlite.values.display import display
from harnlite.values.errors import ExitRequest, thrown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from harnlite.vm.machine import Vm

_SPINNER: Final = "|/-\\"
_COLORS: Final = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_COLOR_CODES: Final = (
    {name: 30 + index for index, name in enumerate(_COLORS)}
    | {f"bright_{name}": 90 + index for index, name in enumerate(_COLORS)}
    | {"gray": 90, "grey": 90}
)


@builtin("print(value?: any) -> nil", area="output", loose=True)
def print_(vm: Vm, value: Any = "") -> None:
    """Write the display text of the first argument, without a line end."""
    vm.print(value if type(value) is str else display(value))


@builtin("println(value?: any) -> nil", area="output", loose=True)
def println(vm: Vm, value: Any = "") -> None:
    """Write the display text of the first argument and a line end."""
    vm.print((value if type(value) is str else display(value)) + "\n")


@builtin("log(message: any) -> nil", area="output")
def log(vm: Vm, message: Any) -> None:
    """Write ``[harn] `` and the display text of the argument as one line."""
    vm.print(f"[harn] {display(message)}\n")


@builtin("eprint(value: any) -> nil", area="output")
def eprint(vm: Vm, value: Any) -> None:
    """Write the display text of the argument to standard error."""
    vm.service(StandardStreams).write_error(display(value))


@builtin("eprintln(value: any) -> nil", area="output")
def eprintln(vm: Vm, value: Any) -> None:
    """Write the display text of the argument and a line end to standard error."""
    vm.service(StandardStreams).write_error(display(value) + "\n")


@builtin("progress(phase?: any, message?: any, current?: any, total?: any) -> nil", area="output", loose=True)
def progress(vm: Vm, phase: Any = "", message: Any = "", current: Any = None, total: Any = None) -> None:
    """Write a progress line: plain, with a percentage or count, or as a bar or spinner by an options dict."""
    head, tail = f"[{display(phase)}] ", display(message)
    if type(current) is dict:
        line = _drawn_progress(head, tail, current)
    elif type(current) is not int:
        line = head + tail
    elif type(total) is int:
        line = f"{head}{tail} ({current}/{total})"
    else:
        line = f"{head}{tail} ({current}%)"
    vm.print(line + "\n")


def _drawn_progress(head: str, message: str, options: dict[str, Any]) -> str:
    mode = options.get("mode")
    if mode == "spinner":
        return f"{head}{_SPINNER[_whole(options.get('step'), 0) % 4]} {message}"
    if mode != "bar":
        return head + message
    current, total = _whole(options.get("current"), 0), _whole(options.get("total"), 0)
    width = min(max(_whole(options.get("width"), 10), 3), 40)
    # Integer arithmetic, because any 64-bit count must work; adding half of the divisor rounds.
    filled = min(max((2 * current * width + total) // (2 * total), 0), width) if total > 0 else 0
    return f"{head}[{'#' * filled}{'-' * (width - filled)}] {message} ({current}/{total})"


def _whole(value: Any, default: int) -> int:
    return value if type(value) is int else default


@builtin("color(text: any, name: string) -> string", area="output")
def color(vm: Vm, text: Any, name: str) -> str:
    """The text between the escape sequences of a named colour, if colours are on."""
    code = _COLOR_CODES.get(name)
    return display(text) if code is None else _styled(vm, text, code)


@builtin("bold(text: any) -> string", area="output")
def bold(vm: Vm, text: Any) -> str:
    """The text in bold, if colours are on."""
    return _styled(vm, text, 1)


@builtin("dim(text: any) -> string", area="output")
def dim(vm: Vm, text: Any) -> str:
    """The text dimmed, if colours are on."""
    return _styled(vm, text, 2)


def _styled(vm: Vm, text: Any, code: int) -> str:
    shown = display(text)
    return f"\x1b[{code}m{shown}\x1b[0m" if vm.service(StandardStreams).colors() else shown


@builtin("set_color_mode(mode?: any) -> nil", area="output", loose=True)
def set_color_mode(vm: Vm, mode: Any = None) -> None:
    """Switch colours: ``auto``, ``always`` or ``never``."""
    chosen = display(mode)
    if chosen not in ("auto", "always", "never"):
        raise thrown(f"set_color_mode: invalid mode '{chosen}'. Expected 'auto', 'always', or 'never'.")
    vm.service(StandardStreams).color_mode = chosen


@builtin("read_line() -> string | nil", area="output", loose=True, aliases=("__host_read_line",))
def read_line(vm: Vm) -> str | None:
    """The next line of standard input without its end; nil at the end."""
    line: str | None = vm.service(StandardStreams).read_line()
    return line


@builtin("__host_read_password() -> string | nil", area="output", loose=True)
def host_read_password(vm: Vm) -> str | None:
    """As ``read_line``; a terminal does not show what is typed."""
    streams = vm.service(StandardStreams)
    if streams.mocked_input is not None or not vm.host.is_terminal("stdin"):
        return streams.read_line()
    import getpass

    try:
        return getpass.getpass("")
    except EOFError:
        return None


@builtin("read_stdin() -> string", area="output", loose=True)
def read_stdin(vm: Vm) -> str:
    """The rest of standard input."""
    text: str = vm.service(StandardStreams).read_all()
    return text


@builtin("prompt_user(message?: any) -> string", area="output", loose=True)
def prompt_user(vm: Vm, message: Any = "") -> str:
    """Write a message, then read a line and trim its end."""
    vm.print(display(message))
    return (vm.service(StandardStreams).read_line() or "").rstrip()


@builtin("mock_stdin(text?: any) -> nil", area="output", loose=True)
def mock_stdin(vm: Vm, text: Any = "") -> None:
    """Let ``read_line`` and ``read_stdin`` read this text instead of standard input."""
    import io

    vm.service(StandardStreams).mocked_input = io.StringIO(display(text), newline="")


@builtin("unmock_stdin() -> nil", area="output", loose=True)
def unmock_stdin(vm: Vm) -> None:
    """Read from the real standard input again."""
    vm.service(StandardStreams).mocked_input = None


@builtin("mock_tty(stream?: any, is_tty?: any) -> nil", area="output", loose=True)
def mock_tty(vm: Vm, stream: Any = None, is_tty: Any = True) -> None:
    """Say whether ``stdin``, ``stdout`` or ``stderr`` counts as a terminal."""
    name = display(stream)
    if name not in ("stdin", "stdout", "stderr"):
        raise thrown(f"mock_tty: unknown stream '{name}'. Expected 'stdin', 'stdout', or 'stderr'.")
    vm.service(StandardStreams).mocked_terminals[name] = is_tty is True


@builtin("unmock_tty() -> nil", area="output", loose=True)
def unmock_tty(vm: Vm) -> None:
    """Forget every ``mock_tty``."""
    vm.service(StandardStreams).mocked_terminals.clear()


@builtin("is_stdin_tty() -> bool", area="output")
def is_stdin_tty(vm: Vm) -> bool:
    """Whether standard input is a terminal."""
    return _is_terminal(vm, "stdin")


@builtin("is_stdout_tty() -> bool", area="output")
def is_stdout_tty(vm: Vm) -> bool:
    """Whether standard output is a terminal."""
    return _is_terminal(vm, "stdout")


@builtin("is_stderr_tty() -> bool", area="output")
def is_stderr_tty(vm: Vm) -> bool:
    """Whether standard error is a terminal."""
    return _is_terminal(vm, "stderr")


def _is_terminal(vm: Vm, stream: str) -> bool:
    answer: bool = vm.service(StandardStreams).is_terminal(stream)
    return answer


@builtin("capture_stderr_start() -> nil", area="output")
def capture_stderr_start(vm: Vm) -> None:
    """Keep what is written to standard error for ``capture_stderr_take``."""
    vm.service(StandardStreams).captured_errors = []


@builtin("capture_stderr_take() -> string", area="output")
def capture_stderr_take(vm: Vm) -> str:
    """What was written to standard error since ``capture_stderr_start``; ends the capture."""
    streams = vm.service(StandardStreams)
    captured, streams.captured_errors = streams.captured_errors or [], None
    return "".join(captured)


@builtin("exit(code?: int) -> nil", area="output")
def exit_(_vm: Vm, code: int | None = 0) -> None:
    """End the run with this exit code."""
    raise ExitRequest(code or 0)
