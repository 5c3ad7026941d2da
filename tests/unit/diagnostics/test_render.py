"""Diagnostics as text and data."""

from __future__ import annotations

from harnlite.diagnostics import CODES, Diagnostic, Note
from harnlite.diagnostics.render import render, render_all, to_json
from harnlite.diagnostics.suggest import distance, nearest
from harnlite.source import Source, Span

SOURCE = Source("demo.harn", "let a = 1\n\tlet b = a +\nlet \u6f22 = x\n")


def test_layout() -> None:
    """Code, place, source line, carets with label, hint and note."""
    text = render(
        Diagnostic(
            "HARN-PAR-001", "expected expression", SOURCE, Span(11, 14), label="here", help="h", notes=(Note("n"),)
        )
    )
    assert text == (
        "error[HARN-PAR-001]: expected expression\n"
        "  --> demo.harn:2:2\n"
        "   |\n"
        " 2 | \tlet b = a +\n"
        "   | \t^^^ here\n"
        "   = help: h\n"
        "   = note: n\n"
    )


def test_wide_characters_push_the_carets() -> None:
    """A character two cells wide counts as two."""
    offset = SOURCE.text.index("x\n")
    assert "   | " + " " * 9 + "^\n" in render(Diagnostic("", "m", SOURCE, Span(offset, offset + 1)))


def test_long_lines_are_cut_around_the_place() -> None:
    """A line of 10 MB shows some hundred characters."""
    source = Source("big.harn", "x" * 10_000_000)
    text = render(Diagnostic("", "m", source, Span(5_000_000, 5_000_001)))
    assert len(text) < 600
    assert "big.harn:1:5000001" in text


def test_several_are_shown_in_the_order_of_the_source() -> None:
    """Later findings come later, whoever made them first."""
    late = Diagnostic("", "late", SOURCE, Span(12, 13))
    early = Diagnostic("", "early", SOURCE, Span(0, 1), severity="warning")
    shown = render_all([late, early])
    assert shown.index("warning: early") < shown.index("error: late")


def test_json_has_lines_columns_and_offsets() -> None:
    """The data form says the same as the text."""
    data = to_json(Diagnostic("HARN-PAR-001", "m", SOURCE, Span(11, 14)))
    assert data["span"]["start"] == {"line": 2, "column": 2, "offset": 11}
    assert data["severity"] == "error"


def test_near_names() -> None:
    """One edit for short names, three for long ones; ties by length, then alphabet."""
    assert nearest("printn", ["println", "print", "point"]) == "print"
    assert nearest("x", ["yz", "abc"]) is None
    assert nearest("lenght", ["length", "__length"]) == "length"
    assert distance("abc", "abc", 2) == 0
    assert distance("abc", "xyzabc", 2) == 3


def test_every_code_has_words() -> None:
    """No code is without title and explanation."""
    assert all(entry.title and entry.explanation.endswith((".", "!")) for entry in CODES.values())
