"""Chunks as bytes: nothing is lost, and any bytes at all give a chunk or BadChunk."""

from __future__ import annotations

import random
import struct

import pytest

from harnlite.bytecode.chunk import Chunk
from harnlite.bytecode.serialise import dump, load
from harnlite.bytecode.verifier import BadChunk
from tests.compiling import compile_text

PROGRAM = """
struct S { a: int }
fn f(a: list<int>, b: "x" | "y" = "x", ...c) { return g(a, "käse \\u{0}", 1.5, -0.0, 5s, 9223372036854775807) }
fn g(x) { return S {a: x} }
try { nowhere } catch (e: E) { println(e) }
let {a, ...r} = {a: 1}
"""


def _fields(value: object) -> object:
    """Give an object of a chunk as plain tuples."""
    if isinstance(value, tuple):
        return type(value).__name__, tuple(_fields(item) for item in value)
    if isinstance(value, float):
        return struct.pack("<d", value)
    slots = getattr(type(value), "__slots__", None)
    if slots and type(value).__module__.startswith("harnlite"):
        return tuple((name, _fields(getattr(value, name))) for name in slots)
    return value


@pytest.mark.parametrize("kind", ["entry", "module"])
def test_nothing_is_lost(kind: str) -> None:
    chunk = compile_text(PROGRAM, kind="module" if kind == "module" else "entry")
    assert _fields(load(dump(chunk))) == _fields(chunk)


def test_wide_columns_survive() -> None:
    text = "let x = 1\n" + "\n" * 70_000 + "println(x)"
    chunk = load(dump(compile_text(text)))
    assert chunk.functions[0].lines[-1] > 65_535
    assert chunk.line_starts[-1] > 65_535


def test_odd_text_survives() -> None:
    chunk = compile_text('let s = "a"')
    odd = Chunk("\ud800.harn", "", "entry", ("\udfff\0",), (), chunk.functions, (), (), {}, (0,))
    assert load(dump(odd)).constants == ("\udfff\0",)


@pytest.mark.parametrize("cut", range(0, 400, 7))
def test_truncated_bytes(cut: int) -> None:
    with pytest.raises(BadChunk):
        load(dump(compile_text(PROGRAM))[:cut])


def test_trailing_bytes() -> None:
    with pytest.raises(BadChunk):
        load(dump(compile_text(PROGRAM)) + b"\0")


@pytest.mark.parametrize("position", [0, 8, 9, 10])
def test_another_version_or_machine(position: int) -> None:
    data = bytearray(dump(compile_text("1")))
    data[position] ^= 1
    with pytest.raises(BadChunk, match="version"):
        load(bytes(data))


@pytest.mark.parametrize("seed", range(40))
def test_any_bytes_give_a_chunk_or_bad_chunk(seed: int) -> None:
    generator = random.Random(seed)
    whole = dump(compile_text(PROGRAM))
    for _ in range(25):
        data = bytearray(whole)
        for _ in range(generator.choice((1, 1, 3, 20))):
            data[generator.randrange(11, len(data))] = generator.randrange(256)
        try:
            chunk = load(bytes(data))
        except BadChunk:
            continue
        assert load(dump(chunk)).kind in ("entry", "module")


@pytest.mark.parametrize("seed", range(20))
def test_noise(seed: int) -> None:
    generator = random.Random(seed)
    noise = generator.randbytes(generator.randrange(300))
    for data in (noise, dump(compile_text("1"))[:11] + noise):
        with pytest.raises(BadChunk):
            load(data)


def test_deep_constants_are_refused() -> None:
    header = dump(compile_text("1"))[:11]
    texts = b"".join(struct.pack("<I", 0) for _ in range(3))
    with pytest.raises(BadChunk):
        load(header + texts + (b"(" + struct.pack("<I", 1)) * 100_000)
