"""Shared cells and maps: ``shared_*`` (docs/reference/more.md 1)."""

from __future__ import annotations

from harnlite.builtins.mailboxes import Mailboxes
from harnlite.builtins.registry import builtin
from harnlite.builtins.shared_state import SharedCell, SharedMap, SharedState
from harnlite.values.display import display
from harnlite.values.errors import runtime_error
from harnlite.values.types import MISSING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from harnlite.vm.machine import Vm

__all__: list[str] = []


@builtin("shared_cell(target?: any, initial?: any) -> dict", area="shared", loose=True)
def shared_cell(vm: Vm, target: Any = MISSING, initial: Any = None) -> dict[str, Any]:
    """Open a cell by name or options ``{key, scope, initial}``; an existing one keeps its value."""
    if target is MISSING:
        raise runtime_error("shared_cell: key/name is required")
    state = vm.service(SharedState)
    handle, options = state.open("shared_cell", "shared_cell", target)
    place = handle["scope"], handle["key"]
    if place not in state.cells:
        state.cells[place] = SharedCell(options.get("initial", initial))
    return handle


@builtin("shared_get(cell?: any) -> any", area="shared", loose=True)
def shared_get(vm: Vm, cell: Any = None) -> Any:
    """A cell's value."""
    found = vm.service(SharedState).cell("shared_get", cell)
    found.reads += 1
    return found.value


@builtin("shared_set(cell?: any, value?: any) -> any", area="shared", loose=True)
def shared_set(vm: Vm, cell: Any = None, value: Any = None) -> Any:
    """Set a cell's value; gives the old one."""
    return vm.service(SharedState).cell("shared_set", cell).set(value)


@builtin("shared_cas(cell?: any, expected?: any, value?: any) -> bool", area="shared", loose=True)
def shared_cas(vm: Vm, cell: Any = MISSING, expected: Any = MISSING, value: Any = MISSING) -> bool:
    """Set a cell's value if it is the expected one, or the one of a snapshot that is still up to date."""
    if value is MISSING:
        raise runtime_error("shared_cas: requires handle, expected, and new value")
    found = vm.service(SharedState).cell("shared_cas", cell)
    if not found.matches(found.value, expected):
        return found.swapped(False)
    found.set(value)
    return found.swapped(True)


@builtin("shared_snapshot(cell?: any) -> dict", area="shared", loose=True)
def shared_snapshot(vm: Vm, cell: Any = None) -> dict[str, Any]:
    """A cell's value with its version."""
    found = vm.service(SharedState).cell("shared_snapshot", cell)
    return found.snapshot(found.value)


@builtin("shared_map(target?: any, initial?: any) -> dict", area="shared", loose=True)
def shared_map(vm: Vm, target: Any = MISSING, initial: Any = None) -> dict[str, Any]:
    """Open a map by name or options ``{key, scope, initial}``; an existing one keeps its entries."""
    if target is MISSING:
        raise runtime_error("shared_map: key/name is required")
    state = vm.service(SharedState)
    handle, options = state.open("shared_map", "shared_map", target)
    place = handle["scope"], handle["key"]
    if place not in state.maps:
        entries = options.get("initial", initial)
        state.maps[place] = SharedMap(dict(entries) if type(entries) is dict else {})
    return handle


@builtin("shared_map_get(map?: any, key?: any, default?: any) -> any", area="shared", loose=True)
def shared_map_get(vm: Vm, map: Any = None, key: Any = None, default: Any = None) -> Any:  # noqa: A002
    """A map's value for a key, or the default when it has none."""
    found = vm.service(SharedState).map("shared_map_get", map)
    found.reads += 1
    return found.entries.get(display(key), default)


@builtin("shared_map_set(map?: any, key?: any, value?: any) -> any", area="shared", loose=True)
def shared_map_set(vm: Vm, map: Any = None, key: Any = None, value: Any = None) -> Any:  # noqa: A002
    """Set a map's entry; gives the old value."""
    return vm.service(SharedState).map("shared_map_set", map).set(display(key), value)


@builtin("shared_map_delete(map?: any, key?: any) -> any", area="shared", loose=True)
def shared_map_delete(vm: Vm, map: Any = None, key: Any = None) -> Any:  # noqa: A002
    """Take a map's entry out; gives its value."""
    return vm.service(SharedState).map("shared_map_delete", map).delete(display(key))


@builtin("shared_map_entries(map?: any) -> dict", area="shared", loose=True)
def shared_map_entries(vm: Vm, map: Any = None) -> dict[str, Any]:  # noqa: A002
    """A copy of a map's entries."""
    found = vm.service(SharedState).map("shared_map_entries", map)
    found.reads += 1
    return dict(found.entries)


@builtin("shared_map_snapshot(map?: any, key?: any) -> dict", area="shared", loose=True)
def shared_map_snapshot(vm: Vm, map: Any = None, key: Any = None) -> dict[str, Any]:  # noqa: A002
    """A map's value for a key with the map's version."""
    found = vm.service(SharedState).map("shared_map_snapshot", map)
    return found.snapshot(found.entries.get(display(key)))


@builtin("shared_map_cas(map?: any, key?: any, expected?: any, value?: any) -> bool", area="shared", loose=True)
def shared_map_cas(
    vm: Vm,
    map: Any = MISSING,  # noqa: A002
    key: Any = MISSING,
    expected: Any = MISSING,
    value: Any = MISSING,
) -> bool:
    """Set a map's entry if it is the expected one; a missing one is nil, and setting nil takes it out."""
    if value is MISSING:
        raise runtime_error("shared_map_cas: requires handle, key, expected, and new value")
    found = vm.service(SharedState).map("shared_map_cas", map)
    name = display(key)
    if not found.matches(found.entries.get(name), expected):
        return found.swapped(False)
    if value is None:
        found.delete(name)
    else:
        found.set(name, value)
    return found.swapped(True)


@builtin("shared_metrics(handle?: any) -> dict | list", area="shared", loose=True)
def shared_metrics(vm: Vm, handle: Any = None) -> Any:
    """Counts of a cell, map or mailbox, or a list of those of all."""
    state, mailboxes = vm.service(SharedState), vm.service(Mailboxes)
    if handle is not None:
        kind = handle.get("_type") if type(handle) is dict else None
        if kind == "shared_map":
            return state.map("shared_metrics", handle).metrics()
        if kind == "mailbox":
            return mailboxes.metrics(mailboxes.find("shared_metrics", handle))
        return state.cell("shared_metrics", handle).metrics()
    listed = []
    for kind, shared in (("shared_cell", state.cells), ("shared_map", state.maps)):
        for (scope, key), found in sorted(shared.items(), key=lambda item: item[0]):
            listed.append({"_type": kind, "key": key, "scope": scope} | found.metrics())
    for (scope, key), box in sorted(mailboxes.boxes.items(), key=lambda item: item[0]):
        listed.append({"_type": "mailbox", "key": key, "scope": scope} | mailboxes.metrics(box))
    return listed


@builtin("shared_scope_id(scope?: any, options?: dict) -> string", area="shared", loose=True)
def shared_scope_id(vm: Vm, scope: Any = None, options: Any = None) -> str:
    """The resolved text of a scope."""
    tenant = options.get("tenant_id") if type(options) is dict else None
    text = "task_group" if scope is None else display(scope)
    return vm.service(SharedState).resolve("shared_scope_id", text, tenant)
