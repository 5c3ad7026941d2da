"""What is known when a condition holds, and when it does not.

Takes an expression that was evaluated in a state, gives the state narrowed by its outcome.
"""

from __future__ import annotations

from typing import Final

from harnlite.bytecode.chunk import Chunk
from harnlite.bytecode.opcodes import Op
from harnlite.translator.base_facts import BaseFacts, State
from harnlite.translator.lattice import (
    BOOL,
    CLOSURE,
    DICT,
    ENUM,
    FLOAT,
    INT,
    LIST,
    MISSING_BIT,
    NIL,
    NOTHING,
    NUMBER,
    RANGE,
    STRUCT,
    TEXT,
    Fact,
    enum_fact,
    int_fact,
    join,
    restrict,
    without,
)
from harnlite.translator.tree import Conditional, Constant, Expression, Local, Operation

__all__ = ["ConditionFacts"]

_TYPE_NAMES: Final = {
    "nil": NIL,
    "bool": BOOL,
    "int": INT,
    "float": FLOAT,
    "string": TEXT,
    "list": LIST,
    "dict": DICT,
    "struct": STRUCT,
    "enum": ENUM,
    "closure": CLOSURE,
    "range": RANGE,
}
_NEGATED: Final = {Op.LT: Op.GE, Op.LE: Op.GT, Op.GT: Op.LE, Op.GE: Op.LT, Op.EQ: Op.NE, Op.NE: Op.EQ}
_MIRRORED: Final = {Op.LT: Op.GT, Op.LE: Op.GE, Op.GT: Op.LT, Op.GE: Op.LE, Op.EQ: Op.EQ, Op.NE: Op.NE}


#: How deep conditions inside one another are looked into. A part of ``&&`` or ``||`` counts as one, because one of its
#: outcomes tells something; any other conditional, of which both do, counts as four.
_MAX_ASSUMED: Final = 12


class ConditionFacts(BaseFacts):
    """Narrows states by conditions."""

    #: How many conditions inside one another are being looked into.
    assuming = 0

    def assume(self, node: Expression, state: State, truth: bool) -> State | None:
        """Narrow a state by the outcome of a condition that was evaluated; None when it cannot come out so."""
        kind = type(node)
        if kind is Constant:
            return state if bool(node.value) is truth else None  # type: ignore[attr-defined]  # a Constant has a value
        if isinstance(node, Local):
            return self.assume_truth(node, state, truth)
        if isinstance(node, Conditional):
            return self.assume_conditional(node, state, truth)
        if isinstance(node, Operation):
            op = node.op
            if op is Op.NOT:
                return self.assume(node.operands[0], state, not truth)
            if op is Op.TO_BOOL:
                return self.assume(node.operands[0], state, truth)
            if op in _NEGATED:
                return self.assume_comparison(node, state, truth)
            if op is Op.IS_MISSING:
                fact = state.facts[node.a]
                return self.narrow(state, node.a, restrict(fact, MISSING_BIT if truth else ~MISSING_BIT))
            subject = node.operands[0] if node.operands else None
            if isinstance(subject, Local):
                if op is Op.IS_VARIANT:
                    return self.assume_variant(subject, state, self.chunk.constants[node.a], truth)
                if op is Op.IS_DICT:
                    return self.assume_type(subject, state, DICT, True, truth)
                if op is Op.IS_LIST:
                    return self.assume_type(subject, state, LIST, node.a == 0, truth)
        return state

    def assume_truth(self, node: Local, state: State, truth: bool) -> State | None:
        fact = state.facts[node.slot]
        if truth:
            kept = without(fact, NIL)
            if kept.mask == INT and kept.low == 0:
                kept = int_fact(1, kept.high) if kept.high > 0 else NOTHING
            return self.narrow(state, node.slot, kept)
        return self.narrow(state, node.slot, without(fact, ENUM | CLOSURE | RANGE | STRUCT))

    def assume_type(self, node: Local, state: State, mask: int, exhaustive: bool, truth: bool) -> State | None:
        fact = state.facts[node.slot]
        if truth:
            return self.narrow(state, node.slot, restrict(fact, mask))
        return self.narrow(state, node.slot, without(fact, mask)) if exhaustive else state

    def assume_variant(self, node: Local, state: State, wanted: tuple[str, str], truth: bool) -> State | None:
        fact = state.facts[node.slot]
        enum, variant = wanted
        if fact.name != enum or fact.variants is None or not fact.mask & ENUM:
            if not truth:
                return state
            return self.narrow(state, node.slot, enum_fact(enum) if fact.mask & ENUM else NOTHING)
        if truth:
            fields = fact.variants.get(variant)
            kept = NOTHING if fields is None else enum_fact(enum, {variant: fields}, self.forget)
            return self.narrow(state, node.slot, kept)
        others = {key: fields for key, fields in fact.variants.items() if key != variant}
        rest = without(fact, ENUM)
        if others:
            rest = join(rest, enum_fact(enum, others, self.forget), self.forget)
        return self.narrow(state, node.slot, rest)

    def assume_conditional(self, node: Conditional, state: State, truth: bool) -> State | None:
        if self.assuming >= _MAX_ASSUMED:
            # A long chain of `&&` or `||`: what its far end tells is left out, for each link looks at both outcomes.
            return state
        weight = 1 if type(node.then) is Constant or type(node.otherwise) is Constant else 4
        self.assuming += weight
        result: State | None = None
        for part, outcome in ((node.then, True), (node.otherwise, False)):
            if type(part) is Constant and bool(part.value) is not truth:
                continue
            branch = self.assume(node.condition, state.copy(), outcome)
            if branch is not None:
                branch = self.assume(part, branch, truth)
            result = self.join_states(result, branch)
        self.assuming -= weight
        return result

    def assume_comparison(self, node: Operation, state: State, truth: bool) -> State | None:
        left, right = node.operands
        op = node.op if truth else _NEGATED[node.op]
        typed = _type_test(left, right, self.chunk)
        if typed is not None and op in (Op.EQ, Op.NE):
            subject, mask = typed
            fact = state.facts[subject.slot]
            return self.narrow(state, subject.slot, restrict(fact, mask) if op is Op.EQ else without(fact, mask))
        result: State | None = state
        if isinstance(left, Local):
            result = self.assume_bound(left, op, right.fact, state)
        if isinstance(right, Local) and result is not None:
            left_fact = state.facts[left.slot] if isinstance(left, Local) else left.fact
            result = self.assume_bound(right, _MIRRORED[op], left_fact, result)
        return result

    def assume_bound(self, node: Local, op: Op, other: Fact, state: State) -> State | None:
        fact = state.facts[node.slot]
        if op is Op.EQ:
            if other.mask == NIL:
                return self.narrow(state, node.slot, restrict(fact, NIL))
            if other.mask and not other.mask & ~(NUMBER | TEXT | BOOL):
                same_kind = other.mask | (NUMBER if other.mask & NUMBER else 0)
                fact = restrict(fact, same_kind)
                if fact.mask == INT and other.mask == INT:
                    low, high = max(fact.low, other.low), min(fact.high, other.high)
                    fact = int_fact(low, high) if low <= high else NOTHING
                return self.narrow(state, node.slot, fact)
            return state
        if op is Op.NE:
            if other.mask == NIL:
                return self.narrow(state, node.slot, without(fact, NIL))
            if fact.mask == INT and other.mask == INT and other.low == other.high:
                low = fact.low + 1 if fact.low == other.low else fact.low
                high = fact.high - 1 if fact.high == other.high else fact.high
                return self.narrow(state, node.slot, int_fact(low, high) if low <= high else NOTHING)
            return state
        if fact.mask != INT or other.mask != INT:
            return state
        low, high = fact.low, fact.high
        if op is Op.LT:
            high = min(high, other.high - 1)
        elif op is Op.LE:
            high = min(high, other.high)
        elif op is Op.GT:
            low = max(low, other.low + 1)
        else:
            low = max(low, other.low)
        return self.narrow(state, node.slot, int_fact(low, high) if low <= high else NOTHING)


def _type_test(left: Expression, right: Expression, chunk: Chunk) -> tuple[Local, int] | None:
    """``type_of(x) == "int"``: the local and the types that it asks for."""
    if not (type(right) is Constant and type(left) is Operation and left.op is Op.CALL_BUILTIN):
        return None
    if chunk.names[left.a] != "type_of" or len(left.operands) != 1 or type(left.operands[0]) is not Local:
        return None
    mask = _TYPE_NAMES.get(right.value) if type(right.value) is str else None
    return (left.operands[0], mask) if mask is not None else None
