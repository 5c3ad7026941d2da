"""The shipped parser tables are those of the grammar, which is LALR(1) without conflicts."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import lark
import pytest

import harnlite.syntax
from harnlite.source import Source
from harnlite.syntax import parser
from harnlite.syntax.build_expressions import EXPRESSIONS
from harnlite.syntax.build_statements import STATEMENTS
from harnlite.syntax.build_tables import build, grammar_digest, grammar_text
from harnlite.syntax.build_types import TYPES
from harnlite.syntax.tables import TABLES_FILE, Tables, dump_tables, load_tables

FOLDER = Path(harnlite.syntax.__file__).parent
SHIPPED = (FOLDER / TABLES_FILE).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def built() -> Tables:
    return build(grammar_text())


@pytest.mark.large
def test_shipped_tables_are_those_of_the_grammar(built: Tables) -> None:
    shipped = load_tables(SHIPPED)
    assert shipped.digest == grammar_digest(grammar_text()), "run: python -m harnlite.syntax.build_tables"
    assert shipped.productions == built.productions
    assert {state: shipped.states[state] for state in built.states} == built.states
    assert (shipped.start, shipped.end) == (built.start, built.end)
    if shipped.lark_version == lark.__version__:
        assert dump_tables(built) == SHIPPED


@pytest.mark.large
def test_grammar_is_strict() -> None:
    with pytest.raises(lark.exceptions.GrammarError, match="conflict"):
        build("program: program A program | B\n%declare A B\n")


@pytest.mark.large
def test_every_alternative_has_its_builder(built: Tables) -> None:
    names = {item.name for item in built.productions if not (item.passes or item.rule.startswith("_"))}
    assert names == {*EXPRESSIONS, *STATEMENTS, *TYPES}


def test_every_declared_terminal_is_used() -> None:
    grammar = re.sub(r"//.*", "", grammar_text())
    declared = set(" ".join(re.findall(r"^%declare (.*)$", grammar, re.MULTILINE)).split())
    used = set(re.findall(r"\b[A-Z][A-Z_]+\b", re.sub(r"^%declare .*$", "", grammar, flags=re.MULTILINE)))
    assert declared == used


@pytest.mark.parametrize("cut", [0, 10, 1000, len(SHIPPED) // 2, len(SHIPPED) - 200, -1])
def test_broken_tables_are_refused(cut: int) -> None:
    with pytest.raises(ValueError, match="tables"):
        load_tables(SHIPPED[:cut])


@pytest.mark.large
def test_unusable_tables_are_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(text: str) -> Tables:
        raise ValueError(text[:0])

    monkeypatch.setattr(parser, "load_tables", refuse)
    parser._tables.cache_clear()
    try:
        assert len(parser.parse(Source("test.harn", "let a = 1\nf(a)")).statements) == 2
    finally:
        parser._tables.cache_clear()


def test_parsing_needs_no_lark() -> None:
    program = (
        "import sys; from harnlite.source import Source; from harnlite.syntax.parser import parse; "
        "parse(Source('x', 'let a = 1')); sys.exit('lark' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
