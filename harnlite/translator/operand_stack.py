"""Reading straight-line bytecode: the operand stack as expression trees.

What an instruction pops becomes the operands of its tree; a value that must be computed before a statement in between
goes to a slot of the translator's own. Constructs are in ``blocks.py``.
"""

from __future__ import annotations

from typing import Any, Final

from harnlite.bytecode.chunk import Chunk, FunctionCode
from harnlite.bytecode.opcodes import OPCODES, Op
from harnlite.translator.tree import (
    Assign,
    Block,
    CheckParameter,
    Constant,
    Evaluate,
    Expression,
    Leave,
    Local,
    Operation,
    SelectCase,
    Statement,
    Update,
)

__all__ = ["Construct", "GuestFunction", "StackReader"]

#: Deeper expressions are cut by an assignment, because Python's parser and this package recurse over them.
_MAX_DEPTH: Final = 24
#: Operations that give no value, or none that differs from their operand.
_EFFECTS: Final = frozenset({Op.STORE_MODULE, Op.DEFINE_IMPL, Op.YIELD})
_CONSTANTS: Final[dict[Op, Any]] = {Op.NIL: None, Op.TRUE: True, Op.FALSE: False}


class GuestFunction:
    """A function as trees.

    :ivar slot_count: slots of the function itself; the translator's own follow.
    :ivar slot_total: all of them.
    :ivar assigned: the slots that some statement sets.
    """

    def __init__(self, index: int, code: FunctionCode) -> None:
        self.index = index
        self.code = code
        self.body: Block = []
        self.slot_count = len(code.slot_names)
        self.slot_total = self.slot_count
        self.assigned: set[int] = set()
        #: The translator's slots whose value is taken exactly once, so taking it moves it.
        self.moved: set[int] = set()


class Construct:
    """An open construct while its parts are read."""

    __slots__ = ("assigned", "base", "condition", "node", "op", "outer", "parts", "reached", "results")

    def __init__(self, op: Op, node: Statement | None, base: int, results: int, outer: Block) -> None:
        self.op = op
        self.node = node
        self.base = base
        self.results = results
        #: The statements around it.
        self.outer = outer
        self.condition: Expression | None = None
        #: Finished parts: statements, result, whether the part reaches its end.
        self.parts: list[tuple[Block, Expression | None, bool]] = []
        self.assigned: set[int] = set()
        #: LOOP: whether something leaves it.
        self.reached = False


class StackReader:
    """Reads instructions that open or close no construct."""

    def __init__(self, chunk: Chunk, function: GuestFunction) -> None:
        self.chunk = chunk
        self.function = function
        self.stack: list[Expression] = []
        self.statements: Block = function.body
        self.constructs: list[Construct] = []
        self.loops: list[Construct] = []
        self.reachable = True
        self.at = 0
        self.rethrown = {a for number, a, _ in function.code.instructions if number == Op.RETHROW}

    # ---------------------------------------------------------------------------------------------- the stack

    def push(self, value: Expression) -> None:
        if value.depth > _MAX_DEPTH:
            value = self.to_slot(value)
        self.stack.append(value)

    def pop(self, count: int) -> list[Expression]:
        if not count:
            return []
        operands = self.stack[-count:]
        del self.stack[-count:]
        return operands

    def own_slot(self, moved: bool = True) -> int:
        slot = self.function.slot_total
        self.function.slot_total += 1
        if moved:
            self.function.moved.add(slot)
        return slot

    def to_slot(self, value: Expression, moved: bool = True) -> Local:
        """Evaluate an expression now; what stands for it later is a slot of our own."""
        self.spill()
        slot = self.own_slot(moved)
        self.statements.append(Assign(value.at, slot, value))
        return Local(value.at, slot)

    def base(self) -> int:
        return self.constructs[-1].base if self.constructs else 0

    def spill(self, assigned: frozenset[int] | set[int] = frozenset()) -> None:
        """Evaluate what waits on the stack, because a statement comes first; ``assigned`` are slots it sets."""
        for position in range(self.base(), len(self.stack)):
            value = self.stack[position]
            if type(value) is Constant or (type(value) is Local and value.slot not in assigned):
                continue
            slot = self.own_slot()
            self.statements.append(Assign(value.at, slot, value))
            self.stack[position] = Local(value.at, slot)

    def note_assigned(self, slot: int) -> None:
        self.function.assigned.add(slot)
        if self.constructs:
            self.constructs[-1].assigned.add(slot)

    # ---------------------------------------------------------------------------------------- plain operations

    def operation(self, op: Op, a: int, b: int) -> None:
        node = Operation(self.at, op, a, b, self.pop(self.pops_of(op, a, b)))
        if op in _EFFECTS:
            self.spill()
            self.statements.append(Evaluate(self.at, node))
        else:
            self.push(node)

    def pops_of(self, op: Op, a: int, b: int) -> int:
        pops = OPCODES[op].pops
        if pops >= 0:
            return pops
        match op:
            case Op.LIST | Op.STRING:
                return a
            case Op.DICT:
                return 2 * a
            case Op.ENUM | Op.CALL_BUILTIN:
                return b
            case Op.SLICE:
                return 1 + (a & 1) + (a >> 1 & 1)
            case Op.CALL | Op.TAIL_CALL:
                return a + 1
            case Op.CALL_METHOD | Op.CALL_METHOD_OPT:
                return b + 1
            case Op.SET_PATH:
                return 2 + int(self.chunk.constants[a].count(None))
            case Op.SET_PATH_LOCAL:
                return 1 + int(self.chunk.constants[b].count(None))
            case _:  # STRUCT, DEFINE_IMPL
                return len(self.chunk.constants[b])

    def constant(self, op: Op, a: int, _b: int) -> None:
        value: Any = self.chunk.constants[a] if op is Op.CONST else _CONSTANTS[op]
        self.push(Constant(self.at, value))

    def load(self, _op: Op, a: int, _b: int) -> None:
        self.push(Local(self.at, a))

    def store(self, _op: Op, a: int, _b: int) -> None:
        (value,) = self.pop(1)
        self.spill({a})
        self.note_assigned(a)
        self.statements.append(Assign(self.at, a, value))

    def new_cell(self, op: Op, a: int, _b: int) -> None:
        self.spill({a})
        self.note_assigned(a)
        self.statements.append(Assign(self.at, a, Operation(self.at, op, 0, 0, [])))

    def set_cell(self, op: Op, a: int, b: int) -> None:
        self.duplicate()
        self.statements.append(Evaluate(self.at, Operation(self.at, op, a, b, self.pop(1))))

    def drop(self, _op: Op, _a: int, _b: int) -> None:
        (value,) = self.pop(1)
        if type(value) is not Constant and type(value) is not Local:
            self.spill()
            self.statements.append(Evaluate(self.at, value))

    def duplicate(self) -> None:
        """Put a second time on the stack what is on top of it."""
        (value,) = self.pop(1)
        if type(value) is Constant:
            self.stack += (value, Constant(value.at, value.value))
            return
        if type(value) is not Local:
            value = self.to_slot(value, moved=False)
        self.function.moved.discard(value.slot)
        self.stack += (value, Local(value.at, value.slot))

    def grow(self, op: Op, a: int, b: int) -> None:
        """LIST_APPEND and its kin: the container is fresh and only the stack holds it, so it can be changed."""
        operands = self.pop(OPCODES[op].pops)
        container = operands[0]
        rest = operands[1:]
        if not (type(container) is Local and container.slot >= self.function.slot_count):
            container = self.to_slot(container)
        # The operands were computed after the container, and so they still are.
        self.spill()
        self.statements.append(Evaluate(self.at, Operation(self.at, op, a, b, [container, *rest])))
        self.stack.append(Local(self.at, container.slot))

    def propagate(self, op: Op, a: int, b: int) -> None:
        (operand,) = self.pop(1)
        value = self.to_slot(operand)
        self.push(self.to_slot(Operation(self.at, op, a, b, [value])))

    def update(self, op: Op, a: int, b: int) -> None:
        operands = self.pop(self.pops_of(op, a, b))
        self.spill({a})
        self.note_assigned(a)
        self.statements.append(Update(self.at, op, a, b, operands, bool(self.loops)))

    def check_parameter(self, _op: Op, a: int, b: int) -> None:
        self.statements.append(CheckParameter(self.at, a, b))

    def select(self, _op: Op, a: int, b: int) -> None:
        operands = self.pop(a + (b == 1))
        self.spill()
        value, case = self.own_slot(), self.own_slot()
        self.statements.append(SelectCase(self.at, b, operands, value, case))
        self.stack.append(Local(self.at, value))
        self.stack.append(Local(self.at, case))

    def leave(self, op: Op, a: int, b: int) -> None:
        operands = self.pop(self.pops_of(op, a, b))
        self.spill()
        self.statements.append(Leave(self.at, op, a, b, operands))
        self.reachable = False
