"""Schemas: builtins.md 15."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harnlite.values.equality import make_set
from harnlite.values.types import StructType, StructValue
from tests.unit.builtins.library_fixture import Library

PERSON = {
    "type": "dict",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "min_length": 2},
        "age": {"type": "int", "min": 0},
        "tags": {"type": "list", "items": {"type": "string"}},
    },
}
TREE = {
    "definitions": {"T": {"type": "object", "properties": {"t": {"$ref": "#/definitions/T"}}}},
    "$ref": "#/definitions/T",
}

ERRORS: list[tuple[Any, Any, list[str]]] = [
    ({"name": "Al"}, PERSON, []),
    (
        {"age": -1, "tags": ["a", 2]},
        PERSON,
        [
            "at root: missing required key 'name'",
            "at age: expected value >= 0, got -1",
            "at tags[1]: expected type 'string', got 'int'",
        ],
    ),
    (5, {"type": "string"}, ["at root: expected type 'string', got 'int'"]),
    (5, {"type": "number"}, ["at root: expected type 'float', got 'int'"]),
    (5.0, {"type": "integer"}, ["at root: expected type 'int', got 'float'"]),
    (None, {"type": "string", "nullable": True}, []),
    (5, {"type": "any"}, []),
    (StructValue(StructType("P", ("name",)), {"name": "Al"}), PERSON, []),
    (make_set([1]), {"type": "list"}, ["at root: expected type 'list', got 'set'"]),
    (make_set([1]), {"type": "array", "uniqueItems": True, "items": {"type": "int"}}, []),
    (5, {"type": ["string", "null"]}, ["at root: value did not match any union branch"]),
    (None, {"type": ["string", "null"]}, []),
    (6, {"min": 6.5}, ["at root: expected value >= 6.5, got 6"]),
    (6, {"maximum": 5}, ["at root: expected value <= 5, got 6"]),
    ("a", {"minLength": 2}, ["at root: expected length >= 2, got 1"]),
    ("abc", {"max_length": 2}, ["at root: expected length <= 2, got 3"]),
    ([1], {"minItems": 2}, ["at root: expected at least 2 items, got 1"]),
    ([1, 2], {"max_items": 1}, ["at root: expected at most 1 items, got 2"]),
    ("b", {"pattern": "^a"}, ["at root: value does not match pattern '^a'"]),
    (
        "b",
        {"pattern": "("},
        ["at root: invalid regex pattern '(': regex parse error:\n    (\n    ^\nerror: unclosed group"],
    ),
    ("c", {"enum": ["a", "b"]}, ["at root: value must be one of [a, b]"]),
    (6, {"const": 5}, ["at root: expected constant 5, got 6"]),
    (5, {"union": [{"type": "string"}, {"type": "bool"}]}, ["at root: value did not match any union branch"]),
    (5, {"oneOf": [{"type": "string"}, {"type": "int"}]}, []),
    (
        5,
        {"allOf": [{"min": 6}, {"max": 4}]},
        ["at root: expected value >= 6, got 5", "at root: expected value <= 4, got 5"],
    ),
    ({"b": 1, "a": 2}, {"properties": {"b": {}}, "additionalProperties": False}, ["at root: unexpected key 'a'"]),
    ({"a": 2}, {"additional_properties": {"type": "string"}}, ["at a: expected type 'string', got 'int'"]),
    ([{"n": 1}], {"items": {"properties": {"n": {"type": "bool"}}}}, ["at root[0].n: expected type 'bool', got 'int'"]),
    (
        {"a": {"b": {"c": 1}}},
        {"properties": {"a": {"properties": {"b": {"required": ["z"]}}}}},
        ["at a.b: missing required key 'z'"],
    ),
    (1, {"$ref": "#/nope"}, ["at root: unresolved schema reference '#/nope'"]),
    ({"t": {"t": 5}}, TREE, ["at t.t: expected type 'dict', got 'int'"]),
    (
        1,
        {"components": {"schemas": {"S": {"type": "string"}}}, "$ref": "#/components/schemas/S"},
        ["at root: expected type 'string', got 'int'"],
    ),
    (
        1,
        {"definitions": {"T": {"$ref": "#/definitions/T"}}, "$ref": "#/definitions/T"},
        ["at root: unresolved schema reference '#/definitions/T'"],
    ),
    (5, {"type": "widget"}, ["at root: expected type 'widget', got 'int'"]),
]


@pytest.mark.parametrize(("value", "schema", "errors"), ERRORS)
def test_check(value: Any, schema: Any, errors: list[str]) -> None:
    library = Library()
    assert library.run("schema_is", value, schema) is not bool(errors)
    assert library.run("is_type", value, schema) is not bool(errors)
    result = library.run("schema_check", value, schema)
    if not errors:
        assert result.variant == "Ok"
        assert result.fields == (value,)
        assert library.run("json_validate", value, schema) is True
        return
    assert result.fields == ({"errors": errors, "message": errors[0], "value": value},)
    assert library.show("schema_expect", value, schema) == "!! " + "; ".join(errors)
    assert library.show("json_validate", value, schema) == "!! " + "; ".join(errors)


def test_a_schema_that_is_no_dict() -> None:
    library = Library()
    assert (
        library.show("schema_check", 5, 5)
        == "Result.Err({errors: [schema must be a dict], message: schema must be a dict})"
    )
    assert library.show("schema_expect", 5, 5) == "!! schema must be a dict"
    assert library.run("schema_is", 5, None) is False
    assert library.show("schema_partial", 5) == "!! schema must be a dict"
    assert library.show("schema_of", 5) == "!! schema_of: expected a type alias or schema dict, got int"
    assert library.run("schema_of", PERSON) == PERSON


def test_defaults() -> None:
    library = Library()
    schema = {
        "required": ["a"],
        "properties": {"a": {"default": 3}, "b": {"type": "list", "items": {"properties": {"c": {"default": []}}}}},
    }
    value = {"b": [{}, {"c": 1}]}
    assert library.show("schema_parse", value, schema) == "Result.Ok({a: 3, b: [{c: []}, {c: 1}]})"
    assert library.run("schema_expect", value, schema, True) == {"a": 3, "b": [{"c": []}, {"c": 1}]}
    assert value == {"b": [{}, {"c": 1}]}
    assert library.show("schema_expect", value, schema) == "!! at root: missing required key 'a'"


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        (
            "schema_to_json_schema",
            ({"type": "dict", "properties": {"a": {"type": "int", "min": 1, "nullable": True}}, "required": ["a"]},),
            {"type": "object", "properties": {"a": {"type": ["integer", "null"], "minimum": 1.0}}, "required": ["a"]},
        ),
        ("schema_to_json_schema", ({"type": "set"},), {"type": "array", "uniqueItems": True}),
        ("schema_to_json_schema", ({"union": [{"type": "nil"}]},), {"oneOf": [{"type": "null"}]}),
        ("schema_to_openapi_schema", ({"type": "float", "nullable": True},), {"type": "number", "nullable": True}),
        (
            "schema_from_json_schema",
            ({"type": ["string", "null"], "minLength": 1, "anyOf": []},),
            {"min_length": 1, "union": [{"type": "string"}, {"type": "nil"}]},
        ),
        ("schema_from_openapi_schema", ({"type": "object", "required": False},), {"type": "dict"}),
        (
            "schema_partial",
            (PERSON,),
            {"type": "dict", "properties": PERSON["properties"]},
        ),
        (
            "schema_pick",
            (PERSON, ["name", "zz"]),
            {"type": "dict", "properties": {"name": {"type": "string", "min_length": 2}}, "required": ["name"]},
        ),
        (
            "schema_omit",
            (PERSON, ["name", "tags"]),
            {"type": "dict", "properties": {"age": {"type": "int", "min": 0}}, "required": []},
        ),
        ("schema_extend", ({"type": "object", "min": 1}, {"minimum": 2}), {"type": "dict", "min": 2}),
    ],
)
def test_conversions(name: str, arguments: tuple[Any, ...], expected: dict[str, Any]) -> None:
    assert Library().run(name, *arguments) == expected


def test_values_and_schemas_nested_deeply_end_in_words() -> None:
    value: dict[str, Any] = {}
    for _ in range(5000):
        value = {"t": value}
    shown = Library().run("schema_check", value, TREE).fields[0]["message"]
    assert shown.endswith("value or schema is nested too deeply")


_NAMES = ["type", "min", "properties", "items", "required", "union", "enum", "$ref", "definitions", "a", "nullable"]
_ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["int", "dict", "list", "#/definitions/a", "a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=4),
    max_leaves=15,
)


@given(_ANY, _ANY)
def test_any_dict_is_a_schema(value: Any, schema: Any) -> None:
    """Whatever stands in a schema, a check ends, and its two forms of answer agree."""
    library = Library()
    result = library.run("schema_check", value, schema)
    assert (result.variant == "Ok") is library.run("schema_is", value, schema)
