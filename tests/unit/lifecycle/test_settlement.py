"""The drain loop and waiting for settlement (docs/reference/lifecycle.md 7.2, 3)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scripts import run_script

POOL = 'import { pool_create, pool_wait } from "std/lifecycle/pool"'


@pytest.mark.parametrize(
    ("options", "budget"),
    [
        ("nil", 5),
        ("3", 3),
        ("0", 5),
        ("-5", 5),
        ("1000", 20),
        ("2.0", 5),
        ('"7"', 5),
        ("true", 5),
        ("[4]", 5),
        ("{}", 5),
        ("{drain_budget_iterations: 2}", 2),
        ("{drain_budget_iterations: 99}", 20),
        ('{drain_budget_iterations: "2"}', 5),
    ],
)
def test_budget(tmp_path: Path, options: str, budget: int) -> None:
    run = run_script(tmp_path, f"println(harness.spawn_settlement_agent({{}}, nil, {options}).budget)")
    assert run.lines == [str(budget)]


@pytest.mark.parametrize(
    ("handoffs", "given", "options", "receipt"),
    [
        (0, "nil", "nil", ["no_unsettled", 0, 0, 0, 0]),
        (0, "{queued_triggers: []}", "nil", ["no_unsettled", 0, 0, 0, 0]),
        (0, '{queued_triggers: ["x"]}', "nil", ["completed", 1, 0, 1, 0]),
        (1, "nil", "nil", ["completed", 2, 1, 3, 0]),
        (3, "nil", "3", ["completed", 3, 3, 7, 0]),
        (7, "nil", "nil", ["exhausted", 5, 5, 11, 2]),
    ],
)
def test_receipts(tmp_path: Path, handoffs: int, given: str, options: str, receipt: list[object]) -> None:
    run = run_script(
        tmp_path,
        f"""
  for _i in range({handoffs}) {{ harness.handoff_to("t") }}
  let r = harness.spawn_settlement_agent({given}, {{v: 1s}}, {options})
  println(json_stringify([r.status, r.iterations, r.items_processed, r.audit_count, len(r.remaining.partial_handoffs)]))
  println(json_stringify(r.return_value) + " " + r.method)
""",
    )
    expected = "[" + ",".join(f'"{item}"' if isinstance(item, str) else str(item) for item in receipt) + "]"
    assert run.lines == [expected, '{"v":"1s"} spawn_settlement_agent']


@pytest.mark.parametrize(
    ("hooks", "outcome"),
    [
        ('register_session_hook("pre_drain", { _e -> {block: 1, reason: "r"} })', '{"reason":"r","status":"skipped"}'),
        ('register_session_hook("pre_drain", { _e -> throw "p" })', '{"error":"Thrown: p","status":"error"}'),
        (
            'register_session_hook("pre_drain", { _e -> 5 })',
            '{"error":"Runtime error: PreDrain hook must return nil, bool, or a control dict; got int","status":"error"}',
        ),
        ('register_session_hook("post_drain", { _e -> throw "q" })', '{"error":"Thrown: q","status":"error"}'),
        ('register_session_hook("post_drain", { _e -> 5 })', '{"status":"completed"}'),
        ('register_session_hook("post_drain", { _e -> false })', '{"status":"completed"}'),
        ('register_session_hook("on_drain_decision", { _e -> throw "d" })', '{"status":"completed"}'),
        ('register_session_hook("on_drain_decision", { _e -> 5 })', '{"status":"completed"}'),
    ],
)
def test_hooks_of_the_drain(tmp_path: Path, hooks: str, outcome: str) -> None:
    run = run_script(
        tmp_path,
        f"""
  fn pick(r) {{
    var out = {{status: r.status}}
    if r.reason != nil {{ out.reason = r.reason }}
    if r.error != nil {{ out.error = r.error }}
    return out
  }}
  {hooks}
  harness.handoff_to("t")
  let r = harness.spawn_settlement_agent()
  println(json_stringify(pick(r)))
""",
    )
    assert run.lines == [outcome]


@pytest.mark.parametrize(
    ("returned", "kinds"),
    [
        ("nil", "[handoff_acknowledged, drain_decision, pipeline_finalized]"),
        ("{block: true}", "[handoff_acknowledged, pipeline_finalized]"),
        ("{modify: {payload: {n: 1}}}", "[handoff_acknowledged, drain_decision, pipeline_finalized]"),
    ],
)
def test_decisions_filtered_by_hooks(tmp_path: Path, returned: str, kinds: str) -> None:
    run = run_script(
        tmp_path,
        f"""
  register_session_hook("on_drain_decision", {{ e ->
    println([__host_settlement_agent_active(), e.action, e.item.category, e.item.id, e.payload.keys()])
    return {returned}
  }})
  harness.handoff_to("t")
  harness.spawn_settlement_agent()
  println(__host_settlement_agent_active())
  println(pipeline_lifecycle_audit_log_take().map({{ a -> a.kind }}))
""",
    )
    assert run.lines == [
        "[true, acknowledge, partial_handoff, envelope_1, [action, item, reason]]",
        "false",
        kinds,
    ]


@pytest.mark.parametrize(
    ("action", "receipt"),
    [
        (
            "plain",
            '{"entry":{"kind":"drain_decision","payload":{"n":2},"pipeline_id":null,"seq":1},"method":"emit_audit","status":"recorded"}',
        ),
        ("blocked", '{"kind":"drain_decision","method":"emit_audit","reason":"no","status":"blocked"}'),
        ("thrown", '{"error":"Thrown: bad","kind":"drain_decision","method":"emit_audit","status":"error"}'),
    ],
)
def test_decisions_of_scripts_pass_the_same_hooks(tmp_path: Path, action: str, receipt: str) -> None:
    run = run_script(
        tmp_path,
        f"""
  register_session_hook("on_drain_decision", {{ e ->
    if e.action == "thrown" {{ throw "bad" }}
    return e.action == "blocked" ? {{block: true, reason: "no"}} : {{modify: {{payload: {{n: 2}}}}}}
  }})
  println(json_stringify(harness.emit_audit("drain_decision", {{action: "{action}", item: {{id: 1}}}})))
""",
    )
    assert run.lines == [receipt]


def test_spans_of_a_drain(tmp_path: Path) -> None:
    run = run_script(
        tmp_path,
        """
  enable_tracing(true)
  harness.handoff_to("t")
  harness.spawn_settlement_agent(harness.unsettled_state())
  harness.emit_audit("drain_decision", {action: "go", item: {id: "i"}})
  println(json_stringify(trace_spans().map({ s -> [s.kind, s.name, s.metadata] })))
""",
    )
    assert run.lines == [
        '[["drain","settlement_agent",{"counts":{"in_flight":0,"partial":1,"pool_pending":0,"queued":0,"suspended":0},'
        '"iterations":2,"status":"completed"}],["drain_decision","go",{"action":"go","item_id":"i"}]]'
    ]


@pytest.mark.parametrize(
    ("before", "wait", "line"),
    [
        ("", "()", "settled false 0"),
        ('harness.handoff_to("t")', "(1h)", "unsettled true 0"),
        ('harness.handoff_to("t")\nspawn { harness.acknowledge_handoff("envelope_1") }', "(1h)", "settled false 0"),
        (
            'let p = pool_create({name: "p"})\np.submit({ -> yield_now(); 1 })\np.submit({ -> 2 })',
            "(1h)",
            "settled false 0",
        ),
        ('let p = pool_create({name: "p"})\np.submit({ -> sleep(40) })', "(1h)", "settled false 40"),
        ('let g = channel("g")\npool_create({name: "p"}).submit({ -> receive(g) })', "(1h)", "unsettled true 0"),
        ('spawn { sleep(5); harness.handoff_to("late") }', "()", "settled false 0"),
        ('harness.handoff_to("t")\nspawn { while true { yield_now() } }', "(30)", "unsettled true 0"),
    ],
)
def test_waiting_on_a_stopped_clock(tmp_path: Path, before: str, wait: str, line: str) -> None:
    run = run_script(
        tmp_path,
        f"""
  mock_time(0)
  {before}
  let r = harness.wait_for_any_settlement{wait}
  println(r.status + " " + to_string(r.timed_out) + " " + to_string(now_ms()))
""",
        POOL,
    )
    assert run.lines == [line]


def test_waiting_for_real_work_ends_when_it_is_done(tmp_path: Path) -> None:
    run = run_script(
        tmp_path,
        """
  pool_create({name: "p"}).submit({ -> sleep(20); println("work") })
  println(harness.wait_for_any_settlement(20s).status)
  pool_create({name: "q"}).submit({ -> sleep(20s) })
  println(harness.wait_for_any_settlement(10ms).status)
""",
        POOL,
    )
    assert run.lines == ["work", "settled", "unsettled"]


def test_a_claimed_job_may_be_settled_by_somebody_else(tmp_path: Path) -> None:
    run = run_script(
        tmp_path,
        """
  trigger_fire(
    trigger_register({id: "q", kind: "k", provider: "webhook", handler: "worker://jobs"}),
    {id: "e1", provider: "webhook", kind: "k"},
  )
  mock_time(0)
  println([harness.wait_for_any_settlement(500).status, now_ms()])
  let claim = {job_event_id: 1, claim_id: "c", consumer_id: "me", claimed_at_ms: 1, expires_at_ms: 99999999999999}
  event_log.emit("worker.jobs.claims", "job_claimed", claim)
  println([harness.wait_for_any_settlement(500).status, now_ms()])
  unmock_time()
  spawn {
    sleep(10)
    let ack = {job_event_id: 1, claim_id: "c", consumer_id: "me", acked_at_ms: 5}
    event_log.emit("worker.jobs.claims", "job_acked", ack)
  }
  println(harness.wait_for_any_settlement(20s).status)
""",
    )
    assert run.lines == ["[unsettled, 0]", "[unsettled, 500]", "settled"]
