"""``harnlite events`` and ``harnlite queue`` on a small log."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from harnlite.cli import main
from harnlite.runtime.event_log.patience import patiently
from harnlite.runtime.event_log.port import LogEvent
from harnlite.runtime.event_log.sqlite import SqliteEventLog
from harnlite.runtime.worker_queue import WorkerQueues
from tests.command_line import INTERRUPTIBLE, clean_environment


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SqliteEventLog:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HARN_EVENT_LOG_BACKEND", raising=False)
    made = SqliteEventLog(str(tmp_path / ".harn" / "events.sqlite"))
    made.append("orders", LogEvent("created", {"n": 1}, {"by": "me"}, 0))
    made.append("orders", LogEvent("paid", {"n": 1.5}, {}, 1500))
    made.append("other", LogEvent("created", None, {}, 2000))
    return made


@pytest.fixture
def queues(log: SqliteEventLog) -> WorkerQueues:
    numbers = iter(range(1, 99))
    made = WorkerQueues(log, patiently, lambda: 1_000, lambda: f"claim-{next(numbers)}")
    for event_id in ("e1", "e2"):
        event = {"id": event_id, "provider": "mail", "kind": "in"}
        made.enqueue("jobs", trigger_id="t", binding_key="t@v1", binding_version=1, event=event)
    return made


@pytest.mark.usefixtures("log")
def test_ls(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["events", "ls"]) == 0
    assert capsys.readouterr().out == (
        "orders  2 records  last 1970-01-01T00:00:01.5Z\nother   1 records  last 1970-01-01T00:00:02Z\n"
    )
    assert main(["events", "ls", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0] == {
        "first_at_ms": 0,
        "last_at_ms": 1500,
        "latest": 2,
        "records": 2,
        "topic": "orders",
    }


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], '1 1970-01-01T00:00:00Z created {"by":"me"} {"n":1}\n2 1970-01-01T00:00:01.5Z paid {"n":1.5}\n'),
        (["--after", "1"], '2 1970-01-01T00:00:01.5Z paid {"n":1.5}\n'),
        (["--limit", "1"], '1 1970-01-01T00:00:00Z created {"by":"me"} {"n":1}\n'),
        (["--kind", "pa"], '2 1970-01-01T00:00:01.5Z paid {"n":1.5}\n'),
    ],
)
def test_show(capsys: pytest.CaptureFixture[str], arguments: list[str], expected: str) -> None:
    assert main(["events", "show", "orders", *arguments]) == 0
    assert capsys.readouterr().out == expected


@pytest.mark.usefixtures("log")
def test_tail(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["events", "tail", "orders", "-n", "1", "--no-follow"]) == 0
    assert capsys.readouterr().out == '2 1970-01-01T00:00:01.5Z paid {"n":1.5}\n'


def test_verify(log: SqliteEventLog, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["events", "verify"]) == 0
    assert capsys.readouterr().out == "2 topics, 0 faults\n"
    raw = sqlite3.connect(log.path)
    raw.execute("UPDATE events SET kind = 'forged' WHERE topic = 'orders' AND event_id = 1")
    raw.commit()
    raw.close()
    assert main(["events", "verify", "--log", log.path]) == 1
    assert capsys.readouterr().out == "orders: record 1 does not match its record hash\n2 topics, 1 fault\n"
    assert main(["events", "verify", "other"]) == 0
    assert main(["events", "verify", "--json"]) == 1
    assert json.loads(capsys.readouterr().out.partition("\n")[2])["faults"][0]["event_id"] == 1


@pytest.mark.usefixtures("log")
def test_export(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["events", "export", "orders"]) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(record["topic"], record["event_id"], record["payload"]) for record in records] == [
        ("orders", 1, {"n": 1}),
        ("orders", 2, {"n": 1.5}),
    ]


@pytest.mark.usefixtures("queues")
@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["events", "show", "order"], "did you mean orders?"),
        (["events", "verify", "zzz"], "there is no topic zzz"),
        (["events", "ls", "--log", "nowhere.sqlite"], "there is no event log at nowhere.sqlite"),
        (["queue", "ls", "job"], "did you mean jobs?"),
        (["queue", "purge", "jobs"], "add --confirm to do it"),
        (["queue", "drain", "jobs", "nothing.harn"], "cannot read nothing.harn: no such file"),
        (["events", "show", "orders", "--limit", "-5"], "--limit: takes a whole number from 0, not -5"),
        (["events", "show", "orders", "--after", str(10**30)], "--after: takes a whole number from 0"),
        (["events", "show", "orders", "--limit", "9" * 5000], "--limit: takes a whole number from 0"),
        (["events", "tail", "orders", "-n", "x"], "--lines/-n: takes a whole number from 0, not x"),
    ],
)
def test_complaints(capsys: pytest.CaptureFixture[str], command: list[str], message: str) -> None:
    assert main(command) in (1, 2)
    assert message in capsys.readouterr().err


def test_damaged_file_is_told_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.sqlite").write_text("this is no database, it only looks like a file")
    assert main(["events", "ls", "--log", str(tmp_path / "x.sqlite")]) == 1
    assert "file is not a database" in capsys.readouterr().err


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("text", ["pipeline main( {", 'import "./nowhere"\nprintln(1)', "let x: int = true"])
def test_a_script_that_does_not_compile_claims_no_job(
    queues: WorkerQueues, log: SqliteEventLog, capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str
) -> None:
    (tmp_path / "worker.harn").write_text(text)
    assert main(["queue", "drain", "jobs", "worker.harn"]) == 1
    assert capsys.readouterr().err.count("error[") == 1
    assert log.latest("worker.jobs.claims") is None
    assert len(queues.open_jobs("jobs")) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGTERM there")
@pytest.mark.parametrize(("ending", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_worker_that_is_stopped_gives_its_job_back(
    queues: WorkerQueues, tmp_path: Path, ending: signal.Signals, code: int
) -> None:
    (tmp_path / "worker.harn").write_text('println("begun")\nsleep(60000)')
    command = [sys.executable, "-c", INTERRUPTIBLE, "queue", "work", "jobs", "worker.harn"]
    environment = clean_environment(tmp_path)
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "begun\n"
        worker.send_signal(ending)
        assert worker.wait(30) == code
    assert [state.active for _, state in queues.open_jobs("jobs")] == [None, None]


def test_queue_ls_and_purge(queues: WorkerQueues, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["queue", "ls"]) == 0
    assert capsys.readouterr().out == "jobs  2 ready, 0 claimed\n"
    assert main(["queue", "ls", "jobs"]) == 0
    assert capsys.readouterr().out == "1  t: mail.in  normal\n2  t: mail.in  normal\n"
    assert main(["queue", "ls", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {"claimed": 0, "oldest_at_ms": 1000, "problem": None, "queue": "jobs", "ready": 2}
    ]
    assert main(["queue", "purge", "jobs", "--confirm"]) == 0
    assert capsys.readouterr().out == "2 jobs dropped\n"
    assert queues.open_jobs("jobs") == []


WORKER = """
let job = json_parse(argv[0])
println("working on ${job.event.id}")
if job.event.id == "e2" { throw "no luck" }
let seen = event_log.latest("worker.jobs")
{job: job.job_event_id, seen: seen}
"""


def test_drain_runs_a_script_per_job(
    queues: WorkerQueues, log: SqliteEventLog, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "worker.harn").write_text(f"pipeline main(task) {{{WORKER}}}")
    assert main(["queue", "drain", "jobs", "worker.harn"]) == 1
    shown = capfd.readouterr()
    assert shown.out == "working on e1\nworking on e2\n"
    assert "job 1 of jobs: done\n" in shown.err
    assert "job 2 of jobs: failed: " in shown.err
    assert shown.err.endswith("2 jobs, 1 failed\n")
    assert [job.event_id for job, _ in queues.open_jobs("jobs")] == ["e2"]
    responses = log.read_range("worker.jobs.responses")
    assert responses[0].payload["outcome"] == {"job": 1, "seen": 2}
    assert "no luck" in responses[1].payload["error"]
