"""Conversions and basics (docs/reference/builtins.md 5 and 11.2 to 11.4)."""

from __future__ import annotations

from harnlite.builtins.methods.iterators import IterHandle, require_iterator
from harnlite.builtins.registry import builtin
from harnlite.values.access import range_length
from harnlite.values.display import display, type_name
from harnlite.values.equality import equal, hash_text
from harnlite.values.errors import runtime_error, type_error
from harnlite.values.operators import MAX_INT, MIN_INT, wrap
from harnlite.values.types import MISSING, Closure, Handle, HarnSet, Pair, RangeValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


__all__: list[str] = []

#: Longer digit strings cannot be 64-bit ints unless they start with zeros; Python would refuse very long ones.
_MAX_INT_DIGITS = 19

_FNV_OFFSET = 0xCBF29CE484222325
_FNV_PRIME = 0x100000001B3
_WORD = 2**64 - 1


@builtin("type_of(value?: any) -> string", area="basics", loose=True)
def type_of(_vm: Any, value: Any = None) -> str:
    """The name of a value's type."""
    return type_name(value)


@builtin("to_string(value?: any) -> string", area="basics", loose=True)
def to_string(_vm: Any, value: Any = None) -> str:
    """The text that println shows."""
    return display(value)


@builtin("to_int(value?: any) -> int | nil", area="basics", loose=True)
def to_int(_vm: Any, value: Any = None) -> int | None:
    """An int, a float cut towards zero, or the int that a string spells; nil for anything else."""
    kind = type(value)
    if kind is int:
        return value  # type: ignore[no-any-return]  # the exact type was just tested
    if kind is float:
        return _cut(value)
    if kind is str and _spells_int(value):
        digits = value.lstrip("+-").lstrip("0") or "0"
        if len(digits) <= _MAX_INT_DIGITS:
            number = -int(digits) if value.startswith("-") else int(digits)
            return number if MIN_INT <= number <= MAX_INT else None
    return None


def _spells_int(text: str) -> bool:
    digits = text[1:] if text[:1] in ("+", "-") else text
    return digits.isascii() and digits.isdigit()


def _spells_float(text: str) -> bool:
    """Whether it is a float as Python reads it, but without blanks, underscores and other scripts' digits."""
    if not text.isascii() or "_" in text or text != text.strip():
        return False
    try:
        float(text)
    except ValueError:
        return False
    return True


def _cut(value: float) -> int:
    """Give a float cut towards zero; NaN as 0, what is too large as the nearest int there is."""
    if value != value:
        return 0
    if abs(value) < 2.0**63:
        return int(value)
    return MAX_INT if value > 0 else MIN_INT


@builtin("to_float(value?: any) -> float | nil", area="basics", loose=True)
def to_float(_vm: Any, value: Any = None) -> float | None:
    """A number as a float, or the float that a string spells; nil for anything else."""
    kind = type(value)
    if kind is float or kind is int or (kind is str and _spells_float(value)):
        return float(value)
    return None


@builtin("to_list(value?: any) -> list", area="basics", loose=True)
def to_list(_vm: Any, value: Any = None) -> list[Any]:
    """A set's members, a list itself, anything else as the only item."""
    if type(value) is HarnSet:
        return list(value.members.values())
    return value[:] if type(value) is list else [value]


@builtin("len(value: string | bytes | list | dict | set | range | nil) -> int", area="basics")
def len_(_vm: Any, value: Any) -> int:
    """Number of characters, bytes, items, entries or members; 0 for nil."""
    if value is None:
        return 0
    if type(value) is HarnSet:
        return len(value.members)
    return range_length(value) if type(value) is RangeValue else len(value)


@builtin(
    "iter(value: list | dict | string | set | range | iter | Generator | stream | channel) -> iter", area="iterators"
)
def iter_(_vm: Any, value: Any) -> IterHandle:
    """A lazy iterator over anything that can be iterated; an iterator itself."""
    return require_iterator(value)


@builtin("pair(...values: any) -> pair", area="iterators", loose=True)
def pair(_vm: Any, *values: Any) -> Pair:
    """A pair of exactly two values."""
    if len(values) != 2:
        raise type_error(f"pair: expected 2 arguments, got {len(values)}")
    return Pair(values[0], values[1])


@builtin("range(...bounds: any) -> range", area="iterators", loose=True)
def range_(_vm: Any, *bounds: Any) -> RangeValue:
    """``range(n)`` from 0 up to n, ``range(a, b)`` from a up to b, the end excluded."""
    count = len(bounds)
    if not 1 <= count <= 2:
        raise type_error(f"range expects 1 or 2 integer arguments, got {count}")
    if any(type(bound) is not int for bound in bounds):
        form = "range(n): expected integer argument" if count == 1 else "range(a, b): expected integer arguments"
        raise type_error(form)
    return RangeValue(bounds[0] if count == 2 else 0, bounds[-1], True)


_BY_IDENTITY = frozenset({list, dict, HarnSet, Closure, Pair})


@builtin("is_same(a: any, b: any) -> bool", area="basics")
def is_same(_vm: Any, a: Any, b: Any) -> bool:
    """Identity for lists, dicts, sets, pairs and closures, ``==`` for everything else."""
    return a is b if type(a) in _BY_IDENTITY else equal(a, b)


@builtin("addr_of(value: any) -> string", area="basics")
def addr_of(_vm: Any, value: Any) -> str:
    """A text that tells values apart by identity, simple ones by content."""
    if value is None or type(value) in (bool, int, float, str):
        return f"{type_name(value)}@{display(value)}"
    return f"{type_name(value)}@{id(value):#x}"


@builtin("hash_value(value: any) -> int", area="basics")
def hash_value(_vm: Any, value: Any) -> int:
    """A 64-bit FNV-1a hash of a value, the same in every run."""
    number = _FNV_OFFSET
    for byte in hash_text(value).encode():
        number = ((number ^ byte) * _FNV_PRIME) & _WORD
    return wrap(number)


@builtin("unreachable(value?: any) -> never", area="basics", loose=True)
def unreachable(_vm: Any, value: Any = MISSING) -> None:
    """Fail, because control should never come here."""
    detail = "" if value is MISSING else f": {display(value)}"
    raise runtime_error(f"unreachable code was reached{detail}")


@builtin("drop(value: any) -> nil", area="basics")
def drop(_vm: Any, value: Any) -> None:
    """Close a channel or release a permit at once; nothing for other values."""
    if isinstance(value, Handle):
        value.drop()
