"""Builds instructions: one :class:`FunctionBuilder` per guest function, one :class:`ChunkBuilder` per file.

Takes opcodes with operands and spans, gives a :class:`~harnlite.bytecode.chunk.Chunk`. It keeps the promises of
``bytecode/opcodes.py``: instructions that cannot be reached are dropped here, so no pass above needs to know. Must
not know the syntax tree or names and scopes.
"""

from __future__ import annotations

import struct
from typing import Any

from harnlite.bytecode.chunk import CaptureSource, Chunk, FunctionCode, ImportReference, Instruction, Parameter
from harnlite.bytecode.opcodes import Op
from harnlite.bytecode.verifier import stack_size
from harnlite.source import Span

__all__ = ["ChunkBuilder", "FunctionBuilder"]

_LEAVES = frozenset(
    (Op.BREAK, Op.CONTINUE, Op.RETURN, Op.TAIL_CALL, Op.TAIL_PIPE, Op.THROW, Op.RETHROW, Op.FAIL),
)
_LOOPS = frozenset((Op.LOOP, Op.FOR))
_PROTECTED = frozenset((Op.TRY, Op.CLEANUP, Op.DEADLINE, Op.MUTEX))


class _Construct:
    """An open construct: ``reached`` tells whether a part already seen reaches the end, or a BREAK leaves it."""

    __slots__ = ("hidden", "live", "opener", "reached", "separated")

    def __init__(self, opener: Op, live: bool, hidden: bool) -> None:
        self.opener = opener
        self.live = live
        self.hidden = hidden
        self.reached = False
        self.separated = False


class FunctionBuilder:
    """The instructions of one function while it is compiled.

    :ivar line: the line that the next instruction reports (language.md 7.6).
    """

    def __init__(self, name: str, kind: str, generator: str = "") -> None:
        self.name = name
        self.kind = kind
        self.generator = generator
        self.parameters: list[Parameter] = []
        self.slot_names: list[str] = []
        self.captures: list[CaptureSource] = []
        self.capture_names: list[str] = []
        self.line = 1
        self.instructions: list[Instruction] = []
        self._spans: list[Span] = []
        self._lines: list[int] = []
        self._constructs: list[_Construct] = []
        self._loops: list[_Construct] = []
        self._protections = 0
        self._reachable = True

    @property
    def reachable(self) -> bool:
        """Whether control can come here."""
        return self._reachable

    def new_slot(self, name: str) -> int:
        """Add a local and give its slot; hidden ones are named in angle brackets."""
        self.slot_names.append(name)
        return len(self.slot_names) - 1

    def new_capture(self, name: str, source: CaptureSource) -> int:
        """Add a captured value and give its index."""
        self.captures.append(source)
        self.capture_names.append(name)
        return len(self.captures) - 1

    def emit(self, op: Op, span: Span, a: int = 0, b: int = 0) -> None:
        """Add an instruction, unless it cannot be reached."""
        if not self._reachable:
            return
        self._append(op, span, a, b)
        if op in _LEAVES:
            self._reachable = False
        if op is Op.BREAK or op is Op.BREAK_UNLESS:
            self._loops[-1 - a].reached = True

    def _append(self, op: Op, span: Span, a: int, b: int) -> None:
        self.instructions.append((int(op), a, b))
        self._spans.append(span)
        self._lines.append(self.line)

    def open(self, op: Op, span: Span, a: int = 0, b: int = 0, *, hidden: bool = False) -> None:
        """Begin a construct; ``hidden`` marks a loop that ``break`` and ``continue`` of the source do not see."""
        live = self._reachable
        if live:
            self._append(op, span, a, b)
        construct = _Construct(op, live, hidden)
        self._constructs.append(construct)
        if op in _LOOPS:
            self._loops.append(construct)
        elif op in _PROTECTED:
            self._protections += 1

    def separate(self, op: Op, span: Span, a: int = 0, b: int = 0) -> None:
        """Go from one part of the innermost construct to the next: ELSE, CATCH or FINALLY."""
        construct = self._constructs[-1]
        if not construct.live:
            return
        construct.separated = True
        construct.reached = self._reachable
        self._reachable = True
        self._append(op, span, a, b)

    def close(self, span: Span) -> None:
        """End the innermost construct."""
        construct = self._constructs.pop()
        opener = construct.opener
        if opener in _LOOPS:
            self._loops.pop()
        elif opener in _PROTECTED:
            self._protections -= 1
        if not construct.live:
            return
        self._append(Op.END, span, 0, 0)
        if opener is Op.IF:
            self._reachable = self._reachable or construct.reached or not construct.separated
        elif opener is Op.TRY:
            self._reachable = self._reachable or construct.reached
        elif opener is Op.CLEANUP:
            self._reachable = self._reachable and construct.reached
        elif opener is Op.LOOP:
            self._reachable = construct.reached
        elif opener is Op.FOR or opener is Op.IF_NIL:
            self._reachable = True

    def loop_depth(self) -> int | None:
        """Give the operand by which BREAK leaves the innermost loop of the source, or None outside of loops."""
        for depth, loop in enumerate(reversed(self._loops)):
            if not loop.hidden:
                return depth
        return None

    def is_protected(self) -> bool:
        """Tell whether a handler, clean-up, deadline or mutex is open: a tail call would skip it."""
        return self._protections > 0

    def insert(self, position: int, instructions: list[Instruction], span: Span, line: int) -> None:
        """Put instructions before the one that now has number ``position``."""
        self.instructions[position:position] = instructions
        self._spans[position:position] = [span] * len(instructions)
        self._lines[position:position] = [line] * len(instructions)

    def take_last(self, count: int) -> None:
        """Remove the last instructions; only ones that push a value may be taken back."""
        del self.instructions[-count:], self._spans[-count:], self._lines[-count:]

    def finish(self, constants: list[Any], published: tuple[tuple[str, int], ...]) -> FunctionCode:
        """Give the finished function."""
        instructions = tuple(self.instructions)
        return FunctionCode(
            self.name,
            self.kind,
            tuple(self.parameters),
            tuple(self.slot_names),
            tuple(self.captures),
            tuple(self.capture_names),
            instructions,
            tuple([(start, end) for start, end in self._spans]),
            tuple(self._lines),
            stack_size(instructions, constants),
            self.generator,
            published,
        )


class ChunkBuilder:
    """The tables of one file while it is compiled."""

    def __init__(self) -> None:
        self.constants: list[Any] = []
        self.functions: list[FunctionBuilder] = []
        self.imports: list[ImportReference] = []
        self.suggestions: dict[str, str] = {}
        #: Names that instructions look for in callers; functions that own one publish it.
        self.dynamic_names: set[str] = set()
        self._constant_indices: dict[Any, int] = {}
        self._names: dict[str, int] = {}

    def constant(self, value: Any) -> int:
        """Give the index of a constant, adding it when it is new."""
        key = _identity(value)
        index = self._constant_indices.get(key)
        if index is None:
            index = self._constant_indices[key] = len(self.constants)
            self.constants.append(value)
        return index

    def name(self, name: str) -> int:
        """Give the index of a name, adding it when it is new."""
        return self._names.setdefault(name, len(self._names))

    def new_function(self, builder: FunctionBuilder) -> int:
        """Add a function and give its number."""
        self.functions.append(builder)
        return len(self.functions) - 1

    def finish(
        self,
        source_name: str,
        source_digest: str,
        kind: str,
        module_names: tuple[str, ...],
        exports: dict[str, int],
        line_starts: tuple[int, ...],
    ) -> Chunk:
        """Give the finished chunk."""
        return Chunk(
            source_name,
            source_digest,
            kind,
            tuple(self.constants),
            tuple(self._names),
            tuple(builder.finish(self.constants, self._published(builder)) for builder in self.functions),
            tuple(self.imports),
            module_names,
            exports,
            line_starts,
            self.suggestions,
        )

    def _published(self, builder: FunctionBuilder) -> tuple[tuple[str, int], ...]:
        names = builder.slot_names
        return tuple((names[slot], slot) for slot in range(len(names) - 1, -1, -1) if names[slot] in self.dynamic_names)


def _identity(value: Any) -> Any:
    """Give a key that tells apart what ``==`` does not: 1, 1.0 and true, 0.0 and -0.0."""
    if type(value) is float:
        return "float", struct.pack("<d", value)
    if isinstance(value, tuple):
        return type(value), tuple(map(_identity, value))
    return type(value), value
