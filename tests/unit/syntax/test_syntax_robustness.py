"""The front end under any input: it answers with a tree or diagnostics, in linear time, without deep recursion."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harnlite.source import Source
from harnlite.syntax import tree
from harnlite.syntax.lexer import tokenize
from harnlite.syntax.parser import parse, parse_with_errors
from harnlite.syntax.tokens import KEYWORDS, OPERATORS
from harnlite.syntax.tree import walk
from tests.generated import examples
from tests.unit.syntax.syntax_support import PARSING

WORDS = [
    *KEYWORDS,
    *OPERATORS,
    "x",
    "P",
    "1",
    "1.5",
    "5s",
    '"s"',
    '"a${',
    '}"',
    '"""',
    "\n",
    " ",
    "_",
    "each",
    "as",
    "stream",
]

#: Every construct of the grammar once.
TOUR = r'''
import "std/math"
import { a, b } from "./m"
import x::y::{ z }
pub import "q"
@deprecated(since: "1", use: "g", n: -1, l: [1, "a"], d: {k: true}, f: g.h(1))
@test
pub fn f<T, in U, out V>(a: int, b: list<T>? = nil, ...c: fn(int, string) -> {a: int, b?: "x" | 1}) -> T & U where T: I, U: J {
  return a
}
pub gen fn g(n) { emit n }
pub pipeline p(a, b) -> int extends q { 1 }
override h(a) { }
pub tool t(a: string, b = 2) -> string {
  description "x"
  return a
}
skill s { name "x"; tools [1] }
type A<T> = {k: T, l: [int]} | "lit" | -1 | nil
pub enum E<T> { A, B(int), C(x: int, y: T) }
pub struct S<T> { a: int, b?: T, c }
interface I<T> { type K = int
 fn m(self, x: int) -> T
}
impl S { fn m(self, x) { return self.a + x } }
let x: int = 1
var {a, b: c = 9, ...r} = {a: 1, z: 3}
let [p, q = 2, ...s] = [1]
const K = 1 + 2
x.y[0].z += 1
xs[i] -= f(...ys, 1)
if a { 1 } else if b { 2 } else { 3 }
for (k, v) in d { continue }
for [a, b] in xs { break }
for {a: n = 2} in xs { }
while (a < b) { }
match v { 1 | 2 -> { "x" } {k: 1, j: n} if n > 1 -> { n } [a, _] -> { } E.B(x, _) -> { x } _ -> { } }
retry (3) { f() }
guard x else { return }
require x, "m"
deadline 5s { 1 }
mutex { }
defer { }
select { v from ch { 1 } timeout 1s { } }
let r = parallel each xs with { max_concurrent: 2 } { x -> x } as stream
parallel settle xs { x -> x }
parallel 3 { i -> i }
let t = spawn { 1 }
throw try* f(x)?
yield 1
return try { 1 } catch (e: T) { 2 } finally { 3 }
let y = a ? b : c ?? d || e && f == g != h < i > j in k not in l + m - n * o / p % q ** -r |> s
let z = 1 to 2 exclusive |> len
let w = "a${b + "c${d}"}e" + r"raw" + """
  multi ${x}
  """
let v = {a: 1, "b": 2, [c]: 3, ...d, if: 4}
let u = xs?[0] + xs[1:2] + xs[:] + xs[-1:] + d?.e.f?.g(1)
let q = f<int, list<int>>(1) + (S {a: 1, b: [1]}).m(2)
let cl = { a: int, b = 2, ...c -> { -> a } }
let an = fn(a, b) { a }
ask_user(prompt: "x")
'''


@examples(300)
@given(st.lists(st.sampled_from(WORDS), max_size=60))
def test_any_words_get_an_answer(words: list[str]) -> None:
    _answer(" ".join(words))


@examples(200)
@given(st.text(max_size=200))
def test_any_text_gets_an_answer(text: str) -> None:
    _answer(text)


@pytest.mark.parametrize("path", PARSING[::4], ids=lambda path: path.stem)
def test_mutants_get_few_errors(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tokens = tokenize(Source(path.name, text)).tokens[:-1]
    chance = random.Random(path.name)
    for _ in range(4 if tokens else 0):
        token, other = chance.choice(tokens), chance.choice(tokens)
        mutants = [
            text[: token.start] + text[token.end :],
            text[: token.end] + " " + text[token.start :],
            text[: token.start] + other.text + text[token.end :],
            text[: token.start] + other.text + " " + text[token.start :],
        ]
        assert len(_answer(chance.choice(mutants))) <= 6


@pytest.mark.large
def test_every_construct_cut_off_at_every_token_gets_an_answer() -> None:
    tokens = tokenize(Source("tour.harn", TOUR)).tokens[:-1]
    assert _answer(TOUR) == []
    for token in tokens:
        _answer(TOUR[: token.end])


def test_every_construct_without_any_one_token_gets_an_answer() -> None:
    for line in TOUR.split("\n"):
        for token in tokenize(Source("line.harn", line)).tokens[:-1]:
            _answer(line[: token.start] + line[token.end :])


def _answer(text: str) -> list[str]:
    """Parse; check that errors have places and that nothing but errors makes error nodes."""
    source = Source("test.harn", text)
    program, errors = parse_with_errors(source)
    for error in errors:
        assert 0 <= error.span.start <= error.span.end <= len(text)
        assert error.message
        assert error.code.startswith("HARN-PAR-")
    assert errors or not any(isinstance(node, tree.ErrorStatement) for node in walk(program))
    return [error.message for error in errors]


@pytest.mark.large
@pytest.mark.parametrize(
    "text",
    [
        "let x = " + "1 + " * 10_000 + "1",
        "let x = " + "a ? b : " * 5_000 + "c",
        "let x = " + "2 ** " * 10_000 + "2",
        "let x = " + "!" * 10_000 + "y",
        "let x = y" + ".f(1)" * 10_000,
        "let x = y" + "\n  .f({ z -> z })" * 5_000,
        "let x = y" + "[0]" * 10_000,
        "if a { 1 }" + " else if a { 1 }" * 5_000,
        "let x: int" + " | int" * 5_000 + " = 1",
        "let x: int" + "?  " * 2_000 + " = 1",
        "let x = a" + " < b" * 3_000,
        "f(" + "x < a, " * 2_000 + ")",
        "let x = [" + "a?, " * 5_000 + "]",
        "let x = a" + "? + a" * 5_000,
        "x\n" * 10_000,
        "(" * 200 + "1" + ")" * 200,
        "{ -> " * 200 + "1" + "}" * 200,
        '"${' * 200 + "1" + '}"' * 200,
        "@a " * 2_000 + "fn f() { }",
        "match x {" + " 1 -> { 2 }" * 5_000 + "}",
        "/*" * 5_000 + "*/" * 5_000,
    ],
    ids=lambda text: text[:24],
)
def test_long_and_deep_programs_parse(text: str) -> None:
    parse(Source("test.harn", text))


@pytest.mark.large
@pytest.mark.parametrize(
    "text",
    [
        "(" * 1_000_000,
        "{" * 1_000_000,
        "[" * 1_000_000,
        '"${' * 300_000,
        ")" * 100_000,
        "fn f(" * 100_000,
        "}" * 100_000,
        "x: list<" * 20_000,
        "let x: " + "list<" * 50_000,
        "match " * 50_000,
        "if " * 50_000,
        "?" * 100_000,
        '"' * 99_999,
        "@" * 50_000,
    ],
    ids=lambda text: text[:12],
)
def test_long_and_deep_nonsense_is_refused(text: str) -> None:
    assert parse_with_errors(Source("test.harn", text))[1]
