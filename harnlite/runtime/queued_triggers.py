"""The bucket ``queued_triggers``: events waiting in the trigger inbox and jobs waiting on worker queues.

One object per VM. Takes the active event log, gives the items of docs/reference/lifecycle.md 4.2, and settles them for
the harness. Keeps its place in every topic, so a snapshot costs what was appended since the last one. With the SQLite
log the work of earlier runs is listed too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harnlite.runtime.event_log.port import EventLog
from harnlite.runtime.event_log.service import EventLogService
from harnlite.runtime.inbox import CANCEL_KIND, CANCEL_TOPIC, INBOX_TOPIC, OUTBOX_TOPIC, InboxFold, spec_summary
from harnlite.runtime.rfc3339 import rfc3339
from harnlite.runtime.worker_queue import WorkerQueues
from harnlite.values.errors import GuestError

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["CONSUMER", "QueuedTriggers"]

#: Who the harness is, in the records it writes.
CONSUMER = "pipeline_lifecycle"


class QueuedTriggers:
    """The queued triggers of one VM's event log."""

    def __init__(self, vm: Vm) -> None:
        self._vm = vm
        self._logs = vm.service(EventLogService)
        self._log: EventLog | None = None
        self._revision: object = None
        self._inbox = InboxFold()
        self._queues: WorkerQueues | None = None
        self._jobs: list[tuple[str, Any, Any]] = []

    def unsettled_items(self) -> list[dict[str, Any]]:
        """Give the open items by time and id; a log that cannot be read counts as empty."""
        try:
            self._refresh()
        except GuestError:
            return []
        now_ms: int = self._vm.clock.now_ms()
        real_now_ms = self._vm.host.wall_ms()
        items = [
            {
                "age_ms": max(0, now_ms - item.queued_at_ms),
                "binding_key": item.binding_key,
                "event_id": item.event_id,
                "id": item.id,
                "queued_at_ms": item.queued_at_ms,
                "source": "trigger_inbox",
                "spec_summary": item.spec_summary,
                "trigger_id": item.trigger_id,
            }
            for item in self._inbox.open_items()
        ]
        for queue, job, state in self._jobs:
            items.append(
                {
                    "age_ms": max(0, now_ms - job.enqueued_at_ms),
                    "binding_key": job.binding_key,
                    "claimed": state.claim_at(real_now_ms) is not None,
                    "event_id": job.event_id,
                    "id": f"worker://{queue}/{job.job_event_id}",
                    "job_event_id": job.job_event_id,
                    "queue": queue,
                    "queued_at_ms": job.enqueued_at_ms,
                    "source": "worker_queue",
                    "spec_summary": spec_summary(job.trigger_id, job.event),
                    "trigger_id": job.trigger_id,
                }
            )
        items.sort(key=lambda item: (item["queued_at_ms"], item["id"]))
        return items

    def cancel_request(self, item: dict[str, Any]) -> None:
        """Settle an inbox item by asking for its cancellation; it must have a binding key.

        :raises GuestError: when the log cannot be written to.
        """
        payload = {
            "audit_id": None,
            "binding_key": item["binding_key"],
            "event_id": item["event_id"],
            "requested_at": rfc3339(self._vm.clock.now_ms()),
            "requested_by": CONSUMER,
        }
        self._logs.append(CANCEL_TOPIC, CANCEL_KIND, payload)

    def ack_job(self, item: dict[str, Any]) -> bool:
        """Settle a worker-queue item; False when it was settled meanwhile.

        :raises GuestError: when the log cannot be written to.
        """
        return self.queues().ack_job(item["queue"], item["job_event_id"], CONSUMER)

    def queues(self) -> WorkerQueues:
        """Give the worker queues of the active log, making a log in memory when there is none."""
        log = self._logs.ensure()
        if log is not self._log:
            self._begin(log)
        if self._queues is None:
            host = self._vm.host
            self._queues = WorkerQueues(log, self._logs.patiently, host.wall_ms, host.uuid4)
        return self._queues

    def _begin(self, log: EventLog) -> None:
        self._log, self._revision, self._queues = log, None, None
        self._inbox = InboxFold()
        self._jobs = []

    def _refresh(self) -> None:
        log = self._logs.active
        if log is None:
            return
        revision = self._logs.patiently(log.revision)
        if revision is None or (log is self._log and revision == self._revision):
            return
        queues, inbox = self.queues(), self._inbox
        inbox.feed_inbox(self._logs.read(INBOX_TOPIC, inbox.inbox_cursor))
        inbox.feed_outbox(self._logs.read(OUTBOX_TOPIC, inbox.outbox_cursor))
        inbox.feed_cancellations(self._logs.read(CANCEL_TOPIC, inbox.cancel_cursor))
        self._jobs = list(queues.all_open_jobs())
        # The token from before reading: what came meanwhile is then looked for once more, not missed.
        self._revision = revision
