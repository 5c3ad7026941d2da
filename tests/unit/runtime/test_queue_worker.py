"""Working jobs off: settled, failed, and kept while they last."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from harnlite.runtime.event_log.patience import patiently
from harnlite.runtime.event_log.sqlite import SqliteEventLog
from harnlite.runtime.queue_worker import JobResult, QueueWorker
from harnlite.runtime.worker_queue import ClaimedJob, WorkerQueues


def real_queues(path: Path) -> WorkerQueues:
    numbers = iter(range(1, 99))
    return WorkerQueues(
        SqliteEventLog(str(path)), patiently, lambda: time.time_ns() // 1_000_000, lambda: f"claim-{next(numbers)}"
    )


def add(queues: WorkerQueues, event_id: str) -> None:
    queues.enqueue("q", trigger_id="t", binding_key="t@v1", binding_version=1, event={"id": event_id})


def test_jobs_are_settled_in_turn_and_failed_ones_left(tmp_path: Path) -> None:
    path = tmp_path / "events.sqlite"
    queues = real_queues(path)
    for event_id in ("good", "bad", "fine"):
        add(queues, event_id)
    seen = []

    def work(claimed: ClaimedJob) -> JobResult:
        seen.append(claimed.job.event_id)
        return JobResult(None, "no luck") if claimed.job.event_id == "bad" else JobResult({"done": True})

    worker = QueueWorker(lambda: real_queues(path), "q", "me", work)
    while worker.work_one() is not None:
        pass
    assert seen == ["good", "bad", "fine"]
    [(job, state)] = queues.open_jobs("q")
    assert (job.event_id, state.active) == ("bad", None)
    responses = SqliteEventLog(str(path)).read_range("worker.q.responses")
    assert [(event.payload["outcome"], event.payload["error"]) for event in responses] == [
        ({"done": True}, None),
        (None, "no luck"),
        ({"done": True}, None),
    ]


def test_a_long_job_keeps_its_lease(tmp_path: Path) -> None:
    path = tmp_path / "events.sqlite"
    queues = real_queues(path)
    add(queues, "long")
    rivals = []

    def work(_claimed: ClaimedJob) -> JobResult:
        ends = time.monotonic() + 0.9
        while time.monotonic() < ends:
            rivals.append(queues.claim_next("q", "rival", 300))
            time.sleep(0.05)
        return JobResult(None)

    worker = QueueWorker(lambda: real_queues(path), "q", "me", work, lease_ms=300)
    assert worker.work_one() is not None
    assert set(rivals) == {None}
    assert queues.open_jobs("q") == []


@pytest.mark.parametrize("reason", [KeyboardInterrupt, ZeroDivisionError])
def test_a_job_that_is_broken_off_is_ready_again(tmp_path: Path, reason: type[BaseException]) -> None:
    path = tmp_path / "events.sqlite"
    queues = real_queues(path)
    add(queues, "e")

    def work(_claimed: ClaimedJob) -> JobResult:
        raise reason

    with pytest.raises(reason):
        QueueWorker(lambda: real_queues(path), "q", "me", work).work_one()
    assert queues.claim_next("q", "other", 1000) is not None
    assert SqliteEventLog(str(path)).latest("worker.q.responses") is None
