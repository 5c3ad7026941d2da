"""The texts of statements: assignments, branches, ways out, handlers and clean-ups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from harnlite.bytecode.opcodes import Op
from harnlite.translator.emit_base import DeclinedError
from harnlite.translator.emit_updates import UpdateEmitter
from harnlite.translator.lattice import (
    ANY,
    BOOL,
    CONTAINERS,
    DICT,
    LIST,
    MISSING_BIT,
    NIL,
    NUMBER,
    TEXT,
    Fact,
)
from harnlite.translator.tree import (
    Assign,
    Block,
    Branching,
    CheckParameter,
    Cleanup,
    Conditional,
    Evaluate,
    Expression,
    Handler,
    Jump,
    Leave,
    Local,
    Operation,
    Scoped,
    SelectCase,
    Statement,
    Update,
)
from harnlite.translator.writer import bracketed, marked

__all__ = ["StatementEmitter"]

_GROWTH: Final = frozenset({Op.LIST_APPEND, Op.LIST_EXTEND, Op.DICT_SET, Op.DICT_UPDATE})
#: Checks that one test of the Python type settles.
_CHECK_MASKS: Final = {
    "int": NUMBER,
    "float": NUMBER,
    "string": TEXT,
    "bool": BOOL,
    "list": LIST,
    "dict": DICT,
    "nil": NIL,
}
_CHECK_TESTS: Final = {
    "int": "type({0}) is not int and type({0}) is not float",
    "float": "type({0}) is not float and type({0}) is not int",
    "string": "type({0}) is not str",
    "bool": "type({0}) is not bool",
    "list": "type({0}) is not list",
    "dict": "type({0}) is not dict",
    "nil": "{0} is not None",
}


class StatementEmitter(UpdateEmitter):
    """Statements that are no loops."""

    #: How many loops were around the innermost clean-up part that is being written; -1: there is none.
    final_depth: int
    #: The loops around the statement at hand.
    frames: list[Any]
    #: The parameter that callers may give up, and the slot that takes it over.
    moving: tuple[int, int] | None

    # ------------------------------------------------------------------------------------------------- blocks

    def block(self, statements: Block) -> None:
        """Write statements one level further in."""
        self.writer.indent()
        start = self.writer.position()
        self.statements(statements)
        if self.writer.position() == start:
            self.writer.line("pass")
        self.writer.dedent()

    def statements(self, statements: Block) -> None:
        for statement in statements:
            self.one_statement(statement)

    def one_statement(self, statement: Statement) -> None:
        """Write a statement that is no loop."""
        self.temporaries = 0
        protected = isinstance(statement, Handler | Cleanup | Scoped)
        if protected:
            self.field_values = {}
        _STATEMENTS[type(statement)](self, statement)
        if protected:
            self.field_values = {}

    def lower_flags(self, operands: list[Expression]) -> None:
        """Somebody else is about to hold the values of some flagged slots."""
        for slot in sorted(self.shared_slots(operands)):
            self.writer.line(f"o{slot} = False")

    # -------------------------------------------------------------------------------------------- assignments

    def assign(self, node: Assign) -> None:
        value = node.value
        self.lower_flags([value])
        name = self.slot(node.slot)
        if isinstance(value, Operation) and value.op is Op.PROPAGATE:
            self.propagate(name, value)
        else:
            self.target = node.slot
            self.statement(f"{name} = ", value, "", node.at)
            self.target = -1
        self.forget_fields(node.slot)
        if node.slot in self.flagged:
            self.writer.line(f"o{node.slot} = {node.owned}")
        if self.moving is not None and self.moving[1] == node.slot:
            self.moved_on(node)
        if (
            isinstance(value, Local)
            and value.slot in self.function.moved
            and value.fact.mask & (CONTAINERS | TEXT | MISSING_BIT)
        ):
            # The value has moved: a second holder would keep it from being changed in place.
            self.writer.line(f"{self.slot(value.slot)} = None")

    def moved_on(self, node: Assign) -> None:
        """The variable that takes a parameter over is assigned."""
        assert self.moving is not None
        parameter, slot = self.moving
        if parameter != slot and isinstance(node.value, Local) and node.value.slot == parameter:
            self.writer.line(f"{self.slot(parameter)} = None")
        else:
            self.writer.line("m = OWN")

    def forget_fields(self, slot: int) -> None:
        """A slot has another value, or its fields have."""
        for key in [key for key in self.field_values if key[0] == slot]:
            del self.field_values[key]

    def arithmetic_statement(self, node: Update) -> None:
        target = Local(node.at, node.slot)
        target.fact = node.before
        operation = Operation(node.at, Op.ADD, 0, 0, [target, node.operands[0]])
        operation.fact = node.after
        self.statement(f"{self.slot(node.slot)} = ", operation, "", node.at)

    def updating(self, node: Update) -> None:
        self.lower_flags(node.operands)
        if node.op is not Op.SET_FIELD_LOCAL:
            self.forget_fields(node.slot)
        self.update(node)

    def propagate(self, name: str, value: Operation) -> None:
        operand = self.fast(value.operands[0])
        self.writer.expression(f"{name} = ", marked(value.at, f"unwrap_result({operand})"), "", value.at)
        self.writer.line(f"if {name} is LEAVE:")
        self.writer.indent()
        self.refuse_in_final()
        self.writer.line("return" if self.code.generator else f"return {operand}")
        self.writer.dedent()

    def evaluate(self, node: Evaluate) -> None:
        value = node.value
        self.lower_flags([value])
        if isinstance(value, Operation):
            if value.op in _GROWTH:
                self.grow(node, value)
                return
            if value.op is Op.STORE_MODULE:
                self.statement(f"state[{value.a}] = ", value.operands[0], "", node.at)
                return
            if value.op is Op.SET_CELL:
                self.statement(f"{self.slot(value.a)}.value = ", value.operands[0], "", node.at)
                return
            if value.op is Op.DEFINE_IMPL:
                texts = self.separate(value.operands)
                struct, names = self.names.struct_type(value.a), self.names.constant_at(value.b)
                self.writer.line(f"{struct}.methods.update(zip({names}, [{', '.join(texts)}]))", node.at)
                return
            if value.op is Op.YIELD:
                self.statement("yield ", value.operands[0], "", node.at)
                self.writer.line("d = q or resumed()", node.at)
                return
        self.statement("", value, "", node.at)

    def separate(self, operands: list[Expression], *, atoms: bool = False) -> list[str]:
        """The texts of operands of a statement that is written piece by piece; effects and failures are behind."""
        self.rescue = self.effects = False
        self.hoisting = True
        self.root = None
        return self.operands(operands, atoms=atoms, safe=True)

    def grow(self, node: Evaluate, value: Operation) -> None:
        """LIST_APPEND and its kin."""
        container = value.operands[0]
        assert isinstance(container, Local)
        name = self.slot(container.slot)
        key, *rest = self.separate(value.operands[1:])
        if value.op is Op.LIST_APPEND:
            text = f"{name}.append({key})"
        elif value.op is Op.LIST_EXTEND:
            text = f"{name}.extend({key if value.operands[1].fact.mask == LIST else f'spread_list({key})'})"
        elif value.op is Op.DICT_SET:
            text = f"{name}[{self.key(value.operands[1], key)}] = {bracketed(rest[0])}"
        else:
            text = f"{name}.update({key if value.operands[1].fact.mask == DICT else f'spread_dict({key})'})"
        self.writer.expression("", text, "", node.at, grouped=True)

    def check_parameter(self, node: CheckParameter) -> None:
        check = self.chunk.constants[node.check]
        name = self.slot(node.slot)
        call = (
            f"check_parameter({self.code.name!a}, {self.code.slot_names[node.slot]!a}, "
            f"{self.names.constant_at(node.check)}, {name})"
        )
        if check[0] == "type" and check[1] in _CHECK_TESTS:
            if not node.fact.mask & ~_CHECK_MASKS[check[1]]:
                return
            self.writer.line(f"if {_CHECK_TESTS[check[1]].format(name)}:")
            self.indented(call, node.at)
            return
        if check[0] != "any":
            self.writer.line(call, node.at)

    def select(self, node: SelectCase) -> None:
        self.lower_flags(node.operands)
        texts = self.separate(node.operands)
        timeout = texts.pop() if node.mode == 1 else "None"
        targets = f"{self.slot(node.value_slot)}, {self.slot(node.case_slot)}"
        self.writer.line(f"{targets} = select(d, [{', '.join(texts)}], {node.mode}, {timeout})", node.at)

    # ----------------------------------------------------------------------------------------------- branches

    def branching(self, node: Branching) -> None:
        known = self.variant_names
        self.variant_names = known | self.common_variant(node)
        self.branches(node)
        self.variant_names = known

    def common_variant(self, node: Branching) -> dict[tuple[int, str], str]:
        """When several arms ask for the variant of one slot, write a line that finds it out once."""
        asked: dict[tuple[int, str], int] = {}
        for condition, _ in node.arms:
            while isinstance(condition, Conditional):
                condition = condition.condition
            if isinstance(condition, Operation) and condition.op is Op.IS_VARIANT:
                holder = condition.operands[0]
                if isinstance(holder, Local):
                    key = (holder.slot, self.chunk.constants[condition.a][0])
                    asked[key] = asked.get(key, 0) + 1
        found = {}
        for (slot, enum), count in asked.items():
            if count > 1:
                name = f"v{slot}_{self.next_construct()}"
                text = self.slot(slot)
                fact = self.first_fact(node, slot)
                tests = self.enum_tests(fact, text, enum)
                self.writer.line(f"{name} = {text}.variant" + (f" if {' and '.join(tests)} else None" if tests else ""))
                found[slot, enum] = name
        return found

    def first_fact(self, node: Branching, slot: int) -> Fact:
        """What is known of a slot before the arms ask for its variant."""
        condition = node.arms[0][0]
        while isinstance(condition, Conditional):
            condition = condition.condition
        if isinstance(condition, Operation) and condition.op is Op.IS_VARIANT:
            holder = condition.operands[0]
            if isinstance(holder, Local) and holder.slot == slot:
                return holder.fact
        return ANY

    def branches(self, node: Branching) -> None:
        levels = 0
        before = self.field_values
        after: list[dict[tuple[int, str], str]] = []
        for index, (condition, body) in enumerate(node.arms):
            self.temporaries = 0
            self.field_values = before.copy()
            simple = self.simple_condition(condition) if index else None
            if simple is not None and not self.shared_slots([condition]):
                self.writer.expression("elif ", simple, ":", condition.at)
            else:
                if index:
                    self.writer.line("else:")
                    self.writer.indent()
                    levels += 1
                self.lower_flags([condition])
                if not body and node.otherwise and index == len(node.arms) - 1:
                    # Only the ``else`` does something.
                    self.test(condition, negated=True)
                    self.arm(node.otherwise, after)
                    after.append(before)
                    break
                self.test(condition)
            self.arm(body, after)
        else:
            self.field_values = before.copy()
            if node.otherwise:
                self.writer.line("else:")
                self.arm(node.otherwise, after)
            else:
                after.append(before)
        self.field_values = {
            key: name for key, name in (after[0] if after else {}).items() if all(key in other for other in after)
        }
        for _ in range(levels):
            self.writer.dedent()

    def arm(self, body: Block, after: list[dict[tuple[int, str], str]]) -> None:
        """Write one branch; ``after`` collects what is known when it goes on behind the others."""
        self.block(body)
        if not body or not isinstance(body[-1], Leave | Jump):
            after.append(self.field_values)

    # ------------------------------------------------------------------------------------------------- leaving

    def refuse_in_final(self) -> None:
        """Python warns of ways out of ``finally``, so functions that have one are left to the interpreter."""
        if self.final_depth >= 0:
            raise DeclinedError("leaves the function in a clean-up")

    def leave(self, node: Leave) -> None:
        op = node.op
        self.lower_flags(node.operands)
        if op is Op.THROW:
            self.throw(node)
        elif op is Op.RETHROW:
            self.writer.line(f"raise r{node.a}", node.at)
        elif op is Op.FAIL:
            kind, message = self.chunk.constants[node.a][:2]
            self.writer.line(f"raise GuestError({kind!a}, {message!a})", node.at)
        else:
            self.refuse_in_final()
            if op is Op.RETURN:
                self.returning(node.operands[0], node.at)
            else:
                self.tail_call(node)

    def returning(self, value: Expression, at: int) -> None:
        if not self.code.generator:
            self.target = -2
            self.statement("return ", value, "", at)
            self.target = -1
            return
        if isinstance(value, Operation):
            self.statement("", value, "", at)
        self.writer.line("return")

    def throw(self, node: Leave) -> None:
        value = node.operands[0]
        fact: Fact = value.fact
        if fact.mask and not fact.mask & TEXT:
            self.statement('raise GuestError("thrown", "", ', value, ")", node.at, raises=True)
        else:
            self.statement("raise thrown(", value, ")", node.at, raises=True)

    def tail_call(self, node: Leave) -> None:
        """TAIL_CALL and TAIL_PIPE."""
        raise NotImplementedError

    # ------------------------------------------------------------------------------------------------ handlers

    def handler(self, node: Handler) -> None:
        error = f"e{self.next_construct()}"
        self.protections += 1
        self.writer.line("try:")
        self.block(node.body)
        self.protections -= 1
        self.field_values = {}
        self.writer.line(f"except CATCHABLE as {error}:")
        self.writer.indent()
        if node.enum is not None:
            self.writer.line(f"if not catches({error}, {node.enum!a}):")
            self.indented("raise")
        name = self.slot(node.slot)
        self.writer.line(
            f'{name} = {error}.value if type({error}) is GuestError and {error}.kind == "thrown" else caught({error})'
        )
        if node.slot in self.flagged:
            self.writer.line(f"o{node.slot} = False")
        if node.rethrown:
            self.writer.line(f"r{node.slot} = kept({error})")
        self.statements(node.handler)
        self.writer.dedent()

    def cleanup(self, node: Cleanup) -> None:
        flag = f"x{self.next_construct()}"
        writer = self.writer
        writer.line(f"{flag} = True")
        self.protections += 1
        writer.line("try:")
        self.block(node.body)
        writer.line("except CATCHABLE:")
        self.indented("raise")
        writer.line("except BaseException:")
        self.indented(f"{flag} = False")
        self.indented("raise")
        writer.line("finally:")
        writer.indent()
        self.field_values = {}
        writer.line(f"if {flag}:")
        outer = self.final_depth
        self.final_depth = len(self.frames)
        self.block(node.final)
        self.final_depth = outer
        writer.dedent()
        self.protections -= 1

    def scoped(self, node: Scoped) -> None:
        name = f"h{self.next_construct()}"
        if node.duration is not None:
            self.lower_flags([node.duration])
            (text,) = self.separate([node.duration], atoms=True)
            self.writer.line(f"{name} = vm.enter_deadline({text})", node.at)
            release = f"vm.leave_deadline({name})"
        else:
            self.writer.line("vm.depth = d")
            self.writer.line(f"{name} = vm.acquire_mutex()", node.at)
            release = f"{name}.release()"
        self.protections += 1
        self.writer.line("try:")
        self.block(node.body)
        self.writer.line("finally:")
        self.indented(release)
        self.protections -= 1

    def jump(self, node: Jump) -> None:
        raise NotImplementedError


_Handler = Callable[[Any, Any], None]
_STATEMENTS: dict[type[Statement], _Handler] = {
    Assign: StatementEmitter.assign,
    Evaluate: StatementEmitter.evaluate,
    Update: StatementEmitter.updating,
    CheckParameter: StatementEmitter.check_parameter,
    SelectCase: StatementEmitter.select,
    Branching: StatementEmitter.branching,
    Leave: StatementEmitter.leave,
    Handler: StatementEmitter.handler,
    Cleanup: StatementEmitter.cleanup,
    Scoped: StatementEmitter.scoped,
}
