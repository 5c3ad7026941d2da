"""Locks: ``sync_*`` (docs/reference/more.md 2)."""

from __future__ import annotations

from harnlite.builtins.registry import builtin
from harnlite.values.display import display
from harnlite.values.errors import runtime_error
from harnlite.vm.locks import DEFAULT_MUTEX, Permit
from harnlite.vm.task_state import milliseconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from harnlite.vm.machine import Vm

__all__: list[str] = []

_READERS = 1024


def _key(value: Any, default: str = "default") -> str:
    return default if value is None else display(value)


def _count(name: str, value: Any) -> int:
    number = value if type(value) is int else 1
    if number < 1:
        raise runtime_error(f"{name}: value must be positive")
    return number


def _acquire(vm: Vm, kind: str, key: str, capacity: int, permits: int, timeout: Any) -> Permit | None:
    lock = vm.locks.get(kind, key, capacity)
    if permits > capacity:
        raise runtime_error(f"sync {kind} '{key}' requested {permits} permits from capacity {capacity}")
    return lock.acquire(permits, milliseconds(timeout))


@builtin("sync_mutex_acquire(key?: any, timeout?: int | duration) -> sync_permit | nil", area="locks", loose=True)
def sync_mutex_acquire(vm: Vm, key: Any = None, timeout: Any = None) -> Permit | None:
    """A permit of a mutex; nil when the time is over. Without a key it is the lock of ``mutex`` blocks."""
    return _acquire(vm, "mutex", _key(key, DEFAULT_MUTEX), 1, 1, timeout)


@builtin(
    "sync_semaphore_acquire(key?: any, capacity?: int, permits?: int, timeout?: int | duration) -> sync_permit | nil",
    area="locks",
    loose=True,
)
def sync_semaphore_acquire(
    vm: Vm, key: Any = None, capacity: Any = None, permits: Any = None, timeout: Any = None
) -> Permit | None:
    """Permits of a semaphore; nil when the time is over. The first call fixes the capacity."""
    name = "sync_semaphore_acquire"
    return _acquire(vm, "semaphore", _key(key), _count(name, capacity), _count(name, permits), timeout)


@builtin("sync_gate_acquire(key?: any, limit?: int, timeout?: int | duration) -> sync_permit | nil", area="locks", loose=True)  # fmt: skip  # noqa: E501
def sync_gate_acquire(vm: Vm, key: Any = None, limit: Any = None, timeout: Any = None) -> Permit | None:
    """A permit of a gate that lets so many in; nil when the time is over."""
    return _acquire(vm, "gate", _key(key), _count("sync_gate_acquire", limit), 1, timeout)


@builtin("sync_rwlock_acquire(key?: any, mode?: string, timeout?: int | duration) -> sync_permit | nil", area="locks", loose=True)  # fmt: skip  # noqa: E501
def sync_rwlock_acquire(vm: Vm, key: Any = None, mode: Any = "read", timeout: Any = None) -> Permit | None:
    """A permit to read beside other readers, or to write alone; nil when the time is over."""
    if mode != "read" and mode != "write":
        raise runtime_error("sync_rwlock_acquire: mode must be read or write")
    return _acquire(vm, "rwlock", _key(key), _READERS, 1 if mode == "read" else _READERS, timeout)


@builtin("sync_release(permit?: sync_permit) -> bool", area="locks", loose=True)
def sync_release(_vm: Vm, permit: Any = None) -> bool:
    """Give a permit back; false when it already was."""
    if not isinstance(permit, Permit):
        raise runtime_error("sync_release: first argument must be a sync permit")
    return permit.release()


@builtin("sync_metrics(kind?: any, key?: any) -> dict | list | nil", area="locks", loose=True)
def sync_metrics(vm: Vm, kind: Any = None, key: Any = None) -> Any:
    """Counts of one lock, or a list of those of all locks (of a kind)."""
    locks = vm.locks.locks
    if kind is not None and key is not None:
        lock = locks.get((display(kind), display(key)))
        return None if lock is None else lock.metrics()
    wanted = [lock for lock in locks.values() if kind is None or lock.kind == display(kind)]
    return [lock.metrics() for lock in sorted(wanted, key=lambda lock: (lock.kind, lock.key))]
