"""Expressions: what type they have, and what is surely wrong in them.

:func:`infer` walks every expression exactly once, so that each finding is made once. Left-deep chains (operators,
methods, members) are walked in a loop, for a chain of 10,000 links is a fair program.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harnlite.compiler.checker import calls, matching
from harnlite.compiler.checker.annotations import read_type
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
    ListType,
    LiteralType,
    Primitive,
    ShapeType,
    StructType,
    Type,
    UnionType,
    compatible,
    join,
    remove_nil,
    widen,
)
from harnlite.syntax import tree

__all__ = ["infer", "infer_block", "infer_function"]

_RESULT = EnumType("Result")
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


def infer(checker: Checker, expression: tree.Expression) -> Type:
    """Check an expression and give its type."""
    handler = _HANDLERS.get(type(expression))
    return handler(checker, expression) if handler else ANY


def infer_block(checker: Checker, block: tree.Block) -> Type:
    """Check a block in a scope of its own and give the type of its last statement."""
    from harnlite.compiler.checker.statements import check_statements

    with checker.block():
        return check_statements(checker, block.statements)


def infer_function(checker: Checker, function: Any, parameters: tuple[tree.Parameter, ...], kind: str) -> Type:
    """Check a closure-like body with its parameters."""
    from harnlite.compiler.checker.statements import bind_parameters, check_statements

    with checker.body(FunctionContext(kind, ANY, checker.function.type_parameters)):
        bind_parameters(checker, parameters)
        check_statements(checker, function.body.statements)
    return CLOSURE


def _infer_name(checker: Checker, node: tree.Name) -> Type:
    name = node.name
    variable = checker.scope.find(name)
    if variable is not None:
        return variable.type
    known = checker.declarations
    if name in known.functions:
        return CLOSURE
    visible = name in known.names or name in known.imported or name in checker.builtins or name in checker.globals
    if not visible and not known.import_failed and name != "_":
        checker.report(
            "NAM-001",
            f"variable `{name}` is not defined here{calls.suggestion(checker, name)}",
            node.span,
            warning=True,
            hint="reading it fails when the program runs",
        )
    return ANY


def _infer_interpolation(checker: Checker, node: tree.Interpolation) -> Type:
    for part in node.parts:
        if not isinstance(part, str):
            infer(checker, part)
    return STRING


def _infer_list(checker: Checker, node: tree.ListLiteral) -> Type:
    element: Type | None = None
    for item in node.items:
        found = infer(checker, item)
        if isinstance(item, tree.Spread):
            found = found.element if isinstance(found, ListType) else ANY
        element = widen(found) if element is None else (element if element == widen(found) else ANY)
    return ListType(element or ANY)


def _infer_dict(checker: Checker, node: tree.DictLiteral) -> Type:
    fields: dict[str, FieldType] = {}
    closed = True
    for entry in node.entries:
        if isinstance(entry, tree.Spread):
            infer(checker, entry.value)
            closed = False
            continue
        if not isinstance(entry.key, str):
            infer(checker, entry.key)
            closed = False
        kind = infer(checker, entry.value)
        if isinstance(entry.key, str):
            fields[entry.key] = FieldType(entry.key, widen(kind))
    return ShapeType(tuple(fields[name] for name in sorted(fields))) if closed else DictType(ANY)


def _infer_struct(checker: Checker, node: tree.StructLiteral) -> Type:
    declaration = checker.declarations.structs.get(node.name)
    given = {}
    for field in node.fields:
        key = field.key if isinstance(field.key, str) else ""
        given[key] = (infer(checker, field.value), field)
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
    spine = [node]
    left: tree.Expression = node.left
    while isinstance(left, tree.Binary):
        spine.append(left)
        left = left.left
    kind = infer(checker, left)
    for link in reversed(spine):
        right = infer(checker, link.right)
        error = operator_error(link.operator, kind, right)
        if error is not None:
            checker.report(error[0], error[1], link.span, label="here", hint=_conversion_hint(link.operator))
            kind = ANY
            continue
        warning = comparison_warning(link.operator, kind, right)
        if warning is not None:
            checker.report("TYP-002", warning, link.span, warning=True)
        kind = binary_result(link.operator, kind, right)
    return kind


def _conversion_hint(operator: str) -> str:
    return 'convert first: "${value}" gives text, to_int(text) a number' if operator == "+" else ""


def _infer_logical(checker: Checker, node: tree.Logical) -> Type:
    spine: list[tree.Logical] = [node]
    left: tree.Expression = node.left
    while isinstance(left, tree.Logical):
        spine.append(left)
        left = left.left
    infer(checker, left)
    with checker.block():
        tested: tree.Expression = left
        for link in reversed(spine):
            holds, fails = facts_of(checker, tested)
            apply_facts(checker, holds if link.operator == "&&" else fails)
            infer(checker, link.right)
            tested = link.right
    return BOOL


def _infer_coalesce(checker: Checker, node: tree.Coalesce) -> Type:
    left = infer(checker, node.left)
    right = infer(checker, node.right)
    return join(remove_nil(left), right) if left != NIL else right


def _infer_ternary(checker: Checker, node: tree.Ternary) -> Type:
    infer(checker, node.condition)
    holds, fails = facts_of(checker, node.condition)
    with checker.block():
        apply_facts(checker, holds)
        then = infer(checker, node.then)
    with checker.block():
        apply_facts(checker, fails)
        otherwise = infer(checker, node.otherwise)
    return join(then, otherwise)


def _infer_if(checker: Checker, node: tree.If) -> Type:
    kinds: list[Type] = []
    current: tree.If | tree.Block | None = node
    pending: list[dict[str, Type]] = []
    while isinstance(current, tree.If):
        with checker.block():
            for facts in pending:
                apply_facts(checker, facts)
            infer(checker, current.condition)
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
    kind = infer(checker, node.operand)
    if node.operator == "!":
        return BOOL
    return widen(kind) if widen(kind) in (INT, FLOAT) else ANY


def _infer_range(checker: Checker, node: tree.RangeExpression) -> Type:
    infer(checker, node.start)
    infer(checker, node.end)
    return Primitive("range")


def _infer_pipe(checker: Checker, node: tree.Pipe) -> Type:
    spine = [node]
    value: tree.Expression = node.value
    while isinstance(value, tree.Pipe):
        spine.append(value)
        value = value.value
    infer(checker, value)
    for link in reversed(spine):
        with checker.block() as scope:
            scope.names["_"] = calls.unknown_variable()
            infer(checker, link.function)
    return ANY


def _infer_propagate(checker: Checker, node: tree.Propagate) -> Type:
    infer(checker, node.operand)
    return ANY


def _infer_try_star(checker: Checker, node: tree.TryStar) -> Type:
    if checker.function.kind == "module":
        checker.report(
            "RCV-002",
            "try* requires an enclosing function (fn, tool, or pipeline) so the rethrow has a target",
            node.span,
            label="here",
        )
    return infer(checker, node.operand)


def _infer_access(checker: Checker, node: tree.Expression) -> Type:
    """Walk a chain of members, indices, slices and method calls from its root outwards."""
    spine: list[tree.Expression] = []
    root: tree.Expression = node
    while isinstance(root, tree.Member | tree.Index | tree.Slice | tree.MethodCall):
        spine.append(root)
        root = root.object
    enum = _enum_of(checker, root)
    kind = ANY if enum else infer(checker, root)
    for step, link in enumerate(reversed(spine)):
        first = step == 0
        if isinstance(link, tree.Member):
            kind = EnumType(enum) if enum and first else _member_type(checker, link, kind)
        elif isinstance(link, tree.Index):
            index = infer(checker, link.index)
            kind = _index_type(link, kind, index)
        elif isinstance(link, tree.Slice):
            for bound in (link.start, link.end):
                if bound is not None:
                    infer(checker, bound)
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


def _infer_match(checker: Checker, node: tree.Match) -> Type:
    subject = infer(checker, node.subject)
    matching.check_match(checker, node, subject)
    kinds: list[Type] = []
    for arm in node.arms:
        with checker.block():
            matching.bind_arm(checker, node, arm, subject)
            if arm.guard is not None:
                infer(checker, arm.guard)
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
    infer(checker, node.count)
    infer_block(checker, node.body)
    return NIL


def _infer_deadline(checker: Checker, node: tree.Deadline) -> Type:
    infer(checker, node.duration)
    return infer_block(checker, node.body)


def _infer_parallel(checker: Checker, node: tree.Parallel) -> Type:
    infer(checker, node.subject)
    if node.max_concurrent is not None:
        infer(checker, node.max_concurrent)
    variable = (tree.Parameter(node.span, node.variable),) if node.variable else ()
    infer_function(checker, node, variable, "closure")
    return ANY


def _infer_spawn(checker: Checker, node: tree.Spawn) -> Type:
    infer_function(checker, node, (), "closure")
    return Primitive("task_handle")


def _infer_human(checker: Checker, node: tree.HumanCall) -> Type:
    for _, value in node.arguments:
        infer(checker, value)
    return ANY


_HANDLERS: dict[type, Callable[[Checker, Any], Type]] = {
    tree.NilLiteral: lambda _c, _n: NIL,
    tree.BoolLiteral: lambda _c, _n: BOOL,
    tree.IntLiteral: lambda _c, n: LiteralType(n.value),
    tree.FloatLiteral: lambda _c, _n: FLOAT,
    tree.DurationLiteral: lambda _c, _n: Primitive("duration"),
    tree.StringLiteral: lambda _c, n: LiteralType(n.value),
    tree.Interpolation: _infer_interpolation,
    tree.Name: _infer_name,
    tree.Spread: lambda c, n: infer(c, n.value),
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
    tree.Member: _infer_access,
    tree.Index: _infer_access,
    tree.Slice: _infer_access,
    tree.MethodCall: _infer_access,
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
