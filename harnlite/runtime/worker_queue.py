"""Worker queues: jobs for other processes, kept in the event log and nowhere else.

Takes a log and how to be patient with it; gives the operations of docs/reference/runtime.md 3.2. What the records mean
is ``worker_queue_fold.py``. Claims and their expiry go by real time. Knows neither triggers nor the lifecycle.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from typing import Any, NamedTuple, Protocol, TypeVar

from harnlite.runtime.event_log.port import EventLog, LogEvent, sanitize_component
from harnlite.runtime.worker_queue_fold import Claim, Job, JobState, QueueFold

__all__ = ["CATALOGUE_TOPIC", "ClaimedJob", "Patience", "WorkerQueueError", "WorkerQueues"]

T = TypeVar("T")

CATALOGUE_TOPIC = "worker.queues"
#: How often a consumer that lost the race for a job goes for the next one.
_CLAIM_TRIES = 8
#: The header of an acknowledgement that says which job it settles; no second record of a topic has the same one.
_ACKNOWLEDGES = "acknowledges"


class WorkerQueueError(Exception):
    """An operation that cannot succeed; the text is meant for users."""


class Patience(Protocol):
    """Does a log operation, waiting while the log is busy."""

    def __call__(self, operation: Callable[[], T], /) -> T:
        """Give the operation's result."""


class ClaimedJob(NamedTuple):
    """A job and the lease a consumer has on it."""

    job: Job
    claim: Claim


class WorkerQueues:
    """All worker queues of one event log.

    :param log: the log.
    :param patiently: how to wait while another process holds the log.
    :param now_ms: real wall clock, milliseconds since the epoch.
    :param new_id: makes the id of a claim.
    """

    def __init__(
        self,
        log: EventLog,
        patiently: Patience,
        now_ms: Callable[[], int],
        new_id: Callable[[], str],
    ) -> None:
        self._log = log
        self._patiently = patiently
        self._now_ms = now_ms
        self._new_id = new_id
        self._folds: dict[str, QueueFold] = {}
        self._names: set[str] = set()
        self._names_cursor = 0
        self._catalogue_problem = ""

    # -- what is there -----------------------------------------------------------------------------------------------

    def known_queues(self) -> list[str]:
        """Give the names of all queues ever used, sorted.

        :raises WorkerQueueError: when the catalogue holds an unreadable record.
        """
        for event in self._read(CATALOGUE_TOPIC, self._names_cursor):
            self._names_cursor = event.event_id
            if event.kind != "queue_seen":
                continue
            name = event.payload.get("queue") if isinstance(event.payload, dict) else None
            if not isinstance(name, str):
                self._catalogue_problem = f"record {event.event_id} of '{CATALOGUE_TOPIC}' names no queue"
            elif name.strip():
                self._names.add(name)
        if self._catalogue_problem:
            raise WorkerQueueError(self._catalogue_problem)
        return sorted(self._names)

    def open_jobs(self, queue: str) -> list[tuple[Job, JobState]]:
        """Give a queue's jobs that are neither acknowledged nor purged, oldest first.

        :raises WorkerQueueError: when some record of the queue is unreadable.
        """
        return [(job, state) for job, state in self._readable(queue).open_jobs() if self._is_of(queue, job)]

    def _is_of(self, queue: str, job: Job) -> bool:
        # Names that differ only in characters outside topic names share a topic.
        return job.queue == queue or job.queue not in self._names

    def all_open_jobs(self) -> Iterator[tuple[str, Job, JobState]]:
        """Give every open job with its queue's name; an unreadable queue is left out (lifecycle.md 4.2)."""
        try:
            names = self.known_queues()
        except WorkerQueueError:
            return
        for name in names:
            try:
                jobs = self.open_jobs(name)
            except WorkerQueueError:
                continue
            for job, state in jobs:
                yield name, job, state

    # -- producing ---------------------------------------------------------------------------------------------------

    def enqueue(
        self,
        queue: str,
        *,
        trigger_id: str,
        binding_key: str,
        binding_version: int,
        event: Mapping[str, Any],
        priority: str = "normal",
        replay_of_event_id: str | None = None,
    ) -> dict[str, Any]:
        """Add a job and give its receipt ``{job_event_id, queue, response_topic}``.

        :param event: the trigger event in JSON form.
        :param priority: ``high``, ``normal`` or ``low``.
        """
        topic = _topic(queue)
        # A queue without jobs does no harm; jobs of a queue nobody knows would be lost.
        self._append(CATALOGUE_TOPIC, "queue_seen", {"queue": queue})
        payload = {
            "binding_key": binding_key,
            "binding_version": binding_version,
            "event": event,
            "priority": priority,
            "queue": queue,
            "replay_of_event_id": replay_of_event_id,
            "trigger_id": trigger_id,
        }
        headers = {
            "binding_key": binding_key,
            "event_id": str(event["id"]),
            "priority": priority,
            "queue": queue,
            "trigger_id": trigger_id,
        }
        number = self._append(topic, "trigger_dispatch", payload, headers)
        return {"job_event_id": number, "queue": queue, "response_topic": f"{topic}.responses"}

    # -- consuming ---------------------------------------------------------------------------------------------------

    def claim_next(self, queue: str, consumer_id: str, ttl_ms: int, skip: Container[int] = ()) -> ClaimedJob | None:
        """Lease the job that should be worked on next; None when there is none, or others are always faster.

        :param ttl_ms: how long the lease holds unless renewed, milliseconds.
        :param skip: numbers of jobs not wanted.
        """
        for _ in range(_CLAIM_TRIES):
            now_ms = self._now_ms()
            job = self._readable(queue).next_job(
                now_ms, lambda job: job.job_event_id not in skip and self._is_of(queue, job)
            )
            if job is None:
                return None
            claim = Claim(self._new_id(), consumer_id, now_ms, now_ms + ttl_ms)
            self._append_claim(queue, "job_claimed", {"job_event_id": job.job_event_id, **claim._asdict()})
            state = self._refreshed(queue).find(job.job_event_id)
            if state is not None and state.active is not None and state.active.claim_id == claim.claim_id:
                return ClaimedJob(job, claim)
        return None

    def renew_claim(self, queue: str, claimed: ClaimedJob, ttl_ms: int) -> bool:
        """Extend a lease from now; False when it is not ours any more."""
        if not self._is_held(queue, claimed):
            return False
        now_ms = self._now_ms()
        stamp = {"renewed_at_ms": now_ms, "expires_at_ms": now_ms + ttl_ms}
        self._append_claim(queue, "claim_renewed", {**_named(claimed), **stamp})
        return self._is_held(queue, claimed)

    def release_claim(self, queue: str, claimed: ClaimedJob, reason: str = "") -> None:
        """Give a lease back, so that the job is ready again."""
        stamp = {"released_at_ms": self._now_ms(), "reason": reason}
        self._append_claim(queue, "job_released", {**_named(claimed), **stamp})

    def append_response(self, queue: str, claimed: ClaimedJob, outcome: Any, error: str | None = None) -> int:
        """Record what working on a job gave; the job stays open until it is acknowledged.

        :param outcome: in JSON form, None when it failed.
        """
        payload = {
            "consumer_id": claimed.claim.consumer_id,
            "error": error,
            "handled_at_ms": self._now_ms(),
            "job_event_id": claimed.job.job_event_id,
            "outcome": outcome,
            "queue": queue,
        }
        return self._append(f"{_topic(queue)}.responses", "job_response", payload)

    def ack_claim(self, queue: str, claimed: ClaimedJob) -> bool:
        """Settle a job by its lease, also one that has expired; False when the job was settled already."""
        return self._acknowledge(queue, _named(claimed))

    def ack_job(self, queue: str, job_event_id: int, consumer_id: str) -> bool:
        """Settle a job without a lease; False when it is unknown or settled already."""
        return self._acknowledge(queue, {"claim_id": "", "consumer_id": consumer_id, "job_event_id": job_event_id})

    def _acknowledge(self, queue: str, named: dict[str, Any]) -> bool:
        job_event_id = named["job_event_id"]
        state = self._refreshed(queue).find(job_event_id)
        if state is None or state.is_settled:
            return False
        topic, log = f"{_topic(queue)}.claims", self._log
        event = LogEvent("job_acked", {**named, "acked_at_ms": self._now_ms()}, {}, self._now_ms())
        # Of several processes that settle a job at the same moment, the log lets one through.
        return self._patiently(
            lambda: log.append_idempotent_by_header(topic, _ACKNOWLEDGES, str(job_event_id), event)
        ).inserted

    def purge_unclaimed(self, queue: str, purged_by: str, reason: str | None = None) -> int:
        """Drop every job that nobody holds a lease on, and give their number."""
        now_ms = self._now_ms()
        ready = [job for job, state in self.open_jobs(queue) if state.claim_at(now_ms) is None]
        for job in ready:
            payload = {
                "job_event_id": job.job_event_id,
                "purged_at_ms": now_ms,
                "purged_by": purged_by,
                "reason": reason,
            }
            self._append_claim(queue, "job_purged", payload)
        return len(ready)

    # -- the log -----------------------------------------------------------------------------------------------------

    def _refreshed(self, queue: str) -> QueueFold:
        topic = _topic(queue)
        fold = self._folds.get(topic)
        if fold is None:
            fold = self._folds[topic] = QueueFold()
        fold.feed_jobs(self._read(topic, fold.jobs_cursor))
        fold.feed_claims(self._read(f"{topic}.claims", fold.claims_cursor))
        return fold

    def _readable(self, queue: str) -> QueueFold:
        fold = self._refreshed(queue)
        if fold.problem:
            raise WorkerQueueError(f"worker queue '{queue}' is unreadable: {fold.problem}")
        return fold

    def _is_held(self, queue: str, claimed: ClaimedJob) -> bool:
        state = self._refreshed(queue).find(claimed.job.job_event_id)
        if state is None or state.is_settled:
            return False
        held = state.claim_at(self._now_ms())
        return held is not None and held.claim_id == claimed.claim.claim_id

    def _read(self, topic: str, after: int) -> list[Any]:
        log = self._log
        return self._patiently(lambda: log.read_range(topic, after))

    def _append_claim(self, queue: str, kind: str, payload: dict[str, Any]) -> None:
        self._append(f"{_topic(queue)}.claims", kind, payload)

    def _append(self, topic: str, kind: str, payload: Any, headers: Mapping[str, str] | None = None) -> int:
        log, event = self._log, LogEvent(kind, payload, headers or {}, self._now_ms())
        return self._patiently(lambda: log.append(topic, event))


def _topic(queue: str) -> str:
    if not queue.strip():
        raise WorkerQueueError("worker queue name cannot be empty")
    return f"worker.{sanitize_component(queue)}"


def _named(claimed: ClaimedJob) -> dict[str, Any]:
    claim = claimed.claim
    return {"job_event_id": claimed.job.job_event_id, "claim_id": claim.claim_id, "consumer_id": claim.consumer_id}
