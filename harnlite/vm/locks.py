"""Mutexes, semaphores, gates and read-write locks: permits handed out first come, first served (more.md 2)."""

from __future__ import annotations

from collections import deque

from harnlite.values.errors import runtime_error
from harnlite.values.types import Handle
from harnlite.vm.scheduler import TIMED_OUT, Scheduler
from harnlite.vm.task_state import Task, TaskState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final


__all__ = ["DEFAULT_MUTEX", "Lock", "LockRegistry", "Permit"]

#: The key that ``mutex`` blocks and ``sync_mutex_acquire()`` share.
DEFAULT_MUTEX: Final = "__default__"


class Permit(Handle):
    """Held permits of a lock; given back by :meth:`release` or when the last reference goes."""

    __slots__ = ("_count", "_lock", "_since")
    type_name = "sync_permit"

    def __init__(self, lock: Lock, count: int) -> None:
        self._lock = lock
        self._count = count
        self._since = lock.now()

    def display(self) -> str:
        """``<sync_permit:KIND:KEY>``."""
        return f"<sync_permit:{self._lock.kind}:{self._lock.key}>"

    def release(self) -> bool:
        """Give the permits back; false when they already were."""
        count, self._count = self._count, 0
        if count:
            self._lock.give_back(count, self._lock.now() - self._since)
        return bool(count)

    def drop(self) -> None:
        """The same as :meth:`release`."""
        self.release()

    def __del__(self) -> None:
        self.release()


class Lock:
    """One lock: a number of permits and a queue.

    :param kind: ``mutex``, ``semaphore``, ``gate`` or ``rwlock``.
    :param capacity: how many permits there are.
    """

    def __init__(self, scheduler: Scheduler, kind: str, key: str, capacity: int) -> None:
        self._scheduler = scheduler
        self.now = scheduler.now
        self.kind = kind
        self.key = key
        self.capacity = capacity
        #: Permits that are out.
        self.held = 0
        self._queue: deque[tuple[Task, int]] = deque()
        self._acquired = self._timeouts = self._cancelled = self._released = 0
        self._deepest = 0
        self._waited = self._held_for = 0.0

    def acquire(self, count: int, timeout_ms: float | None) -> Permit | None:
        """Wait for permits.

        :param timeout_ms: None waits for ever, 0 or less tries once.
        :returns: None when the time was over.
        """
        if not self._queue and self.held + count <= self.capacity:
            return self._grant(count)
        self._deepest = max(self._deepest, len(self._queue) + 1)
        if timeout_ms is not None and timeout_ms <= 0:
            self._timeouts += 1
            return None
        began = self.now()
        place = (self._scheduler.current, count)
        self._queue.append(place)
        try:
            permit = self._scheduler.park(timeout_ms, f"the {self.kind} {self.key}")
        except BaseException:
            self._cancelled += 1
            self._leave(place)
            raise
        self._waited += self.now() - began
        if permit is TIMED_OUT:
            self._timeouts += 1
            self._leave(place)
            return None
        return permit  # type: ignore[no-any-return]  # what _serve hands over

    def _grant(self, count: int) -> Permit:
        self.held += count
        self._acquired += 1
        return Permit(self, count)

    def _leave(self, place: tuple[Task, int]) -> None:
        if place in self._queue:
            self._queue.remove(place)
            self._serve()

    def give_back(self, count: int, held_for: float) -> None:
        """Take permits back and serve the queue."""
        self.held -= count
        self._released += 1
        self._held_for += held_for
        self._serve()

    def _serve(self) -> None:
        queue = self._queue
        while queue and self.held + queue[0][1] <= self.capacity:
            task, count = queue.popleft()
            # A task whose time is over has not had its turn yet, and takes nothing any more.
            if task.state == TaskState.PARKED:
                self._scheduler.unpark(task, self._grant(count))

    def metrics(self) -> dict[str, Any]:
        """What ``sync_metrics`` shows."""
        return {
            "acquisition_count": self._acquired,
            "cancellation_count": self._cancelled,
            "capacity": self.capacity,
            "current_held": self.held,
            "current_queue_depth": len(self._queue),
            "key": self.key,
            "kind": self.kind,
            "max_queue_depth": self._deepest,
            "release_count": self._released,
            "timeout_count": self._timeouts,
            "total_held_ms": int(self._held_for * 1000),
            "total_wait_ms": int(self._waited * 1000),
        }


class LockRegistry:
    """The locks of a VM by kind and key."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self.locks: dict[tuple[str, str], Lock] = {}

    def get(self, kind: str, key: str, capacity: int) -> Lock:
        """The lock of that name, made when first asked for.

        :raises GuestError: it exists with another capacity.
        """
        lock = self.locks.get((kind, key))
        if lock is None:
            lock = self.locks[kind, key] = Lock(self._scheduler, kind, key, capacity)
        elif lock.capacity != capacity:
            raise runtime_error(f"sync {kind} '{key}' already exists with capacity {lock.capacity}, not {capacity}")
        return lock

    def mutex(self) -> Permit:
        """Wait for the lock of ``mutex`` blocks."""
        permit = self.get("mutex", DEFAULT_MUTEX, 1).acquire(1, None)
        assert permit is not None
        return permit
