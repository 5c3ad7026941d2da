"""Diagnostics as text for people and as data for programs.

Layout (docs/reference/language.md 7.6 and 8)::

    error[HARN-PAR-001]: expected expression, found ;
      --> demo.harn:2:3
       |
     2 | a;; b
       |   ^ unexpected token
       = help: use one separator between two statements
"""

from __future__ import annotations

from typing import Any

from harnlite.diagnostics.diagnostic import Diagnostic
from harnlite.source import Source, Span

__all__ = ["excerpt", "render", "render_all", "to_json"]

_RED = "\x1b[1;31m"
_YELLOW = "\x1b[1;33m"
_BLUE = "\x1b[1;34m"
_BOLD = "\x1b[1m"
_RESET = "\x1b[0m"
_LONGEST_LINE = 160


def render(diagnostic: Diagnostic, *, colour: bool = False) -> str:
    """Give the text of one diagnostic, ending in a line end."""
    tint = (_RED if diagnostic.severity == "error" else _YELLOW) if colour else ""
    bold, blue, reset = (_BOLD, _BLUE, _RESET) if colour else ("", "", "")
    code = f"[{diagnostic.code}]" if diagnostic.code else ""
    lines = [f"{tint}{diagnostic.severity}{code}{reset}{bold}: {diagnostic.message}{reset}"]
    margin = "  "
    if diagnostic.source is not None:
        shown, margin = excerpt(diagnostic.source, diagnostic.span, diagnostic.label, tint, blue, reset)
        lines.extend(shown)
    if diagnostic.help:
        lines.append(f"{margin} {blue}={reset} help: {diagnostic.help}")
    for note in diagnostic.notes:
        where = ""
        if note.span is not None and diagnostic.source is not None:
            where = f" (line {diagnostic.source.position(note.span.start).line})"
        lines.append(f"{margin} {blue}={reset} note: {note.text}{where}")
    return "\n".join(lines) + "\n"


def render_all(diagnostics: list[Diagnostic], *, colour: bool = False) -> str:
    """Give the texts of several diagnostics in the order of the source, errors and warnings mixed."""
    ordered = sorted(diagnostics, key=lambda one: (one.source.name if one.source else "", one.span.start))
    return "".join(render(diagnostic, colour=colour) for diagnostic in ordered)


def excerpt(
    source: Source, span: Span, label: str = "", tint: str = "", blue: str = "", reset: str = ""
) -> tuple[list[str], str]:
    """Give the lines that show a span, and the margin under which hints line up."""
    start = source.position(span.start)
    end = source.position(max(span.start, span.end - 1))
    text = source.line_text(start.line)
    column = start.column
    width = (end.column - column + 1) if end.line == start.line else len(text) - column + 1
    if len(text) > _LONGEST_LINE:
        cut = max(0, min(column - 1 - _LONGEST_LINE // 3, len(text) - _LONGEST_LINE))
        text = text[cut : cut + _LONGEST_LINE]
        column -= cut
        width = min(width, _LONGEST_LINE - column + 1)
    number = str(start.line)
    margin = " " * (len(number) + 1)
    lead = "".join(character if character == "\t" else " " * _cells(character) for character in text[: column - 1])
    shown = text[column - 1 : column - 1 + max(1, width)]
    carets = "^" * max(1, sum(_cells(character) for character in shown))
    note = f" {label}" if label else ""
    return [
        f"{margin}{blue}-->{reset} {source.name}:{start.line}:{start.column}",
        f"{margin} {blue}|{reset}",
        f" {blue}{number} |{reset} {_printable(text)}",
        f"{margin} {blue}|{reset} {lead}{tint}{carets}{note}{reset}",
    ], margin


def _printable(text: str) -> str:
    return "".join(c if c == "\t" or c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _cells(character: str) -> int:
    if character < "\u1100":
        return 1
    from unicodedata import combining, east_asian_width

    if combining(character):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def to_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """Give a diagnostic as JSON data; lines and columns are 1-based, offsets count characters."""
    found: dict[str, Any] = {
        "severity": diagnostic.severity,
        "code": diagnostic.code,
        "message": diagnostic.message,
        "label": diagnostic.label,
        "help": diagnostic.help,
        "notes": [note.text for note in diagnostic.notes],
        "span": None,
    }
    if diagnostic.source is not None:
        start = diagnostic.source.position(diagnostic.span.start)
        end = diagnostic.source.position(diagnostic.span.end)
        found["file"] = diagnostic.source.name
        found["span"] = {
            "start": {"line": start.line, "column": start.column, "offset": diagnostic.span.start},
            "end": {"line": end.line, "column": end.column, "offset": diagnostic.span.end},
        }
    return found
