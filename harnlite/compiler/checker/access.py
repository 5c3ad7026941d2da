"""Members, indices, slices and methods: what they give, and which surely fail (language.md 8.1)."""

from __future__ import annotations

from harnlite.compiler.checker import calls
from harnlite.compiler.checker.annotations import read_type
from harnlite.compiler.checker.context import Checker
from harnlite.compiler.checker.types import (
    ANY,
    BOOL,
    INT,
    NIL,
    STRING,
    DictType,
    EnumType,
    ListType,
    LiteralType,
    ShapeType,
    StructType,
    Type,
    UnionType,
    remove_nil,
    union,
    widen,
)
from harnlite.syntax import tree

__all__ = ["infer_access", "tags_of"]

_METHODS: dict[str, dict[str, Type]] = {
    "string": {
        **dict.fromkeys(("trim", "trim_start", "trim_end", "lower", "upper", "to_lower", "to_upper"), STRING),
        **dict.fromkeys(("lowercase", "uppercase", "replace", "repeat", "reverse", "substring"), STRING),
        **dict.fromkeys(("pad_left", "pad_right"), STRING),
        **dict.fromkeys(("count", "len", "index_of", "last_index_of"), INT),
        **dict.fromkeys(("contains", "starts_with", "ends_with", "empty"), BOOL),
        **dict.fromkeys(("split", "chars", "lines"), ListType(STRING)),
    },
    "list": {
        **dict.fromkeys(("count", "index_of", "find_index"), INT),
        **dict.fromkeys(("contains", "any", "all", "every", "none", "empty"), BOOL),
        "join": STRING,
    },
    "dict": {"count": INT, "has": BOOL, "keys": ListType(STRING)},
}


def infer_access(checker: Checker, node: tree.Expression) -> Type:
    """Walk a chain of members, indices, slices and method calls from its root outwards."""
    spine: list[tree.Expression] = []
    root: tree.Expression = node
    while isinstance(root, tree.Member | tree.Index | tree.Slice | tree.MethodCall):
        spine.append(root)
        root = root.object
    enum = _enum_of(checker, root)
    kind = ANY if enum else checker.infer(root)
    for step, link in enumerate(reversed(spine)):
        first = step == 0
        if isinstance(link, tree.Member):
            kind = EnumType(enum) if enum and first else _member_type(checker, link, kind)
        elif isinstance(link, tree.Index):
            index = checker.infer(link.index)
            kind = _index_type(link, kind, index)
        elif isinstance(link, tree.Slice):
            for bound in (link.start, link.end):
                if bound is not None:
                    checker.infer(bound)
            kind = kind if kind == STRING or isinstance(kind, ListType) else ANY
        elif isinstance(link, tree.MethodCall):
            calls.infer_arguments(checker, link.arguments)
            kind = EnumType(enum) if enum and first else _method_type(kind, link.name)
    return kind


def _enum_of(checker: Checker, root: tree.Expression) -> str:
    if isinstance(root, tree.Name) and (root.name in checker.declarations.enums or root.name == "Result"):
        return root.name
    return ""


def _index_type(link: tree.Index, kind: Type, index: Type) -> Type:
    if link.optional:
        return ANY
    if isinstance(kind, ShapeType) and isinstance(index, LiteralType) and isinstance(index.value, str):
        field = kind.field(index.value)
        return field.type if field and not field.optional else ANY
    return ANY if not isinstance(kind, ListType) or not isinstance(kind.element, ShapeType) else kind.element


def _method_type(kind: Type, name: str) -> Type:
    base = (
        "list" if isinstance(kind, ListType) else "dict" if isinstance(kind, DictType | ShapeType) else str(widen(kind))
    )
    return _METHODS.get(base, {}).get(name, ANY)


def _member_type(checker: Checker, node: tree.Member, kind: Type) -> Type:
    if not node.optional:
        if isinstance(node.object, tree.NilLiteral):
            checker.report(
                "TYP-025",
                f"cannot access property `{node.name}` on `nil`; the value is statically known to be nil here",
                node.span,
            )
            return ANY
        if isinstance(kind, UnionType) and isinstance(node.object, tree.Name) and _is_nilable_record(kind):
            checker.report(
                "TYP-025",
                f"cannot access property `{node.name}` on nilable type `{kind}`; the value may be nil at runtime",
                node.span,
                hint="use `?.` for optional access, or test for nil first",
            )
            return ANY
    target = remove_nil(kind)
    if tagged := tags_of(target, node.name):
        return union(list(tagged))
    bare = isinstance(node.object, tree.Name)
    variable = checker.scope.find(node.object.name) if isinstance(node.object, tree.Name) else None
    certain = not bare or (variable is not None and not variable.inferred)
    if isinstance(target, ShapeType):
        field = target.field(node.name)
        if field is not None:
            return ANY if field.optional or node.optional else field.type
        if certain:
            checker.report(
                "NAM-004",
                f"field `{node.name}` does not exist on shape `{target}`",
                node.span,
                hint=calls.nearest_hint(node.name, [f.name for f in target.fields]),
            )
        return ANY
    if isinstance(target, StructType):
        return _struct_member(checker, node, target, certain)
    return ANY


def tags_of(kind: Type, name: str) -> list[LiteralType]:
    """Give the literals that a field has in the members of a union of shapes, if it tells them apart; else nothing."""
    if not isinstance(kind, UnionType):
        return []
    fields = [member.field(name) if isinstance(member, ShapeType) else None for member in kind.members]
    tags = [field.type for field in fields if field is not None and isinstance(field.type, LiteralType)]
    return tags if len(tags) == len(fields) == len(set(tags)) else []


def _is_nilable_record(kind: UnionType) -> bool:
    rest = remove_nil(kind)
    return NIL in kind.members and isinstance(rest, ShapeType | StructType)


def _struct_member(checker: Checker, node: tree.Member, target: StructType, certain: bool) -> Type:
    declaration = checker.declarations.structs.get(target.name)
    if declaration is None:
        return ANY
    field = next((f for f in declaration.fields if f.name == node.name), None)
    if field is None:
        if certain and not node.optional:
            checker.report(
                "NAM-004",
                f"field `{node.name}` does not exist on struct `{target}`",
                node.span,
                hint=calls.nearest_hint(node.name, [f.name for f in declaration.fields]),
            )
        return ANY
    if field.optional or node.optional:
        return ANY
    parameters = [parameter.name for parameter in declaration.type_parameters]
    return read_type(field.annotation, checker.declarations, parameters)
