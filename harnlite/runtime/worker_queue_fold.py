"""What a worker queue's records mean: the fold from job and claim records to the state of each job.

Pure: takes records in order, gives states; the time of day is an argument. Feeding is incremental, so a queue that has
grown by one record costs one record (docs/reference/runtime.md 3.1 and 3.2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from heapq import heappop, heappush
from typing import Any, NamedTuple

from harnlite.runtime.event_log.port import StoredEvent

__all__ = ["AGEING_MS", "Claim", "Job", "JobState", "QueueFold"]

#: After this time a normal job is served like a high one.
AGEING_MS = 15 * 60 * 1000
_RANKS = {"high": 0, "normal": 1, "low": 2}


class _UnreadableRecordError(Exception):
    """A record of a known kind that lacks what its kind must have; the whole queue counts as unreadable."""


class Job(NamedTuple):
    """A job as it was enqueued.

    :param queue: the queue's name as written.
    :param job_event_id: the number of its record.
    :param event: the trigger event, in JSON form.
    :param priority: ``high``, ``normal`` or ``low``.
    :param enqueued_at_ms: when, by the log.
    """

    queue: str
    job_event_id: int
    trigger_id: str
    binding_key: str
    binding_version: int
    event: Mapping[str, Any]
    replay_of_event_id: str | None
    priority: str
    enqueued_at_ms: int

    @property
    def event_id(self) -> str:
        """The trigger event's own id."""
        return str(self.event["id"])


class Claim(NamedTuple):
    """A consumer's lease on a job, until a moment in real time."""

    claim_id: str
    consumer_id: str
    claimed_at_ms: int
    expires_at_ms: int


class JobState:
    """What has happened to a job so far. A claim may be recorded before its job is, so ``job`` may be missing."""

    __slots__ = ("acked", "active", "claim_ids", "job", "purged")

    def __init__(self) -> None:
        self.job: Job | None = None
        self.active: Claim | None = None
        self.claim_ids: set[str] = set()
        self.acked = False
        self.purged = False

    @property
    def is_settled(self) -> bool:
        """Whether the job is acknowledged or purged."""
        return self.acked or self.purged

    def claim_at(self, now_ms: int) -> Claim | None:
        """Give the lease that holds at a moment, if any."""
        active = self.active
        return active if active is not None and active.expires_at_ms > now_ms else None


class QueueFold:
    """The state of one queue topic, fed record by record."""

    __slots__ = ("_leased", "_states", "_waiting", "claims_cursor", "jobs_cursor", "problem")

    def __init__(self) -> None:
        #: The number of the last record fed, of each topic.
        self.jobs_cursor = 0
        self.claims_cursor = 0
        #: Why the queue is unreadable, or empty.
        self.problem = ""
        self._states: dict[int, JobState] = {}
        #: By priority, a heap of the jobs not known to be leased or settled: (enqueued_at_ms, number).
        self._waiting: dict[str, list[tuple[int, int]]] = {priority: [] for priority in _RANKS}
        #: The numbers of jobs that :meth:`next_job` found leased.
        self._leased: set[int] = set()

    def feed_jobs(self, events: Iterable[StoredEvent]) -> None:
        """Take further records of ``worker.<queue>``."""
        for event in events:
            self.jobs_cursor = event.event_id
            if event.kind != "trigger_dispatch" or self.problem:
                continue
            try:
                job = _job(event)
            except _UnreadableRecordError as problem:
                self.problem = str(problem)
            else:
                self._state(event.event_id).job = job
                self._wait(job)

    def feed_claims(self, events: Iterable[StoredEvent]) -> None:
        """Take further records of ``worker.<queue>.claims``."""
        for event in events:
            self.claims_cursor = event.event_id
            apply = _APPLY.get(event.kind)
            if apply is None or self.problem:
                continue
            try:
                apply(self._state(_field(event, "job_event_id", int)), event)
            except _UnreadableRecordError as problem:
                self.problem = str(problem)

    def open_jobs(self) -> list[tuple[Job, JobState]]:
        """Give the jobs neither acknowledged nor purged, oldest first; of a queue without a ``problem``."""
        found = [
            (state.job, state) for state in self._states.values() if state.job is not None and not state.is_settled
        ]
        found.sort(key=lambda pair: (pair[0].enqueued_at_ms, pair[0].job_event_id))
        return found

    def next_job(self, now_ms: int, is_wanted: Callable[[Job], bool]) -> Job | None:
        """Give the job that should be worked on next: open, without a lease, wanted; None when there is none.

        For a queue without a ``problem``. What is settled is looked at once, and what is leased only while it is, so
        draining a queue is linear in its jobs.
        """
        for number in sorted(self._leased):
            state = self._states[number]
            if state.is_settled:
                self._leased.discard(number)
            elif state.job is not None and state.claim_at(now_ms) is None:
                self._leased.discard(number)
                self._wait(state.job)
        firsts = [self._first_waiting(waiting, now_ms, is_wanted) for waiting in self._waiting.values()]
        return min((job for job in firsts if job is not None), key=lambda job: _claim_key(job, now_ms), default=None)

    def _first_waiting(
        self, waiting: list[tuple[int, int]], now_ms: int, is_wanted: Callable[[Job], bool]
    ) -> Job | None:
        """Within a priority the oldest comes first, ageing or not."""
        unwanted = []
        found = None
        while waiting and found is None:
            number = waiting[0][1]
            state = self._states[number]
            if state.job is None or state.is_settled:
                heappop(waiting)
            elif state.claim_at(now_ms) is not None:
                heappop(waiting)
                self._leased.add(number)
            elif is_wanted(state.job):
                found = state.job
            else:
                unwanted.append(heappop(waiting))
        for entry in unwanted:
            heappush(waiting, entry)
        return found

    def _wait(self, job: Job) -> None:
        heappush(self._waiting[job.priority], (job.enqueued_at_ms, job.job_event_id))

    def find(self, job_event_id: int) -> JobState | None:
        """Give the state of a job that exists, whatever has happened to it."""
        state = self._states.get(job_event_id)
        return state if state is not None and state.job is not None else None

    def _state(self, job_event_id: int) -> JobState:
        state = self._states.get(job_event_id)
        if state is None:
            state = self._states[job_event_id] = JobState()
        return state


def _claim_key(job: Job, now_ms: int) -> tuple[int, int, int]:
    """The order in which jobs should be worked on: priority, then age, then number."""
    rank = _RANKS[job.priority]
    if job.priority == "normal" and now_ms - job.enqueued_at_ms >= AGEING_MS:
        rank = 0
    return rank, job.enqueued_at_ms, job.job_event_id


def _claimed(state: JobState, event: StoredEvent) -> None:
    claim = Claim(
        _field(event, "claim_id", str),
        _field(event, "consumer_id", str),
        _field(event, "claimed_at_ms", int),
        _field(event, "expires_at_ms", int),
    )
    if state.is_settled:
        return
    state.claim_ids.add(claim.claim_id)
    if state.active is None or state.active.expires_at_ms <= claim.claimed_at_ms:
        state.active = claim


def _renewed(state: JobState, event: StoredEvent) -> None:
    claim_id, expires_at_ms = _field(event, "claim_id", str), _field(event, "expires_at_ms", int)
    if state.active is not None and state.active.claim_id == claim_id:
        state.active = state.active._replace(expires_at_ms=expires_at_ms)


def _released(state: JobState, event: StoredEvent) -> None:
    claim_id = _field(event, "claim_id", str)
    if state.active is not None and state.active.claim_id == claim_id:
        state.active = None


def _acked(state: JobState, event: StoredEvent) -> None:
    claim_id = _field(event, "claim_id", str)
    if claim_id == "" or claim_id in state.claim_ids:
        state.acked = True


def _purged(state: JobState, event: StoredEvent) -> None:  # noqa: ARG001 - one signature for all kinds of claims
    if not state.acked:
        state.purged = True


_APPLY = {
    "job_claimed": _claimed,
    "claim_renewed": _renewed,
    "job_released": _released,
    "job_acked": _acked,
    "job_purged": _purged,
}


def _job(event: StoredEvent) -> Job:
    trigger_event = _field(event, "event", dict)
    if not isinstance(trigger_event.get("id"), str):
        raise _UnreadableRecordError(f"record {event.event_id} of '{event.topic}' has an event without id")
    priority = event.payload.get("priority", "normal")
    if priority not in _RANKS:
        raise _UnreadableRecordError(f"record {event.event_id} of '{event.topic}' has no known priority")
    replay_of = event.payload.get("replay_of_event_id")
    return Job(
        _field(event, "queue", str),
        event.event_id,
        _field(event, "trigger_id", str),
        _field(event, "binding_key", str),
        _field(event, "binding_version", int),
        trigger_event,
        replay_of if isinstance(replay_of, str) else None,
        priority,
        event.occurred_at_ms,
    )


def _field(event: StoredEvent, name: str, kind: type) -> Any:
    payload = event.payload
    value = payload.get(name) if isinstance(payload, dict) else None
    if type(value) is not kind:
        raise _UnreadableRecordError(f"record {event.event_id} of '{event.topic}' lacks `{name}`")
    return value
