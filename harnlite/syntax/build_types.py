"""Builds the type nodes of ``tree.py`` (see ``build_expressions.py`` for how builders work)."""

from __future__ import annotations

from typing import Final

from harnlite.source import Span
from harnlite.syntax import tree
from harnlite.syntax.build_expressions import Builder, Parts, string_value
from harnlite.syntax.strings import LARGEST_INTEGER, integer_value

__all__ = ["TYPES"]


def _union(parts: Parts, span: Span) -> tree.UnionType:
    return tree.UnionType(span, tuple(parts[::2]))


def _integer(digits: str) -> int:
    value = integer_value(digits)
    return value if isinstance(value, int) else LARGEST_INTEGER


def _negative_type(parts: Parts, span: Span) -> tree.LiteralType:
    return tree.LiteralType(span, -_integer(parts[1].text))


def _shape_field(parts: Parts, span: Span) -> tree.ShapeField:
    return tree.ShapeField(span, parts[0].text, parts[1], parts[3])


TYPES: Final[dict[str, Builder]] = {
    "named_type": lambda parts, span: tree.NamedType(span, parts[0].text),
    "generic_type": lambda parts, span: tree.NamedType(span, parts[0].text, parts[2]),
    "list_type": lambda parts, span: tree.ListType(span, parts[1]),
    "function_type": lambda parts, span: tree.FunctionType(span, parts[2], parts[5]),
    "shape_type": lambda parts, span: tree.ShapeType(span, tuple(parts[1:-1:2])),
    "shape_field": _shape_field,
    "string_type": lambda parts, span: tree.LiteralType(span, string_value(parts[0])),
    "int_type": lambda parts, span: tree.LiteralType(span, _integer(parts[0].text)),
    "negative_type": _negative_type,
    "optional_type": lambda parts, span: tree.OptionalType(span, parts[0]),
    "union": _union,
    "intersection": lambda parts, span: tree.IntersectionType(span, tuple(parts[::2])),
    "types": lambda parts, _span: tuple(parts[::2]),
}
"""The builder of each alternative that is a type or part of one."""
