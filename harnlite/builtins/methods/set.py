"""Methods of sets (docs/reference/builtins.md 11.1). They compare members with ``==`` and keep insertion order."""

from __future__ import annotations

from harnlite.builtins.methods.iterators import IterHandle, require_iterator
from harnlite.builtins.registry import method
from harnlite.values.equality import find_member, hash_key, set_by_equality
from harnlite.values.types import HarnSet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


__all__: list[str] = []


#: Members of these types are equal exactly when their keys are.
_KEYED = frozenset({int, str, bool, bytes, type(None)})


def _select(source: HarnSet, other: HarnSet, *, present: bool) -> dict[Any, Any]:
    """Give the members of a set that are, or are not, in another."""
    mine = source.members
    theirs = other.members
    if _KEYED.issuperset(map(type, mine.values())) and _KEYED.issuperset(map(type, theirs.values())):
        return {key: member for key, member in mine.items() if (key in theirs) is present}
    return {key: member for key, member in mine.items() if find_member(theirs, member) is present}


@method("set", "count() -> int", aliases=("len",))
def set_count(_vm: Any, members: HarnSet) -> int:
    """Number of members."""
    return len(members.members)


@method("set", "empty() -> bool")
def set_empty(_vm: Any, members: HarnSet) -> bool:
    """Whether there are no members."""
    return not members.members


@method("set", "contains(item?: any) -> bool")
def set_contains(_vm: Any, members: HarnSet, item: Any = None) -> bool:
    """Whether a member ``==`` the item."""
    return find_member(members.members, item)


@method("set", "add(item?: any) -> set")
def set_add(_vm: Any, members: HarnSet, item: Any = None) -> HarnSet:
    """With one more member."""
    added = members.members.copy()
    if not find_member(added, item):
        added[hash_key(item)] = item
    return HarnSet(added)


@method("set", "remove(item?: any) -> set", aliases=("delete",))
def set_remove(_vm: Any, members: HarnSet, item: Any = None) -> HarnSet:
    """Without a member."""
    return HarnSet(_select(members, HarnSet({hash_key(item): item}), present=False))


@method("set", "union(other?: set) -> set")
def set_union(_vm: Any, members: HarnSet, other: Any = None) -> HarnSet:
    """With the members of another set; the set itself when that is no set."""
    joined = members.members.copy()
    if type(other) is HarnSet:
        joined.update(_select(other, members, present=False))
    return HarnSet(joined)


@method("set", "intersect(other?: set) -> set", aliases=("intersection",))
def set_intersect(_vm: Any, members: HarnSet, other: Any = None) -> HarnSet:
    """The members that another set has too; none when that is no set."""
    return HarnSet(_select(members, other, present=True) if type(other) is HarnSet else {})


@method("set", "difference(other?: set) -> set")
def set_difference(_vm: Any, members: HarnSet, other: Any = None) -> HarnSet:
    """The members that another set does not have."""
    return HarnSet(_select(members, other, present=False) if type(other) is HarnSet else members.members.copy())


@method("set", "symmetric_difference(other?: set) -> set")
def set_symmetric_difference(_vm: Any, members: HarnSet, other: Any = None) -> HarnSet:
    """The members that only one of two sets has."""
    if type(other) is not HarnSet:
        return HarnSet(members.members.copy())
    return HarnSet(_select(members, other, present=False) | _select(other, members, present=False))


@method("set", "is_subset(other?: set) -> bool")
def set_is_subset(_vm: Any, members: HarnSet, other: Any = None) -> bool:
    """Whether another set has all members."""
    return type(other) is HarnSet and not _select(members, other, present=False)


@method("set", "is_superset(other?: set) -> bool")
def set_is_superset(_vm: Any, members: HarnSet, other: Any = None) -> bool:
    """Whether the set has all members of another."""
    return type(other) is HarnSet and not _select(other, members, present=False)


@method("set", "is_disjoint(other?: set) -> bool")
def set_is_disjoint(_vm: Any, members: HarnSet, other: Any = None) -> bool:
    """Whether two sets have no member in common."""
    return type(other) is not HarnSet or not _select(members, other, present=True)


@method("set", "map(f?: closure) -> set")
def set_map(vm: Any, members: HarnSet, f: Any = None) -> HarnSet | None:
    """The set of what ``f`` gives for the members; nil without a callback."""
    if not vm.is_callable(f):
        return None
    call = vm.caller(f)
    return set_by_equality([call(member) for member in members.members.values()])


@method("set", "filter(f?: closure) -> set")
def set_filter(vm: Any, members: HarnSet, f: Any = None) -> HarnSet | None:
    """The members for which ``f`` is truthy; nil without a callback."""
    if not vm.is_callable(f):
        return None
    call = vm.caller(f)
    return HarnSet({key: member for key, member in members.members.items() if call(member)})


@method("set", "any(f?: closure) -> bool")
def set_any(vm: Any, members: HarnSet, f: Any = None) -> bool | None:
    """Whether ``f`` is truthy for a member; nil without a callback."""
    if not vm.is_callable(f):
        return None
    call = vm.caller(f)
    for member in members.members.values():  # noqa: SIM110 - guest code is not called from inside Python's any()
        if call(member):
            return True
    return False


@method("set", "all(f?: closure) -> bool", aliases=("every",))
def set_all(vm: Any, members: HarnSet, f: Any = None) -> bool | None:
    """Whether ``f`` is truthy for all members; nil without a callback."""
    if not vm.is_callable(f):
        return None
    call = vm.caller(f)
    for member in members.members.values():  # noqa: SIM110 - guest code is not called from inside Python's all()
        if not call(member):
            return False
    return True


@method("set", "to_list() -> list")
def set_to_list(_vm: Any, members: HarnSet) -> list[Any]:
    """The members in order of insertion."""
    return list(members.members.values())


@method("set", "to_set() -> set")
def set_to_set(_vm: Any, members: HarnSet) -> HarnSet:
    """The set itself."""
    return HarnSet(members.members.copy())


@method("set", "iter() -> iter")
def set_iter(_vm: Any, members: HarnSet) -> IterHandle:
    """An iterator over the members."""
    return require_iterator(members)
