"""The static checker: every error and warning of docs/reference/language.md 8, and programs it must leave alone."""

from __future__ import annotations

import pytest

from harnlite.diagnostics import Diagnostic, ProgramError
from harnlite.engine import compile_source
from harnlite.source import Source

_ENUM = "enum E { A, B(int) }\n"
_STRUCT = "struct P { x: int, y?: string }\n"


def check(text: str) -> list[Diagnostic]:
    """Give everything found in a program, errors and warnings."""
    try:
        return compile_source(Source("test.harn", text), None).warnings
    except ProgramError as error:
        return error.diagnostics


_TAGGED = 'type T = {kind: "a", n: int} | {kind: "b", s: string}\n'

ERRORS = [
    ("TYP-002", "can't use '-' on string and string (needs numeric operands)", 'println("a" - "b")'),
    ("TYP-002", "can't use '/' on bool and int (needs numeric operands)", "println(true / 2)"),
    ("TYP-002", "can't add bool and bool", "println(true + false)"),
    ("TYP-003", "can't add string and int", 'println("a" + 1)'),
    ("TYP-002", "can't multiply bool and int (try string * int)", "println(true * 2)"),
    ("TYP-004", "return value: expected int, found string", 'fn f() -> int { return "a" }'),
    ("TYP-004", "return value: expected int, found string", 'pipeline default() -> int { return "a" }'),
    ("TYP-005", "assignment to `v`: expected int, found string", 'fn f() { var v = 1\nv = "t" }'),
    ("TYP-005", "assignment to `v`: expected int, found float", "fn f() { var v = 1\nv /= 2.0 }"),
    ("TYP-005", "assignment to `v`: expected list<int>, found int", "fn f() { var v = [1]\nv = 2 }"),
    ("TYP-005", "assignment to `v`: expected {a: int}, found string", 'fn f() { var v = {a: 1}\nv = "x" }'),
    ("TYP-005", "assignment to `v`: expected dict, found bool", "fn f() { var v = {}\nv = true }"),
    ("TYP-005", "assignment to `v`: expected string?, found int", "fn f() { var v: string? = nil\nv = 1 }"),
    ("TYP-006", "argument 1 `a`: expected int, found string", 'fn f(a: int) { }\nf("x")'),
    ("TYP-006", "argument 2 `b`: expected list<string>, found list<int>", "fn f(a, b: list<string>) { }\nf(1, [2])"),
    ("TYP-006", 'argument 1 `m`: expected "a" | "b", found string', 'fn f(m: "a" | "b") { }\nf("c")'),
    (
        "TYP-006",
        "argument 1 `p`: expected {a: int}, found {b: int} (missing field 'a' (int))",
        "fn f(p: {a: int}) { }\nf({b: 1})",
    ),
    ("TYP-006", "type parameter 'T' was inferred as both int and string", 'fn f<T>(a: T, b: T) { }\nf(1, "x")'),
    ("TYP-006", "argument 1 `value`: expected int | float, found string", 'abs("x")'),
    (
        "TYP-006",
        "argument 1 `g`: expected fn(int) -> int, found fn(string) -> any",
        "fn f(g: fn(int) -> int) { }\nf({ x: string -> 1 })",
    ),
    (
        "TYP-006",
        "argument 1 `g`: expected fn(int) -> int, found fn(int) -> string",
        "fn f(g: fn(int) -> int) { }\nfn h(k: fn(int) -> string) { f(k) }",
    ),
    ("TYP-007", "let binding `x`: expected int, found string", 'let x: int = "a"'),
    ("TYP-007", "var binding `x`: expected list<int>, found list<string>", 'var x: list<int> = ["a"]'),
    ("TYP-009", "field `x` in struct `P`: expected int, found float", _STRUCT + "let p = P { x: 1.5 }"),
    ("TYP-020", "unknown struct type `Q`", "let q = Q { x: 1 }"),
    ("TYP-025", "cannot access property `p` on `nil`; the value is statically known to be nil here", "println(nil.p)"),
    (
        "TYP-025",
        "cannot access property `a` on nilable type `{a: int}?`; the value may be nil at runtime",
        "fn f(p: {a: int}?) { return p.a }",
    ),
    ("NAM-002", "call target `prnt` is not defined or imported — did you mean `print`?", "prnt(1)"),
    ("NAM-004", "field `zz` does not exist on shape `{a: int}`", "println({a: 1}.zz)"),
    ("NAM-004", "field `zz` does not exist on shape `{a: int}`", "fn f(p: {a: int}) { return p.zz }"),
    ("NAM-004", "field `b` does not exist on shape `{a: int}`", "fn f() -> {a: int} { return {a: 1} }\nprintln(f().b)"),
    ("NAM-101", "`main` must take a single `harness: Harness` parameter", "fn main() { }"),
    ("NAM-101", "`main` must take exactly one parameter (`harness: Harness`), found 2", "fn main(a, b) { }"),
    ("NAM-101", "`main` parameter is named `x`, expected `harness` or `_harness`", "fn main(x: Harness) { }"),
    ("NAM-101", "`main(harness: Harness)` requires an explicit `Harness` type annotation", "fn main(harness) { }"),
    ("NAM-101", "`main(harness: …)` parameter type must be `Harness`, found `int`", "fn main(harness: int) { }"),
    (
        "MAT-001",
        'Non-exhaustive match on enum E: missing variants "B"',
        _ENUM + "fn f(e: E) { return match e { E.A -> { 1 } } }",
    ),
    (
        "MAT-001",
        'Non-exhaustive match on literal union: missing "b"',
        'fn f(m: "a" | "b") { return match m { "a" -> { 1 } } }',
    ),
    (
        "MAT-001",
        "Non-exhaustive match on union type: missing string",
        "fn f(x: int | string) { return match x { 1 -> { 1 } 2 -> { 2 } } }",
    ),
    (
        "MAT-001",
        'Non-exhaustive match on tagged shape union: missing variants "b"',
        _TAGGED + 'fn f(x: T) { return match x.kind { "a" -> { 1 } } }',
    ),
    (
        "MAT-001",
        'Non-exhaustive match on tagged shape union: missing variants "b"',
        _TAGGED + 'fn f(x: T) { return match x { {kind: "a", n: n} -> { n } } }',
    ),
    (
        "MAT-001",
        "`unreachable()` argument has type",
        'fn f(m: "a" | "b") { return match m { "a" -> { 1 } _ -> { unreachable(m) } } }',
    ),
    ("TYP-002", "can't add int and nil", "println(1 + nil)"),
    ("TYP-002", "can't use '-' on nil and int (needs numeric operands)", "println(nil - 1)"),
    ("TYP-004", "return value: expected Generator<any>, found int", "fn g() { yield 1\nreturn 5 }"),
    ("TYP-004", "return value: expected Generator<int>, found int", "fn g() -> Generator<int> { yield 1\nreturn 5 }"),
    ("TYP-004", "return value: expected Stream<any>, found string", 'gen fn g() { emit 1\nreturn "x" }'),
    ("TYP-004", "return value: expected Stream<int>, found int", "gen fn g() -> Stream<int> { emit 1\nreturn 5 }"),
    (
        "TYP-012",
        "type parameter 'T' is declared 'out' but used in an input position of `put`",
        "interface I<out T> { fn put(x: T) }",
    ),
    ("TYP-013", "type 'B' expects 1 type argument, got 2", "struct B<T> { v: T }\nfn f(b: B<int, int>) { }"),
    (
        "TYP-015",
        "type 'P' does not satisfy interface 'I'",
        _STRUCT + "interface I { fn m(self) }\nfn f<T>(v: T) where T: I { }\nf(P { x: 1 })",
    ),
    ("MAT-003", "Or-pattern alternatives must be literal patterns", "println(match 1 { a | 2 -> { 1 } _ -> { 2 } })"),
    ("ORC-002", "`emit` can only be used inside a `gen fn`", "fn f() { emit 1 }"),
    ("ORC-002", "`yield` is not a stream emit; use `emit` inside `gen fn`", "gen fn f() { yield 1 }"),
    ("RCV-002", "try* requires an enclosing function", "let a = try* 1"),
    ("MET-001", "const `A` initializer rejected: a closure is not constant", "const A = { x -> x }"),
    ("CST-003", "const `A` initializer rejected:", 'const A = 1 - "x" ?? 2'),
    ("CST-003", "const `A` initializer rejected: 'len' expects 1 argument, got 0", "const A = len()"),
    ("CST-004", "const `A` initializer rejected: `read_file` may not be called", 'const A = read_file("x")'),
    ("CMP-001", "compile error: Compile error at line 1: break outside of loop", "break"),
]


@pytest.mark.parametrize(("code", "message", "text"), ERRORS)
def test_error(code: str, message: str, text: str) -> None:
    """The program is refused, for this reason and no other."""
    found = [one for one in check(text) if one.severity == "error"]
    assert [one.code for one in found] == [f"HARN-{code}"], [one.message for one in found]
    assert message in found[0].message


WARNINGS = [
    ("OWN-001", "Cannot assign to 'a': variable is immutable (declared with 'let')", "fn f() { let a = 1\na = 2 }"),
    ("OWN-001", "Cannot assign to 'i': variable is immutable", 'for i in [1, 2] { i = i + 0.5\ni = "s"\ni + "t" }'),
    ("OWN-001", "Cannot assign to 'b': variable is immutable", "for [a, b] in [[1, 2]] { b = a }"),
    ("OWN-001", "Cannot assign to 'a': variable is immutable", 'fn f() { let a = 1\na = "x" }'),
    ("ORC-001", "Function 'f' expects 2 arguments, got 1", "fn f(a, b) { }\ntry { f(1) }"),
    ("ORC-001", "Function 'f' expects 1-2 arguments, got 3", "fn f(a, b = 1) { }\ntry { f(1, 2, 3) }"),
    ("ORC-001", "Function 'f' expects at least 1 argument, got 0", "fn f(a, ...b) { }\ntry { f() }"),
    ("STD-003", "Builtin function 'len' expects 1 argument, got 0", "try { len() }"),
    ("NAM-009", "`f` is deprecated (since 1)", '@deprecated(since: "1")\nfn f() { }\nf()'),
    ("NAM-001", "variable `totl` is not defined here — did you mean `total`?", "let total = 1\ntry { totl }"),
    ("NAM-001", "variable `handoff` is not defined here", "println(handoff.envelope_id)"),
    ("NAM-003", "unknown attribute `@tst`", "@tst\npipeline default() { }"),
    ("NAM-004", "Unknown field 'z' in struct 'P'", _STRUCT + "let p = P { x: 1, z: 2 }"),
    ("TYP-009", "Missing field 'x' in struct 'P' construction", _STRUCT + "let p = P { }"),
    ("TYP-002", "Comparing string with int using '<' may give unexpected results", 'println("a" < 1)'),
    ("LNT-001", "`await` stands here as a value", "let t = spawn { 1 }\nprintln([await t])"),
    ("LNT-002", "the new list that `push` gives", "fn f() { var a = []\nfor i in 1 to 3 { a.push(i) } }"),
    ("LNT-002", "the new list that `sort` gives", "fn f() { let a = [2, 1]\na.sort()\nreturn a }"),
    (
        "LNT-002",
        "the new list that `push` gives",
        "fn f() { var a = []\nwhile len(a) < 3 { if a { 1 } else { a.push(1) } } }",
    ),
    ("LNT-002", "the new list that `reverse` gives", "fn f(a: list<int>) { a.reverse() }"),
    ("LNT-002", "the new dict that `remove` gives", 'fn f() { let d = {a: 1}\nd.remove("a")\nprintln(d) }'),
    ("LNT-002", "the new string that `trim` gives", "fn f(s: string) { s.trim()\nreturn s }"),
    ("ORC-008", "unreachable code", "fn f() { return 1\nprintln(2) }"),
    ("MAT-003", "Match pattern type mismatch", 'fn f(a: int) { return match a { "x" -> { 1 } _ -> { 2 } } }'),
]


@pytest.mark.parametrize(("code", "message", "text"), WARNINGS)
def test_warning(code: str, message: str, text: str) -> None:
    """The program runs, with this warning."""
    found = check(text)
    assert not [one.message for one in found if one.severity == "error"]
    assert any(one.code == f"HARN-{code}" and message in one.message for one in found), [one.message for one in found]


QUIET = [
    "fn f(m: \"a\" | \"b\") { return match m { \"a\" -> { 1 } \"b\" -> { 2 } _ -> { unreachable(m) } } }",
    "fn f(m: \"a\" | \"b\") { if m == \"a\" { return 1 }\nif m == \"b\" { return 2 }\nunreachable(m) }",
    _ENUM + "fn f(e: E) { return match e { E.A -> { 1 } E.B -> { 2 } _ -> { unreachable(e) } } }",
    "fn f(x: string?) { return match x { nil -> { \"-\" } v -> { v + \"!\" } } }",
    "fn f(x: int | string) { return match x { 1 -> { 1 } \"a\" -> { 2 } } }",
    _TAGGED + "fn f(x: T) { return match x.kind { \"a\" -> { x.n } \"b\" -> { x.s } } }",
    "fn g(x) { yield 1\nif x { return }\nlet f = { -> return 5 }\nreturn nil }",
    "fn f() { let g = { -> yield 1 }\nreturn 5 }",
    "struct B<T> { v: T }\nfn f(b: B<int>, c: B) { return b.v }",
    "fn f(v: unknown) { if type_of(v) == \"int\" { return 1 }\nif type_of(v) == \"list\" { return 2 }\nunreachable(v) }",
    "fn f(p: {a: int}?) { if p == nil { return 0 }\nreturn p.a }",
    "fn f(p: {a: int}?) { if p != nil { return p.a }\nreturn 0 }",
    "fn f(p: {a: int}?) { if p { return p.a }\nreturn 0 }",
    "fn f(p: {a: int}?) { guard p != nil else { return 0 }\nreturn p.a }",
    "fn f(p: {a: int}?) { require p != nil\nreturn p.a }",
    "fn f(p: {a: int}?) { return p != nil && p.a > 1 }",
    "fn f(p: {a: int}?) { return p == nil ? 0 : p.a }",
    "fn f(p: {a: int}?) { return p?.a }",
    "fn f(a: float) { }\nf(1)",
    "fn f(m: \"a\" | \"b\") { }\nlet s = to_string(1)\nf(s)",
    "fn f(a: int | string) { if type_of(a) == \"int\" { return a + 1 }\nreturn len(a) }",
    "fn f(xs: list) { for x in xs.reverse() { println(3 + x) } }",
    "fn f(a, b) { return a - b }\nprintln(f(1, 2))",
    "fn f() { var v = nil\nv = 1\nv = \"x\" }",
    "fn f() { var xs = [1]\nxs = [\"a\"]\nvar d = {a: 1}\nd = {b: 2}\nreturn d.b }",
    "let a = 5\nprintln(try { a - \"x\" })",
    "fn f() { let d = {a: 1}\nreturn d.zz }",
    _ENUM + "fn f(e: E) { return match e { E.A -> { 1 } E.B(n) -> { n } } }",
    _ENUM + "fn f(e: E) { return match e { E.A -> { 1 } other -> { 2 } } }",
    "fn f<T>(a: T, b: list<T>) -> T { return a }\nlet x: int = f(1, [2])",
    "fn f(r: Result<int, string>) { return r }\nf(Ok(1))",
    "interface S { fn area(self) -> float }\n" + _STRUCT + "fn f(s: S) { }\nf(P { x: 1 })",
    "let f = { x -> x }\nprintln(f(1))",
    "fn f(g: fn(int) -> int) { }\nf({ -> 1 })\nf({ x -> 1 })\nf({ x: float -> 1 })\nf({ x: int, y = 2 -> 1 })\nf(abs)",
    "fn f(g: fn(int) -> nil) { }\nfn h(k: fn(int) -> int) { f(k)\nvar m = k\nm = { x: int -> x } }",
    "fn f() { return len }",
    "const A = len([1, 2]) * 3\nconst B = A > 2 ? \"x\" : \"y\"",
    "const A = min(1, 2) + max(3, 4) * abs(-5) - floor(1.5) + ceil(1.2) + round(2.6) ** 2",
    "const A = uppercase(1) + trim(\" a \") + format(\"{}-{}\", 1, \"x\") + join([1, 2], \"/\") + lowercase(\"X\")",
    "const A = if max(1, 2) == 2 { \"y\" } else { 1 / 0 }\nconst B = min()",
    "type Id = int | string\nfn f(a: Id) { }\nf(\"x\")\nf(1)",
    "fn f(n: int) { if n > 1 { return g(n - 1) }\nreturn n }\nfn g(n: int) { return f(n) }\nprintln(f(3))",
    "fn f(a: list<int>) { return a.reverse() }\nlet g = { a: list<int> -> a.sort() }",
    "fn f(a) { a.push(1) }\nvar b = [1]\nfor i in b { b = b.push(i) }\nb.each({ x -> x })",
    "struct S { x: int }\nimpl S { fn push(self, y) { println(y) } }\nlet s = S { x: 1 }\ns.push(2)\nprintln(s)",
    "fn f() { var a = []\nfor i in 1 to 2 { if true { let a = i\na.push(1) } } }",
    "for (k, v) in {a: 1}.iter() { println(\"${k} ${v}\") }",
    "println([1, 2] |> { xs -> xs.map({ x -> x * 2 }) })\nprintln(3 |> _ + 1)",
]  # fmt: skip


@pytest.mark.parametrize("text", QUIET)
def test_sound_programs_are_left_alone(text: str) -> None:
    """Nothing is found where nothing is wrong."""
    assert [one.message for one in check(text)] == []


@pytest.mark.large
def test_long_chains_do_not_exhaust_the_stack() -> None:
    """More operators, logical ones, pipes and calls in a row than Python nests calls."""
    for operator in ("+", "&&"):
        assert check("println(" + f" {operator} ".join(["x"] * 1_500) + ")\nlet x = 1") is not None
    for operator in ("??", "**"):
        assert check("let x = 1\nprintln(" + f" {operator} ".join(["x"] * 1_500) + ")") == []
    assert check("let x = 1\nprintln(" + "!" * 1_500 + "x)") == []
    assert check("let x = 1\nprintln(" + "x ? 1 : " * 1_500 + "2)") == []
    assert check("let f = { x -> x }\nprintln(1" + " |> f" * 1_500 + ")") == []
    assert check("println([]" + ".reverse()" * 1_500 + ")") == []
