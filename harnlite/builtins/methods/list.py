"""Methods of lists that need no callback (docs/reference/builtins.md 9.1); the others are in ``list_callbacks.py``.

Every method gives a fresh list. An argument that should be an int and is not counts as not given.
"""

from __future__ import annotations

from harnlite.builtins.methods.iterators import IterHandle
from harnlite.builtins.registry import method
from harnlite.values.display import display
from harnlite.values.equality import (
    compare,
    hash_key,
    index_of,
    naturally_ordered,
    set_by_equality,
    sort_values,
)
from harnlite.values.operators import wrap
from harnlite.values.types import HarnSet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Items = list[Any]


__all__ = ["chunk", "largest", "smallest", "window"]


@method("list", "count() -> int")
def list_count(_vm: Any, items: Items) -> int:
    """Number of items."""
    return len(items)


@method("list", "empty() -> bool")
def list_empty(_vm: Any, items: Items) -> bool:
    """Whether there are no items."""
    return not items


@method("list", "first(count?: int) -> any")
def list_first(_vm: Any, items: Items, count: Any = None) -> Any:
    """The first item or nil; with a count the list of so many."""
    if type(count) is int:
        return items[: max(count, 0)]
    return items[0] if items else None


@method("list", "last(count?: int) -> any")
def list_last(_vm: Any, items: Items, count: Any = None) -> Any:
    """The last item or nil; with a count the list of so many."""
    if type(count) is int:
        return items[-count:] if count > 0 else []
    return items[-1] if items else None


@method("list", "sort() -> list")
def list_sort(_vm: Any, items: Items) -> Items:
    """In ascending order, stable."""
    return sort_values(items)


@method("list", "reverse() -> list")
def list_reverse(_vm: Any, items: Items) -> Items:
    """Backwards."""
    return items[::-1]


@method("list", "join(separator?: any) -> string")
def list_join(_vm: Any, items: Items, separator: Any = "") -> str:
    """The displays of the items, with a separator between them."""
    return display(separator).join([item if type(item) is str else display(item) for item in items])


@method("list", "contains(item?: any) -> bool")
def list_contains(_vm: Any, items: Items, item: Any = None) -> bool:
    """Whether an item ``==`` the argument."""
    return index_of(items, item) >= 0


@method("list", "index_of(item?: any) -> int")
def list_index_of(_vm: Any, items: Items, item: Any = None) -> int:
    """Index of the first item that ``==`` the argument, or -1."""
    return index_of(items, item)


@method("list", "enumerate() -> list<dict>")
def list_enumerate(_vm: Any, items: Items) -> Items:
    """A list of ``{index, value}``."""
    return [{"index": index, "value": item} for index, item in enumerate(items)]


@method("list", "zip(other?: list) -> list<list>")
def list_zip(_vm: Any, items: Items, other: Any = None) -> Items:
    """Lists of two, as many as the shorter list has; nothing when the argument is no list."""
    if type(other) is not list:
        return []
    return [[a, b] for a, b in zip(items, other, strict=False)]


@method("list", "slice(start?: int, end?: int) -> list")
def list_slice(_vm: Any, items: Items, start: Any = None, end: Any = None) -> Items:
    """As ``items[start:end]``."""
    return items[start if type(start) is int else None : end if type(end) is int else None]


@method("list", "take(count?: int) -> list")
def list_take(_vm: Any, items: Items, count: Any = 0) -> Items:
    """The first ``count`` items."""
    return items[: max(count, 0)] if type(count) is int else []


@method("list", "skip(count?: int) -> list")
def list_skip(_vm: Any, items: Items, count: Any = 0) -> Items:
    """All but the first ``count`` items."""
    return items[max(count, 0) :] if type(count) is int else items[:]


@method("list", "unique() -> list")
def list_unique(_vm: Any, items: Items) -> Items:
    """Without repetitions by hash key; the first of each stays."""
    kinds = set(map(type, items))
    if kinds <= {str} or kinds == {int}:
        return list(dict.fromkeys(items))
    found: dict[Any, Any] = {}
    for item in items:
        found.setdefault(hash_key(item), item)
    return list(found.values())


@method("list", "sum() -> int | float")
def list_sum(_vm: Any, items: Items) -> int | float:
    """Sum of the numbers, wrapping; a float as soon as one item is; what is no number is left out."""
    kinds = set(map(type, items))
    if float not in kinds:
        return wrap(sum(items if kinds <= {int} else [item for item in items if type(item) is int]))
    # Added one by one, because Python's own sum of floats differs between its versions.
    total = 0.0
    for item in items:
        if type(item) is float or type(item) is int:
            total += item
    return total


def smallest(items: Items) -> Any:
    """The first of the items that no other is less than, nil when there are none."""
    if naturally_ordered(items):
        return min(items, default=None)
    best = items[0]
    for item in items:
        if compare(item, best) < 0:
            best = item
    return best


def largest(items: Items) -> Any:
    """The first of the items that no other is greater than, nil when there are none."""
    if naturally_ordered(items):
        return max(items, default=None)
    best = items[0]
    for item in items:
        if compare(item, best) > 0:
            best = item
    return best


@method("list", "min() -> any")
def list_min(_vm: Any, items: Items) -> Any:
    """The least item; nil when there is none, the first when they have no order."""
    return smallest(items)


@method("list", "max() -> any")
def list_max(_vm: Any, items: Items) -> Any:
    """The greatest item; nil when there is none, the first when they have no order."""
    return largest(items)


@method("list", "flatten() -> list")
def list_flatten(_vm: Any, items: Items) -> Items:
    """With the items of inner lists instead of the lists, one level deep."""
    flat: Items = []
    for item in items:
        if type(item) is list:
            flat += item
        else:
            flat.append(item)
    return flat


@method("list", "push(item?: any) -> list")
def list_push(_vm: Any, items: Items, item: Any = None) -> Items:
    """With one more item at the end."""
    return [*items, item]


@method("list", "pop() -> list")
def list_pop(_vm: Any, items: Items) -> Items:
    """Without the last item."""
    return items[:-1]


@method("list", "tally() -> dict<string, int>")
def list_tally(_vm: Any, items: Items) -> dict[str, int]:
    """How often each display occurs."""
    counts: dict[str, int] = {}
    for item in items:
        key = item if type(item) is str else display(item)
        counts[key] = counts.get(key, 0) + 1
    return counts


def chunk(items: Items, size: Any) -> Items:
    """Lists of ``size`` items (at least 1), the last maybe shorter."""
    step = max(size, 1) if type(size) is int else 1
    return [items[start : start + step] for start in range(0, len(items), step)]


def window(items: Items, size: Any, step: Any) -> Items:
    """Every list of ``size`` neighbours (at least 1, default 2), starting ``step`` (at least 1) apart."""
    width = max(size, 1) if type(size) is int else 2
    stride = max(step, 1) if type(step) is int else 1
    return [items[start : start + width] for start in range(0, len(items) - width + 1, stride)]


@method("list", "chunk(size?: int) -> list<list>", aliases=("each_slice",))
def list_chunk(_vm: Any, items: Items, size: Any = 1) -> Items:
    """Cut into lists of ``size`` items; the last may be shorter."""
    return chunk(items, size)


@method("list", "window(size?: int, step?: int) -> list<list>", aliases=("each_cons", "sliding_window"))
def list_window(_vm: Any, items: Items, size: Any = 2, step: Any = 1) -> Items:
    """All full windows of ``size`` neighbours."""
    return window(items, size, step)


@method("list", "compact() -> list")
def list_compact(_vm: Any, items: Items) -> Items:
    """Without the nils."""
    return [item for item in items if item is not None]


@method("list", "to_list() -> list")
def list_to_list(_vm: Any, items: Items) -> Items:
    """The list itself."""
    return items[:]


@method("list", "to_set() -> set")
def list_to_set(_vm: Any, items: Items) -> HarnSet:
    """The set of the items; of those that ``==`` one another the first stays."""
    return set_by_equality(items)


@method("list", "iter() -> iter")
def list_iter(_vm: Any, items: Items) -> IterHandle:
    """An iterator over the items."""
    return IterHandle.over(items)
