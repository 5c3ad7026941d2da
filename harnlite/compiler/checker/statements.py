"""Statements: bindings, assignments, control flow and declarations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harnlite.compiler.analysis import same_function
from harnlite.compiler.checker.annotations import read_type
from harnlite.compiler.checker.attributes import check_attributes
from harnlite.compiler.checker.constants import check_constant
from harnlite.compiler.checker.context import Checker, FunctionContext, Variable
from harnlite.compiler.checker.expressions import bind_parameters, infer_block, infer_function
from harnlite.compiler.checker.lost_values import check_lost
from harnlite.compiler.checker.narrowing import apply_facts, diverges, facts_of
from harnlite.compiler.checker.operators import binary_result, operator_error
from harnlite.compiler.checker.types import (
    ANY,
    CLOSURE,
    NIL,
    UNKNOWN,
    DictType,
    ListType,
    Primitive,
    ShapeType,
    Type,
    compatible,
    explain_mismatch,
    widen,
)
from harnlite.compiler.type_text import type_text
from harnlite.syntax import tree

__all__ = ["check_statements"]

#: Types of the handles that a function with ``emit`` or ``yield`` gives; the checker knows nothing more of them.
_HANDLES = ("Generator", "Stream")
_LEAVING = (tree.Return, tree.Throw, tree.Break, tree.Continue)


def check_statements(checker: Checker, statements: tuple[tree.Statement, ...], *, lost: bool = False) -> Type:
    """Check statements in order and give the type of the last one when it is an expression.

    :param lost: nothing is done with its value.
    """
    value: Type = NIL
    left_at: tree.Statement | None = None
    for statement in statements:
        if left_at is not None:
            checker.report("ORC-008", "unreachable code", statement.span, warning=True)
            left_at = None
        value = ANY
        if isinstance(statement, tree.ExpressionStatement):
            value = checker.infer(statement.expression)
            if lost or statement is not statements[-1]:
                check_lost(checker, statement.expression)
            _after_branch(checker, statement.expression)
        else:
            handler = STATEMENTS.get(type(statement))
            if handler is not None:
                handler(checker, statement)
            if isinstance(statement, _LEAVING) and statement is not statements[-1]:
                left_at = statement
    return value


def _after_branch(checker: Checker, expression: tree.Expression) -> None:
    """``if x == nil { return }``: what follows knows that the condition failed."""
    if isinstance(expression, tree.If) and expression.otherwise is None and diverges(expression.then.statements):
        apply_facts(checker, facts_of(checker, expression.condition)[1])


def _kept_type(kind: Type, keyword: str) -> Type:
    """Give the type a binding keeps: literals widen, and what a ``var`` may still grow into is left open."""
    kind = widen(kind)
    if keyword == "var":
        if isinstance(kind, ListType):
            return ListType(ANY)
        if isinstance(kind, ShapeType | DictType):
            return DictType(ANY)
        if kind == NIL:
            return ANY
    return ANY if kind == NIL else kind


def _exact(kind: Type) -> Type | None:
    """Give the type of an initialiser as messages name it; an empty dict is just a dict."""
    return None if isinstance(kind, ShapeType) and not kind.fields else widen(kind)


def _check_binding(checker: Checker, node: tree.Binding) -> None:
    found = checker.infer(node.value)
    mutable = node.keyword == "var"
    if not isinstance(node.pattern, tree.NamePattern):
        for default in _defaults(node.pattern):
            checker.infer(default)
        checker.bind_pattern(node.pattern, mutable=mutable)
        return
    name = node.pattern.name
    if node.keyword == "const":
        check_constant(checker, name, node.value)
    if node.annotation is None:
        checker.bind(name, _kept_type(found, node.keyword), mutable=mutable, first=_exact(found))
        return
    expected = read_type(node.annotation, checker.declarations, checker.function.type_parameters)
    if not compatible(found, expected):
        detail = explain_mismatch(found, expected)
        checker.report(
            "TYP-007",
            f"{node.keyword} binding `{name}`: expected {expected}, found {widen(found)}{detail}",
            node.value.span,
            label="found this type",
        )
    checker.bind(name, expected, mutable=mutable, inferred=False)


def _defaults(pattern: tree.DictPattern | tree.ListPattern) -> list[tree.Expression]:
    fields = pattern.fields if isinstance(pattern, tree.DictPattern) else pattern.items
    return [field.default for field in fields if field.default is not None]


def _check_assignment(checker: Checker, node: tree.Assignment) -> None:
    found = checker.infer(node.value)
    root = node.target
    while isinstance(root, tree.Member | tree.Index):
        if isinstance(root, tree.Index):
            checker.infer(root.index)
        root = root.object
    if not isinstance(root, tree.Name):
        checker.infer(root)
        return
    variable = checker.scope.find(root.name)
    if variable is None:
        if isinstance(node.target, tree.Name):
            checker.infer(root)
        return
    if not variable.mutable:
        checker.report(
            "OWN-001",
            f"Cannot assign to '{root.name}': variable is immutable (declared with 'let')",
            root.span,
            warning=True,
            hint="assign to a `var`",
        )
    if isinstance(node.target, tree.Name):
        _check_value(checker, node, root.name, variable, found)


def _check_value(checker: Checker, node: tree.Assignment, name: str, variable: Variable, found: Type) -> None:
    if node.operator:
        error = operator_error(node.operator, variable.type, found)
        if error is not None:
            checker.report(error[0], error[1], node.span, label="here")
            return
        found = binary_result(node.operator, variable.type, found)
    if variable.mutable and not compatible(found, variable.declared):
        checker.report(
            "TYP-005",
            f"assignment to `{name}`: expected {variable.first or variable.declared}, found {widen(found)}",
            node.value.span,
            label="found this type",
        )
    checker.scope.forget_narrowing(name)


def _check_for(checker: Checker, node: tree.For) -> None:
    iterable = checker.infer(node.iterable)
    with checker.block():
        if isinstance(node.pattern, tree.NamePattern):
            element: Type = ANY
            if isinstance(iterable, ListType):
                element = iterable.element
            elif iterable == Primitive("range"):
                element = Primitive("int")
            checker.bind(node.pattern.name, element)
        else:
            checker.bind_pattern(node.pattern)
        check_statements(checker, node.body.statements, lost=True)


def _check_while(checker: Checker, node: tree.While) -> None:
    checker.infer(node.condition)
    with checker.block():
        apply_facts(checker, facts_of(checker, node.condition)[0])
        check_statements(checker, node.body.statements, lost=True)


def _check_guard(checker: Checker, node: tree.Guard) -> None:
    checker.infer(node.condition)
    holds, fails = facts_of(checker, node.condition)
    with checker.block():
        apply_facts(checker, fails)
        check_statements(checker, node.body.statements)
    if diverges(node.body.statements):
        apply_facts(checker, holds)


def _check_require(checker: Checker, node: tree.Require) -> None:
    checker.infer(node.condition)
    if node.message is not None:
        checker.infer(node.message)
    apply_facts(checker, facts_of(checker, node.condition)[0])


def _check_return(checker: Checker, node: tree.Return) -> None:
    found = checker.infer(node.value) if node.value is not None else NIL
    expected = checker.function.result
    lost = checker.function.gives_handle and found not in (ANY, UNKNOWN, NIL)
    if node.value is not None and (lost or not compatible(found, expected)):
        checker.report(
            "TYP-004",
            f"return value: expected {expected}, found {widen(found)}{explain_mismatch(found, expected)}",
            node.value.span,
            label="found this type",
        )


def _check_yield(checker: Checker, node: tree.Yield) -> None:
    if node.value is not None:
        checker.infer(node.value)
    if checker.function.kind == "gen":
        checker.report("ORC-002", "`yield` is not a stream emit; use `emit` inside `gen fn`", node.span, label="here")


def _check_emit(checker: Checker, node: tree.Emit) -> None:
    checker.infer(node.value)
    if checker.function.kind != "gen":
        checker.report("ORC-002", "`emit` can only be used inside a `gen fn`", node.span, label="here")


def _check_select(checker: Checker, node: tree.Select) -> None:
    for case in node.cases:
        checker.infer(case.channel)
        with checker.block():
            checker.bind(case.name, ANY)
            check_statements(checker, case.body.statements)
    if node.timeout is not None:
        checker.infer(node.timeout.duration)
        infer_block(checker, node.timeout.body)
    if node.default is not None:
        infer_block(checker, node.default)


def _check_function(checker: Checker, node: tree.FunctionDeclaration) -> None:
    check_attributes(checker, node, node.attributes)
    if checker.at_top_level and node.name == "main":
        _check_main(checker, node)
    if checker.scope.outer is not None or checker.function.kind != "module":
        checker.bind(node.name, CLOSURE)
    _check_function_body(checker, node, "gen" if node.generator else "fn")


def _check_function_body(checker: Checker, node: tree.FunctionDeclaration, kind: str) -> None:
    own = frozenset(parameter.name for parameter in node.type_parameters)
    own |= checker.function.type_parameters
    result = read_type(node.result, checker.declarations, own)
    yields = checker.declarations.has_yields and any(
        isinstance(inner, tree.Yield) for inner in same_function(node.body)
    )
    annotated = isinstance(node.result, tree.NamedType) and node.result.name in _HANDLES
    if kind == "gen" or yields:
        # A value could only get lost: a generator ends with a bare `return` (language.md 10).
        plain = "Stream<any>" if kind == "gen" else "Generator<any>"
        result = Primitive(type_text(node.result) if annotated and node.result is not None else plain)
    elif annotated:
        result = ANY
    with checker.body(FunctionContext(kind, result, own, kind == "gen" or yields)):
        bind_parameters(checker, node.parameters)
        check_statements(checker, node.body.statements, lost=True)


def _check_main(checker: Checker, node: tree.FunctionDeclaration) -> None:
    if checker.has_pipeline:
        return
    parameters = node.parameters
    message = ""
    if not parameters:
        message = "`main` must take a single `harness: Harness` parameter"
    elif len(parameters) > 1:
        message = f"`main` must take exactly one parameter (`harness: Harness`), found {len(parameters)}"
    elif parameters[0].name not in ("harness", "_harness"):
        message = f"`main` parameter is named `{parameters[0].name}`, expected `harness` or `_harness`"
    elif parameters[0].annotation is None:
        message = "`main(harness: Harness)` requires an explicit `Harness` type annotation"
    else:
        written = parameters[0].annotation
        if not (isinstance(written, tree.NamedType) and written.name == "Harness"):
            shown = checker.source.text[written.span.start : written.span.end]
            message = f"`main(harness: …)` parameter type must be `Harness`, found `{shown}`"
    if message:
        checker.report("NAM-101", message, node.span, hint="write `fn main(harness: Harness) { ... }`")


def _check_tool(checker: Checker, node: tree.ToolDeclaration) -> None:
    check_attributes(checker, node, node.attributes)
    result = read_type(node.result, checker.declarations)
    with checker.body(FunctionContext("tool", result)):
        bind_parameters(checker, node.parameters)
        check_statements(checker, node.body.statements)
    checker.bind(node.name, ANY)


def _check_pipeline(checker: Checker, node: tree.PipelineDeclaration) -> None:
    check_attributes(checker, node, node.attributes)
    result = read_type(node.result, checker.declarations)
    with checker.body(FunctionContext("pipeline", result)) as scope:
        for name in node.parameters:
            scope.names.setdefault(name, Variable(ANY, ANY))
        check_statements(checker, node.body.statements)


def _check_struct(checker: Checker, node: tree.StructDeclaration) -> None:
    check_attributes(checker, node, node.attributes)


def _check_impl(checker: Checker, node: tree.ImplDeclaration) -> None:
    for method in node.methods:
        _check_function_body(checker, method, "gen" if method.generator else "fn")


def _check_entries(checker: Checker, node: tree.SkillDeclaration | tree.EvalPackDeclaration) -> None:
    for _, value in node.entries:
        checker.infer(value)
    checker.bind(node.name, ANY)


#: What checks each kind of statement but expressions.
STATEMENTS: dict[type, Callable[[Checker, Any], object]] = {
    tree.Binding: _check_binding,
    tree.Assignment: _check_assignment,
    tree.For: _check_for,
    tree.While: _check_while,
    tree.Guard: _check_guard,
    tree.Require: _check_require,
    tree.Return: _check_return,
    tree.Throw: lambda c, n: c.infer(n.value),
    tree.Yield: _check_yield,
    tree.Emit: _check_emit,
    tree.Select: _check_select,
    tree.Mutex: lambda c, n: infer_block(c, n.body),
    tree.Defer: lambda c, n: infer_block(c, n.body),
    tree.FunctionDeclaration: _check_function,
    tree.ToolDeclaration: _check_tool,
    tree.PipelineDeclaration: _check_pipeline,
    tree.StructDeclaration: _check_struct,
    tree.ImplDeclaration: _check_impl,
    tree.SkillDeclaration: _check_entries,
    tree.EvalPackDeclaration: _check_entries,
    tree.OverrideDeclaration: lambda c, n: infer_function(c, n, (), "fn"),
}
