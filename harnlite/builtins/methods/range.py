"""Methods that ranges have of their own (docs/reference/builtins.md 11.2); all others are those of ``iter``."""

from __future__ import annotations

from harnlite.builtins.registry import method
from harnlite.values.access import range_length
from harnlite.values.display import display
from harnlite.values.operators import wrap
from harnlite.values.types import RangeValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


__all__: list[str] = []


@method("range", "count() -> int", aliases=("len",))
def range_count(_vm: Any, value: RangeValue) -> int:
    """Number of items."""
    return range_length(value)


@method("range", "empty() -> bool")
def range_empty(_vm: Any, value: RangeValue) -> bool:
    """Whether there are no items."""
    return range_length(value) == 0


@method("range", "contains(item?: any) -> bool")
def range_contains(_vm: Any, value: RangeValue, item: Any = None) -> bool:
    """Whether an int lies within; false for anything else."""
    return type(item) is int and item in value.as_range()


@method("range", "first() -> int | nil")
def range_first(_vm: Any, value: RangeValue) -> int | None:
    """The first item, or nil."""
    return value.start if range_length(value) else None


@method("range", "last() -> int | nil")
def range_last(_vm: Any, value: RangeValue) -> int | None:
    """The last item, or nil."""
    return value.as_range()[-1] if range_length(value) else None


@method("range", "min() -> int | nil")
def range_min(_vm: Any, value: RangeValue) -> int | None:
    """The least item, or nil."""
    return value.start if range_length(value) else None


@method("range", "max() -> int | nil")
def range_max(_vm: Any, value: RangeValue) -> int | None:
    """The greatest item, or nil."""
    return value.as_range()[-1] if range_length(value) else None


@method("range", "sum() -> int")
def range_sum(_vm: Any, value: RangeValue) -> int:
    """Sum of the items, wrapping."""
    count = range_length(value)
    return wrap(count * (2 * value.start + count - 1) // 2)


@method("range", "to_string() -> string")
def range_to_string(_vm: Any, value: RangeValue) -> str:
    """Its display."""
    return display(value)
