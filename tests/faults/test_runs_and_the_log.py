"""Whole runs beside trouble: killed without warning, or finding the log held by somebody else."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from harnlite.runtime.event_log.port import LogEvent
from harnlite.runtime.event_log.sqlite import SqliteEventLog
from tests.command_line import INTERRUPTIBLE, clean_environment

EMITTER = """
pipeline main(task) {
  event_log.emit("trigger.inbox.envelopes", "event_ingested", {event: {id: "left-over"}})
  for i in 1 to 100000 {
    println(event_log.emit("work", "step", {i: i}))
  }
}
"""

SUCCESSOR = """
pipeline main(task) {
  pipeline_on_finish({ h, v ->
    println(h.unsettled_state().queued_triggers.map({ t -> t.event_id }))
    println(event_log.emit("work", "step") == v + 1)
    0
  })
  event_log.latest("work")
}
"""


def harnlite(*arguments: str, folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", INTERRUPTIBLE, *arguments]
    return subprocess.Popen(command, cwd=folder, env=clean_environment(folder), stdout=subprocess.PIPE, text=True)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_killed_run(tmp_path: Path) -> None:
    (tmp_path / "emitter.harn").write_text(EMITTER)
    (tmp_path / "successor.harn").write_text(SUCCESSOR)
    emitter = harnlite("run", "emitter.harn", folder=tmp_path)
    assert emitter.stdout is not None
    acknowledged = [int(emitter.stdout.readline()) for _ in range(100)]
    emitter.send_signal(signal.SIGKILL)
    whole_lines = emitter.stdout.read().split("\n")[:-1]
    acknowledged += [int(line) for line in whole_lines]
    emitter.wait()
    assert acknowledged == list(range(1, len(acknowledged) + 1))

    verify = harnlite("events", "verify", folder=tmp_path)
    assert verify.communicate() == ("3 topics, 0 faults\n", None)
    assert verify.returncode == 0
    listing, _ = harnlite("events", "ls", folder=tmp_path).communicate()
    stored = int(listing.splitlines()[2].split()[1])
    assert stored >= len(acknowledged)
    successor = harnlite("run", "successor.harn", folder=tmp_path)
    assert successor.communicate()[0] == "[left-over]\ntrue\n"
    assert successor.returncode == 0


WORKER = """
pipeline main(task) {
  harness.emit_audit("begun")
  println("ready")
  WAITS
}
"""
WAYS_TO_WAIT = {"loop": "while true { }", "sleep": "sleep(60s)", "tasks": "parallel 2 { i -> sleep(60s) }"}


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals there")
@pytest.mark.parametrize("waits", WAYS_TO_WAIT)
@pytest.mark.parametrize(
    ("number", "code", "outcome"),
    [
        (signal.SIGINT, 130, "interrupted, exit code 130"),
        (signal.SIGTERM, -signal.SIGTERM, "killed"),
        (signal.SIGKILL, -signal.SIGKILL, "killed"),
    ],
)
def test_report_tells_how_a_run_was_ended(
    tmp_path: Path, waits: str, number: signal.Signals, code: int, outcome: str
) -> None:
    (tmp_path / "worker.harn").write_text(WORKER.replace("WAITS", WAYS_TO_WAIT[waits]))
    worker = harnlite("run", "worker.harn", folder=tmp_path)
    assert worker.stdout is not None
    assert worker.stdout.readline() == "ready\n"
    worker.send_signal(number)
    worker.communicate()
    assert worker.returncode == code
    report = harnlite("report", folder=tmp_path).communicate()[0].splitlines()
    assert report[2] == f"  {outcome}"
    assert report[-3].split()[-1] == "begun"


WAITER = """
pipeline main(task) {
  let busy = spawn { event_log.emit("work", "waited") }
  let free = spawn {
    println("the other task runs meanwhile")
    sleep(10)
    println("and again")
  }
  await(free)
  println("number ${await(busy)}")
}
"""


def test_run_waits_for_a_busy_log(tmp_path: Path) -> None:
    (tmp_path / "waiter.harn").write_text(WAITER)
    log = SqliteEventLog(str(tmp_path / ".harn" / "events.sqlite"))
    log.append("work", LogEvent("first", None, {}, 0))
    holder = sqlite3.connect(log.path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    waiter = harnlite("run", "waiter.harn", folder=tmp_path)
    assert waiter.stdout is not None
    assert waiter.stdout.readline() == "the other task runs meanwhile\n"
    assert waiter.stdout.readline() == "and again\n"
    holder.execute("ROLLBACK")
    assert waiter.communicate()[0] == "number 2\n"
    assert waiter.returncode == 0
    holder.close()
    log.close()


FILLS_THE_DISK = """
pipeline main(task) {
  let pad = "x".repeat(4000)
  let stored = atomic(0)
  let failure = try { for i in 1 to 5000 { atomic_set(stored, event_log.emit("work", "step", {pad: pad})) } }
  println(contains(unwrap_err(failure), "Runtime error: event_log: "))
  println(event_log.latest("work") == atomic_get(stored))
  pipeline_on_finish({ harness, value ->
    println(harness.emit_audit("full", {}).status)
    println(harness.handoff_to("later", {a: 1}).status)
    value
  })
  return 7
}
"""

ON_A_SMALL_DISK = """
import resource, runpy, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
runpy.run_module("harnlite", run_name="__main__", alter_sys=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no file size limits there")
def test_run_on_a_full_disk(tmp_path: Path) -> None:
    """The script sees an error it can catch; audits go on with one warning, and what was stored is whole."""
    (tmp_path / "full.harn").write_text(FILLS_THE_DISK)
    environment = clean_environment(tmp_path)
    command = [sys.executable, "-c", ON_A_SMALL_DISK, "run", "full.harn"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("true\ntrue\nrecorded\nqueued\n", 7)
    assert done.stderr.count("warning: audit not stored: event_log: ") == 1
    assert "Traceback" not in done.stderr
    verify = harnlite("events", "verify", folder=tmp_path)
    assert verify.communicate()[0].endswith(" 0 faults\n")


LEAVES_WORK = """
import "std/agents"
import { pool_create } from "std/lifecycle/pool"

pipeline main(task) {
  let pool = pool_create({name: "batch", scope: "pipeline", scope_id: "nightly"})
  pool.submit({ -> "done" }, {idempotency_key: "first"})
  pool.submit({ -> sleep(60s) }, {idempotency_key: "second"})
  let agent = sub_agent_run("count", {background: true, provider: "mock"})
  llm_mock({text: "one"})
  llm_rate_limit("mock", {rpm: 1})
  llm_call("takes the only turn", nil, {provider: "mock"})
  sleep(20)
  println(agent.id)
  sleep(60s)
}
"""

FINDS_WORK = """
import "std/agents"
import { pool_create } from "std/lifecycle/pool"

pipeline main(task) {
  let pool = pool_create({name: "batch", scope: "pipeline", scope_id: "nightly"})
  println(pool.tasks.map({ t -> [t.status, t?.result, contains(t?.error ?? "", "reloaded as stale")] }))
  println(pool.submit({ -> "never" }, {idempotency_key: "first"}).status)
  llm_mock({text: "one, two"})
  let agent = wait_agent(resume_agent(argv[0]))
  println([agent.status, agent.result.text])
}
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_pools_and_agents_of_a_killed_run(tmp_path: Path) -> None:
    (tmp_path / "first.harn").write_text(LEAVES_WORK)
    (tmp_path / "second.harn").write_text(FINDS_WORK)
    first = harnlite("run", "first.harn", folder=tmp_path)
    assert first.stdout is not None
    agent = first.stdout.readline().strip()
    first.kill()
    first.communicate()
    second = harnlite("run", "second.harn", "--", agent, folder=tmp_path)
    lines = second.communicate()[0].splitlines()
    assert lines == ["[[completed, done, false], [failed, nil, true]]", "completed", "[completed, one, two]"]
