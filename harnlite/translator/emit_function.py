"""The text of a whole function: its factory, its head, its body.

Each guest function becomes ``make_N(captured values)``, which defines the Python function and gives the closure. The
Python function takes the depth and the arguments. Calls in tail position of itself are turns of a loop; other ones
that may come back to it go through a trampoline, so that they do not grow Python's stack.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from harnlite.bytecode.chunk import Chunk, FunctionCode
from harnlite.bytecode.opcodes import Op
from harnlite.translator.emit_base import DeclinedError
from harnlite.translator.emit_callbacks import CallbackEmitter
from harnlite.translator.emit_loops import LoopEmitter
from harnlite.translator.facts import FunctionFacts
from harnlite.translator.lattice import CLOSURE, CONTAINERS
from harnlite.translator.module_names import ModuleNames
from harnlite.translator.tree import (
    Block,
    BranchUnless,
    Expression,
    ForLoop,
    Jump,
    Leave,
    Local,
    Loop,
    Operation,
    Statement,
    Update,
    parts_of,
)
from harnlite.translator.writer import HIDDEN, Atom, Writer
from harnlite.vm.calls import DEPTH_LIMIT

__all__ = ["FunctionEmitter", "emit_function", "tail_callees"]

#: Python's compiler takes 20 nested blocks and 100 levels of indentation.
_MAX_LEVEL: Final = 60


def tail_callees(facts: FunctionFacts) -> tuple[set[int], bool]:
    """The functions that a function calls in tail position, and whether it may call others there as well.

    Calls of itself that become turns of its loop do not count.
    """
    callees: set[int] = set()
    unknown = False
    pending: list[Statement] = list(facts.function.body)
    while pending:
        statement = pending.pop()
        if isinstance(statement, Leave) and statement.op in (Op.TAIL_CALL, Op.TAIL_PIPE):
            callee = statement.operands[0] if statement.op is Op.TAIL_CALL else statement.operands[1]
            if is_turn(facts.function.code, statement):
                continue
            if callee.fact.functions is None:
                unknown = True
            else:
                callees |= callee.fact.functions
        for block in parts_of(statement):
            pending.extend(block)
    return callees, unknown


def is_turn(code: FunctionCode, node: Leave) -> bool:
    """Whether a tail call is one of the function itself, with arguments for all parameters."""
    if node.op is not Op.TAIL_CALL:
        return False
    callee = node.operands[0]
    return (
        isinstance(callee, Operation)
        and callee.op is Op.LOAD_SELF
        and len(node.operands) - 1 == len(code.parameters)
        and not code.has_rest
    )


def emit_function(
    chunk: Chunk,
    facts: FunctionFacts,
    names: ModuleNames,
    all_facts: list[FunctionFacts | None],
    bounded_tails: bool,
) -> Writer:
    """Write a function.

    :param bounded_tails: its calls in tail position surely never come back to it.
    :raises DeclinedError: Python's compiler would not take it.
    """
    emitter = FunctionEmitter(chunk, facts, names, Writer())
    emitter.all_facts = all_facts
    emitter.bounded_tails = bounded_tails
    emitter.write()
    if emitter.writer.deepest > _MAX_LEVEL:
        raise DeclinedError("nested too deeply")
    return emitter.writer


class FunctionEmitter(LoopEmitter):
    """Writes one function."""

    def __init__(self, chunk: Chunk, facts: FunctionFacts, names: ModuleNames, writer: Writer) -> None:
        super().__init__(chunk, facts, names, writer)
        self.direct_captures = set()
        self.flagged = set()
        self.frames = []
        self.protections = 0
        self.final_depth = -1
        self.constructs = 0
        self.variant_names = {}
        self.inlined_closures = {}
        self.moving = None
        self.bounded_tails = False
        self.loops_to_itself = False
        self.trampolined = False

    # ------------------------------------------------------------------------------------------- whole function

    def write(self) -> None:
        """Write the factory."""
        code = self.code
        index = self.function.index
        writer = self.writer
        self.flagged = self.slots_with_flags()
        captures = ", ".join(f"c{number}" for number in range(len(code.captures)))
        writer.line(f"def make_{index}({captures}):")
        writer.indent()
        head = writer.position()
        self.write_functions(index)
        for number in sorted(self.direct_captures, reverse=True):
            writer.lines.insert(head, f"    g{number} = c{number}.function")
            writer.origins.insert(head, -1)
        tuple_text = f"({captures}{',' if captures else ''})"
        writer.line("r = new(Closure)")
        writer.line(f"r.code = {self.names.code(index)}")
        writer.line(f"r.captured = {tuple_text}")
        writer.line("r.module = instance")
        writer.line(f"r.function = f{index}")
        writer.line(f"r.arity = {self.arity(index)}")
        writer.line("return r")
        writer.dedent()

    def write_functions(self, index: int) -> None:
        writer = self.writer
        parameters = self.parameters()
        self.loops_to_itself = self.has_self_tail_call()
        self.trampolined = self.needs_trampoline()
        if self.facts.moving is not None:
            parameters.append("m=OWN")
            if not self.trampolined and not self.loops_to_itself:
                self.moving = self.facts.moving
        passed = [parameter.partition("=")[0] for parameter in parameters]
        if self.code.generator:
            self.write_generator(index, parameters, passed)
            return
        writer.line(f"def {'b' if self.trampolined else 'f'}{index}({', '.join(['d', *parameters])}):")
        writer.indent()
        self.head()
        if self.loops_to_itself:
            writer.line("while True:")
            writer.indent()
        self.turn_head()
        self.statements(self.function.body)
        if self.loops_to_itself:
            writer.dedent()
        writer.dedent()
        if self.trampolined:
            writer.line(f"def f{index}({', '.join(['d', *parameters])}):")
            writer.indent()
            writer.line(f"r = b{index}({', '.join(['d', *passed])})")
            writer.line("return bounce(d, r) if type(r) is tuple else r")
            writer.dedent()
            writer.line(f"f{index}.body = b{index}")

    def write_generator(self, index: int, parameters: list[str], passed: list[str]) -> None:
        """Write a function that yields: a Python generator, and a function that makes a handle of it.

        The generator gets the depth at which it runs when one ``for`` alone pulls from it, else 0.
        """
        writer = self.writer
        writer.line(f"def b{index}({', '.join(['q', *parameters])}):")
        writer.indent()
        writer.line("d = q or resumed()")
        self.head()
        writer.line("try:")
        writer.indent()
        self.turn_head()
        if not any(op == Op.YIELD for op, _, _ in self.code.instructions):
            writer.line("if False:")
            self.indented("yield")
        self.statements(self.function.body)
        writer.dedent()
        writer.line("except CATCHABLE as e0:")
        self.indented("raise finished(e0)")
        writer.dedent()
        writer.line(f"def f{index}({', '.join(['d', *parameters])}):")
        source = f"b{index}({', '.join(['0', *passed])})"
        self.indented(f"return GeneratorHandle(vm, {self.code.generator!a}, {source})")
        writer.line(f"f{index}.source = b{index}")

    def parameters(self) -> list[str]:
        """The Python parameters behind the depth."""
        texts = []
        for slot, parameter in enumerate(self.code.parameters):
            if parameter.rest:
                texts.append(f"*s{slot}")
            elif parameter.has_default:
                texts.append(f"s{slot}=MISSING")
            else:
                texts.append(f"s{slot}")
        return texts

    def head(self) -> None:
        """What is done once per call."""
        writer = self.writer
        if self.function.index:
            # A function that neither loops nor calls is soon over: its callers poll.
            polls = "" if self.is_short(self.function.body) else " or vm.poll"
            writer.line(f"if d > {DEPTH_LIMIT}{polls}:")
            self.indented("enter(d)")
        if self.code.has_rest:
            slot = len(self.code.parameters) - 1
            writer.line(f"s{slot} = list(s{slot})")

    def turn_head(self) -> None:
        """What is done at the beginning of the body, also when it runs again by a tail call."""
        if self.loops_to_itself:
            self.writer.line("if vm.poll:")
            self.indented("vm.on_poll()")
        for slot in sorted(self.facts.unset):
            self.writer.line(f"s{slot} = None")
        for slot in sorted(self.flagged):
            self.writer.line(f"o{slot} = False")

    def slots_with_flags(self) -> set[int]:
        """Slots updated in loops without proof that they are the only holders."""
        slots: set[int] = set()
        pending: list[Statement] = list(self.function.body)
        while pending:
            statement = pending.pop()
            if (
                isinstance(statement, Update)
                and statement.in_loop
                and not statement.owned
                and statement.before.mask & CONTAINERS
            ):
                slots.add(statement.slot)
            for block in parts_of(statement):
                pending.extend(block)
        return slots

    # ------------------------------------------------------------------------------------------------ tail calls

    def is_itself(self, node: Leave) -> bool:
        """Whether a tail call is one of the function itself, with arguments for all parameters."""
        return is_turn(self.code, node)

    def has_self_tail_call(self) -> bool:
        """Whether the function calls itself in tail position, outside of loops and handlers."""
        pending: list[Block] = [self.function.body]
        while pending:
            for statement in pending.pop():
                if isinstance(statement, Leave) and self.is_itself(statement):
                    return not self.code.generator
                if not isinstance(statement, Loop):
                    pending.extend(parts_of(statement))
        return False

    def needs_trampoline(self) -> bool:
        """Whether some tail call may come back to this function and is no turn of its loop."""
        if self.code.generator:
            return False
        pending: list[tuple[Block, bool]] = [(self.function.body, False)]
        while pending:
            block, in_loop = pending.pop()
            for statement in block:
                if isinstance(statement, Leave) and statement.op in (Op.TAIL_CALL, Op.TAIL_PIPE):
                    itself = self.is_itself(statement)
                    if (itself and in_loop) or not (itself or self.bounded_tails):
                        return True
                inside = in_loop or isinstance(statement, Loop)
                pending.extend((part, inside) for part in parts_of(statement))
        return False

    def tail_call(self, node: Leave) -> None:
        is_pipe = node.op is Op.TAIL_PIPE
        callee = node.operands[1 if is_pipe else 0]
        arguments = node.operands[:1] if is_pipe else node.operands[1:]
        if self.protections or self.code.generator:
            self.ordinary_call(node, callee, arguments, "d + 1")
        elif self.loops_to_itself and not self.frames and self.is_itself(node):
            self.next_turn(arguments)
        elif not self.trampolined:
            self.ordinary_call(node, callee, arguments, "d")
        else:
            self.bouncing_call(node, callee, is_pipe)

    def bouncing_call(self, node: Leave, callee: Expression, is_pipe: bool) -> None:
        """Leave a call to the trampoline: give it the function and the arguments as a tuple, which no value is."""
        target, given = self.tail_operands(node, is_pipe)
        name = "None" if is_pipe else ascii(self.chunk.names[node.b])
        later = f"({', '.join([f'{target}.function', *given])},)"
        if self.known_functions(callee, len(given)):
            self.writer.line(f"return {later}")
            return
        slow = f"tail_call({', '.join(['d', target, name, *given])})"
        test = f"type({target}) is Closure and {target}.arity == {len(given)}"
        self.writer.line(f"return {later} if {test} else {slow}", node.at)

    def tail_operands(self, node: Leave, is_pipe: bool) -> tuple[str, list[str]]:
        """The callee and the arguments, in variables."""
        texts = self.separate(node.operands, atoms=True)
        return (texts[1], texts[:1]) if is_pipe else (texts[0], texts[1:])

    def ordinary_call(self, node: Leave, callee: Expression, arguments: list[Expression], depth: str) -> None:
        """A tail call as a call; its frame does not show in tracebacks unless something is pending in it."""
        is_pipe = node.op is Op.TAIL_PIPE
        keyword = "" if self.code.generator else "return "
        functions = self.known_functions(callee, len(arguments))
        if functions:
            text = self.function_text(callee, functions)
            if text is None:
                target, given = self.tail_operands(node, is_pipe)
                text = "", f"{target}.function"
            else:
                given = self.separate(arguments, atoms=True)
                given += self.gives_up_in_tail(node, functions, arguments)
            at = HIDDEN if depth == "d" else node.at
            self.writer.expression(keyword, self.direct_call(at, text, [depth, *given]), "", at)
        else:
            target, given = self.tail_operands(node, is_pipe)
            name = "None" if is_pipe else ascii(self.chunk.names[node.b])
            if depth == "d" and callee.fact.mask & CLOSURE:
                self.writer.line(f"if type({target}) is Closure:")
                self.writer.indent()
                self.writer.line(f"check_arity({target}, {len(given)})", node.at)
                self.writer.line(f"return {target}.function({', '.join([depth, *given])})")
                self.writer.dedent()
            around = "d - 1" if depth == "d" else "d"
            self.writer.line(f"{keyword}call_value({', '.join([around, target, name, *given])})", node.at)
        if self.code.generator:
            self.writer.line("return")

    def gives_up_in_tail(self, node: Leave, functions: frozenset[int], arguments: list[Expression]) -> list[str]:
        """As :meth:`gives_up`: the frame ends here."""
        call = Operation(node.at, Op.CALL, node.a, node.b, arguments)
        outer = self.root, self.target
        self.root, self.target = call, -2
        given_up = self.gives_up(call, functions, arguments)
        self.root, self.target = outer
        return given_up

    def next_turn(self, arguments: list[Expression]) -> None:
        """Run the body again with other arguments."""
        changed = [
            (slot, argument)
            for slot, argument in enumerate(arguments)
            if not (isinstance(argument, Local) and argument.slot == slot)
        ]
        texts = self.separate([argument for _, argument in changed])
        if changed:
            targets = ", ".join(str(self.slot(slot)) for slot, _ in changed)
            self.writer.expression(f"{targets} = ", ", ".join(texts), "", changed[0][1].at)
        self.writer.line("continue")

    # ------------------------------------------------------------------------------------------------- dispatch

    def operation(self, node: Operation) -> str:
        return _OPERATIONS[node.op](self, node)

    def one_statement(self, statement: Statement) -> None:
        handler = _LOOPS.get(type(statement))
        if handler is None:
            super().one_statement(statement)
        else:
            self.temporaries = 0
            is_loop = isinstance(statement, Loop)
            if is_loop:
                self.field_values = {}
            handler(self, statement)
            if is_loop:
                self.field_values = {}

    def body_emitter(self, facts: FunctionFacts, slots: dict[int, str], captures: list[str]) -> CallbackEmitter:
        return _InlineEmitter(self, facts, slots, captures)


class _InlineEmitter(FunctionEmitter):
    """Gives the text of a closure's body with variables of the surrounding function."""

    def __init__(
        self, outer: FunctionEmitter, facts: FunctionFacts, slots: dict[int, str], captures: list[str]
    ) -> None:
        super().__init__(outer.chunk, facts, outer.names, Writer())
        self.all_facts = outer.all_facts
        self.slot_names = slots
        self.capture_names = captures

    def slot(self, number: int) -> Atom:
        return Atom(self.slot_names.get(number, f"s{number}"))

    def itself(self, _node: Operation) -> str:
        # The closure exists only where it is made as one.
        self.effects = True
        return Atom("None")

    def capture_name(self, index: int) -> str:
        return self.capture_names[index]


_E = FunctionEmitter
_Emit = Callable[[Any, Operation], str]
_OPERATIONS: Final[dict[Op, _Emit]] = {
    Op.ADD: _E.additive,
    Op.SUB: _E.additive,
    Op.MUL: _E.additive,
    Op.DIV: _E.division,
    Op.MOD: _E.division,
    Op.POW: _E.power,
    Op.NEG: _E.negation,
    Op.NOT: _E.negated,
    Op.TO_BOOL: _E.truth,
    Op.EQ: _E.equality,
    Op.NE: _E.equality,
    Op.LT: _E.comparison,
    Op.LE: _E.comparison,
    Op.GT: _E.comparison,
    Op.GE: _E.comparison,
    Op.IN: _E.membership,
    Op.NOT_IN: _E.membership,
    Op.RANGE: _E.range_value,
    Op.LIST: _E.list_value,
    Op.DICT: _E.dict_value,
    Op.STRING: _E.string,
    Op.ENUM: _E.enum_value,
    Op.STRUCT: _E.struct_value,
    Op.STRUCT_FROM: _E.struct_from,
    Op.STRUCT_CONSTRUCTOR: _E.struct_constructor,
    Op.MAKE_CLOSURE: _E.make_closure,
    Op.WRAP_OK: _E.wrap_result,
    Op.WRAP_ERR: _E.wrap_result,
    Op.GET_FIELD: _E.field,
    Op.GET_FIELD_OPT: _E.optional_field,
    Op.GET_INDEX: _E.index,
    Op.GET_INDEX_OPT: _E.optional_index,
    Op.SLICE: _E.slice,
    Op.SET_INDEX: _E.replaced,
    Op.SET_FIELD: _E.replaced,
    Op.SET_PATH: _E.replaced,
    Op.LOAD_CAPTURE: lambda emitter, node: emitter.capture(node),
    Op.LOAD_SELF: lambda emitter, node: emitter.itself(node),
    Op.LOAD_LATE_CAPTURE: _E.late,
    Op.LOAD_LATE_CAPTURE_CALLEE: _E.late,
    Op.LOAD_DYNAMIC: _E.load_name,
    Op.LOAD_GLOBAL: _E.load_name,
    Op.LOAD_BUILTIN: _E.load_name,
    Op.LOAD_MODULE: _E.load_module,
    Op.LOAD_IMPORT: _E.load_import,
    Op.NEW_CELL: _E.new_cell,
    Op.CALL: _E.call,
    Op.CALL_SPREAD: _E.call_spread,
    Op.CALL_BUILTIN: _E.call_builtin,
    Op.CALL_BUILTIN_SPREAD: _E.call_builtin_spread,
    Op.CALL_METHOD: _E.call_method,
    Op.CALL_METHOD_OPT: _E.call_method,
    Op.CALL_METHOD_SPREAD: _E.call_method_spread,
    Op.CALL_METHOD_OPT_SPREAD: _E.call_method_spread,
    Op.PIPE: _E.pipe,
    Op.IS_MISSING: _E.missing,
    Op.IS_VARIANT: _E.is_variant,
    Op.ENUM_FIELD: _E.enum_field,
    Op.IS_DICT: _E.is_dict,
    Op.IS_LIST: _E.is_list,
    Op.CHECK_DICT: _E.check_container,
    Op.CHECK_LIST: _E.check_container,
    Op.DICT_REST: _E.container_rest,
    Op.LIST_REST: _E.container_rest,
    Op.SPAWN: _E.spawn,
    Op.PARALLEL: _E.parallel,
}
_LOOPS: Final[dict[type[Statement], Callable[[Any, Any], None]]] = {
    Loop: _E.loop,
    ForLoop: _E.for_loop,
    BranchUnless: _E.branch_unless,
    Jump: _E.jump,
}
