"""Types as schema dicts, for tools and the schema builtins (docs/reference/language.md 3.5, builtins.md 15).

Takes a type's tree and the aliases it may name, gives a *plan*: plain Python data of the schema, from which the
compiler emits a dict. Must not know instructions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harnlite.syntax import tree

__all__ = ["schema_of_type"]

_TYPES = frozenset(("int", "float", "string", "bool", "list", "dict", "set", "nil", "closure", "bytes"))


def schema_of_type(
    node: tree.TypeExpression,
    aliases: Mapping[str, tree.TypeDeclaration],
    expanding: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """Give the schema of a type; what a schema cannot say becomes ``{type: "any"}``.

    :param aliases: declarations that names may stand for.
    :param expanding: aliases being expanded; one that contains itself ends as ``any``.
    """
    if isinstance(node, tree.NamedType):
        return _named(node, aliases, expanding)
    if isinstance(node, tree.LiteralType):
        return _literals([node.value])
    if isinstance(node, tree.OptionalType):
        return _union([node.inner, tree.NamedType(node.span, "nil")], aliases, expanding)
    if isinstance(node, tree.UnionType):
        return _union(list(node.members), aliases, expanding)
    if isinstance(node, tree.ListType):
        return {"type": "list", "items": schema_of_type(node.element, aliases, expanding)}
    if isinstance(node, tree.ShapeType):
        return {
            "type": "dict",
            "properties": {field.name: schema_of_type(field.type, aliases, expanding) for field in node.fields},
            "required": [field.name for field in node.fields if not field.optional],
        }
    if isinstance(node, tree.IntersectionType):
        return {"all_of": [schema_of_type(member, aliases, expanding) for member in node.members]}
    return {"type": "closure"}


def _named(
    node: tree.NamedType, aliases: Mapping[str, tree.TypeDeclaration], expanding: frozenset[str]
) -> dict[str, Any]:
    name = node.name
    arguments = node.arguments
    if name == "list" and len(arguments) == 1:
        return {"type": "list", "items": schema_of_type(arguments[0], aliases, expanding)}
    if name == "dict" and len(arguments) == 2:
        return {"type": "dict", "additional_properties": schema_of_type(arguments[1], aliases, expanding)}
    if name in _TYPES:
        return {"type": name}
    if name in ("true", "false"):
        return {"type": "bool"}
    alias = aliases.get(name)
    if alias is not None and name not in expanding:
        return schema_of_type(alias.type, aliases, expanding | {name})
    return {"type": "any"}


def _literals(values: list[str | int]) -> dict[str, Any]:
    kinds = {"string" if isinstance(value, str) else "int" for value in values}
    return {"type": kinds.pop(), "enum": values} if len(kinds) == 1 else {"enum": values}


def _union(
    members: list[tree.TypeExpression], aliases: Mapping[str, tree.TypeDeclaration], expanding: frozenset[str]
) -> dict[str, Any]:
    values = [member.value for member in members if isinstance(member, tree.LiteralType)]
    if len(values) == len(members):
        return _literals(values)
    return {"union": [schema_of_type(member, aliases, expanding) for member in members]}
