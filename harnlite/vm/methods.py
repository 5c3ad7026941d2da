"""Calls of what is only known when running: any value, or a method (reference/language.md 6.3, builtins.md 3.2)."""

from __future__ import annotations

from harnlite.values.access import unknown_method
from harnlite.values.display import type_name
from harnlite.values.errors import type_error
from harnlite.values.types import Builtin, Closure, StructValue
from harnlite.vm.calls import DEPTH_LIMIT, FRESH_STACK_DEPTH, check_arity
from harnlite.vm.errors import depth_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from harnlite.vm.instance import Instance
    from harnlite.vm.machine import Vm

__all__ = ["call_builtin", "call_method", "call_value", "closure_entry"]


def closure_entry(vm: Vm, receiver: Any, name: str) -> Closure | Builtin | None:
    """The function value that a method call on a struct or dict means: an ``impl`` method or a callable entry.

    A struct's method gets the receiver as its first argument, an entry does not. The methods of dicts come before the
    entries of one, but not before the members of a namespace such as ``stream``, which are called by dotted names.
    """
    if type(receiver) is StructValue:
        method = receiver.type.methods.get(name)
        if method is not None:
            return method
        entry = receiver.fields.get(name)
    elif type(receiver) is dict:
        entry = receiver.get(name)
        if name in vm.registry.methods["dict"] and not (type(entry) is Builtin and entry.name.endswith(f".{name}")):
            return None
    else:
        return None
    return entry if type(entry) is Closure or type(entry) is Builtin else None


def call_builtin(vm: Vm, builtin: Builtin, arguments: list[Any]) -> Any:
    """Call a builtin with any arguments: checked when it is strict, cut to what it takes when it is loose."""
    if builtin.check is not None:
        builtin.check(arguments)
    elif 0 <= builtin.maximum < len(arguments):
        arguments = arguments[: builtin.maximum]
    return builtin.function(vm, *arguments)


def call_method(vm: Vm, receiver: Any, name: str, arguments: list[Any]) -> Any:
    """Call a method of any value; the caller has set ``vm.depth``."""
    entry = closure_entry(vm, receiver, name)
    if entry is not None:
        if type(receiver) is StructValue and entry is receiver.type.methods.get(name):
            return vm.call(entry, [receiver, *arguments])
        return vm.call(entry, arguments)
    kind = type_name(receiver)
    method = vm.registry.methods[kind].get(name)
    if method is None or len(arguments) < method.minimum:
        if kind == "int" or kind == "float":
            return None
        raise unknown_method(receiver, name)
    if 0 <= method.maximum < len(arguments):
        arguments = arguments[: method.maximum]
    return method.function(vm, receiver, *arguments)


def call_value(instance: Instance, callee: Any, arguments: list[Any], name: str | None, depth: int) -> Any:
    """Call any value from a frame at ``depth``, with a nested loop where the callee is interpreted.

    :param name: what it is called by; None for a pipe.
    """
    kind = type(callee)
    if kind is Closure:
        check_arity(callee, len(arguments))
        if depth >= DEPTH_LIMIT:
            raise depth_error()
        if depth - instance.vm.stack_base > FRESH_STACK_DEPTH:
            return instance.vm.scheduler.on_fresh_stack(callee.function, depth + 1, arguments)
        return callee.function(depth + 1, *arguments)
    if kind is Builtin:
        return call_builtin(instance.vm, callee, arguments)
    if name is None:
        raise type_error(f"cannot pipe into {type_name(callee)}")
    builtin = instance.vm.find_builtin(name)
    if builtin is None:
        raise instance.undefined(name, True)
    return call_builtin(instance.vm, builtin, arguments)
