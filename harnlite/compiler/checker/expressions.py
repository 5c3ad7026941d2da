"""Expressions: what type they have, and what is surely wrong in them.

``Checker.infer`` walks every expression exactly once, so that each finding is made once. Left-deep chains (operators,
methods, members) are walked in a loop, for a chain of 10,000 links is a fair program.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harnlite.compiler.checker import calls, matching
from harnlite.compiler.checker.access import infer_access
from harnlite.compiler.checker.annotations import read_type
from harnlite.compiler.checker.chains import left_chain
from harnlite.compiler.checker.context import Checker, FunctionContext
from harnlite.compiler.checker.narrowing import apply_facts, facts_of
from harnlite.compiler.checker.operators import binary_result, comparison_warning, operator_error
from harnlite.compiler.checker.types import (
    ANY,
    BOOL,
    CLOSURE,
    FLOAT,
    INT,
    NIL,
    STRING,
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
    compatible,
    join,
    remove_nil,
    widen,
)
from harnlite.syntax import tree

__all__ = ["EXPRESSIONS", "bind_parameters", "infer_block", "infer_function"]

_RESULT = EnumType("Result")


def infer_block(checker: Checker, block: tree.Block) -> Type:
    """Check a block in a scope of its own and give the type of its last statement."""
    with checker.block():
        return checker.check_statements(block.statements)


def bind_parameters(checker: Checker, parameters: tuple[tree.Parameter, ...]) -> tuple[Type, ...]:
    """Bind parameters in the current scope and give their types; defaults may use earlier ones."""
    kinds: list[Type] = []
    for parameter in parameters:
        if parameter.default is not None:
            checker.infer(parameter.default)
        kind = read_type(parameter.annotation, checker.declarations, checker.function.type_parameters)
        if parameter.rest:
            kind = ListType(kind)
        kinds.append(kind)
        checker.bind(parameter.name, kind, inferred=parameter.annotation is None)
    return tuple(kinds)


def infer_function(checker: Checker, function: Any, parameters: tuple[tree.Parameter, ...], kind: str) -> Type:
    """Check a closure-like body with its parameters."""
    with checker.body(FunctionContext(kind, ANY, checker.function.type_parameters)):
        kinds = bind_parameters(checker, parameters)
        checker.check_statements(function.body.statements)
    if not kinds or any(each.annotation is None or each.default is not None or each.rest for each in parameters):
        return CLOSURE
    return FunctionType(kinds, ANY)


def _infer_name(checker: Checker, node: tree.Name) -> Type:
    name = node.name
    variable = checker.scope.find(name)
    if variable is not None:
        return variable.type
    known = checker.declarations
    if name in known.functions:
        return CLOSURE
    visible = (
        name in known.names
        or name in known.imported
        or name in known.aliases
        or name in known.interfaces
        or name in checker.builtins
        or name in checker.globals
    )
    if not visible and not known.import_failed and name != "_":
        near, hint = calls.suggestion(checker, name), "reading it fails when the program runs"
        if name == "handoff":
            # docs/lifecycle-additions.md: the envelope that is taken over.
            near, hint = "", "it is there under `harnlite handoffs run`; reading it fails in any other run"
        checker.report("NAM-001", f"variable `{name}` is not defined here{near}", node.span, warning=True, hint=hint)
    elif name == "await" and name not in known.names:
        # Commas are optional: `f(await task)` has two arguments.
        message = "`await` stands here as a value"
        checker.report("LNT-001", message, node.span, warning=True, hint="a task is awaited with `await(task)`")
    return ANY


def _infer_interpolation(checker: Checker, node: tree.Interpolation) -> Type:
    for part in node.parts:
        if not isinstance(part, str):
            checker.infer(part)
    return STRING


def _infer_list(checker: Checker, node: tree.ListLiteral) -> Type:
    element: Type | None = None
    for item in node.items:
        found = checker.infer(item)
        if isinstance(item, tree.Spread):
            found = found.element if isinstance(found, ListType) else ANY
        element = widen(found) if element is None else (element if element == widen(found) else ANY)
    return ListType(element or ANY)


def _infer_dict(checker: Checker, node: tree.DictLiteral) -> Type:
    fields: dict[str, FieldType] = {}
    closed = True
    for entry in node.entries:
        if isinstance(entry, tree.Spread):
            checker.infer(entry.value)
            closed = False
            continue
        if not isinstance(entry.key, str):
            checker.infer(entry.key)
            closed = False
        kind = checker.infer(entry.value)
        if isinstance(entry.key, str):
            fields[entry.key] = FieldType(entry.key, widen(kind))
    return ShapeType(tuple(fields[name] for name in sorted(fields))) if closed else DictType(ANY)


def _infer_struct(checker: Checker, node: tree.StructLiteral) -> Type:
    declaration = checker.declarations.structs.get(node.name)
    given = {}
    for field in node.fields:
        key = field.key if isinstance(field.key, str) else ""
        given[key] = (checker.infer(field.value), field)
    if declaration is None:
        if node.name not in checker.declarations.imported and not checker.declarations.import_failed:
            checker.report(
                "TYP-020",
                f"unknown struct type `{node.name}`",
                node.span,
                label="here",
                hint=f"declare `struct {node.name} {{ ... }}`, or put a newline before the `{{`",
            )
        return ANY
    parameters = [parameter.name for parameter in declaration.type_parameters]
    declared = {field.name: field for field in declaration.fields}
    for key, (kind, entry) in given.items():
        if key not in declared:
            checker.report("NAM-004", f"Unknown field '{key}' in struct '{node.name}'", entry.span, warning=True)
            continue
        expected = read_type(declared[key].annotation, checker.declarations, parameters)
        if not compatible(kind, expected):
            checker.report(
                "TYP-009",
                f"field `{key}` in struct `{node.name}`: expected {expected}, found {widen(kind)}",
                entry.value.span,
                label="found this type",
            )
    for name, wanted in declared.items():
        if name not in given and not wanted.optional:
            checker.report(
                "TYP-009", f"Missing field '{name}' in struct '{node.name}' construction", node.span, warning=True
            )
    return StructType(node.name)


def _infer_binary(checker: Checker, node: tree.Binary) -> Type:
    left, links = left_chain(node)
    kind = checker.infer(left)
    for link in links:
        kind = _operation(checker, link, kind, _infer_right(checker, link))
    return kind


def _infer_right(checker: Checker, node: tree.Binary) -> Type:
    """Check the right operand; a chain of ``**``, which nests on the right, from its end."""
    links: list[tuple[tree.Binary, Type]] = []
    while isinstance(node.right, tree.Binary) and node.right.operator == "**":
        node = node.right
        links.append((node, checker.infer(node.left)))
    kind = checker.infer(node.right)
    for link, left in reversed(links):
        kind = _operation(checker, link, left, kind)
    return kind


def _operation(checker: Checker, node: tree.Binary, left: Type, right: Type) -> Type:
    nil_written = isinstance(node.left, tree.NilLiteral) or isinstance(node.right, tree.NilLiteral)
    error = operator_error(node.operator, left, right, nil_written=nil_written)
    if error is not None:
        checker.report(error[0], error[1], node.span, label="here", hint=_conversion_hint(node.operator))
        return ANY
    warning = comparison_warning(node.operator, left, right)
    if warning is not None:
        checker.report("TYP-002", warning, node.span, warning=True)
    return binary_result(node.operator, left, right)


def _conversion_hint(operator: str) -> str:
    return 'convert first: "${value}" gives text, to_int(text) a number' if operator == "+" else ""


def _infer_logical(checker: Checker, node: tree.Logical) -> Type:
    left, links = left_chain(node)
    checker.infer(left)
    with checker.block():
        tested: tree.Expression = left
        for link in links:
            holds, fails = facts_of(checker, tested)
            apply_facts(checker, holds if link.operator == "&&" else fails)
            checker.infer(link.right)
            tested = link.right
    return BOOL


def _infer_coalesce(checker: Checker, node: tree.Coalesce) -> Type:
    left, links = left_chain(node)
    kind = checker.infer(left)
    for link in links:
        right = checker.infer(link.right)
        kind = join(remove_nil(kind), right) if kind != NIL else right
    return kind


def _infer_ternary(checker: Checker, node: tree.Ternary) -> Type:
    kinds: list[Type] = []
    with checker.block():
        otherwise: tree.Expression = node
        while isinstance(otherwise, tree.Ternary):
            checker.infer(otherwise.condition)
            holds, fails = facts_of(checker, otherwise.condition)
            with checker.block():
                apply_facts(checker, holds)
                kinds.append(checker.infer(otherwise.then))
            apply_facts(checker, fails)
            otherwise = otherwise.otherwise
        result = checker.infer(otherwise)
    for kind in reversed(kinds):
        result = join(kind, result)
    return result


def _infer_if(checker: Checker, node: tree.If) -> Type:
    kinds: list[Type] = []
    current: tree.If | tree.Block | None = node
    pending: list[dict[str, Type]] = []
    while isinstance(current, tree.If):
        with checker.block():
            for facts in pending:
                apply_facts(checker, facts)
            checker.infer(current.condition)
            holds, fails = facts_of(checker, current.condition)
            apply_facts(checker, holds)
            kinds.append(infer_block(checker, current.then))
        pending.append(fails)
        current = current.otherwise
    if current is None:
        return ANY
    with checker.block():
        for facts in pending:
            apply_facts(checker, facts)
        kinds.append(infer_block(checker, current))
    result = kinds[0]
    for kind in kinds[1:]:
        result = join(result, kind)
    return result


def _infer_unary(checker: Checker, node: tree.Unary) -> Type:
    operators = {node.operator}
    operand = node.operand
    while isinstance(operand, tree.Unary):
        operators.add(operand.operator)
        operand = operand.operand
    kind = widen(checker.infer(operand))
    if node.operator == "!":
        return BOOL
    return kind if "!" not in operators and kind in (INT, FLOAT) else ANY


def _infer_range(checker: Checker, node: tree.RangeExpression) -> Type:
    checker.infer(node.start)
    checker.infer(node.end)
    return Primitive("range")


def _infer_pipe(checker: Checker, node: tree.Pipe) -> Type:
    spine = [node]
    value: tree.Expression = node.value
    while isinstance(value, tree.Pipe):
        spine.append(value)
        value = value.value
    checker.infer(value)
    for link in reversed(spine):
        with checker.block() as scope:
            scope.names["_"] = calls.unknown_variable()
            checker.infer(link.function)
    return ANY


def _infer_propagate(checker: Checker, node: tree.Propagate) -> Type:
    checker.infer(node.operand)
    return ANY


def _infer_try_star(checker: Checker, node: tree.TryStar) -> Type:
    if checker.function.kind == "module":
        checker.report(
            "RCV-002",
            "try* requires an enclosing function (fn, tool, or pipeline) so the rethrow has a target",
            node.span,
            label="here",
        )
    return checker.infer(node.operand)


def _infer_match(checker: Checker, node: tree.Match) -> Type:
    subject = checker.infer(node.subject)
    matching.check_match(checker, node, subject)
    kinds: list[Type] = []
    for arm in node.arms:
        with checker.block():
            matching.bind_arm(checker, node, arm, subject)
            if arm.guard is not None:
                checker.infer(arm.guard)
            kinds.append(infer_block(checker, arm.body))
    result = kinds[0] if kinds else ANY
    for kind in kinds[1:]:
        result = join(result, kind)
    return result


def _infer_try(checker: Checker, node: tree.Try) -> Type:
    value = infer_block(checker, node.body)
    if node.catch is not None:
        with checker.block():
            if node.catch.name:
                checker.bind(node.catch.name, ANY)
            value = join(value, infer_block(checker, node.catch.body))
    if node.cleanup is not None:
        infer_block(checker, node.cleanup)
    return value if node.catch or node.cleanup else _RESULT


def _infer_retry(checker: Checker, node: tree.Retry) -> Type:
    checker.infer(node.count)
    infer_block(checker, node.body)
    return NIL


def _infer_deadline(checker: Checker, node: tree.Deadline) -> Type:
    checker.infer(node.duration)
    return infer_block(checker, node.body)


def _infer_parallel(checker: Checker, node: tree.Parallel) -> Type:
    checker.infer(node.subject)
    if node.max_concurrent is not None:
        checker.infer(node.max_concurrent)
    variable = (tree.Parameter(node.span, node.variable),) if node.variable else ()
    infer_function(checker, node, variable, "closure")
    return ANY


def _infer_spawn(checker: Checker, node: tree.Spawn) -> Type:
    infer_function(checker, node, (), "closure")
    return Primitive("task_handle")


def _infer_human(checker: Checker, node: tree.HumanCall) -> Type:
    for _, value in node.arguments:
        checker.infer(value)
    return ANY


#: What checks each kind of expression and gives its type.
EXPRESSIONS: dict[type, Callable[[Checker, Any], Type]] = {
    tree.NilLiteral: lambda _c, _n: NIL,
    tree.BoolLiteral: lambda _c, _n: BOOL,
    tree.IntLiteral: lambda _c, n: LiteralType(n.value),
    tree.FloatLiteral: lambda _c, _n: FLOAT,
    tree.DurationLiteral: lambda _c, _n: Primitive("duration"),
    tree.StringLiteral: lambda _c, n: LiteralType(n.value),
    tree.Interpolation: _infer_interpolation,
    tree.Name: _infer_name,
    tree.Spread: lambda c, n: c.infer(n.value),
    tree.ListLiteral: _infer_list,
    tree.DictLiteral: _infer_dict,
    tree.StructLiteral: _infer_struct,
    tree.Unary: _infer_unary,
    tree.Binary: _infer_binary,
    tree.Logical: _infer_logical,
    tree.Coalesce: _infer_coalesce,
    tree.Ternary: _infer_ternary,
    tree.RangeExpression: _infer_range,
    tree.Pipe: _infer_pipe,
    tree.Propagate: _infer_propagate,
    tree.TryStar: _infer_try_star,
    tree.Member: infer_access,
    tree.Index: infer_access,
    tree.Slice: infer_access,
    tree.MethodCall: infer_access,
    tree.Call: calls.infer_call,
    tree.HumanCall: _infer_human,
    tree.Closure: lambda c, n: infer_function(c, n, n.parameters, "closure"),
    tree.FunctionExpression: lambda c, n: infer_function(c, n, n.parameters, "closure"),
    tree.If: _infer_if,
    tree.Match: _infer_match,
    tree.Try: _infer_try,
    tree.Retry: _infer_retry,
    tree.Deadline: _infer_deadline,
    tree.Parallel: _infer_parallel,
    tree.Spawn: _infer_spawn,
}
