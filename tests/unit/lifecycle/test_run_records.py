"""Runs and handoffs as records of the event log; what is done when a record cannot be stored."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harnlite.lifecycle.handoff_records import HANDOFFS_TOPIC
from harnlite.runtime.event_log.run_records import RUNS_TOPIC
from harnlite.runtime.event_log.sqlite import SqliteEventLog
from tests.command_line import run_statements
from tests.scripts import run_script

pytestmark = pytest.mark.usefixtures("own_folder")


def run(body: str, *options: str) -> int:
    return run_statements(body, options)


def records(topic: str, path: str = ".harn/events.sqlite") -> list[tuple[str, Any]]:
    log = SqliteEventLog(path)
    found = [(event.kind, event.payload) for event in log.read_range(topic)]
    log.close()
    return found


QUIET = """
fn f(n) { return n + 1 }
pipeline default() {
  pipeline_on_finish({ h, v -> h.counts(); v })
  register_session_hook("PreFinish", { e -> nil })
  println(f(1))
  return 0
}
"""


def test_run_that_writes_nothing_leaves_no_file_and_loads_no_database() -> None:
    Path("quiet.harn").write_text(QUIET, encoding="utf-8")
    program = (
        "import sys; from harnlite.cli import main; code = main(['run', 'quiet.harn']); "
        "print(code, 'sqlite3' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60, env={**os.environ}
    )
    assert done.stdout.splitlines() == ["2", "0 False"], done.stderr
    assert not Path(".harn", "events.sqlite").exists()


def test_run_is_entered_by_its_first_record() -> None:
    assert run('tool_hooks_emit_audit("a")\nevent_log.emit("mine", "b")\nreturn "done"') == 0
    assert run('event_log.emit("mine", "b")\nthrow "no"') == 1
    (_, first), (_, first_end), (_, second), (_, second_end) = records(RUNS_TOPIC)
    assert first == {**second, "audits_after": 0}
    assert (first["script"], first["pid"], first["pipeline"], first["handoff"]) == (
        "test.harn",
        os.getpid(),
        None,
        None,
    )
    assert (second["audits_after"], first_end["run"], second_end["run"]) == (1, 1, 3)
    assert (first_end["exit_code"], first_end["value"], first_end["error"]) == (0, "done", None)
    assert (second_end["exit_code"], second_end["error"]) == (1, "Thrown: no")
    assert (first_end["audits"], second_end["audits"]) == ([[1, 1]], [])


def test_end_tells_what_was_open_before_and_after_the_finish() -> None:
    run(
        'event_log.emit("trigger.inbox.envelopes", "event_ingested", {event: {id: "e"}, trigger_id: "t"})\n'
        'let id = harness.handoff_to("x", 1).envelope.envelope_id\n'
        "pipeline_on_finish({ h, v -> h.acknowledge_handoff(id); v })\nreturn 0"
    )
    end = records(RUNS_TOPIC)[-1][1]
    trigger = {"bucket": "queued_triggers", "id": "trigger://e", "text": "t"}
    handoff = {"bucket": "partial_handoffs", "id": "envelope_1", "text": "to x, 1"}
    assert end["unsettled"] == [trigger, handoff]
    assert end["left"] == [{**trigger, "accounted": False}]
    assert end["phases"] == [["body", 1], ["callback", 2], ["body", 3]]


def test_triggers_open_at_the_end_of_a_body_that_wrote_nothing_are_told_too() -> None:
    run('event_log.emit("trigger.inbox.envelopes", "event_ingested", {event: {id: "e"}, trigger_id: "t"})')
    run('pipeline_on_finish({ h, v -> h.emit_audit("seen"); v })\nreturn 0')
    end = records(RUNS_TOPIC)[-1][1]
    assert [item["id"] for item in end["unsettled"]] == ["trigger://e"]


def test_only_a_hundred_open_items_are_listed() -> None:
    run('for i in 1 to 120 { harness.handoff_to("x", i) }\nreturn 0')
    end = records(RUNS_TOPIC)[-1][1]
    assert (len(end["left"]), end["left_count"]) == (100, 120)


@pytest.mark.parametrize("log", ["sqlite:other/log.sqlite", "memory"])
def test_other_logs(log: str) -> None:
    assert run('harness.handoff_to("x")\nreturn 0', "--event-log", log) == 0
    assert not Path(".harn", "events.sqlite").exists()
    assert Path("other/log.sqlite").exists() == (log != "memory")
    if log != "memory":
        assert [kind for kind, _ in records(RUNS_TOPIC, "other/log.sqlite")] == ["run_started", "run_finished"]


def test_handoff_records() -> None:
    run(
        'let a = harness.handoff_to("x", {n: 1}).envelope\nharness.handoff_to("y")\n'
        "harness.acknowledge_handoff(a.envelope_id, {ok: true})\nreturn 0"
    )
    (first, queued), (second, _), (third, settled) = records(HANDOFFS_TOPIC)
    assert (first, second, third) == ("queued", "queued", "settled")
    assert queued["run"] == 1
    queued["envelope"].pop("queued_at_ms")
    assert queued["envelope"] == {
        "envelope_id": "envelope_1",
        "from": None,
        "origin_pipeline": None,
        "payload": {"n": 1},
        "payload_summary": "object(keys=n)",
        "seq": 1,
        "target_pipeline": "x",
        "to": "x",
    }
    assert settled == {"decision": {"ok": True}, "handoff": 1, "run": 1}


def test_embedded_runs_store_handoffs_in_their_own_log(tmp_path: Path) -> None:
    done = run_script(tmp_path, f'harness.handoff_to("x")\nprintln(event_log.latest("{HANDOFFS_TOPIC}"))')
    assert done.lines == ["1"]


def test_failing_run_keeps_its_handoffs_open() -> None:
    assert run('harness.handoff_to("x")\nthrow "no"') == 1
    assert [kind for kind, _ in records(HANDOFFS_TOPIC)] == ["queued"]
    assert [item["id"] for item in records(RUNS_TOPIC)[-1][1]["left"]] == ["envelope_1"]


def test_audit_that_cannot_be_stored_is_reported_once(capsys: pytest.CaptureFixture[str]) -> None:
    Path(".harn").write_text("a file where the log's directory should be")
    body = (
        'tool_hooks_emit_audit("a")\ntool_hooks_emit_audit("b")\nharness.handoff_to("x")\n'
        "println(len(pipeline_lifecycle_audit_log_snapshot()))"
    )
    assert run(body) == 0
    captured = capsys.readouterr()
    assert captured.out == "2\n"
    warnings = [line for line in captured.err.splitlines() if line.startswith("warning: ")]
    assert len(warnings) == 1
    assert warnings[0].startswith("warning: audit not stored: event_log: '")
    assert "Traceback" not in captured.err


def test_log_that_is_no_database_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    Path(".harn").mkdir()
    Path(".harn/events.sqlite").write_bytes(b"no database at all" * 100)
    assert run('harness.handoff_to("x")\nreturn 0') == 0
    assert "warning: handoff not stored: event_log: '" in capsys.readouterr().err


def test_log_held_by_another_process_at_the_end_is_waited_for() -> None:
    """The last record is written when no guest task is left; a rival that lets go in time does no harm."""
    run('tool_hooks_emit_audit("a")')
    rival = sqlite3.connect(".harn/events.sqlite", isolation_level=None, check_same_thread=False)
    rival.execute("BEGIN IMMEDIATE")
    import threading

    threading.Timer(0.2, lambda: rival.execute("COMMIT")).start()
    assert run('tool_hooks_emit_audit("b")') == 0
    assert [kind for kind, _ in records(RUNS_TOPIC)] == ["run_started", "run_finished"] * 2
