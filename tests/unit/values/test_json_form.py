"""The JSON form of values: lifecycle.md, header."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harnlite.values.json_form import from_json_form, to_json_form
from harnlite.values.types import Duration, Handle, HarnSet, Pair, StructType, StructValue, ok


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (1, "1"),
        (1.5, "1.5"),
        ("a", '"a"'),
        ([1, [None]], "[1, [null]]"),
        ({"b": 1, "a": {"d": 1, "c": 2}}, '{"a": {"c": 2, "d": 1}, "b": 1}'),
        (b"hi", '{"$bytes_b64": "aGk="}'),
        ([b""], '[{"$bytes_b64": ""}]'),
        (StructValue(StructType("P", ("y", "x")), {"y": 1, "x": b"a"}), '{"x": {"$bytes_b64": "YQ=="}, "y": 1}'),
        (Duration(30_000), '"30s"'),
        (ok(1), '"Result.Ok(1)"'),
        (Pair(1, 2), '"(1, 2)"'),
        (HarnSet({1: 1}), '"set(1)"'),
        (Handle(), '"<handle>"'),
    ],
)
def test_to_json_form(value: Any, text: str) -> None:
    assert json.dumps(to_json_form(value)) == text


@pytest.mark.parametrize("value", [None, [1, "a", {"k": [b"bytes", 1.5]}], {"x": b""}])
def test_round_trip(value: Any) -> None:
    assert from_json_form(to_json_form(value)) == value


@pytest.mark.parametrize(
    "data", [{"$bytes_b64": "not base64!"}, {"$bytes_b64": 5}, {"$bytes_b64": "aGk=", "more": 1}, {}]
)
def test_other_dicts_stay_dicts(data: dict[str, Any]) -> None:
    assert from_json_form(data) == data


def test_ints_beyond_64_bits_become_floats() -> None:
    assert repr(from_json_form([2**63, -(2**63), 10**400])) == f"[9.223372036854776e+18, {-(2**63)}, inf]"


def test_the_form_shares_nothing_with_the_value() -> None:
    value = {"a": [1]}
    form = to_json_form(value)
    form["a"].append(2)
    assert value == {"a": [1]}


@pytest.mark.large
def test_depth_is_no_limit() -> None:
    value: Any = b"x"
    for _ in range(100_000):
        value = [value]
    back = from_json_form(to_json_form(value))
    for _ in range(100_000):
        (back,) = back
    assert back == b"x"
