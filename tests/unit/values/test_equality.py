"""Equality, hash keys, order and truth: builtins.md 2.3 to 2.5, language.md 5.2."""

from __future__ import annotations

import math
from typing import Any

import pytest

from harnlite.values.equality import (
    compare,
    equal,
    find_member,
    hash_key,
    hash_text,
    index_of,
    make_set,
    set_by_equality,
    sort_by_keys,
    sort_values,
    truthy,
)
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

NAN = math.nan
POINT = StructType("Point", ("x",))
OTHER_POINT = StructType("Point", ("x",))
PLACE = StructType("Place", ("x",))
CLOSURE = Closure(None, (), None, lambda: None, 0)
HANDLE = Handle()


class ByContent(Handle):
    def equals(self, other: Any) -> bool:
        return isinstance(other, ByContent)


def nested(depth: int, leaf: Any) -> Any:
    value: Any = leaf
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (1, 1, True),
        (1, 2, False),
        (1, 1.0, True),
        (1.0, 1, True),
        (1.5, 1, False),
        (9007199254740993, 9007199254740992.0, True),
        (9007199254740993, 9007199254740992, False),
        (True, 1, False),
        (False, 0, False),
        (True, True, True),
        (None, False, False),
        (None, None, True),
        ("1", 1, False),
        ("a", "a", True),
        (b"a", b"a", True),
        (b"a", "a", False),
        (NAN, NAN, False),
        ([NAN], [NAN], False),
        (0.0, -0.0, True),
        ([1, [2]], [1.0, [2.0]], True),
        ([1], [True], False),
        ([1, 2], [1], False),
        ([], [], True),
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": None}, {}, False),
        ({"a": 1}, {"b": 1}, False),
        (make_set([1, 2]), make_set([2, 1]), True),
        (make_set([1]), make_set([1.0]), True),
        (make_set([1]), make_set([2]), False),
        (make_set([NAN]), make_set([NAN]), False),
        (make_set([1]), [1], False),
        (RangeValue(1, 3, False), RangeValue(1, 3, False), True),
        (RangeValue(1, 4, True), RangeValue(1, 3, False), False),
        (RangeValue(1, 3, False), [1, 2, 3], False),
        (Pair(1, "a"), Pair(1.0, "a"), True),
        (Pair(1, 2), Pair(2, 1), False),
        (ok(1), ok(1.0), True),
        (ok(1), EnumValue("Result", "Err", (1,)), False),
        (ok(1), EnumValue("Other", "Ok", (1,)), False),
        (EnumValue("E", "V"), EnumValue("E", "V", (1,)), False),
        (StructValue(POINT, {"x": 1}), StructValue(OTHER_POINT, {"x": 1.0}), True),
        (StructValue(POINT, {"x": 1}), StructValue(PLACE, {"x": 1}), False),
        (StructValue(POINT, {"x": 1}), StructValue(POINT, {}), False),
        (StructValue(POINT, {"x": 1}), {"x": 1}, False),
        (Duration(1000), Duration(1000), True),
        (Duration(1000), 1000, False),
        (CLOSURE, CLOSURE, False),
        ([CLOSURE], [CLOSURE], False),
        (HANDLE, HANDLE, False),
        (ByContent(), ByContent(), True),
        ([ByContent()], [ByContent()], True),
        (Builtin("len", len, 1, 1, None), Builtin("len", len, 1, 1, None), True),
        (Builtin("len", len, 1, 1, None), Builtin("abs", abs, 1, 1, None), False),
    ],
)
def test_equal(a: Any, b: Any, expected: bool) -> None:
    assert equal(a, b) is expected
    assert equal(b, a) is expected


@pytest.mark.large
def test_equality_has_no_depth_limit() -> None:
    assert equal(nested(100_000, 1), nested(100_000, 1.0))
    assert not equal(nested(100_000, 1), nested(100_000, 2))
    assert hash_text(nested(100_000, 1)) == "L" * 100_000 + "i1;" + ",]" * 100_000


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (1, 2, -1),
        (2, 1.5, 1),
        (1, 1.0, 0),
        ("a", "b", -1),
        ("Z", "a", -1),
        ("é", "z", 1),
        ("", "a", -1),
        (Pair(1, "b"), Pair(1, "a"), 1),
        (Pair(0, "b"), Pair(1, "a"), -1),
        (Pair(None, 1), Pair(2, 2), -1),
        ([1], [2], 0),
        (None, 1, 0),
        (True, False, 0),
        ("1", 1, 0),
        (NAN, 1.0, 0),
        (1, NAN, 0),
        (Duration(1), Duration(2), 0),
    ],
)
def test_compare(a: Any, b: Any, expected: int) -> None:
    assert compare(a, b) == expected
    assert compare(b, a) == -expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([3, 1, 2], [1, 2, 3]),
        ([3, 1.5, 2], [1.5, 2, 3]),
        (["b", "a", "C", "é"], ["C", "a", "b", "é"]),
        ([3, "a", 1, None, 2.5, True], [3, "a", 1, None, 2.5, True]),
        ([2, "x", 1], [2, "x", 1]),
        ([5, True, 4, 3, None, 2, "z", 1], [5, True, 3, 4, None, 2, "z", 1]),
        ([True, False], [True, False]),
        ([[2], [1]], [[2], [1]]),
        ([2**63 - 1, 2**63 - 2], [2**63 - 2, 2**63 - 1]),
        ([], []),
    ],
)
def test_sort_is_stable_and_leaves_unlike_values(values: list[Any], expected: list[Any]) -> None:
    before = list(values)
    assert repr(sort_values(values)) == repr(expected)
    assert values == before


def test_sorting_many_unlike_values_gives_all_of_them() -> None:
    values = [index % 7 if index % 3 else str(index) for index in range(300)]
    assert sorted(map(repr, sort_values(values))) == sorted(map(repr, values))


def test_sort_by_keys_is_stable() -> None:
    assert sort_by_keys(["x", "y", "z"], [2, 1, 1]) == ["y", "z", "x"]
    assert sort_by_keys(["x", "y", "z"], [None, "a", 1]) == ["x", "y", "z"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "N"),
        (True, "T"),
        (False, "F"),
        (1, "i1;"),
        (-7, "i-7;"),
        (1.0, "f4607182418800017408;"),
        ("é", "s2:é"),
        (b"\x01\xff", "b01ff;"),
        (Duration(5), "d5;"),
        ([1, "a"], "Li1;,s1:a,]"),
        ([], "L]"),
        ({"a": 1}, "D1:a=i1;,}"),
        ({"b": 1, "a": [2]}, "D1:a=Li2;,],1:b=i1;,}"),
        (make_set(["b", "a"]), "Ss1:a,s1:b,}"),
        (ok(1), "o4:enum12:Result.Ok(1)"),
    ],
)
def test_hash_text_grammar(value: Any, text: str) -> None:
    assert hash_text(value) == text


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (1, 1.0, False),
        (1, True, False),
        (1, "1", False),
        (0.0, -0.0, False),
        (NAN, float("nan"), True),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        (make_set([1, 2]), make_set([2, 1]), True),
        ([1], [1.0], False),
        (Duration(5), Duration(5), True),
        ("i1;", [1], False),
        (b"a", "a", False),
    ],
)
def test_hash_keys_are_type_tagged(a: Any, b: Any, same: bool) -> None:
    assert ({hash_key(a): 1} == {hash_key(b): 1}) is same


@pytest.mark.parametrize(
    ("items", "item", "expected"),
    [
        ([1, 2], 2, 1),
        ([True, 1], 1, 1),
        ([1.0], 1, 0),
        ([1], 1.0, 0),
        (["a", "b"], "b", 1),
        (["a"], "c", -1),
        ([NAN], NAN, -1),
        ([1], True, -1),
        ([[1], [2]], [2.0], 1),
        ([9007199254740992.0], 9007199254740993, 0),
        ([], 1, -1),
    ],
)
def test_membership_uses_equality(items: list[Any], item: Any, expected: int) -> None:
    assert index_of(items, item) == expected
    assert find_member(make_set(items).members, item) is (expected >= 0)


def test_two_ways_to_make_a_set() -> None:
    items = [1, 1.0, "1", 1, True, [1], [1.0]]
    assert list(make_set(items).members.values()) == [1, 1.0, "1", True, [1], [1.0]]
    assert list(map(repr, set_by_equality(items).members.values())) == ["1", "'1'", "True", "[1]"]
    assert list(set_by_equality([0.0, -0.0, 0]).members.values()) == [0.0]


@pytest.mark.parametrize("value", [None, False, 0, 0.0, -0.0, "", [], {}, HarnSet({}), b"", Duration(0)])
def test_falsy(value: Any) -> None:
    assert not truthy(value)


@pytest.mark.parametrize(
    "value", [1, NAN, "0", [None], {"a": None}, RangeValue(1, 0, False), Duration(1), CLOSURE, HANDLE, ok(None)]
)
def test_truthy(value: Any) -> None:
    assert truthy(value)
