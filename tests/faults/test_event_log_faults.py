"""The event log when things go wrong: killed writers, rival writers, full disks, damaged files, odd clocks."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from harnlite.runtime.event_log.patience import patiently
from harnlite.runtime.event_log.port import EventLogError, LogEvent
from harnlite.runtime.event_log.provenance import verify_chain
from harnlite.runtime.event_log.sqlite import SqliteEventLog
from harnlite.runtime.worker_queue import WorkerQueues

APPEND_FOREVER = """
import sys
from harnlite.runtime.event_log.patience import patiently
from harnlite.runtime.event_log.port import LogEvent
from harnlite.runtime.event_log.sqlite import SqliteEventLog
log = SqliteEventLog(sys.argv[1])
count = 0
while True:
    count += 1
    number = patiently(lambda: log.append("t", LogEvent("k", {"text": "x" * (count % 700)}, {}, count)))
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
"""

APPEND_MANY = """
import sys
from harnlite.runtime.event_log.patience import patiently
from harnlite.runtime.event_log.port import LogEvent
from harnlite.runtime.event_log.sqlite import SqliteEventLog
log = SqliteEventLog(sys.argv[1])
for count in range(int(sys.argv[3])):
    event = LogEvent("k", {"writer": sys.argv[2], "count": count}, {}, count)
    patiently(lambda: log.append("t", event))
    patiently(lambda: log.append_idempotent_by_header("once", "key", str(count), event))
"""

FILL_UP = """
import resource, signal, sys
from harnlite.runtime.event_log.port import EventLogError, LogEvent
from harnlite.runtime.event_log.sqlite import SqliteEventLog
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
log = SqliteEventLog(sys.argv[1])
log.append("t", LogEvent("k", None, {}, 0))
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
stored = 1
try:
    for _ in range(1000):
        stored = log.append("t", LogEvent("k", "x" * 5000, {}, 0))
except EventLogError as problem:
    print("error:", problem)
print("stored:", stored, "readable:", len(log.read_range("t")))
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print("next:", log.append("t", LogEvent("k", None, {}, 0)) - stored)
"""

CLAIM_AND_HANG = """
import sys, time
from uuid import uuid4
from harnlite.runtime.event_log.patience import patiently
from harnlite.runtime.event_log.sqlite import SqliteEventLog
from harnlite.runtime.worker_queue import WorkerQueues
log = SqliteEventLog(sys.argv[1])
queues = WorkerQueues(log, patiently, lambda: time.time_ns() // 1_000_000, lambda: str(uuid4()))
print(queues.claim_next("q", "doomed", 700).job.job_event_id, flush=True)
time.sleep(60)
"""

ACKNOWLEDGE_ALL = """
import sys, time
from uuid import uuid4
from harnlite.runtime.event_log.patience import patiently
from harnlite.runtime.event_log.sqlite import SqliteEventLog
from harnlite.runtime.worker_queue import WorkerQueues
log = SqliteEventLog(sys.argv[1])
queues = WorkerQueues(log, patiently, lambda: time.time_ns() // 1_000_000, lambda: str(uuid4()))
print("ready", flush=True)
sys.stdin.readline()
print(sum(queues.ack_job("q", number, sys.argv[2]) for number in range(1, 81)))
"""

LOOK_AT_READ_ONLY = """
import sys
from harnlite.runtime.event_log.port import EventLogError, LogEvent
from harnlite.runtime.event_log.sqlite import SqliteEventLog
log = SqliteEventLog(sys.argv[1])
before = log.revision()
print(log.latest("t"), log.topics(), [event.payload for event in log.read_range("t")], log.revision() == before)
try:
    log.append("t", LogEvent("k", 2, {}, 0))
except EventLogError as problem:
    print(problem)
print(log.latest("t"))
"""

#: What takes from root the right to write where permissions forbid it, if this is root.
BOUND_BY_PERMISSIONS = (
    ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    if sys.platform == "linux" and os.geteuid() == 0 and shutil.which("setpriv")
    else []
)
needs_permissions = pytest.mark.skipif(
    sys.platform == "win32" or (os.geteuid() == 0 and not BOUND_BY_PERMISSIONS),
    reason="needs a process whom permissions bind",
)


def start(program: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True)


def failure_of(operation: Callable[[], object]) -> str | None:
    """Give the text of the log's error, None when there is none; anything else that is raised fails the test."""
    try:
        operation()
    except EventLogError as problem:
        return str(problem)
    return None


def check(path: Path, topic: str = "t") -> int:
    """Give the number of records after making sure that all are there and linked."""
    log = SqliteEventLog(str(path))
    events = log.read_range(topic)
    assert [event.event_id for event in events] == list(range(1, len(events) + 1))
    assert log.latest(topic) == len(events)
    assert list(verify_chain(events)) == []
    log.close()
    return len(events)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_killed_writers_leave_whole_records(tmp_path: Path) -> None:
    path = tmp_path / "events.sqlite"
    for round_number in range(4):
        writer = start(APPEND_FOREVER, str(path))
        assert writer.stdout is not None
        acknowledged = 0
        for _ in range(20 + 15 * round_number):
            acknowledged = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
        whole_lines = writer.stdout.read().split("\n")[:-1]
        acknowledged = int(whole_lines[-1]) if whole_lines else acknowledged
        writer.wait()
        assert check(path) >= acknowledged


def test_rival_writers_share_the_numbers(tmp_path: Path) -> None:
    path = tmp_path / "events.sqlite"
    writers = [start(APPEND_MANY, str(path), name, "120") for name in "abc"]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    assert check(path) == 360
    assert check(path, "once") == 120
    log = SqliteEventLog(str(path))
    for name in "abc":
        counts = [event.payload["count"] for event in log.read_range("t") if event.payload["writer"] == name]
        assert counts == list(range(120))
    log.close()


@pytest.mark.skipif(sys.platform == "win32", reason="no file size limits there")
def test_full_disk_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "events.sqlite"
    output, _ = start(FILL_UP, str(path)).communicate(timeout=60)
    lines = output.splitlines()
    assert lines[0].startswith("error: event_log: ")
    assert str(path) in lines[0]
    _, stored, _, readable = lines[1].split()
    assert int(stored) > 5
    assert readable == stored
    assert lines[2] == "next: 1"
    assert check(path) == int(stored) + 1


@needs_permissions
@pytest.mark.parametrize("closed", [True, False], ids=["closed", "killed"])
@pytest.mark.parametrize("read_only", ["file", "directory"])
def test_read_only_log_can_be_read_and_says_why_not_written(tmp_path: Path, closed: bool, read_only: str) -> None:
    """SQLite alone cannot even read a closed log whose directory is read-only."""
    path = tmp_path / "logs" / "events.sqlite"
    log = SqliteEventLog(str(path))
    log.append("t", LogEvent("k", 1, {}, 0))
    if closed:
        log.close()
    for file in path.parent.iterdir():
        file.chmod(0o444)
    if read_only == "directory":
        path.parent.chmod(0o555)
    command = [*BOUND_BY_PERMISSIONS, sys.executable, "-c", LOOK_AT_READ_ONLY, str(path)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    path.parent.chmod(0o755)
    assert output[0] == "1 ['t'] [1] True"
    assert output[1] == f"event_log: '{path}': attempt to write a readonly database"
    assert output[2] == "1"
    log.close()


def test_database_of_something_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "shop.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE orders (id INTEGER)")
    connection.close()
    content = path.read_bytes()
    log = SqliteEventLog(str(path))
    for operation in (log.topics, lambda: log.latest("t"), lambda: log.append("t", LogEvent("k", 1, {}, 0))):
        assert failure_of(operation) == f"event_log: '{path}' is the database of something else"
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_looking_into_an_empty_file_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "events.sqlite"
    path.touch()
    log = SqliteEventLog(str(path))
    assert (log.topics(), log.latest("t"), log.read_range("t"), log.revision()) == ([], None, [], None)
    assert path.stat().st_size == 0
    assert log.append("t", LogEvent("k", 1, {}, 0)) == 1
    assert log.topics() == ["t"]
    log.close()


@pytest.mark.parametrize("keep", [0, 10, 100, 1024, 4096, 5000, 9000])
def test_cut_off_file_is_an_error_or_a_shorter_log_never_a_crash(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "events.sqlite"
    log = SqliteEventLog(str(path))
    for number in range(60):
        log.append("t", LogEvent("k", "x" * 300, {}, number))
    log.close()
    path.write_bytes(path.read_bytes()[:keep])
    damaged = SqliteEventLog(str(path))
    for operation in (
        lambda: damaged.latest("t"),
        lambda: damaged.read_range("t"),
        damaged.topics,
        lambda: damaged.append("t", LogEvent("k", None, {}, 0)),
    ):
        problem = failure_of(operation)
        assert problem is None or str(path) in problem or "cannot be read" in problem
    damaged.close()


def test_job_of_a_killed_worker_is_served_again(tmp_path: Path) -> None:
    path = tmp_path / "events.sqlite"
    log = SqliteEventLog(str(path))
    queues = WorkerQueues(log, patiently, lambda: time.time_ns() // 1_000_000, lambda: str(uuid4()))
    queues.enqueue("q", trigger_id="t", binding_key="t@v1", binding_version=1, event={"id": "e"})
    worker = start(CLAIM_AND_HANG, str(path))
    assert worker.stdout is not None
    assert worker.stdout.readline() == "1\n"
    worker.kill()
    worker.wait()
    expires = queues.open_jobs("q")[0][1].active
    assert expires is not None
    assert queues.claim_next("q", "heir", 1000) is None or time.time_ns() // 1_000_000 >= expires.expires_at_ms
    while time.time_ns() // 1_000_000 < expires.expires_at_ms:
        time.sleep(0.02)
    claimed = queues.claim_next("q", "heir", 60_000)
    assert claimed is not None
    assert claimed.job.job_event_id == 1
    assert queues.ack_claim("q", claimed)
    log.close()


def test_rivals_settle_each_job_once(tmp_path: Path) -> None:
    path = tmp_path / "events.sqlite"
    log = SqliteEventLog(str(path))
    queues = WorkerQueues(log, patiently, lambda: time.time_ns() // 1_000_000, lambda: str(uuid4()))
    for number in range(80):
        queues.enqueue("q", trigger_id="t", binding_key="t@v1", binding_version=1, event={"id": f"e{number}"})
    rivals = [
        subprocess.Popen(
            [sys.executable, "-c", ACKNOWLEDGE_ALL, str(path), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in "abc"
    ]
    for rival in rivals:
        assert rival.stdout is not None
        assert rival.stdout.readline() == "ready\n"
    settled = [int(rival.communicate("go\n", timeout=60)[0]) for rival in rivals]
    assert sum(settled) == 80
    acknowledged = [event.payload["job_event_id"] for event in log.read_range("worker.q.claims")]
    assert sorted(acknowledged) == list(range(1, 81))
    assert queues.open_jobs("q") == []
    log.close()


def test_job_whose_lease_ran_out_is_settled_by_the_first_of_its_workers(tmp_path: Path) -> None:
    log = SqliteEventLog(str(tmp_path / "events.sqlite"))
    now = [10_000]
    queues = WorkerQueues(log, patiently, lambda: now[0], lambda: str(uuid4()))
    queues.enqueue("q", trigger_id="t", binding_key="t@v1", binding_version=1, event={"id": "e"})
    slow = queues.claim_next("q", "slow", 100)
    now[0] = 10_100
    quick = queues.claim_next("q", "quick", 100)
    assert slow is not None
    assert quick is not None
    assert not queues.renew_claim("q", slow, 100)
    assert queues.ack_claim("q", slow)
    assert not queues.ack_claim("q", quick)
    queues.release_claim("q", quick, "too late")
    assert queues.claim_next("q", "third", 100) is None
    assert [event.kind for event in log.read_range("worker.q.claims")].count("job_acked") == 1
    log.close()


def test_clock_going_backwards_changes_no_order(tmp_path: Path) -> None:
    log = SqliteEventLog(str(tmp_path / "events.sqlite"))
    for moment in (5000, 3000, -1, 4000):
        log.append("t", LogEvent("k", moment, {}, moment))
    events = log.read_range("t")
    assert [event.payload for event in events] == [5000, 3000, -1, 4000]
    assert list(verify_chain(events)) == []
    log.close()


def test_lease_taken_before_the_clock_went_back_still_ends(tmp_path: Path) -> None:
    log = SqliteEventLog(str(tmp_path / "events.sqlite"))
    now = [10_000]
    queues = WorkerQueues(log, patiently, lambda: now[0], lambda: str(uuid4()))
    queues.enqueue("q", trigger_id="t", binding_key="t@v1", binding_version=1, event={"id": "e"})
    assert queues.claim_next("q", "a", 100) is not None
    now[0] = 2_000
    assert queues.claim_next("q", "b", 100) is None
    now[0] = 10_100
    assert queues.claim_next("q", "b", 100) is not None
    log.close()
