"""The examples of ``harnlite explain``: each has its diagnostic, and has it no more when it is mended."""

from __future__ import annotations

import pytest

from harnlite.diagnostics import CODES, ProgramError
from harnlite.diagnostics.examples import EXAMPLES
from harnlite.engine import compile_source
from harnlite.source import Source
from harnlite.syntax.formatter import format_source

#: What no short script by itself can cause: it takes the command line, the formatter, two modules, or a huge input.
WITHOUT = {
    "HARN-CLI-001", "HARN-CLI-002", "HARN-CLI-003", "HARN-CST-001", "HARN-CST-002", "HARN-FMT-002", "HARN-IMP-003",
    "HARN-PAR-006",
}  # fmt: skip


def _codes(text: str) -> set[str]:
    try:
        return {one.code for one in compile_source(Source("example.harn", text), None).warnings}
    except ProgramError as error:
        return {one.code for one in error.diagnostics}


@pytest.mark.parametrize("code", sorted(EXAMPLES))
def test_an_example_shows_its_code(code: str) -> None:
    assert code in _codes(EXAMPLES[code].before)
    assert _codes(EXAMPLES[code].after) == set()


@pytest.mark.parametrize("code", sorted(EXAMPLES))
def test_mended_examples_are_formatted(code: str) -> None:
    text = EXAMPLES[code].after + "\n"
    assert format_source(Source("example.harn", text)) == text


def test_every_code_has_an_example_or_cannot_have_one() -> None:
    assert EXAMPLES.keys() | WITHOUT == CODES.keys()
    assert not EXAMPLES.keys() & WITHOUT
