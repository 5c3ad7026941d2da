"""The interpreter's less frequent operations: those that only move values, one small function each.

Every function is ``operation(instance, stack, slots, captured, a, b)`` with the operands as ``decode.py`` leaves
them. What changes the flow of control, or happens in every loop, is in ``interpreter.py``.
"""

from __future__ import annotations

from harnlite.bytecode.opcodes import Op
from harnlite.values import access, operators
from harnlite.values.display import display, type_name
from harnlite.values.errors import GuestError, type_error
from harnlite.values.ownership import CELL_COUNT, getrefcount
from harnlite.values.types import (
    MISSING,
    Closure,
    EnumValue,
    LateCell,
    err,
    is_result,
    ok,
)
from harnlite.vm import tasks
from harnlite.vm.methods import call_method, call_value
from harnlite.vm.structs import make_struct, struct_constructor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

    from harnlite.vm.instance import Instance

    _Stack = list[Any]
    _Captured = tuple[Any, ...]
    _Operation = Callable[["Instance", _Stack, _Stack, _Captured, Any, Any], None]

__all__ = [
    "OPERATIONS",
    "add_to_slot",
    "set_field_in_slot",
    "set_index_in_slot",
    "swap",
]


def _destructuring_error(value: Any, brackets: str, expected: str) -> GuestError:
    """A value that cannot be taken apart, or spread, as a list or dict."""
    return type_error(f"cannot destructure {type_name(value)} with {brackets} pattern — expected {expected}")


# ------------------------------------------------------------------------------------------------- variables


def swap(_i: Instance, stack: _Stack, _s: _Stack, _c: _Captured, _a: Any, _b: Any) -> None:
    """Exchange the two topmost values."""
    stack[-1], stack[-2] = stack[-2], stack[-1]


def _new_cell(_i: Instance, _stack: _Stack, slots: _Stack, _c: _Captured, a: Any, _b: Any) -> None:
    slots[a] = LateCell()


def _set_cell(_i: Instance, stack: _Stack, slots: _Stack, _c: _Captured, a: Any, _b: Any) -> None:
    slots[a].value = stack[-1]


def _late(instance: Instance, cell: Any, name: str, is_call: bool) -> Any:
    if type(cell) is LateCell and type(cell.value) is Closure:
        return cell.value
    return instance.load_dynamic(name, is_call)


def _load_late_capture(instance: Instance, stack: _Stack, _s: _Stack, captured: _Captured, a: Any, b: Any) -> None:
    stack.append(_late(instance, captured[a], b, False))


def _load_late_capture_callee(
    instance: Instance, stack: _Stack, _s: _Stack, captured: _Captured, a: Any, b: Any
) -> None:
    stack.append(_late(instance, captured[a], b, True))


def _load_dynamic(instance: Instance, stack: _Stack, _s: _Stack, _c: _Captured, a: Any, b: Any) -> None:
    stack.append(instance.load_dynamic(a, bool(b)))


def _load_global(instance: Instance, stack: _Stack, _s: _Stack, _c: _Captured, a: Any, _b: Any) -> None:
    values = instance.vm.globals
    if a not in values:
        raise instance.undefined(a, False)
    stack.append(values[a])


def _load_builtin(instance: Instance, stack: _Stack, _s: _Stack, _c: _Captured, a: Any, _b: Any) -> None:
    builtin = instance.vm.find_builtin(a)
    if builtin is None:
        raise instance.undefined(a, False)
    stack.append(builtin)


def _load_module(instance: Instance, stack: _Stack, _s: _Stack, _c: _Captured, a: Any, b: Any) -> None:
    stack.append(instance.load_module(a, bool(b)))


def _store_module(instance: Instance, stack: _Stack, _s: _Stack, _c: _Captured, a: Any, _b: Any) -> None:
    instance.state[a] = stack.pop()


def _load_import(instance: Instance, stack: _Stack, _s: _Stack, _c: _Captured, a: Any, b: Any) -> None:
    stack.append(instance.load_import(a, b))


# ------------------------------------------------------------------------------------------------- operators


def _binary(function: Callable[[Any, Any], Any]) -> _Operation:
    def operation(_i: Instance, stack: _Stack, _s: _Stack, _c: _Captured, _a: Any, _b: Any) -> None:
        y = stack.pop()
        stack[-1] = function(stack[-1], y)

    return operation


def _unary(function: Callable[[Any], Any]) -> _Operation:
    def operation(_i: Instance, stack: _Stack, _s: _Stack, _c: _Captured, _a: Any, _b: Any) -> None:
        stack[-1] = function(stack[-1])

    return operation


def _range(_i: Instance, stack: _Stack, _s: _Stack, _c: _Captured, a: Any, _b: Any) -> None:
    end = stack.pop()
    stack[-1] = operators.make_range(stack[-1], end, bool(a))


# -------------------------------------------------------------------------------------------------- building


def _list_append(_i: Instance, stack: _Stack, _s: _Stack, _c: _Captured, _a: Any, _b: Any) -> None:
    item = stack.pop()
    stack[-1].append(item)


def _list_extend(_i: Instance, stack: _Stack, _s: _Stack, _c: _Captured, _a: Any, _b: Any) -> None:
    items = stack.pop()
    if type(items) is not list:
        raise _destructuring_error(items, "[...]", "list")
    stack[-1].extend(items)


def _dict(_i: Instance, stack: _Stack, _s: _Stack, _c: _Captured, a: Any, _b: Any) -> None:
    if not a:
        stack.append({})
        return
    parts = stack[-2 * a :]
    del stack[-2 * a :]
    stack.append(
        {key if type(key) is str else display(key): value for key, value in zip(parts[::2], parts[1::2], strict=True)}
    )


def _dict_set(_i: Instance, stack: _Stack, _s: _Stack, _c: _Captured, _a: Any, _b: Any) -> None:
    value = stack.pop()
    key = stack.pop()
    stack[-1][key if type(key) is str else display(key)] = value


def _dict_update(_i: Instance, stack: _Stack, _s: _Stack, _c: _Captured, _a: Any, _b: Any) -> None:
    entries = stack.pop()
    if type(entries) is not dict:
        raise _destructuring_error(entries, "{...}", "dict")
    stack[-1].update(entries)


def _enum(_i: Instance, stack: _Stack, _s: _Stack, _c: _Captured, a: Any, b: Any) -> None:
    if b:
        fields = tuple(stack[-b:])
        del stack[-b:]
    else:
        fields = ()
    stack.append(EnumValue(a[0], a[1], fields))


def _struct(instance: Instance, stack: _Stack, _s: _Stack, _c: _Captured, a: Any, b: Any) -> None:
    values = stack[len(stack) - len(b) :]
    del stack[len(stack) - len(b) :]
    stack.append(make_struct(instance.struct_type(a), dict(zip(b, values, strict=True))))


def _struct_from(instance: Instance, stack: _Stack, _s: _Stack, _c: _Captured, a: Any, _b: Any) -> None:
    entries = stack[-1]
    stack[-1] = make_struct(instance.struct_type(a), entries if type(entries) is dict else {})


def _struct_constructor(instance: Instance, stack: _Stack, _s: _Stack, _c: _Captured, a: Any, _b: Any) -> None:
    stack.append(struct_constructor(instance.struct_type(a)))


def _define_impl(instance: Instance, stack: _Stack, _s: _Stack, _c: _Captured, a: Any, b: Any) -> None:
    closures = stack[len(stack) - len(b) :]
    del stack[len(stack) - len(b) :]
    instance.struct_type(a).methods.update(zip(b, closures, strict=True))


def _wrap_ok(value: Any) -> Any:
    return value if is_result(value) else ok(value)


# ------------------------------------------------------------------------------------------ access and updates


def _get_field_optional(_i: Instance, stack: _Stack, _s: _Stack, _c: _Captured, a: Any, _b: Any) -> None:
    stack[-1] = access.get_field_optional(stack[-1], a)


def _slice(_i: Instance, stack: _Stack, _s: _Stack, _c: _Captured, a: Any, _b: Any) -> None:
    end = stack.pop() if a & 2 else None
    start = stack.pop() if a & 1 else None
    stack[-1] = access.slice_value(stack[-1], start, end, bool(a & 1), bool(a & 2))


def add_to_slot(slots: _Stack, slot: int, addend: Any) -> None:
    """Add to a local, in place when it is the only one that holds its value."""
    value = slots[slot]
    kind = type(value)
    if kind is str and type(addend) is str:
        # With the variable emptied, CPython extends the text where it is, and building one stays linear.
        slots[slot] = None
        value += addend
        slots[slot] = value
    elif (kind is list or kind is dict) and getrefcount(value) == CELL_COUNT:
        access.add_owned(value, addend)
    else:
        slots[slot] = operators.add(value, addend)


def set_index_in_slot(slots: _Stack, slot: int, index: Any, value: Any) -> None:
    """``local[index] = value``."""
    target = slots[slot]
    if getrefcount(target) == CELL_COUNT:
        access.set_index_in_place(target, index, value)
    else:
        slots[slot] = access.set_index(target, index, value)


def set_field_in_slot(slots: _Stack, slot: int, name: str, value: Any) -> None:
    """``local.name = value``."""
    target = slots[slot]
    if getrefcount(target) == CELL_COUNT:
        access.set_field_in_place(target, name, value)
    else:
        slots[slot] = access.set_field(target, name, value)


def _append_local(instance: Instance, stack: _Stack, slots: _Stack, _c: _Captured, a: Any, _b: Any) -> None:
    value = slots[a]
    if type(value) is not list:
        slots[a] = instance.vm.call_method(value, "push", [stack.pop()])
    elif getrefcount(value) == CELL_COUNT:
        value.append(stack.pop())
    else:
        slots[a] = [*value, stack.pop()]


def _set_path_local(_i: Instance, stack: _Stack, slots: _Stack, _c: _Captured, a: Any, b: Any) -> None:
    count = b.count(None)
    indices = stack[len(stack) - count :]
    del stack[len(stack) - count :]
    target = slots[a]
    if getrefcount(target) == CELL_COUNT:
        access.set_path_in_place(target, b, indices, stack.pop())
    else:
        slots[a] = access.set_path(target, b, indices, stack.pop())


def _set_index(_i: Instance, stack: _Stack, _s: _Stack, _c: _Captured, _a: Any, _b: Any) -> None:
    index = stack.pop()
    target = stack.pop()
    stack[-1] = access.set_index(target, index, stack[-1])


def _set_field(_i: Instance, stack: _Stack, _s: _Stack, _c: _Captured, a: Any, _b: Any) -> None:
    target = stack.pop()
    stack[-1] = access.set_field(target, a, stack[-1])


def _set_path(_i: Instance, stack: _Stack, _s: _Stack, _c: _Captured, a: Any, _b: Any) -> None:
    count = a.count(None)
    indices = stack[len(stack) - count :]
    del stack[len(stack) - count :]
    target = stack.pop()
    stack[-1] = access.set_path(target, a, indices, stack[-1])


# ------------------------------------------------------------------------------------- calls with a spread list


def _call_spread(instance: Instance, stack: _Stack, _s: _Stack, _c: _Captured, a: Any, _b: Any) -> None:
    arguments = stack.pop()
    stack[-1] = call_value(instance, stack[-1], arguments, a, instance.vm.depth)


def _call_builtin_spread(instance: Instance, stack: _Stack, _s: _Stack, _c: _Captured, a: Any, _b: Any) -> None:
    stack[-1] = call_value(instance, None, stack[-1], a, instance.vm.depth)


def _call_method_spread(instance: Instance, stack: _Stack, _s: _Stack, _c: _Captured, a: Any, _b: Any) -> None:
    arguments = stack.pop()
    stack[-1] = call_method(instance.vm, stack[-1], a, arguments)


def _call_method_opt_spread(instance: Instance, stack: _Stack, _s: _Stack, _c: _Captured, a: Any, _b: Any) -> None:
    arguments = stack.pop()
    if stack[-1] is not None:
        stack[-1] = call_method(instance.vm, stack[-1], a, arguments)


# ------------------------------------------------------------------------------- parameters and destructuring


def _is_missing(_i: Instance, stack: _Stack, slots: _Stack, _c: _Captured, a: Any, _b: Any) -> None:
    stack.append(slots[a] is MISSING)


def _is_variant(_i: Instance, stack: _Stack, _s: _Stack, _c: _Captured, a: Any, _b: Any) -> None:
    value = stack[-1]
    stack[-1] = type(value) is EnumValue and value.variant == a[1] and value.enum == a[0]


def _enum_field(_i: Instance, stack: _Stack, _s: _Stack, _c: _Captured, a: Any, _b: Any) -> None:
    stack[-1] = access.enum_field(stack[-1], a)


def _is_list(_i: Instance, stack: _Stack, _s: _Stack, _c: _Captured, a: Any, _b: Any) -> None:
    value = stack[-1]
    stack[-1] = type(value) is list and len(value) >= a


def _check_dict(_i: Instance, stack: _Stack, _s: _Stack, _c: _Captured, _a: Any, _b: Any) -> None:
    if type(stack[-1]) is not dict:
        raise _destructuring_error(stack[-1], "{...}", "dict")


def _check_list(_i: Instance, stack: _Stack, _s: _Stack, _c: _Captured, _a: Any, _b: Any) -> None:
    if type(stack[-1]) is not list:
        raise _destructuring_error(stack[-1], "[...]", "list")


def _dict_rest(_i: Instance, stack: _Stack, _s: _Stack, _c: _Captured, a: Any, _b: Any) -> None:
    stack[-1] = access.dict_rest(stack[-1], a)


def _list_rest(_i: Instance, stack: _Stack, _s: _Stack, _c: _Captured, a: Any, _b: Any) -> None:
    stack[-1] = access.list_rest(stack[-1], a)


# -------------------------------------------------------------------------------------------------------- tasks


def _spawn(instance: Instance, stack: _Stack, _s: _Stack, _c: _Captured, _a: Any, _b: Any) -> None:
    stack[-1] = tasks.spawn(instance.vm, stack[-1])


def _parallel(instance: Instance, stack: _Stack, _s: _Stack, _c: _Captured, a: Any, _b: Any) -> None:
    closure = stack.pop()
    limit = stack.pop()
    stack[-1] = tasks.parallel(instance.vm, a, stack[-1], limit, closure)


def _select(instance: Instance, stack: _Stack, _s: _Stack, _c: _Captured, a: Any, b: Any) -> None:
    timeout = stack.pop() if b == 1 else None
    channels = stack[len(stack) - a :]
    del stack[len(stack) - a :]
    stack += tasks.select(instance.vm, channels, b, timeout)


#: By opcode.
OPERATIONS: Final[dict[int, _Operation]] = {
    Op.NEW_CELL: _new_cell,
    Op.SET_CELL: _set_cell,
    Op.LOAD_LATE_CAPTURE: _load_late_capture,
    Op.LOAD_LATE_CAPTURE_CALLEE: _load_late_capture_callee,
    Op.LOAD_DYNAMIC: _load_dynamic,
    Op.LOAD_GLOBAL: _load_global,
    Op.LOAD_BUILTIN: _load_builtin,
    Op.LOAD_MODULE: _load_module,
    Op.STORE_MODULE: _store_module,
    Op.LOAD_IMPORT: _load_import,
    Op.POW: _binary(operators.power),
    Op.IN: _binary(operators.contains),
    Op.NOT_IN: _binary(lambda item, container: not operators.contains(item, container)),
    Op.NEG: _unary(operators.negate),
    Op.TO_BOOL: _unary(bool),
    Op.RANGE: _range,
    Op.LIST_APPEND: _list_append,
    Op.LIST_EXTEND: _list_extend,
    Op.DICT: _dict,
    Op.DICT_SET: _dict_set,
    Op.DICT_UPDATE: _dict_update,
    Op.ENUM: _enum,
    Op.STRUCT: _struct,
    Op.STRUCT_FROM: _struct_from,
    Op.STRUCT_CONSTRUCTOR: _struct_constructor,
    Op.DEFINE_IMPL: _define_impl,
    Op.WRAP_OK: _unary(_wrap_ok),
    Op.WRAP_ERR: _unary(err),
    Op.GET_FIELD_OPT: _get_field_optional,
    Op.GET_INDEX_OPT: _binary(access.get_index_optional),
    Op.SLICE: _slice,
    Op.APPEND_LOCAL: _append_local,
    Op.SET_PATH_LOCAL: _set_path_local,
    Op.SET_INDEX: _set_index,
    Op.SET_FIELD: _set_field,
    Op.SET_PATH: _set_path,
    Op.CALL_SPREAD: _call_spread,
    Op.CALL_BUILTIN_SPREAD: _call_builtin_spread,
    Op.CALL_METHOD_SPREAD: _call_method_spread,
    Op.CALL_METHOD_OPT_SPREAD: _call_method_opt_spread,
    Op.IS_MISSING: _is_missing,
    Op.IS_VARIANT: _is_variant,
    Op.ENUM_FIELD: _enum_field,
    Op.IS_DICT: _unary(lambda value: type(value) is dict),
    Op.IS_LIST: _is_list,
    Op.CHECK_DICT: _check_dict,
    Op.CHECK_LIST: _check_list,
    Op.DICT_REST: _dict_rest,
    Op.LIST_REST: _list_rest,
    Op.SPAWN: _spawn,
    Op.PARALLEL: _parallel,
    Op.SELECT: _select,
}
