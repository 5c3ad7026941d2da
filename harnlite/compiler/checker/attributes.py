"""Attributes: known names on the right declarations (language.md 3.5, 8.2)."""

from __future__ import annotations

from harnlite.compiler.checker.context import Checker
from harnlite.diagnostics.suggest import nearest
from harnlite.syntax import tree

__all__ = ["check_attributes"]

_KNOWN = frozenset(
    {
        "acp_skill", "acp_tool", "budget", "complexity", "cost", "deprecated", "effects", "handler", "invariant",
        "job", "persona", "route", "stage", "step", "stream", "test", "tool", "trigger",
    }
)  # fmt: skip
_ON_FUNCTIONS = frozenset({"deprecated", "invariant", "complexity"})


def check_attributes(checker: Checker, node: tree.Statement, attributes: tuple[tree.Attribute, ...]) -> None:
    """Warn of attributes that mean nothing here; they are ignored when the program runs."""
    for attribute in attributes:
        if attribute.name not in _KNOWN:
            near = nearest(attribute.name, _KNOWN)
            checker.report(
                "NAM-003",
                f"unknown attribute `@{attribute.name}`",
                attribute.span,
                warning=True,
                hint=f"did you mean `@{near}`?" if near else "",
            )
        elif attribute.name in _ON_FUNCTIONS and not isinstance(
            node, tree.FunctionDeclaration | tree.ToolDeclaration | tree.PipelineDeclaration
        ):
            checker.report("NAM-011", f"`@{attribute.name}` applies only to functions", attribute.span, warning=True)
        elif attribute.name == "deprecated":
            _check_deprecated(checker, attribute)


def _check_deprecated(checker: Checker, attribute: tree.Attribute) -> None:
    for key, value in attribute.arguments:
        if key not in ("since", "use") or not isinstance(value, str):
            checker.report(
                "NAM-012", '`@deprecated` takes `since: "..."` and `use: "..."`', attribute.span, warning=True
            )
