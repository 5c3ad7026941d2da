"""Numbers: rounding, powers, trigonometry, statistics (docs/reference/builtins.md 7)."""

from __future__ import annotations

import math

from harnlite.builtins.registry import builtin
from harnlite.values.display import type_name
from harnlite.values.errors import runtime_error, type_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

    from harnlite.vm.machine import Vm

_INT_MIN: Final = -(1 << 63)
_INT_MAX: Final = (1 << 63) - 1
#: Powers are multiplied out only while the result can still fit; beyond, the float is what counts.
_MOST_BITS: Final = 64


def is_number(value: Any) -> bool:
    """Whether a value is an int or a float (a bool is neither)."""
    kind = type(value)
    return kind is int or kind is float


@builtin("abs(value: int | float) -> int | float", area="math")
def abs_(_vm: Vm, value: float) -> int | float:
    """The absolute value; of the smallest int it is a float."""
    return float(-value) if value == _INT_MIN and type(value) is int else abs(value)


@builtin("min(a?: any, b?: any) -> int | float | nil", area="math", loose=True)
def min_(_vm: Vm, a: Any = None, b: Any = None) -> int | float | None:
    """The smaller of two numbers; an int and a float give a float; nil for anything else."""
    if type(a) is int and type(b) is int:
        return a if a <= b else b
    return _extreme(a, b, -1)


@builtin("max(a?: any, b?: any) -> int | float | nil", area="math", loose=True)
def max_(_vm: Vm, a: Any = None, b: Any = None) -> int | float | None:
    """The larger of two numbers; an int and a float give a float; nil for anything else."""
    if type(a) is int and type(b) is int:
        return a if a >= b else b
    return _extreme(a, b, 1)


def _extreme(a: Any, b: Any, sign: int) -> float | None:
    if not (is_number(a) and is_number(b)):
        return None
    first, second = float(a), float(b)
    if math.isnan(first):
        return second
    if math.isnan(second):
        return first
    return first if sign * first >= sign * second else second


def _to_int(number: float) -> int:
    if not math.isfinite(number):
        raise runtime_error("cannot convert non-finite float to int")
    if not -9223372036854775808.0 <= number < 9223372036854775808.0:
        raise runtime_error("float is outside the representable int range")
    return int(number)


@builtin("floor(value: int | float) -> int", area="math")
def floor(_vm: Vm, value: float) -> int:
    """The largest int not above a number."""
    return value if type(value) is int else _to_int(math.floor(value) if math.isfinite(value) else value)


@builtin("ceil(value: int | float) -> int", area="math")
def ceil(_vm: Vm, value: float) -> int:
    """The smallest int not below a number."""
    return value if type(value) is int else _to_int(math.ceil(value) if math.isfinite(value) else value)


@builtin("round(value?: any) -> int | nil", area="math", loose=True)
def round_(_vm: Vm, value: Any = None) -> int | None:
    """The nearest int, halves away from zero; nil for what is no number."""
    if type(value) is int:
        return value
    if type(value) is not float:
        return None
    if not math.isfinite(value) or abs(value) >= 2.0**52:
        return _to_int(value)
    # Adding one half would round 0.49999999999999994 up; comparing the exact fraction does not.
    whole = math.trunc(value)
    if abs(value - whole) >= 0.5:
        whole += 1 if value > 0 else -1
    return whole


@builtin("sqrt(value?: any) -> float | nil", area="math", loose=True)
def sqrt(_vm: Vm, value: Any = None) -> float | None:
    """The square root; NaN of a negative number; nil for what is no number."""
    return _applied(math.sqrt, value)


@builtin("pow(base?: any, exponent?: any) -> int | float | nil", area="math", loose=True)
def pow_(_vm: Vm, base: Any = None, exponent: Any = None) -> int | float | None:
    """A power; of ints an int, or a float where it does not fit; nil for what is no number."""
    if not (is_number(base) and is_number(exponent)):
        return None
    if type(base) is int and type(exponent) is int and exponent >= 0:
        if abs(base) <= 1:
            return base if exponent % 2 else base * base if exponent else 1
        if exponent < _MOST_BITS:
            result: int = base**exponent
            if _INT_MIN <= result <= _INT_MAX:
                return result
    return _float_power(float(base), float(exponent))


def _float_power(base: float, exponent: float) -> float:
    """``base ** exponent`` as IEEE has it, where Python raises or gives a complex number."""
    odd = exponent.is_integer() and exponent % 2 == 1
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return -math.inf if base < 0 and odd else math.inf
    except ValueError:
        if base == 0 and exponent < 0:
            return math.copysign(math.inf, base) if odd else math.inf
        return math.nan


def _applied(function: Callable[[float], float], value: Any) -> float | None:
    """A function of one number; nil for what is no number, NaN outside the function's domain."""
    if not is_number(value):
        return None
    try:
        return function(float(value))
    except ValueError:
        return math.nan
    except OverflowError:
        return math.inf


@builtin("sin(value?: any) -> float | nil", area="math", loose=True)
def sin(_vm: Vm, value: Any = None) -> float | None:
    """The sine of an angle in radians."""
    return _applied(math.sin, value)


@builtin("cos(value: int | float) -> float", area="math")
def cos(_vm: Vm, value: float) -> float | None:
    """The cosine of an angle in radians."""
    return _applied(math.cos, value)


@builtin("tan(value?: any) -> float | nil", area="math", loose=True)
def tan(_vm: Vm, value: Any = None) -> float | None:
    """The tangent of an angle in radians."""
    return _applied(math.tan, value)


@builtin("asin(value: int | float) -> float", area="math")
def asin(_vm: Vm, value: float) -> float | None:
    """The arc sine in radians; NaN outside [-1, 1]."""
    return _applied(math.asin, value)


@builtin("acos(value: int | float) -> float", area="math")
def acos(_vm: Vm, value: float) -> float | None:
    """The arc cosine in radians; NaN outside [-1, 1]."""
    return _applied(math.acos, value)


@builtin("atan(value: int | float) -> float", area="math")
def atan(_vm: Vm, value: float) -> float | None:
    """The arc tangent in radians."""
    return _applied(math.atan, value)


@builtin("atan2(y: int | float, x: int | float) -> float", area="math")
def atan2(_vm: Vm, y: float, x: float) -> float:
    """The angle of the point (x, y) in radians."""
    return math.atan2(y, x)


def _logarithm(function: Callable[[float], float]) -> Callable[[float], float]:
    return lambda number: -math.inf if number == 0 else function(number)


@builtin("ln(value: int | float) -> float", area="math")
def ln(_vm: Vm, value: float) -> float | None:
    """The natural logarithm; -inf of 0, NaN of a negative number."""
    return _applied(_logarithm(math.log), value)


@builtin("log2(value: int | float) -> float", area="math")
def log2(_vm: Vm, value: float) -> float | None:
    """The logarithm to base 2; -inf of 0, NaN of a negative number."""
    return _applied(_logarithm(math.log2), value)


@builtin("log10(value: int | float) -> float", area="math")
def log10(_vm: Vm, value: float) -> float | None:
    """The logarithm to base 10; -inf of 0, NaN of a negative number."""
    return _applied(_logarithm(math.log10), value)


@builtin("exp(value: int | float) -> float", area="math")
def exp(_vm: Vm, value: float) -> float | None:
    """The exponential function."""
    return _applied(math.exp, value)


@builtin("sign(value?: any) -> int | float | nil", area="math", loose=True)
def sign(_vm: Vm, value: Any = None) -> int | float | None:
    """-1, 0 or 1; NaN of NaN; nil for what is no number."""
    if not is_number(value):
        return None
    if value != value:
        return math.nan
    return 1 if value > 0 else -1 if value < 0 else 0


@builtin("is_nan(value: int | float) -> bool", area="math")
def is_nan(_vm: Vm, value: float) -> bool:
    """Whether a number is NaN."""
    return value != value


@builtin("is_infinite(value: int | float) -> bool", area="math")
def is_infinite(_vm: Vm, value: float) -> bool:
    """Whether a number is infinite."""
    return type(value) is float and math.isinf(value)


# ---------------------------------------------------------------------------------------------- statistics


def _numbers(name: str, items: Any) -> list[float]:
    if type(items) is not list:
        raise type_error(f"{name}: items must be a list")
    if not all(map(is_number, items)):
        raise type_error(f"{name} must be numeric")
    return [float(item) for item in items]


def _some_numbers(name: str, items: Any) -> list[float]:
    numbers = _numbers(name, items)
    if not numbers:
        raise runtime_error(f"{name}: items must not be empty")
    return numbers


def _sum(numbers: list[float]) -> float:
    total = 0.0
    for number in numbers:
        total += number
    return total


@builtin("mean(items?: any) -> float", area="math", loose=True)
def mean(_vm: Vm, items: Any = None) -> float:
    """The arithmetic mean of a list of numbers; 0.0 of an empty one."""
    numbers = _numbers("mean", items)
    return _sum(numbers) / len(numbers) if numbers else 0.0


@builtin("median(items?: any) -> float", area="math", loose=True)
def median(_vm: Vm, items: Any = None) -> float:
    """The middle of a list of numbers, or the mean of the two middle ones."""
    ordered = sorted(_some_numbers("median", items))
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


@builtin("percentile(items?: any, percentile?: any) -> float", area="math", loose=True)
def percentile(_vm: Vm, items: Any = None, rank: Any = None) -> float:
    """The number below which that percentage of a list lies, by linear interpolation."""
    numbers = _some_numbers("percentile", items)
    if type(rank) is not int and type(rank) is not float:
        raise type_error(f"percentile: percentile must be a number, got {type_name(rank)}")
    if not 0 <= rank <= 100:
        raise runtime_error("percentile must be between 0 and 100")
    ordered = sorted(numbers)
    place = rank / 100 * (len(ordered) - 1)
    low = math.floor(place)
    weight = place - low
    # Not interpolating at weight 0 keeps infinities from turning into NaN.
    return ordered[low] + (ordered[low + 1] - ordered[low]) * weight if weight else ordered[low]


def _variance(name: str, items: Any, sample: Any) -> float:
    numbers = _some_numbers(name, items)
    divisor = len(numbers)
    if sample is True:
        if divisor < 2:
            raise runtime_error(f"sample {name} requires at least 2 values")
        divisor -= 1
    middle = _sum(numbers) / len(numbers)
    return _sum([(number - middle) * (number - middle) for number in numbers]) / divisor


@builtin("variance(items?: any, sample?: any) -> float", area="math", loose=True)
def variance(_vm: Vm, items: Any = None, sample: Any = False) -> float:
    """The variance of a list of numbers; of a sample with true as second argument."""
    return _variance("variance", items, sample)


@builtin("stddev(items?: any, sample?: any) -> float", area="math", loose=True)
def stddev(_vm: Vm, items: Any = None, sample: Any = False) -> float:
    """The standard deviation of a list of numbers; of a sample with true as second argument."""
    return math.sqrt(_variance("stddev", items, sample))
