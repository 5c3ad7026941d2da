"""The VM that builtins, services and embedders see."""

from __future__ import annotations

import sys
import time

from harnlite.bytecode.chunk import Chunk, StructReference
from harnlite.host import Host
from harnlite.values.display import type_name
from harnlite.values.errors import CancelledExit, GuestError, HardExit, type_error
from harnlite.values.types import Builtin, Closure, StructType
from harnlite.vm.calls import DEPTH_LIMIT, FRESH_STACK_DEPTH, check_arity
from harnlite.vm.clock import Clock
from harnlite.vm.errors import cross_boundary, depth_error
from harnlite.vm.imports import Imports
from harnlite.vm.limits import Budget, Limits
from harnlite.vm.methods import call_builtin, call_method
from harnlite.vm.scheduler import Scheduler
from harnlite.vm.task_state import Deadline, Task, milliseconds
from harnlite.vm.trace import harvest
from harnlite.vm.watchdog import Watchdog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence
    from typing import Any, TypeVar

    from harnlite.vm.bridge import Bridge
    from harnlite.vm.finisher import Finisher
    from harnlite.vm.instance import Instance
    from harnlite.vm.instruments import Instrument
    from harnlite.vm.locks import LockRegistry, Permit
    from harnlite.vm.trace import FrameLookup

    _Service = TypeVar("_Service")
    #: Gives an instance of a verified chunk in some tier.
    CodeLoader = Callable[["Vm", Chunk], Instance]

__all__ = ["Vm"]

#: What ``deadline`` takes for anything that is neither int nor duration (runtime.md 9.7).
_DEFAULT_DEADLINE_MS = 30_000


class _StartTrio:
    __slots__ = ()


_START_TRIO = _StartTrio()


def _interpreter() -> CodeLoader:
    # Not needed beside the fast tier, and the largest module there is.
    from harnlite.vm.interpreter import load

    return load


class Vm:
    """One virtual machine: its services, its globals, its tasks; nothing is shared between two of them.

    :param host: the outside world; default: the real one.
    :param registry: the builtins and methods.
    :param code_loader: makes an instance of a chunk; default: the interpreter's.
    :param finisher: the lifecycle of a run's end; None: there is none.
    :param module_loader: gives the verified chunk of an imported module by its resolved path.
    :param argv: what the global ``argv`` holds.
    :param source_directory: the directory of the entry file, for paths relative to it.
    :param handles: further globals, such as ``harness``.
    :param limits: what each run may use; default: no limits.
    """

    def __init__(
        self,
        host: Host | None = None,
        registry: Any = None,
        *,
        code_loader: CodeLoader | None = None,
        finisher: Finisher | None = None,
        module_loader: Callable[[str], Chunk] | None = None,
        argv: Sequence[str] = (),
        source_directory: str | None = None,
        options: Any = None,
        handles: Mapping[str, Any] | None = None,
        limits: Limits | None = None,
    ) -> None:
        if registry is None:
            raise ValueError("a VM needs a registry of builtins")
        self.host = host if host is not None else Host()
        self.registry = registry
        self.code_loader: CodeLoader = code_loader or _interpreter()
        self.finisher = finisher
        self.module_loader = module_loader
        self.argv = list(argv)
        self.source_directory = source_directory or self.host.current_directory()
        self.options = options
        self._handles = dict(handles or {})
        self._limits = limits or Limits()
        self.instruments: tuple[Instrument, ...] = ()
        #: How the translator finds its frames in tracebacks; None: nothing is translated.
        self.frame_lookup: FrameLookup | None = None
        #: Set by the watchdog; loops and calls then call :meth:`on_poll`.
        self.poll = False
        #: Set, from any thread, to end the run.
        self.cancel_requested = False
        self.depth = 0
        #: The depth at which the current task's Python stack began.
        self.stack_base = 0
        self.late_frames: list[Any] = []
        self._late_output: list[str] = []
        self._busy = False
        self._reset_state()

    def install(self, *instruments: Instrument) -> None:
        """Let instruments see the coming runs, besides those already installed.

        :raises RuntimeError: a run is going on.
        """
        if self._busy:
            raise RuntimeError("instruments are installed before a run")
        self.instruments += instruments
        self.scheduler.instruments = self.clock.instruments = self.instruments
        if any(instrument.needs_interpreter() for instrument in instruments):
            self.code_loader = _interpreter()

    def note(self, kind: str, data: Any) -> None:
        """Tell the instruments of something above the VM."""
        for instrument in self.instruments:
            instrument.noted(kind, data)

    def _reset_state(self) -> None:
        self.clock = Clock(self.host)
        self.globals: dict[str, Any] = dict(self.registry.globals)
        self.globals["argv"] = list(self.argv)
        self.globals |= self._handles
        self._services: dict[type, Any] = {}
        self._struct_types: dict[StructReference, StructType] = {}
        self._imports = Imports(self)
        self.scheduler = Scheduler(self)
        self.scheduler.instruments = self.clock.instruments = self.instruments
        self._locks: LockRegistry | None = None
        self.watchdog = Watchdog(self)
        #: Told when a ``parallel`` or ``spawn`` begins, gives what to call at its end; None: nobody measures.
        self.measure: Callable[[str], Callable[[], object]] | None = None
        self._bridge: Bridge | None = None
        self._budget = Budget(self._limits, time.monotonic())
        self._stop_reason: HardExit | None = None
        self.poll = False
        self.cancel_requested = False

    # ------------------------------------------------------------------------------------------------- services

    @property
    def task(self) -> Task:
        """The task that is running."""
        return self.scheduler.current

    @property
    def running(self) -> bool:
        """Whether an execution is going on."""
        return self._busy

    def service(self, cls: type[_Service]) -> _Service:
        """The VM's own instance of a service class, made by ``cls(vm)`` when first asked for."""
        found = self._services.get(cls)
        if found is None:
            found = self._services[cls] = cls(self)  # type: ignore[call-arg]  # services take the VM
        return found

    def has_service(self, cls: type) -> bool:
        """Whether a service was asked for already."""
        return cls in self._services

    def find_builtin(self, name: str) -> Builtin | None:
        """The builtin of that name, or None."""
        try:
            found: Builtin = self.registry.builtin(name)
        except KeyError:
            return None
        return found

    def struct_type(self, reference: StructReference) -> StructType:
        """The struct type of a declaration, one per VM."""
        found = self._struct_types.get(reference)
        if found is None:
            found = self._struct_types[reference] = StructType(reference.name, reference.fields)
        return found

    def print(self, text: str, late: bool = False) -> None:
        """Write guest output.

        :param late: write it after all else that the run prints (builtins.md 4).
        """
        if self._budget.output is not None:
            self._budget.printed(len(text))
        for instrument in self.instruments:
            instrument.printed(self.scheduler.current, text)
        if late and self._busy:
            self._late_output.append(text)
        else:
            self.host.write_out(text)

    def warn(self, text: str) -> None:
        """Write a line to standard error."""
        self.host.write_err(text + "\n")

    def reset(self) -> None:
        """Forget everything of earlier runs.

        :raises RuntimeError: a run is going on.
        """
        if self._busy:
            raise RuntimeError("the VM is busy")
        self._reset_state()

    # --------------------------------------------------------------------------------------------------- calls

    def is_callable(self, value: Any) -> bool:
        """Whether :meth:`call` takes a value."""
        return type(value) is Closure or type(value) is Builtin

    def call(self, callee: Any, arguments: Sequence[Any]) -> Any:
        """Call a function value from host code that guest code called: a callback.

        :raises GuestError: from the callee, marked as having crossed a boundary (language.md 7.1); a wrong number
            of arguments; too many nested calls; ``callee`` is no function.
        """
        if type(callee) is not Closure:
            if type(callee) is Builtin:
                return call_builtin(self, callee, list(arguments))
            raise type_error(f"Cannot call {type_name(callee)}")
        check_arity(callee, len(arguments))
        if self.poll:
            self.on_poll()
        depth = self.depth
        if depth >= DEPTH_LIMIT:
            raise depth_error()
        try:
            if depth - self.stack_base > FRESH_STACK_DEPTH:
                return self.scheduler.on_fresh_stack(callee.function, depth + 1, arguments)
            return callee.function(depth + 1, *arguments)
        except GuestError as error:
            harvest(error, self.frame_lookup)
            cross_boundary(error)
            raise
        except RecursionError:
            raise depth_error() from None
        finally:
            self.depth = depth

    def caller(self, callee: Any) -> Callable[..., Any]:
        """A Python function that calls ``callee`` as :meth:`call` does, for many calls from one place."""
        if type(callee) is not Closure:
            return lambda *arguments: self.call(callee, arguments)
        depth = self.depth
        if depth >= DEPTH_LIMIT:
            raise depth_error()
        function = callee.function
        if depth - self.stack_base > FRESH_STACK_DEPTH:
            function = self._on_fresh_stack(function)
        arity = callee.arity
        inner = depth + 1

        def call(*arguments: Any) -> Any:
            if len(arguments) != arity:
                check_arity(callee, len(arguments))
            if self.poll:
                # A short function leaves that to its callers.
                self.on_poll()
            try:
                return function(inner, *arguments)
            except GuestError as error:
                harvest(error, self.frame_lookup)
                cross_boundary(error)
                raise
            except RecursionError:
                raise depth_error() from None
            finally:
                self.depth = depth

        return call

    def _on_fresh_stack(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda depth, *arguments: self.scheduler.on_fresh_stack(function, depth, arguments)

    def call_method(self, receiver: Any, name: str, arguments: Sequence[Any]) -> Any:
        """``receiver.name(arguments)``."""
        return call_method(self, receiver, name, list(arguments))

    # ---------------------------------------------------------------------------------------- waits and deadlines

    def wait(self, async_function: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any) -> Any:
        """Run a trio async function for the current guest task; others run meanwhile if it blocks.

        :raises GuestError: what the function raises, or a deadline of the task.
        :raises CancelledExit: the task, or the embedder's scope, was cancelled.
        """
        task = self.scheduler.current
        if task.deadlines:
            self.scheduler.check_deadlines(task)
        if self.cancel_requested:
            raise CancelledExit
        if self._bridge is None:
            self.scheduler.hand_over(_START_TRIO)
            assert self._bridge is not None
        # The first step is taken here and not in the bridge: most waits end with it, and a Python call less is felt.
        host_coroutine = async_function(*arguments)
        try:
            trap = host_coroutine.send(None)
        except StopIteration as end:
            return end.value
        except BaseException as error:
            self._bridge.refuse_cancellation(error)
            raise
        return self._bridge.wait(task, host_coroutine, trap)

    def enter_deadline(self, value: Any) -> Deadline:
        """Begin a ``deadline`` block; 0 or less expires at once (runtime.md 9.7)."""
        given = milliseconds(value)
        limit = _DEFAULT_DEADLINE_MS if given is None else given
        deadline = Deadline(self.scheduler.now() + limit / 1000)
        if limit <= 0:
            self.scheduler.expire(self.scheduler.current, deadline)
        self.scheduler.current.deadlines.append(deadline)
        self.watchdog.start()
        return deadline

    def leave_deadline(self, deadline: Deadline) -> None:
        """End a ``deadline`` block."""
        deadlines = self.scheduler.current.deadlines
        if deadline in deadlines:
            deadlines.remove(deadline)

    @property
    def locks(self) -> LockRegistry:
        """The locks of this VM, by kind and key."""
        if self._locks is None:
            from harnlite.vm.locks import LockRegistry

            self._locks = LockRegistry(self.scheduler)
        return self._locks

    def acquire_mutex(self) -> Permit:
        """Wait for the lock of ``mutex`` blocks."""
        return self.locks.mutex()

    def on_poll(self) -> None:
        """What loops and calls do when the flag is up: end, expire, or let the host's tasks run."""
        if self.cancel_requested:
            raise CancelledExit
        if self._budget.fuel is None:
            self.poll = False
        else:
            # The flag stays up, so that every turn is counted.
            self._budget.turn()
        task = self.scheduler.current
        if task.deadlines:
            self.scheduler.check_deadlines(task)
        bridge = self._bridge
        if bridge is not None and bridge.wants_turn(time.monotonic()):
            bridge.checkpoint()
            if self.cancel_requested:
                raise CancelledExit

    def needs_poll(self, now: float) -> bool:
        """Whether the running code should poll; asked by the watchdog's thread."""
        over = self._budget.time_over(now)
        if over is not None:
            self._stop(over)
        deadlines = tuple(self.scheduler.current.deadlines)
        if deadlines:
            host_now = self.scheduler.now()
            if any(not deadline.fired and deadline.expires <= host_now for deadline in deadlines):
                return True
        bridge = self._bridge
        return bridge is not None and bridge.wants_turn(now)

    def is_watched(self) -> bool:
        """Whether the watchdog has anything to look after."""
        return self._busy and (
            self._bridge is not None
            or self._budget.ends is not None
            or any(task.deadlines for task in tuple(self.scheduler.live))
        )

    def cancel(self) -> None:
        """Ask the run to end, from any thread; it ends at its next poll or wait."""
        self._stop(CancelledExit())

    def _stop(self, reason: HardExit) -> None:
        """End the run from any thread; ``reason`` is what it raises then."""
        self._stop_reason = reason
        self.cancel_requested = True
        self.poll = True
        bridge = self._bridge
        if bridge is not None:
            bridge.stop_soon()

    # --------------------------------------------------------------------------------------------------- running

    def load(self, chunk: Chunk) -> Instance:
        """An instance of a verified chunk, its imports loaded and run."""
        return self._imports.load(chunk)

    def import_function(self, resolved: str, name: str) -> Any:
        """What a module exports under a name, or MISSING.

        :param resolved: the module's identity: an absolute path.
        """
        return self._imports.function(resolved, name)

    def _main(self, chunk: Chunk) -> Any:
        value = self.load(chunk).make_closure(0, ()).function(0)
        return value if self.finisher is None else self.finisher.finish(self, value)

    def _begin(self, chunk: Chunk, on_finish: Any) -> None:
        if self._busy:
            raise RuntimeError("the VM is busy: one run at a time")
        self._busy = True
        self.cancel_requested = False
        self._stop_reason = None
        budget = self._budget = Budget(self._limits, time.monotonic())
        self.poll = budget.fuel is not None
        if budget.ends is not None:
            self.watchdog.start()
        if on_finish is not None:
            if self.finisher is None:
                raise RuntimeError("a VM without a finisher takes no on_finish")
            self.finisher.register(self, on_finish)
        self.scheduler.begin(lambda: self._main(chunk))

    def _end(self) -> Any:
        """Give or raise the outcome of the main task, once nothing runs any more."""
        scheduler = self.scheduler
        error = scheduler.fatal or scheduler.main.error
        if type(error) is CancelledExit and self._stop_reason is not None:
            error = self._stop_reason
        if error is None:
            return scheduler.main.result
        raise error

    def _fail(self, error: BaseException) -> None:
        """Clear the lifecycle after a failed run and attach its state to the error."""
        if self.finisher is not None:
            error.lifecycle = self.finisher.clear(self)  # type: ignore[attr-defined]  # an attribute of any exception

    def _wind_up(self) -> None:
        try:
            self.scheduler.kill_all()
        finally:
            self._bridge = None
            self._busy = False
            for text in self._late_output:
                self.host.write_out(text)
            self._late_output.clear()

    def execute_sync(self, chunk: Chunk, on_finish: Any = None) -> Any:
        """Run an entry chunk to its end; trio starts only if the guest waits for the host.

        :param chunk: a verified chunk.
        :param on_finish: a host callback for the end of the run, see :class:`Finisher`.
        :returns: the final value.
        :raises GuestError: uncaught, with its trace.
        :raises HardExit: ``exit(n)`` or cancellation.
        :raises RuntimeError: the VM is busy, or the caller is a trio task.
        """
        trio = sys.modules.get("trio")
        if trio is not None and trio.lowlevel.in_trio_run():
            raise RuntimeError("execute_sync would block the running trio program: await execute instead")
        self._begin(chunk, on_finish)
        try:
            try:
                self.scheduler.context = None
                if self.scheduler.run() is _START_TRIO:
                    import trio as real_trio

                    real_trio.run(self._open_bridge().run)
            finally:
                self._wind_up()
            return self._end()
        except BaseException as error:
            self._fail(error)
            raise

    async def execute(self, chunk: Chunk, on_finish: Any = None) -> Any:
        """Run an entry chunk inside a trio program; as :meth:`execute_sync`.

        Cancelling the surrounding scope ends the guest's tasks without running their handlers and clean-ups.
        """
        trio = sys.modules.get("trio")
        if trio is None or not trio.lowlevel.in_trio_run():
            raise RuntimeError("execute needs a running trio program: call execute_sync instead")
        self._begin(chunk, on_finish)
        try:
            bridge = self._open_bridge()
            try:
                await bridge.run()
            finally:
                self._wind_up()
            if bridge.embedder_cancelled:
                await trio.lowlevel.checkpoint()
            return self._end()
        except BaseException as error:
            self._fail(error)
            raise

    def _open_bridge(self) -> Bridge:
        from harnlite.vm.bridge import Bridge

        self._bridge = Bridge(self, self.scheduler)
        return self._bridge
