"""A run's access to its event log: which one is active, and patient operations on it.

One object per VM (``vm.service(EventLogService)``). Takes the run's options and environment, gives an
:class:`EventLog` when something first asks for one. Operations may be called from guest code of any task; while
another process holds the log they wait on the VM. Knows no topic and no record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from harnlite.runtime.event_log.configuration import LogChoice, choose_log
from harnlite.runtime.event_log.port import (
    EventLog,
    EventLogError,
    IdempotentAppend,
    LogBusyError,
    LogEvent,
    StoredEvent,
)
from harnlite.values.errors import runtime_error

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["EventLogService"]

T = TypeVar("T")


class EventLogService:
    """The event log of one VM."""

    def __init__(self, vm: Vm) -> None:
        self._vm = vm
        self._choice: LogChoice | None = None
        self._log: EventLog | None = None
        self._has_warned = False
        #: The number of this run's record in the log, or None as long as it has none.
        self.run_number: int | None = None
        #: Called once before the run is entered in the log, to look at the log as it is.
        self.before_entering: Callable[[], None] | None = None

    @property
    def active(self) -> EventLog | None:
        """The run's log, or None when it has none so far (docs/reference/runtime.md 1.4). Creates no file."""
        if self._log is None and self._choice is None:
            choice = self._choose()
            if choice.backend == "sqlite":
                from harnlite.runtime.event_log.sqlite import SqliteEventLog

                recorded = self._vm.options is not None and self._vm.options.record_as is not None
                self.install(SqliteEventLog(choice.path, before_first=self._enter_run if recorded else None))
            elif choice.backend == "memory":
                self.install(_memory())
        return self._log

    @property
    def queue_depth(self) -> int:
        """How many records a subscriber reads at once."""
        return self._choose().queue_depth

    def ensure(self) -> EventLog:
        """Give the active log, or make one in memory; a refused backend is a runtime error."""
        log = self.active
        if log is None:
            choice = self._choose()
            if choice.backend == "refused":
                raise runtime_error(f"event_log: {choice.warning}")
            log = _memory()
            self.install(log)
        return log

    def enter_run(self) -> int | None:
        """Enter the run in the log now, if it is to be entered, and give its number.

        A failure is left to the append that follows.
        """
        log = self.active
        if log is not None and self.run_number is None:
            with suppress(EventLogError):
                self._retrying(log.begin)
        return self.run_number

    def install(self, log: EventLog) -> None:
        """Use this log from now on, and let the run's instruments see what is appended to it."""
        self._log = log
        log.observer = self._note_append

    def _note_append(self, stored: StoredEvent) -> None:
        self._vm.note("event_log.append", stored)

    def append(self, topic: str, kind: str, payload: Any = None, headers: Mapping[str, str] | None = None) -> int:
        """Append a record stamped with real time and give its number; a failure is a runtime error."""
        log, event = self.ensure(), self.stamp(kind, payload, headers)
        return self.patiently(lambda: log.append(topic, event))

    def append_once(
        self, topic: str, header: str, value: str, kind: str, payload: Any, headers: Mapping[str, str]
    ) -> IdempotentAppend:
        """Append unless a record with the same header value was appended so before."""
        log, event = self.ensure(), self.stamp(kind, payload, headers)
        return self.patiently(lambda: log.append_idempotent_by_header(topic, header, value, event))

    def append_if_active(
        self, topic: str, kind: str, payload: Any, headers: Mapping[str, str], what: str = "audit"
    ) -> int | None:
        """Append to the active log if there is one and give the number (lifecycle.md 5).

        A failure is not the script's: the first one of a run becomes a warning on standard error.

        :param what: the record in the warning's words.
        :return: None when there is no log, or it failed.
        """
        try:
            log = self.active
            if log is None:
                return None
            event = self.stamp(kind, payload, headers)
            return self._retrying(lambda: log.append(topic, event))
        except EventLogError as problem:
            if not self._has_warned:
                self._has_warned = True
                self._vm.warn(f"warning: {what} not stored: {problem}")
            return None

    def read(self, topic: str, after: int = 0) -> list[StoredEvent]:
        """Give a topic's records after a number; a failure is a runtime error."""
        log = self.active
        return [] if log is None else self.patiently(lambda: log.read_range(topic, after))

    def stamp(self, kind: str, payload: Any, headers: Mapping[str, str] | None = None) -> LogEvent:
        """Make a record with the host's real wall clock."""
        return LogEvent(kind, payload, headers or {}, self._vm.host.wall_ms())

    def patiently(self, operation: Callable[[], T]) -> T:
        """Do a log operation, waiting while the log is busy; a failure is the guest's runtime error."""
        try:
            return self._retrying(operation)
        except EventLogError as problem:
            raise runtime_error(str(problem)) from problem

    def reset(self) -> None:
        """Close the log; the next use chooses again."""
        log, self._log, self._choice = self._log, None, None
        self._has_warned, self.run_number = False, None
        if log is not None:
            log.close()

    def _enter_run(self, log: EventLog) -> None:
        from harnlite.runtime.event_log.run_records import RUN_STARTED, RUNS_TOPIC, started_payload

        look, self.before_entering = self.before_entering, None
        if look is not None:
            look()
        payload = started_payload(log, self._vm.options)
        self.run_number = log.append(RUNS_TOPIC, self.stamp(RUN_STARTED, payload))

    def _retrying(self, operation: Callable[[], T]) -> T:
        try:
            return operation()
        except LogBusyError:
            from harnlite.runtime.event_log.patience import patiently, patiently_async

            if not self._vm.running:
                # A run's last records are written when no guest task is left that could wait.
                return patiently(operation)
            result: T = self._vm.wait(patiently_async, operation)
            return result

    def _choose(self) -> LogChoice:
        if self._choice is None:
            vm = self._vm
            directory = vm.source_directory or vm.host.current_directory()
            option = "memory" if vm.options is None else vm.options.event_log
            self._choice = choose_log(option, vm.host.getenv, directory)
            if self._choice.warning:
                vm.warn(f"[harn] warning: {self._choice.warning}")
        return self._choice


def _memory() -> EventLog:
    from harnlite.runtime.event_log.memory import MemoryEventLog

    return MemoryEventLog()
