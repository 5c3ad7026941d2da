"""Display texts and type names: language.md 5.3, builtins.md 2.1 and 2.2."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest

from harnlite.values.display import display, type_name
from harnlite.values.types import (
    Builtin,
    Closure,
    Duration,
    EnumValue,
    Handle,
    HarnSet,
    Pair,
    RangeValue,
    StructType,
    StructValue,
    ok,
)


def closure(*parameters: str) -> Closure:
    return Closure(SimpleNamespace(parameter_names=parameters), (), None, lambda *_: None, len(parameters))


POINT = StructType("Point", ("x", "y"))


@pytest.mark.parametrize(
    ("value", "name", "text"),
    [
        (None, "nil", "nil"),
        (True, "bool", "true"),
        (False, "bool", "false"),
        (-5, "int", "-5"),
        ("a b", "string", "a b"),
        ([1, "a", None, 2.0], "list", "[1, a, nil, 2.0]"),
        ([], "list", "[]"),
        ({"b": 1, "a": [2]}, "dict", "{a: [2], b: 1}"),
        ({"10": 1, "9": 2, "é": 3, "a": 4}, "dict", "{10: 1, 9: 2, a: 4, é: 3}"),
        ({}, "dict", "{}"),
        (HarnSet({3: 3, 1: 1}), "set", "set(3, 1)"),
        (HarnSet({}), "set", "set()"),
        (RangeValue(1, 5, False), "range", "1 to 5"),
        (RangeValue(0, 3, True), "range", "0 to 3 exclusive"),
        (Pair(1, "a"), "pair", "(1, a)"),
        (closure("a", "b"), "closure", "<fn(a, b)>"),
        (closure(), "closure", "<fn()>"),
        (Builtin("len", len, 1, 1, None), "builtin", "<builtin len>"),
        (EnumValue("Color", "Red"), "enum", "Color.Red"),
        (EnumValue("Color", "Rgb", (1, "x")), "enum", "Color.Rgb(1, x)"),
        (ok(None), "enum", "Result.Ok(nil)"),
        (StructValue(POINT, {"y": "a", "x": 1}), "struct", "Point {x: 1, y: a}"),
        (StructValue(POINT, {}), "struct", "Point {}"),
        (b"hi", "bytes", 'b"6869"'),
        (bytes(34), "bytes", f'b"{"00" * 32}...+2"'),
        (bytes(32), "bytes", f'b"{"00" * 32}"'),
        (Handle(), "handle", "<handle>"),
        ([[["deep"]], {"k": HarnSet({1: 1})}], "list", "[[[deep]], {k: set(1)}]"),
    ],
)
def test_type_name_and_display(value: Any, name: str, text: str) -> None:
    assert type_name(value) == name
    assert display(value) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1.0, "1.0"),
        (-0.0, "-0.0"),
        (100.0, "100.0"),
        (999999999999999.0, "999999999999999.0"),
        (1e15, "1000000000000000"),
        (-1e15, "-1000000000000000"),
        (1e16, "10000000000000000"),
        (123456789012345680.0, "123456789012345680"),
        (1e20, "100000000000000000000"),
        (1e300, "1" + "0" * 300),
        (0.0000001, "0.0000001"),
        (-1.25e-9, "-0.00000000125"),
        (5e-324, "0." + "0" * 323 + "5"),
        (1.5, "1.5"),
        (0.1 + 0.2, "0.30000000000000004"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (math.nan, "NaN"),
    ],
)
def test_floats_have_no_exponent(number: float, text: str) -> None:
    assert display(number) == text


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0ms"),
        (500, "500ms"),
        (1500, "1500ms"),
        (5000, "5s"),
        (90_000, "90s"),
        (120_000, "2m"),
        (86_400_000, "24h"),
        (14 * 86_400_000, "336h"),
    ],
)
def test_durations_use_the_largest_exact_unit(milliseconds: int, text: str) -> None:
    assert type_name(Duration(milliseconds)) == "duration"
    assert display(Duration(milliseconds)) == text


@pytest.mark.large
def test_depth_is_no_limit() -> None:
    value: Any = 1
    for _ in range(100_000):
        value = [value]
    assert display(value) == "[" * 100_000 + "1" + "]" * 100_000


def test_mixed_containers_may_be_deep_too() -> None:
    value: Any = "x"
    for _ in range(10_000):
        value = {"k": EnumValue("E", "V", (Pair(1, HarnSet({"m": value})),))}
    text = display(value)
    assert text.startswith("{k: E.V((1, set({k: E.V((1, set(")
    assert text.endswith("x" + "))))}".replace("))))", ")))") * 10_000)
