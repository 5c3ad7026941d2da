"""Disassemblies against golden files; ``HARNLITE_REGEN=1 pytest tests/unit/bytecode`` rewrites them.

The page made from the opcode table is held to it here as well.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from harnlite.bytecode.disassembler import disassemble, to_json
from harnlite.bytecode.docs import opcodes_page
from harnlite.bytecode.opcodes import OPCODES, Op, OperandKind
from harnlite.source import Source
from tests.compiling import compile_text

GOLDEN = Path(__file__).parents[2] / "golden" / "bytecode"
PROJECT = Path(__file__).parents[3]
NOTE = "# Made by HARNLITE_REGEN=1 pytest tests/unit/bytecode; not edited by hand.\n"


def _against_golden(file: Path, text: str) -> None:
    if os.environ.get("HARNLITE_REGEN") == "1":
        file.write_text(text, encoding="utf-8", newline="\n")
    assert file.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("name", sorted(path.stem for path in GOLDEN.glob("*.harn")))
def test_golden(name: str) -> None:
    text = (GOLDEN / f"{name}.harn").read_text(encoding="utf-8")
    chunk = compile_text(text, kind="module" if name.startswith("module") else "entry")
    _against_golden(GOLDEN / f"{name}.dis", NOTE + disassemble(chunk, Source("test.harn", text)))


def test_there_are_goldens() -> None:
    assert len(list(GOLDEN.glob("*.dis"))) == len(list(GOLDEN.glob("*.harn"))) > 5


def test_without_its_source_a_chunk_is_shown_without_lines() -> None:
    text = disassemble(compile_text("let x = 1"))
    assert "let x" not in text
    assert "CONST             1" in text


def test_json_holds_the_same() -> None:
    chunk = compile_text('import {a} from "lib"\nfn f(x, ...r) { return a(x) }', modules={"lib": "fn a(x) { }"})
    data = json.loads(json.dumps(to_json(chunk)))
    assert data["imports"] == [{"path": "lib", "resolved": "/lib/lib.harn"}]
    function = data["functions"][1]
    assert function["parameters"] == [
        {"name": "x", "default": False, "rest": False},
        {"name": "r", "default": False, "rest": True},
    ]
    assert [(each["op"], each["operands"]) for each in function["instructions"]] == [
        ("LOAD_IMPORT", ["lib", "a"]),
        ("LOAD", ["x#0"]),
        ("TAIL_CALL", ["1", "a"]),
    ]
    assert {each["line"] for each in function["instructions"]} == {2}


def test_the_page_of_opcodes_is_fresh() -> None:
    page = (PROJECT / "docs" / "opcodes.md").read_text(encoding="utf-8")
    assert page == opcodes_page(), "run python -m harnlite.bytecode.docs"


def test_every_opcode_is_explained() -> None:
    assert OPCODES.keys() == set(Op)
    page = opcodes_page()
    assert [op.name for op in Op if f"| `{op.name}` |" not in page] == []


@pytest.mark.parametrize("op", list(Op))
def test_rows_are_consistent(op: Op) -> None:
    info = OPCODES[op]
    assert info.pops >= -1
    assert info.pushes >= 0
    assert info.a is not OperandKind.NONE or info.b is OperandKind.NONE
