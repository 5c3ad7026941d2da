"""Programs that parse but cannot be compiled, and programs that are only large (docs/reference/language.md 8.1, 9)."""

from __future__ import annotations

import pytest

from harnlite.compiler import Environment, compile_program
from harnlite.diagnostics import ProgramError
from harnlite.source import Source, Span
from harnlite.syntax import tree
from harnlite.syntax.parser import parse
from tests.compiling import compile_text, compile_tree, instructions

LIB = {"lib": "pub fn a() { return 1 }\nfn hidden() { return 2 }", "other": "pub fn a() { return 3 }"}


def _refusal(text: str, modules: dict[str, str] | None = None) -> tuple[str, str, str]:
    with pytest.raises(ProgramError) as caught:
        compile_text(text, modules=modules)
    (finding,) = caught.value.diagnostics
    return finding.code, finding.message, text[finding.span[0] : finding.span[1]]


@pytest.mark.parametrize(
    ("text", "message", "at"),
    [
        ("break", "break outside of loop", "break"),
        ("continue", "continue outside of loop", "continue"),
        ("retry 3 { break }", "break outside of loop", "break"),
        ("for x in [] { let f = { -> break } }", "break outside of loop", "break"),
        ("f().x = 1", "invalid assignment target", "f().x"),
        ("yield 1", "yield outside of a function", "yield 1"),
        ("spawn { yield 1 }", "yield outside of a function", "yield 1"),
        ("match 1 { [...xs] -> { } }", "a pattern cannot hold a spread (...)", "...xs"),
        ("match 1 { {...xs} -> { } }", "a pattern cannot hold a spread (...)", "...xs"),
        ("let q = Q {a: 1}", "unknown struct type `Q`", "Q {a: 1}"),
        (
            "pipeline a() extends nope { }",
            "pipeline `a` extends unknown pipeline `nope`",
            "pipeline a() extends nope { }",
        ),
        ("pipeline a() extends a { }", "pipeline `a` extends itself", "pipeline a() extends a { }"),
    ],
)
def test_what_cannot_be_compiled(text: str, message: str, at: str) -> None:
    code, found, place = _refusal(text)
    assert code == "HARN-CMP-001"
    assert found.startswith(f"compile error: Compile error at line 1: {message}")
    assert place == at


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ('import {a} from "nowhere"', "HARN-IMP-001", "Import error: cannot read 'nowhere'"),
        ('import {zz} from "lib"', "HARN-IMP-002", "Import error: 'zz' is not defined in /lib/lib.harn"),
        (
            'import {a} from "lib"\nimport {a} from "other"',
            "HARN-IMP-003",
            (
                "Import collision: 'a' is already defined when importing /lib/other.harn. "
                'Use selective imports to disambiguate: import { a } from "..."'
            ),
        ),
        ('import "lib"\nimport "other"', "HARN-IMP-003", "Import collision: 'a' is already defined"),
    ],
)
def test_imports_that_fail(text: str, code: str, message: str) -> None:
    found_code, found, _ = _refusal(text, LIB)
    assert found_code == code
    assert found.startswith(message)


def test_an_import_that_could_not_be_had_says_why() -> None:
    source = Source("test.harn", 'import "std/nope"')
    known = Environment(frozenset(), frozenset(), {"std/nope": "Unknown stdlib module: std/nope"})
    with pytest.raises(ProgramError) as caught:
        compile_program(parse(source), source, known)
    assert [(d.code, d.message) for d in caught.value.diagnostics] == [
        ("HARN-IMP-001", "Unknown stdlib module: std/nope")
    ]


@pytest.mark.large
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("let x = 1\nlet y = x" + " + x" * 10_000, id="additions"),
        pytest.param('let x = 1\nlet y = x + "a"' + ' + "a"' * 10_000, id="folded or not"),
        pytest.param("let y = pi" + ".abs()" * 10_000, id="method calls"),
        pytest.param("let y = pi" + "[0]" * 10_000, id="indices"),
        pytest.param("let y = pi" + " |> len" * 10_000, id="pipes"),
        pytest.param("let y = " + "!" * 10_000 + "pi", id="negations"),
        pytest.param("let y = pi" + " ?? pi" * 5_000, id="alternatives"),
        pytest.param("let y = pi" + " && pi" * 5_000, id="conjunctions"),
        pytest.param("let y = pi" + " ? 1 : pi" * 3_000 + " ? 1 : 2", id="ternaries"),
        pytest.param("if pi { 1 }" + " else if pi { 2 }" * 3_000 + " else { 3 }", id="branches"),
        pytest.param("match pi {\n" + "".join(f"{n} -> {{ {n} }}\n" for n in range(3_000)) + "}", id="arms"),
        pytest.param("fn f() {\n" + "defer { pi }\n" * 3_000 + "}", id="deferred"),
        pytest.param("let y = [" + "1, " * 20_000 + "]", id="items"),
        pytest.param("let y = 1\n" * 1 + "fn f() { return 1 }\n" * 2_000, id="functions"),
        pytest.param("let y = " + "[" * 60 + "]" * 60, id="brackets"),
        pytest.param("if pi { " * 60 + "}" * 60, id="blocks"),
    ],
)
def test_large_programs_compile(text: str) -> None:
    compile_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "let y = " + "-(" * 255 + "pi" + ")" * 255,
        "let y = pi" + " ** pi" * 5_000,
        "if pi { " * 250 + "}" * 250,
        "let f = " + "{ -> " * 250 + "1" + "}" * 250,
    ],
)
def test_nesting_is_compiled_or_refused_but_never_crashes(text: str) -> None:
    messages = []
    try:
        compile_text(text)
    except ProgramError as error:
        messages = [finding.message for finding in error.diagnostics]
    assert set(messages) <= {"compile error: Compile error at line 1: nested too deeply"}


def test_a_spread_that_has_nowhere_to_go_is_refused() -> None:
    node = tree.Spread(Span(0, 0), tree.NilLiteral(Span(0, 0)))
    with pytest.raises(ProgramError, match="compile error: Compile error at line 1: spread"):
        compile_tree(tree.Program(Span(0, 0), (tree.ExpressionStatement(Span(0, 0), node),)))


def test_fallthrough_of_an_import_name_is_a_redeclaration() -> None:
    lines = instructions(compile_text('import {a} from "lib"\nfn a() { return 2 }', modules=LIB))
    assert any(line.startswith('FAIL ("runtime", "Cannot redeclare immutable variable \'a\'') for line in lines)
