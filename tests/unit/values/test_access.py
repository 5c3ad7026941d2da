"""Fields, indices, slices, updates, iteration: language.md 4, 4.1 and 5.5, builtins.md 3.2."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from harnlite.values import access
from harnlite.values.equality import equal, make_set
from harnlite.values.errors import GuestError
from harnlite.values.types import EnumValue, Handle, Pair, RangeValue, StructType, StructValue

POINT = StructType("Point", ("x", "y"))
NIL_FIELD = (
    "cannot access property `x` on nil — use `?.x` for optional access, "
    "or narrow with a `!= nil` guard before reading fields"
)
OTHER_FIELD = (
    "cannot access property `x` on {} — only dicts, structs, lists, strings, and pairs support property access"
)


def raised(function: Callable[..., Any], *arguments: Any) -> tuple[str, str]:
    with pytest.raises(GuestError) as caught:
        function(*arguments)
    return caught.value.kind, caught.value.message


@pytest.mark.parametrize(
    ("value", "name", "expected"),
    [
        ({"a": 1}, "a", 1),
        ({"a": 1}, "b", None),
        ({}, "count", None),
        ([1, 2], "count", 2),
        ([1, 2], "empty", False),
        ([1, 2], "first", 1),
        ([1, 2], "last", 2),
        ([], "first", None),
        ([1], "nope", None),
        ("héllo", "count", 5),
        ("", "empty", True),
        ("a", "first", None),
        (StructValue(POINT, {"x": 5}), "x", 5),
        (StructValue(POINT, {"x": 5}), "y", None),
        (EnumValue("E", "V", (1,)), "variant", "V"),
        (EnumValue("E", "V", (1,)), "fields", [1]),
        (EnumValue("E", "V", (1,)), "x", None),
        (Pair(1, 2), "first", 1),
        (Pair(1, 2), "second", 2),
    ],
)
def test_field(value: Any, name: str, expected: Any) -> None:
    assert access.get_field(value, name) == expected
    assert access.get_field_optional(value, name) == expected


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, NIL_FIELD),
        (1, OTHER_FIELD.format("int")),
        (True, OTHER_FIELD.format("bool")),
        (RangeValue(1, 2, False), OTHER_FIELD.format("range")),
        (make_set([]), OTHER_FIELD.format("set")),
        (Handle(), OTHER_FIELD.format("handle")),
        (Pair(1, 2), "cannot access property `x` on pair (expected `first` or `second`)"),
    ],
)
def test_field_errors(value: Any, message: str) -> None:
    assert raised(access.get_field, value, "x") == ("type", message)
    assert access.get_field_optional(value, "x") is None


@pytest.mark.parametrize(
    ("value", "index", "expected"),
    [
        ([1, 2, 3], 0, 1),
        ([1, 2, 3], -1, 3),
        ([1, 2, 3], 3, None),
        ([1, 2, 3], -4, None),
        ("héllo", 1, "é"),
        ("héllo", -1, "o"),
        ("a", 9, None),
        ({"1": "x"}, 1, "x"),
        ({"true": "x"}, True, "x"),
        ({}, "k", None),
        (RangeValue(1, 3, False), -1, 3),
        (RangeValue(1, 3, True), 1, 2),
    ],
)
def test_index(value: Any, index: Any, expected: Any) -> None:
    assert access.get_index(value, index) == expected
    assert access.get_index_optional(value, index) == expected


@pytest.mark.parametrize(
    ("value", "index", "kind", "message"),
    [
        ([1], "a", "type", "cannot index into list with string"),
        ([1], True, "type", "cannot index into list with bool"),
        ("a", 1.0, "type", "cannot index into string with float"),
        (None, 1, "type", "cannot index into nil with int"),
        (5, 1, "type", "cannot index into int with int"),
        (Pair(1, 2), 0, "type", "cannot index into pair with int"),
        (make_set([1]), 0, "type", "cannot index into set with int"),
        (StructValue(POINT, {}), "x", "type", "cannot index into struct with string"),
        (
            RangeValue(1, 3, False),
            9,
            "runtime",
            "range index out of range: index 9 for range of length 3",
        ),
    ],
)
def test_index_errors(value: Any, index: Any, kind: str, message: str) -> None:
    assert raised(access.get_index, value, index) == (kind, message)


def test_optional_index_of_nil_is_nil() -> None:
    assert access.get_index_optional(None, 0) is None


@pytest.mark.parametrize(
    ("value", "start", "end", "expected"),
    [
        ([1, 2, 3], 1, 2, [2]),
        ([1, 2, 3], None, 2, [1, 2]),
        ([1, 2, 3], -2, None, [2, 3]),
        ([1, 2, 3], 2, 1, []),
        ([1, 2, 3], -9, 9, [1, 2, 3]),
        ("héllo", 1, 3, "él"),
        ("abc", None, None, "abc"),
    ],
)
def test_slice(value: Any, start: Any, end: Any, expected: Any) -> None:
    assert access.slice_value(value, start, end, start is not None, end is not None) == expected


def test_slice_errors() -> None:
    assert raised(access.slice_value, [1], "a", None, True, False) == (
        "type",
        "slice start must be an integer, got string",
    )
    assert raised(access.slice_value, "a", 1, "b", True, True) == ("type", "slice end must be an integer, got string")
    assert raised(access.slice_value, {}, 1, 2, True, True) == ("type", "cannot slice dict")
    assert raised(access.slice_value, RangeValue(1, 2, False), 1, 2, True, True) == ("type", "cannot slice range")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([1, 2], [1, 2]),
        ({"b": 1, "a": 2}, [{"key": "a", "value": 2}, {"key": "b", "value": 1}]),
        (make_set([3, 1]), [3, 1]),
        (RangeValue(1, 3, False), [1, 2, 3]),
        (RangeValue(3, 1, False), []),
        ("abc", []),
        (5, []),
        (None, []),
        (StructValue(POINT, {"x": 1}), []),
        (Handle(), []),
    ],
)
def test_iterate(value: Any, expected: list[Any]) -> None:
    assert list(access.iterate(value)) == expected


@pytest.mark.parametrize(
    ("value", "index", "item", "expected"),
    [
        ([1, 2, 3], 0, 9, [9, 2, 3]),
        ([1, 2, 3], -1, 9, [1, 2, 9]),
        ({"a": 1}, "b", 2, {"a": 1, "b": 2}),
        ({"a": 1}, 1, 2, {"a": 1, "1": 2}),
    ],
)
def test_set_index_copies(value: Any, index: Any, item: Any, expected: Any) -> None:
    before = copy.deepcopy(value)
    assert access.set_index(value, index, item) == expected
    assert value == before
    access.set_index_in_place(value, index, item)
    assert value == expected


def test_set_index_errors() -> None:
    assert raised(access.set_index, [1, 2, 3], 10, 0) == ("runtime", "Index 10 out of bounds for list of length 3")
    assert raised(access.set_index, [1], "a", 0) == ("type", "cannot index into list with string")
    assert raised(access.set_index, "abc", 0, "x") == ("type", "cannot assign to an index of string")
    assert raised(access.set_index, None, 0, "x") == ("type", "cannot assign to an index of nil")


def test_set_field_copies() -> None:
    point = StructValue(POINT, {"x": 1})
    moved = access.set_field(point, "x", 2)
    assert (point.fields, moved.fields, moved.type) == ({"x": 1}, {"x": 2}, POINT)
    assert access.set_field({"a": 1}, "b", 2) == {"a": 1, "b": 2}
    assert raised(access.set_field, None, "p", 1) == ("type", "cannot set property `p` on nil")
    assert raised(access.set_field, [1], "p", 1) == ("type", "cannot set property `p` on list")


def tree() -> dict[str, Any]:
    return {"a": [[1, 2], {"k": 3}], "p": StructValue(POINT, {"x": {"n": 0}}), "s": "text"}


PATHS = [
    (("a", None, None), (0, 1), lambda t: t["a"][0][1]),
    (("a", None, "k"), (1,), lambda t: t["a"][1]["k"]),
    ((None, None, None), ("a", -1, "new"), lambda t: t["a"][1]["new"]),
    (("p", "x", "n"), (), lambda t: t["p"].fields["x"]["n"]),
    (("p", "y"), (), lambda t: t["p"].fields["y"]),
]


@pytest.mark.parametrize(("steps", "indices", "leaf"), PATHS)
def test_set_path_writes_the_leaf_of_a_copy(steps: Any, indices: Any, leaf: Callable[[Any], Any]) -> None:
    root = tree()
    updated = access.set_path(root, steps, indices, 99)
    assert leaf(updated) == 99
    assert equal(root, tree())


@pytest.mark.parametrize(("steps", "indices", "leaf"), PATHS)
def test_set_path_in_place_leaves_what_others_hold(steps: Any, indices: Any, leaf: Callable[[Any], Any]) -> None:
    root = tree()
    held = [root["a"], root["a"][0], root["a"][1], root["p"], root["p"].fields["x"]]
    before = copy.deepcopy([part for part in held if part is not root["p"]])
    access.set_path_in_place(root, steps, indices, 99)
    assert leaf(root) == 99
    assert [part for part in held if type(part) is not StructValue] == before
    assert held[3].fields == {"x": {"n": 0}}


@pytest.mark.parametrize(
    ("steps", "indices", "kind", "message"),
    [
        (("nope", "x"), (), "type", "cannot set property `x` on nil"),
        (("nope", "x", "y"), (), "type", "cannot set property `x` on nil"),
        (("a", "first", "x"), (), "type", "cannot set property `first` on list"),
        (("a", None, None), (9, 0), "runtime", "Index 9 out of bounds for list of length 2"),
        (("s", None), (0,), "type", "cannot assign to an index of string"),
        (("s", None, None), (0, 0), "type", "cannot assign to an index of string"),
    ],
)
def test_a_failing_path_changes_nothing(steps: Any, indices: Any, kind: str, message: str) -> None:
    root = tree()
    assert raised(access.set_path, root, steps, indices, 1) == (kind, message)
    assert raised(access.set_path_in_place, root, steps, indices, 1) == (kind, message)
    assert equal(root, tree())


def test_add_owned_extends_lists_and_dicts() -> None:
    items = [1]
    assert access.add_owned(items, [2]) is items
    assert items == [1, 2]
    entries = {"a": 1, "b": 1}
    assert access.add_owned(entries, {"a": 2}) is entries
    assert entries == {"a": 2, "b": 1}
    assert access.add_owned("a", "b") == "ab"
    assert raised(access.add_owned, [1], 2) == ("type", "Cannot add list and int")


def test_rests_of_patterns() -> None:
    assert access.dict_rest({"a": 1, "b": 2, "c": 3}, ("a", "x")) == {"b": 2, "c": 3}
    assert access.list_rest([1, 2, 3], 1) == [2, 3]
    assert access.list_rest([1], 4) == []


@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        ("a", "runtime", "string has no method `m`"),
        ([1], "runtime", "list has no method `m`"),
        ({}, "runtime", "dict has no method `m`"),
        (make_set([]), "runtime", "set has no method `m`"),
        (RangeValue(1, 2, False), "runtime", "iter has no method `m`"),
        (None, "type", "value of type nil has no method `m`"),
        (True, "type", "value of type bool has no method `m`"),
        (b"", "type", "value of type bytes has no method `m`"),
    ],
)
def test_unknown_method(value: Any, kind: str, message: str) -> None:
    error = access.unknown_method(value, "m")
    assert (error.kind, error.message) == (kind, message)
