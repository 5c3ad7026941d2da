"""Worker queues: what their records mean, and the operations on them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, TypeVar

import pytest

from harnlite.runtime.event_log.memory import MemoryEventLog
from harnlite.runtime.event_log.port import LogEvent
from harnlite.runtime.worker_queue import CATALOGUE_TOPIC, ClaimedJob, WorkerQueueError, WorkerQueues
from harnlite.runtime.worker_queue_fold import Job

T = TypeVar("T")
MINUTE = 60_000


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000

    def __call__(self) -> int:
        return self.now


def at_once(operation: Callable[[], T], /) -> T:
    return operation()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log() -> MemoryEventLog:
    return MemoryEventLog()


@pytest.fixture
def queues(log: MemoryEventLog, clock: Clock) -> WorkerQueues:
    return view(log, clock)


def view(log: MemoryEventLog, clock: Clock, ids: Iterator[int] | None = None) -> WorkerQueues:
    numbers = ids or count(1)
    return WorkerQueues(log, at_once, clock, lambda: f"claim-{next(numbers)}")


def add(queues: WorkerQueues, queue: str = "q", event_id: str = "e", priority: str = "normal") -> int:
    event = {"id": event_id, "provider": "p", "kind": "k"}
    receipt = queues.enqueue(
        queue, trigger_id="t", binding_key="t@v1", binding_version=1, event=event, priority=priority
    )
    return int(receipt["job_event_id"])


def open_ids(queues: WorkerQueues, queue: str = "q") -> list[int]:
    return [job.job_event_id for job, _ in queues.open_jobs(queue)]


def claim(log: MemoryEventLog, kind: str, **payload: Any) -> None:
    log.append("worker.q.claims", LogEvent(kind, payload, {}, 0))


def test_enqueue_writes_catalogue_and_job(log: MemoryEventLog, queues: WorkerQueues) -> None:
    receipt = queues.enqueue(
        "a b", trigger_id="t", binding_key="t@v1", binding_version=1, event={"id": "e"}, priority="high"
    )
    assert receipt == {"job_event_id": 1, "queue": "a b", "response_topic": "worker.a_b.responses"}
    [seen] = log.read_range(CATALOGUE_TOPIC)
    assert (seen.kind, seen.payload) == ("queue_seen", {"queue": "a b"})
    [job] = log.read_range("worker.a_b")
    assert job.kind == "trigger_dispatch"
    assert job.payload == {
        "binding_key": "t@v1",
        "binding_version": 1,
        "event": {"id": "e"},
        "priority": "high",
        "queue": "a b",
        "replay_of_event_id": None,
        "trigger_id": "t",
    }
    assert {name: job.headers[name] for name in ("queue", "trigger_id", "binding_key", "event_id", "priority")} == {
        "queue": "a b",
        "trigger_id": "t",
        "binding_key": "t@v1",
        "event_id": "e",
        "priority": "high",
    }


@pytest.mark.parametrize("name", ["", "  ", "\t"])
def test_blank_names(queues: WorkerQueues, name: str) -> None:
    with pytest.raises(WorkerQueueError, match="worker queue name cannot be empty"):
        add(queues, name)


def test_claim_order_is_priority_then_age(queues: WorkerQueues) -> None:
    low, first, second, high = (add(queues, priority=p) for p in ("low", "normal", "normal", "high"))
    order = []
    while (claimed := queues.claim_next("q", "me", MINUTE)) is not None:
        order.append(claimed.job.job_event_id)
    assert order == [high, first, second, low]


@pytest.mark.parametrize("seed", range(20))
def test_the_next_job_is_the_first_of_all_that_are_ready(queues: WorkerQueues, clock: Clock, seed: int) -> None:
    """Whatever was claimed, given back, settled or has expired before."""
    chance = random.Random(seed)
    held: list[ClaimedJob] = []

    def rank(job: Job) -> tuple[int, int, int]:
        aged = job.priority == "normal" and clock.now - job.enqueued_at_ms >= 15 * MINUTE
        return 0 if aged else ["high", "normal", "low"].index(job.priority), job.enqueued_at_ms, job.job_event_id

    for _ in range(120):
        clock.now += chance.choice([0, 1, MINUTE, 5 * MINUTE])
        action = chance.choice(["add", "add", "claim", "claim", "release", "settle"])
        if action == "add":
            add(queues, priority=chance.choice(["high", "normal", "low"]))
        elif action == "claim":
            skip = {job.job_event_id for job, _ in queues.open_jobs("q") if chance.random() < 0.2}
            ready = [job for job, state in queues.open_jobs("q") if state.claim_at(clock.now) is None]
            wanted = sorted((job for job in ready if job.job_event_id not in skip), key=rank)
            claimed = queues.claim_next("q", "me", 3 * MINUTE, skip)
            assert (None if claimed is None else claimed.job) == (wanted[0] if wanted else None)
            held += [claimed] if claimed is not None else []
        elif held:
            one = held.pop(chance.randrange(len(held)))
            if action == "release":
                queues.release_claim("q", one)
            else:
                queues.ack_claim("q", one)


def test_normal_jobs_age_into_high_ones(queues: WorkerQueues, clock: Clock) -> None:
    old = add(queues)
    clock.now += 15 * MINUTE - 1
    add(queues, priority="high")
    first = queues.claim_next("q", "me", MINUTE)
    assert first is not None
    assert first.job.job_event_id != old
    queues.release_claim("q", first)
    clock.now += 1
    second = queues.claim_next("q", "me", MINUTE)
    assert second is not None
    assert second.job.job_event_id == old


def test_leases_expire_renew_and_release(queues: WorkerQueues, clock: Clock) -> None:
    add(queues)
    mine = queues.claim_next("q", "me", 100)
    assert mine is not None
    assert queues.claim_next("q", "you", 100) is None
    clock.now += 60
    assert queues.renew_claim("q", mine, 100)
    clock.now += 60
    assert queues.claim_next("q", "you", 100) is None
    clock.now += 40
    yours = queues.claim_next("q", "you", 100)
    assert yours is not None
    assert not queues.renew_claim("q", mine, 100)
    queues.release_claim("q", mine)
    assert queues.claim_next("q", "me", 100) is None
    queues.release_claim("q", yours, "done for today")
    assert queues.claim_next("q", "me", 100) is not None


def test_two_consumers_never_hold_the_same_job(log: MemoryEventLog, clock: Clock) -> None:
    ids = count(1)
    consumers = [view(log, clock, ids) for _ in range(3)]
    jobs = {add(consumers[0]) for _ in range(30)}
    held = [consumers[turn % 3].claim_next("q", f"c{turn % 3}", MINUTE) for turn in range(31)]
    assert held[30] is None
    assert {claimed.job.job_event_id for claimed in held[:30] if claimed is not None} == jobs


def test_losing_the_race_tries_the_next_job(log: MemoryEventLog, clock: Clock) -> None:
    """Another consumer's claim lands between our look and our claim."""
    queues = view(log, clock)
    add(queues)
    add(queues)
    append, raced = log.append, []

    def racing_append(topic: str, event: LogEvent) -> int:
        if event.kind == "job_claimed" and not raced:
            raced.append(True)
            append(topic, event._replace(payload={**event.payload, "claim_id": "theirs", "consumer_id": "them"}))
        return append(topic, event)

    log.append = racing_append  # type: ignore[method-assign]  # the race cannot be had by other means
    claimed = queues.claim_next("q", "me", MINUTE)
    assert claimed is not None
    assert claimed.job.job_event_id == 2


def test_acknowledging(queues: WorkerQueues, log: MemoryEventLog) -> None:
    first, second, third = add(queues), add(queues), add(queues)
    claimed = queues.claim_next("q", "me", MINUTE)
    assert claimed is not None
    number = queues.append_response("q", claimed, {"ok": True})
    assert log.read_range("worker.q.responses")[number - 1].payload == {
        "consumer_id": "me",
        "error": None,
        "handled_at_ms": 1_000_000,
        "job_event_id": first,
        "outcome": {"ok": True},
        "queue": "q",
    }
    assert open_ids(queues) == [first, second, third]
    assert queues.ack_claim("q", claimed)
    assert not queues.ack_claim("q", claimed)
    assert open_ids(queues) == [second, third]
    assert queues.ack_job("q", second, "host")
    assert [queues.ack_job("q", number, "host") for number in (second, 99)] == [False, False]
    assert not queues.ack_job("nowhere", 1, "host")
    assert open_ids(queues) == [third]


def test_purging_leaves_claimed_jobs(queues: WorkerQueues) -> None:
    for _ in range(3):
        add(queues)
    claimed = queues.claim_next("q", "me", MINUTE)
    assert claimed is not None
    assert queues.purge_unclaimed("q", "operator", "cleanup") == 2
    assert open_ids(queues) == [claimed.job.job_event_id]
    assert queues.purge_unclaimed("q", "operator") == 0
    assert queues.ack_claim("q", claimed)


def test_acknowledged_job_cannot_be_purged_and_the_other_way_round(log: MemoryEventLog, queues: WorkerQueues) -> None:
    add(queues)
    assert queues.purge_unclaimed("q", "me") == 1
    assert not queues.ack_job("q", 1, "me")
    claim(log, "job_claimed", job_event_id=1, claim_id="c", consumer_id="x", claimed_at_ms=1, expires_at_ms=9**9)
    claim(log, "job_acked", job_event_id=1, claim_id="c", consumer_id="x", acked_at_ms=1)
    assert queues.ack_job("q", 1, "me") is False


@pytest.mark.parametrize(
    ("claim_id", "is_open"), [("", False), ("never-seen", True), ("seen", False)], ids=["host", "foreign", "late"]
)
def test_whose_acknowledgement_counts(log: MemoryEventLog, queues: WorkerQueues, claim_id: str, is_open: bool) -> None:
    add(queues)
    claim(log, "job_claimed", job_event_id=1, claim_id="seen", consumer_id="x", claimed_at_ms=1, expires_at_ms=2)
    claim(log, "job_acked", job_event_id=1, claim_id=claim_id, consumer_id="x", acked_at_ms=9)
    assert bool(open_ids(queues)) is is_open


def test_claims_before_their_job_count(log: MemoryEventLog, queues: WorkerQueues) -> None:
    claim(log, "job_acked", job_event_id=2, claim_id="", consumer_id="x", acked_at_ms=1)
    add(queues)
    assert open_ids(queues) == [1]
    add(queues)
    assert open_ids(queues) == [1]


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("job_claimed", {"job_event_id": 1}),
        ("job_acked", {"claim_id": ""}),
        ("job_released", "text"),
        ("claim_renewed", {"job_event_id": "1", "claim_id": "c", "expires_at_ms": 5}),
    ],
)
def test_unreadable_claim_hides_the_queue(log: MemoryEventLog, queues: WorkerQueues, kind: str, payload: Any) -> None:
    add(queues)
    add(queues, "other")
    log.append("worker.q.claims", LogEvent(kind, payload, {}, 0))
    with pytest.raises(WorkerQueueError, match=r"worker queue 'q' is unreadable: record 1 of 'worker.q.claims'"):
        queues.open_jobs("q")
    assert [name for name, _, _ in queues.all_open_jobs()] == ["other"]


@pytest.mark.parametrize(
    "payload",
    [
        {"queue": "q"},
        {"queue": "q", "trigger_id": "t", "binding_key": "b", "binding_version": 1, "event": {}},
        {"queue": "q", "trigger_id": "t", "binding_key": "b", "binding_version": 1, "event": {"id": 1}},
        {
            "queue": "q",
            "trigger_id": "t",
            "binding_key": "b",
            "binding_version": 1,
            "event": {"id": "e"},
            "priority": "urgent",
        },
        {"queue": "q", "trigger_id": "t", "binding_key": "b", "binding_version": True, "event": {"id": "e"}},
        None,
    ],
)
def test_unreadable_job_hides_the_queue(log: MemoryEventLog, queues: WorkerQueues, payload: Any) -> None:
    add(queues)
    log.append("worker.q", LogEvent("ignored_kind", payload, {}, 0))
    assert open_ids(queues) == [1]
    log.append("worker.q", LogEvent("trigger_dispatch", payload, {}, 0))
    with pytest.raises(WorkerQueueError, match="unreadable"):
        queues.open_jobs("q")
    assert list(queues.all_open_jobs()) == []


def test_unreadable_catalogue_hides_all_queues(log: MemoryEventLog, queues: WorkerQueues) -> None:
    add(queues)
    log.append(CATALOGUE_TOPIC, LogEvent("other", {}, {}, 0))
    log.append(CATALOGUE_TOPIC, LogEvent("queue_seen", {"queue": " "}, {}, 0))
    assert queues.known_queues() == ["q"]
    log.append(CATALOGUE_TOPIC, LogEvent("queue_seen", {"name": "q"}, {}, 0))
    with pytest.raises(WorkerQueueError, match="names no queue"):
        queues.known_queues()
    assert list(queues.all_open_jobs()) == []


def test_names_that_share_a_topic_keep_their_jobs_apart(queues: WorkerQueues) -> None:
    add(queues, "a b", "e1")
    add(queues, "a_b", "e2")
    found = [(name, job.event_id) for name, job, _ in queues.all_open_jobs()]
    assert found == [("a b", "e1"), ("a_b", "e2")]


def test_refreshing_reads_each_record_once(log: MemoryEventLog, clock: Clock) -> None:
    queues = view(log, clock)
    reads: list[tuple[str, int]] = []
    read_range = log.read_range

    def counting(topic: str, after: int | None = None, limit: int = 99) -> Any:
        found = read_range(topic, after, limit)
        reads.append((topic, len(found)))
        return found

    log.read_range = counting  # type: ignore[method-assign]  # counts what the view reads
    for _ in range(20):
        add(queues)
        open_ids(queues)
    assert sum(size for topic, size in reads if topic == "worker.q") == 20
