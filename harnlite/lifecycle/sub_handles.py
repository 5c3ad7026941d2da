"""``harness.stdio``, ``clock``, ``system``, ``fs``, ``env``, ``random`` and ``net`` (docs/reference/lifecycle.md 3).

Most methods are builtins under another name, so that checks, messages and the sandbox policy are those of the builtin.
The reference only announces the methods of ``fs``, ``env``, ``random`` and ``net``; here they work.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from harnlite.builtins.registry import method
from harnlite.values.display import display
from harnlite.values.errors import type_error
from harnlite.values.types import Duration

if TYPE_CHECKING:
    from harnlite.lifecycle.harness import SubHandle
    from harnlite.vm.machine import Vm


def _shown(arguments: tuple[Any, ...]) -> str:
    return display(arguments[0]) if arguments else ""


def _same_as(builtin: str) -> Callable[..., Any]:
    """Make the method that is a builtin under another name."""

    def call(vm: Vm, _handle: SubHandle, *arguments: Any) -> Any:
        return vm.call(vm.registry.builtin(builtin), list(arguments))

    call.__doc__ = f"The builtin ``{builtin}``."
    return call


def _writes(builtin: str, summary: str) -> Callable[..., None]:
    """Make the method that writes its first argument with a builtin; it may be missing, further ones are ignored.

    :param summary: the method's docstring.
    """

    def call(vm: Vm, _handle: SubHandle, *arguments: Any) -> None:
        vm.call(vm.registry.builtin(builtin), [_shown(arguments)])

    call.__doc__ = summary
    return call


println = method("HarnessStdio", "println(value?: any) -> nil")(_writes("println", "Print a value and a newline."))
print_ = method("HarnessStdio", "print(value?: any) -> nil")(_writes("print", "Print a value."))
eprintln = method("HarnessStdio", "eprintln(value?: any) -> nil")(
    _writes("eprintln", "Print a value and a newline to standard error.")
)
eprint = method("HarnessStdio", "eprint(value?: any) -> nil")(_writes("eprint", "Print a value to standard error."))


@method("HarnessStdio", "read_line() -> string")
def read_line(vm: Vm, _handle: SubHandle) -> str | None:
    """Read a line of standard input; nil at its end."""
    line: str | None = vm.call(vm.registry.builtin("read_line"), [])
    return line


@method("HarnessStdio", "prompt(text?: any) -> string")
def prompt(vm: Vm, _handle: SubHandle, *arguments: Any) -> str | None:
    """Print a text, then read a line of standard input."""
    vm.call(vm.registry.builtin("print"), [_shown(arguments)])
    return read_line(vm, _handle)


@method("HarnessClock", "sleep_ms(length?: any) -> nil")
def sleep_ms(vm: Vm, _handle: SubHandle, *arguments: Any) -> Any:
    """Sleep so many milliseconds, or a duration; a mocked clock only moves on."""
    if not arguments or not (type(arguments[0]) is int or isinstance(arguments[0], Duration)):
        raise type_error("HarnessClock.sleep_ms expects an int or duration argument")
    return vm.call(vm.registry.builtin("sleep"), [arguments[0]])


now_ms = method("HarnessClock", "now_ms() -> int")(_same_as("now_ms"))
timestamp = method("HarnessClock", "timestamp() -> float")(_same_as("timestamp"))
monotonic_ms = method("HarnessClock", "monotonic_ms() -> int")(_same_as("monotonic_ms"))
elapsed = method("HarnessClock", "elapsed() -> int")(_same_as("elapsed"))

read_text = method("HarnessFs", "read_text(path?: any) -> string")(_same_as("read_file"))
read_bytes = method("HarnessFs", "read_bytes(path?: any) -> bytes")(_same_as("read_file_bytes"))
read_lines = method("HarnessFs", "read_lines(path?: any) -> list")(_same_as("read_lines"))
write_text = method("HarnessFs", "write_text(path?: any, text?: any) -> nil")(_same_as("write_file"))
write_bytes = method("HarnessFs", "write_bytes(path?: any, data?: any) -> nil")(_same_as("write_file_bytes"))
append_text = method("HarnessFs", "append_text(path?: any, text?: any) -> nil")(_same_as("append_file"))
exists = method("HarnessFs", "exists(path?: any) -> bool")(_same_as("file_exists"))
stat = method("HarnessFs", "stat(path?: any) -> dict")(_same_as("stat"))
list_dir = method("HarnessFs", "list_dir(path?: any) -> list")(_same_as("list_dir"))
walk_dir = method("HarnessFs", "walk_dir(path?: any, options?: any) -> list")(_same_as("walk_dir"))
mkdir = method("HarnessFs", "mkdir(path?: any) -> nil")(_same_as("mkdir"))
copy = method("HarnessFs", "copy(source?: any, target?: any) -> nil")(_same_as("copy_file"))
rename = method("HarnessFs", "rename(source?: any, target?: any) -> nil")(_same_as("move_file"))
delete = method("HarnessFs", "delete(path?: any) -> nil")(_same_as("delete_file"))
temp_dir = method("HarnessFs", "temp_dir() -> string")(_same_as("temp_dir"))
cwd = method("HarnessFs", "cwd() -> string")(_same_as("cwd"))

get_variable = method("HarnessEnv", "get(name?: any) -> string")(_same_as("env"))
get_variable_or = method("HarnessEnv", "get_or(name?: any, default?: any) -> any")(_same_as("env_or"))
home_dir = method("HarnessEnv", "home_dir() -> string")(_same_as("home_dir"))
username = method("HarnessEnv", "username() -> string")(_same_as("username"))
hostname = method("HarnessEnv", "hostname() -> string")(_same_as("hostname"))

random_float = method("HarnessRandom", "float() -> float")(_same_as("random"))
random_int = method("HarnessRandom", "int(low?: any, high?: any) -> int")(_same_as("random_int"))
random_choice = method("HarnessRandom", "choice(items?: any) -> any")(_same_as("random_choice"))
random_shuffle = method("HarnessRandom", "shuffle(items?: any) -> list")(_same_as("random_shuffle"))
random_uuid = method("HarnessRandom", "uuid() -> string")(_same_as("uuid"))

http_get = method("HarnessNet", "get(url?: any, options?: any) -> dict")(_same_as("http_get"))
http_post = method("HarnessNet", "post(url?: any, body?: any, options?: any) -> dict")(_same_as("http_post"))
http_request = method("HarnessNet", "request(method?: any, url?: any, options?: any) -> dict")(_same_as("http_request"))
