"""What translated code calls: the fixed part of its namespace, and the part that is bound to one VM.

Takes values and a VM, gives values; raises the guest's errors. Knows nothing of how the text was made.
"""

from __future__ import annotations

import math

from harnlite.values import access, operators
from harnlite.values.display import display, type_name
from harnlite.values.equality import equal, sort_by_keys
from harnlite.values.errors import GuestError, thrown, type_error
from harnlite.values.ownership import LOCAL_COUNT, getrefcount
from harnlite.values.parameter_checks import check_parameter
from harnlite.values.types import (
    MISSING,
    Builtin,
    Closure,
    EnumValue,
    LateCell,
    RangeValue,
    StructType,
    StructValue,
    err,
    is_result,
    ok,
)
from harnlite.vm.calls import DEPTH_LIMIT, check_arity
from harnlite.vm.errors import caught_value, cross_boundary, depth_error
from harnlite.vm.generators import GeneratorHandle
from harnlite.vm.methods import call_method as call_any_method
from harnlite.vm.methods import call_value as call_any
from harnlite.vm.structs import struct_constructor
from harnlite.vm.trace import harvest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from harnlite.vm.instance import Instance

__all__ = ["FIXED_NAMES", "bound_names"]

#: Python errors by which a fast text says that the plain one has to be evaluated.
_RESCUE: Final = (TypeError, IndexError, KeyError, ZeroDivisionError, AttributeError, ValueError, OverflowError)
#: What handlers and clean-ups of guest code see; a RecursionError is one nested call too many.
_CATCHABLE: Final = (GuestError, RecursionError)

_new: Final = object.__new__


class _Leave:
    """The type of the mark that ``?`` met an ``Err``."""

    __slots__ = ()


_LEAVE: Final = _Leave()


def _count(_depth: int, value: list[int]) -> int:
    return getrefcount(value)


def _lent_count() -> int | None:
    """The reference count of an argument that one variable of the caller holds as well; measured."""
    if LOCAL_COUNT is None:
        return None
    value = [1]
    count = _count(0, value)
    value.append(2)
    return count


def _wrap_number(number: Any) -> Any:
    return operators.wrap(number) if type(number) is int else number


def _text_of(*parts: Any) -> str:
    return "".join([part if type(part) is str else display(part) for part in parts])


def _struct_of(kind: StructType, names: list[str], values: list[Any]) -> StructValue:
    return StructValue(kind, {n: v for n, v in zip(names, values, strict=True) if n in kind.fields})


def _struct_from(kind: StructType, entries: Any) -> StructValue:
    entries = entries if type(entries) is dict else {}
    return StructValue(kind, {name: value for name, value in entries.items() if name in kind.fields})


def _new_struct(kind: StructType, fields: dict[str, Any]) -> StructValue:
    """A struct value, made without the detour over the class, which takes CPython twice as long."""
    value: StructValue = _new(StructValue)
    value.type = kind
    value.fields = fields
    return value


def _new_enum(enum: str, variant: str, fields: tuple[Any, ...]) -> EnumValue:
    """An enum value, made as by :func:`_new_struct`."""
    value: EnumValue = _new(EnumValue)
    value.enum = enum
    value.variant = variant
    value.fields = fields
    return value


# The value to be set is evaluated before what it is put into: it is the first argument.


def _replace_index(value: Any, holder: Any, index: Any) -> Any:
    return access.set_index(holder, index, value)


def _replace_field(value: Any, holder: Any, name: str) -> Any:
    return access.set_field(holder, name, value)


def _replace_path(value: Any, holder: Any, steps: Any, indices: list[Any]) -> Any:
    return access.set_path(holder, steps, indices, value)


def _put_index(value: Any, holder: Any, index: Any) -> None:
    access.set_index_in_place(holder, index, value)


def _is_variant(value: Any, enum: str, variant: str) -> bool:
    return type(value) is EnumValue and value.variant == variant and value.enum == enum


def _is_list(value: Any, least: int) -> bool:
    return type(value) is list and len(value) >= least


def _destructuring_error(value: Any, brackets: str, expected: str) -> GuestError:
    return type_error(f"cannot destructure {type_name(value)} with {brackets} pattern — expected {expected}")


def _check_dict(value: Any) -> Any:
    if type(value) is not dict:
        raise _destructuring_error(value, "{...}", "dict")
    return value


def _check_list(value: Any) -> Any:
    if type(value) is not list:
        raise _destructuring_error(value, "[...]", "list")
    return value


def _wrap_ok(value: Any) -> Any:
    return value if is_result(value) else ok(value)


def _unwrap_result(value: Any) -> Any:
    if not is_result(value):
        raise type_error(f"? operator requires a Result value, got {type_name(value)}")
    if value.variant == "Ok":
        return value.fields[0] if value.fields else None
    return _LEAVE


def _sort_naturally(items: list[Any], keys: list[Any]) -> list[Any]:
    """Sort by keys that all are ints or all are strings."""
    order = sorted(range(len(keys)), key=keys.__getitem__)
    return [items[index] for index in order]


def _caught(error: BaseException) -> Any:
    return caught_value(error if type(error) is GuestError else depth_error())


def _catches(error: BaseException, enum: str) -> bool:
    """Whether a typed handler takes an error."""
    if type(error) is not GuestError or error.kind != "thrown":
        return False
    return type(error.value) is EnumValue and error.value.enum == enum


#: What no VM changes.
FIXED_NAMES: Final[dict[str, Any]] = {
    "CATCHABLE": _CATCHABLE,
    "Closure": Closure,
    "EnumValue": EnumValue,
    "GeneratorHandle": GeneratorHandle,
    "GuestError": GuestError,
    "INFINITY": math.inf,
    "LEAVE": _LEAVE,
    "LENT": _lent_count(),
    "LateCell": LateCell,
    "MISSING": MISSING,
    "NAN": math.nan,
    "OWN": LOCAL_COUNT,
    "RESCUE": _RESCUE,
    "RangeValue": RangeValue,
    "StructValue": StructValue,
    "add": operators.add,
    "add_owned": access.add_owned,
    "catches": _catches,
    "caught": _caught,
    "check_dict": _check_dict,
    "check_list": _check_list,
    "check_arity": check_arity,
    "check_parameter": check_parameter,
    "contains": operators.contains,
    "copy_container": access.copy_container,
    "dict_rest": access.dict_rest,
    "display": display,
    "div": operators.div,
    "enum_field": access.enum_field,
    "equal": equal,
    "err": err,
    "get_field": access.get_field,
    "get_field_optional": access.get_field_optional,
    "get_index": access.get_index,
    "get_index_optional": access.get_index_optional,
    "getrefcount": getrefcount,
    "greater": operators.greater,
    "greater_equal": operators.greater_equal,
    "is_list": _is_list,
    "is_variant": _is_variant,
    "iterate": access.iterate,
    "less": operators.less,
    "less_equal": operators.less_equal,
    "list_rest": access.list_rest,
    "make_range": operators.make_range,
    "mod": operators.mod,
    "mul": operators.mul,
    "negate": operators.negate,
    "new": _new,
    "new_enum": _new_enum,
    "new_struct": _new_struct,
    "power": operators.power,
    "put_index": _put_index,
    "replace_field": _replace_field,
    "replace_index": _replace_index,
    "replace_path": _replace_path,
    "set_field_in_place": access.set_field_in_place,
    "set_path_in_place": access.set_path_in_place,
    "slice_value": access.slice_value,
    "sort_by_keys": sort_by_keys,
    "sort_naturally": _sort_naturally,
    "spread_dict": _check_dict,
    "spread_list": _check_list,
    "sqrt": math.sqrt,
    "struct_constructor": struct_constructor,
    "struct_from": _struct_from,
    "struct_of": _struct_of,
    "sub": operators.sub,
    "text_of": _text_of,
    "thrown": thrown,
    "unwrap_result": _unwrap_result,
    "wrap": operators.wrap,
    "wrap_number": _wrap_number,
    "wrap_ok": _wrap_ok,
}


def bound_names(instance: Instance) -> dict[str, Any]:
    """The names that mean something else in each VM, for one chunk's instance."""
    return _calls(instance) | _lookups(instance)


def _calls(instance: Instance) -> dict[str, Any]:
    vm = instance.vm

    def enter(depth: int) -> None:
        """What a call does when it is one too many, or the poll flag is up."""
        if depth > DEPTH_LIMIT:
            raise depth_error()
        if vm.poll:
            vm.on_poll()

    def call_value(depth: int, callee: Any, name: str | None, *arguments: Any) -> Any:
        vm.depth = depth
        return call_any(instance, callee, list(arguments), name, depth)

    def call_spread(depth: int, callee: Any, arguments: list[Any], name: str) -> Any:
        vm.depth = depth
        return call_any(instance, callee, arguments, name, depth)

    def pipe(depth: int, value: Any, callee: Any) -> Any:
        vm.depth = depth
        return call_any(instance, callee, [value], None, depth)

    def call_method(depth: int, receiver: Any, name: str, *arguments: Any) -> Any:
        vm.depth = depth
        return call_any_method(vm, receiver, name, list(arguments))

    def call_method_optional(depth: int, receiver: Any, name: str, *arguments: Any) -> Any:
        if receiver is None:
            return None
        vm.depth = depth
        return call_any_method(vm, receiver, name, list(arguments))

    def tail_call(depth: int, callee: Any, name: str | None, *arguments: Any) -> Any:
        """A call in tail position: left to the trampoline when it is one of guest code."""
        if type(callee) is not Closure:
            vm.depth = depth
            return call_any(instance, callee, list(arguments), name, depth - 1)
        check_arity(callee, len(arguments))
        return (callee.function, *arguments)

    def bounce(depth: int, result: Any) -> Any:
        """Make the calls that are left over."""
        while type(result) is tuple:
            function: Any = result[0]
            result = getattr(function, "body", function)(depth, *result[1:])
        return result

    def resumed() -> int:
        """The depth at which a generator goes on: one more than that of who pulls."""
        depth = vm.depth + 1
        if depth > DEPTH_LIMIT:
            raise depth_error()
        return depth

    def kept(error: BaseException) -> GuestError:
        """An error that a handler may raise again, with the frames that it has passed so far."""
        if type(error) is not GuestError:
            return depth_error()
        here = error.__traceback__
        error.__traceback__ = None if here is None else here.tb_next
        harvest(error, vm.frame_lookup)
        return error

    def finished(error: BaseException) -> GuestError:
        """An error that ends a generator, which is a run of its own."""
        if type(error) is not GuestError:
            return depth_error()
        harvest(error, vm.frame_lookup)
        cross_boundary(error)
        return error

    def crossed(error: BaseException) -> GuestError:
        """An error that leaves a callback or a method called here, to be raised again."""
        if type(error) is not GuestError:
            return depth_error()
        here = error.__traceback__
        error.__traceback__ = None if here is None else here.tb_next
        harvest(error, vm.frame_lookup)
        cross_boundary(error)
        return error

    return {
        "bounce": bounce,
        "call_method": call_method,
        "call_method_optional": call_method_optional,
        "call_spread": call_spread,
        "call_value": call_value,
        "crossed": crossed,
        "enter": enter,
        "finished": finished,
        "kept": kept,
        "pipe": pipe,
        "resumed": resumed,
        "tail_call": tail_call,
    }


def _lookups(instance: Instance) -> dict[str, Any]:
    vm = instance.vm

    def late(cell: Any, name: str, is_call: bool) -> Any:
        """The closure in a late cell, else whatever else the name means."""
        if type(cell) is LateCell and type(cell.value) is Closure:
            return cell.value
        return instance.load_dynamic(name, is_call)

    def load_global(name: str) -> Any:
        values = vm.globals
        if name not in values:
            raise instance.undefined(name, False)
        return values[name]

    def load_builtin(name: str) -> Builtin:
        builtin = vm.find_builtin(name)
        if builtin is None:
            raise instance.undefined(name, False)
        return builtin

    def spawn(depth: int, closure: Closure) -> Any:
        from harnlite.vm import tasks

        vm.depth = depth
        return tasks.spawn(vm, closure)

    def parallel(depth: int, mode: int, subject: Any, limit: Any, closure: Closure) -> Any:
        from harnlite.vm import tasks

        vm.depth = depth
        return tasks.parallel(vm, mode, subject, limit, closure)

    def select(depth: int, channels: list[Any], mode: int, timeout: Any) -> Any:
        from harnlite.vm import tasks

        vm.depth = depth
        return tasks.select(vm, channels, mode, timeout)

    return {
        "late": late,
        "load_builtin": load_builtin,
        "load_dynamic": instance.load_dynamic,
        "load_global": load_global,
        "load_import": instance.load_import,
        "load_module": instance.load_module,
        "parallel": parallel,
        "select": select,
        "spawn": spawn,
        "state": instance.state,
        "vm": vm,
    }
