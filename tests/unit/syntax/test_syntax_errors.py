"""Syntax errors: the words, the help, the places, and how much is reported (language.md 2.10)."""

from __future__ import annotations

import pytest

from harnlite.diagnostics import Diagnostic, ProgramError
from harnlite.source import Source
from harnlite.syntax import tree
from harnlite.syntax.parser import parse, parse_with_errors

NAME_OR_PATTERN = "variable name or destructuring pattern"
SEPARATOR = "separator (`;` or newline)"


def errors_of(text: str) -> list[Diagnostic]:
    return parse_with_errors(Source("test.harn", text))[1]


@pytest.mark.parametrize(
    ("text", "message", "help_part"),
    [
        ("let a = 1;; let b = 2", "expected expression, found ;", "one separator"),
        ('if true println("x")', "expected {, found id(println)", ""),
        ("let match = 1", f"expected {NAME_OR_PATTERN}, found 'match' (reserved keyword)", "reserved"),
        ("let a = .5", "expected expression, found .", "both sides"),
        ("let t = (1, 2)", "expected ), found ,", "no tuples"),
        ("let a = 1 let b = 2", f"expected top-level item {SEPARATOR}, found let", ""),
        ("fn f() { a b }", f"expected statement {SEPARATOR}, found id(b)", ""),
        ("f(1; 2)", "expected ), found ;", ""),
        ("[1; 2]", "expected ], found ;", ""),
        ("let x 5", "expected =, found int(5)", ""),
        ("let x = 1 2.5", f"expected top-level item {SEPARATOR}, found float(2.5)", ""),
        ("a 5ms", f"expected top-level item {SEPARATOR}, found duration(5ms)", ""),
        ('a "b"', f"expected top-level item {SEPARATOR}, found str(b)", ""),
        ('a "${b}"', f"expected top-level item {SEPARATOR}, found istr(...)", ""),
        ("fn f {", "expected (, found {", ""),
        ("fn match() {}", "expected function name, found 'match' (reserved keyword)", "reserved"),
        ("match x { 1 { 2 } }", "expected ->, found {", ""),
        ("for x xs { }", "expected in, found id(xs)", ""),
        ("guard c { }", "expected else, found {", ""),
        ('import {a} "x"', "expected from, found str(x)", ""),
        ("import 5", "expected import path string, found int(5)", ""),
        ("a.5", "expected member name, found int(5)", ""),
        ("{a 1}", "expected :, found int(1)", ""),
        ("{a: 1, 5: 2}", "expected dict key, found int(5)", ""),
        ("struct P { 5 }", "expected field name, found int(5)", ""),
        ("enum E { if }", "expected variant name, found 'if' (reserved keyword)", "reserved"),
        ("fn f(a, 5) {}", "expected parameter name, found int(5)", ""),
        ("let x: 5.5 = 1", "expected type, found float(5.5)", ""),
        ("pub let x = 1", "expected declaration, found let", ""),
        ("@a let x = 1", "expected declaration, found let", ""),
        ("try x", "expected {, found id(x)", ""),
        ("let {type} = d", "expected field name, found 'type' (reserved keyword)", "reserved"),
        ("xs[1, 2]", "expected ], found ,", ""),
        ("f(a, , b)", "expected expression, found ,", ""),
        ('"${1 2}"', "expected }, found int(2)", ""),
        ('"${1 +}"', "expected expression, found }", ""),
        ("while (a) && b { }", "expected {, found &&", ""),
        ("retry f() { }", "expected {, found (", ""),
        ("fn f() { pipeline p() { } }", "expected expression, found pipeline", ""),
        ('fn f() { import "x" }', "expected expression, found import", ""),
        ("if x { 1 } elif y { 2 }", f"expected top-level item {SEPARATOR}, found id(elif)", "else if"),
        ("a and b", f"expected top-level item {SEPARATOR}, found id(and)", "&&"),
        ("let f = x => x", f"expected top-level item {SEPARATOR}, found =", "`->`"),
        ("i++", "expected expression, found +", "+= 1"),
        ("a === b", "expected expression, found =", "==="),
        ("1e5", f"expected top-level item {SEPARATOR}, found id(e5)", "digits"),
        ("f()(1)", f"expected top-level item {SEPARATOR}, found (", "only a name can be called"),
        ("a ? b", f"expected top-level item {SEPARATOR}, found id(b)", "unwraps"),
        ("}", "expected expression, found }", ""),
        ("match x { 1 -> f(1) }", "expected {, found id(f)", "body of an arm is a block"),
        ("let x = await h", f"expected top-level item {SEPARATOR}, found id(h)", "`await(task)`"),
        ("if total = 6 { }", "expected {, found =", "`==`"),
        ("x = y = 2", f"expected top-level item {SEPARATOR}, found =", "statement of its own"),
        ("fn f(x): int { }", "expected {, found :", "behind `->`"),
        ("let f = (x) -> x", f"expected top-level item {SEPARATOR}, found ->", "{ x -> ... }"),
        ("let f = (x) => x", f"expected top-level item {SEPARATOR}, found =", "{ x -> ... }"),
        ("x := 3", f"expected top-level item {SEPARATOR}, found :", "`let` or `var`"),
        ("let x: int[] = []", "expected =, found [", "`list<int>`"),
        ('throw new Error("x")', f"expected top-level item {SEPARATOR}, found id(Error)", "any value can be thrown"),
        ("let x = if a then 1 else 2", "expected {, found id(then)", "are blocks"),
        ("for (let i = 0; i < 3; i += 1) { }", "expected identifier, found 'let' (reserved keyword)", "0 to 9"),
        ("let a, b = f()", "expected =, found ,", "`let [a, b] = ...`"),
        ("import std/math", "expected :, found /", "is a string"),
        ('import "std/math" as m', f"expected top-level item {SEPARATOR}, found id(as)", "keeps its names"),
        ('from "x" import y', "expected expression, found from", "import { name }"),
        ('print "x"', f"expected top-level item {SEPARATOR}, found str(x)", "`print(...)`"),
        ('let s = f"abc"', f"expected top-level item {SEPARATOR}, found str(abc)", "only `r`"),
        ("let x = [i for i in xs]", "expected ], found for", "xs.map"),
        ("a <> b", "expected expression, found >", "`!=`"),
        ("if a { b\n}}", f"expected top-level item {SEPARATOR}, found }}", "closes nothing"),
        ("a & b", f"expected top-level item {SEPARATOR}, found &", "`&&`"),
        # Left to a check behind the grammar.
        ("fn f(a = 1, b) {}", "Required parameter cannot follow a parameter with a default value", ""),
        ("let f = fn(...a, b) { }", "Rest parameter must be the last parameter", ""),
        ("f() = 1", f"expected top-level item {SEPARATOR}, found =", "x[index]"),
        ("fn g() { a + b += 2 }", f"expected statement {SEPARATOR}, found +=", "x[index]"),
        ("a?.b = 1", f"expected top-level item {SEPARATOR}, found =", "x[index]"),
        ("parallel 3 { i -> i } as stream", "`as stream` may follow `parallel each` only", ""),
        ("select { }", "select needs at least one case, `name from channel { ... }`", ""),
        ("select { timeout 1s { } default { } }", "expected }, found id(default)", "at most one"),
    ],
)
def test_unexpected_token(text: str, message: str, help_part: str) -> None:
    found = errors_of(text)
    assert [(error.code, error.message) for error in found] == [("HARN-PAR-001", message)]
    assert help_part in found[0].help
    assert found[0].label


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fn f() {\n  println(1)", "}"),
        ("fn f() {", "}"),
        ("let a = 1 +", "expression"),
        ("f(", ")"),
        ("f(1", ")"),
        ("[1, 2", "]"),
        ("{a: 1", "}"),
        ("a.", "member name"),
        ("let", "variable name or destructuring pattern"),
        ("type T =", "type"),
        ("if x", "{"),
    ],
)
def test_unexpected_end(text: str, expected: str) -> None:
    found = errors_of(text)
    assert [(error.code, error.message) for error in found] == [
        ("HARN-PAR-002", f"unexpected end of file, expected {expected}")
    ]
    assert found[0].span.start == len(text)


def test_missing_closer_points_at_its_opener() -> None:
    note = errors_of("fn f() {\n  g(1]\n}")[0].notes[0]
    assert (note.text, note.span) == ("the `(` was opened here", (12, 13))


def test_several_errors_are_reported_in_one_run() -> None:
    text = "let = 1\nlet ok = 2\nfn f() {\n  let x = )\n  ok\n}\nmatch ok { 1 2 }\nfn g( { }\nlet last = 3\n"
    source = Source("test.harn", text)
    program, found = parse_with_errors(source)
    assert [source.position(error.span.start).line for error in found] == [1, 4, 7, 8]
    patterns = [statement.pattern for statement in program.statements if isinstance(statement, tree.Binding)]
    names = [pattern.name for pattern in patterns if isinstance(pattern, tree.NamePattern)]
    assert names == ["ok", "last"]
    assert any(isinstance(statement, tree.ErrorStatement) for statement in program.statements)
    with pytest.raises(ProgramError) as raised:
        parse(source)
    assert raised.value.diagnostics == found


@pytest.mark.parametrize(
    "text",
    [
        "fn f( {\n  a\n}\nlet x = 1\n",
        "println(1\nlet x = 1\n",
        "f({ x -> g(x })\nlet y = 2\n",
        "struct S { x: = }\nlet y = 2\n",
        "let a = [1, 2\nlet b = 3\n",
        "let a = [1, 2\nfn f() { }\nlet b = 3\n",
        "let a =\nfn f() { }\n",
        "if a {\n  b\n}}\nlet c = 1\n",
        "match a {\n  1 -> 2\n  3 -> { 4 }\n}\nlet b = 1\n",
        'println("total: ${total"\nlet b = "c"\n',
    ],
)
def test_one_mistake_gives_one_error(text: str) -> None:
    assert len(errors_of(text)) == 1


def test_a_declared_function_at_the_start_of_a_line_ends_what_was_left_open() -> None:
    found = errors_of("let a = g(1,\nfn f() { }\nlet b = 1\nfn h(x { }\nlet c = ]\n")
    assert [error.message for error in found] == [
        "expected expression, found fn",
        "expected parameter name, found {",
        "expected expression, found ]",
    ]


def test_the_number_of_errors_is_bounded() -> None:
    assert len(errors_of("let = 1\n" * 1000)) == 20
    assert len(errors_of("\u20ac" * 1000)) == 20


def test_lexical_errors_hide_their_consequences() -> None:
    assert [error.code for error in errors_of("let a = `\nlet = 2\n")] == ["HARN-PAR-003"]


def test_an_interpolation_left_open_is_named() -> None:
    found = errors_of('println("total: ${total"\n')[0]
    assert (found.message, found.help) == ("Unterminated string at 1:9", "a `${` in it has no `}`")
