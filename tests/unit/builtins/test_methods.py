"""Methods of strings, lists, dicts, sets and ranges: builtins.md 8.1 to 11.3."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from harnlite.values.errors import GuestError
from harnlite.values.types import HarnSet, RangeValue
from tests.unit.builtins.methods_fixture import REGISTRY, call, make_set, same

NAN = float("nan")


@pytest.mark.parametrize(
    ("text", "name", "arguments", "expected"),
    [
        ("héllo", "len", (), 5),
        ("héllo", "count", (), 5),
        ("", "empty", (), True),
        ("hello", "contains", ("ell",), True),
        ("hello", "contains", (), True),
        ("a1", "contains", (1,), True),
        ("nil!", "contains", (None,), True),
        ("hello", "starts_with", ("he",), True),
        ("hello", "ends_with", ("lo", "surplus"), True),
        ("aXbX", "replace", ("X", "-"), "a-b-"),
        ("abc", "replace", ("", "-"), "-a-b-c-"),
        ("a1", "replace", (1, None), "anil"),
        ("a,b", "split", (), ["a", "b"]),
        ("", "split", (",",), [""]),
        ("ab", "split", ("",), ["", "a", "b", ""]),
        ("anilb", "split", (None,), ["a", "b"]),
        (" \t x\u00a0\u2003", "trim", (), "x"),
        ("\x1cx\x1f", "trim", (), "\x1cx\x1f"),
        ("  x ", "trim_start", (), "x "),
        ("  x ", "trim_end", (), "  x"),
        ("ÀB", "lower", (), "àb"),
        ("ÀB", "to_lower", (), "àb"),
        ("ΑΣ", "lowercase", (), "ας"),
        ("straße", "upper", (), "STRASSE"),
        ("a", "to_upper", (), "A"),
        ("a", "uppercase", (), "A"),
        ("hello", "substring", (1, 3), "el"),
        ("hello", "substring", (-5, 2), "he"),
        ("hello", "substring", (0, -1), "hello"),
        ("hello", "substring", (3, 1), ""),
        ("hello", "substring", (2,), "llo"),
        ("hello", "substring", (), "hello"),
        ("hello", "substring", ("x", "y"), "hello"),
        ("hello", "substring", (9,), ""),
        ("héllo", "index_of", ("l",), 2),
        ("hello", "index_of", ("z",), -1),
        ("hello", "index_of", ("",), 0),
        ("hello", "last_index_of", ("l",), 3),
        ("hello", "last_index_of", ("",), 5),
        ("hé", "chars", (), ["h", "é"]),
        ("hé", "char_at", (1,), "é"),
        ("hé", "char_at", (2,), None),
        ("hé", "char_at", (-1,), None),
        ("hé", "char_at", (), "h"),
        ("ab", "repeat", (2,), "abab"),
        ("ab", "repeat", (), "ab"),
        ("ab", "repeat", (-1,), ""),
        ("abc", "reverse", (), "cba"),
        ("7", "pad_left", (3, "0x"), "007"),
        ("7", "pad_left", (3, ""), "  7"),
        ("7", "pad_right", (3,), "7  "),
        ("seven", "pad_left", (3, "0"), "seven"),
        ("7", "pad_left", (-3, "0"), "7"),
        ("a\r\nb\n\nc\n", "lines", (), ["a", "b", "", "c"]),
        ("a\u2028b\r", "lines", (), ["a\u2028b\r"]),
        ("", "lines", (), []),
        ("ab", "iter", (), ("iter", ["a", "b"])),
    ],
)
def test_string_methods(text: str, name: str, arguments: tuple[Any, ...], expected: Any) -> None:
    same(call("string", name, text, *arguments), expected)


def test_strings_replace_needs_both_arguments() -> None:
    method = REGISTRY.method("string", "replace")
    assert method is not None
    assert (method.minimum, method.maximum) == (2, 2)


def test_a_string_that_would_fill_the_memory_is_an_error() -> None:
    for name, arguments in (("repeat", (10**15,)), ("pad_left", (10**15,)), ("pad_right", (10**15,))):
        with pytest.raises(GuestError, match="too long"):
            call("string", name, "ab", *arguments)


@pytest.mark.parametrize(
    ("items", "name", "arguments", "expected"),
    [
        ([1, 2], "count", (), 2),
        ([], "empty", (), True),
        ([3, 4], "first", (), 3),
        ([], "first", (), None),
        ([3, 4, 5], "first", (2,), [3, 4]),
        ([3], "first", (-1,), []),
        ([3], "first", ("x",), 3),
        ([3, 4, 5], "last", (), 5),
        ([3, 4, 5], "last", (2,), [4, 5]),
        ([3, 4, 5], "last", (0,), []),
        ([3, 4, 5], "last", (9,), [3, 4, 5]),
        ([], "last", (), None),
        ([1, 2], "map", (lambda x: x * 2,), [2, 4]),
        ([1, 2], "map", (), None),
        ([1, 2], "map", (5,), None),
        ([0, 1, "", "a"], "filter", (lambda x: x,), [1, "a"]),
        ([1], "filter", (), None),
        ([1, 2, 3], "flat_map", (lambda x: [x, [x]] if x < 3 else x,), [1, [1], 2, [2], 3]),
        ([1, 2], "reduce", (10, lambda a, x: a + x), 13),
        ([1, 2], "reduce", (lambda a, x: a + x, 10), None),
        ([1, 2, 3], "find", (lambda x: x > 1,), 2),
        ([1], "find", (lambda x: x > 1,), None),
        ([1, 2], "find_index", (lambda x: x > 1,), 1),
        ([1], "find_index", (lambda x: x > 1,), -1),
        ([1, 2], "any", (lambda x: x > 1,), True),
        ([1, 2], "any", (), False),
        ([1, 2], "all", (lambda x: x > 1,), False),
        ([1, 2], "every", (), True),
        ([1, 2], "none", (lambda x: x > 2,), True),
        ([1, 2], "none", (), False),
        ([], "none", (), True),
        ([3, 1, 2], "sort", (), [1, 2, 3]),
        ([3, 1, 2], "sort", (lambda _a, _b: 0,), [1, 2, 3]),
        (["bb", "a", "cc"], "sort_by", (len,), ["a", "bb", "cc"]),
        ([1], "sort_by", (), None),
        ([1, 2], "reverse", (), [2, 1]),
        ([1, None, "a", 2.0], "join", ("-",), "1-nil-a-2.0"),
        ([1, 2], "join", (), "12"),
        ([1, 2], "join", (None,), "1nil2"),
        ([1.0], "contains", (1,), True),
        ([5], "index_of", (6,), -1),
        (["a", "b"], "index_of", ("b",), 1),
        (["a"], "enumerate", (), [{"index": 0, "value": "a"}]),
        ([1, 2, 3], "zip", (["a", "b"],), [[1, "a"], [2, "b"]]),
        ([1], "zip", (5,), []),
        ([1, 2, 3, 4], "slice", (1, -1), [2, 3]),
        ([1, 2], "slice", (), [1, 2]),
        ([1, 2], "slice", (-9, 9), [1, 2]),
        ([1, 2, 3], "take", (2,), [1, 2]),
        ([1, 2, 3], "take", (-1,), []),
        ([1, 2, 3], "take", (), []),
        ([1, 2, 3], "skip", (2,), [3]),
        ([1, 2, 3], "skip", (-1,), [1, 2, 3]),
        ([1, 2, 3], "skip", (), [1, 2, 3]),
        ([1, 1.0, "1", 1, NAN, NAN], "unique", (), [1, 1.0, "1", NAN]),
        (["b", "a", "b"], "unique", (), ["b", "a"]),
        ([1, 2, "x", None, True], "sum", (), 3),
        ([2**63 - 1, 1], "sum", (), -(2**63)),
        ([1, 0.5], "sum", (), 1.5),
        ([0.1] * 10, "sum", (), 0.9999999999999999),
        ([], "sum", (), 0),
        ([2, 1.0, 1], "min", (), 1.0),
        ([1, 2, 2.0], "max", (), 2),
        ([], "min", (), None),
        ([], "max", (), None),
        ([None, 1, 0], "min", (), None),
        ([1, None, 3], "max", (), 3),
        (["b", "a"], "min", (), "a"),
        (["bb", "a", "cc"], "min_by", (len,), "a"),
        (["bb", "a", "cc"], "max_by", (len,), "bb"),
        ([], "min_by", (len,), None),
        ([1], "max_by", (), None),
        ([1, [2, [3]], []], "flatten", (), [1, 2, [3]]),
        ([1], "push", (2, 3), [1, 2]),
        ([1, 2], "pop", (), [1]),
        ([], "pop", (), []),
        ([1, 2, 3], "partition", (lambda x: x > 1,), [[2, 3], [1]]),
        ([1], "partition", (), None),
        ([1, 2, 3], "group_by", (lambda x: x % 2,), {"0": [2], "1": [1, 3]}),
        ([1, "1", "a"], "tally", (), {"1": 2, "a": 1}),
        ([1, 2, 3], "chunk", (2,), [[1, 2], [3]]),
        ([1, 2], "chunk", (0,), [[1], [2]]),
        ([1, 2], "each_slice", (), [[1], [2]]),
        ([1, 2, 3], "window", (), [[1, 2], [2, 3]]),
        ([1, 2, 3, 4], "window", (2, 2), [[1, 2], [3, 4]]),
        ([1, 2, 3], "each_cons", (3,), [[1, 2, 3]]),
        ([1], "sliding_window", (2,), []),
        ([1, None, 0], "compact", (), [1, 0]),
        ([1], "to_list", (), [1]),
        ([1, 1.0, "1", True], "to_set", (), ("set", [1, "1", True])),
        ([1, 2], "iter", (), ("iter", [1, 2])),
    ],
)
def test_list_methods(items: list[Any], name: str, arguments: tuple[Any, ...], expected: Any) -> None:
    before = copy.copy(items)
    result = call("list", name, items, *arguments)
    same(result, expected)
    assert items == before
    assert result is not items


@pytest.mark.parametrize(
    "name", ["len", "remove", "insert", "append", "concat", "includes", "sorted", "for_each", "each", "to_string"]
)
def test_methods_lists_do_not_have(name: str) -> None:
    assert REGISTRY.method("list", name) is None


@pytest.mark.parametrize(
    ("entries", "name", "arguments", "expected"),
    [
        ({"b": 1, "a": 2}, "keys", (), ["a", "b"]),
        ({"10": 1, "9": 2}, "keys", (), ["10", "9"]),
        ({"b": 1, "a": 2}, "values", (), [2, 1]),
        ({"b": 1}, "entries", (), [{"key": "b", "value": 1}]),
        ({"b": 1}, "to_list", (), [{"key": "b", "value": 1}]),
        ({"b": 1}, "count", (), 1),
        ({"1": None}, "has", (1,), True),
        ({}, "has", ("k",), False),
        ({"k": None}, "get", ("k", 5), None),
        ({}, "get", ("k", 5), 5),
        ({}, "get", ("k",), None),
        ({"a": 1, "b": 1}, "merge", ({"b": 2},), {"a": 1, "b": 2}),
        ({"a": 1}, "merge", (5,), {"a": 1}),
        ({"a": 1}, "map_values", (lambda v: v + 1,), {"a": 2}),
        ({"a": 1}, "map_values", (), None),
        ({"a": 1, "b": 2}, "map_keys", (lambda k: k + "!",), {"a!": 1, "b!": 2}),
        ({"a": 1, "b": 2}, "rekey", (lambda _: 7,), {"7": 2}),
        ({"a": 1, "b": 0}, "filter", (lambda v: v,), {"a": 1}),
        ({"a": 1}, "filter", (), None),
        ({"1": 1, "b": 2}, "remove", (1,), {"b": 2}),
        ({"b": 2}, "remove", ("x",), {"b": 2}),
        ({"b": 2}, "to_dict", (), {"b": 2}),
        ({"b": 1, "a": 2}, "iter", (), ("iter", [("pair", "a", 2), ("pair", "b", 1)])),
    ],
)
def test_dict_methods(entries: dict[str, Any], name: str, arguments: tuple[Any, ...], expected: Any) -> None:
    before = copy.copy(entries)
    result = call("dict", name, entries, *arguments)
    same(result, expected)
    assert entries == before
    assert result is not entries


def test_callbacks_of_dicts_come_in_key_order() -> None:
    seen: list[Any] = []
    call("dict", "map_values", {"b": 2, "a": 1}, seen.append)
    call("dict", "map_keys", {"b": 2, "a": 1}, lambda key: seen.append(key) or key)
    assert seen == [1, 2, "a", "b"]


A = make_set(1, 2, 3)
B = make_set(4, 3, 2)


@pytest.mark.parametrize(
    ("members", "name", "arguments", "expected"),
    [
        (A, "count", (), 3),
        (A, "len", (), 3),
        (make_set(), "empty", (), True),
        (A, "contains", (1.0,), True),
        (A, "contains", (4,), False),
        (A, "add", (4,), ("set", [1, 2, 3, 4])),
        (A, "add", (1.0,), ("set", [1, 2, 3])),
        (A, "remove", (2,), ("set", [1, 3])),
        (A, "delete", (2.0,), ("set", [1, 3])),
        (A, "remove", (9,), ("set", [1, 2, 3])),
        (A, "union", (B,), ("set", [1, 2, 3, 4])),
        (A, "union", ([9],), ("set", [1, 2, 3])),
        (A, "intersect", (B,), ("set", [2, 3])),
        (A, "intersection", ([2],), ("set", [])),
        (A, "difference", (B,), ("set", [1])),
        (A, "difference", (5,), ("set", [1, 2, 3])),
        (A, "symmetric_difference", (B,), ("set", [1, 4])),
        (A, "symmetric_difference", (), ("set", [1, 2, 3])),
        (make_set(2), "is_subset", (A,), True),
        (A, "is_subset", (B,), False),
        (A, "is_subset", ([1, 2, 3],), False),
        (A, "is_superset", (make_set(1),), True),
        (A, "is_superset", (5,), False),
        (A, "is_disjoint", (make_set(9),), True),
        (A, "is_disjoint", (B,), False),
        (A, "is_disjoint", (5,), True),
        (A, "map", (lambda x: x % 2,), ("set", [1, 0])),
        (A, "map", (), None),
        (A, "filter", (lambda x: x > 1,), ("set", [2, 3])),
        (A, "any", (lambda x: x > 2,), True),
        (A, "all", (lambda x: x > 2,), False),
        (A, "every", (lambda x: x > 0,), True),
        (B, "to_list", (), [4, 3, 2]),
        (A, "to_set", (), ("set", [1, 2, 3])),
        (B, "iter", (), ("iter", [4, 3, 2])),
    ],
)
def test_set_methods(members: HarnSet, name: str, arguments: tuple[Any, ...], expected: Any) -> None:
    before = list(members.members.values())
    same(call("set", name, members, *arguments), expected)
    assert list(members.members.values()) == before


@pytest.mark.parametrize(
    ("value", "name", "arguments", "expected"),
    [
        (RangeValue(1, 3, False), "len", (), 3),
        (RangeValue(1, 3, True), "count", (), 2),
        (RangeValue(3, 1, False), "empty", (), True),
        (RangeValue(-(2**63), 2**63 - 1, False), "len", (), 2**64),
        (RangeValue(1, 3, False), "contains", (3,), True),
        (RangeValue(1, 3, True), "contains", (3,), False),
        (RangeValue(1, 3, False), "contains", (2.0,), False),
        (RangeValue(1, 3, False), "first", (), 1),
        (RangeValue(1, 3, True), "last", (), 2),
        (RangeValue(3, 1, False), "first", (), None),
        (RangeValue(3, 1, False), "last", (), None),
        (RangeValue(0, 3, True), "to_string", (), "0 to 3 exclusive"),
        (RangeValue(1, 3, False), "to_list", (), [1, 2, 3]),
        (RangeValue(1, 3, False), "map", (lambda x: x * 2,), ("iter", [2, 4, 6])),
        (RangeValue(1, 3, False), "sum", (), 6),
        (RangeValue(1, 4, False), "iter", (), ("iter", [1, 2, 3, 4])),
    ],
)
def test_range_methods(value: RangeValue, name: str, arguments: tuple[Any, ...], expected: Any) -> None:
    same(call("range", name, value, *arguments), expected)


def test_a_range_has_every_method_of_an_iterator() -> None:
    assert set(REGISTRY.methods["iter"]) <= set(REGISTRY.methods["range"])
    assert REGISTRY.method("range", "reverse") is None


def test_callbacks_run_in_order_and_their_errors_get_out() -> None:
    seen: list[int] = []

    def fail_at_two(item: int) -> int:
        seen.append(item)
        if item == 2:
            raise GuestError("thrown", "boom", "boom")
        return item

    for name in ("map", "filter", "flat_map", "sort_by", "min_by", "partition", "group_by", "any", "all"):
        seen.clear()
        with pytest.raises(GuestError, match="boom"):
            call("list", name, [0 if name == "any" else 1, 2, 3], fail_at_two)
        assert seen[-1] == 2
