"""A diagnostic as data, and the exception that carries a list of them."""

from __future__ import annotations

from typing import Literal

from harnlite.records import Record
from harnlite.source import Source, Span

__all__ = ["Diagnostic", "Note", "ProgramError", "Severity"]

Severity = Literal["error", "warning"]


class Note(Record, eq=True):
    """A further remark; with a span it points at other text of the same source."""

    text: str
    span: Span | None = None


class Diagnostic(Record, eq=True):
    """One finding.

    :param code: a key of :data:`harnlite.diagnostics.codes.CODES`, such as ``HARN-PAR-001``; ``""`` for a
        run-time error, which has none.
    :param message: one line, without code or position.
    :param source: the file it is about, or None when there is no text to show.
    :param span: the text it is about.
    :param label: what stands behind the carets.
    :param help: a hint how to mend it.
    """

    code: str
    message: str
    source: Source | None
    span: Span
    severity: Severity = "error"
    label: str = ""
    help: str = ""
    notes: tuple[Note, ...] = ()


class ProgramError(Exception):
    """A program was refused before it ran: syntax, static or compile errors.

    :param diagnostics: at least one error; warnings found on the way may be among them.
    """

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        super().__init__(diagnostics[0].message if diagnostics else "program refused")
        self.diagnostics = diagnostics
