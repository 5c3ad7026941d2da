"""Atomic integers (docs/reference/runtime.md 9.6, more.md 7)."""

from __future__ import annotations

from harnlite.builtins.registry import builtin
from harnlite.values.operators import wrap
from harnlite.values.types import Handle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["Atomic"]


class Atomic(Handle):
    """An int shared by all tasks."""

    __slots__ = ("value",)
    type_name = "atomic"

    def __init__(self, value: int) -> None:
        self.value = value

    def display(self) -> str:
        """``<atomic:VALUE>``."""
        return f"<atomic:{self.value}>"

    def equals(self, other: object) -> bool:
        """Whether both hold the same value now (builtins.md 2.3)."""
        return type(other) is Atomic and other.value == self.value


@builtin("atomic(initial?: int | float | bool) -> atomic", area="atomics")
def atomic(_vm: Vm, initial: float | bool | None = None) -> Atomic:
    """An atomic int; a float is truncated, a bool is 0 or 1."""
    return Atomic(0 if initial is None or initial != initial else wrap(int(initial)))


@builtin("atomic_get(atomic: atomic) -> int", area="atomics")
def atomic_get(_vm: Vm, atomic: Atomic) -> int:
    """The value."""
    return atomic.value


@builtin("atomic_set(atomic: atomic, value: int) -> int", area="atomics")
def atomic_set(_vm: Vm, atomic: Atomic, value: int) -> int:
    """Set the value; gives the one before."""
    before, atomic.value = atomic.value, value
    return before


@builtin("atomic_add(atomic: atomic, delta: int) -> int", area="atomics")
def atomic_add(_vm: Vm, atomic: Atomic, delta: int) -> int:
    """Add to the value; gives the one before."""
    before, atomic.value = atomic.value, wrap(atomic.value + delta)
    return before


@builtin("atomic_cas(atomic: atomic, expected: int, value: int) -> bool", area="atomics")
def atomic_cas(_vm: Vm, atomic: Atomic, expected: int, value: int) -> bool:
    """Set the value if it is the expected one; tells whether it was."""
    if atomic.value != expected:
        return False
    atomic.value = value
    return True
