"""Where guest code meets trio: waits for the host, and a run inside an embedder's trio program.

The only file that imports trio. Guest code is synchronous and runs in greenlets; trio tasks run in the greenlet that
called ``execute`` (the hub). One trio task at a time, the *leader*, holds the baton and resumes guest tasks in the
scheduler's order. When a guest waits for the host, the first step of the host's coroutine runs right there, in the
guest's greenlet, so a wait that does not block costs no switch at all. Only if that step blocks does the guest switch
to the leader, which goes on driving that coroutine as its own and leaves the baton to another trio task.

Whoever finishes a wait takes the baton if it is free. Guests whose waits ended together become ready in the order in
which they began to wait, so trio's own, random order never shows.

No cancel scope spans guest code: each leader's scope is there to end the one host wait it may come to drive.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Coroutine, Generator
from types import coroutine
from typing import TYPE_CHECKING, Any, Final

import outcome
import trio
from greenlet import getcurrent

from harnlite.values.errors import CancelledExit
from harnlite.vm.scheduler import Scheduler
from harnlite.vm.task_state import Task, TaskState

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["Bridge", "HostWait"]

#: How long guest code may keep other trio tasks waiting, in seconds.
SLICE: Final = 0.02


class _Checkpoint:
    __slots__ = ()


#: Handed to the leader by a guest that lets trio run but keeps its turn.
_CHECKPOINT: Final = _Checkpoint()


class HostWait:
    """A guest task's wait for a host coroutine that did not finish at once.

    :param number: counts the waits of a run.
    :param task: who waits.
    :param host_coroutine: the coroutine, after its first step.
    :param trap: what that step yielded to trio.
    """

    __slots__ = ("abandoned", "error", "host_coroutine", "number", "result", "scope", "task", "timed_out", "trap")

    def __init__(self, number: int, task: Task, host_coroutine: Coroutine[Any, Any, Any], trap: Any) -> None:
        self.number = number
        self.task = task
        self.host_coroutine = host_coroutine
        self.trap = trap
        self.scope: trio.CancelScope | None = None
        self.abandoned = False
        #: Cancelled because a deadline of the task passed, and not by the embedder.
        self.timed_out = False
        self.result: Any = None
        self.error: BaseException | None = None

    def abandon(self) -> None:
        """End the wait because its task is being ended; the coroutine unwinds on its own."""
        self.abandoned = True
        self.task.host_wait = None
        if self.scope is not None:
            self.scope.cancel()


@coroutine
def _drive(host_coroutine: Coroutine[Any, Any, Any], trap: Any) -> Generator[Any, Any, Any]:
    """Go on with a coroutine whose first step yielded ``trap``, as part of the awaiting trio task."""
    while True:
        failure: BaseException | None = None
        value: Any = None
        try:
            value = yield trap
        except BaseException as error:
            failure = error
        try:
            trap = host_coroutine.send(value) if failure is None else host_coroutine.throw(failure)
        except StopIteration as end:
            return end.value


def _split_cancellation(error: BaseException) -> tuple[BaseException | None, BaseException | None]:
    """Give trio's cancellation and whatever else an error is: a nursery of the host raises both in one group."""
    if isinstance(error, BaseExceptionGroup):
        return error.split(trio.Cancelled)
    return (error, None) if isinstance(error, trio.Cancelled) else (None, error)


def _holds(error: BaseException | None, kind: type[BaseException]) -> bool:
    """Whether an error is of a kind, or a group with such a one in it."""
    if isinstance(error, BaseExceptionGroup):
        return error.subgroup(kind) is not None
    return isinstance(error, kind)


class Bridge:
    """The hub of a run while trio runs."""

    def __init__(self, vm: Vm, scheduler: Scheduler) -> None:
        self._vm = vm
        self._scheduler = scheduler
        self.running = False
        self._nursery: trio.Nursery | None = None
        #: Whether some trio task is the leader.
        self._baton = False
        #: Trio tasks parked without work; one more, the standby, also watches the timers.
        self._idle: list[trio.lowlevel.Task] = []
        self._standby: trio.lowlevel.Task | None = None
        self._standby_scope = trio.CancelScope()
        self._driving = 0
        #: Waits that are over and whose tasks are not ready yet.
        self._ended: list[HostWait] = []
        self._wait_number = 0
        #: When trio last had its turn.
        self.last_checkpoint = 0.0
        self.embedder_cancelled = False
        self._token: trio.lowlevel.TrioToken | None = None

    # --------------------------------------------------------------------------------------- from guest code

    def refuse_cancellation(self, error: BaseException) -> None:
        """Note that the embedder's scope was cancelled, if that is what ended a host coroutine's first step.

        :raises CancelledExit: it was.
        """
        if _split_cancellation(error)[1] is None:
            self.embedder_cancelled = True
            raise CancelledExit from None

    def wait(self, task: Task, host_coroutine: Coroutine[Any, Any, Any], trap: Any) -> Any:
        """Park the current guest task until its host coroutine ends; see ``Vm.wait``.

        :param host_coroutine: the coroutine, after its first step.
        :param trap: what that step yielded to trio.
        """
        scheduler = self._scheduler
        self._wait_number += 1
        wait = HostWait(self._wait_number, task, host_coroutine, trap)
        task.state = TaskState.PARKED
        task.turn += 1
        task.host_wait = wait
        task.waiting_for = "the host"
        for instrument in scheduler.instruments:
            instrument.task_parked(task)
        scheduler.switch_away(task, wait)
        error, wait.error = wait.error, None
        if error is None:
            return wait.result
        if _split_cancellation(error)[1] is not None:
            try:
                raise error
            finally:
                # Its traceback would keep this frame, and the frame it.
                del error
        if wait.timed_out:
            self._scheduler.expire_nearest_deadline(task)
        self.embedder_cancelled = True
        raise CancelledExit

    def wants_turn(self, now: float) -> bool:
        """Whether guest code has kept trio waiting for its slice."""
        return self.running and self._baton and now - self.last_checkpoint > SLICE

    def checkpoint(self) -> None:
        """Let other trio tasks run; the current guest task keeps its turn."""
        scheduler = self._scheduler
        scheduler.current.greenlet = getcurrent()
        scheduler.hub.switch(_CHECKPOINT)

    # -------------------------------------------------------------------------------------------- in trio tasks

    def stop_soon(self) -> None:
        """End all host waits, so that the run ends; from any thread."""
        token = self._token
        if token is not None:
            with contextlib.suppress(trio.RunFinishedError):
                token.run_sync_soon(self._stop)

    def _stop(self) -> None:
        if self._nursery is not None:
            self._nursery.cancel_scope.cancel()

    async def run(self) -> None:
        """Be the hub until the run is over; every trio task that was needed ends before this returns."""
        self._token = trio.lowlevel.current_trio_token()
        self.running = True
        self.last_checkpoint = time.monotonic()
        self._vm.watchdog.start()
        try:
            async with trio.open_nursery() as nursery:
                self._nursery = nursery
                self._baton = True
                await self._worker(True)
        finally:
            self.running = False
            self._baton = False
            self._nursery = None
            self._idle.clear()
            self._standby = None

    async def _worker(self, leads: bool) -> None:
        """Lead, drive host waits, idle; until the run is over."""
        assert self._nursery is not None
        scope_of_run = self._nursery.cancel_scope
        try:
            while not self._scheduler.finished:
                leading, leads = leads, False
                with trio.CancelScope() as scope:
                    leads = await self._work(scope, leading)
                if not leads:
                    leads = self._take_baton()
        except KeyboardInterrupt as interrupt:
            self._scheduler.fatal = interrupt
        scope_of_run.cancel()

    async def _work(self, scope: trio.CancelScope, leads: bool) -> bool:
        """Work until the run is over or the scope is used up; tells whether it still leads."""
        scheduler = self._scheduler
        while True:
            if not leads:
                leads = await self._be_idle()
                continue
            wait = await self._lead()
            if scheduler.finished:
                return True
            leads = False
            if wait is not None:
                await self._drive_wait(wait, scope)
                leads = self._take_baton()
                if scope.cancel_called:
                    return leads
                if leads and self._driving:
                    # Waits that end at the same time end in one round of trio, in random order: let all of them end.
                    await trio.lowlevel.cancel_shielded_checkpoint()

    async def _lead(self) -> HostWait | None:
        """Resume guest tasks until one waits for the host or none is ready; the baton is given up then."""
        scheduler = self._scheduler
        context = trio.lowlevel.current_task().context
        host = self._vm.host
        while not scheduler.finished:
            scheduler.context = context
            if self._ended:
                self._make_ready()
            task = scheduler.next_ready()
            if task is None:
                if self._driving == 0:
                    timer = scheduler.next_timer()
                    if timer is None:
                        scheduler.break_deadlock()
                        continue
                    if host.simulated:
                        host.nap(timer - scheduler.now())
                        continue
                self._give_baton()
                return None
            message = scheduler.resume(task)
            while message is _CHECKPOINT:
                await self._pass_checkpoint()
                message = scheduler.go_on()
            if isinstance(message, HostWait):
                return message
        return None

    def _make_ready(self) -> None:
        """Put the tasks whose waits have ended into the ready queue, in the order in which they began to wait."""
        for wait in sorted(self._ended, key=lambda wait: wait.number):
            if not wait.abandoned:
                wait.task.host_wait = None
                wait.task.state = TaskState.READY
                self._scheduler.ready.append(wait.task)
                for instrument in self._scheduler.instruments:
                    instrument.task_woken(wait.task)
        self._ended.clear()

    async def _pass_checkpoint(self) -> None:
        try:
            await trio.lowlevel.checkpoint()
        except trio.Cancelled:
            # Trio will say so again; first the guests end, without the baton passing to anybody.
            self.embedder_cancelled = True
            self._vm.cancel_requested = True
        except KeyboardInterrupt as interrupt:
            self._scheduler.fatal = interrupt
            self._vm.cancel_requested = True
        self.last_checkpoint = time.monotonic()

    async def _drive_wait(self, wait: HostWait, scope: trio.CancelScope) -> None:
        """Drive a host coroutine to its end and make its guest task ready."""
        task = wait.task
        wait.scope = scope
        expires = task.nearest_deadline()
        if expires is not None:
            scope.deadline = self._trio_time(expires)
        self._driving += 1
        self._give_baton()
        try:
            wait.result = await _drive(wait.host_coroutine, wait.trap)
        except BaseException as error:
            cancelled, wait.error = _split_cancellation(error)
            if _holds(wait.error, KeyboardInterrupt):
                raise KeyboardInterrupt from None
            if cancelled is not None:
                wait.error = wait.error or cancelled
                wait.timed_out = scope.deadline <= trio.current_time()
                # The scope that was cancelled takes it back; what else went wrong is the guest's.
                raise cancelled from None
        finally:
            self._driving -= 1
            self.last_checkpoint = time.monotonic()
            scope.deadline = float("inf")
            if not wait.abandoned:
                self._ended.append(wait)

    # ------------------------------------------------------------------------------------------------ the baton

    def _take_baton(self) -> bool:
        if self._baton:
            return False
        self._baton = True
        return True

    def _give_baton(self) -> None:
        """Stop leading; somebody else leads on if there is work, or watches the timers."""
        assert self._nursery is not None
        if self._scheduler.has_ready():
            if self._standby is not None:
                successor, self._standby = self._standby, None
                trio.lowlevel.reschedule(successor, outcome.Value(True))
            elif self._idle:
                trio.lowlevel.reschedule(self._idle.pop(), outcome.Value(True))
            else:
                self._nursery.start_soon(self._worker, True)
            return
        self._baton = False
        timer = self._scheduler.next_timer()
        if timer is None:
            return
        if self._standby is not None:
            self._standby_scope.deadline = self._trio_time(timer)
        elif self._idle:
            trio.lowlevel.reschedule(self._idle.pop(), outcome.Value(False))
        elif self._driving:
            self._nursery.start_soon(self._worker, False)

    def _trio_time(self, moment: float) -> float:
        """A time of the scheduler's clock on trio's clock."""
        return trio.current_time() + max(moment - self._scheduler.now(), 0)

    async def _be_idle(self) -> bool:
        """Wait until the baton is handed over, or as the standby until a timer is due; tells whether it leads now."""
        me = trio.lowlevel.current_task()
        leads = False
        if self._standby is not None:
            self._idle.append(me)

            def leave(_: Any) -> trio.lowlevel.Abort:
                self._idle.remove(me)
                return trio.lowlevel.Abort.SUCCEEDED

            return bool(await trio.lowlevel.wait_task_rescheduled(leave))

        def step_down(_: Any) -> trio.lowlevel.Abort:
            self._standby = None
            return trio.lowlevel.Abort.SUCCEEDED

        timer = self._scheduler.next_timer()
        with trio.CancelScope(deadline=float("inf") if timer is None else self._trio_time(timer)) as scope:
            self._standby = me
            self._standby_scope = scope
            leads = bool(await trio.lowlevel.wait_task_rescheduled(step_down))
        return leads or self._take_baton()
