"""Judges what the grammar accepts but the language does not (docs/reference/language.md 2.2).

Takes a parsed program, gives diagnostics. Only rules about form are here: names and types are the compiler's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from harnlite.diagnostics import Diagnostic
from harnlite.source import Source, Span
from harnlite.syntax import tree
from harnlite.syntax.tree import Node, Program

__all__ = ["check"]

_SEPARATOR: Final = "separator (`;` or newline)"


class _Finding(NamedTuple):
    span: Span
    message: str
    label: str
    help: str = ""


def check(nodes: list[Node], program: Program, source: Source) -> list[Diagnostic]:
    """Give the errors of form in a program, in the order of the text.

    :param nodes: the nodes of the program that have rules here.
    """
    top_level = {id(statement) for statement in program.statements}
    found: list[_Finding] = []
    for node in nodes:
        kind = type(node)
        if kind is tree.Assignment:
            found += _assignment(node, source, "top-level item" if id(node) in top_level else "statement")
        elif kind in _RULES:
            found += _RULES[kind](node, source)
    return [
        Diagnostic("HARN-PAR-001", item.message, source, item.span, label=item.label, help=item.help)
        for item in sorted(found)
    ]


def _assignment(node: Any, source: Source, place: str) -> Iterator[_Finding]:
    target = node.target
    if isinstance(target, tree.Name):
        return
    if isinstance(target, (tree.Member, tree.Index)) and not target.optional:
        return
    text = source.text
    at = target.span.end
    # The sign is found in the text: parentheses may stand between it and the target's span.
    while at < node.value.span.start and text[at] not in "=+-*/%":
        at += 1
    sign = f"{node.operator}="
    yield _Finding(
        Span(at, at + len(sign)),
        f"expected {place} {_SEPARATOR}, found {sign}",
        "cannot be assigned to what stands before",
        "only a name, `x.name` or `x[index]` can be assigned",
    )


def _parameters(node: Any, _source: Source) -> Iterator[_Finding]:
    default_seen = False
    last = len(node.parameters) - 1
    for at, parameter in enumerate(node.parameters):
        if parameter.rest:
            if at < last:
                yield _Finding(parameter.span, "Rest parameter must be the last parameter", "not the last")
        elif parameter.default is not None:
            default_seen = True
        elif default_seen:
            message = "Required parameter cannot follow a parameter with a default value"
            yield _Finding(parameter.span, message, "has no default")


def _parallel(node: Any, _source: Source) -> Iterator[_Finding]:
    if node.as_stream and node.kind != "each":
        at = node.body.span.end
        yield _Finding(Span(at, node.span.end), "`as stream` may follow `parallel each` only", "not allowed here")


def _select(node: Any, _source: Source) -> Iterator[_Finding]:
    if not node.cases:
        message = "select needs at least one case, `name from channel { ... }`"
        yield _Finding(node.span, message, "no case")


_RULES: Final[dict[type[tree.Node], Callable[[Any, Source], Iterator[_Finding]]]] = {
    tree.FunctionDeclaration: _parameters,
    tree.FunctionExpression: _parameters,
    tree.Closure: _parameters,
    tree.ToolDeclaration: _parameters,
    tree.InterfaceMethod: _parameters,
    tree.Variant: _parameters,
    tree.Parallel: _parallel,
    tree.Select: _select,
}
"""The rules for each kind of node but assignments, which need to know where they stand."""
