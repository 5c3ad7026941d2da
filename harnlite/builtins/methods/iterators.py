"""The ``iter`` handle: a single-pass iterator that its combinators share (docs/reference/builtins.md 11.4).

An iterator is a Python function that gives the next item, or MISSING at its end. Not a Python generator: a generator
dies of the first error of a callback, cannot be entered by two tasks, and costs C stack for each one inside another.
"""

from __future__ import annotations

from functools import partial

from harnlite.values.display import type_name
from harnlite.values.errors import GuestError, type_error
from harnlite.values.types import MISSING, Handle, HarnSet, Pair, RangeValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    #: Gives the next item, or MISSING.
    Pull = Callable[[], Any]


__all__ = ["IterHandle", "iterator_of", "not_iterable", "require_iterator"]


class IterHandle(Handle):
    """An iterator as guest code holds it.

    :param pull: gives the next item or MISSING; not called again after that.
    """

    __slots__ = ("_pull", "exhausted")
    type_name = "iter"

    def __init__(self, pull: Pull) -> None:
        self._pull = pull
        self.exhausted = False

    @classmethod
    def over(cls, items: Iterable[Any]) -> IterHandle:
        """Give an iterator over a Python iterable that nobody changes any more."""
        return cls(partial(next, iter(items), MISSING))

    def pull(self) -> Any:
        """Give the next item, or MISSING once there is none, and from then on."""
        if self.exhausted:
            return MISSING
        item = self._pull()
        if item is MISSING:
            self.exhausted = True
            # Lets go of the source, which may be large.
            self._pull = _nothing
        return item

    def display(self) -> str:
        """``<iter>``; looking does not pull."""
        return "<iter (exhausted)>" if self.exhausted else "<iter>"

    def equals(self, other: Any) -> bool:
        """An iterator equals only itself."""
        return self is other

    def iterate(self) -> Iterator[Any]:
        """Itself: what a loop takes is gone for others."""
        return self

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        item = self.pull()
        if item is MISSING:
            raise StopIteration
        return item


def _nothing() -> Any:
    return MISSING


def iterator_of(value: Any) -> IterHandle | None:
    """Give an iterator over a value, itself when it is one, or None when it cannot be iterated."""
    kind = type(value)
    if kind is IterHandle:
        return value  # type: ignore[no-any-return]  # the exact type was just tested
    if kind is list or kind is str:
        return IterHandle.over(value)
    if kind is RangeValue:
        return IterHandle.over(value.as_range())
    if kind is dict:
        return IterHandle.over([Pair(key, value[key]) for key in sorted(value)])
    if kind is HarnSet:
        return IterHandle.over(list(value.members.values()))
    items = value.iterate() if isinstance(value, Handle) else None
    return None if items is None else IterHandle.over(items)


def not_iterable(value: Any) -> GuestError:
    """The error of iterating what cannot be."""
    return type_error(f"iter: value of type {type_name(value)} is not iterable")


def require_iterator(value: Any) -> IterHandle:
    """:func:`iterator_of`, raising :func:`not_iterable` instead of giving None."""
    found = iterator_of(value)
    if found is None:
        raise not_iterable(value)
    return found
