"""Working a queue off: claim a job, hand it to a function, answer and settle it, keep the lease meanwhile.

Takes queues and a function; the command line's function runs a script (docs/reference/runtime.md 3.2 and 3.4).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

from attrs import frozen

from harnlite.runtime.event_log.port import EventLogError
from harnlite.runtime.worker_queue import ClaimedJob, WorkerQueues

__all__ = ["LEASE_MS", "JobResult", "QueueWorker", "consumer_name"]

#: How long a lease holds; it is renewed while the job is worked on.
LEASE_MS = 300_000


@frozen
class JobResult:
    """What came of a job.

    :param outcome: in JSON form.
    :param error: why it failed, or None. A failed job is answered and becomes ready again.
    """

    outcome: Any
    error: str | None = None


def consumer_name(now_ms: int) -> str:
    """Give this process's name as a consumer."""
    return f"local-pid{os.getpid()}-{now_ms}"


class QueueWorker:
    """Works on the jobs of one queue.

    :param open_queues: opens the queues; called once more for the thread that renews leases.
    :param work: does a job; what it raises (Ctrl-C, or a bug) passes through, and the job is ready again.
    :param lease_ms: how long a lease holds, milliseconds.
    """

    def __init__(
        self,
        open_queues: Callable[[], WorkerQueues],
        queue: str,
        consumer: str,
        work: Callable[[ClaimedJob], JobResult],
        lease_ms: int = LEASE_MS,
    ) -> None:
        self._open_queues = open_queues
        self._queues = open_queues()
        self._queue = queue
        self._consumer = consumer
        self._work = work
        self._lease_ms = lease_ms
        self._failed: set[int] = set()

    def work_one(self) -> tuple[ClaimedJob, JobResult] | None:
        """Do the next job that has not failed here before; None when there is none."""
        claimed = self._claim()
        if claimed is None:
            return None
        try:
            result = self._work_with_lease(claimed)
        except BaseException:
            # Nobody goes on with it here, so that others need not wait for the end of the lease.
            self._queues.release_claim(self._queue, claimed, "interrupted")
            raise
        self._queues.append_response(self._queue, claimed, result.outcome, result.error)
        if result.error is None:
            self._queues.ack_claim(self._queue, claimed)
        else:
            self._failed.add(claimed.job.job_event_id)
            self._queues.release_claim(self._queue, claimed, result.error)
        return claimed, result

    def _claim(self) -> ClaimedJob | None:
        return self._queues.claim_next(self._queue, self._consumer, self._lease_ms, skip=self._failed)

    def _work_with_lease(self, claimed: ClaimedJob) -> JobResult:
        done = threading.Event()
        keeper = threading.Thread(target=self._keep_lease, args=(claimed, done), daemon=True)
        keeper.start()
        try:
            return self._work(claimed)
        finally:
            done.set()
            keeper.join()

    def _keep_lease(self, claimed: ClaimedJob, done: threading.Event) -> None:
        queues: WorkerQueues | None = None
        while not done.wait(self._lease_ms / 3000):
            try:
                queues = queues or self._open_queues()
                if not queues.renew_claim(self._queue, claimed, self._lease_ms):
                    return
            except EventLogError:
                # The log may be usable again before the lease is over.
                continue
