"""``harnlite report`` on logs of our own runs, of killed runs and of the reference runtime."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import platform
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from harnlite.cli import main
from harnlite.cli.common import read_source
from harnlite.engine import RunOptions, run_source
from harnlite.runtime.event_log.port import LogEvent
from harnlite.runtime.event_log.run_records import (
    AUDIT_TOPIC,
    RUN_FINISHED,
    RUN_STARTED,
    RUNS_TOPIC,
    process_payload,
)
from harnlite.runtime.event_log.sqlite import SqliteEventLog
from tests.command_line import run_statements

LOG = ".harn/events.sqlite"


pytestmark = pytest.mark.usefixtures("own_folder")
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux says when a process began")


def run(body: str, name: str = "test.harn", options: Sequence[str] = ()) -> int:
    return run_statements(body, options, imports='import { on_finish_drain } from "std/lifecycle"', name=name)


def report(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    assert main(["report", *arguments]) == 0
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", re.sub(r"process \d+", "process PID", capsys.readouterr().out))


def data(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    capsys.readouterr()
    assert main(["report", "--json", *arguments]) == 0
    return json.loads(capsys.readouterr().out)


def append(topic: str, kind: str, payload: Any, at_ms: int = 0) -> int:
    log = SqliteEventLog(LOG)
    number = log.append(topic, LogEvent(kind, payload, {}, at_ms))
    log.close()
    return number


def audit(sequence: int, kind: str = "note", at_ms: int = 0) -> None:
    """Append an audit as the reference does: no word of the run."""
    entry = {"kind": kind, "payload": None, "pipeline_id": None, "seq": sequence}
    append(AUDIT_TOPIC, "lifecycle_audit", entry, at_ms)


TRIGGER = (
    'event_log.emit("trigger.inbox.envelopes", "event_ingested", '
    '{event: {id: "e"}, trigger_id: "t", binding_version: 1})\n'
)


def test_story(capsys: pytest.CaptureFixture[str]) -> None:
    run(
        TRIGGER
        + 'harness.handoff_to("night", {n: 1})\n'
        + 'harness.emit_audit("started", {by: "me"})\n'
        + 'register_session_hook("PreFinish", { _e -> harness.emit_audit("hook_ran"); return nil })\n'
        + "pipeline_on_finish({ h, v ->\n"
        + "  on_finish_drain(h, v)\n"
        + '  h.defer_trigger("trigger://t@v1/e", "later")\n  h.finalize({ok: true})\n  v\n})\nreturn 4'
    )
    lines = report(capsys).splitlines()
    (remaining,) = [line for line in lines if "drain_unsettled_remaining" in line]
    assert remaining.startswith('   11  settlement agent  drain_unsettled_remaining: {"budget":5,')
    assert [line for line in lines if line is not remaining] == [
        "run 1: test.harn",
        "  first record TIME by process PID",
        "  completed, exit code 4",
        "unsettled when the body ended:",
        "  queued trigger trigger://t@v1/e: t",
        "  partial handoff envelope_1: to night, object(keys=n)",
        "decisions:",
        '    2  body              started: {"by":"me"}',
        "    3  PreFinish hook    hook_ran",
        "    4  settlement agent  drain_decision: acknowledge queued trigger trigger://t@v1/e "
        "(default disposition: acknowledge stale queued trigger at drain)",
        '    5  settlement agent  handoff_acknowledged: envelope_1 {"disposition":"deferred",'
        '"source":"settlement_agent"}',
        "    6  settlement agent  drain_decision: acknowledge partial handoff envelope_1 "
        "(default disposition: acknowledge partial handoff as deferred)",
        *(
            f"  {number:>3}  settlement agent  drain_decision: acknowledge queued trigger trigger://t@v1/e "
            "(default disposition: acknowledge stale queued trigger at drain)"
            for number in (7, 8, 9, 10)
        ),
        "   12  callback          trigger_acknowledged: trigger://t@v1/e",
        "   14  callback          trigger_deferred: trigger://t@v1/e as envelope_13",
        '   15  callback          pipeline_finalized: {"disposition":{"ok":true}}',
        "handed over:",
        "  1  envelope_1 to night: put off, still open",
        "  3  envelope_13 to later: open",
        "left at the end:",
        "  partial handoff envelope_13: to later, object(keys=acknowledgement,deferred_trigger)",
    ]


def test_list_and_choice(capsys: pytest.CaptureFixture[str]) -> None:
    run('harness.handoff_to("x")\nreturn 0', "first.harn")
    run('tool_hooks_emit_audit("a")\nthrow "no"', "second.harn")
    assert report(capsys, "--list").splitlines() == [
        "1  TIME  first.harn: completed, exit code 0, 0 audits, 1 left",
        "3  TIME  second.harn: failed, exit code 1: Thrown: no, 1 audit, 0 left",
    ]
    assert report(capsys).startswith("run 3: second.harn\n")
    assert report(capsys, "1").startswith("run 1: first.harn\n")
    assert "  partial handoff envelope_1: to x, nil  (nobody accounted for it)\n" in report(capsys, "1")
    listed = data(capsys, "--list")
    assert [(row["run"], row["script"], row["audits"], row["handoffs"]) for row in listed] == [
        ("1", "first.harn", 0, 1),
        ("3", "second.harn", 1, 0),
    ]


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    run('harness.emit_audit("a", {n: 1})\nharness.handoff_to("x")\nreturn 0')
    story = data(capsys)
    (entry,) = story["audits"]
    assert {**entry, "at_ms": 0} == {
        "at_ms": 0, "by": "body", "kind": "a", "payload": {"n": 1}, "record": 1, "seq": 1,
    }  # fmt: skip
    assert (story["run"], story["exit_code"], story["ending"], story["error"]) == ("1", 0, "completed", None)
    assert story["outcome"] == "completed, exit code 0"
    assert [handoff["state"] for handoff in story["handoffs"]] == ["queued"]
    assert story["left"] == [
        {"accounted": False, "bucket": "partial_handoffs", "id": "envelope_2", "text": "to x, nil"}
    ]


def test_log_of_the_reference_is_split_where_numbers_restart(capsys: pytest.CaptureFixture[str]) -> None:
    for sequence in (1, 3, 4, 1, 2, 2):
        audit(sequence)
    assert [(row["run"], row["audits"], row["outcome"]) for row in data(capsys, "--list")] == [
        ("a1", 3, "end not recorded"),
        ("a4", 2, "end not recorded"),
        ("a6", 1, "end not recorded"),
    ]
    assert report(capsys, "a4").splitlines() == [
        "run a4: script not recorded",
        "  first record TIME",
        "  end not recorded",
        "unsettled when the body ended:",
        "  not recorded",
        "decisions:",
        "    1  note",
        "    2  note",
        "left at the end:",
        "  not recorded",
    ]


def test_runs_of_both_runtimes_in_one_log(capsys: pytest.CaptureFixture[str]) -> None:
    audit(1)
    run('tool_hooks_emit_audit("ours")\ntool_hooks_emit_audit("ours")')
    audit(1, at_ms=4_000_000_000_000)
    audit(2, at_ms=4_000_000_000_000)
    assert [(row["run"], row["audits"]) for row in data(capsys, "--list")] == [("a1", 1), ("1", 2), ("a4", 2)]
    assert [entry["kind"] for entry in data(capsys, "1")["audits"]] == ["ours", "ours"]


def test_killed_run_keeps_the_audits_after_its_start(capsys: pytest.CaptureFixture[str]) -> None:
    audit(1)
    started = {"audits_after": 1, "handoff": None, "pid": 7, "pipeline": None, "script": "killed.harn"}
    append(RUNS_TOPIC, RUN_STARTED, started, 5)
    audit(1, "of the killed run", 6)
    audit(2, "of the killed run", 6)
    audit(1, "of another", 7)
    rows = data(capsys, "--list")
    assert [(row["run"], row["audits"], row["outcome"]) for row in rows] == [
        ("a1", 1, "end not recorded"),
        ("1", 2, "did not finish"),
        ("a4", 1, "end not recorded"),
    ]


def test_runs_at_the_same_time_keep_their_own_audits(capsys: pytest.CaptureFixture[str]) -> None:
    for script in ("a.harn", "b.harn"):
        append(RUNS_TOPIC, RUN_STARTED, {"audits_after": 0, "handoff": None, "script": script})
    for sequence in (1, 1, 2, 2, 3):
        audit(sequence)
    ends = {1: [[1, 1], [3, 3]], 2: [[2, 2], [4, 5]]}
    for number, stretches in ends.items():
        append(RUNS_TOPIC, RUN_FINISHED, {"audits": stretches, "exit_code": 0, "run": number})
    assert [[entry["record"] for entry in data(capsys, name)["audits"]] for name in "12"] == [[1, 3], [2, 4, 5]]


@pytest.mark.parametrize(
    "payload",
    [None, 7, [], {}, {"run": "1"}, {"run": 1, "audits": 5, "left": {}, "phases": [[1], "x", ["a", "b"]]},
     {"run": 1, "audits": [[1], ["a", 2]], "left": [3, {"bucket": 4}], "unsettled": [None], "error": 9}],
)  # fmt: skip
def test_strange_records_do_no_harm(capsys: pytest.CaptureFixture[str], payload: Any) -> None:
    append(RUNS_TOPIC, RUN_STARTED, {})
    append(RUNS_TOPIC, RUN_STARTED, payload)
    append(RUNS_TOPIC, RUN_FINISHED, payload)
    append(RUNS_TOPIC, "unknown", payload)
    append(AUDIT_TOPIC, "lifecycle_audit", payload)
    append(AUDIT_TOPIC, "lifecycle_audit", {"kind": "drain_decision", "payload": payload, "seq": 1})
    append("harnlite.lifecycle.handoffs", "queued", payload)
    append("harnlite.lifecycle.handoffs", "settled", {"handoff": [1]})
    number = append("harnlite.lifecycle.handoffs", "queued", {"envelope": {"to": payload}, "run": 2})
    for kind in ("claimed", "run"):
        append("harnlite.lifecycle.handoffs", kind, {"handoff": number, "claim": payload, "pid": payload})
        assert main(["handoffs", "ls", "--all"]) == 0
    for row in data(capsys, "--list"):
        assert report(capsys, row["run"])
        assert data(capsys, row["run"])["run"] == row["run"]


@pytest.mark.parametrize(
    ("body", "options", "outcome"),
    [
        ("return 4", [], "completed, exit code 4"),
        ("exit(5)", [], "exited, exit code 5"),
        ("exit(0)", [], "exited, exit code 0"),
        ('throw "no"', [], "failed, exit code 1: Thrown: no"),
        ("while true { }", ["--fuel", "100"], "stopped, exit code 1: the limit of 100 loop turns and calls is reached"),
        ("return 4", ["--fail-on-unsettled"], "unsettled, exit code 3"),
        ("pipeline_on_finish({ h, v -> throw v })\nreturn 4", [], "failed, exit code 1: Thrown: 4"),
    ],
)
@pytest.mark.parametrize("tier", ["fast", "interpreter"])
def test_endings(capsys: pytest.CaptureFixture[str], body: str, options: list[str], outcome: str, tier: str) -> None:
    run(f'harness.handoff_to("x")\n{body}', options=["--tier", tier, *options])
    lines = report(capsys).splitlines()
    assert lines[2] == f"  {outcome}"
    open_at_body_end = lines[4].startswith("  partial handoff envelope_1")
    assert open_at_body_end == ("return 4" in body)
    assert open_at_body_end or lines[4] == "  the body did not end"


def test_output_that_nobody_takes(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    class Broken(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch, contextlib.suppress(OSError):
        patch.setattr("sys.stdout", Broken())
        Path("test.harn").write_text('pipeline default() { harness.emit_audit("a")\n println("x") }')
        run_source(read_source("test.harn"), "test.harn", RunOptions(record_as="test.harn"))
    assert report(capsys).splitlines()[2] == "  output lost, exit code 1: No space left on device"


@pytest.mark.skipif(sys.platform == "win32", reason="processes are not looked for there")
@pytest.mark.parametrize(
    ("record", "outcome"),
    [
        (process_payload(), "still running"),
        ({**process_payload(), "born": None}, "still running"),
        pytest.param({**process_payload(), "born": "another"}, "killed", marks=LINUX),
        ({"host": platform.node(), "pid": 2**22 + 1}, "killed"),
        ({"host": platform.node(), "pid": 2**70}, "did not finish"),
        ({"host": platform.node(), "pid": "7"}, "did not finish"),
        ({"host": "another", "pid": os.getpid()}, "did not finish"),
        ({"pid": 2**22 + 1}, "did not finish"),
    ],
)
def test_run_without_an_end(capsys: pytest.CaptureFixture[str], record: dict[str, Any], outcome: str) -> None:
    append(RUNS_TOPIC, RUN_STARTED, {"audits_after": 0, "script": "a.harn", **record})
    assert report(capsys).splitlines()[2] == f"  {outcome}"
    assert data(capsys)["outcome"] == outcome


def test_records_of_earlier_versions_do_not_say_how_it_ended(capsys: pytest.CaptureFixture[str]) -> None:
    for error in (None, "Thrown: no"):
        number = append(RUNS_TOPIC, RUN_STARTED, {"script": "a.harn"})
        append(RUNS_TOPIC, RUN_FINISHED, {"run": number, "exit_code": 1, "error": error})
    assert [row["ending"] for row in data(capsys, "--list")] == ["completed", "failed"]


def test_refusals(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report"]) == 1
    assert "there is no event log at" in capsys.readouterr().err
    append("mine", "k", None)
    assert main(["report"]) == 1
    assert "the log knows no run" in capsys.readouterr().err
    audit(1)
    assert main(["report", "7"]) == 1
    assert "the log knows no run 7" in capsys.readouterr().err
