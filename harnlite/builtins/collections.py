"""Free functions on lists, dicts and sets (docs/reference/builtins.md 9.2, 10 and 11.1).

The ``set_*`` functions compare by hash key, where the methods of sets use ``==``: ``1`` and ``1.0`` are two here.
"""

from __future__ import annotations

from harnlite.builtins.methods.dict import entries_of
from harnlite.builtins.methods.list import chunk as chunk_items
from harnlite.builtins.methods.list import window as window_items
from harnlite.builtins.methods.list_callbacks import flat_map as flat_map_items
from harnlite.builtins.methods.list_callbacks import group_by as group_items
from harnlite.builtins.registry import builtin
from harnlite.values.display import type_name
from harnlite.values.equality import hash_key, make_set
from harnlite.values.errors import runtime_error, thrown, type_error
from harnlite.values.types import MISSING, HarnSet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Items = list[Any]


__all__: list[str] = []


@builtin("chunk(items: list, size: int) -> list<list>", area="lists")
def chunk(_vm: Any, items: Items, size: int) -> Items:
    """Cut into lists of ``size`` items; the last may be shorter."""
    return chunk_items(items, size)


@builtin("group_by(items: list, callback: closure) -> dict<string, list>", area="lists")
def group_by(vm: Any, items: Items, callback: Any) -> dict[str, Items]:
    """The items by the display of what the callback gives for them."""
    return group_items(vm, items, callback)


@builtin("flat_map(items: list, callback: closure) -> list", area="lists")
def flat_map(vm: Any, items: Items, callback: Any) -> Items:
    """What the callback gives for each item, lists opened one level."""
    return flat_map_items(vm, items, callback)


@builtin("dedup_by(items: list, callback: closure) -> list", area="lists")
def dedup_by(vm: Any, items: Items, callback: Any) -> Items:
    """The first item for each hash key of what the callback gives."""
    call = vm.caller(callback)
    kept: dict[Any, Any] = {}
    for item in items:
        kept.setdefault(hash_key(call(item)), item)
    return list(kept.values())


def _list_argument(name: str, items: Any) -> Items:
    if type(items) is not list:
        raise type_error(f"{name}: first argument must be a list, got {type_name(items)}")
    return items


@builtin("window(items?: any, size?: any, step?: any) -> list<list>", area="lists", loose=True)
def window(_vm: Any, items: Any = None, size: Any = 2, step: Any = 1) -> Items:
    """All full windows of ``size`` neighbours."""
    return window_items(_list_argument("window", items), size, step)


@builtin("partition(items?: any, callback?: any) -> dict", area="lists", loose=True)
def partition(vm: Any, items: Any = None, callback: Any = MISSING) -> dict[str, Items]:
    """``{match, no_match}``: the items for which the callback is truthy, and the others."""
    source = _list_argument("partition", items)
    if callback is MISSING:
        raise runtime_error("partition: callback is required")
    if not vm.is_callable(callback):
        raise type_error(f"partition: callback must be callable, got {type_name(callback)}")
    call = vm.caller(callback)
    parts: dict[str, Items] = {"match": [], "no_match": []}
    for item in source:
        parts["match" if call(item) else "no_match"].append(item)
    return parts


@builtin("keys(dict: dict) -> list<string>", area="dicts")
def keys(_vm: Any, entries: dict[str, Any]) -> list[str]:
    """The keys, ascending."""
    return sorted(entries)


@builtin("values(dict?: any) -> list", area="dicts", loose=True)
def values(_vm: Any, entries: Any = None) -> Items:
    """The values in the order of their keys; nothing for what is no dict."""
    return [entries[key] for key in sorted(entries)] if type(entries) is dict else []


@builtin("entries(dict: dict) -> list<dict>", area="dicts")
def entries(_vm: Any, entries: dict[str, Any]) -> Items:
    """A list of ``{key, value}``."""
    return list(entries_of(entries))


@builtin("set(...items: any) -> set", area="sets", loose=True)
def set_(_vm: Any, *items: Any) -> HarnSet:
    """The set of the arguments; those that are lists or sets give their items."""
    flat: Items = []
    for item in items:
        if type(item) is list:
            flat += item
        elif type(item) is HarnSet:
            flat += item.members.values()
        else:
            flat.append(item)
    return make_set(flat)


def _members(name: str, value: Any) -> dict[Any, Any]:
    if type(value) is not HarnSet:
        raise thrown(f"{name}: first argument must be a set")
    return value.members


def _two(name: str, a: Any, b: Any) -> tuple[dict[Any, Any], dict[Any, Any]]:
    if type(a) is not HarnSet or type(b) is not HarnSet:
        raise thrown(f"{name}: arguments must be sets")
    return a.members, b.members


def _without(members: dict[Any, Any], others: dict[Any, Any]) -> dict[Any, Any]:
    return {key: member for key, member in members.items() if key not in others}


@builtin("set_add(set?: any, item?: any) -> set", area="sets", loose=True)
def set_add(_vm: Any, members: Any = None, item: Any = None) -> HarnSet:
    """With one more member."""
    added = _members("set_add", members).copy()
    added.setdefault(hash_key(item), item)
    return HarnSet(added)


@builtin("set_remove(set?: any, item?: any) -> set", area="sets", loose=True)
def set_remove(_vm: Any, members: Any = None, item: Any = None) -> HarnSet:
    """Without a member."""
    remaining = _members("set_remove", members).copy()
    remaining.pop(hash_key(item), None)
    return HarnSet(remaining)


@builtin("set_contains(set?: any, item?: any) -> bool", area="sets", loose=True)
def set_contains(_vm: Any, members: Any = None, item: Any = None) -> bool:
    """Whether the item is a member; false for what is no set."""
    return type(members) is HarnSet and hash_key(item) in members.members


@builtin("set_union(a?: any, b?: any) -> set", area="sets", loose=True)
def set_union(_vm: Any, a: Any = None, b: Any = None) -> HarnSet:
    """The members of either set."""
    first, second = _two("set_union", a, b)
    return HarnSet(first | _without(second, first))


@builtin("set_intersect(a?: any, b?: any) -> set", area="sets", loose=True)
def set_intersect(_vm: Any, a: Any = None, b: Any = None) -> HarnSet:
    """The members of both sets."""
    first, second = _two("set_intersect", a, b)
    return HarnSet({key: member for key, member in first.items() if key in second})


@builtin("set_difference(a?: any, b?: any) -> set", area="sets", loose=True)
def set_difference(_vm: Any, a: Any = None, b: Any = None) -> HarnSet:
    """The members of the first set that are not in the second."""
    first, second = _two("set_difference", a, b)
    return HarnSet(_without(first, second))


@builtin("set_symmetric_difference(a?: any, b?: any) -> set", area="sets", loose=True)
def set_symmetric_difference(_vm: Any, a: Any = None, b: Any = None) -> HarnSet:
    """The members of exactly one of the sets."""
    first, second = _two("set_symmetric_difference", a, b)
    return HarnSet(_without(first, second) | _without(second, first))


@builtin("set_is_subset(a?: any, b?: any) -> bool", area="sets", loose=True)
def set_is_subset(_vm: Any, a: Any = None, b: Any = None) -> bool:
    """Whether the second set has all members of the first; false for what is no set."""
    return type(a) is HarnSet and type(b) is HarnSet and a.members.keys() <= b.members.keys()


@builtin("set_is_superset(a?: any, b?: any) -> bool", area="sets", loose=True)
def set_is_superset(_vm: Any, a: Any = None, b: Any = None) -> bool:
    """Whether the first set has all members of the second; false for what is no set."""
    return type(a) is HarnSet and type(b) is HarnSet and a.members.keys() >= b.members.keys()


@builtin("set_is_disjoint(a?: any, b?: any) -> bool", area="sets", loose=True)
def set_is_disjoint(_vm: Any, a: Any = None, b: Any = None) -> bool:
    """Whether the sets have no member in common; true for what is no set."""
    return type(a) is not HarnSet or type(b) is not HarnSet or a.members.keys().isdisjoint(b.members.keys())
