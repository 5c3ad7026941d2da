"""The entry point: a whole file checked, findings in the order of the source."""

from __future__ import annotations

from harnlite.compiler.checker.context import BuiltinTable, Checker
from harnlite.compiler.checker.declarations import collect
from harnlite.compiler.checker.expressions import EXPRESSIONS
from harnlite.compiler.checker.generics import check_written_types
from harnlite.compiler.checker.statements import check_statements
from harnlite.compiler.interfaces import Environment
from harnlite.diagnostics import Diagnostic
from harnlite.source import Source
from harnlite.syntax import tree

__all__ = ["check_program"]


def check_program(
    program: tree.Program,
    source: Source,
    environment: Environment,
    table: BuiltinTable,
) -> list[Diagnostic]:
    """Check a parsed file.

    :param environment: names of builtins and globals, interfaces of imported modules.
    :param table: what the builtins take.
    :return: errors and warnings; an empty list when nothing was found.
    """
    declarations = collect(program, environment)
    checker = Checker(
        source, declarations, table, environment.builtins, environment.globals, EXPRESSIONS, check_statements
    )
    checker.has_pipeline = any(isinstance(statement, tree.PipelineDeclaration) for statement in program.statements)
    check_statements(checker, _in_order(program, has_pipeline=checker.has_pipeline))
    check_written_types(checker)
    checker.findings.sort(key=lambda finding: finding.span)
    return checker.findings


def _in_order(program: tree.Program, *, has_pipeline: bool) -> tuple[tree.Statement, ...]:
    """Bindings first where there is a pipeline, for so it runs (language.md 3.1); bodies see all of them."""
    if not has_pipeline:
        return program.statements
    bindings = [s for s in program.statements if isinstance(s, tree.Binding)]
    others = [s for s in program.statements if not isinstance(s, tree.Binding)]
    return (*bindings, *others)
