"""What each operator means (docs/reference/language.md 5.4, builtins.md 2.6): the one definition.

Takes values, gives a fresh value or raises the operator's error. The slow path of both tiers and the compiler's
constant folding; must not know the VM.
"""

from __future__ import annotations

import math

from harnlite.values.display import display, type_name
from harnlite.values.equality import compare, find_member, index_of
from harnlite.values.errors import GuestError, runtime_error, type_error, zero_division_error
from harnlite.values.types import HarnSet, RangeValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


__all__ = [
    "MAX_INT",
    "MAX_TEXT",
    "MIN_INT",
    "add",
    "contains",
    "div",
    "greater",
    "greater_equal",
    "less",
    "less_equal",
    "make_range",
    "mod",
    "mul",
    "negate",
    "power",
    "repeat_text",
    "sub",
    "wrap",
]

MAX_INT = 2**63 - 1
MIN_INT = -(2**63)
_MODULUS = 2**64
#: Exponents up to here give an int (language.md 5.4).
_MAX_INT_EXPONENT = 2**32 - 1
#: The longest string, in characters, that repeating or padding may build; beyond it the process itself is at risk.
MAX_TEXT = 2**30


def wrap(number: int) -> int:
    """Give the 64-bit two's complement value of an int."""
    if MIN_INT <= number <= MAX_INT:
        return number
    number &= _MODULUS - 1
    return number - _MODULUS if number > MAX_INT else number


def _is_number(value: Any) -> bool:
    kind = type(value)
    return kind is int or kind is float


def add(a: Any, b: Any) -> Any:
    """``a + b``: numbers, string + string, list + list, dict + dict (the right one wins)."""
    kind = type(a)
    if kind is type(b):
        if kind is int:
            total = a + b
            return total if MIN_INT <= total <= MAX_INT else wrap(total)
        if kind is float or kind is str or kind is list:
            return a + b
        if kind is dict:
            return a | b
    elif _is_number(a) and _is_number(b):
        return a + b
    raise type_error(f"Cannot add {type_name(a)} and {type_name(b)}")


def sub(a: Any, b: Any) -> Any:
    """``a - b`` of numbers."""
    if type(a) is int and type(b) is int:
        difference = a - b
        return difference if MIN_INT <= difference <= MAX_INT else wrap(difference)
    if _is_number(a) and _is_number(b):
        return a - b
    raise type_error(f"Cannot subtract {type_name(b)} from {type_name(a)}")


def repeat_text(text: str, count: int) -> str:
    """Give a text ``count`` times, ``""`` when not positive; raises a runtime error when that would be huge."""
    if count <= 0:
        return ""
    if len(text) * count > MAX_TEXT:
        raise runtime_error(f"string of {len(text) * count} characters is too long")
    return text * count


def mul(a: Any, b: Any) -> Any:
    """``a * b`` of numbers, or a string repeated (either order)."""
    kind = type(a)
    other = type(b)
    if kind is int and other is int:
        product = a * b
        return product if MIN_INT <= product <= MAX_INT else wrap(product)
    if _is_number(a) and _is_number(b):
        return a * b
    if kind is str and other is int:
        return repeat_text(a, b)
    if kind is int and other is str:
        return repeat_text(b, a)
    raise type_error(f"Cannot multiply {type_name(a)} and {type_name(b)}")


def div(a: Any, b: Any) -> Any:
    """``a / b``: ints truncate towards zero; a float zero divisor gives an infinity or NaN."""
    if type(a) is int and type(b) is int:
        if b == 0:
            raise zero_division_error()
        if (a >= 0) is (b > 0):
            quotient = a // b
            return quotient if quotient <= MAX_INT else MIN_INT
        return -(-a // b)
    if _is_number(a) and _is_number(b):
        if b == 0:
            x = float(a)
            return math.copysign(math.inf, x) * math.copysign(1.0, b) if x != 0 and x == x else math.nan
        return a / b
    raise runtime_error(f"Cannot divide {type_name(a)} by {type_name(b)}")


def mod(a: Any, b: Any) -> Any:
    """``a % b`` with the sign of the dividend; a zero divisor, int or float, is an error."""
    if type(a) is int and type(b) is int:
        if b == 0:
            raise zero_division_error()
        remainder = abs(a) % abs(b)
        return -remainder if a < 0 else remainder
    if _is_number(a) and _is_number(b):
        if b == 0:
            raise zero_division_error()
        return math.nan if math.isinf(a) else math.fmod(a, b)
    raise runtime_error(f"Cannot modulo {type_name(a)} by {type_name(b)}")


def _float_power(a: float, b: float) -> float:
    try:
        return math.pow(a, b)
    except OverflowError:
        return -math.inf if a < 0 and math.fmod(b, 2.0) != 0 else math.inf
    except ValueError:
        if a != 0:
            return math.nan
        odd = math.fmod(b, 2.0) in (1.0, -1.0)
        return math.copysign(math.inf, a) if odd else math.inf


def power(a: Any, b: Any) -> Any:
    """``a ** b``: ints with an exponent in ``0 ..= 2**32 - 1`` wrap, everything else is a float power."""
    if type(a) is int and type(b) is int and 0 <= b <= _MAX_INT_EXPONENT:
        return wrap(pow(a, b, _MODULUS))
    if _is_number(a) and _is_number(b):
        return _float_power(float(a), float(b))
    raise type_error(f"Cannot exponentiate {type_name(a)} by {type_name(b)}")


def negate(a: Any) -> Any:
    """``-a`` of a number; the smallest int stays what it is."""
    if type(a) is int:
        return wrap(-a)
    if type(a) is float:
        return -a
    raise _negation_error(a)


def _negation_error(a: Any) -> GuestError:
    return runtime_error(f"Cannot negate value of type {type_name(a)}")


def less(a: Any, b: Any) -> bool:
    """``a < b`` (builtins.md 2.4); values without a common order are neither less nor greater."""
    kind = type(a)
    if kind is type(b) and (kind is int or kind is str or kind is float):
        return a < b  # type: ignore[no-any-return]  # plain Python values of one ordered type
    return compare(a, b) < 0


def less_equal(a: Any, b: Any) -> bool:
    """``a <= b``; true for values without a common order, except that NaN is ordered with no float."""
    kind = type(a)
    if kind is type(b) and (kind is int or kind is str or kind is float):
        return a <= b  # type: ignore[no-any-return]  # plain Python values of one ordered type
    return compare(a, b) <= 0


def greater(a: Any, b: Any) -> bool:
    """``a > b``, see :func:`less`."""
    return less(b, a)


def greater_equal(a: Any, b: Any) -> bool:
    """``a >= b``, see :func:`less_equal`."""
    return less_equal(b, a)


def contains(item: Any, container: Any) -> bool:
    """``item in container``: list and set elements, dict keys, text in text, ints of a range; else false."""
    kind = type(container)
    if kind is str:
        return display(item) in container
    if kind is dict:
        return (item if type(item) is str else display(item)) in container
    if kind is list:
        return index_of(container, item) >= 0
    if kind is HarnSet:
        return find_member(container.members, item)
    return kind is RangeValue and type(item) is int and item in container.as_range()


def make_range(start: Any, end: Any, exclusive: bool) -> RangeValue:
    """``start to end``; a bound that is no int counts as 0 (language.md 4)."""
    return RangeValue(start if type(start) is int else 0, end if type(end) is int else 0, exclusive)
