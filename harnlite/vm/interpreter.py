"""The plain tier: runs decoded functions with an explicit frame stack.

A call from guest code to an interpreted function pushes a frame and stays in the loop of :func:`run`; only
callbacks from builtins, and calls that cross tiers, start a nested loop. The frame stack, the operand stack and the
handler stack are Python lists shared by all frames of one loop.

The chain of comparisons in :func:`run` is ordered by how often operations occur; what is missing from it is found in
``operations.py``.
"""

from __future__ import annotations

from harnlite.values import operators
from harnlite.values.access import get_field, get_index, iterate
from harnlite.values.display import display, type_name
from harnlite.values.equality import equal
from harnlite.values.errors import GuestError, TraceEntry, thrown, type_error
from harnlite.values.operators import wrap
from harnlite.values.ownership import CELL_COUNT, getrefcount
from harnlite.values.parameter_checks import check_parameter
from harnlite.values.types import Closure, StructValue, is_result
from harnlite.vm.calls import DEPTH_LIMIT, bind_arguments, check_arity
from harnlite.vm.codes import (
    ADD,
    ADD_LOCAL,
    BEGIN_CLEANUP,
    CALL,
    CALL_BUILTIN,
    CALL_CHECKED,
    CALL_METHOD,
    CALL_METHOD_OPT,
    CALL_NATIVE,
    CALL_SELF,
    CHECK_PARAMETER,
    CLEAR,
    CONST,
    DIV,
    DROP,
    END_CLEANUP,
    EQ,
    FAIL,
    FIRST_RARE,
    FIRST_SECOND,
    FOR_ITERATE,
    FOR_NEXT,
    GET_FIELD,
    GET_INDEX,
    GREATER,
    GREATER_EQUAL,
    JUMP,
    JUMP_IF,
    JUMP_NOT_NIL,
    JUMP_UNLESS,
    LEAVE_HANDLER,
    LEAVE_TO,
    LEAVE_TRY,
    LESS,
    LESS_EQUAL,
    LIST,
    LOAD,
    LOAD_CAPTURE,
    LOAD_SELF,
    LOOP_END,
    MAKE_CLOSURE,
    MOD,
    MOVE,
    MUL,
    NE,
    NOT,
    OPERATION,
    POP,
    PUSH_HANDLER,
    RETHROW,
    RETURN,
    RETURN_DROPPING,
    RETURN_LEAVING,
    SET_FIELD_LOCAL,
    STORE,
    STRING,
    SUB,
    TAIL_CALL,
    TAIL_CALL_SELF,
    THROW,
    UNWRAP_OK,
    YIELD,
)
from harnlite.vm.decoded import DecodedFunction
from harnlite.vm.errors import caught_value, cross_boundary, depth_error
from harnlite.vm.handlers import GO_ON, RUNNING, Exit, HandlerKind, find_handler, release
from harnlite.vm.interpreted import InterpretedFunction, InterpretedInstance, Suspension, make_closure
from harnlite.vm.methods import call_builtin, call_method, call_value, closure_entry
from harnlite.vm.operations import add_to_slot, set_field_in_slot, set_index_in_slot
from harnlite.vm.trace import harvest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from harnlite.bytecode.chunk import Chunk
    from harnlite.vm.decoded import Decoded
    from harnlite.vm.handlers import Completion, HandlerEntry
    from harnlite.vm.machine import Vm

__all__ = ["load", "run", "trace_entry"]

#: Ints up to this magnitude are certainly no 64-bit overflow, and CPython compares them fastest.
_MOST: Final = 2**30 - 1
_LEAST: Final = -_MOST


def load(vm: Vm, chunk: Chunk) -> InterpretedInstance:
    """The code loader of this tier."""
    return InterpretedInstance(vm, chunk, run)


def run(
    decoded: DecodedFunction,
    captured: tuple[Any, ...],
    slots: list[Any],
    depth: int,
    suspension: Suspension | None = None,
) -> Any:
    """Run a function until it returns; gives its value, or for a generator the value it yields.

    :param slots: its locals, the arguments first.
    :param depth: the number of guest calls around it.
    :param suspension: where a generator's frame rests between pulls.
    :raises GuestError: nothing caught it; its trace then holds every frame of this loop.
    :raises HardExit: as it came; what the frames held is released.
    """
    vm = decoded.instance.vm
    code = decoded.instructions
    frames: list[tuple[DecodedFunction, list[Decoded], int, list[Any], tuple[Any, ...]]] = []
    late_height = len(vm.late_frames)
    if suspension is None:
        pc = 0
        stack: list[Any] = []
        handlers: list[HandlerEntry] = []
    else:
        pc = suspension.pc
        stack = suspension.stack
        handlers = suspension.handlers
    if decoded.published:
        vm.late_frames.append((decoded.published, slots))
    push = stack.append
    pop = stack.pop
    new: Any
    error: GuestError | None
    while True:
        try:
            while True:
                op, a, b, c = code[pc]
                pc += 1
                if op < FIRST_SECOND:
                    if op == ADD:
                        y = pop() if b is None else slots[b]
                        x = pop() if a is None else slots[a]
                        if type(x) is int and type(y) is int:
                            x += y
                            if not _LEAST <= x <= _MOST:
                                x = wrap(x)
                        elif type(x) is float and type(y) is float:
                            x += y
                        else:
                            x = operators.add(x, y)
                        if c is None:
                            push(x)
                        else:
                            slots[c] = x
                    elif op == GET_INDEX:
                        y = pop() if b is None else slots[b]
                        x = pop() if a is None else slots[a]
                        x = x[y] if type(x) is list and type(y) is int and 0 <= y < len(x) else get_index(x, y)
                        if c is None:
                            push(x)
                        else:
                            slots[c] = x
                    elif op == SUB:
                        y = pop() if b is None else slots[b]
                        x = pop() if a is None else slots[a]
                        if type(x) is int and type(y) is int:
                            x -= y
                            if not _LEAST <= x <= _MOST:
                                x = wrap(x)
                        elif type(x) is float and type(y) is float:
                            x -= y
                        else:
                            x = operators.sub(x, y)
                        if c is None:
                            push(x)
                        else:
                            slots[c] = x
                    elif op == MUL:
                        y = pop() if b is None else slots[b]
                        x = pop() if a is None else slots[a]
                        if type(x) is int and type(y) is int:
                            x *= y
                            if not _LEAST <= x <= _MOST:
                                x = wrap(x)
                        elif type(x) is float and type(y) is float:
                            x *= y
                        else:
                            x = operators.mul(x, y)
                        if c is None:
                            push(x)
                        else:
                            slots[c] = x
                    elif op == LOAD:
                        push(slots[a])
                    elif op == LESS:
                        y = pop() if b is None else slots[b]
                        x = pop() if a is None else slots[a]
                        x = x < y if type(x) is int and type(y) is int else operators.less(x, y)
                        if c is None:
                            push(x)
                        elif not x:
                            pc = c
                    elif op == LOOP_END:
                        pc = a
                        if vm.poll:
                            vm.on_poll()
                    elif op == ADD_LOCAL:
                        y = pop() if b is None else slots[b]
                        x = slots[a]
                        if type(x) is int and type(y) is int:
                            x += y
                            slots[a] = x if _LEAST <= x <= _MOST else wrap(x)
                        elif type(x) is float and type(y) is float:
                            slots[a] = x + y
                        else:
                            # Only the slot may hold what is to be extended in place.
                            x = None
                            add_to_slot(slots, a, y)
                    elif op == GET_FIELD:
                        x = pop() if b is None else slots[b]
                        if type(x) is dict:
                            x = x.get(a)
                        elif type(x) is StructValue:
                            x = x.fields.get(a)
                        else:
                            x = get_field(x, a)
                        if c is None:
                            push(x)
                        else:
                            slots[c] = x
                    elif op == CALL:
                        if a == 1:
                            new = [pop()]
                        elif a:
                            new = stack[-a:]
                            del stack[-a:]
                        else:
                            new = []
                        callee = pop()
                        if type(callee) is Closure and type(callee.function) is InterpretedFunction:
                            inner = callee.function.decoded
                            if inner.arity != a:
                                check_arity(callee, a)
                                new = bind_arguments(inner.code, new)
                            if depth >= DEPTH_LIMIT:
                                raise depth_error()
                            if vm.poll:
                                vm.on_poll()
                            frames.append((decoded, code, pc, slots, captured))
                            depth += 1
                            decoded = inner
                            code = inner.instructions
                            pc = 0
                            new += inner.padding
                            slots = new
                            captured = callee.captured
                            if inner.published:
                                vm.late_frames.append((inner.published, slots))
                        else:
                            vm.depth = depth
                            push(call_value(decoded.instance, callee, new, b, depth))
                        # What a variable of this loop holds cannot be changed in place.
                        new = callee = None
                    elif op == RETURN:
                        if a is not None:
                            push(slots[a])
                        if not frames:
                            return pop()
                        decoded, code, pc, slots, captured = frames.pop()
                        depth -= 1
                    else:  # SET_INDEX_LOCAL
                        y = pop() if b is None else slots[b]
                        x = pop() if c is None else slots[c]
                        items = slots[a]
                        if (
                            type(items) is list
                            and type(y) is int
                            and 0 <= y < len(items)
                            and getrefcount(items) == CELL_COUNT
                        ):
                            items[y] = x
                            items = None
                        else:
                            items = None
                            set_index_in_slot(slots, a, y, x)
                elif op < FIRST_RARE:
                    if op == SET_FIELD_LOCAL:
                        y = pop() if c is None else slots[c]
                        x = None
                        items = slots[a]
                        if type(items) is StructValue and getrefcount(items) == CELL_COUNT:
                            items.fields[b] = y
                            items = None
                        else:
                            items = None
                            set_field_in_slot(slots, a, b, y)
                    elif op == MOD:
                        y = pop() if b is None else slots[b]
                        x = pop() if a is None else slots[a]
                        if type(x) is int and type(y) is int and x >= 0 and y > 0:
                            x %= y
                        else:
                            x = operators.mod(x, y)
                        if c is None:
                            push(x)
                        else:
                            slots[c] = x
                    elif op == JUMP_UNLESS:
                        if not (pop() if b is None else slots[b]):
                            pc = a
                    elif op == EQ:
                        y = pop() if b is None else slots[b]
                        x = pop() if a is None else slots[a]
                        x = x == y if type(x) is int and type(y) is int else equal(x, y)
                        if c is None:
                            push(x)
                        elif not x:
                            pc = c
                    elif op == LESS_EQUAL:
                        y = pop() if b is None else slots[b]
                        x = pop() if a is None else slots[a]
                        x = x <= y if type(x) is int and type(y) is int else operators.less_equal(x, y)
                        if c is None:
                            push(x)
                        elif not x:
                            pc = c
                    elif op == GREATER:
                        y = pop() if b is None else slots[b]
                        x = pop() if a is None else slots[a]
                        x = x > y if type(x) is int and type(y) is int else operators.greater(x, y)
                        if c is None:
                            push(x)
                        elif not x:
                            pc = c
                    elif op == GREATER_EQUAL:
                        y = pop() if b is None else slots[b]
                        x = pop() if a is None else slots[a]
                        x = x >= y if type(x) is int and type(y) is int else operators.greater_equal(x, y)
                        if c is None:
                            push(x)
                        elif not x:
                            pc = c
                    elif op == CALL_SELF:
                        if depth >= DEPTH_LIMIT:
                            raise depth_error()
                        if vm.poll:
                            vm.on_poll()
                        frames.append((decoded, code, pc, slots, captured))
                        depth += 1
                        pc = 0
                        if a == 1:
                            slots = [pop(), *decoded.padding]
                        else:
                            slots = stack[len(stack) - a :]
                            slots += decoded.padding
                            del stack[len(stack) - a :]
                        del stack[-1]
                        if decoded.published:
                            vm.late_frames.append((decoded.published, slots))
                    elif op == STORE:
                        slots[a] = pop()
                    elif op == MOVE:
                        slots[b] = slots[a]
                    elif op == CALL_NATIVE:
                        vm.depth = depth
                        if b == 1:
                            stack[-1] = a(vm, stack[-1])
                        elif b:
                            new = stack[-b:]
                            del stack[-b:]
                            push(a(vm, *new))
                            new = None
                        else:
                            push(a(vm))
                    elif op == OPERATION:
                        vm.depth = depth
                        x = y = None
                        a(decoded.instance, stack, slots, captured, b[0], b[1])
                    elif op == JUMP:
                        pc = a
                    elif op == FOR_NEXT:
                        item, iterator = b
                        for x in slots[iterator]:
                            slots[item] = x
                            break
                        else:
                            slots[iterator] = None
                            pc = a
                    elif op == LOAD_CAPTURE:
                        push(captured[a])
                    elif op == DIV:
                        y = pop() if b is None else slots[b]
                        x = pop() if a is None else slots[a]
                        if type(x) is int and type(y) is int and x >= 0 and y > 0:
                            x //= y
                        elif type(x) is float and type(y) is float and y:
                            x /= y
                        else:
                            x = operators.div(x, y)
                        if c is None:
                            push(x)
                        else:
                            slots[c] = x
                    elif op == CALL_METHOD:
                        if b:
                            new = stack[-b:]
                            del stack[-b:]
                        else:
                            new = []
                        x = stack[-1]
                        callee = closure_entry(vm, x, a)
                        if callee is None:
                            vm.depth = depth
                            stack[-1] = call_method(vm, x, a, new)
                            new = None
                            continue
                        if type(x) is not dict and x.type.methods.get(a) is callee:
                            new.insert(0, x)
                        if type(callee) is Closure and type(callee.function) is InterpretedFunction:
                            inner = callee.function.decoded
                            check_arity(callee, len(new))
                            if inner.arity < 0:
                                new = bind_arguments(inner.code, new)
                            if depth >= DEPTH_LIMIT:
                                raise depth_error()
                            if vm.poll:
                                vm.on_poll()
                            # The frame stays in this loop; unwinding sees by the instruction that it is a boundary.
                            del stack[-1]
                            frames.append((decoded, code, pc, slots, captured))
                            depth += 1
                            decoded = inner
                            code = inner.instructions
                            pc = 0
                            new += inner.padding
                            slots = new
                            captured = callee.captured
                            if inner.published:
                                vm.late_frames.append((inner.published, slots))
                        else:
                            vm.depth = depth
                            stack[-1] = vm.call(callee, new)
                        new = callee = None
                    else:  # CALL_CHECKED
                        vm.depth = depth
                        if b:
                            new = stack[-b:]
                            del stack[-b:]
                        else:
                            new = []
                        push(call_builtin(vm, a, new))
                        new = None
                elif op == POP:
                    del stack[-1]
                elif op == CONST:
                    push(a)
                elif op == NE:
                    y = pop()
                    stack[-1] = not equal(stack[-1], y)
                elif op == NOT:
                    stack[-1] = not stack[-1]
                elif op == JUMP_IF:
                    if pop() if b is None else slots[b]:
                        pc = a
                elif op == STRING:
                    new = stack[-a:]
                    del stack[-a:]
                    push("".join([x if type(x) is str else display(x) for x in new]))
                    new = None
                elif op == LIST:
                    if a:
                        new = stack[-a:]
                        del stack[-a:]
                        push(new)
                        new = None
                    else:
                        push([])
                elif op == MAKE_CLOSURE:
                    inner = decoded.instance.function(a)
                    push(make_closure(inner, tuple([captured[i] if c else slots[i] for c, i in inner.code.captures])))
                elif op == PUSH_HANDLER:
                    held: Any = None
                    if a.kind == HandlerKind.DEADLINE:
                        held = vm.enter_deadline(pop())
                    elif a.kind == HandlerKind.MUTEX:
                        vm.depth = depth
                        held = vm.acquire_mutex()
                    handlers.append((len(frames), a, len(stack), held))
                elif op == LEAVE_TRY:
                    del handlers[-1]
                    pc = a
                elif op == THROW:
                    error = thrown(pop())
                    break
                elif op == TAIL_CALL:
                    if a:
                        new = stack[-a:]
                        del stack[-a:]
                    else:
                        new = []
                    callee = pop()
                    if type(callee) is Closure and type(callee.function) is InterpretedFunction:
                        inner = callee.function.decoded
                        if inner.arity != a:
                            check_arity(callee, a)
                            new = bind_arguments(inner.code, new)
                        if vm.poll:
                            vm.on_poll()
                        decoded = inner
                        code = inner.instructions
                        pc = 0
                        new += inner.padding
                        slots = new
                        captured = callee.captured
                        if inner.published:
                            vm.late_frames.append((inner.published, slots))
                    else:
                        vm.depth = depth
                        x = call_value(decoded.instance, callee, new, b, depth - 1)
                        if not frames:
                            return x
                        push(x)
                        decoded, code, pc, slots, captured = frames.pop()
                        depth -= 1
                    new = callee = None
                elif op == TAIL_CALL_SELF:
                    if vm.poll:
                        vm.on_poll()
                    new = stack[len(stack) - a :]
                    new += decoded.padding
                    del stack[len(stack) - a - 1 :]
                    slots = new
                    new = None
                    pc = 0
                elif op == LOAD_SELF:
                    push(make_closure(decoded, captured))
                elif op == JUMP_NOT_NIL:
                    if stack[-1] is None:
                        del stack[-1]
                    else:
                        pc = a
                elif op == CHECK_PARAMETER:
                    check_parameter(decoded.code.name, decoded.code.slot_names[a], b, slots[a])
                elif op == RETURN_DROPPING:
                    x = pop()
                    del stack[len(stack) - a :]
                    if decoded.published:
                        vm.late_frames.pop()
                    if not frames:
                        return x
                    push(x)
                    decoded, code, pc, slots, captured = frames.pop()
                    depth -= 1
                elif op == BEGIN_CLEANUP:
                    del handlers[-1]
                    handlers.append((len(frames), RUNNING, len(stack), GO_ON))
                elif op in (END_CLEANUP, LEAVE_TO, RETURN_LEAVING):
                    if op == LEAVE_TO:
                        going: Completion = (Exit.JUMP, a, (len(handlers) - b[0], len(stack) - b[1]))
                    elif op == RETURN_LEAVING:
                        going = (Exit.RETURN, pop(), None)
                    else:
                        going = handlers.pop()[3]
                        if going is GO_ON:
                            continue
                        if going[0] == Exit.RAISE:
                            error = going[1]
                            pc = going[2]
                            break
                    least = going[2][0] if going[0] == Exit.JUMP else 0
                    level = len(frames)
                    while len(handlers) > least and handlers[-1][0] == level:
                        entry = handlers.pop()
                        info = entry[1]
                        if info.kind == HandlerKind.CLEANUP:
                            del stack[entry[2] :]
                            stack += [None] * info.results
                            handlers.append((level, RUNNING, len(stack), going))
                            pc = info.target
                            break
                        release(vm, entry)
                    else:
                        if going[0] == Exit.JUMP:
                            pc = going[1]
                            del stack[going[2][1] :]
                            continue
                        if decoded.published:
                            vm.late_frames.pop()
                        if not frames:
                            return going[1]
                        push(going[1])
                        decoded, code, pc, slots, captured = frames.pop()
                        depth -= 1
                elif op == LEAVE_HANDLER:
                    release(vm, handlers.pop())
                elif op == FOR_ITERATE:
                    vm.depth = depth
                    slots[a] = iterate(pop())
                elif op == DROP:
                    del stack[len(stack) - a :]
                elif op == CLEAR:
                    slots[a] = None
                elif op == UNWRAP_OK:
                    x = stack[-1]
                    if not is_result(x):
                        raise type_error(f"? operator requires a Result value, got {type_name(x)}")
                    if x.variant == "Ok":
                        stack[-1] = x.fields[0] if x.fields else None
                        pc = a
                elif op == YIELD:
                    assert suspension is not None
                    suspension.pc = pc
                    suspension.yielded = True
                    if decoded.published:
                        vm.late_frames.pop()
                    return pop()
                elif op == RETHROW:
                    error = slots[a]
                    break
                elif op == FAIL:
                    error = GuestError(a[0], a[1])
                    break
                elif op == CALL_BUILTIN:
                    code[pc - 1] = _resolve_builtin(decoded.instance, a, b)
                    pc -= 1
                elif op == CALL_METHOD_OPT:
                    if stack[-b - 1] is not None:
                        new = stack[len(stack) - b :]
                        del stack[len(stack) - b :]
                        vm.depth = depth
                        stack[-1] = call_method(vm, stack[-1], a, new)
                    elif b:
                        del stack[-b:]
        except GuestError as caught:
            error = caught
        except RecursionError:
            error = depth_error()
        except BaseException:
            # A hard exit, or a defect of the host: no guest code runs any more, but nothing stays held.
            for entry in reversed(handlers):
                release(vm, entry)
            del vm.late_frames[late_height:]
            raise
        assert error is not None
        harvest(error, vm.frame_lookup)
        while True:
            handled = find_handler(vm, handlers, len(frames), error, pc)
            if handled is not None:
                info, height = handled
                del stack[height:]
                pc = info.target
                for instrument in vm.instruments:
                    instrument.failed(error, info.kind == HandlerKind.TRY)
                if info.kind == HandlerKind.TRY:
                    slots[info.slot] = caught_value(error)
                    if info.error_slot >= 0:
                        slots[info.error_slot] = error
                else:
                    stack += [None] * info.results
                break
            position = trace_entry(decoded, pc)
            if position.line:
                error.trace.append(position)
            if decoded.published:
                vm.late_frames.pop()
            if not frames:
                for instrument in vm.instruments:
                    instrument.failed(error, False)
                raise error
            decoded, code, pc, slots, captured = frames.pop()
            depth -= 1
            if code[pc - 1][0] == CALL_METHOD:
                cross_boundary(error)
        # A frame that kept the error would keep the thrown value from being changed in place.
        error = None


def trace_entry(decoded: DecodedFunction, pc: int) -> TraceEntry:
    """The trace entry of a frame whose next instruction is number ``pc``."""
    code = decoded.code
    origin = decoded.origins[pc - 1]
    start, end = code.spans[origin]
    return TraceEntry(code.name, decoded.instance.chunk.source_name, code.lines[origin], start, end)


def _resolve_builtin(instance: Any, name: str, count: int) -> Decoded:
    """The instruction that calls a builtin directly; made when it first runs, because that may import its module."""
    builtin = instance.vm.find_builtin(name)
    if builtin is None:
        raise instance.undefined(name, True)
    if builtin.check is None and builtin.minimum <= count and (builtin.maximum < 0 or count <= builtin.maximum):
        return CALL_NATIVE, builtin.function, count, None
    return CALL_CHECKED, builtin, count, None
