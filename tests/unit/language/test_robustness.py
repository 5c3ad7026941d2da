"""Broken, huge and deep programs: always a result or a diagnostic, never an error of Python's."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from harnlite.diagnostics import ProgramError
from harnlite.engine import RunOptions, compile_source, run_source
from harnlite.host import Host
from harnlite.source import Source
from harnlite.syntax.lexer import tokenize

CORPUS = Path(__file__).parents[2] / "conformance"
TIERS = ("interpreter", "fast")
DEEP = 250
#: Past the end of Python's own recursion limit, which the command line raises for compiling.
LIMIT = 6_000


@pytest.fixture(autouse=True)
def _as_on_the_command_line() -> object:
    import sys

    before = sys.getrecursionlimit()
    sys.setrecursionlimit(LIMIT)
    yield
    sys.setrecursionlimit(before)


def _run(text: str, tier: str) -> tuple[str, list[str]]:
    output: list[str] = []
    host = Host(output.append, output.append, environment={})
    outcome = run_source(Source("main.harn", text), None, RunOptions(tier=tier, event_log="memory"), host=host)
    return "".join(output), [finding.message for finding in outcome.diagnostics if finding.severity == "error"]


def _compile(text: str) -> None:
    try:
        compile_source(Source("main.harn", text), None, options=RunOptions(use_cache=False))
    except ProgramError as error:
        assert error.diagnostics
        assert all(finding.message for finding in error.diagnostics)


def _cut(text: str, choose: random.Random) -> str:
    token = choose.choice(tokenize(Source("x", text)).tokens)
    return text[: choose.choice([token.start, token.end])]


def _exchange(text: str, choose: random.Random) -> str:
    tokens = [token for token in tokenize(Source("x", text)).tokens if token.end > token.start]
    first, second = sorted(choose.sample(tokens, 2), key=lambda token: token.start)
    return (
        text[: first.start]
        + text[second.start : second.end]
        + text[first.end : second.start]
        + text[first.start : first.end]
        + text[second.end :]
    )


def _insert(text: str, choose: random.Random) -> str:
    place = choose.randrange(len(text))
    return text[:place] + choose.choice("(){}[]\"'`$#@!?.:;,|&<>=+-*/%\\\n\r\t\0é\ud800_0a") + text[place:]


@pytest.mark.parametrize("damage", [_cut, _exchange, _insert])
def test_damaged_programs_are_compiled_or_refused(damage: object) -> None:
    choose = random.Random(20_251)
    programs = sorted(CORPUS.rglob("*/*.harn"))
    assert programs
    for path in choose.sample([path for path in programs if path.is_file()], 120):
        text = path.read_text(encoding="utf-8")
        if len(tokenize(Source("x", text)).tokens) > 3:
            _compile(damage(text, choose))  # type: ignore[operator]  # one of the functions above


NESTED = {
    "closures": ("let f = " + "{ -> " * DEEP + "1" + "}" * DEEP + "\nprintln(type_of(f))", "closure\n"),
    "branches": ("if true { " * DEEP + 'println("in")' + "}" * DEEP, "in\n"),
    "functions": ("fn f() { " * DEEP + "}" * DEEP + '\nprintln("declared")', "declared\n"),
    "lists": ("println(len(" + "[" * DEEP + "1" + "]" * DEEP + "))", "1\n"),
    "dicts": ("println(len(" + "{a: " * DEEP + "1" + "}" * DEEP + "))", "1\n"),
    "groups": ("println(" + "(" * DEEP + "1" + ")" * DEEP + ")", "1\n"),
    "calls": ("fn id(x) { return x }\nprintln(" + "id(" * DEEP + "1" + ")" * DEEP + ")", "1\n"),
    "loops": ("for i in [1] { " * DEEP + 'println("in")' + "}" * DEEP, "in\n"),
    "tries": ("println(" + "try { " * 200 + "1" + " }" * 200 + ")", "Result.Ok(1)\n"),
    "matches": ("println(" + "match 1 { 1 -> { " * 120 + "7" + " } }" * 120 + ")", "7\n"),
    "texts": ("println(" + '"${' * 80 + "1" + '}"' * 80 + ")", "1\n"),
    "comments": ("/*" * 5_000 + "*/" * 5_000 + "println(1)", "1\n"),
}


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("name", NESTED)
def test_deep_nesting_runs(name: str, tier: str) -> None:
    text, expected = NESTED[name]
    assert _run(text, tier) == (expected, [])


def test_more_brackets_than_the_limit_are_refused() -> None:
    _, errors = _run("println(" + "(" * 300 + "1" + ")" * 300 + ")", "interpreter")
    assert [error.startswith("Brackets nested more than 256 deep") for error in errors] == [True]


CHAINS = [
    ("+", "1"), ("-", "1"), ("*", "1"), ("/", "1"), ("%", "7"), ("**", "1"), ("&&", "true"), ("||", "false"),
    ("==", "1"), ("!=", "1"), ("??", "nil"), ("in", "[1]"), ("+", '"a"'),
]  # fmt: skip


@pytest.mark.large
@pytest.mark.parametrize(("operator", "term"), CHAINS)
def test_chains_of_ten_thousand_operators_run(operator: str, term: str) -> None:
    chain = f" {operator} ".join([term] * 10_000)
    output, errors = _run(f"println(type_of({chain}))", "interpreter")
    assert errors == []
    assert output


@pytest.mark.parametrize("operator", ["&&", "||", "??", "+"])
def test_chains_of_unknown_values_run_translated(operator: str) -> None:
    chain = f" {operator} ".join(["v"] * 400)
    assert _run(f"fn f(v) {{ return {chain} }}\nprintln(f(0) == f(0))", "fast") == ("true\n", [])


@pytest.mark.large
@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("let d = {}\nprintln(d" + "?.a" * 5_000 + ")", "nil\n", id="members"),
        pytest.param('println("a"' + ".trim()" * 2_000 + ")", "a\n", id="methods"),
        pytest.param("fn id(x) { return x }\nprintln(1" + " |> id" * 2_000 + ")", "1\n", id="pipes"),
        pytest.param("println(" + "!" * 10_000 + "true)", "true\n", id="negations"),
        pytest.param("let v = false\nprintln(" + "v ? 1 : " * 1_000 + "2)", "2\n", id="ternaries"),
        pytest.param("var t = 0\n" + "t += 1\n" * 5_000 + "println(t)", "5000\n", id="lines"),
        pytest.param("let xs = [" + "1, " * 20_000 + "]\nprintln(len(xs))", "20000\n", id="items"),
        pytest.param("fn f(...xs) { return len(xs) }\nprintln(f(" + "1, " * 5_000 + "))", "5000\n", id="arguments"),
        pytest.param("println(" + "9" * 5_000 + " > 1)", "true\n", id="digits"),
        pytest.param("println(0." + "0" * 400 + "1)", "0.0\n", id="small digits"),
        pytest.param("let " + "a" * 50_000 + " = 1\nprintln(" + "a" * 50_000 + ")", "1\n", id="name"),
        pytest.param('println(len("\ud83d"))', "1\n", id="half a character"),
        pytest.param('println(try { json_parse("\\"\\\\ud800\\"") } catch (e) { "no" })', "no\n", id="half in json"),
        pytest.param("let 数 = {キー: 1}\nfn größe(x) { return x }\nprintln(größe(数.キー))", "1\n", id="names"),
    ],
)
def test_large_programs_run(text: str, expected: str, tier: str) -> None:
    assert _run(text, tier) == (expected, [])
