"""Type expressions as text, in one spelling wherever a message names a type (docs/reference/language.md 7.4, 8.1)."""

from __future__ import annotations

from harnlite.syntax import tree

__all__ = ["type_text"]


def type_text(node: tree.TypeExpression) -> str:
    """Give a type in its shortest spelling: ``int|string``, ``list<int>``, ``{a: int, b?: T}``."""
    if isinstance(node, tree.NamedType):
        if not node.arguments:
            return node.name
        return f"{node.name}<{', '.join(map(type_text, node.arguments))}>"
    if isinstance(node, tree.LiteralType):
        return f'"{node.value}"' if isinstance(node.value, str) else str(node.value)
    if isinstance(node, tree.OptionalType):
        return f"{type_text(node.inner)}|nil"
    if isinstance(node, tree.UnionType):
        return "|".join(map(type_text, node.members))
    if isinstance(node, tree.IntersectionType):
        return "&".join(map(type_text, node.members))
    if isinstance(node, tree.ListType):
        return f"[{type_text(node.element)}]"
    if isinstance(node, tree.ShapeType):
        fields = (f"{field.name}{'?' if field.optional else ''}: {type_text(field.type)}" for field in node.fields)
        return f"{{{', '.join(fields)}}}"
    assert isinstance(node, tree.FunctionType)
    return f"fn({', '.join(map(type_text, node.parameters))}) -> {type_text(node.result)}"
