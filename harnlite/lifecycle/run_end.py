"""What a run leaves behind: the open work at its end, and the record of that in the event log.

:class:`RunEnd` looks at the open work twice, when the body has succeeded and when everything is over; the second look
is compared with what the run accounted for. :func:`record_end` writes the ``run_finished`` record of a run that the log
knows (docs/lifecycle-additions.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harnlite.lifecycle.accounting import Ledger, OpenItem, open_items
from harnlite.lifecycle.snapshot import UnsettledSnapshot, snapshot_unsettled
from harnlite.lifecycle.state import LifecycleState
from harnlite.runtime.event_log.run_records import RUN_FINISHED, RUNS_TOPIC
from harnlite.runtime.event_log.service import EventLogService
from harnlite.values.display import display

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["RunEnd", "record_end"]

#: How many open items a record lists; the rest is only counted.
_MOST_ITEMS = 100
_LONGEST_TEXT = 200


class RunEnd:
    """The open work of one VM's run, at the end of its body and at the very end."""

    def __init__(self, vm: Vm) -> None:
        self._vm = vm
        self._at_body_end: list[OpenItem] | None = None
        self._left: list[OpenItem] = []
        self.unaccounted: list[OpenItem] = []
        self._stored_audits: list[list[int]] = []
        self._phases: list[tuple[str, int]] = []

    def body_ended(self, snapshot: UnsettledSnapshot | None) -> None:
        """Take notice of what is open when the body has succeeded.

        :param snapshot: that of the finish phases, or None when they need none. The log is then read only if this
            run writes to it, just before it does: what waits there is still the same.
        """
        logs = self._vm.service(EventLogService)
        if snapshot is None:
            entered = logs.run_number is not None
            snapshot = snapshot_unsettled(self._vm, with_triggers=entered)
            if not entered:
                logs.before_entering = self._add_triggers
        self._at_body_end = open_items(snapshot)

    def _add_triggers(self) -> None:
        triggers = snapshot_unsettled(self._vm).queued_triggers
        self._at_body_end = [*(self._at_body_end or ()), *open_items(UnsettledSnapshot([], triggers, [], [], []))]

    def conclude(self) -> None:
        """Look at what is open now and who accounted for it; must come before the lifecycle's state is cleared."""
        vm = self._vm
        self._left = open_items(snapshot_unsettled(vm))
        state = vm.service(LifecycleState) if vm.has_service(LifecycleState) else None
        ledger = Ledger() if state is None else state.ledger
        self.unaccounted = ledger.unaccounted(self._left)
        self._stored_audits = ledger.stored
        self._phases = [] if state is None else state.phases

    def to_json(self) -> dict[str, Any]:
        """Give everything as the ``run_finished`` record holds it."""
        unaccounted = {(item.bucket, item.item_id) for item in self.unaccounted}
        left = [
            {**item.to_json(), "accounted": (item.bucket, item.item_id) not in unaccounted}
            for item in self._left[:_MOST_ITEMS]
        ]
        before = self._at_body_end
        return {
            "audits": self._stored_audits,
            "left": left,
            "left_count": len(self._left),
            "phases": [list(phase) for phase in self._phases],
            "unsettled": None if before is None else [item.to_json() for item in before[:_MOST_ITEMS]],
            "unsettled_count": None if before is None else len(before),
        }


def record_end(vm: Vm, ending: str, exit_code: int, value: Any = None, error: str | None = None) -> None:
    """Write the ``run_finished`` record; nothing when the run is not in the log.

    :param ending: how it ended, one of the words of :mod:`harnlite.runtime.event_log.run_records`.
    :param value: the final value.
    :param error: what the run failed with, or None.
    """
    logs = vm.service(EventLogService)
    if logs.run_number is None:
        return
    payload = {
        **vm.service(RunEnd).to_json(),
        "ending": ending,
        "error": None if error is None else _short(error),
        "exit_code": exit_code,
        "run": logs.run_number,
        "value": _short(display(value)),
    }
    logs.append_if_active(RUNS_TOPIC, RUN_FINISHED, payload, {}, "end of the run")


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "..."
