"""Paths as text; the file system is not asked (docs/reference/builtins.md 14.5)."""

from __future__ import annotations

import os
import re

from harnlite.builtins.registry import builtin
from harnlite.values.display import display

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from harnlite.vm.machine import Vm

_DRIVE: Final = re.compile(r"[A-Za-z]:/")


# ------------------------------------------------------------------------------- paths of this system


def _trimmed(path: str) -> str:
    """Without separators and ``/.`` at the end; the root stays."""
    while len(path) > 1 and path.endswith(("/", "/.")):
        path = path[: -2 if path.endswith("/.") else -1] or "/"
    return path


def file_name(path: str) -> str:
    """The last component, empty for the root, ``.`` and ``..``."""
    last = _trimmed(path).rpartition("/")[2]
    return "" if last in (".", "..") else last


@builtin("path_join(...parts: any) -> string", area="paths", loose=True)
def path_join(_vm: Vm, *parts: Any) -> str:
    """Join paths; an absolute part starts anew. Nothing is normalised."""
    return os.path.join("", *map(display, parts))


@builtin("dirname(path: string) -> string", area="paths")
def dirname(_vm: Vm, path: str) -> str:
    """A path without its last component."""
    head, slash, _ = _trimmed(path).rpartition("/")
    return _trimmed(head) if head else slash if _trimmed(path) != "/" else ""


@builtin("basename(path: string) -> string", area="paths")
def basename(_vm: Vm, path: str) -> str:
    """The last component of a path."""
    return file_name(path)


@builtin("extname(path: string) -> string", area="paths")
def extname(_vm: Vm, path: str) -> str:
    """The extension of a path's last component with its dot."""
    stem, dot, extension = file_name(path).rpartition(".")
    return dot + extension if stem else ""


# ------------------------------------------------------------------------------- paths with forward slashes


def posix(path: Any) -> str:
    """A path's display text with forward slashes."""
    return display(path).replace("\\", "/")


def _root(path: str) -> str:
    drive = _DRIVE.match(path)
    return drive[0] if drive else "/" if path.startswith("/") else ""


def _segments(path: str) -> list[str]:
    return [segment for segment in path[len(_root(path)) :].split("/") if segment]


def _parent(path: str) -> str:
    return _root(path) + "/".join(_segments(path)[:-1])


def _last(path: str) -> str:
    segments = _segments(path)
    return segments[-1] if segments else ""


def _split_extension(name: str) -> tuple[str, str]:
    stem, dot, extension = name.rpartition(".")
    return (stem, dot + extension) if stem and extension else (name, "")


def _with_last(path: str, name: str) -> str:
    parent = _parent(path)
    return parent + ("/" if parent and not parent.endswith("/") else "") + name


def normalize(path: str) -> str:
    """Collapse ``.``, ``..`` and repeated slashes."""
    root = _root(path)
    out: list[str] = []
    for segment in _segments(path):
        if segment == ".." and out and out[-1] != "..":
            out.pop()
        elif segment != "." and not (segment == ".." and root):
            out.append(segment)
    return root + "/".join(out) or ("." if path else "")


@builtin("path_parts(path?: any) -> dict", area="paths", loose=True)
def path_parts(_vm: Vm, path: Any = "") -> dict[str, Any]:
    """A path taken apart: dir, file, stem, ext, segments."""
    text = posix(path)
    name = _last(text)
    stem, extension = _split_extension(name)
    return {"dir": _parent(text), "ext": extension, "file": name, "segments": _segments(text), "stem": stem}


@builtin("path_parent(path?: any) -> string", area="paths", loose=True)
def path_parent(_vm: Vm, path: Any = "") -> str:
    """A path without its last segment; the root is its own parent."""
    return _parent(posix(path))


@builtin("path_basename(path?: any) -> string", area="paths", loose=True)
def path_basename(_vm: Vm, path: Any = "") -> str:
    """The last segment of a path."""
    return _last(posix(path))


@builtin("path_stem(path?: any) -> string", area="paths", loose=True)
def path_stem(_vm: Vm, path: Any = "") -> str:
    """The last segment of a path without its extension."""
    return _split_extension(_last(posix(path)))[0]


@builtin("path_extension(path?: any) -> string", area="paths", loose=True)
def path_extension(_vm: Vm, path: Any = "") -> str:
    """The extension of a path's last segment with its dot."""
    return _split_extension(_last(posix(path)))[1]


@builtin("path_with_extension(path?: any, extension?: any) -> string", area="paths", loose=True)
def path_with_extension(_vm: Vm, path: Any = "", extension: Any = "") -> str:
    """A path with another extension; an empty one removes it."""
    text, new = posix(path), display(extension)
    name = _last(text)
    if not name:
        return text
    return _with_last(text, _split_extension(name)[0] + (f".{new.removeprefix('.')}" if new else ""))


@builtin("path_with_stem(path?: any, stem?: any) -> string", area="paths", loose=True)
def path_with_stem(_vm: Vm, path: Any = "", stem: Any = "") -> str:
    """A path with another stem and the same extension."""
    text = posix(path)
    return _with_last(text, display(stem) + _split_extension(_last(text))[1])


@builtin("path_is_absolute(path?: any) -> bool", area="paths", loose=True)
def path_is_absolute(_vm: Vm, path: Any = "") -> bool:
    """Whether a path starts at a root (``/`` or ``C:/``)."""
    return bool(_root(posix(path)))


@builtin("path_is_relative(path?: any) -> bool", area="paths", loose=True)
def path_is_relative(_vm: Vm, path: Any = "") -> bool:
    """Whether a path does not start at a root."""
    return not _root(posix(path))


@builtin("path_normalize(path?: any) -> string", area="paths", loose=True)
def path_normalize(_vm: Vm, path: Any = "") -> str:
    """A path without ``.``, needless ``..`` and repeated slashes."""
    return normalize(posix(path))


@builtin("path_relative_to(path?: any, base?: any) -> string | nil", area="paths", loose=True)
def path_relative_to(_vm: Vm, path: Any = "", base: Any = "") -> str | None:
    """The way from a base to a path; nil when only one of them is absolute."""
    return relative(posix(path), posix(base))


def relative(path: str, base: str) -> str | None:
    """The way from a base to a path; None when their roots differ."""
    if _root(path) != _root(base):
        return None
    target, origin = _segments(normalize(path)), _segments(normalize(base))
    target = [] if target == ["."] else target
    origin = [] if origin == ["."] else origin
    common = 0
    while common < min(len(target), len(origin)) and target[common] == origin[common]:
        common += 1
    return "/".join([".."] * (len(origin) - common) + target[common:]) or "."


@builtin("path_to_posix(path?: any) -> string", area="paths", loose=True, aliases=("path_to_native",))
def path_to_posix(_vm: Vm, path: Any = "") -> str:
    """A path with forward slashes."""
    return posix(path)


@builtin("path_segments(path?: any) -> list", area="paths", loose=True)
def path_segments(_vm: Vm, path: Any = "") -> list[str]:
    """The segments of a path."""
    return _segments(posix(path))


def _in_workspace(path: str, root: str) -> str | None:
    """The path from a workspace's root; None when it leads outside."""
    full = normalize(path if _root(path) else f"{root}/{path}")
    found = relative(full, root)
    return None if found is None or found.split("/")[0] == ".." else found


@builtin("path_workspace_normalize(path?: any, root?: any) -> string | nil", area="paths", loose=True)
def path_workspace_normalize(vm: Vm, path: Any = "", root: Any = None) -> str | None:
    """A path relative to a workspace's root; nil when it leads outside."""
    return _in_workspace(posix(path), _workspace_root(vm, root))


@builtin("path_workspace_info(path?: any, root?: any) -> dict", area="paths", loose=True)
def path_workspace_info(vm: Vm, path: Any = "", root: Any = None) -> dict[str, Any]:
    """How a path lies to a workspace's root: absolute form, path inside, whether it is inside."""
    text, top = posix(path), _workspace_root(vm, root)
    inside = _in_workspace(text, top)
    return {
        "absolute": normalize(text if _root(text) else f"{top}/{text}"),
        "input": text,
        "inside": inside is not None,
        "root": top,
        "workspace_path": inside,
    }


def _workspace_root(vm: Vm, root: Any) -> str:
    return normalize(posix(vm.host.current_directory() if root is None else root))
