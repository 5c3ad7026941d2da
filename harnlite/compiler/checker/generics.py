"""Type parameters: counts of arguments, declared variance, bounds of ``where`` (language.md 8.1)."""

from __future__ import annotations

from harnlite.compiler.checker.context import Checker
from harnlite.compiler.checker.declarations import FunctionInfo
from harnlite.compiler.checker.types import ListType, ShapeType, StructType, Type, is_primitive
from harnlite.source import Span
from harnlite.syntax import tree

__all__ = ["check_bounds", "check_written_types"]


def check_written_types(checker: Checker) -> None:
    """Check every written type of a file and the variance of its interfaces."""
    for written in checker.declarations.applied_types:
        _check_count(checker, written)
    for interface in checker.declarations.local_interfaces:
        _check_variance(checker, interface)


def _check_count(checker: Checker, node: tree.NamedType) -> None:
    known = checker.declarations
    declaration = (
        known.structs.get(node.name)
        or known.enums.get(node.name)
        or known.aliases.get(node.name)
        or known.interfaces.get(node.name)
    )
    if declaration is None or len(declaration.type_parameters) == len(node.arguments):
        return
    count = len(declaration.type_parameters)
    noun = "argument" if count == 1 else "arguments"
    checker.report("TYP-013", f"type '{node.name}' expects {count} type {noun}, got {len(node.arguments)}", node.span)


def _check_variance(checker: Checker, node: tree.InterfaceDeclaration) -> None:
    for parameter in node.type_parameters:
        for method in node.methods:
            if parameter.variance == "out":
                places, word = [p.annotation for p in method.parameters], "an input"
            elif parameter.variance == "in":
                places, word = [method.result], "an output"
            else:
                continue
            if any(_mentions(place, parameter.name) for place in places):
                checker.report(
                    "TYP-012",
                    f"type parameter '{parameter.name}' is declared '{parameter.variance}' "
                    f"but used in {word} position of `{method.name}`",
                    method.span,
                )


def _mentions(written: tree.TypeExpression | None, name: str) -> bool:
    return written is not None and any(isinstance(n, tree.NamedType) and n.name == name for n in tree.walk(written))


def check_bounds(checker: Checker, function: FunctionInfo, bound: dict[str, Type], place: Span) -> None:
    """Check what the type parameters of a call stand for against the function's ``where`` clause."""
    for clause in function.where:
        kind = bound.get(clause.parameter)
        interface = checker.declarations.interfaces.get(clause.interface)
        if kind is None or interface is None:
            continue
        if isinstance(kind, StructType):
            methods = checker.declarations.impls.get(kind.name, set())
            missing = [method.name for method in interface.methods if method.name not in methods]
            if not missing or kind.name not in checker.declarations.local_structs:
                continue
            reason = f"missing method '{missing[0]}'"
        elif is_primitive(kind) or isinstance(kind, ListType | ShapeType):
            reason = "only structs have methods of their own"
        else:
            continue
        checker.report(
            "TYP-015",
            f"type '{kind}' does not satisfy interface '{clause.interface}' required for type parameter "
            f"'{clause.parameter}': {reason}",
            place,
        )
