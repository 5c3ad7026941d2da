"""Files and directories (docs/reference/builtins.md 14.4), through the host and its policy."""

from __future__ import annotations

import os
import re

from harnlite.builtins.registry import builtin
from harnlite.values.display import display, type_name
from harnlite.values.errors import GuestError, thrown, type_error
from harnlite.values.types import EnumValue, err, ok

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from harnlite.vm.machine import Vm

    _Result = TypeVar("_Result")


def reason(error: OSError) -> str:
    """A system error as ``No such file or directory (os error 2)``."""
    text = error.strerror or str(error)
    # Our own texts carry a number only for Python's sake.
    return f"{text} (os error {error.errno})" if error.errno and text == os.strerror(error.errno) else text


def _try(vm: Vm, what: str, path: str, action: Callable[[], _Result]) -> _Result:
    """Do something with a file; a failure is thrown as ``what PATH: reason``, the path made absolute."""
    try:
        return action()
    except OSError as error:
        raise thrown(f"{what} {_shown(vm, path)}: {reason(error)}") from None


def _shown(vm: Vm, path: str) -> str:
    return os.path.join(vm.host.current_directory(), path)


@builtin("read_file(path?: any) -> string", area="files", loose=True)
def read_file(vm: Vm, path: Any = "") -> str:
    """The text of a file."""
    name = display(path)
    return _try(vm, "Failed to read file", name, lambda: vm.host.files.read_text(name))


@builtin("read_file_result(path?: any) -> Result", area="files", loose=True)
def read_file_result(vm: Vm, path: Any = "") -> EnumValue:
    """The text of a file as a Result."""
    try:
        return ok(read_file(vm, path))
    except GuestError as error:
        if error.kind != "thrown":
            raise
        return err(error.value)


@builtin("read_file_bytes(path?: any) -> bytes", area="files", loose=True)
def read_file_bytes(vm: Vm, path: Any = "") -> bytes:
    """The bytes of a file."""
    name = display(path)
    return _try(vm, "Failed to read file", name, lambda: vm.host.files.read_bytes(name))


@builtin("read_lines(path?: any) -> list", area="files", loose=True)
def read_lines(vm: Vm, path: Any = "") -> list[str]:
    """The lines of a file, without their ends."""
    name = display(path)
    text = _try(vm, "read_lines:", name, lambda: vm.host.files.read_text(name))
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    if not lines[-1]:
        lines.pop()
    return lines


@builtin("write_file(path?: any, content?: any) -> nil", area="files", loose=True)
def write_file(vm: Vm, path: Any = "", content: Any = "") -> None:
    """Write a value's display text to a file."""
    name, text = display(path), display(content)
    _try(vm, "Failed to write file", name, lambda: vm.host.files.write_text(name, text))


@builtin("append_file(path: string, content: string) -> nil", area="files")
def append_file(vm: Vm, path: str, content: str) -> None:
    """Add text at the end of a file."""
    _try(vm, "Failed to append to file", path, lambda: vm.host.files.write_text(path, content, append=True))


@builtin("write_file_bytes(path?: any, content?: any) -> nil", area="files", loose=True)
def write_file_bytes(vm: Vm, path: Any = "", content: Any = b"") -> None:
    """Write bytes to a file."""
    if type(content) is not bytes:
        raise type_error(f"write_file_bytes: content must be bytes, got {type_name(content)}")
    name = display(path)
    _try(vm, "Failed to write file", name, lambda: vm.host.files.write_bytes(name, content))


@builtin("file_exists(path: string) -> bool", area="files")
def file_exists(vm: Vm, path: str) -> bool:
    """Whether a file or directory exists."""
    answer: bool = vm.host.files.exists(path)
    return answer


@builtin("delete_file(path: string) -> nil", area="files")
def delete_file(vm: Vm, path: str) -> None:
    """Delete a file, or a directory with all that is in it."""
    _try(vm, "Failed to delete file", path, lambda: vm.host.files.delete(path))


@builtin("mkdir(path?: any) -> nil", area="files", loose=True)
def mkdir(vm: Vm, path: Any = "") -> None:
    """Make a directory, with those above it."""
    name = display(path)
    _try(vm, "Failed to create directory", name, lambda: vm.host.files.make_directory(name))


@builtin("copy_file(source: string, target: string) -> nil", area="files")
def copy_file(vm: Vm, source: str, target: str) -> None:
    """Copy a file."""
    try:
        vm.host.files.copy(source, target)
    except (OSError, shutil_error()) as error:
        raise thrown(f"Failed to copy {_shown(vm, source)} to {_shown(vm, target)}: {_text(error)}") from None


@builtin("move_file(source?: any, target?: any) -> nil", area="files", loose=True)
def move_file(vm: Vm, source: Any = "", target: Any = "") -> None:
    """Move or rename a file or directory."""
    try:
        vm.host.files.move(display(source), display(target))
    except (OSError, shutil_error()) as error:
        raise thrown(f"move_file: copy failed: {_text(error)}") from None


def shutil_error() -> type[Exception]:
    """What copying a file onto itself raises; imported only when a file is copied."""
    import shutil

    return shutil.Error


def _text(error: Exception) -> str:
    return reason(error) if isinstance(error, OSError) else str(error)


@builtin("list_dir(path?: string) -> list", area="files")
def list_dir(vm: Vm, path: str | None = None) -> list[str]:
    """The sorted names in a directory."""
    name = "." if path is None else path
    return _try(vm, "Failed to list directory", name, lambda: vm.host.files.names(name))


@builtin("stat(path?: any) -> dict", area="files", loose=True)
def stat(vm: Vm, path: Any = "") -> dict[str, Any]:
    """``{is_dir, is_file, modified, readonly, size}`` of a file or directory; seconds since the epoch, bytes."""
    name = display(path)
    found: dict[str, Any] = _try(vm, "Failed to stat", name, lambda: vm.host.files.status(name))._asdict()
    return found


@builtin("glob(pattern?: string, base?: string) -> list", area="files")
def glob(vm: Vm, pattern: str | None = None, base: str | None = None) -> list[str]:
    """The sorted paths below a directory whose relative path fits a pattern; ``*`` also crosses ``/``."""
    if pattern is None:
        raise thrown("glob: pattern is required")
    root = "." if base is None else base
    fits = re.compile(_glob_expression(pattern), re.DOTALL).fullmatch
    above = len(os.path.join(root, ""))
    entries = _try(vm, "Failed to list directory", root, lambda: list(vm.host.files.walk(root)))
    return sorted(entry.path for entry in entries if entry.depth and fits(entry.path[above:].replace(os.sep, "/")))


def _glob_expression(pattern: str) -> str:
    """A glob pattern (``* ? [a-z] [!a] {a,b} \\x``) as a regular expression."""
    out: list[str] = []
    index = depth = 0
    while index < len(pattern):
        character = pattern[index]
        index += 1
        if character == "*":
            if pattern[index : index + 2] == "*/":
                out.append("(?:.*/)?")
                index += 2
            else:
                out.append(".*")
                index += pattern[index : index + 1] == "*"
        elif character == "?":
            out.append(".")
        elif character == "[" and (end := pattern.find("]", index + 1 + pattern.startswith("!", index))) > 0:
            members = pattern[index:end]
            negated = members[0] in "!^"
            out.append(f"[{'^' if negated else ''}{_members(members[negated:])}]")
            index = end + 1
        elif character == "{" and "}" in pattern[index:]:
            out.append("(?:")
            depth += 1
        elif character == "}" and depth:
            out.append(")")
            depth -= 1
        elif character == "," and depth:
            out.append("|")
        elif character == "\\" and index < len(pattern):
            out.append(re.escape(pattern[index]))
            index += 1
        else:
            out.append(re.escape(character))
    out.append(")" * depth)
    return "".join(out)


def _members(text: str) -> str:
    """The members of a set; a range that goes backwards is taken as its ends."""
    out: list[str] = []
    index = 0
    while index < len(text):
        low = text[index]
        if text[index + 1 : index + 2] == "-" and index + 2 < len(text):
            high = text[index + 2]
            out.append(f"{re.escape(low)}-{re.escape(high)}" if low <= high else re.escape(low) + re.escape(high))
            index += 3
        else:
            out.append(re.escape(low))
            index += 1
    return "".join(out)


@builtin("walk_dir(root?: any, options?: any) -> list", area="files", loose=True)
def walk_dir(vm: Vm, root: Any = ".", options: Any = None) -> list[dict[str, Any]]:
    """Everything below a directory and itself, as dicts of path, depth and kind."""
    chosen = options if type(options) is dict else {}
    deepest = chosen.get("max_depth")
    name = display(root)
    if not vm.host.files.exists(name):
        raise thrown(f"walk_dir: {_shown(vm, name)}: No such file or directory (os error 2)")
    entries = vm.host.files.walk(
        name,
        max_depth=deepest if type(deepest) is int else None,
        follow_links=chosen.get("follow_symlinks") is True,
    )
    return [entry._asdict() for entry in entries]
