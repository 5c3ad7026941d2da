"""What operations give, as facts: the expressions half of ``facts.py``.

:class:`ExpressionFacts` evaluates expression trees over states and notes each node's fact. Calls of guest functions go
to :meth:`call_functions`, which the driver defines. Must not know statements.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from harnlite.bytecode.opcodes import Op
from harnlite.translator.access_facts import AccessFacts, shorter
from harnlite.translator.base_facts import State, exact_bounds
from harnlite.translator.known import BUILTINS, CALLBACKS, KEEPING_BUILTINS, METHODS, entry_values, nullable
from harnlite.translator.lattice import (
    ANY,
    BOOL_FACT,
    CLOSURE,
    CONTAINERS,
    DICT,
    ENUM,
    FLOAT,
    INT,
    LIST,
    MISSING_BIT,
    NIL,
    NIL_FACT,
    NOTHING,
    NUMBER,
    OTHER,
    STRING_FACT,
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

__all__ = ["ExpressionFacts"]

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


class ExpressionFacts(AccessFacts):
    """Evaluates expressions."""

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
        if (a.mask & FLOAT and b.mask & NUMBER) or (b.mask & FLOAT and a.mask & NUMBER):
            mask |= FLOAT
        if op is Op.ADD:
            mask |= a.mask & b.mask & (TEXT | LIST | DICT)
        elif op is Op.MUL and ((a.mask & TEXT and b.mask & INT) or (b.mask & TEXT and a.mask & INT)):
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

    def negation(self, node: Operation, state: State) -> Fact:
        fact = self.look(node.operands[0], state)
        low, high = (-fact.high, -fact.low) if fact.low > MIN_INT else (MIN_INT, MAX_INT)
        return Fact(fact.mask & NUMBER, low, high, ANY, rest=ANY)

    def range_value(self, node: Operation, state: State) -> Fact:
        start = self.integer(self.look(node.operands[0], state))
        end = self.integer(self.look(node.operands[1], state))
        count = end.low - start.high + (0 if node.a else 1)
        return range_fact(start.low, end.high - 1 if node.a else end.high, max(count, 0))

    def integer(self, fact: Fact) -> Fact:
        """A bound of a range: what is no int counts as 0."""
        if fact.mask == INT:
            return fact
        return join(restrict(fact, INT), int_fact(0, 0), self.forget)

    # ------------------------------------------------------------------------------------------------ building

    def list_value(self, node: Operation, state: State) -> Fact:
        element = NOTHING
        for operand in node.operands:
            element = join(element, self.value(operand, state), self.forget)
        return list_fact(element, self.forget, len(node.operands))

    def dict_value(self, node: Operation, state: State) -> Fact:
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
            after = list_fact(join(before.element, facts[0], self.forget), self.forget, before.least + 1)
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

    def late_capture(self, node: Operation, _state: State) -> Fact:
        return self.late_fact(self.captures[node.a])

    def set_cell(self, node: Operation, state: State) -> Fact:
        self.fill_cell(state.facts[node.a], self.value(node.operands[0], state))
        return NIL_FACT

    def give(self, node: Operation, state: State) -> Fact:
        self.yielded(self.value(node.operands[0], state))
        return NIL_FACT

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
        return nullable(found, self.forget) if fact.mask & ~ENUM else found

    def rest(self, node: Operation, state: State) -> Fact:
        fact = self.look(node.operands[0], state)
        if node.op is Op.LIST_REST:
            return shorter(restrict(fact, LIST)) if fact.mask & LIST else list_fact(NOTHING, self.forget)
        return dict_fact({}, entry_values(fact, self.forget), self.forget)


#: What the operands of an operator may be when it does not fail.
_OPERAND_TYPES: Final = {Op.ADD: NUMBER | TEXT | LIST | DICT, Op.MUL: NUMBER | TEXT}

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
    Op.RANGE: ExpressionFacts.range_value,
    Op.LIST: ExpressionFacts.list_value,
    Op.LIST_APPEND: ExpressionFacts.grow,
    Op.LIST_EXTEND: ExpressionFacts.grow,
    Op.DICT: ExpressionFacts.dict_value,
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
    Op.LOAD_LATE_CAPTURE: ExpressionFacts.late_capture,
    Op.LOAD_LATE_CAPTURE_CALLEE: ExpressionFacts.late_capture,
    Op.SET_CELL: ExpressionFacts.set_cell,
    Op.YIELD: ExpressionFacts.give,
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
