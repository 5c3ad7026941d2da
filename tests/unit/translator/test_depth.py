"""511 nested calls work and the next fails, however a function is called (docs/reference/language.md 6.4)."""

from __future__ import annotations

import pytest

from tests.two_tiers import compile_unchecked, run_both, run_chunk

#: How a function may come to call itself; each takes one guest call per level.
FORMS = {
    "direct": "fn f(n) { if n == 0 { return 0 }\n return f(n - 1) + 1 }",
    "late": "fn f(n) { if n == 0 { return 0 }\n return g(n - 1) + 1 }\n"
    "fn g(n) { if n == 0 { return 0 }\n return f(n - 1) + 1 }",
    "defaults": "fn f(n, x = 1) { if n == 0 { return 0 }\n return f(n - 1) + x }",
    "value": "fn call(f, n) { if n == 0 { return 0 }\n return f(f, n - 1) + 1 }\nfn f(n) { return call(call, n) }",
    "method": "struct S { a: int }\nimpl S { fn m(self, n) { if n == 0 { return 0 }\n return self.m(n - 1) + 1 } }\n"
    "fn f(n) { return S {a: 1}.m(n) }",
}


@pytest.mark.parametrize("form", FORMS)
def test_limit_is_the_same_in_both_tiers(form: str) -> None:
    """Both tiers reach the same depth, whatever it is for the form, and fail alike beyond it."""
    text = FORMS[form] + "\nfor n in [300, 506, 508, 509, 510, 511, 512, 600] { println(is_ok(try { f(n) })) }"
    output = run_both(text).output.split()
    assert output[0] == "true"
    assert output[-1] == "false"
    assert output == sorted(output, reverse=True)


def test_direct_calls_reach_the_limit() -> None:
    """The body and 511 calls inside it."""
    text = FORMS["direct"] + "\nprintln([try { f(510) }, try { f(511) }])"
    assert run_both(text).output == "[Result.Ok(510), Result.Err(Stack overflow: too many nested calls)]\n"


def test_callbacks_reach_the_limit() -> None:
    """A callback inside a function takes two calls per level, and no more of Python's stack than there is."""
    text = "fn f(n) { if n == 0 { return 0 }\n return [n].map({ x -> f(x - 1) })[0] + 1 }\nprintln(try { f(250) })"
    assert run_chunk(compile_unchecked(text), fast=True).output == "Result.Ok(250)\n"
