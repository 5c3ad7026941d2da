"""For each diagnostic that a script can cause: a script that causes it, and the same script mended.

``harnlite explain CODE`` and ``docs/diagnostics.md`` show them; the tests run the checker over all of them.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["EXAMPLES", "Example"]


class Example(NamedTuple):
    """Two scripts: ``before`` has the diagnostic, ``after`` has not."""

    before: str
    after: str


EXAMPLES: dict[str, Example] = {
    "HARN-PAR-001": Example("let total 5", "let total = 5"),
    "HARN-PAR-002": Example("fn greet(name) {\n  println(name)", "fn greet(name) {\n  println(name)\n}"),
    "HARN-PAR-003": Example("let name = 'Ada'", 'let name = "Ada"'),
    "HARN-PAR-004": Example('println("hello)', 'println("hello")'),
    "HARN-PAR-005": Example("/* to be done\nprintln(1)", "/* to be done */\nprintln(1)"),
    "HARN-TYP-002": Example('println("3" - 1)', 'println((to_int("3") ?? 0) - 1)'),
    "HARN-TYP-003": Example('println("count: " + 3)', 'println("count: ${3}")'),
    "HARN-TYP-004": Example(
        'fn half(n: int) -> int {\n  return "n / 2"\n}', "fn half(n: int) -> int {\n  return n / 2\n}"
    ),
    "HARN-TYP-005": Example('fn f() {\n  var n: int = 1\n  n = "two"\n}', "fn f() {\n  var n: int = 1\n  n = 2\n}"),
    "HARN-TYP-006": Example('fn half(n: int) { return n / 2 }\nhalf("8")', "fn half(n: int) { return n / 2 }\nhalf(8)"),
    "HARN-TYP-007": Example('let count: int = "3"', "let count: int = 3"),
    "HARN-TYP-009": Example(
        'struct Point { x: int }\nlet p = Point { x: "1" }', "struct Point { x: int }\nlet p = Point { x: 1 }"
    ),
    "HARN-TYP-012": Example("interface Box<out T> { fn put(item: T) }", "interface Box<in T> { fn put(item: T) }"),
    "HARN-TYP-013": Example(
        "struct Box<T> { item: T }\nfn open(box: Box<int, int>) {}",
        "struct Box<T> { item: T }\nfn open(box: Box<int>) {}",
    ),
    "HARN-TYP-015": Example(
        "interface Named { fn name(self) }\nstruct Dog { age: int }\n"
        "fn call<T>(it: T) where T: Named {}\ncall(Dog { age: 3 })",
        'interface Named { fn name(self) }\nstruct Dog { age: int }\nimpl Dog { fn name(self) { return "Rex" } }\n'
        "fn call<T>(it: T) where T: Named {}\ncall(Dog { age: 3 })",
    ),
    "HARN-TYP-020": Example("let p = Pont { x: 1 }", "struct Point { x: int }\nlet p = Point { x: 1 }"),
    "HARN-TYP-025": Example(
        "fn age(person: {age: int}?) { return person.age }", "fn age(person: {age: int}?) { return person?.age }"
    ),
    "HARN-NAM-001": Example("let total = 1\nprintln(totl)", "let total = 1\nprintln(total)"),
    "HARN-NAM-002": Example('prntln("hello")', 'println("hello")'),
    "HARN-NAM-003": Example(
        "@tst\npipeline sums() { assert_eq(1 + 1, 2) }", "@test\npipeline sums() { assert_eq(1 + 1, 2) }"
    ),
    "HARN-NAM-004": Example("println({age: 3}.aeg)", "println({age: 3}.age)"),
    "HARN-NAM-009": Example(
        '@deprecated(since: "1")\nfn old() {}\nfn new_one() {}\nold()',
        '@deprecated(since: "1")\nfn old() {}\nfn new_one() {}\nnew_one()',
    ),
    "HARN-NAM-011": Example('@deprecated(since: "1")\nstruct Old { x: int }', "struct Old { x: int }"),
    "HARN-NAM-012": Example("@deprecated(1)\nfn old() {}", '@deprecated(since: "1")\nfn old() {}'),
    "HARN-NAM-101": Example("fn main() { println(1) }", "fn main(harness: Harness) { println(1) }"),
    "HARN-MAT-001": Example(
        'enum Light { Red, Green }\nfn go(light: Light) {\n  return match light { Light.Red -> { "stop" } }\n}',
        "enum Light { Red, Green }\nfn go(light: Light) {\n"
        '  return match light { Light.Red -> { "stop" } Light.Green -> { "go" } }\n}',
    ),
    "HARN-MAT-003": Example(
        'println(match 2 { a | 2 -> { "few" } _ -> { "many" } })',
        'println(match 2 { 1 | 2 -> { "few" } _ -> { "many" } })',
    ),
    "HARN-ORC-001": Example("fn add(a, b) { return a + b }\nadd(1)", "fn add(a, b) { return a + b }\nadd(1, 2)"),
    "HARN-ORC-002": Example("fn numbers() { emit 1 }", "gen fn numbers() { emit 1 }"),
    "HARN-ORC-008": Example("fn f() {\n  return 1\n  println(2)\n}", "fn f() {\n  println(2)\n  return 1\n}"),
    "HARN-OWN-001": Example("let count = 1\ncount = 2", "var count = 1\ncount = 2"),
    "HARN-RCV-002": Example("let n = try* 1", "fn f() {\n  let n = try* 1\n}"),
    "HARN-MET-001": Example("const DOUBLE = { x -> x * 2 }", "let double = { x -> x * 2 }"),
    "HARN-CST-003": Example('const A = 1 - "x" ?? 2', "const A = 1 - 2"),
    "HARN-CST-004": Example('const TEXT = read_file("notes.txt")', 'let text = try { read_file("notes.txt") }'),
    "HARN-STD-003": Example("println(len())", "println(len([1, 2]))"),
    "HARN-LNT-001": Example(
        "let task = spawn { 1 }\nprintln(await task)", "let task = spawn { 1 }\nprintln(await(task))"
    ),
    "HARN-LNT-002": Example(
        "fn upto(limit) {\n  var all = []\n  for n in 1 to limit {\n    all.push(n)\n  }\n  return all\n}",
        "fn upto(limit) {\n  var all = []\n  for n in 1 to limit {\n    all = all.push(n)\n  }\n  return all\n}",
    ),
    "HARN-CMP-001": Example("break", "while true { break }"),
    "HARN-IMP-001": Example('import "std/maths"', 'import "std/math"'),
    "HARN-IMP-002": Example('import { medium } from "std/math"', 'import { median } from "std/math"'),
}
