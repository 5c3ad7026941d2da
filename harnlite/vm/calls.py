"""The calling convention that both tiers share.

A closure's ``function(depth, *arguments)`` gets the arguments as they were given: the caller has checked their
number (:func:`check_arity`, or simply ``closure.arity``) and the depth (:data:`DEPTH_LIMIT`); the callee fills in
``MISSING`` for absent parameters and gathers a rest parameter.
"""

from __future__ import annotations

from harnlite.bytecode.chunk import FunctionCode
from harnlite.values.types import MISSING, Closure
from harnlite.vm.errors import wrong_arity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


__all__ = ["DEPTH_LIMIT", "arity_of", "bind_arguments", "check_arity"]

#: The largest number of guest calls around a running one: 511 nested calls work, the next fails (language.md 6.4).
DEPTH_LIMIT = 511
#: So many guest calls deep, a callback goes on in a greenlet of its own (``Scheduler.on_fresh_stack``).
FRESH_STACK_DEPTH = 64


def arity_of(code: FunctionCode) -> int:
    """The exact number of arguments a function takes, or -1 when there are defaults or a rest parameter."""
    parameters = code.parameters
    return -1 if any(p.has_default or p.rest for p in parameters) else len(parameters)


def check_arity(closure: Closure, count: int) -> None:
    """Raise the arity error of language.md 7.2 unless a closure takes that many arguments."""
    if closure.arity == count:
        return
    code: FunctionCode = closure.code
    if closure.arity >= 0:
        raise wrong_arity(code.name, closure.arity, closure.arity, count)
    least = code.required
    most = -1 if code.has_rest else len(code.parameters)
    if count < least or (0 <= most < count):
        raise wrong_arity(code.name, least, most, count)


def bind_arguments(code: FunctionCode, arguments: Sequence[Any]) -> list[Any]:
    """Give the first slots of a call: a value per parameter, ``MISSING`` where none was given."""
    count = len(code.parameters)
    if code.has_rest:
        fixed = count - 1
        slots = list(arguments[:fixed])
        slots += [MISSING] * (fixed - len(slots))
        slots.append(list(arguments[fixed:]))
        return slots
    slots = list(arguments)
    slots += [MISSING] * (count - len(slots))
    return slots
