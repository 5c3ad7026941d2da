"""From structured bytecode to what the interpreter runs: jumps, resolved operands, handler records.

Takes a verified :class:`FunctionCode`, gives a :class:`DecodedFunction`. Decoded instructions (``codes.py``) hold the
things themselves (names, functions, jump targets) where the bytecode holds indices. Constructs are gone: what leaving
one means was worked out here, once. A local or constant that the next instruction takes is not pushed: the instruction
names its slot, and constants live in slots behind the locals. Nothing is run.
"""

from __future__ import annotations

from harnlite.bytecode.chunk import FunctionCode
from harnlite.bytecode.opcodes import OPCODES, Op
from harnlite.bytecode.verifier import variable_pops
from harnlite.vm import codes
from harnlite.vm.calls import arity_of
from harnlite.vm.decode_tables import BINARY, CAN_JUMP, COMPARISONS, DIRECT, ENDS_PART, HAVE_DEST, LITERALS, OPERANDS
from harnlite.vm.decoded import DecodedFunction
from harnlite.vm.emission import Emission, Label
from harnlite.vm.handlers import HandlerInfo, HandlerKind
from harnlite.vm.operations import OPERATIONS, swap
from harnlite.vm.reports import report_call, report_instruction, report_return

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from harnlite.vm.interpreted import InterpretedInstance

__all__ = ["decode"]


def decode(instance: InterpretedInstance, code: FunctionCode) -> DecodedFunction:
    """Decode one function of an instance's chunk."""
    decoder = _Decoder(instance, code)
    decoder.run()
    return DecodedFunction(instance, code, decoder.finish(), decoder.origins, decoder.padding())


class _Construct:
    """An open construct: where it ends, the stack height around it, what leaving it means."""

    __slots__ = ("again", "end", "handler", "height", "is_loop", "iterator_slot", "live", "opener", "other", "results")

    def __init__(self, opener: int, height: int, results: int) -> None:
        self.opener = opener
        self.height = height
        self.results = results
        self.end = Label()
        #: IF: where ELSE begins. Loops: where a turn begins.
        self.other = Label()
        #: Loops: where a turn ends, which is where CONTINUE goes.
        self.again = Label()
        self.handler: HandlerInfo | None = None
        #: Whether a handler entry is on the handler stack in the part being decoded.
        self.live = False
        self.is_loop = opener in (Op.LOOP, Op.FOR)
        self.iterator_slot = -1


class _Decoder(Emission):
    """One pass over a function, emitting and then patching labels."""

    def __init__(self, instance: InterpretedInstance, code: FunctionCode) -> None:
        super().__init__(code)
        self.chunk = instance.chunk
        self.constants = instance.constants
        self.reports_calls = instance.reports_calls
        self.reports_instructions = instance.reports_instructions
        self.open: list[_Construct] = []
        self.reachable = True
        #: LOAD_SELF instructions whose value is still on the stack: its height and their number.
        self.self_loads: list[tuple[int, int]] = []

    def run(self) -> None:
        """Emit every instruction."""
        if self.reports_calls:
            self.emit(codes.OPERATION, report_call, (self.code, 0))
        for origin, (operation, a, b) in enumerate(self.code.instructions):
            self.origin = origin
            if self.reports_instructions:
                self.emit(codes.OPERATION, report_instruction, (self.code, origin))
            op = Op(operation)
            special = _SPECIAL.get(op)
            if special is not None:
                special(self, a, b)
            else:
                self.plain(op, a, b)
            if op in ENDS_PART:
                self.reachable = False

    # ------------------------------------------------------------------------------------------ constructs

    def begin(self, opener: int, results: int) -> _Construct:
        self.flush()
        construct = _Construct(opener, self.height, results)
        self.open.append(construct)
        return construct

    def restart(self, construct: _Construct, results: int = 0) -> None:
        """A part of a construct begins, or what follows it: whatever ran before, the height is known here."""
        self.forget_self_loads(construct.height)
        self.height = construct.height + results
        self.reachable = True

    def if_(self, results: int, _b: int) -> None:
        other = Label()
        self.jump_unless(other)
        construct = self.begin(Op.IF, results)
        construct.other = other

    def jump_unless(self, target: Label) -> None:
        """Take the topmost value and jump when it is falsy, within the comparison if it is one."""
        if self.last(CAN_JUMP):
            self.height -= 1
            operation, a, b, _ = self.output[-1]
            self.output[-1] = (operation, a, b, target)
        else:
            operand = self.take()
            self.emit(codes.JUMP_UNLESS, target, operand)

    def if_nil(self, _a: int, _b: int) -> None:
        self.flush()
        self.height -= 1
        construct = self.begin(Op.IF_NIL, 1)
        self.emit(codes.JUMP_NOT_NIL, construct.end)

    def else_(self, _a: int, _b: int) -> None:
        construct = self.open[-1]
        self.flush()
        if self.reachable:
            self.emit(codes.JUMP, construct.end)
        self.place(construct.other)
        self.restart(construct)

    def loop(self, _a: int, _b: int) -> None:
        construct = self.begin(Op.LOOP, 0)
        self.place(construct.other)

    def for_(self, item: int, iterator: int) -> None:
        self.flush()
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
        info.target = self.here()
        info.slot = slot
        info.error_slot = self.error_slot_of.get(slot, -1)
        info.enum = self.constants[enum]
        construct.live = False
        self.restart(construct)

    def cleanup(self, results: int, _b: int) -> None:
        self.handler(Op.CLEANUP, HandlerKind.CLEANUP, results)

    def finally_(self, _a: int, _b: int) -> None:
        construct = self.open[-1]
        assert construct.handler is not None
        if self.reachable:
            self.emit(codes.BEGIN_CLEANUP, construct.handler)
        construct.handler.target = self.here()
        self.restart(construct, construct.results)

    def deadline(self, results: int, _b: int) -> None:
        self.flush()
        self.height -= 1
        self.handler(Op.DEADLINE, HandlerKind.DEADLINE, results)

    def mutex(self, _a: int, _b: int) -> None:
        self.handler(Op.MUTEX, HandlerKind.MUTEX, 0)

    def end(self, _a: int, _b: int) -> None:
        self.flush()
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
        self.restart(construct, construct.results)

    # ----------------------------------------------------------------------------------------- leaving them

    def leave_loop(self, count: int, to_end: bool) -> None:
        """BREAK (to the end) or CONTINUE of the loop ``count`` loops outwards."""
        self.flush()
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
        construct = self.open[-1]
        if count == 0 and construct.opener == Op.LOOP and self.height - 1 == construct.height:
            self.jump_unless(construct.end)
            return
        stay = Label()
        operand = self.take()
        self.emit(codes.JUMP_IF, stay, operand)
        self.leave_loop(count, to_end=True)
        self.place(stay)

    def live_handlers(self) -> int:
        return sum(construct.live for construct in self.open)

    def report_return(self, above: int) -> None:
        """Let instruments see the result, which has so many values above it."""
        if self.reports_calls:
            self.emit(codes.OPERATION, report_return, (self.code, (self.origin, above)))

    def return_(self, _a: int, _b: int) -> None:
        self.report_return(0)
        if self.live_handlers() or self.height > 1 or self.code.published:
            self.flush()
            self.height -= 1
            if self.live_handlers():
                self.emit(codes.RETURN_LEAVING)
            else:
                self.emit(codes.RETURN_DROPPING, self.height)
        else:
            operand = self.take()
            self.emit(codes.RETURN, operand)

    def load_self(self, _a: int, _b: int) -> None:
        self.emit(codes.LOAD_SELF)
        self.self_loads.append((self.height, len(self.output) - 1))
        self.height += 1

    def call(self, count: int, name: int) -> None:
        self.flush()
        self.height -= count
        if not self.call_self(count, codes.CALL_SELF):
            self.emit(codes.CALL, count, self.chunk.names[name])

    def call_self(self, count: int, operation: int) -> bool:
        """Emit a call whose callee is known to be the running function, so that no closure of it is made."""
        self.forget_self_loads(self.height)
        if (
            self.code.generator
            or arity_of(self.code) != count
            or not self.self_loads
            or self.self_loads[-1][0] != self.height - 1
        ):
            return False
        _, number = self.self_loads.pop()
        # Something has to stand in the callee's place.
        self.output[number] = (codes.LOAD, self.constant_slot("literal", Op.NIL, None), None, None)
        self.emit(operation, count)
        return True

    def forget_self_loads(self, height: int) -> None:
        """Values at this height and above are gone."""
        while self.self_loads and self.self_loads[-1][0] >= height:
            self.self_loads.pop()

    def tail_call(self, count: int, name: int) -> None:
        self.tail(count, self.chunk.names[name])

    def tail_pipe(self, _a: int, _b: int) -> None:
        self.emit(codes.OPERATION, swap, (0, 0))
        self.tail(1, None)

    def tail(self, count: int, name: str | None) -> None:
        """End with a call; a frame that has to stay for some reason calls and then returns."""
        self.flush()
        self.height -= count
        if self.live_handlers() or self.code.published or self.code.generator or self.height > 1:
            if not self.call_self(count, codes.CALL_SELF):
                self.emit(codes.CALL, count, name)
            self.return_(0, 0)
            return
        self.report_return(count)
        if not self.call_self(count, codes.TAIL_CALL_SELF):
            self.emit(codes.TAIL_CALL, count, name)

    def pipe(self, _a: int, _b: int) -> None:
        self.flush()
        self.height -= 1
        self.emit(codes.OPERATION, swap, (0, 0))
        self.emit(codes.CALL, 1, None)

    def propagate(self, _a: int, _b: int) -> None:
        self.flush()
        go_on = Label()
        height = self.height
        self.emit(codes.UNWRAP_OK, go_on)
        self.return_(0, 0)
        self.height = height
        self.place(go_on)

    def rethrow(self, slot: int, _b: int) -> None:
        self.emit(codes.RETHROW, self.error_slot_of[slot])

    # ------------------------------------------------------------------------------------ with named operands

    def load_slot(self, slot: int, _b: int) -> None:
        self.load(slot)

    def const(self, number: int, _b: int) -> None:
        self.constant("constant", number, self.constants[number])

    def store(self, slot: int, _b: int) -> None:
        if self.last(HAVE_DEST):
            self.height -= 1
            operation, a, b, _ = self.output[-1]
            self.output[-1] = (operation, a, b, slot)
            return
        operand = self.take()
        if operand is None:
            self.emit(codes.STORE, slot)
        else:
            self.emit(codes.MOVE, operand, slot)

    def pop(self, _a: int, _b: int) -> None:
        if self.pending:
            self.take()
        else:
            self.emit(codes.POP)
            self.height -= 1

    def get_field(self, name: int, _b: int) -> None:
        operand = self.take()
        self.emit(codes.GET_FIELD, self.chunk.names[name], operand)
        self.height += 1

    def add_local(self, slot: int, _b: int) -> None:
        operand = self.take()
        self.emit(codes.ADD_LOCAL, slot, operand)

    def set_index_local(self, slot: int, _b: int) -> None:
        index = self.take()
        value = self.take()
        self.emit(codes.SET_INDEX_LOCAL, slot, index, value)

    def set_field_local(self, slot: int, name: int) -> None:
        operand = self.take()
        self.emit(codes.SET_FIELD_LOCAL, slot, self.chunk.names[name], operand)

    # ---------------------------------------------------------------------------------------------- the rest

    def plain(self, op: Op, a: int, b: int) -> None:
        if op in LITERALS:
            self.constant("literal", op, LITERALS[op])
            return
        operation = BINARY.get(op)
        if operation is None:
            operation = COMPARISONS.get(op)
        if operation is not None:
            right = self.take()
            left = self.take()
            self.emit(operation, left, right)
            self.height += 1
            return
        first, _, second = OPERANDS[op].partition(",")
        x = self.operand(first, a)
        y = self.operand(second, b)
        if op in DIRECT:
            self.emit(DIRECT[op], x, y)
        else:
            self.emit(codes.OPERATION, OPERATIONS[op], (x, y))
        info = OPCODES[op]
        self.height -= info.pops if info.pops >= 0 else variable_pops(op, a, b, self.constants)
        self.forget_self_loads(self.height)
        self.height += info.pushes

    def operand(self, kind: str, number: int) -> Any:
        if kind == "C":
            return self.constants[number]
        return self.chunk.names[number] if kind == "N" else number


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
    Op.LOAD: _Decoder.load_slot,
    Op.CONST: _Decoder.const,
    Op.STORE: _Decoder.store,
    Op.POP: _Decoder.pop,
    Op.LOAD_SELF: _Decoder.load_self,
    Op.CALL: _Decoder.call,
    Op.GET_FIELD: _Decoder.get_field,
    Op.ADD_LOCAL: _Decoder.add_local,
    Op.SET_INDEX_LOCAL: _Decoder.set_index_local,
    Op.SET_FIELD_LOCAL: _Decoder.set_field_local,
}
