"""JSON: text, extraction from prose, pointers (docs/reference/builtins.md 12.1)."""

from __future__ import annotations

import re

from harnlite.builtins.registry import builtin
from harnlite.values.display import display
from harnlite.values.errors import runtime_error, thrown
from harnlite.values.json_text import JsonError, parse, stringify
from harnlite.values.json_text import stringify_pretty as pretty

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from harnlite.vm.machine import Vm

_FENCE: Final = re.compile(r"```[^\n]*\n(.*?)```", re.DOTALL)
_BAD_ESCAPE: Final = re.compile(r"~(?![01])(.?)")
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,17}")


@builtin("json_stringify(value: any) -> string", area="json")
def json_stringify(_vm: Vm, value: Any) -> str:
    """A value as compact JSON with sorted keys."""
    return stringify(value)


@builtin("json_stringify_pretty(value: any) -> string", area="json")
def json_stringify_pretty(_vm: Vm, value: Any) -> str:
    """A value as JSON indented by two."""
    return pretty(value)


@builtin("json_parse(text: string) -> any", area="json")
def json_parse(_vm: Vm, text: str) -> Any:
    """The value of a JSON text."""
    try:
        return parse(text)
    except JsonError as error:
        raise thrown(f"JSON parse error: {error}") from None


@builtin("json_extract(text: string, key?: string) -> any", area="json")
def json_extract(_vm: Vm, text: str, key: str | None = None) -> Any:
    """The JSON value in a text: in its first code fence, else its first object, else its first array."""
    try:
        value = parse(_candidate(text))
    except JsonError as error:
        raise thrown(f"json_extract: failed to parse JSON: {error}") from None
    if key is None:
        return value
    if type(value) is not dict:
        raise thrown("json_extract: parsed value is not a dict, cannot extract key")
    if key not in value:
        raise thrown(f"json_extract: key '{key}' not found")
    return value[key]


def _candidate(text: str) -> str:
    fenced = _FENCE.search(text)
    if fenced is not None:
        return fenced[1].strip()
    return _balanced(text, "{", "}") or _balanced(text, "[", "]") or text.strip()


def _balanced(text: str, opening: str, closing: str) -> str:
    """The first balanced stretch between two brackets, strings respected; empty if there is none."""
    token = re.compile(rf'"(?:[^"\\]|\\.)*"|[{re.escape(opening + closing)}]', re.DOTALL)
    start = text.find(opening)
    depth = 0
    for found in token.finditer(text, start) if start >= 0 else ():
        if found[0] == opening:
            depth += 1
        elif found[0] == closing:
            depth -= 1
            if depth == 0:
                return text[start : found.end()]
    return ""


# ---------------------------------------------------------------------------------------------- pointers


def _steps(name: str, pointer: Any) -> list[str]:
    """The reference tokens of a JSON pointer (RFC 6901)."""
    text = display(pointer)
    if not text:
        return []
    if not text.startswith("/"):
        raise thrown(f"{name}: pointer must be empty or start with '/'")
    bad = _BAD_ESCAPE.search(text)
    if bad is not None:
        if bad[1] in ("", "/"):
            raise thrown(f"{name}: dangling '~' in pointer")
        raise thrown(f"{name}: invalid escape '{bad[0]}' in pointer")
    return [step.replace("~1", "/").replace("~0", "~") for step in text[1:].split("/")]


def _index(step: str) -> int:
    """A list index, or -1 for what is none."""
    return int(step) if _INDEX.fullmatch(step) else -1


@builtin("json_pointer(value: any, pointer: string) -> any", area="json")
def json_pointer(_vm: Vm, value: Any, pointer: str) -> Any:
    """The part of a value that a JSON pointer names; nil if there is none."""
    for step in _steps("json_pointer", pointer):
        if type(value) is dict:
            value = value.get(step)
        elif type(value) is list:
            index = _index(step)
            value = value[index] if 0 <= index < len(value) else None
        else:
            return None
    return value


def _path_to_parent(value: Any, steps: list[str]) -> list[Any] | None:
    """The containers from the value down to the parent of the last step; None if one is missing."""
    path = [value]
    for step in steps[:-1]:
        parent = path[-1]
        if type(parent) is dict and step in parent:
            path.append(parent[step])
        elif type(parent) is list and 0 <= _index(step) < len(parent):
            path.append(parent[_index(step)])
        else:
            return None
    return path


def _rebuilt(path: list[Any], steps: list[str], changed: Any) -> Any:
    """Copies of the containers on the path around a changed innermost one."""
    for parent, step in zip(reversed(path[:-1]), reversed(steps[:-1]), strict=True):
        copy = parent.copy()
        copy[step if type(copy) is dict else _index(step)] = changed
        changed = copy
    return changed


@builtin("json_pointer_set(value: any, pointer: string, new: any) -> any", area="json")
def json_pointer_set(_vm: Vm, value: Any, pointer: str, new: Any) -> Any:
    """A copy with another value at a JSON pointer; unchanged when its parent does not exist."""
    steps = _steps("json_pointer_set", pointer)
    if not steps:
        return new
    path = _path_to_parent(value, steps)
    if path is None:
        return value
    last = steps[-1]
    if type(path[-1]) is dict:
        return _rebuilt(path, steps, {**path[-1], last: new})
    if type(path[-1]) is not list:
        return value
    items = path[-1].copy()
    index = len(items) if last == "-" else _index(last)
    if not 0 <= index <= len(items):
        return value
    items[index : index + 1] = [new]
    return _rebuilt(path, steps, items)


@builtin("json_pointer_delete(value: any, pointer: string) -> any", area="json")
def json_pointer_delete(_vm: Vm, value: Any, pointer: str) -> Any:
    """A copy without what a JSON pointer names; unchanged when there is nothing."""
    steps = _steps("json_pointer_delete", pointer)
    if not steps:
        return None
    path = _path_to_parent(value, steps)
    if path is None or type(path[-1]) not in (dict, list):
        return value
    copy = path[-1].copy()
    key: Any = steps[-1] if type(copy) is dict else _index(steps[-1])
    if key not in (copy if type(copy) is dict else range(len(copy))):
        return value
    del copy[key]
    return _rebuilt(path, steps, copy)


@builtin("jq(value: any, expression: string) -> list", area="json")
def jq(_vm: Vm, value: Any, expression: str) -> list[Any]:
    """All results of a query in a subset of the jq language."""
    return _query(value, expression)


@builtin("jq_first(value: any, expression: string) -> any", area="json")
def jq_first(_vm: Vm, value: Any, expression: str) -> Any:
    """The first result of a query in a subset of the jq language; nil if there is none."""
    results = _query(value, expression)
    return results[0] if results else None


def _query(value: Any, expression: str) -> list[Any]:
    from harnlite.builtins.json_query import QueryError, run_query

    try:
        return run_query(value, expression)
    except QueryError as error:
        raise thrown(f"jq: {error}") from None
    except RecursionError:
        raise runtime_error("jq: the expression is nested too deeply") from None
