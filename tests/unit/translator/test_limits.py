"""Programs at and beyond the limits of Python's compiler: what cannot be translated runs in the interpreter."""

from __future__ import annotations

from pathlib import Path

import pytest

from harnlite.cli import main
from harnlite.translator.translate import translate
from tests.two_tiers import compile_unchecked, run_both

_DEEP_IFS = "fn f(n) {\n" + "if n > 0 {\n" * 60 + "return 1\n" + "}\n" * 60 + "return 0 }\nprintln([f(1), f(0)])"
_DEEP_LOOPS = "fn f() {\nvar n = 0\n" + "for x in [1] {\n" * 24 + "n += 1\n" + "}\n" * 24 + "return n }\nprintln(f())"
_DEEP_TRIES = (
    "fn f() {\n" + "try {\n" * 22 + "throw 1\n" + "} catch (e) { throw e + 1 }\n" * 22 + "}\nprintln(try { f() })"
)
_ELSE_IFS = (
    "fn f(n) {\n"
    + " else ".join(f"if n == {number} {{ return {number} }}" for number in range(400))
    + "\nreturn 0 - 1 }\nprintln([f(0), f(399), f(400)])"
)
_TERNARIES = (
    "fn f(n) { return " + "".join(f"n == {n} ? {n} : " for n in range(150)) + "7 }\nprintln([f(3), f(149), f(999)])"
)
_LONG_SUM = "fn f(n) { return " + " + ".join(["n"] * 3000) + " }\nprintln(f(2))"
_NESTED_CALLS = "fn f(n) { return n + 1 }\nprintln(" + "f(" * 90 + "0" + ")" * 90 + ")"
_NESTED_LISTS = "let xs = " + "[" * 120 + "]" * 120 + '\nprintln("${xs}" == "' + "[" * 120 + "]" * 120 + '")'
_MANY_PARAMETERS = (
    f"fn f({', '.join(f'a{n}' for n in range(300))}) {{ return a299 }}\n"
    f"println(f({', '.join(str(n) for n in range(300))}))"
)
_MANY_ARMS = (
    "enum E { "
    + ", ".join(f"V{n}(int)" for n in range(80))
    + " }\nfn f(e) { return match e {\n"
    + "\n".join(f"E.V{n}(x) if x > {n} -> {{ {n} }}" for n in range(80))
    + "\n_ -> { 0 - 1 } } }\nprintln([f(E.V0(1)), f(E.V79(80)), f(E.V79(0))])"
)

CASES = {
    "deep ifs": (_DEEP_IFS, "[1, 0]\n", True),
    "deep loops": (_DEEP_LOOPS, "1\n", True),
    "deep handlers": (_DEEP_TRIES, "Result.Err(23)\n", True),
    "else-if chain": (_ELSE_IFS, "[0, 399, -1]\n", False),
    "ternary chain": (_TERNARIES, "[3, 149, 7]\n", None),
    "long sum": (_LONG_SUM, "6000\n", False),
    "nested calls": (_NESTED_CALLS, "90\n", False),
    "nested lists": (_NESTED_LISTS, "true\n", False),
    "many parameters": (_MANY_PARAMETERS, "299\n", False),
    "many guarded arms": (_MANY_ARMS, "[0, 79, -1]\n", None),
}


@pytest.mark.parametrize("name", CASES)
def test_both_tiers_run_it(name: str) -> None:
    """The output is the known one in both tiers, whatever tier its functions end up in."""
    text, expected, _ = CASES[name]
    assert run_both(text).output == expected


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case[2] is not None])
def test_what_is_declined(name: str) -> None:
    """Deep nesting is declined with a reason, long chains are not."""
    text, _, declined = CASES[name]
    translation = translate(compile_unchecked(text))
    assert bool(translation.declined) is declined
    assert all(translation.declined.values())


def test_exits_from_clean_ups_are_declined() -> None:
    """Python warns of ``return`` inside ``finally``; the interpreter does what the language says."""
    text = "fn f() { try { throw 1 } finally { return 2 } }\nprintln(f())"
    assert translate(compile_unchecked(text)).declined
    assert run_both(text).output == "2\n"


def test_functions_that_are_never_called_are_not_translated() -> None:
    """They cost nothing, and run in the interpreter should the analysis be wrong about them."""
    translation = translate(compile_unchecked("fn unused(x) { return x }\nprintln(1)"))
    assert translation.declined == {1: "never called"}
    assert "def f1" not in translation.text


def test_what_was_left_to_the_interpreter_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``harnlite dis --python`` names each such function and says why."""
    path = tmp_path / "x.harn"
    path.write_text(_DEEP_TRIES + "\nfn unused() { return 1 }\n")
    assert main(["dis", "--python", str(path)]) == 0
    notes = [line for line in capsys.readouterr().out.splitlines() if line.startswith("#")]
    assert notes[0].startswith("# function 1, f, is left to the interpreter: beyond Python's limits: too many")
    assert notes[-1] == "# function 2, unused, is left to the interpreter: never called"
