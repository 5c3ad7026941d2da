"""Annotations of parameters as run-time checks (docs/reference/language.md 7.4).

Takes the annotation's tree, gives the nested tuple that ``values/parameter_checks.py`` describes.
"""

from __future__ import annotations

from abc import ABC
from typing import Any

from harnlite.bytecode.opcodes import Op
from harnlite.compiler.base import CompilerBase
from harnlite.compiler.type_text import type_text
from harnlite.syntax import tree

__all__ = ["ParameterTypes"]

_TYPES = frozenset(("int", "float", "string", "bool", "list", "dict", "set", "nil", "closure", "bytes"))

Check = tuple[Any, ...]


class ParameterTypes(CompilerBase, ABC):
    """Instructions that check arguments."""

    def check_parameter(self, parameter: tree.Parameter, slot: int, type_parameters: frozenset[str]) -> None:
        if parameter.annotation is None:
            return
        check = self._check(parameter.annotation, type_parameters)
        if check[0] == "any":
            return
        if parameter.rest:
            check = ("each", check, check[-1])
        # An argument that does not fit is the caller's mistake, and reported there.
        self.code.line = 0
        self.emit(Op.CHECK_PARAMETER, parameter, slot, self.chunk.constant(check))
        self.mark(parameter)

    def _check(self, node: tree.TypeExpression, generic: frozenset[str]) -> Check:
        text = type_text(node)
        if isinstance(node, tree.NamedType):
            return self._named(node, text, generic)
        if isinstance(node, tree.LiteralType):
            return ("literal", (node.value,), text)
        if isinstance(node, tree.OptionalType):
            nil = ("type", "nil", "nil")
            return self._union((self._check(node.inner, generic), nil), text)
        if isinstance(node, tree.UnionType):
            return self._union(tuple(self._check(member, generic) for member in node.members), text)
        if isinstance(node, tree.ListType):
            return self._container("list", self._check(node.element, generic), text)
        if isinstance(node, tree.ShapeType):
            fields = tuple((field.name, field.optional, self._check(field.type, generic)) for field in node.fields)
            return ("shape", fields, text)
        if isinstance(node, tree.FunctionType):
            return ("type", "closure", "closure")
        return ("any", text)

    def _named(self, node: tree.NamedType, text: str, generic: frozenset[str]) -> Check:
        name = node.name
        arguments = node.arguments
        if name in generic:
            return ("any", text)
        if arguments:
            if name == "list" and len(arguments) == 1:
                return self._container("list", self._check(arguments[0], generic), text)
            if name == "dict" and len(arguments) == 2:
                return self._container("dict", self._check(arguments[1], generic), text)
            return ("any", text)
        if name in _TYPES:
            return ("type", name, text)
        if name in ("true", "false"):
            return ("type", "bool", text)
        if name in self.local_structs:
            return ("struct", name, text)
        if name in self.local_enums:
            return ("enum", name, text)
        interface = self.interfaces.get(name)
        if interface is not None:
            return ("interface", name, tuple(method.name for method in interface.methods), text)
        return ("any", text)

    def _container(self, kind: str, item: Check, text: str) -> Check:
        return ("type", kind, text) if item[0] == "any" else (kind, item, text)

    def _union(self, members: tuple[Check, ...], text: str) -> Check:
        if any(member[0] == "any" for member in members):
            return ("any", text)
        if all(member[0] == "literal" for member in members):
            return ("literal", tuple(value for member in members for value in member[1]), text)
        return ("union", members, text)
