"""Guest tasks: greenlets that take turns, first in first out (docs/reference/runtime.md 9).

One task runs at a time and gives its turn up only where it waits, so the order of output depends on the program
alone. The *hub* is the greenlet that called ``execute``; it resumes ready tasks and sleeps while there are none.
Waits between tasks (joins, channels, locks, timers) need nothing but this file; ``bridge.py`` takes the hub over
when a task waits for the host. Must not know trio.
"""

from __future__ import annotations

import heapq
from collections import deque

from greenlet import getcurrent, greenlet

from harnlite.values.errors import CancelledExit, GuestError, runtime_error, thrown
from harnlite.vm.errors import cross_boundary, depth_error
from harnlite.vm.task_state import Task, TaskState
from harnlite.vm.trace import harvest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Final, NoReturn

    from harnlite.vm.instruments import Instrument
    from harnlite.vm.machine import Vm
    from harnlite.vm.task_state import Deadline

__all__ = ["TIMED_OUT", "Scheduler"]


class _TimedOut:
    __slots__ = ()


#: What :meth:`Scheduler.park` gives when its time was over.
TIMED_OUT: Final = _TimedOut()


class _FreshStack:
    """Handed to the hub: a greenlet to start from there, at the bottom of Python's stack."""

    __slots__ = ("greenlet",)

    def __init__(self, started: greenlet) -> None:
        self.greenlet = started


class Scheduler:
    """The run queue of one VM.

    :param vm: the VM; its ``depth`` and ``late_frames`` are those of the running task.
    """

    def __init__(self, vm: Vm) -> None:
        self._vm = vm
        #: Those of the VM.
        self.instruments: tuple[Instrument, ...] = ()
        #: Seconds on the host's monotonic clock; timers and deadlines are on it.
        self.now: Callable[[], float] = vm.host.monotonic
        #: In turn; a task that was cancelled meanwhile is passed over, for finding it in here would take long.
        self.ready: deque[Task] = deque()
        self._timers: list[tuple[float, int, Task, int]] = []
        self._timer_number = 0
        #: Started and not done.
        self.live: set[Task] = set()
        self.main = Task(_nothing, "task_root", "root", None)
        self.current = self.main
        self.hub: greenlet = getcurrent()
        #: What ended the run other than the main task's end: an exit request, Ctrl-C, a defect.
        self.fatal: BaseException | None = None
        #: The context variables that guest code sees; None: those of each greenlet.
        self.context: Any = None

    # ------------------------------------------------------------------------------------------ for the hub

    def begin(self, function: Callable[[], Any]) -> None:
        """Make the calling greenlet the hub of a new run, with a main task that is ready."""
        self.hub = getcurrent()
        self.main = self.current = Task(function, "task_root", "root", None)
        self.ready.clear()
        self._timers.clear()
        self.live.clear()
        self.fatal = None
        self.ready.append(self.main)

    @property
    def finished(self) -> bool:
        """Whether the run is over."""
        return self.main.state == TaskState.DONE or self.fatal is not None

    def next_ready(self) -> Task | None:
        """Take the next task in turn, or give None when all wait."""
        timers = self._timers
        if timers:
            now = self.now()
            while timers and timers[0][0] <= now:
                _, _, task, turn = heapq.heappop(timers)
                if task.turn == turn and task.state == TaskState.PARKED and task.host_wait is None:
                    self.unpark(task, TIMED_OUT)
        ready = self.ready
        while ready:
            task = ready.popleft()
            if task.state != TaskState.DONE:
                return task
        return None

    def has_ready(self) -> bool:
        """Whether some task waits for its turn only."""
        ready = self.ready
        while ready and ready[0].state == TaskState.DONE:
            ready.popleft()
        return bool(ready)

    def next_timer(self) -> float | None:
        """When the next parked task must be woken, on the host's monotonic clock."""
        timers = self._timers
        while timers and (timers[0][2].turn != timers[0][3] or timers[0][2].state != TaskState.PARKED):
            heapq.heappop(timers)
        return timers[0][0] if timers else None

    def resume(self, task: Task) -> Any:
        """Give a task its turn; returns when some task switches back to the hub, with what it hands over."""
        self.current = task
        task.state = TaskState.RUNNING
        if task.greenlet is None:
            task.greenlet = task.base = greenlet(self._body, parent=self.hub)
            self.live.add(task)
            if self.context is not None:
                task.greenlet.gr_context = self.context
            return self._started(task.greenlet.switch(task))
        if self.context is not None and task.greenlet.gr_context is not self.context:
            task.greenlet.gr_context = self.context
        return self._started(task.greenlet.switch())

    def go_on(self) -> Any:
        """Resume the current task, which had only handed something to the hub."""
        assert self.current.greenlet is not None
        return self._started(self.current.greenlet.switch())

    def _started(self, message: Any) -> Any:
        """Start the greenlets that tasks ask the hub to start; gives the first other message."""
        while type(message) is _FreshStack:
            message = message.greenlet.switch()
        return message

    def on_fresh_stack(self, function: Callable[..., Any], depth: int, arguments: Sequence[Any]) -> Any:
        """Call ``function(depth, *arguments)`` in a greenlet of its own, for the current task.

        Nested callbacks take several Python frames each. Going on at the bottom of the stack now and then lets the
        guest reach its own limit of nested calls, whatever Python's is.
        """
        vm = self._vm
        caller = getcurrent()
        outcome: list[Any] = []

        def body() -> None:
            try:
                outcome.append(function(depth, *arguments))
            except BaseException as error:
                outcome.append(None)
                outcome.append(error)
            # Only now, because a greenlet is started by its parent's greenlet, which must be the hub.
            getcurrent().parent = caller

        fresh = greenlet(body, parent=self.hub)
        if self.context is not None:
            fresh.gr_context = self.context
        base, vm.stack_base = vm.stack_base, depth
        try:
            self.hub.switch(_FreshStack(fresh))
        finally:
            vm.stack_base = base
        if len(outcome) > 1:
            raise outcome.pop()
        return outcome[0]

    def run(self) -> Any:
        """The hub's loop without trio: until the run is over, or a task hands something to the hub."""
        while not self.finished:
            task = self.next_ready()
            if task is not None:
                message = self.resume(task)
                if message is not None:
                    return message
                continue
            until = self.next_timer()
            if until is None:
                self.break_deadlock()
            else:
                self._vm.host.nap(max(until - self.now(), 0))
                if self._vm.cancel_requested:
                    self.unpark(self.main)
        return None

    def break_deadlock(self) -> None:
        """Fail the main task, because no task can ever run again."""
        waits = self.main.waiting_for or "another task"
        self.unpark(self.main, runtime_error(f"deadlock: every task waits, the main one for {waits}"))

    def kill_all(self) -> None:
        """End every task of a run that is over; called by the hub."""
        self.ready.clear()
        for task in [task for task in self.live if task is not self.main]:
            self.cancel(task)
        if self.main.state != TaskState.DONE:
            self.cancel(self.main)
        self._timers.clear()

    # ---------------------------------------------------------------------------------------------- for tasks

    def spawn(
        self,
        function: Callable[[], Any],
        kind: str,
        name: str,
        *,
        id: str | None = None,  # noqa: A002 - the language's own word
        group: str | None = None,
        parent: Task | None = None,
    ) -> Task:
        """Start a task that runs when its turn comes: never before the current task waits.

        :param kind: the part of its id that says what started it.
        :param name: its name.
        :param id: its id, by default the parent's with the kind and a number.
        :param group: the id of its task group; default: none.
        :param parent: by default the current task.
        """
        if parent is None:
            parent = self.current
        if id is None:
            id = f"{parent.id}:{kind}:{parent.next_child(kind)}"  # noqa: A001 - the language's own word
        task = Task(function, id, name, parent, group)
        task.late_frames = list(self._vm.late_frames)
        self.ready.append(task)
        for instrument in self.instruments:
            instrument.task_started(task)
        return task

    def park(self, timeout_ms: float | None = None, waiting_for: str | None = None) -> Any:
        """Wait until another task calls :meth:`unpark` for this one.

        :param timeout_ms: give up after that many milliseconds of real time; 0 or less: at the next turn.
        :param waiting_for: what for, in a word, for diagnostics.
        :returns: the value handed over, or :data:`TIMED_OUT`.
        :raises GuestError: a deadline has passed, or every task waits.
        :raises CancelledExit: the task was cancelled.
        """
        task = self.current
        self._check(task)
        task.turn += 1
        when = task.nearest_deadline()
        if timeout_ms is not None:
            ends = self.now() + timeout_ms / 1000
            when = ends if when is None else min(when, ends)
        if when is not None:
            self._timer_number += 1
            heapq.heappush(self._timers, (when, self._timer_number, task, task.turn))
        task.state = TaskState.PARKED
        task.waiting_for = waiting_for
        for instrument in self.instruments:
            instrument.task_parked(task)
        value = self.switch_away(task)
        if isinstance(value, GuestError):
            try:
                raise value
            finally:
                del value
        if value is TIMED_OUT and task.deadlines:
            self.check_deadlines(task)
        return value

    def unpark(self, task: Task, value: Any = None) -> bool:
        """Let a parked task go on with a value; false when it is not parked any more.

        A GuestError as the value is raised in the task.
        """
        if task.state != TaskState.PARKED or task.host_wait is not None:
            return False
        task.state = TaskState.READY
        task.turn += 1
        task.wake = value
        self.ready.append(task)
        for instrument in self.instruments:
            instrument.task_woken(task)
        return True

    def yield_now(self) -> None:
        """Let every task that is ready take its turn first."""
        task = self.current
        self._check(task)
        task.state = TaskState.READY
        task.turn += 1
        task.wake = None
        self.ready.append(task)
        self.switch_away(task)

    def switch_away(self, task: Task, message: Any = None) -> Any:
        """Leave the current task, which is parked or ready, to the others; gives what it is woken with.

        :param message: for the hub, which then runs at once.
        """
        vm = self._vm
        depth = vm.depth
        late_frames = vm.late_frames
        stack_base = vm.stack_base
        task.greenlet = getcurrent()
        following = None if message is not None else self.next_ready()
        if following is not None and following.greenlet is None:
            # A greenlet starts at the depth of whoever starts it, so only the hub, which is at the bottom, does.
            self.ready.appendleft(following)
            following = None
        if following is None:
            self.hub.switch(message)
        elif following is not task:
            self.resume(following)
        self.current = task
        task.state = TaskState.RUNNING
        vm.depth = depth
        vm.late_frames = late_frames
        vm.stack_base = stack_base
        task.waiting_for = None
        value, task.wake = task.wake, None
        if task.cancelled or vm.cancel_requested:
            raise CancelledExit
        return value

    def hand_over(self, message: Any) -> None:
        """Give a message to the hub; the current task goes on first."""
        task = self.current
        task.state = TaskState.READY
        self.ready.appendleft(task)
        self.switch_away(task, message)

    def cancel(self, task: Task) -> None:
        """End a task at once: no guest code of it runs any more, what it held is released.

        :raises CancelledExit: it is the current task.
        """
        if task.state == TaskState.DONE:
            return
        task.cancelled = True
        if task.state == TaskState.NEW:
            task.error = CancelledExit()
            self._done(task)
            return
        if task is self.current and task.state == TaskState.RUNNING:
            raise CancelledExit
        if task.host_wait is not None:
            task.host_wait.abandon()
        assert task.greenlet is not None
        assert task.base is not None
        # The dying greenlet comes back here and not to the hub: whoever cancels goes on without a switch.
        caller = self.current
        vm = self._vm
        depth, late_frames, stack_base = vm.depth, vm.late_frames, vm.stack_base
        task.base.parent = getcurrent()
        self.current = task
        task.state = TaskState.RUNNING
        task.greenlet.throw(CancelledExit())
        self.current = caller
        vm.depth, vm.late_frames, vm.stack_base = depth, late_frames, stack_base

    def check_deadlines(self, task: Task) -> None:
        """Raise ``Deadline exceeded`` for the innermost deadline of the running task that has passed."""
        now = self.now()
        for deadline in reversed(task.deadlines):
            if not deadline.fired and deadline.expires <= now:
                self.expire(task, deadline)

    def expire_nearest_deadline(self, task: Task) -> None:
        """Raise ``Deadline exceeded`` for the deadline that comes first, whatever this clock says."""
        pending = [deadline for deadline in task.deadlines if not deadline.fired]
        if pending:
            self.expire(task, min(pending, key=lambda deadline: deadline.expires))

    def expire(self, task: Task, deadline: Deadline) -> NoReturn:
        """End the tasks that the running task has spawned and not joined, then raise ``Deadline exceeded``.

        Implements docs/reference/runtime.md 9.7.
        """
        deadline.fired = True
        self._end_unjoined(task)
        raise thrown("Deadline exceeded")

    def _end_unjoined(self, task: Task) -> None:
        for child in list(task.unjoined):
            self.cancel(child)

    def join(self, task: Task) -> None:
        """Wait until a task is done."""
        while task.state != TaskState.DONE:
            task.waiters.append(self.current)
            try:
                self.park(waiting_for="a task")
            finally:
                if self.current in task.waiters:
                    task.waiters.remove(self.current)

    # -------------------------------------------------------------------------------------------------- inside

    def _check(self, task: Task) -> None:
        if task.cancelled or self._vm.cancel_requested:
            raise CancelledExit
        if self._vm.poll:
            self._vm.on_poll()

    def _body(self, task: Task) -> None:
        vm = self._vm
        vm.depth = vm.stack_base = 0
        vm.late_frames = task.late_frames
        try:
            task.result = task.function()
        except GuestError as error:
            harvest(error, vm.frame_lookup)
            cross_boundary(error)
            task.error = error
        except RecursionError:
            task.error = depth_error()
        except CancelledExit as error:
            # Its traceback would keep what the task's frames held, permits among them.
            task.error = error.with_traceback(None)
            if not task.cancelled and self.fatal is None:
                self.fatal = error
        except BaseException as error:
            # An exit request or a defect in any task ends the run.
            task.error = error
            self.fatal = error
        self.live.discard(task)
        self._done(task)

    def _done(self, task: Task) -> None:
        task.state = TaskState.DONE
        task.function = _nothing
        task.deadlines.clear()
        # A permit that it was given and never got to take.
        task.wake = None
        if task.parent is not None:
            task.parent.unjoined.pop(task, None)
            if task.unjoined:
                self._end_unjoined(task)
        for waiter in task.waiters:
            self.unpark(waiter)
        task.waiters.clear()
        if task.on_done is not None:
            on_done, task.on_done = task.on_done, None
            on_done(task)
        for instrument in self.instruments:
            instrument.task_done(task)


def _nothing() -> None:
    return None
