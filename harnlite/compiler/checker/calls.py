"""Calls by name: known targets, argument counts and types, generics, ``unreachable``."""

from __future__ import annotations

from collections.abc import Iterable

from harnlite.compiler.checker.annotations import read_type, signature_type
from harnlite.compiler.checker.context import BuiltinSignature, Checker, Variable
from harnlite.compiler.checker.declarations import FunctionInfo
from harnlite.compiler.checker.generics import check_bounds
from harnlite.compiler.checker.types import (
    ANY,
    BOOL,
    CLOSURE,
    INT,
    STRING,
    UNKNOWN,
    ListType,
    Type,
    compatible,
    explain_mismatch,
    widen,
)
from harnlite.diagnostics.suggest import nearest
from harnlite.syntax import tree

__all__ = ["infer_arguments", "infer_call", "nearest_hint", "suggestion", "unknown_variable"]

#: Builtins whose result type is certain; the others may give nil or several types.
_RESULTS: dict[str, Type] = {
    "len": INT,
    "to_string": STRING,
    "type_of": STRING,
    "lowercase": STRING,
    "uppercase": STRING,
    "trim": STRING,
    "format": STRING,
    "join": STRING,
    "json_stringify": STRING,
    "contains": BOOL,
    "is_ok": BOOL,
    "is_err": BOOL,
    "keys": ListType(STRING),
}


def unknown_variable() -> Variable:
    """Give a variable of which nothing is known."""
    return Variable(ANY, ANY)


def nearest_hint(name: str, candidates: Iterable[str]) -> str:
    """Give ``did you mean ...`` as a hint, or ``""``."""
    found = nearest(name, candidates)
    return f"did you mean `{found}`?" if found else ""


def suggestion(checker: Checker, name: str) -> str:
    """Give `` — did you mean `x`?`` for a name that is nowhere defined, or ``""``."""
    known = checker.declarations
    globals_ = (known_name for known_name in checker.globals if len(known_name) > 1)
    candidates = {*known.names, *known.imported, *checker.builtins, *globals_, *checker.scope.visible()}
    found = nearest(name, sorted(candidates))
    return f" — did you mean `{found}`?" if found else ""


def infer_arguments(checker: Checker, arguments: tuple[tree.Expression, ...]) -> list[Type] | None:
    """Check arguments; give their types, or None when a spread hides how many there are."""
    kinds = [checker.infer(argument) for argument in arguments]
    return None if any(isinstance(argument, tree.Spread) for argument in arguments) else kinds


def infer_call(checker: Checker, node: tree.Call) -> Type:
    """Check ``name(arguments)`` and give the type of its value."""
    name = node.callee.name
    kinds = infer_arguments(checker, node.arguments)
    known = checker.declarations
    variable = checker.scope.find(name)
    function = known.functions.get(name)
    if function is not None and name not in known.ambiguous and (variable is None or variable.type == CLOSURE):
        return _check_function_call(checker, node, function, kinds)
    if variable is not None or name in known.names or name in known.imported or name in known.structs:
        return ANY
    if name in checker.builtins:
        if kinds is not None and not checker.table.is_loose(name):
            _check_builtin_call(checker, node, checker.table.signature(name), kinds)
        if name == "unreachable" and kinds:
            _check_unreachable(checker, node, kinds[0])
        return _RESULTS.get(name, ANY)
    if not known.import_failed:
        checker.report(
            "NAM-002",
            f"call target `{name}` is not defined or imported{suggestion(checker, name)}",
            node.callee.span,
            label="here",
        )
    return ANY


def _check_unreachable(checker: Checker, node: tree.Call, kind: Type) -> None:
    if kind not in (ANY, UNKNOWN) and isinstance(node.arguments[0], tree.Name):
        checker.report("MAT-001", f"`unreachable()` argument has type `{kind}`; not every case is handled", node.span)


def _check_function_call(checker: Checker, node: tree.Call, function: FunctionInfo, kinds: list[Type] | None) -> Type:
    if function.deprecated is not None:
        checker.report(
            "NAM-009", f"`{function.name}` is deprecated{function.deprecated}", node.callee.span, warning=True
        )
    declarations = checker.declarations
    generic = dict.fromkeys(function.type_parameters, ANY)
    result = read_type(function.result, declarations, function.type_parameters)
    if function.generator:
        result = ANY
    if kinds is None:
        return result
    count = len(kinds)
    if count < function.required or (not function.has_rest and count > len(function.parameters)):
        noun = "argument" if function.expected_count in ("1", "at least 1") else "arguments"
        checker.report(
            "ORC-001",
            f"Function '{function.name}' expects {function.expected_count} {noun}, got {count}",
            node.span,
            warning=True,
        )
        return result
    bound: dict[str, Type] = {}
    for index, kind in enumerate(kinds):
        parameter = function.parameters[min(index, len(function.parameters) - 1)]
        expected = read_type(parameter.annotation, declarations, function.type_parameters)
        argument = node.arguments[index]
        if not compatible(kind, expected):
            checker.report(
                "TYP-006",
                f"argument {index + 1} `{parameter.name}`: expected {expected}, found {widen(kind)}"
                f"{explain_mismatch(kind, expected)}",
                argument.span,
                label="found this type",
            )
        elif generic and not _bind_generic(checker, parameter.annotation, kind, bound, generic, argument):
            return result
    check_bounds(checker, function, bound, node.span)
    return _substitute(function, bound, result)


def _bind_generic(
    checker: Checker,
    written: tree.TypeExpression | None,
    kind: Type,
    bound: dict[str, Type],
    generic: dict[str, Type],
    argument: tree.Expression,
) -> bool:
    """Remember what a type parameter stands for; two different answers are an error."""
    if (
        isinstance(written, tree.NamedType)
        and written.name == "list"
        and written.arguments
        and isinstance(kind, ListType)
    ):
        return _bind_generic(checker, written.arguments[0], kind.element, bound, generic, argument)
    if not isinstance(written, tree.NamedType) or written.name not in generic or widen(kind) == ANY:
        return True
    earlier = bound.setdefault(written.name, widen(kind))
    if compatible(kind, earlier) or compatible(earlier, widen(kind)):
        return True
    checker.report(
        "TYP-006",
        f"type parameter '{written.name}' was inferred as both {earlier} and {widen(kind)}",
        argument.span,
        label="found this type",
    )
    return False


def _substitute(function: FunctionInfo, bound: dict[str, Type], result: Type) -> Type:
    written = function.result
    if isinstance(written, tree.NamedType) and written.name in bound:
        return bound[written.name]
    return result


def _check_builtin_call(checker: Checker, node: tree.Call, signature: BuiltinSignature, kinds: list[Type]) -> None:
    parameters = signature.parameters
    rest = bool(parameters) and parameters[-1].rest
    least = sum(1 for p in parameters if not p.optional and not p.rest)
    name = node.callee.name
    if len(kinds) < least or (not rest and len(kinds) > len(parameters)):
        expected = (
            f"at least {least}" if rest else str(least) if least == len(parameters) else f"{least}-{len(parameters)}"
        )
        noun = "argument" if expected in ("1", "at least 1") else "arguments"
        checker.report(
            "STD-003",
            f"Builtin function '{name}' expects {expected} {noun}, got {len(kinds)}",
            node.span,
            warning=True,
        )
        return
    for index, kind in enumerate(kinds):
        parameter = parameters[min(index, len(parameters) - 1)]
        expected_type = signature_type(parameter.types)
        if parameter.optional and str(kind) == "nil":
            continue
        if not compatible(kind, expected_type):
            checker.report(
                "TYP-006",
                f"argument {index + 1} `{parameter.name}`: expected {expected_type}, found {widen(kind)}",
                node.arguments[index].span,
                label="found this type",
            )
