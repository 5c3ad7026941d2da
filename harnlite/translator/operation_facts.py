"""What operations give, as facts: the expressions half of ``facts.py``.

:class:`ExpressionFacts` evaluates expression trees over a :class:`State`, notes each node's fact, and says what is
known when a condition holds or does not. Calls of guest functions go to :meth:`ExpressionFacts.call_functions`, which
the driver defines. Must not know statements.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Final

from harnlite.bytecode.chunk import Chunk
from harnlite.bytecode.opcodes import Op
from harnlite.translator.known import (
    BUILTINS,
    CALLBACKS,
    KEEPING_BUILTINS,
    LENGTH,
    METHODS,
    entry_values,
    nullable,
)
from harnlite.translator.lattice import (
    ANY,
    BOOL,
    BOOL_FACT,
    CLOSURE,
    CONTAINERS,
    DICT,
    ENUM,
    FLOAT,
    FLOAT_FACT,
    INT,
    INT_FACT,
    LIST,
    MISSING_BIT,
    NIL,
    NIL_FACT,
    NOTHING,
    NUMBER,
    OTHER,
    RANGE,
    STRING_FACT,
    STRUCT,
    TEXT,
    Fact,
    closure_fact,
    dict_fact,
    enum_fact,
    fact_of_constant,
    int_fact,
    join,
    list_fact,
    plain,
    range_fact,
    restrict,
    struct_fact,
    without,
)
from harnlite.translator.tree import Coalesce, Conditional, Constant, Expression, Local, Operation
from harnlite.values.operators import MAX_INT, MIN_INT

__all__ = ["ExpressionFacts", "State", "exact_bounds", "same_operand"]


class State:
    """What is known at one point of a function.

    :ivar facts: by slot.
    :ivar owned: bits of the slots that surely are the only holder of their value.
    """

    __slots__ = ("facts", "owned")

    def __init__(self, facts: list[Fact], owned: int) -> None:
        self.facts = facts
        self.owned = owned

    def copy(self) -> State:
        """Give a state that can go another way."""
        return State(self.facts.copy(), self.owned)


def exact_bounds(op: Op, a: Fact, b: Fact) -> tuple[int, int]:
    """Bounds of ``a op b`` of ints for + - *, before wrapping."""
    if op is Op.ADD:
        return a.low + b.low, a.high + b.high
    if op is Op.SUB:
        return a.low - b.high, a.high - b.low
    corners = (a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high)
    return min(corners), max(corners)


def same_operand(a: Expression, b: Expression) -> bool:
    """Whether two expressions read one local."""
    return isinstance(a, Local) and isinstance(b, Local) and a.slot == b.slot


#: Operations that neither keep nor change their operands and give a bool.
_PREDICATES: Final = frozenset(
    {
        Op.NOT,
        Op.TO_BOOL,
        Op.EQ,
        Op.NE,
        Op.LT,
        Op.LE,
        Op.GT,
        Op.GE,
        Op.IN,
        Op.NOT_IN,
        Op.IS_VARIANT,
        Op.IS_DICT,
        Op.IS_LIST,
    }
)
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


class ExpressionFacts(ABC):
    """Evaluates expressions; subclasses know the function at hand and all others."""

    chunk: Chunk
    #: States of handlers that the code at hand is protected by.
    watchers: list[State]
    #: Facts of the captured values of the function at hand.
    captures: list[Fact]
    #: The number of the function at hand, and its slots whose value is moved when read.
    function_index: int
    moved: set[int]

    @abstractmethod
    def call_functions(self, functions: frozenset[int], arguments: Sequence[Fact]) -> Fact:
        """Note a call of guest functions; gives what they may return."""

    @abstractmethod
    def results_of(self, functions: frozenset[int]) -> Fact:
        """What guest functions may return, as far as seen."""

    @abstractmethod
    def make_closure(self, index: int, state: State) -> Fact:
        """Note that a closure of a function is made."""

    @abstractmethod
    def forget(self, fact: Fact) -> None:
        """Let the functions of closures in a fact be called by anyone with anything."""

    # ----------------------------------------------------------------------------------------------- variables

    def set_slot(self, state: State, slot: int, fact: Fact, owned: bool) -> None:
        """A slot gets a value."""
        state.facts[slot] = fact
        bit = 1 << slot
        state.owned = state.owned | bit if owned else state.owned & ~bit
        for watcher in self.watchers:
            watcher.facts[slot] = join(watcher.facts[slot], fact, self.forget)
            if not owned:
                watcher.owned &= ~bit

    def share_slot(self, state: State, slot: int) -> None:
        """Somebody else holds a slot's value from now on."""
        bit = 1 << slot
        if state.owned & bit:
            state.owned &= ~bit
            for watcher in self.watchers:
                watcher.owned &= ~bit

    # ------------------------------------------------------------------------------------------------- values

    def value(self, node: Expression, state: State) -> Fact:
        """The fact of an expression whose value somebody keeps."""
        if type(node) is Local:
            fact = state.facts[node.slot]
            if fact.mask & (CONTAINERS | MISSING_BIT):
                node.shared = True
                self.share_slot(state, node.slot)
            node.fact = fact
            return fact
        return self.look(node, state)

    def look(self, node: Expression, state: State) -> Fact:
        """The fact of an expression whose value is only looked at."""
        if type(node) is Local:
            fact = state.facts[node.slot]
        elif type(node) is Constant:
            fact = fact_of_constant(node.value)
        elif type(node) is Operation:
            fact = self.operation(node, state)
        elif type(node) is Conditional:
            fact = self.conditional(node, state)
        else:
            assert type(node) is Coalesce
            value = self.value(node.value, state)
            other = self.value(node.otherwise, state)
            fact = join(without(value, NIL), other, self.forget)
        node.fact = fact
        return fact

    def conditional(self, node: Conditional, state: State) -> Fact:
        self.look(node.condition, state)
        fact = NOTHING
        for part, truth in ((node.then, True), (node.otherwise, False)):
            branch = self.assume(node.condition, state.copy(), truth)
            if branch is not None:
                fact = join(fact, self.value(part, branch), self.forget)
                state.owned &= branch.owned
        return fact

    def is_moved(self, node: Expression, state: State) -> bool:
        """Whether reading a local leaves its value to the reader alone; to be asked before it is evaluated."""
        return type(node) is Local and node.slot in self.moved and bool(state.owned >> node.slot & 1)

    def is_fresh(self, node: Expression) -> bool:
        """Whether nobody else holds the value that an expression has just given."""
        if type(node) is Operation:
            if node.op is Op.CALL_METHOD:
                return self.gives_fresh(node)
            return node.op in _FRESH
        return type(node) is Conditional and self.is_fresh(node.then) and self.is_fresh(node.otherwise)

    def gives_fresh(self, node: Operation) -> bool:
        mask = node.operands[0].fact.mask
        name = self.chunk.names[node.a]
        if name not in _FRESH_METHODS or mask not in METHODS:
            return False
        if name in METHODS[mask]:
            return True
        callback = CALLBACKS.get(mask, {}).get(name)
        return callback is not None and node.b == callback.arguments

    # --------------------------------------------------------------------------------------------- operations

    def operation(self, node: Operation, state: State) -> Fact:
        op = node.op
        if op in _PREDICATES:
            for operand in node.operands:
                self.look(operand, state)
            return BOOL_FACT
        handler = _OPERATIONS.get(op)
        if handler is not None:
            return handler(self, node, state)
        for operand in node.operands:
            self.forget(self.value(operand, state))
        return ANY

    def succeeded(self, node: Expression, state: State, mask: int) -> None:
        """An operation did not fail, so a local among its operands is of certain types."""
        if type(node) is Local:
            fact = restrict(state.facts[node.slot], mask)
            if fact.mask:
                state.facts[node.slot] = fact

    def arithmetic(self, node: Operation, state: State) -> Fact:
        left, right = node.operands
        a = self.look(left, state)
        b = self.look(right, state)
        mask = _OPERAND_TYPES.get(node.op, NUMBER)
        self.succeeded(left, state, mask)
        self.succeeded(right, state, mask)
        return self.arithmetic_fact(node.op, a, b)

    def arithmetic_fact(self, op: Op, a: Fact, b: Fact) -> Fact:
        """The result of an arithmetic operation that does not fail."""
        if not a.mask or not b.mask:
            return NOTHING
        mask = 0
        low, high = MIN_INT, MAX_INT
        if a.mask & INT and b.mask & INT:
            mask |= INT
            if op is Op.ADD or op is Op.SUB or op is Op.MUL:
                low, high = exact_bounds(op, a, b)
                if low < MIN_INT or high > MAX_INT:
                    low, high = MIN_INT, MAX_INT
            elif op is Op.MOD:
                most = max(abs(b.low), abs(b.high)) - 1
                low = max(-most, a.low) if a.low < 0 else 0
                high = min(most, a.high) if a.high > 0 else 0
            elif op is Op.DIV and a.low >= 0 and b.low > 0:
                low, high = a.low // b.high, a.high // b.low
            elif op is Op.DIV and b.low > 0:
                low, high = min(0, -(-a.low // b.low)), max(0, a.high // b.low)
            elif op is Op.POW and b.low < 0:
                mask |= FLOAT
        if a.mask & FLOAT and b.mask & NUMBER or b.mask & FLOAT and a.mask & NUMBER:
            mask |= FLOAT
        if op is Op.ADD:
            mask |= a.mask & b.mask & (TEXT | LIST | DICT)
        elif op is Op.MUL and (a.mask & TEXT and b.mask & INT or b.mask & TEXT and a.mask & INT):
            mask |= TEXT
        if not mask & (LIST | DICT):
            if mask == INT:
                return int_fact(low, high)
            return Fact(mask, low, high, ANY, rest=ANY) if mask else NOTHING
        element = join(a.element, b.element, self.forget) if mask & LIST else ANY
        fields: dict[str, Fact] = {}
        rest = ANY
        if mask & DICT:
            fields, rest = self.merged_fields(a, b)
        return Fact(mask, low, high, element, fields, rest)

    def merged_fields(self, a: Fact, b: Fact) -> tuple[dict[str, Fact], Fact]:
        """What ``a + b`` of dicts holds."""
        rest = join(a.rest, b.rest, self.forget)
        fields = dict(b.fields)
        for key, fact in a.fields.items():
            if key not in fields:
                fields[key] = join(fact, b.rest, self.forget)
        return fields, rest

    def negation(self, node: Operation, state: State) -> Fact:
        fact = self.look(node.operands[0], state)
        low, high = (-fact.high, -fact.low) if fact.low > MIN_INT else (MIN_INT, MAX_INT)
        return Fact(fact.mask & NUMBER, low, high, ANY, rest=ANY)

    def range(self, node: Operation, state: State) -> Fact:
        start = self.integer(self.look(node.operands[0], state))
        end = self.integer(self.look(node.operands[1], state))
        return range_fact(start.low, end.high - 1 if node.a else end.high)

    def integer(self, fact: Fact) -> Fact:
        """A bound of a range: what is no int counts as 0."""
        if fact.mask == INT:
            return fact
        return join(restrict(fact, INT), int_fact(0, 0), self.forget)

    # ------------------------------------------------------------------------------------------------ building

    def list(self, node: Operation, state: State) -> Fact:
        element = NOTHING
        for operand in node.operands:
            element = join(element, self.value(operand, state), self.forget)
        return list_fact(element, self.forget)

    def dict(self, node: Operation, state: State) -> Fact:
        fields: dict[str, Fact] = {}
        rest = NOTHING
        operands = node.operands
        for position in range(0, len(operands), 2):
            key = operands[position]
            self.look(key, state)
            value = self.value(operands[position + 1], state)
            if type(key) is Constant and type(key.value) is str:
                fields[key.value] = value
            else:
                rest = join(rest, value, self.forget)
        if rest.mask:
            fields = {name: join(fact, rest, self.forget) for name, fact in fields.items()}
        return dict_fact(fields, rest, self.forget)

    def grow(self, node: Operation, state: State) -> Fact:
        """LIST_APPEND and its kin change the container in their first operand, a slot."""
        container = node.operands[0]
        assert type(container) is Local
        before = self.look(container, state)
        facts = [self.value(operand, state) for operand in node.operands[1:]]
        if node.op is Op.LIST_APPEND:
            after = list_fact(join(before.element, facts[0], self.forget), self.forget)
        elif node.op is Op.LIST_EXTEND:
            after = list_fact(
                join(before.element, facts[0].element if facts[0].mask & LIST else NOTHING, self.forget), self.forget
            )
        elif node.op is Op.DICT_UPDATE:
            fields, rest = self.merged_fields(before, facts[0])
            after = dict_fact(fields, rest, self.forget)
        else:
            key = node.operands[1]
            name = key.value if type(key) is Constant and type(key.value) is str else None
            after = self.with_entry(before, name, facts[1])
        self.set_slot(state, container.slot, after, owned=bool(state.owned >> container.slot & 1))
        return NIL_FACT

    def string(self, node: Operation, state: State) -> Fact:
        for operand in node.operands:
            self.look(operand, state)
        return STRING_FACT

    def enum(self, node: Operation, state: State) -> Fact:
        enum, variant = self.chunk.constants[node.a]
        fields = tuple(self.value(operand, state) for operand in node.operands)
        return enum_fact(enum, {variant: fields}, self.forget)

    def struct(self, node: Operation, state: State) -> Fact:
        reference = self.chunk.constants[node.a]
        fields = {}
        for name, operand in zip(self.chunk.constants[node.b], node.operands, strict=True):
            fact = self.value(operand, state)
            if name in reference[2]:
                fields[name] = fact
        return struct_fact(reference, fields, NOTHING, self.forget)

    def struct_from(self, node: Operation, state: State) -> Fact:
        reference = self.chunk.constants[node.a]
        entries = self.look(node.operands[0], state)
        if entries.mask != DICT:
            return struct_fact(
                reference, {}, entry_values(entries, self.forget) if entries.mask & DICT else NOTHING, self.forget
            )
        fields = {name: fact for name, fact in entries.fields.items() if name in reference[2]}
        return struct_fact(reference, fields, entries.rest, self.forget)

    def closure(self, node: Operation, state: State) -> Fact:
        return self.make_closure(node.a, state)

    def itself(self, _node: Operation, _state: State) -> Fact:
        return closure_fact(self.function_index)

    def capture(self, node: Operation, _state: State) -> Fact:
        return self.captures[node.a]

    def wrap_ok(self, node: Operation, state: State) -> Fact:
        fact = self.value(node.operands[0], state)
        if node.op is Op.WRAP_ERR:
            return enum_fact("Result", {"Err": (fact,)}, self.forget)
        wrapped = without(fact, ENUM)
        result = enum_fact("Result", {"Ok": (wrapped,)}, self.forget) if wrapped.mask else NOTHING
        if fact.mask & ENUM:
            # A Result stays as it is; another enum is wrapped.
            self.forget(fact)
            return enum_fact("Result")
        return result

    def other(self, node: Operation, state: State) -> Fact:
        for operand in node.operands:
            self.forget(self.value(operand, state))
        return plain(OTHER)

    # -------------------------------------------------------------------------------------------------- access

    def field(self, node: Operation, state: State) -> Fact:
        holder = node.operands[0]
        fact = self.look(holder, state)
        if node.op is Op.GET_FIELD:
            fact = restrict(fact, _FIELD_HOLDERS)
            self.succeeded(holder, state, _FIELD_HOLDERS)
        return self.field_of(fact, self.chunk.names[node.a])

    def field_of(self, fact: Fact, name: str) -> Fact:
        """What reading a field gives, when it does not fail."""
        found = NOTHING
        if fact.mask & (DICT | STRUCT):
            known = fact.fields.get(name)
            found = known if known is not None else nullable(fact.rest, self.forget)
        if fact.mask & LIST:
            if name == "count":
                found = join(found, LENGTH, self.forget)
            elif name in ("first", "last"):
                found = join(found, fact.element, self.forget)
        if fact.mask & (LIST | TEXT):
            if name == "empty":
                found = join(found, BOOL_FACT, self.forget)
            elif name == "count":
                found = join(found, LENGTH, self.forget)
            found = nullable(found, self.forget)
        if fact.mask & ENUM:
            found = join(found, STRING_FACT if name == "variant" else plain(LIST | NIL), self.forget)
        if fact.mask & (OTHER | RANGE):
            return ANY
        if fact.mask & ~(CONTAINERS | TEXT | ENUM):
            # An optional access gives nil here, a plain one fails.
            found = nullable(found, self.forget)
        return found

    def index(self, node: Operation, state: State) -> Fact:
        fact = self.look(node.operands[0], state)
        key = node.operands[1]
        key_fact = self.look(key, state)
        if node.op is Op.GET_INDEX:
            self.succeeded(node.operands[0], state, _INDEXED)
        found = NOTHING
        if fact.mask & LIST:
            found = nullable(fact.element, self.forget)
        elif fact.mask & RANGE:
            found = fact.element
        if fact.mask & DICT:
            if type(key) is Constant and type(key.value) is str:
                known = fact.fields.get(key.value)
                entry = known if known is not None else nullable(fact.rest, self.forget)
            else:
                entry = nullable(entry_values(fact, self.forget), self.forget)
            found = join(found, entry, self.forget)
        if fact.mask & TEXT and key_fact.mask & INT:
            found = join(found, plain(TEXT | NIL), self.forget)
        if node.op is Op.GET_INDEX_OPT and fact.mask & NIL:
            found = nullable(found, self.forget)
        return found

    def slice(self, node: Operation, state: State) -> Fact:
        fact = self.look(node.operands[0], state)
        for operand in node.operands[1:]:
            self.look(operand, state)
        return restrict(fact, LIST | TEXT)

    def set_index(self, node: Operation, state: State) -> Fact:
        value = self.value(node.operands[0], state)
        before = self.look(node.operands[1], state)
        key = node.operands[2]
        self.look(key, state)
        name = key.value if type(key) is Constant and type(key.value) is str else None
        return self.with_index(before, name, value)

    def set_field(self, node: Operation, state: State) -> Fact:
        value = self.value(node.operands[0], state)
        before = self.look(node.operands[1], state)
        return self.with_entry(restrict(before, DICT | STRUCT), self.chunk.names[node.a], value)

    def set_path(self, node: Operation, state: State) -> Fact:
        value = self.value(node.operands[0], state)
        before = self.look(node.operands[1], state)
        for operand in node.operands[2:]:
            self.look(operand, state)
        return self.with_path(before, self.chunk.constants[node.a], value)

    def with_entry(self, fact: Fact, name: str | None, value: Fact) -> Fact:
        """A dict or struct with an entry set; the name None means some entry."""
        if name is not None:
            fields = {**fact.fields, name: value}
            rest = fact.rest
        else:
            fields = {key: join(known, value, self.forget) for key, known in fact.fields.items()}
            rest = join(fact.rest, value, self.forget)
        if fact.mask == DICT:
            return dict_fact(fields, rest, self.forget)
        if fact.mask == STRUCT:
            return struct_fact(fact.name, fields, rest, self.forget)
        self.forget(value)
        return plain(fact.mask & CONTAINERS)

    def with_index(self, fact: Fact, name: str | None, value: Fact) -> Fact:
        """A list or dict with an item set."""
        fact = restrict(fact, LIST | DICT)
        if fact.mask == LIST:
            return list_fact(join(fact.element, value, self.forget), self.forget)
        return self.with_entry(fact, name, value)

    def with_path(self, fact: Fact, steps: tuple[str | None, ...], value: Fact) -> Fact:
        """A container with the end of a path set."""
        fact = restrict(fact, CONTAINERS)
        if fact.mask not in (LIST, DICT, STRUCT):
            self.forget(value)
            return plain(fact.mask)
        step = steps[0]
        if fact.mask == LIST:
            inner = value if len(steps) == 1 else self.with_path(fact.element, steps[1:], value)
            return list_fact(join(fact.element, inner, self.forget), self.forget)
        old = fact.fields.get(step) if step is not None else None
        if old is None:
            old = entry_values(fact, self.forget)
        inner = value if len(steps) == 1 else self.with_path(old, steps[1:], value)
        return self.with_entry(fact, step, inner)

    # --------------------------------------------------------------------------------------------------- calls

    def call(self, node: Operation, state: State) -> Fact:
        callee = self.look(node.operands[0], state)
        arguments = [self.value(operand, state) for operand in node.operands[1:]]
        return self.call_fact(callee, arguments)

    def call_fact(self, callee: Fact, arguments: Sequence[Fact]) -> Fact:
        """The result of calling a value."""
        if not callee.mask:
            return NOTHING
        result = NOTHING
        if callee.mask & CLOSURE and callee.functions is not None:
            result = self.call_functions(callee.functions, arguments)
            if callee.mask == CLOSURE:
                return result
        for argument in arguments:
            self.forget(argument)
        self.forget(callee)
        return join(result, ANY, self.forget)

    def pipe(self, node: Operation, state: State) -> Fact:
        argument = self.value(node.operands[0], state)
        return self.call_fact(self.look(node.operands[1], state), [argument])

    def call_builtin(self, node: Operation, state: State) -> Fact:
        name = self.chunk.names[node.a]
        known = BUILTINS.get(name)
        if known is not None:
            return known([self.look(operand, state) for operand in node.operands], self.forget)
        facts = [self.value(operand, state) for operand in node.operands]
        if name in ("Ok", "Err") and len(facts) == 1:
            return enum_fact("Result", {name: (facts[0],)}, self.forget)
        keeping = KEEPING_BUILTINS.get(name)
        if keeping is not None:
            for fact in facts:
                self.forget(fact)
            return keeping(facts, self.forget)
        for fact in facts:
            self.forget(fact)
        return ANY

    def call_method(self, node: Operation, state: State) -> Fact:
        receiver, *rest = node.operands
        fact = self.look(receiver, state)
        name = self.chunk.names[node.a]
        optional = node.op is Op.CALL_METHOD_OPT and bool(fact.mask & NIL)
        target = without(fact, NIL) if optional else fact
        callback = CALLBACKS.get(target.mask, {}).get(name)
        if callback is not None and len(rest) == callback.arguments:
            given = [target, *(self.value(operand, state) for operand in rest)]
            function = given[-1]
            if function.mask == CLOSURE and function.functions is not None:
                before = self.results_of(function.functions)
                result = self.call_functions(function.functions, callback.given(given, before, self.forget))
                found = callback.result(given, result, self.forget)
                return nullable(found, self.forget) if optional else found
            for argument in given:
                self.forget(argument)
            return ANY
        known = METHODS.get(target.mask, {}).get(name)
        facts = [target, *(self.value(operand, state) for operand in rest)]
        if known is not None:
            found = known(facts, self.forget)
            return nullable(found, self.forget) if optional else found
        if type(receiver) is Local:
            self.value(receiver, state)
        for argument in facts:
            self.forget(argument)
        return ANY

    def checked(self, node: Operation, state: State) -> Fact:
        return restrict(self.value(node.operands[0], state), DICT if node.op is Op.CHECK_DICT else LIST)

    def missing(self, _node: Operation, _state: State) -> Fact:
        return BOOL_FACT

    def enum_item(self, node: Operation, state: State) -> Fact:
        fact = self.look(node.operands[0], state)
        if fact.variants is None:
            return ANY
        found = NOTHING
        for fields in fact.variants.values():
            found = join(found, fields[node.a] if node.a < len(fields) else NIL_FACT, self.forget)
        return found

    def rest(self, node: Operation, state: State) -> Fact:
        fact = self.look(node.operands[0], state)
        if node.op is Op.LIST_REST:
            return restrict(fact, LIST)
        return dict_fact({}, entry_values(fact, self.forget), self.forget)

    # ---------------------------------------------------------------------------------------------- conditions

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

    def narrow(self, state: State, slot: int, fact: Fact) -> State | None:
        if not fact.mask and state.facts[slot].mask:
            return None
        state.facts[slot] = fact
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
        result: State | None = None
        for part, outcome in ((node.then, True), (node.otherwise, False)):
            branch = self.assume(node.condition, state.copy(), outcome)
            if branch is not None:
                branch = self.assume(part, branch, truth)
            result = self.join_states(result, branch)
        return result

    def join_states(self, a: State | None, b: State | None) -> State | None:
        """What is known when control comes from either of two places."""
        if a is None or b is None:
            return b if a is None else a
        forget = self.forget
        facts = [x if x is y else join(x, y, forget) for x, y in zip(a.facts, b.facts, strict=True)]
        return State(facts, a.owned & b.owned)

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


#: What the operands of an operator may be when it does not fail.
_OPERAND_TYPES: Final = {Op.ADD: NUMBER | TEXT | LIST | DICT, Op.MUL: NUMBER | TEXT}
#: What has fields, and what has items, at all.
_FIELD_HOLDERS: Final = CONTAINERS | TEXT | ENUM | OTHER
_INDEXED: Final = LIST | DICT | TEXT | RANGE | OTHER

#: Operations that build a container of their own.
_FRESH: Final = frozenset(
    {Op.LIST, Op.DICT, Op.STRUCT, Op.STRUCT_FROM, Op.DICT_REST, Op.LIST_REST, Op.SET_PATH, Op.SET_INDEX, Op.SET_FIELD}
    | {Op.ADD, Op.SLICE}
)
#: Methods whose list or dict is new.
_FRESH_METHODS: Final = frozenset(
    {"map", "filter", "to_list", "push", "pop", "sort", "sort_by", "split", "chars", "lines", "keys", "values"}
    | {"reverse", "enumerate", "zip", "merge", "remove", "map_values", "take", "skip", "slice"}
)

_Handler = Callable[[ExpressionFacts, Operation, State], Fact]
_OPERATIONS: Final[dict[Op, _Handler]] = {
    Op.ADD: ExpressionFacts.arithmetic,
    Op.SUB: ExpressionFacts.arithmetic,
    Op.MUL: ExpressionFacts.arithmetic,
    Op.DIV: ExpressionFacts.arithmetic,
    Op.MOD: ExpressionFacts.arithmetic,
    Op.POW: ExpressionFacts.arithmetic,
    Op.NEG: ExpressionFacts.negation,
    Op.RANGE: ExpressionFacts.range,
    Op.LIST: ExpressionFacts.list,
    Op.LIST_APPEND: ExpressionFacts.grow,
    Op.LIST_EXTEND: ExpressionFacts.grow,
    Op.DICT: ExpressionFacts.dict,
    Op.DICT_SET: ExpressionFacts.grow,
    Op.DICT_UPDATE: ExpressionFacts.grow,
    Op.STRING: ExpressionFacts.string,
    Op.ENUM: ExpressionFacts.enum,
    Op.STRUCT: ExpressionFacts.struct,
    Op.STRUCT_FROM: ExpressionFacts.struct_from,
    Op.MAKE_CLOSURE: ExpressionFacts.closure,
    Op.LOAD_SELF: ExpressionFacts.itself,
    Op.LOAD_CAPTURE: ExpressionFacts.capture,
    Op.CHECK_DICT: ExpressionFacts.checked,
    Op.CHECK_LIST: ExpressionFacts.checked,
    Op.IS_MISSING: ExpressionFacts.missing,
    Op.ENUM_FIELD: ExpressionFacts.enum_item,
    Op.DICT_REST: ExpressionFacts.rest,
    Op.LIST_REST: ExpressionFacts.rest,
    Op.WRAP_OK: ExpressionFacts.wrap_ok,
    Op.WRAP_ERR: ExpressionFacts.wrap_ok,
    Op.NEW_CELL: ExpressionFacts.other,
    Op.LOAD_BUILTIN: ExpressionFacts.other,
    Op.GET_FIELD: ExpressionFacts.field,
    Op.GET_FIELD_OPT: ExpressionFacts.field,
    Op.GET_INDEX: ExpressionFacts.index,
    Op.GET_INDEX_OPT: ExpressionFacts.index,
    Op.SLICE: ExpressionFacts.slice,
    Op.SET_INDEX: ExpressionFacts.set_index,
    Op.SET_FIELD: ExpressionFacts.set_field,
    Op.SET_PATH: ExpressionFacts.set_path,
    Op.CALL: ExpressionFacts.call,
    Op.PIPE: ExpressionFacts.pipe,
    Op.CALL_BUILTIN: ExpressionFacts.call_builtin,
    Op.CALL_METHOD: ExpressionFacts.call_method,
    Op.CALL_METHOD_OPT: ExpressionFacts.call_method,
}
