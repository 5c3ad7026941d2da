"""What is known of every expression of a chunk: an abstract run of all its functions.

Takes the trees of ``blocks.py``, writes facts into them and gives a :class:`ChunkFacts`. Each function is run over
:class:`State` objects until nothing new turns up; loops and calls widen. A function whose closures never leave the
chunk's sight is only called with what its callers are seen to pass, any other one with anything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from harnlite.bytecode.chunk import Chunk
from harnlite.bytecode.opcodes import Op
from harnlite.translator.base_facts import State, exact_bounds
from harnlite.translator.blocks import GuestFunction
from harnlite.translator.call_facts import CallFacts, ChunkFacts, FunctionFacts
from harnlite.translator.known import entry_values
from harnlite.translator.lattice import (
    ANY,
    BOOL,
    CONTAINERS,
    DICT,
    ENUM,
    INT,
    LIST,
    MISSING_BIT,
    NIL,
    NOTHING,
    NUMBER,
    OTHER,
    RANGE,
    STRING_FACT,
    STRUCT,
    TEXT,
    CellName,
    Fact,
    cell_fact,
    dict_fact,
    int_fact,
    join,
    list_fact,
    plain,
    restrict,
    same,
    widen,
)
from harnlite.translator.tree import (
    Assign,
    Block,
    Branching,
    BranchUnless,
    CheckParameter,
    Cleanup,
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
)

__all__ = ["ChunkFacts", "FunctionFacts", "UnsettledError", "analyse"]

_LOOP_PATIENCE: Final = 1
#: So many loops inside one another are run once more to narrow what widening lost; each doubles the work on the next.
_NARROWED_LOOPS: Final = 4
#: Visits per function, and rounds of a loop, after which facts will not settle any more.
_MOST_VISITS: Final = 100
#: A sum that only ever changes by steps of at most this size cannot leave +-2**62 in the lifetime of a machine: that
#: takes 2**51 steps, and a step takes CPython 10 ns at the least. So it needs no wrap check.
_SMALL_STEP: Final = 2**10
_START_LIMIT: Final = 2**61
_SUM_LIMIT: Final = 2**62
_CHECKED_TYPES: Final = {
    "int": NUMBER,
    "float": NUMBER,
    "string": TEXT,
    "bool": BOOL,
    "list": LIST,
    "dict": DICT,
    "nil": NIL,
}


class _Loop:
    """A loop around the code at hand: the states in which it is left and continued."""

    __slots__ = ("breaks", "continues")

    def __init__(self) -> None:
        self.breaks: list[State] = []
        self.continues: list[State] = []


class UnsettledError(Exception):
    """Facts do not settle: the chunk is left to the interpreter. Not expected to happen."""


def analyse(chunk: Chunk, functions: list[GuestFunction | None]) -> ChunkFacts:
    """Find out what is known of a chunk's functions.

    :param functions: by number; None for those that run in the interpreter, which may do anything.
    :raises UnsettledError: there is no end to it.
    """
    return _Analysis(chunk, functions).run()


class _Analysis(CallFacts):
    def __init__(self, chunk: Chunk, functions: list[GuestFunction | None]) -> None:
        self.chunk = chunk
        self.functions = [None if function is None else FunctionFacts(function) for function in functions]
        self.pending: list[int] = []
        self.watchers = []
        self.loops: list[_Loop] = []
        self.cleanups: list[tuple[int, set[int]]] = []
        self.cells = {}
        self.cell_readers = {}
        self.leaked_cells = set()
        self.captures = []
        self.function_index = 0
        self.moved = set()
        self.current = FunctionFacts(GuestFunction(0, chunk.functions[0]))

    def run(self) -> ChunkFacts:
        body = self.functions[0]
        if body is not None:
            body.reached = True
            self.visit_later(0)
        for index, facts in enumerate(self.functions):
            if facts is None:
                self.expose(self.chunk.functions[index])
        for _ in range(_MOST_VISITS * len(self.functions)):
            if not self.pending:
                return ChunkFacts(self.functions)
            self.visit(self.pending.pop())
        raise UnsettledError

    # ----------------------------------------------------------------------------------------------- functions

    def visit(self, index: int) -> None:
        facts = self.functions[index]
        if facts is None or not facts.reached:
            return
        facts.visits += 1
        self.current = facts
        self.function_index = index
        self.captures = facts.captures
        self.moved = facts.function.moved
        self.watchers = []
        self.loops = []
        self.cleanups = []
        unset = plain(MISSING_BIT)
        slots = [*facts.parameters]
        slots += [unset] * (facts.function.slot_total - len(slots))
        for position, fact in enumerate(facts.parameters):
            self.note_start(position, fact)
        known = len(facts.far_starts)
        self.block(facts.function.body, State(slots, 0))
        if len(facts.far_starts) > known:
            self.visit_later(index)

    # ---------------------------------------------------------------------------------------------- statements

    def block(self, statements: Block, state: State | None) -> State | None:
        for statement in statements:
            if state is None:
                return None
            state = _STATEMENTS[type(statement)](self, statement, state)
        return state

    def value(self, node: Expression, state: State) -> Fact:
        if type(node) is Local and state.facts[node.slot].mask & MISSING_BIT:
            self.read_unset(node.slot, state)
        return super().value(node, state)

    def look(self, node: Expression, state: State) -> Fact:
        if type(node) is not Local:
            return super().look(node, state)
        if state.facts[node.slot].mask & MISSING_BIT:
            self.read_unset(node.slot, state)
        fact = node.fact = state.facts[node.slot]
        return fact

    def read_unset(self, slot: int, state: State) -> None:
        """Make a local that may not be assigned yet nil; a parameter keeps its MISSING."""
        if slot < len(self.current.parameters):
            return
        self.current.unset.add(slot)
        fact = state.facts[slot]
        state.facts[slot] = join(restrict(fact, ~MISSING_BIT), plain(NIL), self.forget)

    def note_start(self, slot: int, fact: Fact) -> None:
        if fact.mask & INT and (fact.low < -_START_LIMIT or fact.high > _START_LIMIT):
            self.current.far_starts.add(slot)

    def store(self, state: State, slot: int, fact: Fact, owned: bool) -> None:
        self.note_start(slot, fact)
        self.set_slot(state, slot, fact, owned)

    def summed(self, slot: int, op: Op, before: Fact, step: Fact) -> Fact | None:
        """The value of ``x = x + step`` when the steps are small (see ``_SMALL_STEP``)."""
        if before.mask != INT or step.mask != INT or step.low < -_SMALL_STEP or step.high > _SMALL_STEP:
            return None
        if slot in self.current.far_starts:
            return None
        low, high = exact_bounds(op, before, step)
        return int_fact(max(low, -_SUM_LIMIT), min(high, _SUM_LIMIT))

    def assign(self, node: Assign, state: State) -> State | None:
        value = node.value
        if type(value) is Operation and value.op is Op.PROPAGATE:
            # An Err leaves the function.
            self.returns(restrict(self.look(value.operands[0], state), ENUM))
        if type(value) is Operation and value.op is Op.NEW_CELL:
            value.fact = cell_fact(CellName(self.function_index, node.slot))
            self.store(state, node.slot, value.fact, owned=False)
            return state
        moved = self.is_moved(value, state)
        if (
            type(value) is Operation
            and (value.op is Op.ADD or value.op is Op.SUB)
            and type(value.operands[0]) is Local
            and value.operands[0].slot == node.slot
        ):
            before = self.look(value.operands[0], state)
            step = self.look(value.operands[1], state)
            fact = self.summed(node.slot, value.op, before, step)
            if fact is not None:
                value.fact = fact
                self.set_slot(state, node.slot, fact, owned=False)
                return state
        fact = self.value(value, state)
        node.owned = moved or self.is_fresh(value)
        self.store(state, node.slot, fact, node.owned)
        return state

    def evaluate(self, node: Evaluate, state: State) -> State | None:
        self.value(node.value, state)
        return state

    def update(self, node: Update, state: State) -> State | None:
        slot = node.slot
        if state.facts[slot].mask & MISSING_BIT:
            self.read_unset(slot, state)
        keeps = node.op is not Op.ADD_LOCAL
        first, *others = node.operands
        fact = self.value(first, state) if keeps else self.look(first, state)
        for operand in others:
            self.look(operand, state)
        before = state.facts[slot]
        node.before = before
        node.owned = bool(state.owned >> slot & 1)
        after, owned = self.updated(node, before, fact)
        node.after = after
        if node.op is Op.ADD_LOCAL:
            summed = self.summed(slot, Op.ADD, before, fact)
            if summed is not None:
                node.after = summed
                self.set_slot(state, slot, summed, owned=False)
                return state
        self.store(state, slot, after, owned)
        return state

    def updated(self, node: Update, before: Fact, fact: Fact) -> tuple[Fact, bool]:
        op = node.op
        if op is Op.ADD_LOCAL:
            after = self.arithmetic_fact(Op.ADD, before, fact)
            return after, bool(after.mask & CONTAINERS)
        if op is Op.APPEND_LOCAL:
            if before.mask & ~LIST:
                self.forget(before)
                self.forget(fact)
                return ANY, False
            return list_fact(join(before.element, fact, self.forget), self.forget, before.least + 1), True
        if op is Op.SET_FIELD_LOCAL:
            return self.with_entry(restrict(before, DICT | STRUCT), self.chunk.names[node.operand], fact), True
        if op is Op.SET_PATH_LOCAL:
            return self.with_path(before, self.chunk.constants[node.operand], fact), True
        key: Any = node.operands[1]
        name = getattr(key, "value", None)
        return self.with_index(before, name if type(name) is str else None, fact), True

    def check_parameter(self, node: CheckParameter, state: State) -> State | None:
        fact = state.facts[node.slot]
        node.fact = fact
        state.facts[node.slot] = _checked(fact, self.chunk.constants[node.check])
        return state if state.facts[node.slot].mask else None

    def branching(self, node: Branching, state: State) -> State | None:
        rest: State | None = state
        result: State | None = None
        for condition, body in node.arms:
            if rest is None:
                break
            self.look(condition, rest)
            taken = self.assume(condition, rest.copy(), True)
            rest = self.assume(condition, rest, False)
            result = self.join_states(result, self.block(body, taken))
        return self.join_states(result, self.block(node.otherwise, rest))

    def leave(self, node: Leave, state: State) -> State | None:
        op = node.op
        if op is Op.RETURN:
            self.returns(self.value(node.operands[0], state))
        elif op is Op.TAIL_CALL:
            callee = self.look(node.operands[0], state)
            self.returns(self.call_fact(callee, [self.value(operand, state) for operand in node.operands[1:]]))
        elif op is Op.TAIL_PIPE:
            argument = self.value(node.operands[0], state)
            self.returns(self.call_fact(self.look(node.operands[1], state), [argument]))
        else:
            for operand in node.operands:
                self.forget(self.value(operand, state))
        return None

    # --------------------------------------------------------------------------------------------------- loops

    def jump(self, node: Jump, state: State) -> State | None:
        position = len(self.loops) - 1 - node.levels
        target = self.loops[position]
        (target.breaks if node.is_break else target.continues).append(state)
        self.note_exit(position)
        return None

    def note_exit(self, position: int) -> None:
        """A jump to a loop passes the clean-ups in between, whose effects are joined when they are known."""
        for depth, exits in self.cleanups:
            if depth > position:
                exits.add(position)

    def branch_unless(self, node: BranchUnless, state: State) -> State | None:
        self.look(node.condition, state)
        left = self.assume(node.condition, state.copy(), False)
        if left is not None:
            position = len(self.loops) - 1 - node.levels
            self.loops[position].breaks.append(left)
            self.note_exit(position)
        return self.assume(node.condition, state, True)

    def loop(self, node: Loop, state: State) -> State | None:
        item: Fact | None = None
        if type(node) is ForLoop:
            item = self.items(node, state)
        head = self.merge(node.head, state, widening=False)
        rounds = 0
        while True:
            node.head = head
            frame, back = self.turn(node, head, item)
            entered = self.join_states(state.copy(), back)
            assert entered is not None
            if self.includes(head, entered):
                break
            rounds += 1
            if rounds > _MOST_VISITS:
                raise UnsettledError
            head = self.merge(head, entered, widening=rounds > _LOOP_PATIENCE)
        narrows = len(self.loops) < _NARROWED_LOOPS
        if narrows and (rounds or not self.same_states(head, entered)):
            # Widening went too far: what comes in and what comes back may be less than the head allows for.
            narrower, back = self.turn(node, entered, item)
            again = self.join_states(state.copy(), back)
            assert again is not None
            if self.includes(entered, again):
                frame, head = narrower, entered
            else:
                frame, back = self.turn(node, head, item)
        result: State | None = head.copy() if item is not None else None
        for left in frame.breaks:
            result = self.join_states(result, left)
        return result

    def turn(self, node: Loop, head: State, item: Fact | None) -> tuple[_Loop, State | None]:
        frame = _Loop()
        self.loops.append(frame)
        state: State | None = head.copy()
        if type(node) is ForLoop:
            assert item is not None
            assert state is not None
            if item.mask:
                self.store(state, node.slot, item, owned=False)
            else:
                state = None
        back = self.block(node.body, state)
        self.loops.pop()
        for continued in frame.continues:
            back = self.join_states(back, continued)
        return frame, back

    def items(self, node: ForLoop, state: State) -> Fact:
        iterable = node.iterable
        if type(iterable) is Operation and iterable.op is Op.CALL:
            callee = self.look(iterable.operands[0], state)
            arguments = [self.value(operand, state) for operand in iterable.operands[1:]]
            yields = self.pull(callee, arguments)
            if yields is not None:
                iterable.fact = plain(OTHER)
                return yields
            fact = iterable.fact = self.call_fact(callee, arguments)
        else:
            fact = self.value(iterable, state)
        item = NOTHING
        if fact.mask & (LIST | RANGE):
            item = fact.element
        if fact.mask & DICT:
            entry = dict_fact({"key": STRING_FACT, "value": entry_values(fact, self.forget)}, NOTHING, self.forget)
            item = join(item, entry, self.forget)
        if fact.mask & OTHER:
            self.forget(fact)
            item = ANY
        return item

    def merge(self, old: State | None, new: State, widening: bool) -> State:
        if old is None:
            return new.copy()
        combine = widen if widening else join
        forget = self.forget
        facts = [x if x is y else combine(x, y, forget) for x, y in zip(old.facts, new.facts, strict=True)]
        return State(facts, old.owned & new.owned)

    def includes(self, outer: State, inner: State) -> bool:
        if outer.owned & ~inner.owned:
            return False
        forget = self.forget
        return all(x is y or same(join(x, y, forget), x) for x, y in zip(outer.facts, inner.facts, strict=True))

    def same_states(self, a: State, b: State) -> bool:
        return a.owned == b.owned and all(same(x, y) for x, y in zip(a.facts, b.facts, strict=True))

    # ------------------------------------------------------------------------------------------------ handlers

    def handler(self, node: Handler, state: State) -> State | None:
        watcher = state.copy()
        self.watchers.append(watcher)
        normal = self.block(node.body, state)
        self.watchers.pop()
        self.store(watcher, node.slot, ANY, owned=False)
        return self.join_states(normal, self.block(node.handler, watcher))

    def cleanup(self, node: Cleanup, state: State) -> State | None:
        watcher = state.copy()
        self.watchers.append(watcher)
        exits: set[int] = set()
        self.cleanups.append((len(self.loops), exits))
        normal = self.block(node.body, state)
        self.cleanups.pop()
        self.watchers.pop()
        after = self.block(node.final, watcher)
        if after is not None:
            for position in exits:
                self.loops[position].breaks.append(after.copy())
                self.loops[position].continues.append(after.copy())
        return after if normal is not None else None

    def scoped(self, node: Scoped, state: State) -> State | None:
        if node.duration is not None:
            self.value(node.duration, state)
        return self.block(node.body, state)

    def select(self, node: SelectCase, state: State) -> State | None:
        for operand in node.operands:
            self.forget(self.value(operand, state))
        self.store(state, node.value_slot, ANY, owned=False)
        self.store(state, node.case_slot, int_fact(0, len(node.operands)), owned=False)
        return state


def _checked(fact: Fact, check: tuple[Any, ...]) -> Fact:
    """What a parameter that passed its check can be."""
    mask = _check_mask(check)
    return fact if mask is None else restrict(fact, mask)


def _check_mask(check: tuple[Any, ...]) -> int | None:
    kind = check[0]
    if kind == "type":
        return _CHECKED_TYPES.get(check[1])
    if kind == "list":
        return LIST
    if kind == "shape" or kind == "dict":
        return DICT | STRUCT
    if kind == "struct" or kind == "interface":
        return STRUCT
    if kind == "union":
        mask = 0
        for member in check[1]:
            part = _check_mask(member)
            if part is None:
                return None
            mask |= part
        return mask
    return None


_Handler = Callable[[_Analysis, Any, State], "State | None"]
_STATEMENTS: Final[dict[type[Statement], _Handler]] = {
    Assign: _Analysis.assign,
    Evaluate: _Analysis.evaluate,
    Update: _Analysis.update,
    CheckParameter: _Analysis.check_parameter,
    Branching: _Analysis.branching,
    Leave: _Analysis.leave,
    Jump: _Analysis.jump,
    BranchUnless: _Analysis.branch_unless,
    Loop: _Analysis.loop,
    ForLoop: _Analysis.loop,
    Handler: _Analysis.handler,
    Cleanup: _Analysis.cleanup,
    Scoped: _Analysis.scoped,
    SelectCase: _Analysis.select,
}
