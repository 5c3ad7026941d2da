"""Writing decoded instructions: labels, values that are not pushed before they must be, constants in slots.

Knows nothing of constructs; that is ``decode.py``, which drives it.
"""

from __future__ import annotations

from harnlite.bytecode.chunk import FunctionCode
from harnlite.bytecode.opcodes import Op
from harnlite.vm import codes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from harnlite.vm.decoded import Decoded

__all__ = ["Emission", "Label"]

#: A frame copies its constants, so that a function with very many pushes the later ones instead.
_MOST_CONSTANT_SLOTS: Final = 48


class Label:
    """A place in the output that jumps go to."""

    __slots__ = ("position",)

    def __init__(self) -> None:
        self.position = -1


class Emission:
    """The output for one function."""

    def __init__(self, code: FunctionCode) -> None:
        self.code = code
        self.output: list[Decoded] = []
        self.origins: list[int] = []
        #: The height of the operand stack as the bytecode sees it, and the slots of its topmost values that are not
        #: really on it yet.
        self.height = 0
        self.pending: list[int] = []
        #: The number of the first instruction that no jump can land behind.
        self.barrier = 0
        self.origin = 0
        #: Hidden slots behind the declared ones, each for the error that some RETHROW raises again.
        self.error_slots = 0
        self.error_slot_of: dict[int, int] = {}
        for operation, a, _ in code.instructions:
            if operation == Op.RETHROW and a not in self.error_slot_of:
                self.error_slot_of[a] = len(code.slot_names) + self.error_slots
                self.error_slots += 1
        #: The values of the constant slots, and the slot of each constant by its index or opcode.
        self.constant_values: list[Any] = []
        self.constant_slots: dict[tuple[str, int], int] = {}

    def padding(self) -> list[Any]:
        """What follows the arguments in a new frame's slots: locals, caught errors, constants."""
        code = self.code
        hidden: list[Any] = [None] * (len(code.slot_names) + self.error_slots - len(code.parameters))
        return hidden + self.constant_values

    def finish(self) -> list[Decoded]:
        """Replace labels by positions, following chains of jumps."""
        output = self.output
        result = []
        for operation, a, b, c in output:
            if type(a) is Label:
                position = self._follow(a.position)
                if operation == codes.JUMP and position < len(output) and output[position][0] == codes.LOOP_END:
                    # "continue" polls too, so it may be the loop's end itself.
                    operation, position = codes.LOOP_END, self._follow(output[position][1].position)
                a = position
            if type(c) is Label:
                c = self._follow(c.position)
            result.append((operation, a, b, c))
        return result

    def _follow(self, position: int) -> int:
        output = self.output
        for _ in range(8):
            if position < len(output) and output[position][0] == codes.JUMP:
                position = output[position][1].position
        return position

    def emit(self, operation: int, a: Any = None, b: Any = None, c: Any = None) -> None:
        """Add an instruction for the opcode being decoded; values that are not its operands are pushed first."""
        self.flush()
        self.output.append((operation, a, b, c))
        self.origins.append(self.origin)

    def flush(self) -> None:
        """Push the values that only their slots stood for."""
        for slot in self.pending:
            self.output.append((codes.LOAD, slot, None, None))
            self.origins.append(self.origin)
        self.pending.clear()

    def take(self) -> int | None:
        """The operand that is the topmost value: its slot, or None when it is really on the stack."""
        self.height -= 1
        return self.pending.pop() if self.pending else None

    def load(self, slot: int) -> None:
        """A value whose slot is known goes on the stack, as late as possible."""
        self.height += 1
        self.pending.append(slot)

    def constant(self, kind: str, number: int, value: Any) -> None:
        """A constant goes on the stack."""
        if (kind, number) not in self.constant_slots and len(self.constant_values) >= _MOST_CONSTANT_SLOTS:
            self.emit(codes.CONST, value)
            self.height += 1
        else:
            self.load(self.constant_slot(kind, number, value))

    def constant_slot(self, kind: str, number: int, value: Any) -> int:
        """The slot of a constant."""
        slot = self.constant_slots.get((kind, number))
        if slot is None:
            slot = len(self.code.slot_names) + self.error_slots + len(self.constant_values)
            self.constant_values.append(value)
            self.constant_slots[kind, number] = slot
        return slot

    def place(self, label: Label) -> None:
        """Let a label stand for the next instruction."""
        self.flush()
        label.position = self.barrier = len(self.output)

    def here(self) -> int:
        """The number of the next instruction, to which something will jump."""
        label = Label()
        self.place(label)
        return label.position

    def last(self, operations: frozenset[int]) -> bool:
        """Whether the topmost value is what the last instruction, one of these operations, has just pushed."""
        output = self.output
        return not self.pending and len(output) > self.barrier and output[-1][0] in operations and output[-1][3] is None
