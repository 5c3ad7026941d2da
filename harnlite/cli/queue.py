"""``harnlite queue ls|drain|work|purge``: the worker queues that runs fill."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from harnlite.cli.common import CommandError, counted, read_source, show, write_json
from harnlite.cli.event_log_file import act_on_log, add_log_arguments

if TYPE_CHECKING:
    from harnlite.runtime.event_log.sqlite import SqliteEventLog
    from harnlite.runtime.queue_worker import JobResult, QueueWorker
    from harnlite.runtime.worker_queue import ClaimedJob, WorkerQueues
    from harnlite.runtime.worker_queue_fold import Job, JobState

SUMMARY = "look at worker queues, work their jobs off with a script, drop jobs"

#: How often ``work`` looks for new jobs, in seconds.
_PAUSE = 0.5
#: The exit code after SIGTERM, as shells have it.
_TERMINATED = 143


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ls|drain|work|purge")
    ls = actions.add_parser("ls", help="list the queues, or the open jobs of one")
    drain = actions.add_parser("drain", help="run a script for every ready job, then end")
    work = actions.add_parser("work", help="run a script for every ready job, and wait for more")
    purge = actions.add_parser("purge", help="drop every job that nobody is working on")
    for action in (ls, drain, work, purge):
        add_log_arguments(action)
    ls.add_argument("queue", nargs="?", help="the queue")
    ls.add_argument("--json", action="store_true", help="print JSON")
    for action in (drain, work):
        action.add_argument("queue", help="the queue")
        action.add_argument(
            "file",
            help="the script: argv[0] is the job as JSON; its value is the outcome, an error or Err leaves the job",
        )
    purge.add_argument("queue", help="the queue")
    purge.add_argument("--confirm", action="store_true", help="really do it")
    purge.add_argument("--reason", help="why, for the record")


def run(arguments: argparse.Namespace) -> int:
    """Do what the sub-command says; 1 when a job failed."""
    from harnlite.runtime.worker_queue import WorkerQueueError

    try:
        return act_on_log(arguments, _ACTIONS)
    except WorkerQueueError as problem:
        raise CommandError(str(problem)) from problem


def _queues(log: SqliteEventLog) -> WorkerQueues:
    from harnlite.runtime.event_log.patience import patiently
    from harnlite.runtime.worker_queue import WorkerQueues

    return WorkerQueues(log, patiently, _now_ms, lambda: str(uuid4()))


def _ls(log: SqliteEventLog, arguments: argparse.Namespace) -> int:
    queues, now_ms = _queues(log), _now_ms()
    if arguments.queue is not None:
        _require(queues, arguments.queue)
        jobs = [_job_row(job, state, now_ms) for job, state in queues.open_jobs(arguments.queue)]
        if arguments.json:
            write_json(jobs)
        else:
            sys.stdout.writelines(
                f"{job['job_event_id']}  {job['spec']}  {job['priority']}"
                f"{'  claimed by ' + job['claimed_by'] if job['claimed_by'] else ''}\n"
                for job in jobs
            )
        return 0
    rows = [_queue_row(queues, name, now_ms) for name in queues.known_queues()]
    if arguments.json:
        write_json(rows)
        return 0
    width = max((len(row["queue"]) for row in rows), default=0)
    for row in rows:
        state = row["problem"] or f"{row['ready']} ready, {row['claimed']} claimed"
        sys.stdout.write(f"{row['queue']:<{width}}  {state}\n")
    return 0


def _drain(log: SqliteEventLog, arguments: argparse.Namespace) -> int:
    return _work_off(log, arguments, wait=False)


def _work(log: SqliteEventLog, arguments: argparse.Namespace) -> int:
    return _work_off(log, arguments, wait=True)


@contextmanager
def _terminated_like_interrupted() -> Iterator[list[int]]:
    """Let SIGTERM end the block as Ctrl-C does, with the job given back; gives the list of such signals."""
    signals: list[int] = []

    def interrupt(number: int, _frame: Any) -> None:
        signals.append(number)
        signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield signals
    finally:
        signal.signal(signal.SIGTERM, before)


def _work_off(log: SqliteEventLog, arguments: argparse.Namespace, *, wait: bool) -> int:
    from harnlite.engine import RunOptions, compile_source
    from harnlite.runtime.event_log.sqlite import SqliteEventLog
    from harnlite.runtime.queue_worker import QueueWorker, consumer_name

    if not wait:
        _require(_queues(log), arguments.queue)
    source = read_source(arguments.file)
    # No job is claimed for a script that does not even compile.
    compile_source(source, arguments.file, options=RunOptions())

    def work(claimed: ClaimedJob) -> JobResult:
        return _run_script(source, arguments.file, log.path, claimed)

    def open_queues() -> WorkerQueues:
        return _queues(SqliteEventLog(log.path))

    worker = QueueWorker(open_queues, arguments.queue, consumer_name(_now_ms()), work)
    with _terminated_like_interrupted() as signals:
        try:
            return _work_until_done(worker, arguments.queue, wait=wait)
        except KeyboardInterrupt:
            if not signals:
                raise
            return _TERMINATED


def _work_until_done(worker: QueueWorker, queue: str, *, wait: bool) -> int:
    done = failed = 0
    while True:
        worked = worker.work_one()
        if worked is None:
            if not wait:
                break
            time.sleep(_PAUSE)
            continue
        claimed, result = worked
        done, failed = done + 1, failed + (result.error is not None)
        outcome = "done" if result.error is None else f"failed: {result.error}"
        sys.stderr.write(f"job {claimed.job.job_event_id} of {queue}: {outcome}\n")
    sys.stderr.write(f"{counted(done, 'job')}, {failed} failed\n")
    return 1 if failed else 0


def _run_script(source: Any, path: str, log_path: str, claimed: ClaimedJob) -> JobResult:
    from harnlite.engine import RunOptions, run_source
    from harnlite.runtime.event_log.canonical import canonical_json
    from harnlite.runtime.queue_worker import JobResult
    from harnlite.values.json_form import to_json_form

    options = RunOptions(
        arguments=[canonical_json(_job_json(claimed.job))], event_log=f"sqlite:{log_path}", record_as=path
    )
    outcome = run_source(source, path, options)
    sys.stdout.flush()
    if outcome.error is not None:
        if outcome.diagnostics:
            show(outcome.diagnostics)
        text = outcome.diagnostics[-1].message if outcome.diagnostics else outcome.message
        return JobResult(None, text or f"exit code {outcome.exit_code}")
    if outcome.message:
        return JobResult(None, outcome.message)
    return JobResult(to_json_form(outcome.value))


def _purge(log: SqliteEventLog, arguments: argparse.Namespace) -> int:
    queues = _queues(log)
    _require(queues, arguments.queue)
    if not arguments.confirm:
        raise CommandError(
            f"purging {arguments.queue} drops its jobs for good", "HARN-CLI-002", "add --confirm to do it", exit_code=2
        )
    dropped = queues.purge_unclaimed(arguments.queue, "harnlite queue purge", arguments.reason)
    sys.stdout.write(f"{counted(dropped, 'job')} dropped\n")
    return 0


def _require(queues: WorkerQueues, name: str) -> None:
    known = queues.known_queues()
    if name not in known:
        from harnlite.diagnostics.suggest import nearest

        near = nearest(name, known)
        hint = f"did you mean {near}?" if near else "`harnlite queue ls` lists the queues"
        raise CommandError(f"there is no queue {name}", "HARN-CLI-002", hint)


def _queue_row(queues: WorkerQueues, name: str, now_ms: int) -> dict[str, Any]:
    from harnlite.runtime.worker_queue import WorkerQueueError

    try:
        jobs = queues.open_jobs(name)
    except WorkerQueueError as problem:
        return {"claimed": None, "oldest_at_ms": None, "problem": str(problem), "queue": name, "ready": None}
    claimed = sum(1 for _, state in jobs if state.claim_at(now_ms) is not None)
    return {
        "claimed": claimed,
        "oldest_at_ms": jobs[0][0].enqueued_at_ms if jobs else None,
        "problem": None,
        "queue": name,
        "ready": len(jobs) - claimed,
    }


def _job_row(job: Job, state: JobState, now_ms: int) -> dict[str, Any]:
    from harnlite.runtime.inbox import spec_summary

    claim = state.claim_at(now_ms)
    claimed_by = None if claim is None else claim.consumer_id
    return {**_job_json(job), "claimed_by": claimed_by, "spec": spec_summary(job.trigger_id, job.event)}


def _job_json(job: Job) -> dict[str, Any]:
    return job._asdict()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


_ACTIONS = {"ls": _ls, "drain": _drain, "work": _work, "purge": _purge}
