"""``harnlite handoffs``: listing, taking over, dropping."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harnlite.cli import handoffs, main
from harnlite.lifecycle.handoff_records import CLAIM_HEADER, CLAIMED, HANDOFFS_TOPIC, SETTLED
from harnlite.runtime.event_log.port import LogEvent
from harnlite.runtime.event_log.run_records import process_payload
from harnlite.runtime.event_log.sqlite import SqliteEventLog

FIRST = """
pipeline default() {
  harness.handoff_to("bill", {order: 7, items: ["a"]})
  harness.handoff_to("missing", nil)
  let done = harness.handoff_to("bill", 3).envelope
  harness.acknowledge_handoff(done.envelope_id, {accepted: true})
}
"""
SECOND = """
let offset = 100
fn shown(order) { return "order ${order}, envelope ${handoff.envelope_id} for ${handoff.to}" }

pipeline default(x) { println("not this one") }
pipeline bill(work) {
  println(shown(work.order))
  println("${work.order + offset} ${handoff.payload.order} ${argv}")
  "a tail value does not count"
}
pipeline fails(work) { throw "no ${work.order}" }
pipeline refuses(work) { return Err("refused") }
pipeline code(work) { return work.order }
pipeline none() { println("nothing bound") }
pipeline base(b) { println("base ${b.order}") }
pipeline derived(d) extends base { println("derived ${d.order}") }
pipeline shadows(len) { println(len.order) }
"""


@pytest.fixture(autouse=True)
def _folder(own_folder: Path) -> None:
    Path("first.harn").write_text(FIRST, encoding="utf-8")
    Path("second.harn").write_text(SECOND, encoding="utf-8")
    assert main(["run", "first.harn"]) == 0


def listed(capsys: pytest.CaptureFixture[str], *options: str) -> Any:
    capsys.readouterr()
    assert main(["handoffs", "ls", "--json", *options]) == 0
    return {handoff["number"]: handoff for handoff in json.loads(capsys.readouterr().out)}


def test_ls(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["handoffs", "ls"]) == 0
    assert capsys.readouterr().out == (
        "1  to bill  queued  envelope_1 of run 1  object(keys=items,order)\n"
        "2  to missing  queued  envelope_2 of run 1  nil\n"
    )
    assert {number: handoff["state"] for number, handoff in listed(capsys, "--all").items()} == {
        1: "queued",
        2: "queued",
        3: "settled",
    }


@pytest.mark.parametrize("name", ["1", "envelope_1"])
@pytest.mark.parametrize("tier", ["fast", "interpreter"])
def test_run_closes(capsys: pytest.CaptureFixture[str], name: str, tier: str) -> None:
    assert main(["handoffs", "run", name, "second.harn", "--tier", tier, "--", "x"]) == 0
    captured = capsys.readouterr()
    assert captured.out == "order 7, envelope envelope_1 for bill\n107 7 [x]\n"
    assert captured.err == "handoff 1 to bill: done\n"
    assert list(listed(capsys)) == [2]
    assert listed(capsys, "--all")[1]["attempts"] == [
        {
            "claim": 5,
            "exit_code": 0,
            "handoff": 1,
            "pipeline": "bill",
            "run": 3,
            "script": "second.harn",
            "succeeded": True,
        }
    ]
    assert main(["handoffs", "run", name, "second.harn"]) == 1
    assert "closed" in (error := capsys.readouterr().err) or "there is no open handoff" in error


@pytest.mark.parametrize(("pipeline", "code"), [("fails", 1), ("refuses", 1), ("code", 7)])
def test_failure_leaves_it_open(capsys: pytest.CaptureFixture[str], pipeline: str, code: int) -> None:
    for _ in range(2):
        assert main(["handoffs", "run", "1", "second.harn", "--pipeline", pipeline]) == code
    assert f"handoff 1 to bill: left open, the run ended with exit code {code}\n" in capsys.readouterr().err
    assert main(["handoffs", "ls"]) == 0
    assert "1  to bill  queued, failed 2 times  envelope_1" in capsys.readouterr().out
    assert main(["handoffs", "run", "1", "second.harn"]) == 0


@pytest.mark.parametrize(
    ("pipeline", "output"),
    [("none", "nothing bound\n"), ("derived", "base 7\nderived 7\n"), ("shadows", "7\n")],
)
def test_binding(capsys: pytest.CaptureFixture[str], pipeline: str, output: str) -> None:
    assert main(["handoffs", "run", "1", "second.harn", "--pipeline", pipeline]) == 0
    assert capsys.readouterr().out == output


def test_plain_run_binds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    Path("plain.harn").write_text("pipeline bill(work) { println(work) }\n", encoding="utf-8")
    assert main(["run", "plain.harn"]) == 1
    assert "Undefined variable: work" in capsys.readouterr().err
    Path("plain.harn").write_text("pipeline bill(work) { println(handoff) }\n", encoding="utf-8")
    assert main(["run", "plain.harn"]) == 1
    assert "Undefined variable: handoff" in capsys.readouterr().err


def test_deferred_by_the_drain_stays_open(capsys: pytest.CaptureFixture[str]) -> None:
    Path("drained.harn").write_text(
        'import { on_finish_drain } from "std/lifecycle"\n'
        'pipeline default() { harness.handoff_to("bill", {order: 9})\n pipeline_on_finish(on_finish_drain)\n return 0 }\n',
        encoding="utf-8",
    )
    assert main(["run", "drained.harn"]) == 0
    number, handoff = list(listed(capsys).items())[-1]
    assert handoff["state"] == "deferred"
    assert main(["handoffs", "run", str(number), "second.harn"]) == 0
    assert number not in listed(capsys)


def claim(number: int, ordinal: int, **process: Any) -> None:
    """Claim a handoff as another process would."""
    log = SqliteEventLog(".harn/events.sqlite")
    event = LogEvent(CLAIMED, {"handoff": number, **process}, {}, 0)
    assert log.append_idempotent_by_header(HANDOFFS_TOPIC, CLAIM_HEADER, f"{number}/{ordinal}", event).inserted
    log.close()


def test_claimed_by_a_living_process(capsys: pytest.CaptureFixture[str]) -> None:
    claim(1, 1, **process_payload())
    assert listed(capsys)[1]["state"] == "claimed"
    assert main(["handoffs", "ls"]) == 0
    holder = f"claimed by process {os.getpid()} on {platform.node()}"
    assert f"1  to bill  {holder}  envelope_1 of run 1" in capsys.readouterr().out
    assert main(["report", "1"]) == 0
    assert f"  1  envelope_1 to bill: {holder}\n" in capsys.readouterr().out
    for action in (["run", "1", "second.harn"], ["drop", "1"]):
        assert main(["handoffs", *action]) == 1
        captured = capsys.readouterr()
        assert captured.out == ""
        assert f"handoff 1 is {holder}" in captured.err
    assert main(["handoffs", "run", "1", "second.harn", "--retake"]) == 0
    assert listed(capsys, "--all")[1]["state"] == "run"


def test_claimed_on_another_host(capsys: pytest.CaptureFixture[str]) -> None:
    claim(1, 1, host="far away", pid=1)
    assert main(["handoffs", "run", "1", "second.harn"]) == 1
    assert "handoff 1 is claimed by process 1 on far away" in capsys.readouterr().err
    assert main(["handoffs", "drop", "1", "--retake"]) == 0
    assert list(listed(capsys)) == [2]


@pytest.mark.skipif(sys.platform == "win32", reason="processes are not looked for there")
def test_claim_of_a_process_that_is_gone_does_not_count(capsys: pytest.CaptureFixture[str]) -> None:
    claim(1, 1, host=platform.node(), pid=2**22 + 1)
    assert main(["handoffs", "ls"]) == 0
    assert f"claimed by process {2**22 + 1} on {platform.node()}, which is gone" in capsys.readouterr().out
    assert main(["handoffs", "run", "1", "second.harn"]) == 0


def test_claim_made_after_the_look(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have found it open; the log lets only one of them claim it."""
    monkeypatch.setattr(handoffs, "_require_pipeline", lambda *_: claim(1, 1, host="far away", pid=1))
    assert main(["handoffs", "run", "1", "second.harn"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "another process has taken handoff 1 over" in captured.err


def test_acknowledged_after_the_look(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def acknowledge(*_: Any) -> None:
        log = SqliteEventLog(".harn/events.sqlite")
        log.append(HANDOFFS_TOPIC, LogEvent(SETTLED, {"handoff": 1, "decision": {"ok": True}}, {}, 0))
        log.close()

    monkeypatch.setattr(handoffs, "_require_pipeline", acknowledge)
    assert main(["handoffs", "run", "1", "second.harn"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "handoff 1 is closed: it was acknowledged" in captured.err
    assert list(listed(capsys)) == [2]


def test_run_broken_off_ends_its_claim(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("harnlite.vm.machine.Vm.print", interrupt)
        assert main(["handoffs", "run", "1", "second.harn"]) == 130
    handoff = listed(capsys)[1]
    assert handoff["state"] == "queued"
    assert [(attempt["run"], attempt["exit_code"], attempt["succeeded"]) for attempt in handoff["attempts"]] == [
        (3, None, False)
    ]
    assert main(["handoffs", "run", "1", "second.harn"]) == 0


def test_of_several_processes_one_runs_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "harnlite", "handoffs", "run", "1", "second.harn"]
    rivals = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    ends = [(*rival.communicate(timeout=60), rival.returncode) for rival in rivals]
    assert sorted(code for _, _, code in ends) == [0, 1, 1, 1]
    assert "".join(out for out, _, _ in ends).count("order 7") == 1


def test_drop(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["handoffs", "drop", "2", "--reason", "nobody does that any more"]) == 0
    assert list(listed(capsys)) == [1]
    assert listed(capsys, "--all")[2]["settled"][0]["decision"]["reason"] == "nobody does that any more"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["run", "9", "second.harn"], "there is no open handoff 9"),
        (["run", "envelope_3", "second.harn"], "there is no open handoff envelope_3"),
        (["run", "3", "second.harn"], "handoff 3 is closed: it was acknowledged"),
        (["run", "9" * 5000, "second.harn"], "there is no open handoff 999"),
        (["run", "2", "second.harn"], "second.harn has no pipeline missing"),
        (["run", "1", "second.harn", "--pipeline", "bil"], "did you mean --pipeline bill?"),
        (["run", "1", "nowhere.harn"], "cannot read nowhere.harn"),
        (["drop", "3"], "handoff 3 is closed"),
    ],
)
def test_refusals(capsys: pytest.CaptureFixture[str], arguments: list[str], text: str) -> None:
    assert main(["handoffs", *arguments]) == 1
    assert text in capsys.readouterr().err
    assert list(listed(capsys)) == [1, 2]


def test_envelope_id_of_several_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "first.harn"]) == 0
    assert main(["handoffs", "run", "envelope_1", "second.harn"]) == 1
    assert "several open handoffs are called envelope_1" in capsys.readouterr().err
