"""Values that get lost: a method of a list, dict, set or string gives a new value and changes nothing."""

from __future__ import annotations

from harnlite.compiler.checker.context import Checker
from harnlite.compiler.checker.types import STRING, DictType, ListType, Primitive, ShapeType, Type
from harnlite.syntax import tree

__all__ = ["check_lost"]

#: The methods whose names sound as if they changed their receiver.
_LIST = frozenset({"compact", "pop", "push", "reverse", "sort", "sort_by", "unique"})
_DICT = frozenset({"merge", "remove"})
_SET = frozenset({"add", "remove"})
_STRING = frozenset({"lower", "replace", "to_lower", "to_upper", "trim", "upper"})


def check_lost(checker: Checker, expression: tree.Expression) -> None:
    """Warn when nothing is done with what an expression gives and that is all it is for."""
    pending = [expression]
    while pending:
        node = pending.pop()
        if isinstance(node, tree.If):
            pending += _last_of(node.then)
            if isinstance(node.otherwise, tree.If):
                pending.append(node.otherwise)
            elif node.otherwise is not None:
                pending += _last_of(node.otherwise)
        elif isinstance(node, tree.MethodCall) and isinstance(node.object, tree.Name):
            _check_call(checker, node, node.object.name)


def _last_of(block: tree.Block) -> list[tree.Expression]:
    """Give the expression that is a block's value, unless the block has names of its own, which are gone by now."""
    if not block.statements or any(isinstance(statement, tree.Binding) for statement in block.statements):
        return []
    last = block.statements[-1]
    return [last.expression] if isinstance(last, tree.ExpressionStatement) else []


def _check_call(checker: Checker, node: tree.MethodCall, name: str) -> None:
    variable = checker.scope.find(name)
    if variable is None:
        return
    kind, methods = _changing(variable.type)
    if node.name in methods:
        message = f"the new {kind} that `{node.name}` gives is not used"
        target = name if variable.mutable else "let changed"
        checker.report("LNT-002", message, node.span, warning=True, hint=f"write `{target} = {name}.{node.name}(...)`")


def _changing(kind: Type) -> tuple[str, frozenset[str]]:
    if isinstance(kind, ListType) or kind == Primitive("list"):
        return "list", _LIST
    if isinstance(kind, DictType | ShapeType) or kind == Primitive("dict"):
        return "dict", _DICT
    if kind == Primitive("set"):
        return "set", _SET
    return ("string", _STRING) if kind == STRING else ("", frozenset())
