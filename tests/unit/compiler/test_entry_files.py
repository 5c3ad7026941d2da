"""Whole files: entry selection, modules, interfaces (docs/reference/language.md 3.1, 9)."""

from __future__ import annotations

import pytest

from harnlite.bytecode.chunk import ImportReference, StructReference
from harnlite.compiler import interface_of
from harnlite.source import Source
from harnlite.syntax.parser import parse
from tests.compiling import compile_text, environment, instructions


def _calls(text: str) -> list[str]:
    """Give the strings that a file's body prints, in order."""
    lines = instructions(compile_text(text))
    return [line.removeprefix("CONST ").strip('"') for line in lines if line.startswith('CONST "')]


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ('println("a")\nprintln("b")', ["a", "b"]),
        ('pipeline a() { println("a") }\npipeline b() { println("b") }', ["a"]),
        ('pipeline a() { println("a") }\npipeline default() { println("d") }', ["d"]),
        ('println("top")\npipeline a() { println("a") }', ["a"]),
        ('pipeline a() { println("a") }\nlet x = "top"', ["top", "a"]),
        (
            (
                'pipeline a() { println("a") }\npipeline b() extends a { println("b") }\n'
                'pipeline default() extends b { println("d") }'
            ),
            ["a", "b", "d"],
        ),
    ],
)
def test_what_runs(text: str, printed: list[str]) -> None:
    assert _calls(text) == printed


def test_in_pipeline_files_bindings_come_before_functions() -> None:
    lines = instructions(compile_text("fn f() { return x }\npipeline a() { f() }\nlet x = 1"))
    assert lines.index("STORE x#0") < lines.index("MAKE_CLOSURE function 1 f")


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("pipeline a() { 7 }", ["CONST 7", "RETURN"]),
        ("pipeline a() { let x = 7 }", ["CONST 7", "STORE x#0", "NIL", "RETURN"]),
        ("pipeline a() { return 7\n8 }", ["CONST 7", "RETURN"]),
        ("7", ["CONST 7", "POP", "NIL", "RETURN"]),
        ("return 7", ["CONST 7", "RETURN"]),
        (
            "fn main(harness: Harness) { return 1 }\nlet x = 2",
            ["STORE x#1", "LOAD main#0", "LOAD_GLOBAL harness", "CALL 1 main", "RETURN"],
        ),
    ],
)
def test_the_value_of_a_file(text: str, end: list[str]) -> None:
    assert instructions(compile_text(text))[-len(end) :] == end


def test_imports_come_first_and_bind_functions() -> None:
    chunk = compile_text('a()\nimport {a} from "lib"\nimport "lib"', modules={"lib": "pub fn a() { return 1 }"})
    assert chunk.imports == (ImportReference("lib", "/lib/lib.harn"),)
    assert instructions(chunk)[:2] == ["LOAD_IMPORT lib a", "CALL 0 a"]


def test_a_reexported_function_is_taken_from_where_it_is_declared() -> None:
    modules = {"deep": "pub fn x() { return 1 }", "mid": 'pub import {x} from "deep"', "top": 'pub import "mid"'}
    chunk = compile_text('import {x} from "top"\nx()', modules=modules)
    assert chunk.imports == (
        ImportReference("top", "/lib/top.harn"),
        ImportReference("/lib/deep.harn", "/lib/deep.harn"),
    )
    assert instructions(chunk)[0] == "LOAD_IMPORT /lib/deep.harn x"


def test_a_module_declares_functions_first_and_runs_only_bindings() -> None:
    chunk = compile_text("let n = f()\nprintln(n)\nfn f() { return n }\npub fn g() { return f() }", kind="module")
    assert chunk.module_names == ("f", "g", "n")
    assert chunk.exports == {"f": 0, "g": 1}
    assert instructions(chunk) == [
        "MAKE_CLOSURE function 1 f",
        "STORE_MODULE f",
        "MAKE_CLOSURE function 2 g",
        "STORE_MODULE g",
        "LOAD_MODULE f 1",
        "CALL 0 f",
        "STORE_MODULE n",
        "NIL",
        "RETURN",
    ]
    assert instructions(chunk, "f") == ["LOAD_MODULE n 0", "RETURN"]


def test_module_variables_are_live_and_keep_their_rules() -> None:
    chunk = compile_text("var n = 0\nlet k = 1\nfn f() {\n  n = n + 1\n  n[0] += 2\n}\nfn g() { k = 2 }", kind="module")
    assert instructions(chunk, "f") == [
        "LOAD_MODULE n 0",
        "CONST 1",
        "ADD",
        "STORE_MODULE n",
        "LOAD_MODULE n 0",
        "CONST 0",
        "GET_INDEX",
        "CONST 2",
        "ADD",
        "LOAD_MODULE n 0",
        "CONST 0",
        "SET_INDEX",
        "STORE_MODULE n",
        "NIL",
        "RETURN",
    ]
    assert 'FAIL ("immutable", "Cannot assign to immutable binding: k")' in instructions(chunk, "g")


def test_imported_structs_and_enums_are_known() -> None:
    lib = {"lib": "struct P { x: int }\nenum K { A }\nfn f() { return 1 }"}
    lines = instructions(compile_text('import "lib"\nlet a = P {x: 1}\nlet b = K.A', modules=lib))
    assert 'STRUCT ("/lib/lib.harn", "P", ("x")) ("x")' in lines
    assert 'ENUM ("K", "A") 0' in lines


@pytest.mark.parametrize(
    ("text", "exported"),
    [
        ("fn a() { }\nfn b() { }", {"a", "b"}),
        ("pub fn a() { }\nfn b() { }", {"a"}),
        ('pub import {x} from "deep"\nfn b() { }', {"x"}),
        ('import {x} from "deep"\nfn b() { }', {"b"}),
        ("let a = 1", set()),
    ],
)
def test_what_a_wildcard_import_brings(text: str, exported: set[str]) -> None:
    known = environment({"deep": "pub fn x() { return 1 }"})
    interface = interface_of(parse(Source("m.harn", text)), "/m.harn", known.interfaces)
    assert interface.exported == exported


def test_an_interface_tells_types_and_signatures() -> None:
    text = """
pub fn f(a: int, b = 2, ...c) -> string { return x }
struct S { a: int, b: string }
enum E { A }
type T = int
"""
    interface = interface_of(parse(Source("m.harn", text)), "/m.harn", {})
    signature = interface.functions["f"]
    assert [(p.name, p.default is not None, p.rest) for p in signature.parameters] == [
        ("a", False, False),
        ("b", True, False),
        ("c", False, True),
    ]
    assert signature.public
    assert interface.structs == {"S": StructReference("/m.harn", "S", ("a", "b"))}
    assert interface.enums.keys() == {"E"}
    assert interface.types.keys() == {"S", "T"}


def test_a_chunk_knows_its_source() -> None:
    chunk = compile_text("let a = 1\nlet b = 2\n")
    assert chunk.source_name == "test.harn"
    assert len(chunk.source_digest) == 64
    assert chunk.line_starts == (0, 10, 20)


@pytest.mark.parametrize(
    ("text", "op", "lines"),
    [
        ("let a = 1\nlet b = a +\n  a", "ADD", [3]),
        ("let a = pi\n  .abs()\n  .abs()", "CALL_METHOD abs 0", [1, 1]),
        ("println(\n  1)", "CALL_BUILTIN println 1", [2]),
        ("println({ x ->\n  x\n})", "CALL_BUILTIN println 1", [1]),
        ("let x = 1\n\nlet x = 2", "FAIL", [3]),
        ("fn f(a: int,\n  b: int) { }\n", "CHECK_PARAMETER", [0, 0]),
    ],
)
def test_the_line_is_that_of_the_last_expression(text: str, op: str, lines: list[int]) -> None:
    chunk = compile_text(text)
    found = [
        function.lines[index]
        for number, function in enumerate(chunk.functions)
        for index, line in enumerate(instructions(chunk, number))
        if line.startswith(op)
    ]
    assert found == lines


def test_spans_cover_the_construct() -> None:
    text = "let a = pi + len(1)"
    chunk = compile_text(text)
    found = {
        line.split()[0]: text[slice(*span)]
        for line, span in zip(instructions(chunk), chunk.functions[0].spans, strict=True)
    }
    assert found["ADD"] == "pi + len(1)"
    assert found["CALL_BUILTIN"] == "len(1)"
    assert found["LOAD_GLOBAL"] == "pi"
