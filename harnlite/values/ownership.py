"""Who holds a value: when a list, dict or struct may be changed in place (docs/architecture.md, section 4).

Gives two reference counts, measured once at import because they differ between versions of CPython. A value may be
changed in place exactly when ``getrefcount`` of it equals the count that belongs to how it is held:

* :data:`LOCAL_COUNT`: one local variable of a Python function, asked in that function: ``getrefcount(x)``;
* :data:`CELL_COUNT`: one cell of a list (or one entry of a dict), fetched into a local first:
  ``x = cells[i]; getrefcount(x)``.

Either is None, equal to no count, when the measurements do not tell "held once" from "held twice" beyond doubt; then
everything is copied. It must be asked only about values held as described: not through ``*args``, a tuple or a cell
variable (these only cost a copy), and never through a variable that a generator shares with running code.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final


__all__ = ["CELL_COUNT", "LOCAL_COUNT", "getrefcount"]


def _no_count(_: Any) -> int:
    return 0


#: ``sys.getrefcount``, or on a Python without one a function whose answer never fits.
getrefcount: Final[Callable[[Any], int]] = getattr(sys, "getrefcount", _no_count)


def _parameter(value: list[int]) -> int:
    return getrefcount(value)


def _second_parameter(_depth: int, value: list[int]) -> int:
    return getrefcount(value)


def _renamed_parameter(value: list[int]) -> int:
    other = value
    return getrefcount(other)


def _made() -> list[int]:
    return [1]


def _fetch(cells: Any, index: Any) -> Any:
    return cells[index]


def _held_once_by_local() -> set[int]:
    fresh = [1]
    counts = {getrefcount(fresh)}
    result = _made()
    counts.add(getrefcount(result))
    copied = fresh.copy()
    counts.add(getrefcount(copied))
    fresh = [*result, 2]
    counts.add(getrefcount(fresh))
    counts.add(_parameter([1]))
    counts.add(_second_parameter(0, _made()))
    return counts


def _held_twice_with_local() -> set[int]:
    value = [1]
    other = value
    counts = {getrefcount(value), getrefcount(other)}
    passed = [1]
    # The caller's variable lives on after the call: a version that only lends it must not look like a single owner.
    counts.add(_parameter(passed))
    counts.add(_second_parameter(0, passed))
    counts.add(_second_parameter(*(0, passed)))
    counts.add(_renamed_parameter(passed))
    passed.append(2)
    for holder in ([_made()], (_made(),)):
        held = holder[0]
        counts.add(getrefcount(held))
        counts.add(_parameter(holder[0]))
    named = {"k": _made()}
    entry = named["k"]
    counts.add(getrefcount(entry))
    iterated = [1]
    for _ in iterated:
        counts.add(getrefcount(iterated))
    return counts


def _held_once_by_cell() -> set[int]:
    cells: list[Any] = [_made(), _made()]
    cell = cells[1]
    counts = {getrefcount(cell)}
    cell = _fetch(cells, 0)
    counts.add(getrefcount(cell))
    entries = {"k": _made()}
    cell = entries["k"]
    counts.add(getrefcount(cell))
    found = entries.get("k")
    cell = None
    counts.add(getrefcount(found))
    return counts


def _held_twice_with_cell() -> set[int]:
    cells: list[Any] = [_made(), None]
    cells[1] = cells[0]
    cell = cells[0]
    counts = {getrefcount(cell)}
    cells[1] = None
    stack = [cells[0]]
    counts.add(getrefcount(cell))
    stack.clear()
    other = cell
    counts.add(getrefcount(other))
    return counts


def _single(once: set[int], twice: set[int]) -> int | None:
    """Give the one count of ``once`` when every count of ``twice`` is larger."""
    if len(once) != 1:
        return None
    count = next(iter(once))
    return count if count > 0 and min(twice) > count else None


LOCAL_COUNT: Final = _single(_held_once_by_local(), _held_twice_with_local())
CELL_COUNT: Final = _single(_held_once_by_cell(), _held_twice_with_cell())
