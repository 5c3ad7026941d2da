"""What the harness's methods answer (docs/reference/lifecycle.md 3)."""

from __future__ import annotations

from pathlib import Path

import pytest

from harnlite.cli import main
from tests.scripts import run_script

INBOX = 'event_log.emit("trigger.inbox.envelopes", "event_ingested", {event: {id: "%s"}}, {binding_key: "b@v1"})'


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (
            "harness.handoff_to()",
            '{"method":"handoff_to","reason":"missing target pipeline argument","status":"rejected"}',
        ),
        ("harness.handoff_to(nil).envelope.to", '"nil"'),
        ("harness.handoff_to(12, 5, 6).envelope.payload", "5"),
        (
            "harness.acknowledge_handoff()",
            '{"method":"acknowledge_handoff","reason":"missing envelope id","status":"rejected"}',
        ),
        (
            'harness.acknowledge_handoff("")',
            '{"method":"acknowledge_handoff","reason":"missing envelope id","status":"rejected"}',
        ),
        ("harness.acknowledge_handoff(7)", '{"envelope_id":"7","method":"acknowledge_handoff","status":"not_found"}'),
        (
            "harness.acknowledge_trigger()",
            '{"method":"acknowledge_trigger","reason":"missing trigger id","status":"rejected"}',
        ),
        ('harness.acknowledge_trigger("x")', '{"method":"acknowledge_trigger","status":"not_found","trigger_id":"x"}'),
        ("harness.defer_trigger()", '{"method":"defer_trigger","reason":"missing trigger id","status":"rejected"}'),
        (
            "harness.emit_audit()",
            '{"entry":{"kind":"","payload":null,"pipeline_id":null,"seq":1},"method":"emit_audit","status":"recorded"}',
        ),
        ("harness.emit_audit(5, 1s).entry", '{"kind":"5","payload":"1s","pipeline_id":null,"seq":1}'),
        (
            "harness.finalize()",
            '{"entry":{"kind":"pipeline_finalized","payload":{"disposition":null},"pipeline_id":null,"seq":1},"method":"finalize","status":"finalized"}',
        ),
        ("harness.current_pipeline_id()", "null"),
        (
            "harness.counts({queued_triggers: [1, 2], other: 5})",
            '{"in_flight":0,"partial":0,"pool_pending":0,"queued":2,"suspended":0}',
        ),
        ("harness.is_empty({})", "true"),
        ("harness.is_empty({partial_handoffs: [1]})", "false"),
        ("harness.summary({})", '"no unsettled work"'),
        ("type_of(harness)", '"Harness"'),
        ("harness == harness", "false"),
        ("harness?.nope", "null"),
        ("to_string(harness.stdio)", '"<HarnessStdio>"'),
        ("type_of(harness.random)", '"HarnessRandom"'),
        ("harness", "null"),
        ("harness.clock.now_ms()", "1000"),
        ("[harness.clock.sleep_ms(5), harness.clock.sleep_ms(1s), harness.clock.elapsed()]", "[null,null,1005]"),
        ("harness.clock.timestamp()", "1"),
        ("harness.random.int(4, 4)", "4"),
        ('harness.env.get("SET_HERE")', '"yes"'),
        ('harness.env.get_or("NOT_SET", 3)', "3"),
    ],
)
def test_receipts(tmp_path: Path, expression: str, text: str) -> None:
    run = run_script(
        tmp_path,
        f"mock_time(1000)\nprintln(json_stringify({expression}))",
        environment={"SET_HERE": "yes"},
    )
    assert run.lines == [text]


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("harness.nope()", "Type error: value of type Harness has no method `nope`"),
        ("harness.stdio.nope()", "Type error: value of type HarnessStdio has no method `nope`"),
        (
            "harness.nope",
            "Type error: cannot access property `nope` on Harness — Harness exposes `stdio`, `clock`, `fs`, `env`, "
            "`random`, `net`, `system`",
        ),
        ("harness.counts(5)", "Type error: Harness unsettled-state helpers expect a state dict"),
        ("harness.is_empty(nil)", "Type error: Harness unsettled-state helpers expect a state dict"),
        (
            'harness.summary({queued_triggers: "x"})',
            "Type error: unsettled-state field `queued_triggers` must be a list, got string",
        ),
        ("harness.resume_subagent()", "Type error: Harness.resume_subagent expects a handle"),
        ("harness.cancel_subagent()", "Type error: Harness.cancel_subagent expects a handle"),
        ('harness.cancel_subagent("w")', "Runtime error: unknown worker: w"),
        ("harness.cancel_subagent({})", "Runtime error: agent handle dict is missing an id field"),
        ("harness.cancel_subagent(5)", "Runtime error: expected agent handle or worker id"),
        ('harness.clock.sleep_ms("x")', "Type error: HarnessClock.sleep_ms expects an int or duration argument"),
        ("harness.clock.sleep_ms()", "Type error: HarnessClock.sleep_ms expects an int or duration argument"),
    ],
)
def test_errors(tmp_path: Path, expression: str, text: str) -> None:
    assert run_script(tmp_path, f"println(unwrap_err(try {{ {expression} }}))").lines == [text]


def test_files_of_the_harness(tmp_path: Path) -> None:
    run = run_script(
        tmp_path,
        """
  let fs = harness.fs
  fs.mkdir("d")
  fs.write_text("d/a.txt", "one\\n")
  fs.append_text("d/a.txt", "two")
  println(fs.read_text("d/a.txt"))
  println(fs.exists("d/a.txt"))
  fs.copy("d/a.txt", "d/b.txt")
  println(fs.list_dir("d"))
  fs.delete("d")
  println(fs.exists("d"))
""",
    )
    assert run.lines == [
        "one",
        "two",
        "true",
        "[a.txt, b.txt]",
        "false",
    ]


def test_standard_streams(tmp_path: Path) -> None:
    run = run_script(
        tmp_path,
        'harness.stdio.print("a")\nharness.stdio.println()\nharness.stdio.println([1], 2)\n'
        'harness.stdio.eprint("e")\nharness.stdio.eprintln(nil)',
    )
    assert run.output == "a\n[1]\n"
    assert run.errors == "enil\n"


def test_mocked_input(tmp_path: Path) -> None:
    run = run_script(
        tmp_path,
        'mock_stdin("one\\ntwo")\n'
        'println([harness.stdio.read_line(), harness.stdio.prompt("? "), harness.stdio.read_line()])',
    )
    assert run.output == "? [one, two, nil]\n"


def test_machine_information_has_its_shape(tmp_path: Path) -> None:
    run = run_script(
        tmp_path,
        "let s = harness.system\n"
        "println([s.cpu().keys(), s.memory().keys(), s.gpus(), s.gpu(), s.temperature(), s.platform().keys()])\n"
        "println(s.processes()[0].pid == pid())",
    )
    assert run.lines == ["[[count, load], [available_bytes, total_bytes], [], nil, nil, [arch, os, version]]", "true"]


def test_handoffs_age_and_are_acknowledged_once(tmp_path: Path) -> None:
    run = run_script(
        tmp_path,
        """
  mock_time(5000)
  let e = harness.handoff_to("night", {a: 1}).envelope
  advance_time(40)
  println(json_stringify(harness.acknowledge_handoff(e.envelope_id, "ok")))
  println(harness.acknowledge_handoff(e.envelope_id).status)
  println(json_stringify(pipeline_lifecycle_audit_log_take()))
  mock_time(0)
  harness.handoff_to("x")
  unmock_time()
  unmock_time()
  mock_time(0)
  println(harness.unsettled_state().partial_handoffs[0].age_ms)
""",
    )
    assert run.lines == [
        '{"envelope":{"age_ms":40,"envelope_id":"envelope_1","from":null,"origin_pipeline":null,"payload":{"a":1},'
        '"payload_summary":"object(keys=a)","queued_at_ms":5000,"seq":1,"target_pipeline":"night","to":"night"},'
        '"method":"acknowledge_handoff","status":"acknowledged"}',
        "not_found",
        '[{"kind":"handoff_acknowledged","payload":{"decision":"ok","envelope_id":"envelope_1"},"pipeline_id":null,'
        '"seq":2}]',
        "0",
    ]


def test_triggers_wait_for_handoffs(tmp_path: Path) -> None:
    run = run_script(
        tmp_path,
        f"""
  {INBOX % "e1"}
  {INBOX % "e2"}
  let e = harness.handoff_to("t").envelope
  println(harness.acknowledge_trigger("no matter which").reason)
  harness.acknowledge_handoff(e.envelope_id)
  println(harness.acknowledge_trigger("trigger://b@v1/e1").status)
  println(harness.acknowledge_trigger("trigger://b@v1/e1").status)
  let d = harness.defer_trigger("trigger://b@v1/e2", "  ")
  println([d.status, d.envelope.target_pipeline, d.envelope.payload.keys(), d.acknowledgement.status])
  println(harness.counts())
  println(pipeline_lifecycle_audit_log_take().map({{ a -> a.kind }}))
""",
    )
    assert run.lines == [
        "HARN-DRN-001: cannot acknowledge trigger while suspended subagents remain",
        "acknowledged",
        "not_found",
        "[deferred, deferred-triggers, [acknowledgement, deferred_trigger], acknowledged]",
        "{in_flight: 0, partial: 1, pool_pending: 0, queued: 0, suspended: 0}",
        "[handoff_acknowledged, trigger_acknowledged, trigger_acknowledged, trigger_deferred]",
    ]


def test_audits_from_the_body(tmp_path: Path) -> None:
    run = run_script(
        tmp_path,
        """
  println(unwrap_err(try { tool_hooks_emit_audit(" ") }))
  println(unwrap_err(try { tool_hooks_inject_reminder({body: 5}) }))
  println(unwrap_err(try { tool_hooks_inject_reminder({body: "b", x: 1}) }))
  let e = tool_hooks_inject_reminder({body: "b", tags: ["t"], ttl_turns: 2})
  println([e.kind, e.payload.session_attached, e.payload.tags, e.payload.ttl_turns, e.payload.dedupe_key])
  println(event_log.latest("pipeline.lifecycle.audit"))
""",
    )
    assert run.lines == [
        "tool_hooks_emit_audit: kind must be a non-empty string",
        "tool_hooks_inject_reminder: options.body must be a non-empty string",
        "Runtime error: tool_hooks_inject_reminder: HARN-RMD-001: unknown reminder option(s): x",
        "[tool_hooks.reminder_injected, false, [t], 2, nil]",
        "1",
    ]


@pytest.mark.parametrize(
    ("denied", "call"),
    [
        ("println", 'harness.stdio.println("a")'),
        ("print", 'harness.stdio.print("a")'),
        ("print", 'harness.stdio.prompt("a")'),
        ("eprintln", 'harness.stdio.eprintln("a")'),
        ("read_line", "harness.stdio.read_line()"),
        ("read_line", 'harness.stdio.prompt("a")'),
        ("sleep", "harness.clock.sleep_ms(1)"),
        ("read_file", 'harness.fs.read_text("a")'),
        ("env", 'harness.env.get("a")'),
    ],
)
def test_a_denied_builtin_is_denied_by_its_other_name_too(
    capsys: pytest.CaptureFixture[str], denied: str, call: str
) -> None:
    assert main(["run", "--event-log", "memory", "--deny", denied, "-e", call]) == 1
    captured = capsys.readouterr()
    assert captured.out.replace("a", "") == ""
    assert f"Error [tool_rejected]: Tool '{denied}' is not permitted." in captured.err
