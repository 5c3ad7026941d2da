"""What a condition tells of the names in it (language.md 8.3): nil tests, truthiness, ``type_of``, ``&& || !``."""

from __future__ import annotations

from collections.abc import Iterable

from harnlite.compiler.checker.context import Checker
from harnlite.compiler.checker.types import (
    ANY,
    NIL,
    DictType,
    ListType,
    LiteralType,
    Primitive,
    ShapeType,
    Type,
    UnionType,
    remove_nil,
    union,
    widen,
)
from harnlite.records import evolve
from harnlite.syntax import tree

__all__ = ["Facts", "apply_facts", "diverges", "facts_of"]

#: What is known of names when a condition holds.
Facts = dict[str, Type]

_TYPE_NAMES = frozenset({"int", "float", "string", "bool", "nil", "list", "dict", "set", "range", "duration", "bytes"})


def facts_of(checker: Checker, condition: tree.Expression) -> tuple[Facts, Facts]:
    """Give what is known when the condition holds, and when it does not."""
    links: list[tree.Logical] = []
    while isinstance(condition, tree.Logical):
        links.append(condition)
        condition = condition.left
    holds, fails = _simple_facts(checker, condition)
    for link in reversed(links):
        right_holds, right_fails = facts_of(checker, link.right)
        if link.operator == "&&":
            holds, fails = {**holds, **right_holds}, {}
        else:
            holds, fails = {}, {**fails, **right_fails}
    return holds, fails


def _simple_facts(checker: Checker, condition: tree.Expression) -> tuple[Facts, Facts]:
    if isinstance(condition, tree.Unary):
        negated = False
        while isinstance(condition, tree.Unary) and condition.operator == "!":
            negated = not negated
            condition = condition.operand
        holds, fails = ({}, {}) if isinstance(condition, tree.Unary) else facts_of(checker, condition)
        return (fails, holds) if negated else (holds, fails)
    match condition:
        case tree.Binary(operator="==" | "!=", left=left, right=right):
            holds, fails = _equality_facts(checker, left, right)
            return (holds, fails) if condition.operator == "==" else (fails, holds)
        case tree.Name(name=name):
            known = _type_of_name(checker, name)
            return ({name: remove_nil(known)}, {}) if isinstance(known, UnionType) else ({}, {})
        case _:
            return {}, {}


def _type_of_name(checker: Checker, name: str) -> Type:
    variable = checker.scope.find(name)
    return variable.type if variable else ANY


def _equality_facts(checker: Checker, left: tree.Expression, right: tree.Expression) -> tuple[Facts, Facts]:
    if isinstance(left, tree.NilLiteral | tree.StringLiteral):
        left, right = right, left
    if isinstance(left, tree.Name):
        known = _type_of_name(checker, left.name)
        if isinstance(right, tree.StringLiteral) and known == LiteralType(right.value):
            # The last one left: behind it nothing is, which is not known rather than wrong.
            return {}, {left.name: ANY}
        if not isinstance(known, UnionType):
            return {}, {}
        if isinstance(right, tree.NilLiteral):
            return {left.name: NIL}, {left.name: remove_nil(known)}
        if isinstance(right, tree.StringLiteral):
            literal = LiteralType(right.value)
            if literal in known.members:
                return {left.name: literal}, {left.name: union([m for m in known.members if m != literal])}
    if isinstance(left, tree.Call) and left.callee.name == "type_of" and isinstance(right, tree.StringLiteral):
        return _type_of_facts(checker, left.arguments, right.value)
    return {}, {}


def _type_of_facts(checker: Checker, arguments: tuple[tree.Expression, ...], name: str) -> tuple[Facts, Facts]:
    if len(arguments) != 1 or not isinstance(arguments[0], tree.Name) or name not in _TYPE_NAMES:
        return {}, {}
    variable = arguments[0].name
    known = _type_of_name(checker, variable)
    if not isinstance(known, UnionType):
        return {variable: _named(name)}, ({variable: ANY} if _tag(known) == name else {})
    inside = [member for member in known.members if _tag(member) == name]
    outside = [member for member in known.members if _tag(member) != name]
    return (
        {variable: union(inside) if inside else _named(name)},
        {variable: union(outside)} if outside else {},
    )


def _named(name: str) -> Type:
    if name == "list":
        return ListType(ANY)
    return DictType(ANY) if name == "dict" else Primitive(name)


def _tag(kind: Type) -> str:
    if isinstance(kind, ListType):
        return "list"
    if isinstance(kind, DictType | ShapeType):
        return "dict"
    return str(widen(kind))


def apply_facts(checker: Checker, facts: Facts) -> None:
    """Shadow narrowed names in the current scope; assignment still sees what they were declared as."""
    for name, kind in facts.items():
        variable = checker.scope.find(name)
        if variable is not None and variable.declared != ANY and not checker.at_top_level:
            checker.scope.names[name] = evolve(variable, type=kind)


def diverges(statements: Iterable[tree.Statement]) -> bool:
    """Tell whether a block surely leaves by return, throw, break or continue."""
    for statement in statements:
        match statement:
            case tree.Return() | tree.Throw() | tree.Break() | tree.Continue():
                return True
            case tree.ExpressionStatement(expression=tree.If() as choice):
                if _if_diverges(choice):
                    return True
            case tree.ExpressionStatement(expression=tree.Call(callee=tree.Name(name="exit" | "unreachable"))):
                return True
    return False


def _if_diverges(choice: tree.If) -> bool:
    while True:
        if not diverges(choice.then.statements):
            return False
        match choice.otherwise:
            case None:
                return False
            case tree.Block(statements=statements):
                return diverges(statements)
            case tree.If() as chained:
                choice = chained
