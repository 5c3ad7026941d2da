"""Fuel ends a run that would not end, whatever it is that goes on for ever, in both tiers."""

from __future__ import annotations

import pytest

from tests.two_tiers import compile_unchecked, run_chunk

_FUEL = 2_000

ENDLESS = {
    "while": "while true { }",
    "while calls": ("fn f(x) { return x + 1 }\nvar i = 0\nwhile f(i) > 0 { i = 1 }"),
    "while continue": ("var i = 0\nwhile true { i += 1\n if i > 3 { continue }\n println(i) }"),
    "while in function": ("fn f(n) { while n > 0 { } }\nf(1)"),
    "while match": "while true { match 1 { 1 -> { continue } } }",
    "while try": "while true { try { throw 1 } catch (e) { } }",
    "while finally": "while true { try { continue } finally { } }",
    "for range": "for x in 0 to 9223372036854775807 { }",
    "for range counted": ("var t = 0\nfor x in 0 to 9223372036854775807 { t = t + x }"),
    "nested for": "for a in 0 to 1000000 { for b in 0 to 1000000 { } }",
    "nested small": "for a in 0 to 1000 { for b in 0 to 1000 { for c in 0 to 1000 { } } }",
    "for generator": ("fn g() { var i = 0\nwhile true { yield i\ni += 1 } }\nfor x in g() { }"),
    "for handle": ("fn g() { var i = 0\nwhile true { yield i\ni += 1 } }\nlet h = g()\nfor x in h { }"),
    "next": ("fn g() { while true { yield 1 } }\nlet h = g()\nvar v = h.next()\nwhile !v.done { v = h.next() }"),
    "generator inside": ("fn g() { while true { } \n yield 1 }\nfor x in g() { }"),
    "generator of generator": (
        "fn g() { while true { yield 1 } }\nfn h() { for x in g() { if x > 1 { yield x } } }\nfor x in h() { }"
    ),
    "recursion direct": (
        "fn f(n) { return [f(n), 1] }\ntry { f(0) } catch (e) { }\nwhile true { try { f(0) } catch (e) { } }"
    ),
    "recursion tree": ("fn f(n) { if n <= 0 { return 1 }\n return f(n - 1) + f(n - 1) }\nf(200)"),
    "tail self no args": ("fn f() { return f() }\nf()"),
    "tail mutual": ("fn a(n) { return b(n + 1) }\nfn b(n) { return a(n - 1) }\na(0)"),
    "tail pipe": ("fn f(n) { return n |> f }\nf(0)"),
    "tail match": ("fn f(n) { match n { 0 -> { return f(0) } _ -> { return f(0) } } }\nf(0)"),
    "tail closure value": ("fn a(f, n) { return f(f, n) }\na(a, 1)"),
    "callback map": (
        "let xs = (0 to 500).to_list()\n"
        "fn f(n) { return xs.map({ x -> f(n - 1) }) }\n"
        "while true { try { f(10) } catch (e) { } }"
    ),
    "iter infinite": (
        "fn g() { while true { yield 1 } }\nprintln(g().iter().map({ x -> x + 1 }).filter({ x -> x > 5 }).first())"
    ),
    "iter filter": "println((0 to 9223372036854775806).filter({ x -> x < 0 }).first())",
    "iter any": "println((0 to 9223372036854775806).any({ x -> x < 0 }))",
    "iter all": "println((0 to 9223372036854775806).all({ x -> x >= 0 }))",
    "iter find": "println((0 to 9223372036854775806).find({ x -> x < 0 }))",
    "iter reduce": "println((0 to 9223372036854775806).reduce(0, { a, x -> a }))",
    "iter for_each": "(0 to 9223372036854775806).for_each({ x -> x })",
    "iter skip": "println((0 to 9223372036854775806).skip(9223372036854775800).first())",
    "iter skip_while": "println((0 to 9223372036854775806).skip_while({ x -> x >= 0 }).first())",
    "iter chunks": "println((0 to 9223372036854775806).chunks(2).count())",
    "iter windows": "println((0 to 9223372036854775806).windows(2).count())",
    "iter flat_map": "println((0 to 9223372036854775806).flat_map({ x -> [] }).first())",
    "for iter": "for x in (0 to 9223372036854775806).map({ x -> x }) { }",
    "in range": "while 1 in (0 to 5) { }",
    "retry": "retry 1000000000 { throw 1 }",
    "spawn": ("let h = spawn { while true { } }\nawait(h)"),
    "parallel": "parallel 3 { i -> while true { yield_now() } }",
    "yield_now": "while true { yield_now() }",
    "channel": ('let c = channel("c", 1)\nwhile true { send(c, 1)\nreceive(c) }'),
    "method": (
        "struct S { a: int }\n"
        "impl S { fn m(self) { return self.m() } }\n"
        "while true { try { S {a: 1}.m() } catch (e) { } }"
    ),
    "method loop": (
        "struct S { a: int }\nimpl S { fn m(self) { return self.a } }\nlet s = S {a: 1}\nwhile s.m() == 1 { }"
    ),
    "select": ('let c = channel("c", 1)\nwhile true { select { v from c { println(v) } default { } } }'),
    "defer": ("fn f() { defer { while true { } } }\nf()"),
    "finally": "try { throw 1 } finally { while true { } }",
    "handler": "try { throw 1 } catch (e) { while true { } }",
    "default": ("fn g() { while true { } }\nfn f(x = g()) { return x }\nf()"),
    "dict filter": ("let d = {a: 1, b: 2}\nwhile true { d.filter({ x -> true }) }"),
    "deadline": "deadline 60s { while true { } }",
    "mutex": "mutex { while true { } }",
    "deep callbacks": ("fn f(n) { return [1].map({ x -> f(n + 1) }) }\nwhile true { try { f(0) } catch (e) { } }"),
    "callbacks in callbacks": (
        "let xs = (0 to 300).to_list()\n"
        "println(xs.map({ a -> xs.map({ b -> xs.map({ c -> c }).count() }).count() }).count())"
    ),
    "callbacks that become loops": (
        "let xs = (0 to 300).to_list()\n"
        "fn f(a) { return xs.filter({ x -> x > a }).count() }\n"
        "let t = xs.map({ a -> xs.map({ b -> f(a + b) }).sum() })"
    ),
    "reduce": (
        "let xs = (0 to 300).to_list()\n"
        "println(xs.reduce(0, { a, x -> xs.reduce(a, { b, y -> xs.reduce(b, { c, z -> c + z }) }) }))"
    ),
    "sort_by": (
        "let xs = (0 to 300).to_list()\nxs.sort_by({ x -> xs.sort_by({ y -> xs.sort_by({ z -> 0 - z })[0] })[0] })"
    ),
    "loops over lists": ("let xs = (0 to 300).to_list()\nfor a in xs { for b in xs { for c in xs { } } }"),
    "short functions": (
        "let xs = (0 to 300).to_list()\n"
        "fn short(x) { return x + 1 }\n"
        "fn f() { var t = 0\n"
        "for x in xs { t = t + short(x) }\n"
        " return t }\n"
        "println(xs.map({ x -> xs.map({ y -> f() }).sum() }))"
    ),
}


@pytest.mark.parametrize("tier", ["fast", "interpreter"])
@pytest.mark.parametrize("name", ENDLESS)
def test_it_ends(name: str, tier: str) -> None:
    """The end is that of the limit, not of a handler, and comes soon."""
    seen = run_chunk(compile_unchecked(ENDLESS[name]), fast=tier == "fast", fuel=_FUEL)
    assert seen.end == f"LimitReached the limit of {_FUEL} loop turns and calls is reached"


@pytest.mark.parametrize("tier", ["fast", "interpreter"])
def test_what_ends_by_itself_needs_no_more_fuel_than_it_has_turns_and_calls(tier: str) -> None:
    """Turns and calls that cannot go on for ever may be free, but none counts twice."""
    text = "fn f(x) { return x + 1 }\nvar i = 0\nwhile i < 100 { i = f(i) }\nprintln(i)"
    assert run_chunk(compile_unchecked(text), fast=tier == "fast", fuel=202).output == "100\n"
