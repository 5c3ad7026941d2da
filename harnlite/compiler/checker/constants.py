"""``const`` initialisers: folded before the run, or refused (language.md 3.6, codes MET-001 and CST-001 to 004)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harnlite.compiler.checker.chains import left_chain
from harnlite.compiler.checker.context import Checker
from harnlite.source import Span
from harnlite.syntax import tree
from harnlite.values import access, operators
from harnlite.values.display import display
from harnlite.values.equality import compare, equal, truthy
from harnlite.values.errors import GuestError

__all__ = ["check_constant"]

_STEPS = 100_000
_DEPTH = 256
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": equal,
    "!=": lambda a, b: not equal(a, b),
    "<": lambda a, b: compare(a, b) < 0,
    ">": lambda a, b: compare(a, b) > 0,
    "<=": lambda a, b: compare(a, b) <= 0,
    ">=": lambda a, b: compare(a, b) >= 0,
    "in": operators.contains,
    "not in": lambda a, b: not operators.contains(a, b),
}
_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operators.add,
    "-": operators.sub,
    "*": operators.mul,
    "/": operators.div,
    "%": operators.mod,
    "**": operators.power,
}
_CALLS = frozenset(
    {
        "abs", "ceil", "concat", "floor", "format", "join", "len", "lowercase", "max", "min", "round", "trim",
        "uppercase",
    }
)  # fmt: skip


class _RefusedError(Exception):
    """Why an initialiser cannot be folded."""

    def __init__(self, code: str, reason: str, span: Span) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.span = span


def check_constant(checker: Checker, name: str, value: tree.Expression) -> None:
    """Fold an initialiser; report why it cannot be folded, remember its value for later constants."""
    folder = _Folder(checker)
    try:
        folded = folder.fold(value, 0)
    except _RefusedError as refused:
        checker.report(
            refused.code,
            f"const `{name}` initializer rejected: {refused.reason}",
            refused.span,
            label="here",
            hint="use `let` for values that are computed when the program runs",
        )
        return
    checker.constants[name] = folded


class _Folder:
    """Evaluates the constant subset of the language."""

    def __init__(self, checker: Checker) -> None:
        self.checker = checker
        self.steps = 0

    def fold(self, node: tree.Expression, depth: int) -> Any:
        """Give the value of an expression, or raise :class:`_RefusedError`."""
        self.steps += 1
        if self.steps > _STEPS:
            raise _RefusedError("CST-001", f"more than {_STEPS} evaluation steps", node.span)
        if depth > _DEPTH:
            raise _RefusedError("CST-002", f"nested deeper than {_DEPTH}", node.span)
        try:
            return self._fold(node, depth + 1)
        except GuestError as error:
            raise _RefusedError("CST-003", error.message or display(error.value), node.span) from None

    def _fold(self, node: tree.Expression, depth: int) -> Any:
        match node:
            case tree.NilLiteral():
                return None
            case tree.BoolLiteral(value=value) | tree.IntLiteral(value=value) | tree.FloatLiteral(value=value):
                return value
            case tree.StringLiteral(value=text):
                return text
            case tree.DurationLiteral(milliseconds=milliseconds):
                from harnlite.values.types import Duration

                return Duration(milliseconds)
            case tree.ListLiteral(items=items):
                return self._items(items, depth)
            case tree.DictLiteral(entries=entries):
                return self._entries(entries, depth)
            case tree.Unary(operator=operator, operand=operand):
                folded = self.fold(operand, depth)
                return (not truthy(folded)) if operator == "!" else operators.negate(folded)
            case tree.Binary():
                return self._binary(node, depth)
            case tree.Logical(operator=operator, left=left, right=right):
                first = truthy(self.fold(left, depth))
                if first == (operator == "||"):
                    return first
                return truthy(self.fold(right, depth))
            case tree.Coalesce(left=left, right=right):
                first = self.fold(left, depth)
                return self.fold(right, depth) if first is None else first
            case tree.Ternary(condition=condition, then=then, otherwise=otherwise):
                return self.fold(then if truthy(self.fold(condition, depth)) else otherwise, depth)
            case tree.If():
                return self._choice(node, depth)
            case tree.Index(object=target, index=index, optional=False):
                return access.get_index(self.fold(target, depth), self.fold(index, depth))
            case tree.Name(name=name):
                if name in self.checker.constants:
                    return self.checker.constants[name]
                raise _RefusedError("MET-001", f"`{name}` is not a constant", node.span)
            case tree.Call():
                return self._call(node, depth)
            case _:
                raise _RefusedError(
                    "MET-001", f"{_NAMES.get(type(node), 'this expression')} is not constant", node.span
                )

    def _items(self, items: tuple[tree.Expression, ...], depth: int) -> list[Any]:
        folded: list[Any] = []
        for item in items:
            if isinstance(item, tree.Spread):
                spread = self.fold(item.value, depth)
                if type(spread) is not list:
                    raise _RefusedError("MET-001", "a spread of something that is no list is not constant", item.span)
                folded.extend(spread)
            else:
                folded.append(self.fold(item, depth))
        return folded

    def _entries(self, entries: tuple[tree.DictEntry | tree.Spread, ...], depth: int) -> dict[str, Any]:
        folded: dict[str, Any] = {}
        for entry in entries:
            if isinstance(entry, tree.Spread):
                raise _RefusedError("MET-001", "a dict spread is not constant", entry.span)
            key = entry.key if isinstance(entry.key, str) else display(self.fold(entry.key, depth))
            folded[key] = self.fold(entry.value, depth)
        return folded

    def _binary(self, node: tree.Binary, depth: int) -> Any:
        left, links = left_chain(node)
        value = self.fold(left, depth)
        for link in links:
            right = self.fold(link.right, depth)
            value = (_ARITHMETIC.get(link.operator) or _COMPARE[link.operator])(value, right)
        return value

    def _choice(self, node: tree.If, depth: int) -> Any:
        condition = self.fold(node.condition, depth)
        if type(condition) is not bool:
            raise _RefusedError("MET-001", "the condition of a constant `if` must be a bool", node.condition.span)
        branch = node.then if condition else node.otherwise
        if isinstance(branch, tree.If):
            return self._choice(branch, depth + 1)
        if branch is None:
            return None
        if len(branch.statements) == 1 and isinstance(branch.statements[0], tree.ExpressionStatement):
            return self.fold(branch.statements[0].expression, depth)
        raise _RefusedError("MET-001", "a block with statements is not constant", branch.span)

    def _call(self, node: tree.Call, depth: int) -> Any:
        name = node.callee.name
        if name not in _CALLS:
            raise _RefusedError("CST-004", f"`{name}` may not be called in a const initializer", node.span)
        arguments = self._items(node.arguments, depth)
        # Whatever is no builtin is reported as an unknown name.
        return self.checker.table.evaluate(name, arguments) if name in self.checker.builtins else None


_NAMES: dict[type, str] = {
    tree.Closure: "a closure",
    tree.FunctionExpression: "a function",
    tree.Interpolation: "an interpolated string",
    tree.Member: "property access",
    tree.MethodCall: "a method call",
    tree.Match: "`match`",
    tree.Try: "`try`",
    tree.Spawn: "`spawn`",
    tree.Parallel: "`parallel`",
}
