"""``--fail-on-unsettled``: the rule of docs/lifecycle-additions.md 3, case by case."""

from __future__ import annotations

import pytest

from tests.command_line import run_statements

LIFECYCLE = """import {
  on_finish_abandon, on_finish_block_until_settled, on_finish_drain, on_finish_handoff_to,
} from "std/lifecycle"
import "std/agents"
"""
TRIGGER = 'event_log.emit("trigger.inbox.envelopes", "event_ingested", {event: {id: "e"}, trigger_id: "t"})\n'
HANDOFF = 'harness.handoff_to("x", {a: 1})\n'


pytestmark = pytest.mark.usefixtures("own_folder")


def run(body: str, *options: str) -> int:
    """Run statements as a pipeline and give the exit code."""
    return run_statements(body, options, imports=LIFECYCLE)


CASES = {
    "nothing is open": ("return 0", 0),
    "the value's code stays when nothing is open": ("return 7", 7),
    "a handoff and no callback": (HANDOFF, 3),
    "the value's code gives way": (HANDOFF + "return 7", 3),
    "a trigger and no callback": (TRIGGER + "return 0", 3),
    "abandoned on record": (HANDOFF + TRIGGER + "pipeline_on_finish(on_finish_abandon)\nreturn 0", 0),
    "work begun after abandoning": (
        "pipeline_on_finish({ h, v -> on_finish_abandon(h, v) })\n"
        'register_session_hook("PostFinish", { e ->\n' + TRIGGER + "return nil })\n" + HANDOFF + "return 0",
        3,
    ),
    "drained": (HANDOFF + "pipeline_on_finish(on_finish_drain)\nreturn 0", 0),
    "decided on by the drain, though still open": (TRIGGER + "pipeline_on_finish(on_finish_drain)\nreturn 0", 0),
    "the drain's budget ran out": (HANDOFF * 7 + "pipeline_on_finish(on_finish_drain)\nreturn 0", 3),
    "the fallback of a timeout drains": (
        TRIGGER + "let wait = on_finish_block_until_settled(1)\npipeline_on_finish(wait)\nreturn 0",
        0,
    ),
    "a timeout decides nothing": (
        TRIGGER + "let wait = on_finish_block_until_settled(1, { _h, v -> v })\npipeline_on_finish(wait)\nreturn 0",
        3,
    ),
    "handed over": (
        TRIGGER + HANDOFF + 'let hand = on_finish_handoff_to("later")\npipeline_on_finish(hand)\nreturn 0',
        0,
    ),
    "a handoff of the callback": ('pipeline_on_finish({ h, v -> h.handoff_to("x"); v })\nreturn 0', 0),
    "a handoff of a hook": (
        'register_session_hook("PreFinish", { _e -> harness.handoff_to("x"); return nil })\nreturn 0',
        0,
    ),
    "the callback looks away": (HANDOFF + "pipeline_on_finish({ _h, v -> v })\nreturn 0", 3),
    "acknowledged in the body": ('harness.acknowledge_handoff(harness.handoff_to("x").envelope.envelope_id)\n', 0),
    "a trigger acknowledged": (TRIGGER + 'harness.acknowledge_trigger("trigger://t/e")\nreturn 0', 3),
    "a trigger with a binding acknowledged": (
        TRIGGER.replace('"t"})', '"t", binding_version: 1})')
        + 'println(harness.acknowledge_trigger("trigger://t@v1/e").status)\nreturn 0',
        0,
    ),
    "a trigger deferred by the body": (
        TRIGGER.replace('"t"})', '"t", binding_version: 1})')
        + 'println(harness.defer_trigger("trigger://t@v1/e").status)\nreturn 0',
        0,
    ),
    "finalized with a disposition": (HANDOFF + TRIGGER + 'harness.finalize("later")\nreturn 0', 0),
    "finalized with none": (HANDOFF + "harness.finalize()\nreturn 0", 3),
    "finalized too early": ('harness.finalize("done")\n' + HANDOFF + "return 0", 3),
    "an audit that names another id": (TRIGGER + 'tool_hooks_emit_audit("skipped", {of: "trigger://e2"})\nreturn 0', 3),
    "an audit that names the very id": (
        TRIGGER
        + 'for t in harness.unsettled_state().queued_triggers { tool_hooks_emit_audit("skipped", [{of: t.id}]) }\n'
        + "return 0",
        0,
    ),
    "a suspended subagent": (
        'let w = spawn_agent({name: "w", task: "t", node: {kind: "subagent", mode: "llm", '
        'model_policy: {provider: "mock"}}})\nsuspend_agent(w, "parked")\nreturn 0',
        3,
    ),
    "an uncaught error": (HANDOFF + 'throw "no"', 1),
    "exit with a code": (HANDOFF + "exit(5)", 5),
    "exit(0)": (HANDOFF + "exit(0)", 3),
}


@pytest.mark.parametrize("name", CASES)
def test_rule(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    body, code = CASES[name]
    assert run(body, "--fail-on-unsettled") == code, capsys.readouterr().err
    assert ("nobody accounted for" in capsys.readouterr().err) == (code == 3)


@pytest.mark.parametrize("name", [name for name, (_, code) in CASES.items() if code == 3])
def test_without_the_flag_nothing_is_said(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    body, _ = CASES[name]
    assert run(body) == (7 if "return 7" in body else 0)
    assert "accounted" not in capsys.readouterr().err


def test_report_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(TRIGGER + HANDOFF + "return 0", "--fail-on-unsettled") == 3
    assert capsys.readouterr().err == (
        "error: the run left 2 unsettled items that nobody accounted for\n"
        "  queued trigger trigger://e: t\n"
        "  partial handoff envelope_1: to x, object(keys=a)\n"
        "   = help: settle them, hand them over or put a decision on record in a finish callback\n"
    )


def test_each_run_accounts_for_itself() -> None:
    assert run(TRIGGER + "pipeline_on_finish(on_finish_abandon)\nreturn 0", "--fail-on-unsettled") == 0
    assert run("return 0", "--fail-on-unsettled") == 3
    assert run("pipeline_on_finish(on_finish_abandon)\nreturn 0", "--fail-on-unsettled") == 0


def test_with_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(HANDOFF, "--fail-on-unsettled", "--json") == 3
    captured = capsys.readouterr()
    assert '"exit_code":3' in captured.out.replace(" ", "")
    assert "nobody accounted for" in captured.err
