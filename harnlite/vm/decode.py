"""From structured bytecode to what the interpreter runs: jumps, resolved operands, handler records.

Takes a verified :class:`FunctionCode`, gives a :class:`DecodedFunction`. An instruction stays a triple
``(operation, a, b)``, but ``a`` and ``b`` hold the things themselves (constants, names, jump targets) where the
bytecode holds indices, and constructs are gone: what leaving one means was worked out here, once. Nothing is run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from harnlite.bytecode.chunk import Chunk, FunctionCode
from harnlite.bytecode.opcodes import OPCODES, Op, OperandKind
from harnlite.values.types import Duration
from harnlite.vm import codes
from harnlite.vm.calls import arity_of
from harnlite.vm.operations import OPERATIONS, swap

if TYPE_CHECKING:
    from harnlite.vm.interpreter import InterpretedInstance

__all__ = ["DecodedFunction", "HandlerInfo", "HandlerKind", "decode", "stack_effect"]


class HandlerKind:
    """What an entry of the interpreter's handler stack is."""

    TRY: Final = 0
    CLEANUP: Final = 1
    RUNNING_CLEANUP: Final = 2
    DEADLINE: Final = 3
    MUTEX: Final = 4


class HandlerInfo:
    """The part of a handler that is known when decoding.

    :param kind: see :class:`HandlerKind`.
    :param results: how many values the construct leaves.
    """

    __slots__ = ("enum", "error_slot", "kind", "results", "slot", "target")

    def __init__(self, kind: int, results: int) -> None:
        self.kind = kind
        self.results = results
        #: Where the handler or clean-up part begins.
        self.target = -1
        #: The slot that gets the caught value, and the hidden one that keeps the error for RETHROW (or -1).
        self.slot = -1
        self.error_slot = -1
        #: The enum name that a typed ``catch`` wants, or None.
        self.enum: str | None = None


class DecodedFunction:
    """A function as the interpreter runs it.

    :param instance: the chunk's instance it belongs to.
    :param code: the function's bytecode.
    """

    __slots__ = ("arity", "code", "instance", "instructions", "origins", "padding", "published")

    def __init__(self, instance: InterpretedInstance, code: FunctionCode) -> None:
        self.instance = instance
        self.code = code
        self.arity = arity_of(code)
        decoder = _Decoder(instance.chunk, code)
        decoder.run()
        #: Mutable, because an instruction may be replaced by a faster one with the same meaning when first run.
        self.instructions: list[tuple[int, Any, Any]] = decoder.finish()
        #: The index in ``code.instructions`` that each instruction comes from.
        self.origins: list[int] = decoder.origins
        self.padding: list[Any] = [None] * (len(code.slot_names) + decoder.error_slots - len(code.parameters))
        #: For each published name the slots to look in, first to last.
        self.published: dict[str, list[int]] = {}
        for name, slot in code.published:
            self.published.setdefault(name, []).append(slot)


def decode(instance: InterpretedInstance, code: FunctionCode) -> DecodedFunction:
    """Decode one function of an instance's chunk."""
    return DecodedFunction(instance, code)


def stack_effect(operation: int, a: int, b: int, constants: tuple[Any, ...]) -> tuple[int, int]:
    """How many values an instruction that opens or closes no construct pops and pushes."""
    info = OPCODES[Op(operation)]
    if info.pops >= 0:
        return info.pops, info.pushes
    counts = {
        Op.LIST: a,
        Op.DICT: 2 * a,
        Op.STRING: a,
        Op.ENUM: b,
        Op.SLICE: 1 + (a & 1) + (a >> 1 & 1),
        Op.CALL: a + 1,
        Op.CALL_BUILTIN: b,
        Op.CALL_METHOD: b + 1,
        Op.CALL_METHOD_OPT: b + 1,
        Op.TAIL_CALL: a + 1,
        Op.SELECT: a + (b == 1),
    }
    pops = counts.get(Op(operation))
    if pops is None:
        if operation == Op.SET_PATH:
            pops = 2 + constants[a].count(None)
        elif operation == Op.SET_PATH_LOCAL:
            pops = 1 + constants[b].count(None)
        else:  # STRUCT, DEFINE_IMPL
            pops = len(constants[b])
    return pops, info.pushes


class _Label:
    __slots__ = ("position",)

    def __init__(self) -> None:
        self.position = -1


class _Construct:
    """An open construct: where it ends, the stack height around it, what leaving it means."""

    __slots__ = ("again", "end", "handler", "height", "is_loop", "iterator_slot", "live", "opener", "other", "results")

    def __init__(self, opener: int, height: int, results: int) -> None:
        self.opener = opener
        self.height = height
        self.results = results
        self.end = _Label()
        #: IF: where ELSE begins. Loops: where a turn begins.
        self.other = _Label()
        #: Loops: where a turn ends, which is where CONTINUE goes.
        self.again = _Label()
        self.handler: HandlerInfo | None = None
        #: Whether a handler entry is on the handler stack in the part being decoded.
        self.live = False
        self.is_loop = opener in (Op.LOOP, Op.FOR)
        self.iterator_slot = -1


#: Which operands stand for something else than their number, by opcode: constants (C) and names (N).
_OPERANDS: Final = {
    op: ("C" if info.a is OperandKind.CONSTANT else "N" if info.a is OperandKind.NAME else "")
    + ","
    + ("C" if info.b is OperandKind.CONSTANT else "N" if info.b is OperandKind.NAME else "")
    for op, info in OPCODES.items()
}
_ENDS_PART: Final = frozenset(
    {Op.RETURN, Op.TAIL_CALL, Op.TAIL_PIPE, Op.THROW, Op.RETHROW, Op.FAIL, Op.BREAK, Op.CONTINUE}
)


_LITERALS: Final = {Op.NIL: None, Op.TRUE: True, Op.FALSE: False}
#: Opcodes that keep their operands and have an operation of their own.
_DIRECT: Final = {
    Op.LOAD: codes.LOAD,
    Op.CONST: codes.CONST,
    Op.STORE: codes.STORE,
    Op.ADD: codes.ADD,
    Op.CALL: codes.CALL,
    Op.LT: codes.LESS,
    Op.GET_FIELD: codes.GET_FIELD,
    Op.SUB: codes.SUB,
    Op.GET_INDEX: codes.GET_INDEX,
    Op.EQ: codes.EQ,
    Op.MUL: codes.MUL,
    Op.MOD: codes.MOD,
    Op.LOAD_CAPTURE: codes.LOAD_CAPTURE,
    Op.CALL_METHOD: codes.CALL_METHOD,
    Op.CALL_METHOD_OPT: codes.CALL_METHOD_OPT,
    Op.CALL_BUILTIN: codes.CALL_BUILTIN,
    Op.POP: codes.POP,
    Op.LOAD_SELF: codes.LOAD_SELF,
    Op.DIV: codes.DIV,
    Op.LE: codes.LESS_EQUAL,
    Op.GT: codes.GREATER,
    Op.GE: codes.GREATER_EQUAL,
    Op.NE: codes.NE,
    Op.NOT: codes.NOT,
    Op.STRING: codes.STRING,
    Op.LIST: codes.LIST,
    Op.MAKE_CLOSURE: codes.MAKE_CLOSURE,
    Op.THROW: codes.THROW,
    Op.CHECK_PARAMETER: codes.CHECK_PARAMETER,
    Op.FAIL: codes.FAIL,
    Op.YIELD: codes.YIELD,
}


class _Decoder:
    """One pass over a function, emitting and then patching labels."""

    def __init__(self, chunk: Chunk, code: FunctionCode) -> None:
        self.chunk = chunk
        self.code = code
        self.constants = tuple(_constant(value) for value in chunk.constants)
        self.output: list[tuple[int, Any, Any]] = []
        self.origins: list[int] = []
        self.open: list[_Construct] = []
        self.height = 0
        self.origin = 0
        self.reachable = True
        #: Hidden slots behind the declared ones, each for the error that some RETHROW raises again.
        self.error_slots = 0
        self.error_slot_of: dict[int, int] = {}
        for operation, a, _ in code.instructions:
            if operation == Op.RETHROW and a not in self.error_slot_of:
                self.error_slot_of[a] = len(code.slot_names) + self.error_slots
                self.error_slots += 1

    def run(self) -> None:
        """Emit every instruction."""
        for origin, (operation, a, b) in enumerate(self.code.instructions):
            self.origin = origin
            op = Op(operation)
            special = _SPECIAL.get(op)
            if special is not None:
                special(self, a, b)
            else:
                self.plain(op, a, b)
            if op in _ENDS_PART:
                self.reachable = False

    def finish(self) -> list[tuple[int, Any, Any]]:
        """Replace labels by positions, following chains of jumps."""
        output = self.output
        result = []
        for operation, a, b in output:
            if type(a) is _Label:
                position = self._follow(a.position)
                if operation == codes.JUMP and position < len(output) and output[position][0] == codes.LOOP_END:
                    # "continue" polls too, so it may be the loop's end itself.
                    operation, position = codes.LOOP_END, self._follow(output[position][1].position)
                a = position
            if type(b) is _Label:
                b = self._follow(b.position)
            result.append((operation, a, b))
        return result

    def _follow(self, position: int) -> int:
        output = self.output
        for _ in range(8):
            if position < len(output) and output[position][0] == codes.JUMP:
                position = output[position][1].position
        return position

    def emit(self, operation: int, a: Any = None, b: Any = None) -> None:
        """Add an instruction for the opcode being decoded."""
        self.output.append((operation, a, b))
        self.origins.append(self.origin)

    def place(self, label: _Label) -> None:
        """Let a label stand for the next instruction."""
        label.position = len(self.output)

    # ------------------------------------------------------------------------------------------ constructs

    def begin(self, opener: int, results: int) -> _Construct:
        construct = _Construct(opener, self.height, results)
        self.open.append(construct)
        return construct

    def restart(self, height: int) -> None:
        """A part of a construct begins: whatever ran before it, the height is known here."""
        self.height = height
        self.reachable = True

    def if_(self, results: int, _b: int) -> None:
        self.height -= 1
        construct = self.begin(Op.IF, results)
        self.emit(codes.JUMP_UNLESS, construct.other)

    def if_nil(self, _a: int, _b: int) -> None:
        self.height -= 1
        construct = self.begin(Op.IF_NIL, 1)
        self.emit(codes.JUMP_NOT_NIL, construct.end)

    def else_(self, _a: int, _b: int) -> None:
        construct = self.open[-1]
        if self.reachable:
            self.emit(codes.JUMP, construct.end)
        self.place(construct.other)
        self.restart(construct.height)

    def loop(self, _a: int, _b: int) -> None:
        construct = self.begin(Op.LOOP, 0)
        self.place(construct.other)

    def for_(self, item: int, iterator: int) -> None:
        self.height -= 1
        construct = self.begin(Op.FOR, 0)
        construct.iterator_slot = iterator
        self.emit(codes.FOR_ITERATE, iterator)
        self.place(construct.other)
        self.emit(codes.FOR_NEXT, construct.end, (item, iterator))

    def handler(self, opener: int, kind: int, results: int) -> None:
        construct = self.begin(opener, results)
        construct.handler = HandlerInfo(kind, results)
        construct.live = True
        self.emit(codes.PUSH_HANDLER, construct.handler)

    def try_(self, results: int, _b: int) -> None:
        self.handler(Op.TRY, HandlerKind.TRY, results)

    def catch(self, slot: int, enum: int) -> None:
        construct = self.open[-1]
        info = construct.handler
        assert info is not None
        if self.reachable:
            self.emit(codes.LEAVE_TRY, construct.end)
        info.target = len(self.output)
        info.slot = slot
        info.error_slot = self.error_slot_of.get(slot, -1)
        info.enum = self.constants[enum]
        construct.live = False
        self.restart(construct.height)

    def cleanup(self, results: int, _b: int) -> None:
        self.handler(Op.CLEANUP, HandlerKind.CLEANUP, results)

    def finally_(self, _a: int, _b: int) -> None:
        construct = self.open[-1]
        assert construct.handler is not None
        if self.reachable:
            self.emit(codes.BEGIN_CLEANUP, construct.handler)
        construct.handler.target = len(self.output)
        self.restart(construct.height + construct.results)

    def deadline(self, results: int, _b: int) -> None:
        self.height -= 1
        self.handler(Op.DEADLINE, HandlerKind.DEADLINE, results)

    def mutex(self, _a: int, _b: int) -> None:
        self.handler(Op.MUTEX, HandlerKind.MUTEX, 0)

    def end(self, _a: int, _b: int) -> None:
        construct = self.open.pop()
        opener = construct.opener
        if construct.is_loop:
            self.place(construct.again)
            self.emit(codes.LOOP_END, construct.other)
        elif opener == Op.CLEANUP:
            self.emit(codes.END_CLEANUP)
        elif opener in (Op.DEADLINE, Op.MUTEX) and self.reachable:
            self.emit(codes.LEAVE_HANDLER)
        elif opener == Op.IF and construct.other.position < 0:
            self.place(construct.other)
        self.place(construct.end)
        self.restart(construct.height + construct.results)

    # ----------------------------------------------------------------------------------------- leaving them

    def leave_loop(self, count: int, to_end: bool) -> None:
        """BREAK (to the end) or CONTINUE of the loop ``count`` loops outwards."""
        crossed = 0
        cleared = []
        for construct in reversed(self.open):
            if construct.is_loop:
                if count == 0:
                    break
                count -= 1
                cleared.append(construct.iterator_slot)
            elif construct.live:
                crossed += 1
        if to_end:
            cleared.append(construct.iterator_slot)
        # An iterator that nobody will pull again is dropped at once: it may hold a generator.
        for slot in cleared:
            if slot >= 0:
                self.emit(codes.CLEAR, slot)
        target = construct.end
        if not to_end:
            target = construct.again
        surplus = self.height - construct.height
        if crossed:
            self.emit(codes.LEAVE_TO, target, (crossed, surplus))
        else:
            if surplus:
                self.emit(codes.DROP, surplus)
            self.emit(codes.JUMP, target)

    def break_(self, count: int, _b: int) -> None:
        self.leave_loop(count, to_end=True)

    def continue_(self, count: int, _b: int) -> None:
        self.leave_loop(count, to_end=False)

    def break_unless(self, count: int, _b: int) -> None:
        self.height -= 1
        construct = self.open[-1]
        if count == 0 and construct.opener == Op.LOOP and self.height == construct.height:
            self.emit(codes.JUMP_UNLESS, construct.end)
            return
        stay = _Label()
        self.emit(codes.JUMP_IF, stay)
        self.leave_loop(count, to_end=True)
        self.place(stay)

    def live_handlers(self) -> int:
        return sum(construct.live for construct in self.open)

    def return_(self, _a: int, _b: int) -> None:
        self.height -= 1
        if self.live_handlers():
            self.emit(codes.RETURN_LEAVING)
        elif self.height > 0:
            self.emit(codes.RETURN_DROPPING, self.height)
        else:
            self.emit(codes.RETURN)

    def tail_call(self, count: int, name: int) -> None:
        self.tail(count, self.chunk.names[name])

    def tail_pipe(self, _a: int, _b: int) -> None:
        self.emit(codes.OPERATION, swap, (0, 0))
        self.tail(1, None)

    def tail(self, count: int, name: str | None) -> None:
        """End with a call; a frame that has to stay for some reason calls and then returns."""
        self.height -= count
        stays = self.live_handlers() or self.code.published or self.code.generator or self.height > 1
        self.emit(codes.CALL if stays else codes.TAIL_CALL, count, name)
        if stays:
            self.return_(0, 0)

    def pipe(self, _a: int, _b: int) -> None:
        self.height -= 1
        self.emit(codes.OPERATION, swap, (0, 0))
        self.emit(codes.CALL, 1, None)

    def propagate(self, _a: int, _b: int) -> None:
        go_on = _Label()
        height = self.height
        self.emit(codes.UNWRAP_OK, go_on)
        self.return_(0, 0)
        self.height = height
        self.place(go_on)

    def rethrow(self, slot: int, _b: int) -> None:
        self.emit(codes.RETHROW, self.error_slot_of[slot])

    # ---------------------------------------------------------------------------------------------- the rest

    def plain(self, op: Op, a: int, b: int) -> None:
        pops, pushes = stack_effect(op, a, b, self.constants)
        self.height += pushes - pops
        first, _, second = _OPERANDS[op].partition(",")
        x = self.operand(first, a)
        y = self.operand(second, b)
        operation = _DIRECT.get(op)
        if op in _LITERALS:
            self.emit(codes.CONST, _LITERALS[op])
        elif operation is None:
            self.emit(codes.OPERATION, OPERATIONS[op], (x, y))
        else:
            self.emit(operation, x, y)

    def operand(self, kind: str, number: int) -> Any:
        if kind == "C":
            return self.constants[number]
        return self.chunk.names[number] if kind == "N" else number


def _constant(value: Any) -> Any:
    """Give the run-time value of a chunk's constant."""
    return Duration(value[1]) if type(value) is tuple and len(value) == 2 and value[0] == "duration" else value


_SPECIAL: Final = {
    Op.IF: _Decoder.if_,
    Op.IF_NIL: _Decoder.if_nil,
    Op.ELSE: _Decoder.else_,
    Op.LOOP: _Decoder.loop,
    Op.FOR: _Decoder.for_,
    Op.TRY: _Decoder.try_,
    Op.CATCH: _Decoder.catch,
    Op.CLEANUP: _Decoder.cleanup,
    Op.FINALLY: _Decoder.finally_,
    Op.DEADLINE: _Decoder.deadline,
    Op.MUTEX: _Decoder.mutex,
    Op.END: _Decoder.end,
    Op.BREAK: _Decoder.break_,
    Op.CONTINUE: _Decoder.continue_,
    Op.BREAK_UNLESS: _Decoder.break_unless,
    Op.RETURN: _Decoder.return_,
    Op.TAIL_CALL: _Decoder.tail_call,
    Op.TAIL_PIPE: _Decoder.tail_pipe,
    Op.PIPE: _Decoder.pipe,
    Op.PROPAGATE: _Decoder.propagate,
    Op.RETHROW: _Decoder.rethrow,
}
