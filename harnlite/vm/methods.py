"""Finding what ``receiver.name(arguments)`` calls (docs/reference/language.md 6.3, builtins.md 3.2)."""

from __future__ import annotations

from harnlite.values.access import unknown_method
from harnlite.values.display import type_name
from harnlite.values.types import Builtin, Closure, StructValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from harnlite.vm.machine import Vm

__all__ = ["call_builtin", "call_method", "closure_entry"]


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
