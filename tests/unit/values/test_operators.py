"""Operators: language.md 5.4, builtins.md 2.6."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from harnlite.values import operators as op
from harnlite.values.equality import make_set
from harnlite.values.errors import GuestError
from harnlite.values.operators import MAX_INT, MIN_INT
from harnlite.values.types import Duration, RangeValue


@pytest.mark.parametrize(
    ("function", "a", "b", "expected"),
    [
        (op.add, 1, 2, 3),
        (op.add, MAX_INT, 1, MIN_INT),
        (op.add, 1, 0.5, 1.5),
        (op.add, "a", "b", "ab"),
        (op.add, [1], [2], [1, 2]),
        (op.add, {"b": 1}, {"a": 2, "b": 3}, {"b": 3, "a": 2}),
        (op.sub, MIN_INT, 1, MAX_INT),
        (op.sub, 1.5, 1, 0.5),
        (op.mul, MAX_INT, MAX_INT, 1),
        (op.mul, 2**32, 2**31, MIN_INT),
        (op.mul, 2, 1.5, 3.0),
        (op.mul, "ab", 2, "abab"),
        (op.mul, 2, "ab", "abab"),
        (op.mul, "ab", -1, ""),
        (op.mul, "", 10**15, ""),
        (op.div, 7, 2, 3),
        (op.div, -7, 2, -3),
        (op.div, 7, -2, -3),
        (op.div, -7, -2, 3),
        (op.div, 0, -5, 0),
        (op.div, MIN_INT, -1, MIN_INT),
        (op.div, MIN_INT, 3, -3074457345618258602),
        (op.div, 7.0, 2, 3.5),
        (op.div, 1.0, 0, math.inf),
        (op.div, -1, 0.0, -math.inf),
        (op.div, 1.0, -0.0, -math.inf),
        (op.mod, -7, 3, -1),
        (op.mod, 7, -3, 1),
        (op.mod, MIN_INT, -1, 0),
        (op.mod, -7.5, 2, -1.5),
        (op.mod, 5, math.inf, 5.0),
        (op.power, 2, 10, 1024),
        (op.power, 2, 63, MIN_INT),
        (op.power, 2, 64, 0),
        (op.power, 3, 2**32 - 1, pow(3, 2**32 - 1, 2**64) - 2**64 * (pow(3, 2**32 - 1, 2**64) > MAX_INT)),
        (op.power, 1, 2**32, 1.0),
        (op.power, 2, -1, 0.5),
        (op.power, 0, -1, math.inf),
        (op.power, 2.0, 3, 8.0),
        (op.power, -10.0, 309, -math.inf),
        (op.power, 10.0, 400, math.inf),
        (op.power, -0.0, -3, -math.inf),
    ],
)
def test_arithmetic(function: Callable[[Any, Any], Any], a: Any, b: Any, expected: Any) -> None:
    assert repr(function(a, b)) == repr(expected)


@pytest.mark.parametrize(
    ("function", "a", "b"),
    [(op.div, 0.0, 0), (op.div, math.nan, 0.0), (op.mod, math.inf, 2), (op.power, -8.0, 0.5)],
)
def test_arithmetic_without_a_number(function: Callable[[Any, Any], Any], a: Any, b: Any) -> None:
    assert math.isnan(function(a, b))


@pytest.mark.parametrize(
    ("function", "a", "b", "kind", "message"),
    [
        (op.add, 1, "a", "type", "Cannot add int and string"),
        (op.add, "a", None, "type", "Cannot add string and nil"),
        (op.add, True, True, "type", "Cannot add bool and bool"),
        (op.add, Duration(1), Duration(1), "type", "Cannot add duration and duration"),
        (op.sub, [1], [1], "type", "Cannot subtract list from list"),
        (op.sub, 1, "a", "type", "Cannot subtract string from int"),
        (op.mul, [1], 2, "type", "Cannot multiply list and int"),
        (op.mul, True, "a", "type", "Cannot multiply bool and string"),
        (op.div, "a", 2, "runtime", "Cannot divide string by int"),
        (op.div, 1, 0, "zero_division", "Division by zero"),
        (op.mod, None, 2, "runtime", "Cannot modulo nil by int"),
        (op.mod, 1, 0, "zero_division", "Division by zero"),
        (op.mod, 1.5, 0.0, "zero_division", "Division by zero"),
        (op.power, "a", 2, "type", "Cannot exponentiate string by int"),
    ],
)
def test_arithmetic_errors(function: Callable[[Any, Any], Any], a: Any, b: Any, kind: str, message: str) -> None:
    with pytest.raises(GuestError) as caught:
        function(a, b)
    assert (caught.value.kind, caught.value.message) == (kind, message)


def test_repeating_a_text_without_bounds_is_an_error() -> None:
    with pytest.raises(GuestError, match="is too long"):
        op.mul("ab", 10**15)


def test_negation() -> None:
    assert op.negate(5) == -5
    assert op.negate(MIN_INT) == MIN_INT
    assert repr(op.negate(0.0)) == "-0.0"
    for value in ("a", True, None, Duration(1)):
        with pytest.raises(GuestError, match="Cannot negate value of type") as caught:
            op.negate(value)
        assert caught.value.kind == "runtime"


@pytest.mark.parametrize(
    ("a", "b", "less", "less_equal"),
    [
        (1, 2, True, True),
        (2, 2.0, False, True),
        (2.5, 2, False, False),
        ("a", "b", True, True),
        (None, 1, False, True),
        ([1], [2], False, True),
        (True, False, False, True),
        (math.nan, 1.0, False, False),
    ],
)
def test_comparison(a: Any, b: Any, less: bool, less_equal: bool) -> None:
    assert op.less(a, b) is less
    assert op.greater(b, a) is less
    assert op.less_equal(a, b) is less_equal
    assert op.greater_equal(b, a) is less_equal


@pytest.mark.parametrize(
    ("item", "container", "expected"),
    [
        (1, [1.0], True),
        (True, [1], False),
        (1.0, make_set([1]), True),
        (1, {"1": None}, True),
        ("k", {}, False),
        (1, "a1", True),
        ("", "abc", True),
        (3, RangeValue(1, 3, False), True),
        (3, RangeValue(1, 3, True), False),
        (3.0, RangeValue(1, 3, False), False),
        (1, 5, False),
        (1, None, False),
    ],
)
def test_contains(item: Any, container: Any, expected: bool) -> None:
    assert op.contains(item, container) is expected


def test_range_bounds_that_are_no_ints_count_as_zero() -> None:
    value = op.make_range("a", 3, True)
    assert (value.start, value.end, value.exclusive) == (0, 3, True)
