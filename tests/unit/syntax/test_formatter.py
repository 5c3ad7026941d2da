"""The formatter: idempotent, keeps meaning and comments, and has the one style."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harnlite.diagnostics import ProgramError
from harnlite.source import Source
from harnlite.syntax import formatter
from harnlite.syntax.compare import same_tree
from harnlite.syntax.formatter import format_source
from harnlite.syntax.parser import parse, tokenize
from tests.generated import examples
from tests.unit.syntax.syntax_support import PARSING


def unguarded(text: str, width: int = 100) -> str:
    """Format without the guard that hides a change of meaning."""
    return formatter._formatted(Source("test.harn", text), width)


@pytest.mark.parametrize("width", [100, 40])
@pytest.mark.parametrize("path", PARSING, ids=lambda path: path.stem)
def test_programs_keep_their_meaning(path: Path, width: int) -> None:
    source = Source(path.name, path.read_text(encoding="utf-8"))
    text = unguarded(source.text, width)
    formatted = Source(path.name, text)
    assert same_tree(parse(source), parse(formatted))
    assert unguarded(text, width) == text
    assert [c.text for c in tokenize(formatted).comments] == [c.text for c in tokenize(source).comments]
    if '"""' not in text and "/*" not in text:
        assert all(line == line.rstrip() for line in text.split("\n"))


@examples(60)
@given(st.data())
def test_layout_of_the_source_does_not_matter(data: st.DataObject) -> None:
    """Comments and line ends anywhere between tokens are kept or mended, never lost, and never change the meaning."""
    path = data.draw(st.sampled_from(PARSING))
    text = path.read_text(encoding="utf-8")
    tokens = tokenize(Source(path.name, text)).tokens[:-1]
    places = [token.end for token in tokens if token.kind not in ("STRING_BEGIN", "STRING_MIDDLE")]
    place = data.draw(st.sampled_from(places or [0]))
    filler = data.draw(st.sampled_from([" /* c */ ", " // c\n", "\n// c\n", "\n", "\n\n\n", "   ", " \\\n"]))
    changed = text[:place] + filler + text[place:]
    try:
        program = parse(Source("test.harn", changed))
    except ProgramError:
        return
    formatted = unguarded(changed)
    assert same_tree(program, parse(Source("test.harn", formatted)))
    assert unguarded(formatted) == formatted
    assert formatted.count("// c") == changed.count("// c")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", ""),
        ("a", "a\n"),
        ("\n\n// c\n\n\n\na\n\n\nb", "// c\n\na\n\nb\n"),
        ("a;b;c;", "a\nb\nc\n"),
        ("let   a=1+2*-3", "let a = 1 + 2 * -3\n"),
        ("if a{b}else{c}", "if a { b } else { c }\n"),
        ("if a\n{\nb\n}\nelse\n{\nc\n}", "if a {\n  b\n} else {\n  c\n}\n"),
        ("if a {\nb } else { c }", "if a {\n  b\n} else {\n  c\n}\n"),
        ("fn f(a,b = 1)->int{\n\nreturn a\n\n}", "fn f(a, b = 1) -> int {\n  return a\n}\n"),
        ("f( 1 , 2 )", "f(1, 2)\n"),
        ("f(1 2)", "f(1, 2)\n"),
        ("f(\n1,\n2)", "f(\n  1,\n  2,\n)\n"),
        ("f(1,\n2)", "f(1, 2)\n"),
        ("[1,2,]", "[1, 2]\n"),
        ("{a:1,b:{}}", "{a: 1, b: {}}\n"),
        ("{\na:1\nb:2}", "{\n  a: 1,\n  b: 2,\n}\n"),
        ("P{x:1}", "P { x: 1 }\n"),
        ("{x->x}", "{ x -> x }\n"),
        ("f({x->\nx})", "f({ x ->\n  x\n})\n"),
        ("xs\n.map(f)\n    .filter(g)", "xs\n  .map(f)\n  .filter(g)\n"),
        ("a?b:c", "a ? b : c\n"),
        ("xs[1 : 2]", "xs[1:2]\n"),
        ("a?.b?[0]", "a?.b?[0]\n"),
        ("f()? .b", "f()? .b\n"),
        ("- -a", "- -a\n"),
        ("!  a", "!a\n"),
        ("fn f(...  xs){}", "fn f(...xs) {}\n"),
        ("struct P{x:int,y?:string}", "struct P { x: int, y?: string }\n"),
        ("struct P{\nx:int,y?:string}", "struct P {\n  x: int\n  y?: string\n}\n"),
        ("enum E{A B(x:int)}", "enum E { A, B(x: int) }\n"),
        ("match a{1->{b}\n_->{c}}", "match a {\n  1 -> { b }\n  _ -> { c }\n}\n"),
        ("try{a}catch(e:E){b}", "try { a } catch (e: E) { b }\n"),
        ("for(a,b)in c{}", "for (a, b) in c {}\n"),
        ('import{a,b}from"c"', 'import { a, b } from "c"\n'),
        ("import a::b::{c,d}", "import a::b::{c, d}\n"),
        ("@test\nfn f(){}", "@test\nfn f() {}\n"),
        ("let f:fn(int)->list<int>?=g", "let f: fn(int) -> list<int>? = g\n"),
        ("a // b", "a // b\n"),
        ("[1\n/* b */ 2]", "[\n  1,\n  /* b */ 2,\n]\n"),
        ("[\n1\n// b\n,]", "[\n  1,\n  // b\n]\n"),
        ("require a,\n// b\nc", "require a,\n  // b\n  c\n"),
        ("try // b\n* c", "try* // b\n  c\n"),
        ('f("""\na  \n""")', 'f("""\na  \n""")\n'),
        ("f(a, // b\nc)", "f(\n  a, // b\n  c,\n)\n"),
        ("if a {\n// b\n}", "if a {\n  // b\n}\n"),
        ("a\n/* b */ c", "a\n/* b */ c\n"),
        ("fn f() { /* none */ }", "fn f() { /* none */ }\n"),
        ("fn f() { /* one */ /* two */}", "fn f() { /* one */ /* two */ }\n"),
        ("fn f() { // none\n}", "fn f() { // none\n}\n"),
        ("fn f() {\n/* none */ }", "fn f() {\n  /* none */\n}\n"),
        ("fn f() { /* a */\n/* b */ }", "fn f() { /* a */\n  /* b */\n}\n"),
        ("#!/bin/x\na", "#!/bin/x\na\n"),
        ('"a${ b }c"', '"a${ b }c"\n'),
        ('f("""\n  a\n""")', 'f("""\n  a\n""")\n'),
        (
            "interface I{fn a(self)->fn(int)->int\nfn b(self)}",
            "interface I { fn a(self) -> fn(int) -> int fn b(self) }\n",
        ),
        ("interface I{\nfn a(self)fn b(self)}", "interface I {\n  fn a(self)\n  fn b(self)\n}\n"),
        ("select{\na from b{c}timeout 1s{d}}", "select {\n  a from b { c }\n  timeout 1s { d }\n}\n"),
        (
            "parallel each a with{max_concurrent:2}{x->x}as stream",
            "parallel each a with { max_concurrent: 2 } { x -> x } as stream\n",
        ),
    ],
)
def test_style(text: str, wanted: str) -> None:
    assert format_source(Source("test.harn", text)) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("call(argument, argument2)", "call(\n  argument,\n  argument2,\n)\n"),
        ("call({ x -> something(x) })", "call({ x ->\n  something(x)\n})\n"),
        ("call([first, second, third])", "call([\n  first,\n  second,\n  third,\n])\n"),
        ("let sum = first + second + third", "let sum = first + second\n  + third\n"),
        ("if aaaa { bbbbbb } else { cccccc }", "if aaaa {\n  bbbbbb\n} else {\n  cccccc\n}\n"),
        ('"a string longer than the width"', '"a string longer than the width"\n'),
    ],
)
def test_long_lines(text: str, wanted: str) -> None:
    assert unguarded(text, 24) == wanted


def test_programs_with_errors_are_refused() -> None:
    with pytest.raises(ProgramError):
        format_source(Source("test.harn", "let = 1"))
