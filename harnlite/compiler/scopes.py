"""Names: which variable a name means where it stands (docs/reference/language.md 6).

Functions capture by value when they are made, so a name of an enclosing function is a value copied into the closure.
Only closures are found before their declaration has run: through a *late cell*, made when the declaring scope is
entered. Takes names as they are declared and used, gives bindings; allocates slots, captures and cells in the
function's builder. Must not know the tree.
"""

from __future__ import annotations

from collections.abc import Iterator

from harnlite.bytecode.chunk import CaptureSource
from harnlite.bytecode.opcodes import Op
from harnlite.compiler.emitter import FunctionBuilder
from harnlite.source import Span

__all__ = [
    "BlockScope",
    "Bound",
    "CapturedVariable",
    "FunctionScope",
    "ImportedFunction",
    "LateName",
    "LocalVariable",
    "ModuleVariable",
    "SelfName",
]


class LocalVariable:
    """A variable in a slot of the function that is asked; ``cell`` is the slot of its late cell, if it has one."""

    __slots__ = ("cell", "mutable", "slot")

    def __init__(self, slot: int, mutable: bool, cell: int | None = None) -> None:
        self.slot = slot
        self.mutable = mutable
        self.cell = cell


class CapturedVariable:
    """A value copied from an enclosing function when the closure was made."""

    __slots__ = ("index", "mutable")

    def __init__(self, index: int, mutable: bool) -> None:
        self.index = index
        self.mutable = mutable


class ModuleVariable:
    """A top-level variable of an imported module, live and shared by its functions (language.md 9)."""

    __slots__ = ("index", "mutable")

    def __init__(self, index: int, mutable: bool) -> None:
        self.index = index
        self.mutable = mutable


class ImportedFunction:
    """A function of another module; ``index`` is that of the chunk's import."""

    __slots__ = ("index", "mutable", "name")

    def __init__(self, index: int, name: str) -> None:
        self.index = index
        self.name = name
        self.mutable = False


class SelfName:
    """The running function itself."""

    __slots__ = ()


class LateName:
    """A closure declared later in an enclosing function: the index of the captured late cell."""

    __slots__ = ("index",)

    def __init__(self, index: int) -> None:
        self.index = index


Bound = LocalVariable | CapturedVariable | ModuleVariable | ImportedFunction


class BlockScope:
    """The names of one block.

    :ivar declared: names that its statements declare sooner or later, with whether each is plainly a function.
    :ivar start: number of the instruction before which its late cells are made.
    :ivar live: whether control reaches that instruction.
    """

    __slots__ = ("bound", "cells", "declared", "live", "start")

    def __init__(self, declared: dict[str, bool], start: int, live: bool) -> None:
        self.declared = declared
        self.start = start
        self.live = live
        self.bound: dict[str, Bound] = {}
        self.cells: dict[str, int] = {}


class FunctionScope:
    """The names of one function while it is compiled.

    :param parent: the function it stands in, paused where this one is made.
    :param self_name: the name by which its body may call it, or "".
    :param assigned: names that its own code assigns; a captured one of these is copied to a local at entry.
    """

    def __init__(self, code: FunctionBuilder, parent: FunctionScope | None, self_name: str, assigned: set[str]) -> None:
        self.code = code
        self.parent = parent
        self.blocks: list[BlockScope] = []
        self._self_name = self_name
        self._assigned = assigned
        self._captured: dict[str, Bound] = {}
        self._late: dict[str, int] = {}
        self._self_slot: int | None = None
        self._entry: list[tuple[int, int, int]] = []

    def enter_block(self, declared: dict[str, bool]) -> BlockScope:
        """Open a scope."""
        block = BlockScope(declared, len(self.code.instructions), self.code.reachable)
        self.blocks.append(block)
        return block

    def leave_block(self, span: Span, line: int) -> None:
        """Close the innermost scope and make its late cells where it began."""
        self.make_cells(self.blocks.pop(), span, line)

    def make_cells(self, block: BlockScope, span: Span, line: int) -> None:
        """Insert what makes the late cells that inner functions asked a block for."""
        if block.cells and block.live:
            cells = [(int(Op.NEW_CELL), slot, 0) for slot in block.cells.values()]
            self.code.insert(block.start, cells, span, line)

    def finish(self, span: Span, line: int) -> None:
        """Put what captured values need before the function's first instruction."""
        if self._entry:
            self.code.insert(0, self._entry, span, line)

    def declare(self, name: str, mutable: bool) -> LocalVariable:
        """Bind a name in the innermost block to a new local."""
        block = self.blocks[-1]
        variable = LocalVariable(self.code.new_slot(name), mutable, block.cells.get(name))
        block.bound[name] = variable
        return variable

    def is_taken(self, name: str) -> bool:
        """Tell whether the innermost block binds a name for good (language.md 3.2)."""
        existing = self.blocks[-1].bound.get(name)
        return existing is not None and not existing.mutable

    def find(self, name: str) -> Bound | None:
        """Find a variable that is bound here, capturing it from enclosing functions when needed."""
        for block in reversed(self.blocks):
            found = block.bound.get(name)
            if found is not None:
                return found
        captured = self._captured.get(name)
        if captured is not None or self.parent is None:
            return captured
        outer = self.parent.find(name)
        if isinstance(outer, LocalVariable):
            return self._capture(name, CaptureSource(False, outer.slot), outer.mutable)
        if isinstance(outer, CapturedVariable):
            return self._capture(name, CaptureSource(True, outer.index), outer.mutable)
        return outer

    def _capture(self, name: str, source: CaptureSource, mutable: bool) -> Bound:
        index = self.code.new_capture(name, source)
        variable: Bound
        if mutable and name in self._assigned:
            slot = self.code.new_slot(name)
            self._entry += [(int(Op.LOAD_CAPTURE), index, 0), (int(Op.STORE), slot, 0)]
            variable = LocalVariable(slot, mutable)
        else:
            variable = CapturedVariable(index, mutable)
        self._captured[name] = variable
        return variable

    def find_self(self, name: str) -> SelfName | Bound | None:
        """Find a function by its own name inside itself, where no variable of that name is bound."""
        if name == self._self_name:
            return SelfName()
        if self.parent is None:
            return None
        outer = self.parent.find_self(name)
        if isinstance(outer, SelfName):
            source = CaptureSource(False, self.parent.self_slot())
        elif isinstance(outer, CapturedVariable):
            source = CaptureSource(True, outer.index)
        else:
            return None
        return self._capture(name, source, False)

    def self_slot(self) -> int:
        """Give the slot in which the function keeps itself for its inner functions to capture."""
        if self._self_slot is None:
            self._self_slot = self.code.new_slot(f"<self {self._self_name}>")
            self._entry += [(int(Op.LOAD_SELF), 0, 0), (int(Op.STORE), self._self_slot, 0)]
        return self._self_slot

    def find_late(self, name: str, *, functions_only: bool) -> LateName | None:
        """Find a name that an enclosing function declares later.

        :param functions_only: take only names that are plainly functions.
        """
        index = self._late.get(name)
        if index is None:
            if self.parent is None:
                return None
            source = self.parent.late_source(name, functions_only)
            if source is None:
                return None
            index = self._late[name] = self.code.new_capture(name, source)
        return LateName(index)

    def late_source(self, name: str, functions_only: bool) -> CaptureSource | None:
        """Give the place of the late cell of a name, for an inner function to capture."""
        for block in reversed(self.blocks):
            if name in block.declared and name not in block.bound and (block.declared[name] or not functions_only):
                slot = block.cells.get(name)
                if slot is None:
                    slot = block.cells[name] = self.code.new_slot(f"<late {name}>")
                return CaptureSource(False, slot)
        outer = self.find_late(name, functions_only=functions_only)
        return None if outer is None else CaptureSource(True, outer.index)

    def visible_names(self) -> Iterator[str]:
        """Yield the names of the variables that are bound here."""
        scope: FunctionScope | None = self
        while scope is not None:
            for block in scope.blocks:
                yield from block.bound
            scope = scope.parent
