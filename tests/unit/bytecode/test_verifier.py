"""The verifier accepts what the compiler emits and refuses everything that breaks a promise of the opcode table."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

import harnlite.compiler
from harnlite.bytecode.chunk import CaptureSource, Chunk, FunctionCode, Parameter
from harnlite.bytecode.opcodes import Op
from harnlite.bytecode.serialise import dump, load
from harnlite.bytecode.verifier import BadChunk, stack_size, verify
from tests.compiling import compile_text

PROGRAM = """
fn even(n: int) { if n == 0 { return true }
  return odd(n - 1) }
fn odd(n, k = 1) { return n == 0 ? false : even(n - k) }
fn gen_it() { for i in 1 to 3 { yield i } }
var xs = [1, ...[2]]
retry 2 { xs[0] += 1 }
let r = try { xs |> len } catch (e: Result) { e } finally { xs = xs.push(1) }
let {a, ...rest} = {b: 1, ...{a: 2}}
println(match r { [1, x] if x -> { x } Result.Ok(v) -> { v } _ -> { "${a} ${rest}" } })
"""

Lines = list[tuple[Op, int, int]]


def _function(code: Lines, **changes: object) -> FunctionCode:
    instructions = tuple((int(op), a, b) for op, a, b in code)
    fields: dict[str, object] = {
        "name": "pipeline",
        "kind": "entry",
        "parameters": (),
        "slot_names": ("a", "b", "c"),
        "captures": (),
        "capture_names": (),
        "instructions": instructions,
        "spans": ((0, 0),) * len(instructions),
        "lines": (1,) * len(instructions),
        "max_stack": 0,
        **changes,
    }
    return FunctionCode(**fields)  # type: ignore[arg-type]  # the fields are written out above


CONSTANTS = (1, "text", None, ("E", "V"), ("a", None), ("runtime", "message"), ("duration", 5))


def _chunk(*functions: FunctionCode) -> Chunk:
    return Chunk("x.harn", "", "entry", CONSTANTS, ("name",), functions, (), (), {}, (0,))


def _verified(lines: Lines, **changes: object) -> None:
    function = _function(lines, **changes)
    function.max_stack = stack_size(function.instructions, CONSTANTS)
    verify(_chunk(function))


END = [(Op.NIL, 0, 0), (Op.RETURN, 0, 0)]


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([(Op.LOAD, 2, 0), (Op.STORE, 0, 0), *END], id="locals"),
        pytest.param([(Op.LOOP, 0, 0), (Op.END, 0, 0)], id="a loop without end"),
        pytest.param([(Op.LOOP, 0, 0), (Op.NIL, 0, 0), (Op.NIL, 0, 0), (Op.BREAK, 0, 0), (Op.END, 0, 0), *END],
                     id="BREAK cuts the stack"),
        pytest.param([(Op.CLEANUP, 1, 0), (Op.NIL, 0, 0), (Op.FINALLY, 0, 0), (Op.END, 0, 0), (Op.RETURN, 0, 0)],
                     id="clean-up above a result"),
        pytest.param([(Op.NIL, 0, 0), (Op.IF_NIL, 0, 0), (Op.TRUE, 0, 0), (Op.END, 0, 0), (Op.RETURN, 0, 0)],
                     id="IF_NIL"),
        pytest.param([(Op.LIST, 0, 0), (Op.NIL, 0, 0), (Op.IF, 1, 0), (Op.NIL, 0, 0), (Op.ELSE, 0, 0), (Op.TRUE, 0, 0),
                      (Op.END, 0, 0), (Op.LIST_APPEND, 0, 0), (Op.RETURN, 0, 0)], id="a fresh list below a construct"),
    ],
)  # fmt: skip
def test_sound_functions(lines: Lines) -> None:
    _verified(lines)


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([], id="no way out"),
        pytest.param([(Op.NIL, 0, 0)], id="the end is reached"),
        pytest.param([(Op.POP, 0, 0), *END], id="stack underflow"),
        pytest.param([(Op.NIL, 0, 0), (Op.LOOP, 0, 0), (Op.POP, 0, 0), (Op.END, 0, 0)], id="a part takes from outside"),
        pytest.param([*END, *END], id="unreachable"),
        pytest.param([(Op.END, 0, 0), *END], id="END alone"),
        pytest.param([(Op.LOOP, 0, 0), *END], id="never closed"),
        pytest.param([(Op.ELSE, 0, 0), *END], id="ELSE alone"),
        pytest.param([(Op.LOOP, 0, 0), (Op.ELSE, 0, 0), (Op.END, 0, 0), *END], id="ELSE of a loop"),
        pytest.param([(Op.NIL, 0, 0), (Op.IF, 0, 0), (Op.ELSE, 0, 0), (Op.ELSE, 0, 0), (Op.END, 0, 0), *END],
                     id="two ELSE"),
        pytest.param([(Op.NIL, 0, 0), (Op.IF, 1, 0), (Op.NIL, 0, 0), (Op.END, 0, 0), (Op.RETURN, 0, 0)],
                     id="a result from one part only"),
        pytest.param([(Op.NIL, 0, 0), (Op.IF, 0, 0), (Op.NIL, 0, 0), (Op.END, 0, 0), *END], id="a part leaves a value"),
        pytest.param([(Op.TRY, 0, 0), (Op.END, 0, 0), *END], id="TRY without CATCH"),
        pytest.param([(Op.CLEANUP, 0, 0), (Op.END, 0, 0), *END], id="CLEANUP without FINALLY"),
        pytest.param([(Op.CLEANUP, 0, 0), (Op.FINALLY, 0, 0), (Op.NIL, 0, 0), (Op.END, 0, 0), *END],
                     id="a clean-up leaves a value"),
        pytest.param([(Op.BREAK, 0, 0)], id="BREAK outside"),
        pytest.param([(Op.LOOP, 0, 0), (Op.CONTINUE, 1, 0), (Op.END, 0, 0)], id="CONTINUE too far out"),
        pytest.param([(Op.CONST, 99, 0), (Op.RETURN, 0, 0)], id="no such constant"),
        pytest.param([(Op.CONST, 3, 0), (Op.RETURN, 0, 0)], id="no plain constant"),
        pytest.param([(Op.ENUM, 0, 0), (Op.RETURN, 0, 0)], id="no enum"),
        pytest.param([(Op.FAIL, 3, 0)], id="no failure"),
        pytest.param([(Op.LOAD, 3, 0), (Op.RETURN, 0, 0)], id="no such slot"),
        pytest.param([(Op.LOAD, -1, 0), (Op.RETURN, 0, 0)], id="a negative slot"),
        pytest.param([(Op.LOAD_CAPTURE, 0, 0), (Op.RETURN, 0, 0)], id="no such capture"),
        pytest.param([(Op.LOAD_GLOBAL, 1, 0), (Op.RETURN, 0, 0)], id="no such name"),
        pytest.param([(Op.MAKE_CLOSURE, 5, 0), (Op.RETURN, 0, 0)], id="no such function"),
        pytest.param([(Op.MAKE_CLOSURE, 0, 0), (Op.RETURN, 0, 0)], id="the body as a closure"),
        pytest.param([(Op.LOAD_MODULE, 0, 0), (Op.RETURN, 0, 0)], id="no such variable"),
        pytest.param([(Op.LOAD_IMPORT, 0, 0), (Op.RETURN, 0, 0)], id="no such import"),
        pytest.param([(Op.NIL, 0, 0), (Op.NIL, 0, 0), (Op.RANGE, 2, 0), (Op.RETURN, 0, 0)], id="no such flag"),
        pytest.param([(Op.NIL, 0, 1), (Op.RETURN, 0, 0)], id="an operand where there is none"),
        pytest.param([(Op.NIL, 0, 0), (Op.YIELD, 0, 0), *END], id="YIELD without a generator"),
        pytest.param([(Op.NIL, 0, 0), (Op.SET_CELL, 0, 0), (Op.RETURN, 0, 0)], id="a cell that was not made"),
        pytest.param([(Op.NEW_CELL, 0, 0), (Op.LOAD, 0, 0), (Op.RETURN, 0, 0)], id="a cell as a value"),
        pytest.param([(Op.NIL, 0, 0), (Op.FOR, 0, 1), (Op.END, 0, 0), (Op.LOAD, 1, 0), (Op.RETURN, 0, 0)],
                     id="an iterator as a value"),
        pytest.param([(Op.TRY, 0, 0), (Op.CATCH, 0, 2), (Op.END, 0, 0), (Op.RETHROW, 0, 0)], id="RETHROW outside"),
        pytest.param([(Op.IS_MISSING, 0, 0), (Op.RETURN, 0, 0)], id="IS_MISSING of a local"),
        pytest.param([(Op.NIL, 0, 0), (Op.NIL, 0, 0), (Op.LIST_APPEND, 0, 0), (Op.RETURN, 0, 0)], id="no fresh list"),
        pytest.param([(Op.DICT, 0, 0), (Op.NIL, 0, 0), (Op.LIST_EXTEND, 0, 0), (Op.RETURN, 0, 0)], id="a dict instead"),
        pytest.param([(200, 0, 0), *END], id="no such opcode"),
    ],
)  # fmt: skip
def test_broken_functions(lines: Lines) -> None:
    function = _function(lines)
    with pytest.raises(BadChunk):
        verify(_chunk(function))


@pytest.mark.parametrize(
    "changes",
    [
        {"max_stack": 5},
        {"spans": ()},
        {"lines": ()},
        {"generator": "other"},
        {"generator": "stream"},
        {"parameters": (Parameter("a", False, False),)},
        {"captures": (CaptureSource(False, 0),), "capture_names": ("a",)},
        {"capture_names": ("a",)},
        {"published": (("a", 7),)},
    ],
)
def test_broken_tables(changes: dict[str, object]) -> None:
    with pytest.raises(BadChunk):
        verify(_chunk(_function(list(END), **{"max_stack": 1, **changes})))


def test_captures_keep_cells_and_values_apart() -> None:
    inner = _function(
        [(Op.LOAD_LATE_CAPTURE, 0, 0), (Op.RETURN, 0, 0)],
        max_stack=1,
        captures=(CaptureSource(False, 0),),
        capture_names=("f",),
    )
    good = _function([(Op.NEW_CELL, 0, 0), (Op.MAKE_CLOSURE, 1, 0), (Op.RETURN, 0, 0)], max_stack=1)
    verify(_chunk(good, inner))
    bad = _function([(Op.MAKE_CLOSURE, 1, 0), (Op.RETURN, 0, 0)], max_stack=1)
    with pytest.raises(BadChunk, match="mixes up"):
        verify(_chunk(bad, inner))


def _mutants(seed: int) -> Chunk:
    """Give the program with one structural instruction lost, doubled or turned into another."""
    generator = random.Random(seed)
    chunk = load(dump(compile_text(PROGRAM)))
    structural = {int(op) for op in Op if 120 <= op < 140} | {int(Op.RETURN), int(Op.MAKE_CLOSURE), int(Op.STORE)}
    # An IF without its ELSE, or an ELSE-less one of the other sense, is as sound as before.
    structural.discard(int(Op.ELSE))
    places = [
        (function, index)
        for function in chunk.functions
        for index, (op, _, _) in enumerate(function.instructions)
        if op in structural
    ]
    function, index = generator.choice(places)
    lines = list(function.instructions)
    change = generator.choice(("lose", "double", "operand"))
    if change == "lose":
        del lines[index]
    elif change == "double":
        lines.insert(index, lines[index])
    else:
        lines[index] = (lines[index][0], 1 << 20, 1 << 20)
    function.instructions = tuple(lines)
    function.spans = ((0, 0),) * len(lines)
    function.lines = (1,) * len(lines)
    return chunk


@pytest.mark.parametrize("seed", range(150))
def test_mutations_are_refused(seed: int) -> None:
    with pytest.raises(BadChunk):
        verify(_mutants(seed))


def test_what_the_compiler_emits_is_accepted() -> None:
    verify(compile_text(PROGRAM))


def test_every_instruction_is_one_that_the_compiler_emits() -> None:
    """The table has nothing that no program can contain."""
    package = Path(harnlite.compiler.__file__).parent
    text = "\n".join(path.read_text(encoding="utf-8") for path in package.glob("*.py"))
    assert [op.name for op in Op if re.search(rf"\bOp\.{op.name}\b", text) is None] == []
