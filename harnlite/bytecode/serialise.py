"""Chunks as bytes: the project's own compact form, for the cache.

``dump`` writes, ``load`` reads and verifies: whatever the bytes, it gives a sound chunk or raises
:class:`~harnlite.bytecode.verifier.BadChunk`. Columns of small numbers are stored as machine integers of one, two or
four bytes, because reading them back that way costs next to nothing. The form is not meant to last: another version
of the opcode table, of this file or of the machine's byte order simply does not load. Stays light to import.
"""

from __future__ import annotations

import struct
import sys

from harnlite.bytecode.chunk import CaptureSource, Chunk, FunctionCode, ImportReference, Parameter, StructReference
from harnlite.bytecode.opcodes import OPCODE_TABLE_VERSION
from harnlite.bytecode.verifier import BadChunk, verify

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Literal, TypeVar

    _T = TypeVar("_T")

__all__ = ["dump", "load"]

_FORMAT = 1
_MAGIC = b"HARNLITE" + bytes((_FORMAT, OPCODE_TABLE_VERSION, sys.byteorder == "little"))
_WIDTHS: dict[int, Literal["B", "H", "I"]] = {1: "B", 2: "H", 4: "I"}
_DEEPEST = 64


def dump(chunk: Chunk) -> bytes:
    """Give a chunk's bytes."""
    writer = _Writer()
    writer.text(chunk.source_name)
    writer.text(chunk.source_digest)
    writer.text(chunk.kind)
    writer.value(chunk.constants)
    writer.texts(chunk.names)
    writer.number(len(chunk.imports))
    for reference in chunk.imports:
        writer.texts(reference)
    writer.texts(chunk.module_names)
    writer.texts(tuple(chunk.exports))
    writer.column(tuple(chunk.exports.values()))
    writer.column(chunk.line_starts)
    writer.texts(tuple(chunk.suggestions))
    writer.texts(tuple(chunk.suggestions.values()))
    writer.number(len(chunk.functions))
    for function in chunk.functions:
        _write_function(writer, function)
    return _MAGIC + b"".join(writer.parts)


def load(data: bytes) -> Chunk:
    """Read a chunk and verify it.

    :raises BadChunk: for anything that ``dump`` of this version did not write, or that is not sound.
    """
    if data[: len(_MAGIC)] != _MAGIC:
        raise BadChunk("not a chunk of this version")
    try:
        chunk = _read_chunk(_Reader(data, len(_MAGIC)))
    except (struct.error, UnicodeDecodeError, IndexError, ValueError, OverflowError) as error:
        raise BadChunk(f"damaged: {error}") from None
    verify(chunk)
    return chunk


class _Writer:
    """Collects the parts of the form."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def number(self, value: int) -> None:
        self.parts.append(struct.pack("<I", value))

    def text(self, value: str) -> None:
        data = value.encode("utf-8", "surrogatepass")
        self.parts.append(struct.pack("<I", len(data)))
        self.parts.append(data)

    def texts(self, values: Sequence[str]) -> None:
        self.number(len(values))
        for value in values:
            self.text(value)

    def column(self, values: Sequence[int]) -> None:
        """Write numbers below 2**32 side by side, in the fewest bytes that hold the largest."""
        largest = max(values, default=0)
        width = 1 if largest < 1 << 8 else 2 if largest < 1 << 16 else 4
        self.parts.append(struct.pack("<BI", width, len(values)))
        self.parts.append(struct.pack(f"={len(values)}{_WIDTHS[width]}", *values))

    def value(self, value: Any) -> None:
        """Write a constant: a tag and what it needs."""
        kind = type(value)
        if value is None:
            self.parts.append(b"N")
        elif kind is bool:
            self.parts.append(b"T" if value else b"F")
        elif kind is int:
            # Only a duration can be beyond the signed range: its milliseconds are unsigned.
            self.parts.append(b"i" + struct.pack("<q", value) if value < 1 << 63 else b"u" + struct.pack("<Q", value))
        elif kind is float:
            self.parts.append(b"f" + struct.pack("<d", value))
        elif kind is str:
            self.parts.append(b"s")
            self.text(value)
        elif kind is StructReference:
            self.parts.append(b"S")
            self.text(value.module)
            self.text(value.name)
            self.texts(value.fields)
        else:
            self.parts.append(b"(" + struct.pack("<I", len(value)))
            for item in value:
                self.value(item)


class _Reader:
    """Reads the form; raises the errors that ``load`` turns into one."""

    def __init__(self, data: bytes, position: int) -> None:
        self.data = data
        self.position = position

    def take(self, size: int) -> bytes:
        start = self.position
        if size > len(self.data) - start:
            raise ValueError("it ends too early")
        self.position = start + size
        return self.data[start : self.position]

    def number(self) -> int:
        (value,) = struct.unpack_from("<I", self.data, self.position)
        self.position += 4
        return int(value)

    def text(self) -> str:
        return self.take(self.number()).decode("utf-8", "surrogatepass")

    def many(self, read: Callable[[], _T]) -> tuple[_T, ...]:
        count = self.number()
        if count > len(self.data) - self.position:
            raise ValueError("it promises more than there is")
        return tuple(read() for _ in range(count))

    def texts(self) -> tuple[str, ...]:
        return self.many(self.text)

    def column(self) -> list[int]:
        width, count = struct.unpack_from("<BI", self.data, self.position)
        self.position += 5
        if width not in _WIDTHS:
            raise ValueError("unknown width")
        return memoryview(self.take(width * count)).cast(_WIDTHS[width]).tolist()

    def value(self, depth: int = 0) -> Any:
        tag = self.take(1)
        if tag == b"s":
            return self.text()
        if tag == b"i":
            return struct.unpack("<q", self.take(8))[0]
        if tag == b"u":
            return struct.unpack("<Q", self.take(8))[0]
        if tag == b"f":
            return struct.unpack("<d", self.take(8))[0]
        if tag == b"(":
            if depth > _DEEPEST:
                raise ValueError("nested too deeply")
            return self.many(lambda: self.value(depth + 1))
        if tag == b"S":
            return StructReference(self.text(), self.text(), self.texts())
        if tag in (b"T", b"F"):
            return tag == b"T"
        if tag == b"N":
            return None
        raise ValueError("unknown kind of constant")


def _write_function(writer: _Writer, function: FunctionCode) -> None:
    writer.text(function.name)
    writer.text(function.kind)
    writer.text(function.generator)
    writer.number(function.max_stack)
    writer.texts([parameter.name for parameter in function.parameters])
    writer.column([parameter.has_default | parameter.rest << 1 for parameter in function.parameters])
    writer.texts(function.slot_names)
    writer.texts(function.capture_names)
    writer.column([source.index << 1 | source.from_capture for source in function.captures])
    writer.texts([name for name, _ in function.published])
    writer.column([slot for _, slot in function.published])
    for column in range(3):
        writer.column([instruction[column] for instruction in function.instructions])
    writer.column([start for start, _ in function.spans])
    writer.column([end for _, end in function.spans])
    writer.column(function.lines)


def _read_function(reader: _Reader) -> FunctionCode:
    name = reader.text()
    kind = reader.text()
    generator = reader.text()
    max_stack = reader.number()
    names = reader.texts()
    parameters = tuple(
        Parameter(parameter, bool(flags & 1), bool(flags & 2))
        for parameter, flags in zip(names, reader.column(), strict=True)
    )
    slot_names = reader.texts()
    capture_names = reader.texts()
    captures = tuple(CaptureSource(bool(code & 1), code >> 1) for code in reader.column())
    published = tuple(zip(reader.texts(), reader.column(), strict=True))
    instructions = tuple(zip(reader.column(), reader.column(), reader.column(), strict=True))
    spans = tuple(zip(reader.column(), reader.column(), strict=True))
    lines = tuple(reader.column())
    return FunctionCode(
        name,
        kind,
        parameters,
        slot_names,
        captures,
        capture_names,
        instructions,
        spans,
        lines,
        max_stack,
        generator,
        published,
    )


def _read_chunk(reader: _Reader) -> Chunk:
    source_name = reader.text()
    source_digest = reader.text()
    kind = reader.text()
    constants = reader.value()
    if type(constants) is not tuple:
        raise BadChunk("the constants are no table")
    names = reader.texts()
    imports = tuple(ImportReference(path, resolved) for path, resolved in reader.many(reader.texts))
    module_names = reader.texts()
    exports = dict(zip(reader.texts(), reader.column(), strict=True))
    line_starts = tuple(reader.column())
    suggestions = dict(zip(reader.texts(), reader.texts(), strict=True))
    functions = reader.many(lambda: _read_function(reader))
    if reader.position != len(reader.data):
        raise BadChunk("something follows the chunk")
    return Chunk(
        source_name,
        source_digest,
        kind,
        constants,
        names,
        functions,
        imports,
        module_names,
        exports,
        line_starts,
        suggestions,
    )
