"""The spellings of a schema: ours, JSON Schema, OpenAPI (docs/reference/builtins.md 15).

:func:`canonical` turns any of them into ours, :func:`exported` turns ours into one of the others. Both work on plain
dicts and lists, copy what they change and do not complain: what is no schema stays what it is.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final


__all__ = ["canonical", "exported", "without_required"]

_TYPES: Final = {
    "object": "dict",
    "array": "list",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "null": "nil",
}
_JSON_TYPES: Final = {ours: theirs for theirs, ours in _TYPES.items()}
_KEYS: Final = {
    "minimum": "min",
    "maximum": "max",
    "minLength": "min_length",
    "maxLength": "max_length",
    "minItems": "min_items",
    "maxItems": "max_items",
    "additionalProperties": "additional_properties",
    "oneOf": "union",
    "anyOf": "union",
    "allOf": "all_of",
}
_JSON_KEYS: Final = {
    "min": "minimum",
    "max": "maximum",
    "min_length": "minLength",
    "max_length": "maxLength",
    "min_items": "minItems",
    "max_items": "maxItems",
    "additional_properties": "additionalProperties",
    "union": "oneOf",
    "all_of": "allOf",
}
#: Keys whose value is a schema, a list of schemas, or a dict of schemas.
_ONE: Final = frozenset({"items", "additional_properties"})
_LIST: Final = frozenset({"union", "all_of"})
_NAMED: Final = frozenset({"properties", "definitions", "$defs"})
#: Schemas deeper than this are left as they are; nobody writes one, and recursion must end.
_DEEPEST: Final = 100


def canonical(schema: Any, depth: int = 0) -> Any:
    """A schema in our own spelling."""
    if type(schema) is not dict or depth > _DEEPEST:
        return schema
    out: dict[str, Any] = {}
    for key in sorted(schema):
        renamed = _KEYS.get(key, key)
        out[renamed] = _inner(renamed, schema[key], lambda inner: canonical(inner, depth + 1))
    kind = out.get("type")
    if type(kind) is list:
        del out["type"]
        branches = [canonical({"type": name}, depth + 1) if type(name) is str else name for name in kind]
        out["union"] = branches
    elif type(kind) is str:
        out["type"] = _TYPES.get(kind, kind)
    if out.get("uniqueItems") is True and out.get("type") == "list":
        del out["uniqueItems"]
        out["type"] = "set"
    if "required" in out and type(out["required"]) is not list:
        del out["required"]
    return out


def exported(schema: Any, *, openapi: bool, depth: int = 0) -> Any:
    """A canonical schema in the spelling of JSON Schema or OpenAPI."""
    if type(schema) is not dict or depth > _DEEPEST:
        return schema
    out: dict[str, Any] = {}
    fields: dict[str, Any] = schema
    for key, value in fields.items():
        exported_value = _inner(key, value, lambda inner: exported(inner, openapi=openapi, depth=depth + 1))
        if key in ("min", "max") and type(value) is int:
            exported_value = float(value)
        out[_JSON_KEYS.get(key, key)] = exported_value
    kind = out.get("type")
    if kind == "set":
        out["type"], out["uniqueItems"] = "array", True
    elif type(kind) is str:
        out["type"] = _JSON_TYPES.get(kind, kind)
    if kind == "any":
        del out["type"]
    if out.get("nullable") is True and not openapi:
        del out["nullable"]
        if "type" in out:
            out["type"] = [out["type"], "null"]
        elif type(out.get("oneOf")) is list:
            out["oneOf"] = [*out["oneOf"], {"type": "null"}]
    return out


def without_required(schema: Any, depth: int = 0) -> Any:
    """A canonical schema in which every property may be missing."""
    if type(schema) is not dict or depth > _DEEPEST:
        return schema
    return {
        key: _inner(key, value, lambda inner: without_required(inner, depth + 1))
        for key, value in schema.items()
        if key != "required"
    }


def _inner(key: str, value: Any, change: Callable[[Any], Any]) -> Any:
    """Apply a change to the schemas inside the value of a key."""
    if key in _ONE:
        return change(value)
    if key in _LIST and type(value) is list:
        return [change(item) for item in value]
    if key in _NAMED and type(value) is dict:
        return {name: change(value[name]) for name in sorted(value)}
    if key == "components" and type(value) is dict and type(value.get("schemas")) is dict:
        return {**value, "schemas": {name: change(inner) for name, inner in value["schemas"].items()}}
    return value
