"""The texts of loops.

A ``while`` that counts an int up or down to a bound becomes a Python ``for`` over a range, which CPython runs faster;
what the variable is afterwards is worked out by the ``else`` part. Leaving an outer loop from an inner one takes
a flag. Every turn polls, except where the turns are few and short.
"""

from __future__ import annotations

from typing import Final

from harnlite.bytecode.opcodes import Op
from harnlite.translator.base_facts import exact_bounds
from harnlite.translator.emit_statements import StatementEmitter
from harnlite.translator.lattice import INT, LIST, Fact
from harnlite.translator.tree import (
    Assign,
    Block,
    Branching,
    BranchUnless,
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
    SelectCase,
    Statement,
    Update,
    parts_of,
)
from harnlite.values.operators import MAX_INT, MIN_INT

__all__ = ["LoopEmitter"]

#: Loops of at most so many turns, without loops or calls inside, do not poll.
_FEW_TURNS: Final = 2000


class _Frame:
    """A loop being written: the flags that leave or continue it from inner loops."""

    __slots__ = ("break_flag", "continue_flag")

    def __init__(self) -> None:
        self.break_flag = ""
        self.continue_flag = ""


class _Counting:
    """A ``while`` that counts.

    :ivar variable: the slot that counts.
    :ivar bound: what it is compared with.
    :ivar step: what it changes by in each turn.
    :ivar op: the comparison.
    """

    __slots__ = ("bound", "op", "step", "variable")

    def __init__(self, variable: Local, op: Op, bound: Expression, step: Expression) -> None:
        self.variable = variable
        self.op = op
        self.bound = bound
        self.step = step


class LoopEmitter(StatementEmitter):
    """Loops."""

    frames: list[_Frame]

    # ------------------------------------------------------------------------------------------------- looking

    def assigned_in(self, body: Block) -> set[int]:
        """The slots that statements set."""
        slots: set[int] = set()
        pending: list[Statement] = list(body)
        while pending:
            statement = pending.pop()
            if isinstance(statement, Assign | Update | ForLoop | Handler):
                slots.add(statement.slot)
            elif isinstance(statement, SelectCase):
                slots |= {statement.value_slot, statement.case_slot}
            elif isinstance(statement, Evaluate) and isinstance(statement.value, Operation):
                container = statement.value.operands[0] if statement.value.operands else None
                if isinstance(container, Local):
                    slots.add(container.slot)
            for block in parts_of(statement):
                pending.extend(block)
        return slots

    def counting(self, node: Loop) -> _Counting | None:
        """See whether a loop counts."""
        body = node.body
        if len(body) < 2 or node.continued:
            return None
        first, last = body[0], body[-1]
        if type(first) is not BranchUnless or first.levels or not isinstance(first.condition, Operation):
            return None
        test = first.condition
        if test.op not in (Op.LT, Op.LE, Op.GT, Op.GE):
            return None
        variable, bound = test.operands
        if not isinstance(variable, Local) or variable.fact.mask != INT or bound.fact.mask != INT:
            return None
        up = test.op in (Op.LT, Op.LE)
        step = self.step_of(last, variable.slot, up)
        if step is None or step.fact.mask != INT or step.fact.low < 1:
            return None
        assigned = self.assigned_in(body[1:-1])
        if variable.slot in assigned:
            return None
        assigned.add(variable.slot)
        if not self.is_invariant(bound, assigned) or not self.is_invariant(step, assigned):
            return None
        reached = Fact(INT, variable.fact.low, bound.fact.high) if up else Fact(INT, bound.fact.low, variable.fact.high)
        low, high = exact_bounds(Op.ADD if up else Op.SUB, reached, step.fact)
        if low < MIN_INT or high > MAX_INT:
            return None
        return _Counting(variable, test.op, bound, step)

    def step_of(self, last: Statement, slot: int, up: bool) -> Expression | None:
        """What the last statement of a loop adds to its variable, or takes from it."""
        if type(last) is Update and last.op is Op.ADD_LOCAL and last.slot == slot and up:
            return last.operands[0]
        if type(last) is Assign and last.slot == slot and isinstance(last.value, Operation):
            value = last.value
            wanted = Op.ADD if up else Op.SUB
            if value.op is wanted and isinstance(value.operands[0], Local) and value.operands[0].slot == slot:
                return value.operands[1]
        return None

    def is_invariant(self, node: Expression, assigned: set[int]) -> bool:
        """Whether an expression has the same value in every turn."""
        if isinstance(node, Local):
            return node.slot not in assigned
        if isinstance(node, Operation):
            if node.op is Op.LOAD_CAPTURE:
                return True
            if node.op is Op.CALL_BUILTIN and self.chunk.names[node.a] == "len":
                return isinstance(node.operands[0], Local) and self.is_invariant(node.operands[0], assigned)
            if node.op in (Op.ADD, Op.SUB, Op.MUL) and self.cannot_fail(node):
                return all(self.is_invariant(operand, assigned) for operand in node.operands)
            return False
        return isinstance(node, Constant)

    def is_short(self, body: Block) -> bool:
        """Whether a turn has neither loops nor calls of guest functions."""
        pending: list[Statement] = list(body)
        size = 0
        while pending:
            statement = pending.pop()
            size += 1
            if isinstance(statement, Loop | Handler) or size > 40 or self.calls(statement):
                return False
            for block in parts_of(statement):
                pending.extend(block)
        return True

    def calls(self, statement: Statement) -> bool:
        """Whether a statement may call guest functions or a builtin that takes long."""
        pending: list[object] = []
        if isinstance(statement, Assign | Evaluate):
            pending.append(statement.value)
        elif isinstance(statement, Update):
            pending.extend(statement.operands)
        elif isinstance(statement, Branching):
            pending.extend(condition for condition, _ in statement.arms)
        elif isinstance(statement, BranchUnless):
            pending.append(statement.condition)
        elif isinstance(statement, Leave) and statement.op not in (Op.TAIL_CALL, Op.TAIL_PIPE):
            pending.extend(statement.operands)
        elif not isinstance(statement, Jump):
            return True
        while pending:
            node = pending.pop()
            if isinstance(node, Operation):
                if not self.is_pure(node) or node.op is Op.CALL_METHOD:
                    return True
                pending.extend(node.operands)
            elif isinstance(node, Conditional):
                pending += (node.condition, node.then, node.otherwise)
            elif not isinstance(node, Local | Constant):
                return True
        return False

    # ------------------------------------------------------------------------------------------------- writing

    def poll(self, node: Loop, *, few: bool = False) -> None:
        """Look at the poll flag at the beginning of a turn."""
        if few and self.is_short(node.body):
            return
        self.writer.line("if vm.poll:")
        self.indented("vm.on_poll()", node.end)

    def loop(self, node: Loop) -> None:
        """LOOP."""
        counting = self.counting(node)
        if counting is not None:
            self.counting_loop(node, counting)
            return
        body = node.body
        first = body[0] if body else None
        condition = None
        if type(first) is BranchUnless and first.levels == 0 and not self.shared_slots([first.condition]):
            self.temporaries = 0
            condition = self.simple_condition(first.condition)
        if condition is not None:
            assert first is not None
            self.writer.expression("while ", condition, ":", first.at)
            body = body[1:]
        else:
            self.writer.line("while True:")
        self.turns(node, body)
        self.after_loop()

    def turns(self, node: Loop, body: Block, *, few: bool = False, first: str = "") -> None:
        """Write the body of a loop; ``first`` is a line at its beginning."""
        frame = _Frame()
        self.frames.append(frame)
        writer = self.writer
        start = writer.position()
        writer.indent()
        if first:
            writer.line(first)
        self.poll(node, few=few)
        self.statements(body)
        if writer.position() == start:
            writer.line("pass")
        writer.dedent()
        self.frames.pop()
        for flag in (frame.break_flag, frame.continue_flag):
            if flag:
                writer.insert(start, f"{flag} = False")

    def after_loop(self) -> None:
        """Go on leaving loops when the loop just written was left for an outer one."""
        if not self.frames:
            return
        frame = self.frames[-1]
        for flag, word in ((frame.break_flag, "break"), (frame.continue_flag, "continue")):
            if flag:
                self.writer.line(f"if {flag}:")
                self.indented(word)

    def counting_loop(self, node: Loop, counting: _Counting) -> None:
        name = self.slot(counting.variable.slot)
        self.temporaries = 0
        bound, step = self.separate([counting.bound, counting.step], atoms=True)
        # A name that the body could use again must not hold the bound.
        number = self.next_construct()
        if not bound.isdigit():
            self.writer.line(f"n{number} = {bound}")
            bound = f"n{number}"
        if not step.isdigit():
            self.writer.line(f"p{number} = {step}")
            step = f"p{number}"
        up = counting.op in (Op.LT, Op.LE)
        end = bound
        if counting.op is Op.LE:
            end = f"{bound} + 1"
        elif counting.op is Op.GE:
            end = f"{bound} - 1"
        range_text = f"range({name}, {end}{'' if up and step == '1' else f', {step}' if up else f', -{step}'})"
        self.writer.line(f"for {name} in {range_text}:", node.at)
        self.turns(node, node.body[1:-1], few=self.few_turns(counting))
        sign = {Op.LT: "<", Op.LE: "<=", Op.GT: ">", Op.GE: ">="}[counting.op]
        self.writer.line("else:")
        self.writer.indent()
        self.writer.line(f"if {name} {sign} {bound}:")
        self.indented(f"{name} {'+' if up else '-'}= {step}")
        self.writer.dedent()
        self.after_loop()

    def few_turns(self, counting: _Counting) -> bool:
        """Whether a counting loop has so few turns that it need not poll."""
        entered, bound = counting.variable.fact, counting.bound.fact
        if counting.op in (Op.LT, Op.LE):
            return bound.high - entered.low <= _FEW_TURNS * counting.step.fact.low
        return entered.high - bound.low <= _FEW_TURNS * counting.step.fact.low

    def for_loop(self, node: ForLoop) -> None:
        """FOR."""
        iterable = node.iterable
        name = self.slot(node.slot)
        self.lower_flags([iterable])
        few = False
        if isinstance(iterable, Operation) and iterable.op is Op.RANGE:
            self.rescue = self.effects = False
            self.hoisting = True
            self.root = None
            self.writer.expression(f"for {name} in ", self.python_range_safely(iterable), ":", node.at)
            element = iterable.fact.element
            few = element.mask == INT and element.high - element.low < _FEW_TURNS
        elif self.is_pulled(iterable):
            assert isinstance(iterable, Operation)
            self.pulling_loop(node, iterable)
        elif iterable.fact.mask == LIST:
            (text,) = self.separate([iterable])
            self.writer.expression(f"for {name} in ", text, ":", node.at)
        else:
            (text,) = self.separate([iterable])
            if "\0" in text:
                text = self.apart(text, node.at)
            self.writer.line("vm.depth = d")
            self.writer.line(f"for {name} in iterate({text}):", node.at)
        # An item is never held by its variable alone.
        first = f"o{node.slot} = False" if node.slot in self.flagged else ""
        self.turns(node, node.body, few=few, first=first)
        self.after_loop()

    def is_pulled(self, iterable: Expression) -> bool:
        """Whether a loop goes over a call of one known generator function, so that nobody else pulls from it."""
        if not isinstance(iterable, Operation) or iterable.op is not Op.CALL:
            return False
        functions = self.known_functions(iterable.operands[0], len(iterable.operands) - 1)
        if len(functions) != 1 or self.function_text(iterable.operands[0], functions) is None:
            return False
        (index,) = functions
        return bool(self.chunk.functions[index].generator) and self.all_facts[index] is not None

    def pulling_loop(self, node: ForLoop, iterable: Operation) -> None:
        """Write the head of a loop that runs a generator's Python form directly."""
        callee, *arguments = iterable.operands
        function = self.function_text(callee, self.known_functions(callee, len(arguments)))
        assert function is not None
        texts = self.separate(arguments)
        source = (function[0], f"{function[1]}.source")
        text = self.direct_call(iterable.at, source, ["d + 1", *texts])
        self.writer.line(f"for {self.slot(node.slot)} in {self.apart(text, iterable.at)}:", node.at)

    def apart(self, text: str, at: int) -> str:
        """Evaluate what a loop goes over before its head, whose own errors are those of pulling items.

        The value is taken out of a list, so that the loop alone holds it.
        """
        name = f"l{self.next_construct()}"
        self.writer.expression(f"{name} = [", text, "]", at)
        return f"{name}.pop()"

    def python_range_safely(self, iterable: Operation) -> str:
        """A Python range whose bounds need no rescue."""
        for operand in iterable.operands:
            self.rescue = False
            mark = self.mark()
            self.fast(operand)
            may_fail = self.rescue
            self.take_back(mark)
            if may_fail:
                for each in iterable.operands:
                    if not isinstance(each, Constant | Local):
                        self.hoist(each)
                break
        self.rescue = False
        return self.python_range(iterable)

    def branch_unless(self, node: BranchUnless) -> None:
        """BREAK_UNLESS."""
        self.lower_flags([node.condition])
        self.test(node.condition, negated=True)
        self.writer.indent()
        self.leave_loops(node.levels, is_break=True)
        self.writer.dedent()

    def jump(self, node: Jump) -> None:
        self.leave_loops(node.levels, node.is_break)

    def leave_loops(self, levels: int, is_break: bool) -> None:
        """``break`` or ``continue`` of a loop some levels further out."""
        if len(self.frames) - levels <= self.final_depth:
            self.refuse_in_final()
        word = "break" if is_break else "continue"
        if not levels:
            self.writer.line(word)
            return
        number = self.next_construct()
        for level in range(levels, 0, -1):
            frame = self.frames[-1 - level]
            if level == levels and not is_break:
                frame.continue_flag = frame.continue_flag or f"b{number}"
                self.writer.line(f"{frame.continue_flag} = True")
            else:
                frame.break_flag = frame.break_flag or f"b{number}_{level}"
                self.writer.line(f"{frame.break_flag} = True")
        self.writer.line("break")
