"""From bytecode to trees: a function's instructions as statements with expression trees.

Takes one function of a verified chunk, gives a :class:`GuestFunction`. The operand stack disappears: what an
instruction pops becomes the operands of its tree, and a value that must be computed before a statement in between
goes to a slot of the translator's own. Must not know Python text or facts.
"""

from __future__ import annotations

from typing import Any, Final

from harnlite.bytecode.chunk import Chunk, FunctionCode
from harnlite.bytecode.opcodes import OPCODES, Op
from harnlite.translator.tree import (
    Assign,
    Block,
    Branching,
    BranchUnless,
    CheckParameter,
    Cleanup,
    Coalesce,
    Conditional,
    Constant,
    Evaluate,
    Expression,
    ForLoop,
    Handler,
    Jump,
    Leave,
    Local,
    Loop,
    Operation,
    Scoped,
    SelectCase,
    Statement,
    Update,
    parts_of,
)

__all__ = ["GuestFunction", "TooComplex", "read_function"]

#: Deeper expressions are cut by an assignment, because Python's parser and this package recurse over them.
_MAX_DEPTH: Final = 24
#: Deeper nested constructs are left to the interpreter (chains of ``else if`` do not count).
_MAX_NESTING: Final = 40

_LEAVES: Final = frozenset({Op.RETURN, Op.TAIL_CALL, Op.TAIL_PIPE, Op.THROW, Op.RETHROW, Op.FAIL})
_UPDATES: Final = frozenset({Op.ADD_LOCAL, Op.APPEND_LOCAL, Op.SET_INDEX_LOCAL, Op.SET_FIELD_LOCAL, Op.SET_PATH_LOCAL})
#: Operations that give no value, or none that differs from their operand.
_EFFECTS: Final = frozenset({Op.STORE_MODULE, Op.DEFINE_IMPL, Op.YIELD})


class TooComplex(Exception):
    """A function whose nesting goes beyond what Python's compiler takes."""


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


def read_function(chunk: Chunk, index: int) -> GuestFunction:
    """Read one function.

    :raises TooComplex: its constructs are nested too deeply.
    """
    function = GuestFunction(index, chunk.functions[index])
    reader = _Reader(chunk, function)
    reader.run()
    _check_nesting(function.body)
    return function


def _check_nesting(body: Block) -> None:
    pending = [(body, 0)]
    while pending:
        block, depth = pending.pop()
        if depth > _MAX_NESTING:
            raise TooComplex(f"more than {_MAX_NESTING} nested constructs")
        for statement in block:
            pending.extend((part, depth + 1) for part in parts_of(statement))


class _Construct:
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


class _Reader:
    def __init__(self, chunk: Chunk, function: GuestFunction) -> None:
        self.chunk = chunk
        self.function = function
        self.stack: list[Expression] = []
        self.statements: Block = function.body
        self.constructs: list[_Construct] = []
        self.loops: list[_Construct] = []
        self.reachable = True
        self.at = 0
        self.rethrown = {a for number, a, _ in function.code.instructions if number == Op.RETHROW}

    def run(self) -> None:
        """Read every instruction."""
        for self.at, (number, a, b) in enumerate(self.function.code.instructions):
            op = Op(number)
            special = _SPECIAL.get(op)
            if special is not None:
                special(self, op, a, b)
            elif op in _LEAVES:
                self.leave(op, a, b)
            elif op in _UPDATES:
                self.update(op, a, b)
            else:
                self.operation(op, a, b)

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
        info = OPCODES[op]
        pops = info.pops if info.pops >= 0 else self.pops_of(op, a, b)
        node = Operation(self.at, op, a, b, self.pop(pops))
        if op in _EFFECTS:
            self.spill()
            self.statements.append(Evaluate(self.at, node))
        else:
            self.push(node)

    def pops_of(self, op: Op, a: int, b: int) -> int:
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
        self.duplicate(op, a, b)
        self.statements.append(Evaluate(self.at, Operation(self.at, op, a, b, self.pop(1))))

    def drop(self, _op: Op, _a: int, _b: int) -> None:
        (value,) = self.pop(1)
        if type(value) is not Constant and type(value) is not Local:
            self.spill()
            self.statements.append(Evaluate(self.at, value))

    def duplicate(self, _op: Op, _a: int, _b: int) -> None:
        (value,) = self.pop(1)
        if type(value) is not Constant and type(value) is not Local:
            value = self.to_slot(value, moved=False)
        elif type(value) is Local:
            self.function.moved.discard(value.slot)
        self.stack.append(value)
        self.stack.append(Constant(value.at, value.value) if type(value) is Constant else Local(value.at, value.slot))

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
        value = self.to_slot(*self.pop(1))
        self.push(self.to_slot(Operation(self.at, op, a, b, [value])))

    def update(self, op: Op, a: int, b: int) -> None:
        if op is Op.SET_PATH_LOCAL:
            operands = self.pop(self.pops_of(op, a, b))
        else:
            operands = self.pop(OPCODES[op].pops)
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
        info = OPCODES[op]
        operands = self.pop(info.pops if info.pops >= 0 else self.pops_of(op, a, b))
        self.spill()
        self.statements.append(Leave(self.at, op, a, b, operands))
        self.reachable = False

    # --------------------------------------------------------------------------------------------- constructs

    def open(self, op: Op, node: Statement | None, results: int) -> _Construct:
        construct = _Construct(op, node, len(self.stack), results, self.statements)
        self.constructs.append(construct)
        self.statements = []
        return construct

    def end_part(self) -> None:
        """The part that was read so far is complete."""
        construct = self.constructs[-1]
        result = None
        if self.reachable and construct.results and construct.op is not Op.CLEANUP:
            result = self.stack.pop()
        construct.parts.append((self.statements, result, self.reachable))
        del self.stack[construct.base :]
        self.statements = []
        self.reachable = True

    def begin_if(self, op: Op, a: int, _b: int) -> None:
        (condition,) = self.pop(1)
        construct = self.open(op, None, 1 if op is Op.IF_NIL else a)
        construct.condition = condition

    def begin_loop(self, op: Op, _a: int, _b: int) -> None:
        self.spill()
        self.loops.append(self.open(op, Loop(self.at), 0))

    def begin_for(self, op: Op, a: int, _b: int) -> None:
        (iterable,) = self.pop(1)
        self.spill()
        construct = self.open(op, ForLoop(self.at, a, iterable), 0)
        construct.reached = True
        self.loops.append(construct)
        self.note_assigned(a)

    def begin_protected(self, op: Op, a: int, _b: int) -> None:
        duration = self.pop(1)[0] if op is Op.DEADLINE else None
        self.spill()
        node: Statement
        if op is Op.TRY:
            node = Handler(self.at)
        elif op is Op.CLEANUP:
            node = Cleanup(self.at)
        else:
            node = Scoped(self.at, duration)
        self.open(op, node, 0 if op is Op.MUTEX else a)

    def begin_handler(self, _op: Op, a: int, b: int) -> None:
        self.end_part()
        node = self.constructs[-1].node
        assert type(node) is Handler
        node.slot = a
        node.enum = self.chunk.constants[b]
        node.rethrown = a in self.rethrown
        self.note_assigned(a)

    def begin_final(self, _op: Op, _a: int, _b: int) -> None:
        construct = self.constructs[-1]
        result: Expression | None = None
        if construct.results and self.reachable:
            result = self.to_slot(self.stack.pop())
        self.end_part()
        if construct.results:
            # The clean-up part runs with the result below it.
            self.stack.append(result or Constant(self.at, None))
            construct.base += 1

    def begin_else(self, _op: Op, _a: int, _b: int) -> None:
        self.end_part()

    def jump(self, op: Op, a: int, _b: int) -> None:
        target = self.loops[-1 - a]
        if op is Op.BREAK:
            target.reached = True
        else:
            node = target.node
            assert isinstance(node, Loop)
            node.continued = True
        self.spill()
        self.statements.append(Jump(self.at, op is Op.BREAK, a))
        self.reachable = False

    def break_unless(self, _op: Op, a: int, _b: int) -> None:
        (condition,) = self.pop(1)
        self.loops[-1 - a].reached = True
        self.spill()
        self.statements.append(BranchUnless(self.at, a, condition))

    def end(self, _op: Op, _a: int, _b: int) -> None:
        construct = self.constructs[-1]
        if construct.op is Op.CLEANUP:
            # The result, if any, stays on the stack below the clean-up part.
            self.end_cleanup(construct)
            return
        self.end_part()
        self.constructs.pop()
        self.statements = construct.outer
        if construct.op is Op.IF:
            self.end_if(construct)
        elif construct.op is Op.IF_NIL:
            self.end_if_nil(construct)
        elif construct.op is Op.LOOP or construct.op is Op.FOR:
            self.loops.pop()
            node = construct.node
            assert isinstance(node, Loop)
            node.body = construct.parts[0][0]
            node.end = self.at
            self.add_construct(construct, node, construct.reached)
        elif construct.op is Op.TRY:
            handler = construct.node
            assert type(handler) is Handler
            result = self.join_results(construct)
            handler.body, handler.handler = construct.parts[0][0], construct.parts[1][0]
            self.add_construct(construct, handler, construct.parts[0][2] or construct.parts[1][2], result)
        else:
            scoped = construct.node
            assert type(scoped) is Scoped
            result = self.join_results(construct)
            scoped.body = construct.parts[0][0]
            scoped.end = self.at
            self.add_construct(construct, scoped, construct.parts[0][2], result)

    def end_cleanup(self, construct: _Construct) -> None:
        node = construct.node
        assert type(node) is Cleanup
        node.body = construct.parts[0][0]
        node.final = self.statements
        reachable = self.reachable and construct.parts[0][2]
        self.constructs.pop()
        self.statements = construct.outer
        self.add_construct(construct, node, reachable)

    def add_construct(
        self, construct: _Construct, node: Statement, reachable: bool, result: Expression | None = None
    ) -> None:
        self.statements.append(node)
        self.inherit_assigned(construct)
        self.reachable = reachable
        if result is not None:
            self.stack.append(result)

    def inherit_assigned(self, construct: _Construct) -> None:
        if self.constructs:
            self.constructs[-1].assigned |= construct.assigned

    def join_results(self, construct: _Construct) -> Expression | None:
        """Let every part that reaches its end set one slot; None when the construct has no result."""
        if not construct.results:
            return None
        slot = self.own_slot()
        for statements, result, reached in construct.parts:
            if reached and result is not None:
                statements.append(Assign(result.at, slot, result))
        return Local(self.at, slot)

    def end_if(self, construct: _Construct) -> None:
        condition = construct.condition
        assert condition is not None
        if len(construct.parts) == 1:
            construct.parts.append(([], None, True))
        (then, then_value, then_reached), (otherwise, other_value, other_reached) = construct.parts
        if then_value is not None and other_value is not None and not then and not otherwise:
            self.push(Conditional(condition.at, condition, then_value, other_value))
            return
        result = self.chain_result(construct) or self.join_results(construct)
        self.spill(construct.assigned)
        node = Branching(condition.at, condition, then, otherwise)
        if len(otherwise) == 1 and type(otherwise[0]) is Branching:
            inner = otherwise[0]
            inner.arms.insert(0, node.arms[0])
            inner.at = node.at
            node = inner
        self.add_construct(construct, node, then_reached or other_reached, result)

    def chain_result(self, construct: _Construct) -> Expression | None:
        """When the ``ELSE`` part is one more ``IF`` with a result, let both set the same slot."""
        (then, then_value, then_reached), (otherwise, other_value, _) = construct.parts
        if (
            not construct.results
            or type(other_value) is not Local
            or other_value.slot not in self.function.moved
            or len(otherwise) != 1
            or type(otherwise[0]) is not Branching
        ):
            return None
        if then_reached and then_value is not None:
            then.append(Assign(then_value.at, other_value.slot, then_value))
        return other_value

    def end_if_nil(self, construct: _Construct) -> None:
        condition = construct.condition
        assert condition is not None
        statements, result, _ = construct.parts[0]
        if not statements and result is not None:
            self.push(Coalesce(condition.at, condition, result))
            return
        self.spill(construct.assigned)
        slot = self.own_slot(moved=False)
        self.statements.append(Assign(condition.at, slot, condition))
        if result is not None:
            statements.append(Assign(result.at, slot, result))
        test = Operation(condition.at, Op.EQ, 0, 0, [Local(condition.at, slot), Constant(condition.at, None)])
        self.add_construct(construct, Branching(condition.at, test, statements, []), True, Local(self.at, slot))


_CONSTANTS: Final[dict[Op, Any]] = {Op.NIL: None, Op.TRUE: True, Op.FALSE: False}

_SPECIAL: Final[dict[Op, Any]] = {
    Op.NIL: _Reader.constant,
    Op.TRUE: _Reader.constant,
    Op.FALSE: _Reader.constant,
    Op.CONST: _Reader.constant,
    Op.POP: _Reader.drop,
    Op.DUP: _Reader.duplicate,
    Op.LOAD: _Reader.load,
    Op.STORE: _Reader.store,
    Op.NEW_CELL: _Reader.new_cell,
    Op.SET_CELL: _Reader.set_cell,
    Op.LIST_APPEND: _Reader.grow,
    Op.LIST_EXTEND: _Reader.grow,
    Op.DICT_SET: _Reader.grow,
    Op.DICT_UPDATE: _Reader.grow,
    Op.PROPAGATE: _Reader.propagate,
    Op.CHECK_PARAMETER: _Reader.check_parameter,
    Op.SELECT: _Reader.select,
    Op.IF: _Reader.begin_if,
    Op.IF_NIL: _Reader.begin_if,
    Op.ELSE: _Reader.begin_else,
    Op.LOOP: _Reader.begin_loop,
    Op.FOR: _Reader.begin_for,
    Op.BREAK: _Reader.jump,
    Op.CONTINUE: _Reader.jump,
    Op.BREAK_UNLESS: _Reader.break_unless,
    Op.TRY: _Reader.begin_protected,
    Op.CATCH: _Reader.begin_handler,
    Op.CLEANUP: _Reader.begin_protected,
    Op.FINALLY: _Reader.begin_final,
    Op.DEADLINE: _Reader.begin_protected,
    Op.MUTEX: _Reader.begin_protected,
    Op.END: _Reader.end,
}
