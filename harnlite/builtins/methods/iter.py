"""Methods of iterators, which ranges have too (docs/reference/builtins.md 11.2 and 11.4).

The lazy ones give a new iterator that pulls from the receiver; the sinks pull at once.
"""

from __future__ import annotations

from harnlite.builtins.limits import check_size
from harnlite.builtins.methods.iterators import IterHandle, iterator_of, require_iterator
from harnlite.builtins.methods.list import largest, smallest
from harnlite.builtins.registry import method
from harnlite.values.access import range_length
from harnlite.values.display import type_name
from harnlite.values.equality import set_by_equality
from harnlite.values.errors import type_error
from harnlite.values.operators import add
from harnlite.values.types import MISSING, HarnSet, Pair, RangeValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from harnlite.builtins.methods.iterators import Pull


__all__ = ["filtered", "limited", "mapped", "remaining", "zipped"]

#: A range is applied through a fresh iterator.
_RECEIVERS = ("iter", "range")


def _pull_of(receiver: Any) -> Pull:
    return require_iterator(receiver).pull


def _caller(vm: Any, name: str, f: Any) -> Any:
    if not vm.is_callable(f):
        raise type_error(f"iter.{name}: expected callable")
    return vm.caller(f)


# ------------------------------------------------------------------------------------------------------ lazy


def mapped(pull: Pull, call: Any) -> IterHandle:
    """What a function gives for each item."""

    def pull_mapped() -> Any:
        item = pull()
        return item if item is MISSING else call(item)

    return IterHandle(pull_mapped)


def filtered(vm: Any, pull: Pull, call: Any) -> IterHandle:
    """The items for which a function is truthy."""

    def pull_filtered() -> Any:
        while (item := pull()) is not MISSING:
            if vm.poll:
                vm.on_poll()
            if call(item):
                break
        return item

    return IterHandle(pull_filtered)


def limited(pull: Pull, count: int) -> IterHandle:
    """The first ``count`` items; the source keeps the others."""
    left = count

    def pull_limited() -> Any:
        nonlocal left
        if left <= 0:
            return MISSING
        left -= 1
        return pull()

    return IterHandle(pull_limited)


def zipped(pull: Pull, pull_other: Pull) -> IterHandle:
    """Pairs of the items of two sources, until one ends."""

    def pull_zipped() -> Any:
        first = pull()
        if first is MISSING:
            return MISSING
        second = pull_other()
        return MISSING if second is MISSING else Pair(first, second)

    return IterHandle(pull_zipped)


@method(_RECEIVERS, "map(f?: closure) -> iter")
def iter_map(vm: Any, receiver: Any, f: Any = None) -> IterHandle:
    """What ``f`` gives for each item."""
    return mapped(_pull_of(receiver), _caller(vm, "map", f))


@method(_RECEIVERS, "filter(f?: closure) -> iter")
def iter_filter(vm: Any, receiver: Any, f: Any = None) -> IterHandle:
    """The items for which ``f`` is truthy."""
    return filtered(vm, _pull_of(receiver), _caller(vm, "filter", f))


@method(_RECEIVERS, "flat_map(f?: closure) -> iter")
def iter_flat_map(vm: Any, receiver: Any, f: Any = None) -> IterHandle:
    """The items of what ``f`` gives for each item, which must be iterable."""
    pull = _pull_of(receiver)
    call = _caller(vm, "flat_map", f)
    inner: IterHandle | None = None

    def pull_flat() -> Any:
        nonlocal inner
        while True:
            if inner is not None:
                item = inner.pull()
                if item is not MISSING:
                    return item
                inner = None
            outer = pull()
            if outer is MISSING:
                return MISSING
            inner = require_iterator(call(outer))

    return IterHandle(pull_flat)


@method(_RECEIVERS, "take_while(f?: closure) -> iter")
def iter_take_while(vm: Any, receiver: Any, f: Any = None) -> IterHandle:
    """The items before the first for which ``f`` is not truthy."""
    pull = _pull_of(receiver)
    call = _caller(vm, "take_while", f)

    def pull_while() -> Any:
        item = pull()
        return item if item is not MISSING and call(item) else MISSING

    return IterHandle(pull_while)


@method(_RECEIVERS, "skip_while(f?: closure) -> iter")
def iter_skip_while(vm: Any, receiver: Any, f: Any = None) -> IterHandle:
    """The items from the first on for which ``f`` is not truthy."""
    pull = _pull_of(receiver)
    call = _caller(vm, "skip_while", f)
    skipping = True

    def pull_after() -> Any:
        nonlocal skipping
        item = pull()
        while skipping and item is not MISSING:
            if call(item):
                item = pull()
            else:
                skipping = False
        return item

    return IterHandle(pull_after)


@method(_RECEIVERS, "take(count?: int) -> iter")
def iter_take(_vm: Any, receiver: Any, count: Any = None) -> IterHandle:
    """The first ``count`` items."""
    if type(count) is not int or count < 0:
        raise type_error("iter.take: expected non-negative int")
    return limited(_pull_of(receiver), count)


@method(_RECEIVERS, "skip(count?: int) -> iter")
def iter_skip(vm: Any, receiver: Any, count: Any = None) -> IterHandle:
    """All but the first ``count`` items."""
    if type(count) is not int or count < 0:
        raise type_error("iter.skip: expected non-negative int")
    pull = _pull_of(receiver)
    left = count

    def pull_after() -> Any:
        nonlocal left
        while left > 0:
            left -= 1
            if vm.poll:
                vm.on_poll()
            if pull() is MISSING:
                return MISSING
        return pull()

    return IterHandle(pull_after)


@method(_RECEIVERS, "chunks(size?: int) -> iter")
def iter_chunks(vm: Any, receiver: Any, size: Any = None) -> IterHandle:
    """Lists of ``size`` items; the last may be shorter."""
    if type(size) is not int or size < 1:
        raise type_error("iter.chunks: chunk size must be positive")
    pull = _pull_of(receiver)

    def pull_chunk() -> Any:
        items: list[Any] = []
        while len(items) < size and (item := pull()) is not MISSING:
            if vm.poll:
                vm.on_poll()
            items.append(item)
        return items or MISSING

    return IterHandle(pull_chunk)


@method(_RECEIVERS, "windows(size?: int) -> iter")
def iter_windows(_vm: Any, receiver: Any, size: Any = None) -> IterHandle:
    """Every list of ``size`` neighbours."""
    if type(size) is not int or size < 1:
        raise type_error("iter.windows: window size must be positive")
    pull = _pull_of(receiver)
    current: list[Any] = []

    def pull_window() -> Any:
        nonlocal current
        current = current[1:] if len(current) == size else current
        while len(current) < size:
            item = pull()
            if item is MISSING:
                return MISSING
            current.append(item)
        return current[:]

    return IterHandle(pull_window)


@method(_RECEIVERS, "zip(other?: any) -> iter")
def iter_zip(_vm: Any, receiver: Any, other: Any = None) -> IterHandle:
    """Pairs of the items of both, until one ends."""
    second = iterator_of(other)
    if second is None:
        raise type_error("iter.zip: expected iterable argument")
    return zipped(_pull_of(receiver), second.pull)


@method(_RECEIVERS, "chain(other?: any) -> iter")
def iter_chain(_vm: Any, receiver: Any, other: Any = None) -> IterHandle:
    """The items of both, one after the other."""
    second = iterator_of(other)
    if second is None:
        raise type_error("iter.chain: expected iterable argument")
    pull_first = _pull_of(receiver)
    pull_second = second.pull

    def pull_chained() -> Any:
        item = pull_first()
        return pull_second() if item is MISSING else item

    return IterHandle(pull_chained)


@method(_RECEIVERS, "enumerate() -> iter")
def iter_enumerate(_vm: Any, receiver: Any) -> IterHandle:
    """Pairs of index and item."""
    pull = _pull_of(receiver)
    index = -1

    def pull_numbered() -> Any:
        nonlocal index
        item = pull()
        index += 1
        return MISSING if item is MISSING else Pair(index, item)

    return IterHandle(pull_numbered)


@method(_RECEIVERS, "iter() -> iter")
def iter_iter(_vm: Any, receiver: Any) -> IterHandle:
    """The iterator itself."""
    return require_iterator(receiver)


# ----------------------------------------------------------------------------------------------------- sinks


def remaining(vm: Any, pull: Pull) -> Iterator[Any]:
    """What is left, polling for deadlines and cancellation: no guest code need run between two items."""
    while (item := pull()) is not MISSING:
        if vm.poll:
            vm.on_poll()
        yield item


def _rest(vm: Any, name: str, receiver: Any) -> list[Any]:
    if type(receiver) is RangeValue:
        check_size(f"iter.{name}", range_length(receiver), "items")
        return list(receiver.as_range())
    return list(remaining(vm, _pull_of(receiver)))


@method(_RECEIVERS, "to_list() -> list")
def iter_to_list(vm: Any, receiver: Any) -> list[Any]:
    """The items."""
    return _rest(vm, "to_list", receiver)


@method(_RECEIVERS, "to_set() -> set")
def iter_to_set(vm: Any, receiver: Any) -> HarnSet:
    """The set of the items."""
    return set_by_equality(_rest(vm, "to_set", receiver))


@method(_RECEIVERS, "to_dict() -> dict")
def iter_to_dict(vm: Any, receiver: Any) -> dict[str, Any]:
    """The dict of pairs of string and value."""
    entries: dict[str, Any] = {}
    for item in remaining(vm, _pull_of(receiver)):
        if type(item) is not Pair:
            raise type_error(f"iter.to_dict: expected pair, got {type_name(item)}")
        if type(item.first) is not str:
            raise type_error(f"iter.to_dict: expected string key, got {type_name(item.first)}")
        entries[item.first] = item.second
    return entries


@method("iter", "count() -> int")
def iter_count(vm: Any, receiver: Any) -> int:
    """Number of items."""
    count = 0
    for _ in remaining(vm, _pull_of(receiver)):
        count += 1
    return count


@method("iter", "sum() -> int | float")
def iter_sum(vm: Any, receiver: Any) -> Any:
    """Sum of the items, which must be numbers."""
    total: Any = 0
    for item in remaining(vm, _pull_of(receiver)):
        if type(item) is not int and type(item) is not float:
            raise type_error(f"iter.sum: expected number, got {type_name(item)}")
        total = add(total, item)
    return total


@method("iter", "min() -> any")
def iter_min(vm: Any, receiver: Any) -> Any:
    """The least item, or nil."""
    return smallest(_rest(vm, "min", receiver))


@method("iter", "max() -> any")
def iter_max(vm: Any, receiver: Any) -> Any:
    """The greatest item, or nil."""
    return largest(_rest(vm, "max", receiver))


@method("iter", "first() -> any")
def iter_first(_vm: Any, receiver: Any) -> Any:
    """The next item, or nil."""
    item = require_iterator(receiver).pull()
    return None if item is MISSING else item


@method("iter", "last() -> any")
def iter_last(vm: Any, receiver: Any) -> Any:
    """The last item, or nil."""
    last = None
    for item in remaining(vm, _pull_of(receiver)):
        last = item
    return last


@method(_RECEIVERS, "reduce(initial?: any, f?: closure) -> any")
def iter_reduce(vm: Any, receiver: Any, initial: Any = None, f: Any = None) -> Any:
    """``f(accumulator, item)`` from ``initial`` on."""
    if not vm.is_callable(f):
        raise type_error("iter.reduce: expected (init, fn)")
    call = vm.caller(f)
    accumulator = initial
    for item in remaining(vm, _pull_of(receiver)):
        accumulator = call(accumulator, item)
    return accumulator


@method(_RECEIVERS, "find(f?: closure) -> any")
def iter_find(vm: Any, receiver: Any, f: Any = None) -> Any:
    """The first item for which ``f`` is truthy, or nil."""
    call = _caller(vm, "find", f)
    for item in remaining(vm, _pull_of(receiver)):
        if call(item):
            return item
    return None


@method(_RECEIVERS, "any(f?: closure) -> bool")
def iter_any(vm: Any, receiver: Any, f: Any = None) -> bool:
    """Whether ``f`` is truthy for an item; pulls no further than that."""
    call = _caller(vm, "any", f)
    return any(call(item) for item in remaining(vm, _pull_of(receiver)))


@method(_RECEIVERS, "all(f?: closure) -> bool")
def iter_all(vm: Any, receiver: Any, f: Any = None) -> bool:
    """Whether ``f`` is truthy for all items; pulls no further than the first where it is not."""
    call = _caller(vm, "all", f)
    return all(call(item) for item in remaining(vm, _pull_of(receiver)))


@method(_RECEIVERS, "for_each(f?: closure) -> nil")
def iter_for_each(vm: Any, receiver: Any, f: Any = None) -> None:
    """Call ``f`` for each item."""
    call = _caller(vm, "for_each", f)
    for item in remaining(vm, _pull_of(receiver)):
        call(item)
