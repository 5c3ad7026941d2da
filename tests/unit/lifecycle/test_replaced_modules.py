"""std/lifecycle has no privileges: a module written only against the harness does the same in its place.

``replacement/`` holds such modules; every script runs once with them and once with the modules shipped.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from harnlite.cli import main
from harnlite.runtime.event_log.sqlite import SqliteEventLog

REPLACEMENT = Path(__file__).with_name("replacement")
IMPORTS = """
import {{
  unsettled_state, is_empty, counts, summary,
  on_finish_abandon, on_finish_drain, on_finish_block_until_settled, on_finish_handoff_to,
}} from "{base}"
import {{ compose, first_available, with_telemetry, with_timeout, if_unsettled, when }} from "{base}/combinators"
import {{ OnBudget }} from "{base}/on_budget"
import "std/agents"
"""
#: Work of three kinds, so that every callback has something to decide about.
WORK = """
  mock_time(1000)
  harness.handoff_to("first", {n: 1})
  event_log.emit("trigger.inbox.envelopes", "event_ingested", {event: {id: "e"}, trigger_id: "t", binding_version: 1})
  let w = spawn_agent({name: "w", task: "t", node: {kind: "subagent", mode: "llm", model_policy: {provider: "mock"}}})
  suspend_agent(w, "parked")
"""
FINISHES = {
    "abandon": "let finish = on_finish_abandon",
    "drain": "let finish = on_finish_drain",
    "wait": "let finish = on_finish_block_until_settled(0)",
    "wait, then": 'let finish = on_finish_block_until_settled(1, { h, v -> h.emit_audit("fallback", v); 9 })',
    "hand over": 'let finish = on_finish_handoff_to("later")',
    "hand over with options": 'let finish = on_finish_handoff_to("later", {origin: "me", more: [1]})',
    "compose": "let finish = compose([{ _h, v -> v + 1 }, on_finish_abandon, { _h, v -> v * 2 }])",
    "compose nothing": "let finish = compose(nil)",
    "first available": "let finish = first_available([{ _h, _v -> nil }, { _h, _v -> false }, { _h, _v -> 1 }])",
    "first of none": "let finish = first_available(5)",
    "telemetry": 'let finish = with_telemetry(on_finish_drain, "draining")',
    "telemetry of a text": 'let finish = with_telemetry({ _h, _v -> "x" * 90 }, 7)',
    "telemetry of an error": 'let finish = with_telemetry({ _h, _v -> throw {message: "no", code: 4} })',
    "telemetry of another error": "let finish = with_telemetry({ _h, _v -> throw {code: 4} })",
    "telemetry of a run-time error": "let finish = with_telemetry({ _h, v -> v.nothing() })",
    "timeout": "let finish = with_timeout({ _h, v -> advance_time(60); v }, 50)",
    "timeout not reached": "let finish = with_timeout({ _h, v -> advance_time(50); v }, {ms: 50})",
    "timeout in seconds": "let finish = with_timeout({ _h, v -> advance_time(2001); v }, {seconds: 2})",
    "if unsettled": "let finish = if_unsettled(on_finish_abandon)",
    "when": "let finish = when({ _h, v -> v > 100 }, on_finish_drain)",
    "budget ends": "let finish = { h, v -> OnBudget().terminate(h, {spent: v}) }",
    "budget exits": "let finish = { h, v -> OnBudget().graceful_exit(h, v) }",
    "budget warns": 'let finish = { h, v -> OnBudget().warn_and_continue(h, {message: "half"}); OnBudget().warn_and_continue(h, nil) }',
    "looking": (
        "let finish = { h, v ->\n"
        "  let s = unsettled_state(h)\n  println([is_empty(s), counts(s), summary(s), is_empty(nil), counts({}), "
        "summary({queued_triggers: [1], partial_handoffs: nil})])\n  v\n}"
    ),
}


def outcome(base: str, body: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Run a script in a folder of its own and give all that can be seen of it, without ids and times."""
    shutil.copytree(REPLACEMENT, folder)
    script = folder / "test.harn"
    script.write_text(f"{IMPORTS.format(base=base)}\npipeline default() {{\n{body}\n}}\n", encoding="utf-8")
    log_path = str(folder / "events.sqlite")
    capsys.readouterr()
    code = main(["run", "--fail-on-unsettled", "--event-log", f"sqlite:{log_path}", str(script)])
    captured = capsys.readouterr()
    log = SqliteEventLog(log_path)
    records = {
        topic: [[event.kind, event.payload] for event in log.read_range(topic)]
        for topic in log.topics()
        if topic != "harnlite.runs"
    }
    log.close()
    errors = [line for line in captured.err.splitlines() if line.startswith(("error", "  ")) and "-->" not in line]
    return {
        "code": code,
        "out": hide(captured.out),
        "err": hide("\n".join(errors[:1])),
        "log": hide(json.dumps(records)),
    }


def hide(text: str) -> str:
    """Replace what differs from one run to the next."""
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b17\d{11}\b", "ID", text)


@pytest.mark.parametrize("work", [WORK, "  mock_time(1000)\n"], ids=["unsettled", "settled"])
@pytest.mark.parametrize("name", FINISHES)
def test_same_as_shipped(
    name: str, work: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HARN_BYTECODE_CACHE", "0")
    body = f"{work}\n  {FINISHES[name]}\n  pipeline_on_finish({{ h, v ->\n    let r = finish(h, v)\n"
    body += "    println(json_stringify(r))\n    r\n  })\n  return 5"
    shipped = outcome("std/lifecycle", body, tmp_path / "shipped", capsys)
    replaced = outcome("./my_lifecycle", body, tmp_path / "replaced", capsys)
    assert replaced == shipped
    assert shipped["out"] or shipped["err"]


def test_replacement_uses_nothing_but_the_harness() -> None:
    for module in REPLACEMENT.rglob("*.harn"):
        text = module.read_text(encoding="utf-8")
        assert not re.search(
            r"__host_|tool_hooks_|pipeline_on_finish|pipeline_lifecycle|event_log|\bimport\b|std/(?!life)", text
        )
