"""Methods of lists that call a guest function for each item (docs/reference/builtins.md 9.1).

Without a callable callback they give nil, where the method's row says nothing else.
"""

from __future__ import annotations

from harnlite.builtins.registry import method
from harnlite.values.display import display
from harnlite.values.equality import compare, sort_by_keys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Items = list[Any]


__all__ = ["flat_map", "group_by"]


@method("list", "map(f?: closure) -> list")
def list_map(vm: Any, items: Items, f: Any = None) -> Items | None:
    """What ``f`` gives for each item."""
    if not vm.is_callable(f):
        return None
    call = vm.caller(f)
    return [call(item) for item in items]


@method("list", "filter(f?: closure) -> list")
def list_filter(vm: Any, items: Items, f: Any = None) -> Items | None:
    """The items for which ``f`` is truthy."""
    if not vm.is_callable(f):
        return None
    call = vm.caller(f)
    return [item for item in items if call(item)]


def flat_map(vm: Any, items: Items, f: Any) -> Items:
    """What a callable gives for each item, lists opened one level."""
    call = vm.caller(f)
    flat: Items = []
    for item in items:
        result = call(item)
        if type(result) is list:
            flat += result
        else:
            flat.append(result)
    return flat


@method("list", "flat_map(f?: closure) -> list")
def list_flat_map(vm: Any, items: Items, f: Any = None) -> Items | None:
    """What ``f`` gives for each item, lists opened one level."""
    return flat_map(vm, items, f) if vm.is_callable(f) else None


@method("list", "reduce(initial?: any, f?: closure) -> any")
def list_reduce(vm: Any, items: Items, initial: Any = None, f: Any = None) -> Any:
    """``f(accumulator, item)`` from ``initial`` on."""
    if not vm.is_callable(f):
        return None
    call = vm.caller(f)
    accumulator = initial
    for item in items:
        accumulator = call(accumulator, item)
    return accumulator


@method("list", "find(f?: closure) -> any")
def list_find(vm: Any, items: Items, f: Any = None) -> Any:
    """The first item for which ``f`` is truthy, or nil."""
    if not vm.is_callable(f):
        return None
    call = vm.caller(f)
    for item in items:
        if call(item):
            return item
    return None


@method("list", "find_index(f?: closure) -> int")
def list_find_index(vm: Any, items: Items, f: Any = None) -> int | None:
    """The index of the first item for which ``f`` is truthy, or -1."""
    if not vm.is_callable(f):
        return None
    call = vm.caller(f)
    for index, item in enumerate(items):
        if call(item):
            return index
    return -1


@method("list", "any(f?: closure) -> bool")
def list_any(vm: Any, items: Items, f: Any = None) -> bool:
    """Whether ``f`` is truthy for an item; false without a callback."""
    if not vm.is_callable(f):
        return False
    call = vm.caller(f)
    for item in items:  # noqa: SIM110 - guest code is not called from inside Python's any()
        if call(item):
            return True
    return False


@method("list", "all(f?: closure) -> bool", aliases=("every",))
def list_all(vm: Any, items: Items, f: Any = None) -> bool:
    """Whether ``f`` is truthy for all items; true without a callback."""
    if not vm.is_callable(f):
        return True
    call = vm.caller(f)
    for item in items:  # noqa: SIM110 - guest code is not called from inside Python's all()
        if not call(item):
            return False
    return True


@method("list", "none(f?: closure) -> bool")
def list_none(vm: Any, items: Items, f: Any = None) -> bool:
    """Whether ``f`` is truthy for no item; without a callback whether there are no items."""
    return not list_any(vm, items, f) if vm.is_callable(f) else not items


@method("list", "sort_by(f?: closure) -> list")
def list_sort_by(vm: Any, items: Items, f: Any = None) -> Items | None:
    """In ascending order of what ``f`` gives, stable."""
    if not vm.is_callable(f):
        return None
    call = vm.caller(f)
    return sort_by_keys(items, [call(item) for item in items])


def _extreme(vm: Any, items: Items, f: Any, sign: int) -> Any:
    if not items or not vm.is_callable(f):
        return None
    call = vm.caller(f)
    best = items[0]
    best_key = call(best)
    for item in items[1:]:
        key = call(item)
        if compare(key, best_key) == sign:
            best = item
            best_key = key
    return best


@method("list", "min_by(f?: closure) -> any")
def list_min_by(vm: Any, items: Items, f: Any = None) -> Any:
    """The first item for which ``f`` is least, nil when there is none."""
    return _extreme(vm, items, f, -1)


@method("list", "max_by(f?: closure) -> any")
def list_max_by(vm: Any, items: Items, f: Any = None) -> Any:
    """The first item for which ``f`` is greatest, nil when there is none."""
    return _extreme(vm, items, f, 1)


@method("list", "partition(f?: closure) -> list<list>")
def list_partition(vm: Any, items: Items, f: Any = None) -> Items | None:
    """Two lists: the items for which ``f`` is truthy, and the others."""
    if not vm.is_callable(f):
        return None
    call = vm.caller(f)
    matching: Items = []
    others: Items = []
    for item in items:
        (matching if call(item) else others).append(item)
    return [matching, others]


def group_by(vm: Any, items: Items, f: Any) -> dict[str, Items]:
    """The items by the display of what a callable gives for them."""
    call = vm.caller(f)
    groups: dict[str, Items] = {}
    for item in items:
        key = call(item)
        groups.setdefault(key if type(key) is str else display(key), []).append(item)
    return groups


@method("list", "group_by(f?: closure) -> dict<string, list>")
def list_group_by(vm: Any, items: Items, f: Any = None) -> dict[str, Items] | None:
    """The items by the display of what ``f`` gives for them."""
    return group_by(vm, items, f) if vm.is_callable(f) else None
