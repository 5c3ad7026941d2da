"""Written types read as static types; names that are not declared, and type parameters, are not known."""

from __future__ import annotations

from collections.abc import Collection

from harnlite.compiler.checker.declarations import Declarations
from harnlite.compiler.checker.types import (
    ANY,
    BOOL,
    NIL,
    UNKNOWN,
    DictType,
    EnumType,
    FieldType,
    FunctionType,
    ListType,
    LiteralType,
    Primitive,
    ShapeType,
    StructType,
    Type,
    union,
)
from harnlite.syntax import tree

__all__ = ["read_type", "signature_type"]

_SIMPLE = frozenset({"int", "float", "string", "bool", "bytes", "duration", "range", "set", "closure", "nil"})


def read_type(
    written: tree.TypeExpression | None,
    declarations: Declarations,
    type_parameters: Collection[str] = (),
    expanding: tuple[str, ...] = (),
) -> Type:
    """Give the static type of an annotation; None gives "not known".

    :param type_parameters: names in scope that stand for any type.
    :param expanding: aliases being expanded, so that a recursive one ends.
    """

    def read(inner: tree.TypeExpression) -> Type:
        return read_type(inner, declarations, type_parameters, expanding)

    match written:
        case tree.NamedType():
            return _read_name(written, declarations, type_parameters, expanding)
        case tree.ListType(element=element):
            return ListType(read(element))
        case tree.FunctionType(parameters=parameters, result=result):
            return FunctionType(tuple(map(read, parameters)), read(result))
        case tree.ShapeType(fields=fields):
            return ShapeType(tuple(FieldType(f.name, read(f.type), f.optional) for f in fields))
        case tree.LiteralType(value=value):
            return LiteralType(value)
        case tree.UnionType(members=members):
            return union([read(member) for member in members])
        case tree.OptionalType(inner=inner):
            return union([read(inner), NIL])
        case _:
            return ANY


def _read_name(
    written: tree.NamedType, declarations: Declarations, type_parameters: Collection[str], expanding: tuple[str, ...]
) -> Type:
    name = written.name
    arguments = [read_type(a, declarations, type_parameters, expanding) for a in written.arguments]
    if name in type_parameters:
        return ANY
    if name in _SIMPLE:
        return Primitive(name)
    if name in ("true", "false"):
        return BOOL
    if name == "unknown":
        return UNKNOWN
    if name == "list":
        return ListType(arguments[0] if arguments else ANY)
    if name == "dict":
        return DictType(arguments[-1] if arguments else ANY)
    if name in declarations.aliases and name not in expanding:
        alias = declarations.aliases[name]
        own = tuple(parameter.name for parameter in alias.type_parameters)
        return read_type(alias.type, declarations, (*type_parameters, *own), (*expanding, name))
    if name in declarations.structs:
        return StructType(name)
    if name in declarations.enums:
        return EnumType(name)
    return ANY


def signature_type(names: tuple[str, ...]) -> Type:
    """Give the static type of a builtin's parameter, from the type names of its signature."""
    members: list[Type] = []
    for name in names:
        if name == "number":
            members += [Primitive("int"), Primitive("float")]
        elif name in _SIMPLE:
            members.append(Primitive(name))
        elif name == "list":
            members.append(ListType(ANY))
        elif name == "dict":
            members.append(DictType(ANY))
        else:
            return ANY
    return union(members)
