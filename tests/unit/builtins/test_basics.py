"""Conversions, results, assertions, list, dict and set functions: builtins.md 3.1, 5, 6, 9.2, 10, 11."""

from __future__ import annotations

import math
from typing import Any

import pytest

from harnlite.values.errors import GuestError
from harnlite.values.types import MISSING, Duration, Handle, Pair, RangeValue, err, ok
from tests.unit.builtins.methods_fixture import make_set, run, same

MAX = 2**63 - 1
SHARED = [1]
ITERABLE = "list | dict | string | set | range | iter | Generator | stream | channel"


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("type_of", (), "nil"),
        ("type_of", (1.0,), "float"),
        ("type_of", (Pair(1, 2),), "pair"),
        ("to_string", ([1, "a"],), "[1, a]"),
        ("to_int", (), None),
        ("to_int", (5,), 5),
        ("to_int", (-2.9,), -2),
        ("to_int", (1e300,), MAX),
        ("to_int", (-math.inf,), -(2**63)),
        ("to_int", (2.0**63,), MAX),
        ("to_int", (math.nan,), 0),
        ("to_int", ("+42",), 42),
        ("to_int", ("-007",), -7),
        ("to_int", ("9223372036854775807",), MAX),
        ("to_int", ("-9223372036854775808",), -(2**63)),
        ("to_int", ("9223372036854775808",), None),
        ("to_int", ("9" * 5000,), None),
        ("to_int", ("0" * 5000 + "1",), 1),
        ("to_int", (" 1",), None),
        ("to_int", ("1_0",), None),
        ("to_int", ("1.0",), None),
        ("to_int", ("٣",), None),
        ("to_int", ("",), None),
        ("to_int", (True,), None),
        ("to_int", ([1],), None),
        ("to_int", (Duration(5),), None),
        ("to_float", (1,), 1.0),
        ("to_float", (2.5,), 2.5),
        ("to_float", ("3",), 3.0),
        ("to_float", (".5",), 0.5),
        ("to_float", ("5.",), 5.0),
        ("to_float", ("-1E5",), -100000.0),
        ("to_float", ("Infinity",), math.inf),
        ("to_float", ("-inf",), -math.inf),
        ("to_float", ("NaN",), math.nan),
        ("to_float", (".",), None),
        ("to_float", ("1_0.0",), None),
        ("to_float", (" 1",), None),
        ("to_float", ("",), None),
        ("to_float", (True,), None),
        ("to_list", (make_set(2, 1),), [2, 1]),
        ("to_list", ([1],), [1]),
        ("to_list", ("ab",), ["ab"]),
        ("to_list", (), [None]),
        ("len", ("héllo",), 5),
        ("len", (b"abc",), 3),
        ("len", ([1, 2],), 2),
        ("len", ({"a": 1},), 1),
        ("len", (make_set(1),), 1),
        ("len", (RangeValue(1, 5, False),), 5),
        ("len", (None,), 0),
        ("pair", (1, 2), ("pair", 1, 2)),
        ("range", (3,), ("range", 0, 3, True)),
        ("range", (1, 4), ("range", 1, 4, True)),
        ("is_same", (SHARED, SHARED), True),
        ("is_same", ([1], [1]), False),
        ("is_same", ("ab", "a" + "b"), True),
        ("is_same", (1.0, 1), True),
        ("addr_of", (5,), "int@5"),
        ("addr_of", ("x",), "string@x"),
        ("hash_value", (1,), 3092770186382245500),
        ("hash_value", ("a",), 7692299998510702488),
        ("hash_value", (None,), -5808513992200409391),
        ("drop", (5,), None),
        ("Ok", (), ("Result.Ok", None)),
        ("Ok", (1,), ("Result.Ok", 1)),
        ("Err", ("e",), ("Result.Err", "e")),
        ("is_ok", (ok(1),), True),
        ("is_ok", (5,), False),
        ("is_err", (err(1),), True),
        ("is_err", (None,), False),
        ("unwrap", (ok(1),), 1),
        ("unwrap", (5,), 5),
        ("unwrap_or", (ok(1), 2), 1),
        ("unwrap_or", (err(1), 2), 2),
        ("unwrap_or", (None, 2), None),
        ("unwrap_err", (err("x"),), "x"),
        ("assert", (1,), None),
        ("assert_eq", ([1, {"a": 2}], [1.0, {"a": 2}]), None),
        ("assert_ne", (1, 2), None),
        ("chunk", ([1, 2, 3], 2), [[1, 2], [3]]),
        ("window", ([1, 2, 3],), [[1, 2], [2, 3]]),
        ("window", ([1, 2, 3, 4], 2, 2), [[1, 2], [3, 4]]),
        ("keys", ({"b": 1, "a": 2},), ["a", "b"]),
        ("values", ({"b": 1, "a": 2},), [2, 1]),
        ("values", (5,), []),
        ("entries", ({"b": 1},), [{"key": "b", "value": 1}]),
        ("set", (), ("set", [])),
        ("set", ([1, 2], make_set(2, 3), "abc", None), ("set", [1, 2, 3, "abc", None])),
        ("set", ([1, 1.0, True],), ("set", [1, 1.0, True])),
        ("set_add", (make_set(1), 1.0), ("set", [1, 1.0])),
        ("set_remove", (make_set(1, 2), 1), ("set", [2])),
        ("set_contains", (make_set(1), 1.0), False),
        ("set_contains", ([1], 1), False),
        ("set_union", (make_set(1, 2), make_set(3, 2)), ("set", [1, 2, 3])),
        ("set_intersect", (make_set(1, 2), make_set(3, 2)), ("set", [2])),
        ("set_difference", (make_set(1, 2), make_set(3, 2)), ("set", [1])),
        ("set_symmetric_difference", (make_set(1, 2), make_set(3, 2)), ("set", [1, 3])),
        ("set_is_subset", (make_set(1), make_set(1, 2)), True),
        ("set_is_subset", (make_set(1), [1]), False),
        ("set_is_superset", (make_set(1, 2), make_set(1)), True),
        ("set_is_superset", (1, 2), False),
        ("set_is_disjoint", (make_set(1), make_set(2)), True),
        ("set_is_disjoint", (1, 2), True),
    ],
)
def test_results_of_builtins(name: str, arguments: tuple[Any, ...], expected: Any) -> None:
    same(run(name, *arguments), expected)


@pytest.mark.parametrize(
    ("name", "arguments", "kind", "message"),
    [
        ("len", (), "arity", "'len' expects 1 argument, got 0"),
        ("is_same", (1,), "arity", "'is_same' expects 2 arguments, got 1"),
        ("assert_eq", (1,), "arity", "'assert_eq' expects 2..=3 arguments, got 1"),
        (
            "len",
            (5,),
            "argument",
            "'len' parameter `value` expects string | bytes | list | dict | set | range | nil, got int",
        ),
        ("keys", (5,), "argument", "'keys' parameter `dict` expects dict, got int"),
        (
            "iter",
            (5,),
            "argument",
            f"'iter' parameter `value` expects {ITERABLE}, got int",
        ),
        ("pair", (1,), "type", "pair: expected 2 arguments, got 1"),
        ("range", (), "type", "range expects 1 or 2 integer arguments, got 0"),
        ("range", (1, 2, 3), "type", "range expects 1 or 2 integer arguments, got 3"),
        ("range", ("x",), "type", "range(n): expected integer argument"),
        ("range", (1, 2.0), "type", "range(a, b): expected integer arguments"),
        ("unreachable", (), "runtime", "unreachable code was reached"),
        ("unreachable", ([1],), "runtime", "unreachable code was reached: [1]"),
        ("unwrap", (err({"a": 1}),), "runtime", "unwrap called on Err: {a: 1}"),
        ("unwrap_err", (ok(1),), "runtime", "unwrap_err called on non-Err"),
        ("unwrap_err", (5,), "runtime", "unwrap_err called on non-Err"),
        ("assert", (0,), "thrown", "Assertion failed"),
        ("assert", (0, "msg"), "thrown", "msg"),
        ("assert", (0, None), "thrown", "nil"),
        ("assert", (0, 5), "argument", "'assert' parameter `message` expects string, got int"),
        ("assert_eq", ("a", {"b": [1]}), "thrown", "Assertion failed: expected {b: [1]}, got a"),
        ("assert_eq", (1, 2, "custom"), "thrown", "custom"),
        ("assert_ne", (1, 1), "thrown", "Assertion failed: values should not be equal: 1"),
        ("partition", (5, len), "type", "partition: first argument must be a list, got int"),
        ("partition", ([1],), "runtime", "partition: callback is required"),
        ("partition", ([1], 5), "type", "partition: callback must be callable, got int"),
        ("window", (), "type", "window: first argument must be a list, got nil"),
        ("set_add", ([1], 2), "thrown", "set_add: first argument must be a set"),
        ("set_remove", (None, 2), "thrown", "set_remove: first argument must be a set"),
        ("set_union", (make_set(1), [1]), "thrown", "set_union: arguments must be sets"),
    ],
)
def test_errors_of_builtins(name: str, arguments: tuple[Any, ...], kind: str, message: str) -> None:
    with pytest.raises(GuestError) as caught:
        run(name, *arguments)
    assert (caught.value.kind, caught.value.message) == (kind, message)
    if kind == "thrown":
        assert caught.value.value == message


def test_partition_and_window_take_functions_that_the_vm_calls() -> None:
    same(run("partition", [1, 2, 3], lambda x: x > 1), {"match": [2, 3], "no_match": [1]})


def test_addresses_tell_equal_lists_apart() -> None:
    a, b = [1], [1]
    assert run("addr_of", a) == run("addr_of", a)
    assert run("addr_of", a) != run("addr_of", b)


def test_drop_asks_the_handle() -> None:
    class Permit(Handle):
        dropped = 0

        def drop(self) -> None:
            Permit.dropped += 1

    assert run("drop", Permit()) is None
    assert Permit.dropped == 1


def test_missing_is_not_a_value_of_any_result() -> None:
    assert run("unwrap", ok(None)) is not MISSING
