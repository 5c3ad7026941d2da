"""What ``spawn``, ``await``, ``cancel``, ``parallel`` and ``select`` do (docs/reference/runtime.md 9)."""

from __future__ import annotations

from collections import deque

from harnlite.values.access import iterate
from harnlite.values.display import type_name
from harnlite.values.errors import GuestError, thrown, type_error
from harnlite.values.types import Closure, EnumValue, Handle, HarnSet, RangeValue, err, ok
from harnlite.vm.channels import Channel
from harnlite.vm.channels import select as select_channel
from harnlite.vm.errors import error_text
from harnlite.vm.generators import GeneratorHandle
from harnlite.vm.scheduler import TIMED_OUT
from harnlite.vm.task_state import Task, TaskState, milliseconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any, Final

    from harnlite.vm.machine import Vm

__all__ = [
    "EACH",
    "Group",
    "TaskHandle",
    "await_task",
    "cancel",
    "cancel_graceful",
    "parallel",
    "select",
    "spawn",
]

COUNT: Final = 0
EACH: Final = 1
SETTLE: Final = 2
STREAM: Final = 3
_KINDS: Final = ("parallel", "parallel_each", "parallel_settle", "parallel_each_stream")
_NAMES: Final = ("parallel", "parallel each", "parallel settle", "parallel each stream")

#: How long a task may stay in one wait after it was asked to end (runtime.md 9.2).
_BLOCKED_GRACE_MS: Final = 250
_CANCELLED_TEXT: Final = "Thrown: kind:cancelled:VM cancelled by host"
_FORCED_TEXT: Final = "cancel_graceful: timeout, task forcefully aborted"


class TaskHandle(Handle):
    """What ``spawn`` gives; the task is in it until whoever spawned it awaits or cancels it."""

    __slots__ = ("number", "task")
    type_name = "task_handle"

    def __init__(self, number: int, task: Task) -> None:
        self.number = number
        self.task: Task | None = task

    def display(self) -> str:
        """``<task:vm_task_N>``."""
        return f"<task:vm_task_{self.number}>"

    def take(self, asker: Task) -> Task | None:
        """The task, the first time that the task which started it asks."""
        task = self.task
        if task is None or task.parent is not asker:
            return None
        self.task = None
        asker.unjoined.pop(task, None)
        return task


class TaskNumbers:
    """Numbers the spawned tasks of a VM."""

    def __init__(self, _vm: Any) -> None:
        self.last = 0

    def next(self) -> int:
        """The next number, from 1."""
        self.last += 1
        return self.last


def spawn(vm: Vm, closure: Closure) -> TaskHandle:
    """Start a task for a closure without parameters; it first runs when the current task waits."""
    if vm.measure is not None:
        vm.measure("spawn")()
    task = vm.scheduler.spawn(lambda: closure.function(0), "spawn", "spawn")
    vm.task.unjoined[task] = None
    return TaskHandle(vm.service(TaskNumbers).next(), task)


def await_task(vm: Vm, handle: Any) -> Any:
    """The value of a task, or its error raised; anything but a task is its own value.

    Gives nil the second time, and to anybody but the task that spawned it (runtime.md 9.2).
    """
    if not isinstance(handle, TaskHandle):
        return handle
    task = handle.take(vm.task)
    if task is None:
        return None
    vm.scheduler.join(task)
    if isinstance(task.error, GuestError):
        raise task.take_error()
    return task.result


def cancel(vm: Vm, handle: Any) -> None:
    """End a task at once; nothing for anything that is no running task."""
    task = handle.take(vm.task) if isinstance(handle, TaskHandle) else None
    if task is not None:
        vm.scheduler.cancel(task)


def cancel_graceful(vm: Vm, handle: Any, timeout_ms: int) -> EnumValue:
    """Ask a task to end and wait for it; gives ``Ok`` of its value or ``Err`` of a text.

    A task that neither ends in time nor leaves the wait it is in is ended by force.
    """
    task = handle.take(vm.task) if isinstance(handle, TaskHandle) else None
    if task is None:
        return ok(None)
    task.cancel_requested = True
    scheduler = vm.scheduler
    left = timeout_ms
    while task.state != TaskState.DONE:
        turn = task.turn
        step = min(left, _BLOCKED_GRACE_MS)
        task.waiters.append(scheduler.current)
        try:
            woken = scheduler.park(step, "a task that is being cancelled")
        finally:
            if scheduler.current in task.waiters:
                task.waiters.remove(scheduler.current)
        if woken is not TIMED_OUT or task.state == TaskState.DONE:
            continue
        left -= step
        if task.turn == turn and task.state == TaskState.PARKED and step == _BLOCKED_GRACE_MS:
            scheduler.cancel(task)
            return err(_CANCELLED_TEXT)
        if left <= 0:
            scheduler.cancel(task)
            return err(_FORCED_TEXT)
    if isinstance(task.error, GuestError):
        return err(error_text(task.error))
    return ok(task.result)


class Group:
    """The children of one ``parallel``, a limited number of them at a time."""

    def __init__(self, vm: Vm, mode: int, items: Sequence[Any], limit: int, closure: Callable[[Any], Any]) -> None:
        self._scheduler = vm.scheduler
        self._mode = mode
        self._closure = closure
        self.parent = vm.scheduler.current
        kind = _KINDS[mode]
        self._id = f"{self.parent.id}:{kind}:{self.parent.next_child(kind)}"
        self._waiting = deque(enumerate(items))
        self.tasks: list[Task] = []
        #: Done, in that order.
        self.done: list[Task] = []
        self.size = len(items)
        self._joiner: Task | None = None
        for _ in range(self.size if limit <= 0 else min(limit, self.size)):
            self._start_next()

    def _start_next(self) -> None:
        index, item = self._waiting.popleft()
        task = self._scheduler.spawn(
            lambda: self._closure(item),
            _KINDS[self._mode],
            _NAMES[self._mode],
            id=f"{self._id}:{index}",
            group=self._id,
            parent=self.parent,
        )
        task.on_done = self._child_done
        self.tasks.append(task)

    def _child_done(self, task: Task) -> None:
        self.done.append(task)
        if self._waiting:
            self._start_next()
        if self._joiner is not None:
            self._scheduler.unpark(self._joiner)

    def wait_for(self, count: int) -> None:
        """Wait until so many children are done."""
        while len(self.done) < count:
            self._joiner = self._scheduler.current
            try:
                self._scheduler.park(waiting_for="parallel tasks")
            finally:
                self._joiner = None

    def cancel(self) -> None:
        """End the children that are left."""
        self._waiting.clear()
        for task in self.tasks:
            self._scheduler.cancel(task)


class _Stream:
    """The results of a group in order of completion; an error is the last."""

    def __init__(self, group: Group) -> None:
        self._group = group
        self._given = 0

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if self._given == self._group.size:
            raise StopIteration
        self._given += 1
        self._group.wait_for(self._given)
        task = self._group.done[self._given - 1]
        if isinstance(task.error, GuestError):
            self._given = self._group.size
            raise task.take_error()
        return task.result


def _parallel_items(mode: int, subject: Any) -> Sequence[Any] | None:
    if mode == COUNT:
        return range(max(subject, 0)) if type(subject) is int else ()
    if type(subject) is list:
        return subject
    if type(subject) in (dict, HarnSet, RangeValue) or isinstance(subject, Handle):
        return list(iterate(subject))
    return None


def parallel(vm: Vm, mode: int, subject: Any, limit: Any, closure: Closure) -> Any:
    """``parallel``, ``parallel each``, ``parallel settle`` and ``parallel each ... as stream``.

    :param mode: which of them, 0 to 3.
    :param subject: the count, or what gives the items.
    :param limit: ``max_concurrent``, nil or not positive for no limit.
    :param closure: the body, a function of one item.
    :raises GuestError: the error of the lowest index, once all are done; or ``limit`` is no int.
    """
    if limit is not None and type(limit) is not int:
        raise type_error(f"parallel max_concurrent must be an int; got {type_name(limit)}")
    items = _parallel_items(mode, subject)
    if items is None:
        return None
    function = closure.function
    group = Group(vm, mode, items, limit or 0, lambda item: function(0, item))
    if mode == STREAM:
        return GeneratorHandle(vm, "stream", _Stream(group))
    measured = None if vm.measure is None else vm.measure("parallel")
    try:
        group.wait_for(group.size)
    except BaseException:
        group.cancel()
        raise
    finally:
        if measured is not None:
            measured()
    if mode == SETTLE:
        results = [
            err(error_text(task.error)) if isinstance(task.error, GuestError) else ok(task.result)
            for task in group.tasks
        ]
        failed = sum(result.variant == "Err" for result in results)
        return {"results": results, "succeeded": len(results) - failed, "failed": failed}
    for task in group.tasks:
        if isinstance(task.error, GuestError):
            raise task.take_error()
    return [task.result for task in group.tasks]


def select(vm: Vm, channels: list[Any], mode: int, timeout: Any) -> tuple[Any, int]:
    """The ``select`` statement; gives the value and the number of the case.

    :param mode: 0 waits, 1 has a time-out, 2 a default; either is the case after the channels.
    """
    for channel in channels:
        if not isinstance(channel, Channel):
            raise thrown(f"select: expected a channel, got {type_name(channel)}")
    limit: int | None = None
    if mode == 1:
        limit = milliseconds(timeout)
        limit = 0 if limit is None else limit
    elif mode == 2:
        limit = 0
    found = select_channel(vm.scheduler, channels, limit)
    if found is not None:
        return found[1], found[0]
    # Without time-out and default this is reached only when every channel is closed: the first gives nil.
    return None, len(channels) if mode else 0
