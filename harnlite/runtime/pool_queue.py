"""The waiting line of a pool: which task is next under each strategy (docs/reference/runtime.md 5).

Iterating gives the tasks in order of submission; taking the next one or the oldest one costs little however long the
line is.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush

from attrs import define, field

from harnlite.runtime.pool_tasks import PoolTask

__all__ = ["STRATEGIES", "TaskQueue"]

#: The names of the strategies.
STRATEGIES = ("fifo", "priority", "lifo", "fair_round_robin")


@define
class TaskQueue:
    """The tasks of one pool that wait for a free slot.

    :param strategy: one of :data:`STRATEGIES`.
    """

    strategy: str
    _waiting: dict[str, PoolTask] = field(factory=dict, init=False)
    _by_priority: list[tuple[int, int, PoolTask]] = field(factory=list, init=False)
    _by_fair_key: dict[str, dict[str, PoolTask]] = field(factory=dict, init=False)
    _served: dict[str, int] = field(factory=dict, init=False)
    _turn: int = field(default=0, init=False)

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[PoolTask]:
        return iter(self._waiting.values())

    def add(self, task: PoolTask) -> None:
        """Put a task at the end of the line."""
        self._waiting[task.id] = task
        if self.strategy == "priority":
            heappush(self._by_priority, (-task.priority, task.sequence, task))
        elif self.strategy == "fair_round_robin":
            self._by_fair_key.setdefault(task.fair_key, {})[task.id] = task

    def take_next(self) -> PoolTask:
        """Take the task that runs next; the line is not empty."""
        task = self._choose()
        self.note_turn(task)
        return self._remove(task)

    def take_oldest(self) -> PoolTask:
        """Take the task that was submitted first; the line is not empty."""
        return self._remove(next(iter(self._waiting.values())))

    def note_turn(self, task: PoolTask) -> None:
        """Note that a task has its turn, whether it waited or not."""
        if self.strategy == "fair_round_robin":
            self._turn += 1
            self._served[task.fair_key] = self._turn

    def _choose(self) -> PoolTask:
        if self.strategy == "lifo":
            return self._waiting[next(reversed(self._waiting))]
        if self.strategy == "priority":
            while True:
                task = heappop(self._by_priority)[2]
                # What was dropped from the line is still in the heap.
                if task.id in self._waiting:
                    return task
        if self.strategy == "fair_round_robin":
            return self._next_in_turn()
        return next(iter(self._waiting.values()))

    def _next_in_turn(self) -> PoolTask:
        """The first task of the key that was served longest ago; among new keys the one that waits longest."""
        firsts = (next(iter(tasks.values())) for tasks in self._by_fair_key.values())
        return min(firsts, key=lambda task: (self._served.get(task.fair_key, 0), task.sequence))

    def _remove(self, task: PoolTask) -> PoolTask:
        del self._waiting[task.id]
        if self.strategy == "fair_round_robin":
            group = self._by_fair_key[task.fair_key]
            del group[task.id]
            if not group:
                del self._by_fair_key[task.fair_key]
        return task
