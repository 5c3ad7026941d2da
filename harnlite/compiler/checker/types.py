"""The algebra of static types: what there is, how it is written, and what fits where.

``ANY`` means "not known": it fits everywhere and everything fits it. Compatibility facts are those of
docs/reference/language.md 8.3.
"""

from __future__ import annotations

from harnlite.records import Record

__all__ = [
    "ANY",
    "BOOL",
    "CLOSURE",
    "FLOAT",
    "INT",
    "NIL",
    "STRING",
    "UNKNOWN",
    "DictType",
    "EnumType",
    "FieldType",
    "FunctionType",
    "ListType",
    "LiteralType",
    "Primitive",
    "ShapeType",
    "StructType",
    "Type",
    "UnionType",
    "compatible",
    "explain_mismatch",
    "is_primitive",
    "join",
    "remove_nil",
    "union",
    "widen",
]


class Type(Record, eq=True):
    """Any static type."""

    def __str__(self) -> str:
        return "any"


class Primitive(Type):
    """A type known by its name alone: ``int``, ``nil``, ``range``, ``closure``, ``unknown`` ..."""

    name: str

    def __str__(self) -> str:
        return self.name


class LiteralType(Type):
    """One string or integer."""

    value: str | int

    def __str__(self) -> str:
        return f'"{self.value}"' if isinstance(self.value, str) else str(self.value)


class ListType(Type):
    """``list<element>``."""

    element: Type

    def __str__(self) -> str:
        return "list" if self.element == ANY else f"list<{self.element}>"


class DictType(Type):
    """``dict<string, value>``."""

    value: Type

    def __str__(self) -> str:
        return "dict" if self.value == ANY else f"dict<string, {self.value}>"


class FieldType(Record, eq=True):
    """A field of a shape."""

    name: str
    type: Type
    optional: bool = False


class ShapeType(Type):
    """``{name: T, other?: U}``."""

    fields: tuple[FieldType, ...]

    def __str__(self) -> str:
        inner = ", ".join(f"{f.name}{'?' if f.optional else ''}: {f.type}" for f in self.fields)
        return f"{{{inner}}}"

    def field(self, name: str) -> FieldType | None:
        """Give the field of that name."""
        return next((field for field in self.fields if field.name == name), None)


class FunctionType(Type):
    """``fn(parameters) -> result``."""

    parameters: tuple[Type, ...]
    result: Type

    def __str__(self) -> str:
        return f"fn({', '.join(map(str, self.parameters))}) -> {self.result}"


class StructType(Type):
    """A declared struct."""

    name: str

    def __str__(self) -> str:
        return self.name


class EnumType(Type):
    """A declared enum."""

    name: str

    def __str__(self) -> str:
        return self.name


class UnionType(Type):
    """``A | B``; flat, without repeats, at least two members."""

    members: tuple[Type, ...]

    def __str__(self) -> str:
        rest = [member for member in self.members if member != NIL]
        if len(rest) == 1 and len(self.members) == 2:
            return f"{rest[0]}?"
        return " | ".join(map(str, self.members))


ANY = Type()
INT = Primitive("int")
FLOAT = Primitive("float")
STRING = Primitive("string")
BOOL = Primitive("bool")
NIL = Primitive("nil")
CLOSURE = Primitive("closure")
UNKNOWN = Primitive("unknown")

#: Names whose run-time representation the checker knows, so that two of them can be told apart.
_SCALARS = frozenset({"int", "float", "string", "bool", "nil", "bytes", "duration", "range", "closure", "set"})


def is_primitive(kind: Type) -> bool:
    """Tell whether operator rules apply: a scalar type or a literal of one."""
    return isinstance(kind, LiteralType) or (isinstance(kind, Primitive) and kind.name in _SCALARS)


def widen(kind: Type) -> Type:
    """Give the base type of a literal type; others stay."""
    if isinstance(kind, LiteralType):
        return STRING if isinstance(kind.value, str) else INT
    return kind


def union(members: list[Type]) -> Type:
    """Give the union of types, flattened; one that is not known makes the whole not known."""
    flat: list[Type] = []
    for member in members:
        for part in member.members if isinstance(member, UnionType) else (member,):
            if part == ANY:
                return ANY
            if part not in flat:
                flat.append(part)
    if not flat:
        return ANY
    return flat[0] if len(flat) == 1 else UnionType(tuple(flat))


def join(left: Type, right: Type) -> Type:
    """Give the type of a value that comes from either of two places; unlike types are not known."""
    left, right = widen(left), widen(right)
    if left == right:
        return left
    if {left, right} == {INT, FLOAT}:
        return ANY
    if NIL in (left, right) and ANY not in (left, right):
        return union([left, right])
    return ANY


def remove_nil(kind: Type) -> Type:
    """Give a type without its nil member."""
    if isinstance(kind, UnionType):
        return union([member for member in kind.members if member != NIL])
    return kind


def compatible(found: Type, expected: Type, *, nested: bool = False) -> bool:
    """Tell whether a value of type ``found`` may stand where ``expected`` is asked for.

    :param nested: inside a list or dict, where an int does not pass for a float.
    """
    if ANY in (found, expected) or expected == UNKNOWN or found == expected:
        return True
    if isinstance(found, UnionType):
        return all(compatible(member, expected, nested=nested) for member in found.members)
    if isinstance(expected, UnionType):
        if any(compatible(found, member, nested=nested) for member in expected.members):
            return True
        literals = [member for member in expected.members if isinstance(member, LiteralType)]
        return not isinstance(found, LiteralType) and any(widen(member) == found for member in literals)
    if isinstance(expected, LiteralType):
        return not isinstance(found, LiteralType) and widen(expected) == found
    if isinstance(found, LiteralType):
        return compatible(widen(found), expected, nested=nested)
    if found == INT and expected == FLOAT:
        return not nested
    return _compatible_structures(found, expected)


def _compatible_functions(found: FunctionType, expected: FunctionType) -> bool:
    """Parameters the other way round; what a callback gives may be ignored (``-> nil``)."""
    return (
        len(found.parameters) == len(expected.parameters)
        and all(map(compatible, expected.parameters, found.parameters))
        and (expected.result == NIL or compatible(found.result, expected.result))
    )


def _compatible_structures(found: Type, expected: Type) -> bool:
    if isinstance(expected, ListType):
        return isinstance(found, ListType) and compatible(found.element, expected.element, nested=True)
    if isinstance(expected, DictType):
        if isinstance(found, DictType):
            return compatible(found.value, expected.value, nested=True)
        return isinstance(found, ShapeType) and all(
            compatible(field.type, expected.value, nested=True) for field in found.fields
        )
    if isinstance(expected, ShapeType):
        if isinstance(found, ShapeType):
            return explain_mismatch(found, expected) == ""
        return isinstance(found, DictType | StructType)
    if isinstance(expected, FunctionType):
        if isinstance(found, FunctionType):
            return _compatible_functions(found, expected)
        return found in (CLOSURE, Primitive("builtin"))
    if expected == CLOSURE:
        return isinstance(found, FunctionType)
    if isinstance(expected, StructType | EnumType) or isinstance(found, StructType | EnumType):
        known = isinstance(found, StructType | EnumType) or is_primitive(found) or isinstance(found, ListType)
        target_known = isinstance(expected, StructType | EnumType) or is_primitive(expected)
        return not (known and target_known)
    if isinstance(expected, Primitive) and expected.name not in _SCALARS:
        return True
    return isinstance(found, Primitive) and found.name not in _SCALARS


def explain_mismatch(found: Type, expected: Type) -> str:
    """Give the bracketed detail of a shape mismatch: the first missing or wrong field, or ``""``."""
    if not (isinstance(found, ShapeType) and isinstance(expected, ShapeType)):
        return ""
    for field in expected.fields:
        given = found.field(field.name)
        if given is None:
            if not field.optional:
                return f" (missing field '{field.name}' ({field.type}))"
        elif not compatible(given.type, field.type):
            return f" (field '{field.name}' expected {field.type}, found {widen(given.type)})"
    return ""
