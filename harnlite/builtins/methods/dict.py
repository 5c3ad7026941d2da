"""Methods of dicts (docs/reference/builtins.md 10). Keys are visited in ascending order."""

from __future__ import annotations

from harnlite.builtins.methods.iterators import IterHandle, require_iterator
from harnlite.builtins.registry import method
from harnlite.values.display import display

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Entries = dict[str, Any]


__all__ = ["entries_of"]


def _key(value: Any) -> str:
    return value if type(value) is str else display(value)


@method("dict", "keys() -> list<string>")
def dict_keys(_vm: Any, entries: Entries) -> list[str]:
    """The keys."""
    return sorted(entries)


@method("dict", "values() -> list")
def dict_values(_vm: Any, entries: Entries) -> list[Any]:
    """The values, in the order of their keys."""
    return [entries[key] for key in sorted(entries)]


def entries_of(entries: Entries) -> list[Entries]:
    """A dict's entries as ``{key, value}`` dicts."""
    return [{"key": key, "value": entries[key]} for key in sorted(entries)]


@method("dict", "entries() -> list<dict>", aliases=("to_list",))
def dict_entries(_vm: Any, entries: Entries) -> list[Entries]:
    """A list of ``{key, value}``."""
    return entries_of(entries)


@method("dict", "count() -> int")
def dict_count(_vm: Any, entries: Entries) -> int:
    """Number of entries."""
    return len(entries)


@method("dict", "has(key?: any) -> bool")
def dict_has(_vm: Any, entries: Entries, key: Any = "") -> bool:
    """Whether there is an entry, also one that is nil."""
    return _key(key) in entries


@method("dict", "get(key?: any, default?: any) -> any")
def dict_get(_vm: Any, entries: Entries, key: Any = "", default: Any = None) -> Any:
    """An entry's value, or the default when there is no entry."""
    return entries.get(_key(key), default)


@method("dict", "merge(other?: dict) -> dict")
def dict_merge(_vm: Any, entries: Entries, other: Any = None) -> Entries:
    """With another dict's entries, which win."""
    return entries | other if type(other) is dict else entries.copy()


@method("dict", "map_values(f?: closure) -> dict")
def dict_map_values(vm: Any, entries: Entries, f: Any = None) -> Entries | None:
    """The same keys with what ``f`` gives for the values; nil without a callback."""
    if not vm.is_callable(f):
        return None
    call = vm.caller(f)
    return {key: call(entries[key]) for key in sorted(entries)}


@method("dict", "map_keys(f?: closure) -> dict", aliases=("rekey",))
def dict_map_keys(vm: Any, entries: Entries, f: Any = None) -> Entries | None:
    """The same values under what ``f`` gives for the keys; of equal ones the last wins; nil without a callback."""
    if not vm.is_callable(f):
        return None
    call = vm.caller(f)
    return {_key(call(key)): entries[key] for key in sorted(entries)}


@method("dict", "filter(f?: closure) -> dict")
def dict_filter(vm: Any, entries: Entries, f: Any = None) -> Entries | None:
    """The entries for whose **value** ``f`` is truthy; nil without a callback."""
    if not vm.is_callable(f):
        return None
    call = vm.caller(f)
    return {key: entries[key] for key in sorted(entries) if call(entries[key])}


@method("dict", "remove(key?: any) -> dict")
def dict_remove(_vm: Any, entries: Entries, key: Any = "") -> Entries:
    """Without an entry."""
    remaining = entries.copy()
    remaining.pop(_key(key), None)
    return remaining


@method("dict", "to_dict() -> dict")
def dict_to_dict(_vm: Any, entries: Entries) -> Entries:
    """The dict itself."""
    return entries.copy()


@method("dict", "iter() -> iter")
def dict_iter(_vm: Any, entries: Entries) -> IterHandle:
    """An iterator over pairs of key and value."""
    return require_iterator(entries)
