"""Something that belongs to a task and to the tasks it starts, for as long as a block runs.

A store of these hangs on a VM as a service; what it keeps may add fields to ``runtime_context()``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from attrs import define, field

from harnlite.builtins.runtime_context import RuntimeContext

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm
    from harnlite.vm.task_state import Task

__all__ = ["TaskScope"]

T = TypeVar("T")


@define
class TaskScope(Generic[T]):
    """What is installed in the tasks of a VM."""

    _vm: Vm
    _by_task: dict[str, T] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        self._vm.service(RuntimeContext).contributors.append(self.context_fields)

    def context_fields(self) -> dict[str, Any]:
        """Give what the item of the current task adds to ``runtime_context()``."""
        return {}

    @contextmanager
    def installed(self, item: T) -> Iterator[T]:
        """Make an item that of the current task, and of the tasks it starts, during the block."""
        task_id = self._vm.task.id
        before = self._by_task.get(task_id)
        self._by_task[task_id] = item
        try:
            yield item
        finally:
            if before is None:
                del self._by_task[task_id]
            else:
                self._by_task[task_id] = before

    def nearest(self) -> T | None:
        """Give the item of the current task or of its nearest ancestor that has one."""
        task: Task | None = self._vm.task
        while task is not None:
            item = self._by_task.get(task.id)
            if item is not None:
                return item
            task = task.parent
        return None
