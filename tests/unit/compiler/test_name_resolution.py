"""What a name means where it stands (docs/reference/language.md 6)."""

from __future__ import annotations

import pytest

from tests.compiling import compile_text, instructions


def _names_in(text: str, function: str | int) -> list[str]:
    """Give the instructions of a function that have to do with names."""
    kept = ("LOAD", "STORE", "NEW_CELL", "SET_CELL", "CALL_BUILTIN", "FAIL")
    return [line for line in instructions(compile_text(text), function) if line.startswith(kept)]


@pytest.mark.parametrize(
    ("text", "function", "expected"),
    [
        pytest.param("let x = 1\nx", 0, ["STORE x#0", "LOAD x#0"], id="local"),
        pytest.param("pi", 0, ["LOAD_GLOBAL pi"], id="global"),
        pytest.param("len", 0, ["LOAD_BUILTIN len"], id="builtin"),
        pytest.param("len(1)", 0, ["CALL_BUILTIN len 1"], id="builtin called"),
        pytest.param("nowhere", 0, ["LOAD_DYNAMIC nowhere 0"], id="unknown"),
        pytest.param("nowhere()", 0, ["LOAD_DYNAMIC nowhere 1"], id="unknown called"),
        pytest.param("argv(1)", 0, ["LOAD_GLOBAL argv"], id="global called"),
        pytest.param("let len = 1\nlen(2)", 0, ["STORE len#0", "LOAD len#0"], id="a variable hides a builtin"),
        pytest.param("let await = 1\nawait(2)", 0, ["STORE await#0", "CALL_BUILTIN await 1"], id="reserved call"),
        pytest.param("var n = 1\nfn f() { return n }", "f", ["LOAD_CAPTURE n^0"], id="captured by value"),
        pytest.param(
            "var n = 1\nfn f() { n = n + 1\nreturn n }",
            "f",
            ["LOAD_CAPTURE n^0", "STORE n#0", "LOAD n#0"],
            id="an assigned capture becomes a local at entry",
        ),
        pytest.param("fn f(n) { return f(n) }", "f", ["LOAD_SELF", "LOAD n#0"], id="itself"),
        pytest.param("let f = { n -> f(n) }", "<closure>", ["LOAD_SELF", "LOAD n#0"], id="a closure by its let"),
        pytest.param("var f = { n -> f(n) }", "<closure>", ["LOAD_LATE_CAPTURE_CALLEE f^0 f", "LOAD n#0"], id="var"),
        pytest.param(
            "fn a() { return b() }\nfn b() { return a() }",
            "a",
            ["LOAD_LATE_CAPTURE_CALLEE b^0 b"],
            id="declared later",
        ),
        pytest.param("fn a() { return b() }\nfn b() { return a() }", "b", ["LOAD_CAPTURE a^0"], id="declared before"),
        pytest.param(
            "fn a() { return b() }\nfn b() { return 1 }",
            0,
            ["NEW_CELL <late b>#0", "STORE a#1", "SET_CELL <late b>#0", "STORE b#2"],
            id="a late cell is made and filled",
        ),
        pytest.param("fn f() { return x }\nlet x = 1", "f", ["LOAD_LATE_CAPTURE x^0 x"], id="data declared later"),
        pytest.param("fn f() { return pi }\nlet pi = 1", "f", ["LOAD_GLOBAL pi"], id="a global is no late data"),
        pytest.param("fn f() { return len(1) }\nlet len = 1", "f", ["CALL_BUILTIN len 1"], id="nor is a builtin"),
        pytest.param(
            "fn f() { return len(1) }\nfn len(x) { return 2 }",
            "f",
            ["LOAD_LATE_CAPTURE_CALLEE len^0 len"],
            id="a later function hides a builtin",
        ),
        pytest.param("f()\nfn f() { return 1 }", 0, ["LOAD_DYNAMIC f 1", "STORE f#0"], id="no hoisting"),
        pytest.param("let x = 1\nx = 2", 0,
                     ["STORE x#0", 'FAIL ("immutable", "Cannot assign to immutable binding: x")'],
                     id="immutable"),
        pytest.param("x = 2", 0, ['FAIL ("undefined_variable", "Undefined variable: x")'], id="assignment to nothing"),
        pytest.param("println = 2", 0, ['FAIL ("undefined_variable", "Undefined variable: println")'], id="assignment to a builtin"),
        pytest.param("fn f(x) { x = 2 }", "f", ['FAIL ("immutable", "Cannot assign to immutable binding: x")'],
                     id="parameters are immutable"),
        pytest.param("fn f(x) { var x = x\nx = 2 }", "f", ["LOAD x#0", "STORE x#1", "STORE x#1"], id="var over it"),
        pytest.param("for x in [] { x = 2 }", 0, ["STORE x#1"], id="loop variables are mutable"),
        pytest.param("let _ = 1\nlet _ = 2", 0, [], id="discarded"),
    ],
)  # fmt: skip
def test_names(text: str, function: str | int, expected: list[str]) -> None:
    assert _names_in(text, function) == expected


@pytest.mark.parametrize(
    "text",
    [
        "let x = 1\nlet x = 2",
        "fn x() { return 1 }\nlet x = 2",
        "fn x() { return 1 }\nfn x() { return 2 }",
        "let {x} = {}\nlet [x] = []",
        "const x = 1\nlet x = 2",
    ],
)
def test_redeclaring_fails_where_it_stands(text: str) -> None:
    message = "Cannot redeclare immutable variable 'x' in the same scope (use 'var' for mutable bindings)"
    assert f'FAIL ("runtime", "{message}")' in instructions(compile_text(text))


@pytest.mark.parametrize(
    "text",
    [
        "let x = 1\nvar x = 2",
        "var x = 1\nlet x = 2",
        "let x = 1\nif true { let x = 2 }",
        "fn f(x) { if true { let x = 2 } }",
        "let x = 1\nlet f = { x -> x }",
        "for x in [] { let x = 2 }",
    ],
)
def test_shadowing_is_free(text: str) -> None:
    chunk = compile_text(text)
    assert not any(line.startswith("FAIL") for number in range(len(chunk.functions))
                   for line in instructions(chunk, number))  # fmt: skip


def test_captures_are_only_what_is_used() -> None:
    chunk = compile_text("let a = 1\nlet b = 2\nlet c = 3\nlet f = { -> { -> b } }")
    outer, inner = chunk.functions[1:]
    assert outer.capture_names == ("b",)
    assert inner.capture_names == ("b",)
    assert outer.captures[0] == (False, 1)
    assert inner.captures[0] == (True, 0)


def test_cells_of_a_loop_are_made_anew_each_turn() -> None:
    lines = instructions(compile_text("while true {\n  let go = { -> later() }\n  fn later() { return 1 }\n}"))
    assert lines.index("NEW_CELL <late later>#0") > lines.index("LOOP")


def test_inner_functions_reach_the_function_around_them() -> None:
    chunk = compile_text("fn walk(n) { return { -> walk(n) } }")
    assert instructions(chunk, "walk")[:2] == ["LOAD_SELF", "STORE <self walk>#1"]
    assert instructions(chunk, "<closure>")[0] == "LOAD_CAPTURE walk^0"


def test_only_owners_of_dynamic_names_publish() -> None:
    chunk = compile_text("fn f() { return helper() }\nfn g() {\n  fn helper() { return 1 }\n  let other = 1\n  f()\n}")
    published = {function.name: dict(function.published) for function in chunk.functions}
    assert published["g"] == {"helper": 0}
    assert not any(names for name, names in published.items() if name != "g")


@pytest.mark.parametrize(
    ("text", "name", "suggestion"),
    [
        ("let counter = 1\ncountre", "countre", "counter"),
        ("printn(1)", "printn", "print"),
        ("let counter = 1\nfn f() { return countre }", "countre", "counter"),
        ("zzzzzzzzzzzz", "zzzzzzzzzzzz", None),
        ("if true { let inner_name = 1 }\ninner_nam", "inner_nam", None),
    ],
)
def test_near_names_are_noted_for_the_error(text: str, name: str, suggestion: str | None) -> None:
    assert compile_text(text).suggestions.get(name) == suggestion


def test_pipeline_parameters_are_never_bound() -> None:
    assert "LOAD_DYNAMIC task 0" in instructions(compile_text("pipeline default(task) { task }"))
