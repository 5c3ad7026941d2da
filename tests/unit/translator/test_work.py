"""The work of a translation grows with the source, however expressions and statements are nested or strung together."""

from __future__ import annotations

import os
import sys
from types import FrameType

import pytest

import harnlite.translator
from harnlite.bytecode.chunk import Chunk
from harnlite.translator.translate import translate
from tests.two_tiers import compile_unchecked

_PACKAGE = os.path.dirname(harnlite.translator.__file__)
#: Calls inside the translator per character of source; up to 170 where nothing is done twice from level to level.
_MOST_CALLS = 240

_HEAD = """enum E { A(int, int) }
struct S { a: int }
impl S { fn m(self, x) { return x } }
fn g(x) { return x }
fn h(x, y) { return x }
"""
#: What stands before and behind the next level, and how many levels there are.
_NESTINGS = {
    "and, left": ("(", " && b)", 48),
    "and of calls": ("(g(a) && ", ")", 48),
    "or of and": ("(a || (b && ", "))", 48),
    "coalescing": ("(a.x ?? ", ")", 48),
    "coalescing methods": ("(s.m(1) ?? ", ")", 36),
    "ternaries, condition": ("(", " ? a > 1 : b > 2)", 48),
    "ternaries of calls, condition": ("(", " ? g(b) : g(1))", 48),
    "ternaries of methods": ("(a > 1 ? s.m(", ") : 2)", 36),
    "if in operand": ("(1 + if a > b { ", " } else { b })", 36),
    "match in argument": ("h(a, match a { 1 -> { ", " } _ -> { 2 } })", 36),
    "match of match": ("(match ", " { 1 -> { 2 } _ -> { 1 } })", 36),
    "calls": ("h(", ", b)", 48),
    "calls behind failures": ("h(a.x + 1, ", ")", 48),
    "calls of unknown functions": ("f(f(a), ", ")", 48),
    "methods": ("s.m(", ")", 36),
    "interpolation": ('"<${', '}>"', 48),
    "interpolation of two": ('"<${a.x}|${', '}>"', 48),
    "indices": ("a[g(", ")]", 48),
    "lists": ("[a.x, g(a), ", "]", 48),
    "dicts": ("{x: g(a), y: ", "}", 48),
    "spreads": ("[1, ...", "]", 48),
    "products of methods": ("(b + a * s.m(", "))", 36),
    "divisions": ("(b / (a.x % ", "))", 48),
    "enums": ("E.A(a.x, ", ")", 48),
    "try": ("(try { ", " })", 14),
    "callbacks": ("[a].map({ x -> ", " })", 14),
}
#: Statements around one another.
_BLOCKS = {
    "for": ("for x in a {\nt += x\n", "}\n", 16),
    "while": ("var i = 0\nwhile i < 2 {\nt = t + b\ni = i + 1\n", "}\n", 12),
    "try": ("try {\nt += a.x\n", "} catch (e) { t = 1 }\n", 16),
    "if": ("if a > t && b.x == 1 {\nt += 1\n", "}\n", 30),
}
#: What is repeated many times, behind a beginning and before an end.
_SEQUENCES = {
    "list of calls": ("return [", "a.x + 1, s.m(1), ", "1]"),
    "interpolation": ('return "', "${a.x}-", '"'),
    "and": ("return b", " && a.x > 1", ""),
    "statements": ("", "t = t + a.x * b\n", "return t"),
    "variables in branches": ("", "if a.x > t { let v = s.m(t)\nt += v }\n", "return t"),
}


def _calls(chunk: Chunk) -> int:
    count = 0

    def see(frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call" and frame.f_code.co_filename.startswith(_PACKAGE)

    sys.setprofile(see)
    try:
        translate(chunk)
    finally:
        sys.setprofile(None)
    return count


def _function(body: str) -> Chunk:
    return compile_unchecked(f"{_HEAD}fn f(a, b, s) {{\nvar t = 0\n{body}\n}}\nprintln(try {{ f(g, 1, S {{a: 1}}) }})")


def _check(body: str) -> None:
    chunk = _function(body)
    assert _calls(chunk) < _MOST_CALLS * len(body)
    assert "nested too intricately" not in translate(chunk).declined.values()


@pytest.mark.parametrize("name", _NESTINGS)
def test_nested_expressions(name: str) -> None:
    """An expression inside an expression inside an expression."""
    before, behind, levels = _NESTINGS[name]
    _check("return " + before * levels + "a" + behind * levels)


@pytest.mark.parametrize("name", _BLOCKS)
def test_nested_blocks(name: str) -> None:
    """A block inside a block inside a block."""
    before, behind, levels = _BLOCKS[name]
    _check(before * levels + "t += 1\n" + behind * levels + "return t")


@pytest.mark.parametrize("name", _SEQUENCES)
def test_long_sequences(name: str) -> None:
    """Four times as much of the same is about four times the work."""
    before, part, behind = _SEQUENCES[name]
    few = _calls(_function(before + part * 60 + behind))
    many = _calls(_function(before + part * 240 + behind))
    assert many < 5 * few
