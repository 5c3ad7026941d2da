"""Workers, agent loops and their conditions (docs/reference/runtime.md 4, more.md 6)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import harnlite
from tests.scripts import Run, run_script

AGENTS = 'import "std/agents"'
LOOP = 'import { agent_loop } from "std/agent/loop"\nimport { agent_lifecycle_tools } from "std/agent/workers"'
BACKGROUND = 'sub_agent_run("job", {background: true, provider: "mock", name: "kid"})'
STAGE = 'spawn_agent({task: "t", node: {kind: "subagent", model_policy: {provider: "mock"}}})'
SUSPENDED = 'w = sub_agent_run("job", {background: true, provider: "mock"})\nsuspend_agent(w, "r")\nwait_agent(w)'


@pytest.mark.parametrize(
    ("state", "call", "text"),
    [
        ("", 'suspend_agent("worker_x")', "unknown worker: worker_x"),
        ("", "wait_agent(5)", "expected agent handle or worker id"),
        ("", "close_agent({})", "agent handle dict is missing an id field"),
        (
            "wait_agent(w)",
            "suspend_agent(w)",
            "HARN-SUS-001: suspend_agent: worker W is not running (status=completed)",
        ),
        (
            "wait_agent(w)",
            "resume_agent(w)",
            "HARN-SUS-003: resume_agent: worker W is not suspended (status=completed)",
        ),
        ("", "resume_agent(w)", "HARN-SUS-003: resume_agent: worker W is not suspended (status=running)"),
        (
            "suspend_agent(w)",
            "resume_agent(w)",
            "resume_agent: worker W has not reached its suspend checkpoint yet",
        ),
        (SUSPENDED, 'resume_agent(w, " ")', "HARN-SUS-009: resume_agent: resume input must be nil or non-empty text"),
        ("close_agent(w)", "resume_agent(w)", "HARN-SUS-010: resume_agent: worker W was closed and cannot be resumed"),
        ("", 'send_input(w, "x")', "send_input: worker W cannot take input (status=running)"),
        ("wait_agent(w)", "worker_trigger(w, 1)", "worker_trigger: worker W is not retriggerable"),
        ("", "spawn_agent({task: 5})", "spawn_agent: task must be a string, got int"),
        ("", 'spawn_agent({task: "t"})', "spawn_agent: config needs a `node` or a `graph` dict"),
        ("", "parse_resume_conditions(5)", "HARN-SUS-002: invalid ResumeConditions.root: expected a dict, got int"),
        (
            "",
            "parse_resume_conditions({timeout: {duration_minutes: 0}})",
            "HARN-SUS-002: invalid ResumeConditions.timeout.duration_minutes: expected a positive int",
        ),
        (
            "",
            'parse_resume_conditions({timeout: {duration_minutes: 1, on_timeout: "x"}})',
            "HARN-SUS-002: invalid ResumeConditions.timeout.on_timeout: expected one of resume_with_summary, "
            "resume_with_input, fail, got x",
        ),
        (
            "",
            "parse_resume_conditions({timeout: {duration_minutes: 1, zz: 1}})",
            "HARN-SUS-002: invalid ResumeConditions.timeout.zz: unknown field",
        ),
        (
            "",
            'parse_resume_conditions({on_event: " "})',
            "HARN-SUS-002: invalid ResumeConditions.on_event: expected a non-empty string",
        ),
        (
            "",
            "parse_resume_conditions({trigger: 1})",
            "HARN-SUS-002: invalid ResumeConditions.trigger: expected a dict, got int",
        ),
    ],
)
def test_errors(tmp_path: Path, state: str, call: str, text: str) -> None:
    run = run_script(
        tmp_path,
        f"""
  llm_mock({{text: "x", match: "*"}})
  var w = {BACKGROUND}
  {state}
  println(unwrap_err(try {{ {call} }}).replace(w.id, "W"))
""",
        AGENTS,
    )
    assert run.lines[-1].startswith(f"Runtime error: {text}")


def test_snapshots_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "text.json").write_text("{", encoding="utf-8")
    (tmp_path / "other.json").write_text('{"_type": "x"}', encoding="utf-8")
    (tmp_path / "short.json").write_text('{"_type": "worker_snapshot"}', encoding="utf-8")
    run = run_script(
        tmp_path,
        'for p in ["none.json", "text.json", "other.json", "short.json"] {\n'
        "  println(unwrap_err(try { resume_agent(p) }))\n}",
        AGENTS,
    )
    assert [line.split("`")[1] for line in run.lines] == ["none.json", "text.json", "other.json", "short.json"]
    assert {line.split(":")[1] for line in run.lines} == {" HARN-SUS-004"}


def test_a_snapshot_that_cannot_be_written_leaves_the_last_one(tmp_path: Path) -> None:
    run = run_script(
        tmp_path,
        f"""
  llm_mock({{text: "x", match: "*"}})
  let w = {BACKGROUND}
  mkdir(w.snapshot_path + ".new")
  println(wait_agent(w).status)
  println(json_parse(read_file(w.snapshot_path)).status)
""",
        AGENTS,
    )
    assert run.lines == ["completed", "running"]
    assert run.errors.count("was not stored") == 1


@pytest.mark.parametrize("start", [BACKGROUND, STAGE])
def test_a_suspended_worker_parks_and_goes_on(tmp_path: Path, start: str) -> None:
    run = run_script(
        tmp_path,
        f"""
  llm_mock({{text: "answer"}})
  let w = {start}
  println(suspend_agent(w, "hold", {{initiator: "PARENT "}}).suspension.initiator)
  println(suspend_agent(w, "again").suspension.reason)
  println(wait_agent(w).status)
  println(len(llm_mock_calls()))
  println(resume_agent(w, "next").task)
  let done = wait_agent(w)
  println([done.status, done.suspension, done.result.text, done.history])
  println(harness.is_empty())
""",
        AGENTS,
    )
    task = "job" if start is BACKGROUND else "t"
    assert run.lines == [
        "parent",
        "hold",
        "suspended",
        "0",
        "next",
        f"[completed, nil, answer, [{task}, next]]",
        "true",
    ]


@pytest.mark.parametrize(
    ("given", "initiator"),
    [
        ("self", "self_initiated"),
        ("self_initiated", "self_initiated"),
        ("trigger", "triggered"),
        ("triggered", "triggered"),
        ("parent", "parent"),
        ("whoever", "operator"),
    ],
)
def test_initiators(tmp_path: Path, given: str, initiator: str) -> None:
    run = run_script(
        tmp_path,
        f'let w = {BACKGROUND}\nsuspend_agent(w, " ", {{initiator: "{given}"}})\n'
        "println(harness.unsettled_state().suspended_subagents.map({ i -> i.initiator + i.reason }))",
        AGENTS,
    )
    assert run.lines == [f"[{initiator}suspended]"]


def test_a_retriggerable_worker_waits_for_more(tmp_path: Path) -> None:
    run = run_script(
        tmp_path,
        """
  llm_mock({text: "x", match: "*"})
  let w = sub_agent_run("one", {background: true, provider: "mock", carry: {retriggerable: true}})
  yield_now()
  println(harness.unsettled_state().suspended_subagents.map({ i -> [i.status, i.reason, i.initiator, i.conditions.retriggerable] }))
  println(worker_trigger(w, {n: 1}).task)
  yield_now()
  println(harness.resume_subagent(w, "three").history)
  yield_now()
  println(close_agent(w).status)
  println(list_agents().map({ a -> [a.name, a.status, a.error] }))
""",
        AGENTS,
    )
    assert run.lines == [
        "[[awaiting, awaiting_input, pipeline, true]]",
        '{"n":1}',
        '[one, {"n":1}, three]',
        "cancelled",
        "[[sub-agent, cancelled, worker cancelled]]",
    ]


def test_closing_stops_the_task(tmp_path: Path) -> None:
    run = run_script(
        tmp_path,
        """
  llm_rate_limit("mock", {rpm: 1})
  llm_call("x", nil, {provider: "mock"})
  let w = sub_agent_run("job", {background: true, provider: "mock"})
  yield_now()
  println(harness.counts().in_flight)
  println(close_agent(w).status)
  println([harness.counts().in_flight, wait_agent(w).status])
""",
        AGENTS,
    )
    assert run.lines == ["1", "cancelled", "[0, cancelled]"]


def test_a_failing_worker_says_why(tmp_path: Path) -> None:
    run = run_script(
        tmp_path,
        'llm_mock({error: {category: "auth", message: "no key"}})\n'
        f'let w = wait_agent({BACKGROUND})\nprintln([w.status, contains(w.error, "no key")])',
        AGENTS,
    )
    assert run.lines == ["[failed, true]"]


def test_the_pipeline_id_is_that_of_the_worker_that_runs(tmp_path: Path) -> None:
    run = run_script(
        tmp_path,
        """
  register_session_hook("post_turn", { _e ->
    tool_hooks_emit_audit("inside")
    println(harness.handoff_to("t").envelope.from)
    nil
  })
  let audit = {session_id: "s1", run_id: "r1"}
  let w = sub_agent_run("job", {background: true, provider: "mock", audit: audit})
  let other = sub_agent_run("job", {background: true, provider: "mock", audit: {session_id: "s2"}})
  wait_agent([w, other])
  tool_hooks_emit_audit("outside")
  println(pipeline_lifecycle_audit_log_take().map({ a -> a.pipeline_id }))
""",
        AGENTS,
    )
    assert run.lines == ["r1", "s2", "[r1, s2, nil]"]


@pytest.mark.parametrize(
    ("hook", "call", "line"),
    [
        ('"pre_suspend", { _e -> {block: 1, reason: "no"} }', 'suspend_agent(w, "r")', "running no nil"),
        ('"pre_suspend", { e -> {modify: {reason: e.reason + "!"}} }', 'suspend_agent(w, "r")', "suspended nil r!"),
        ('"post_suspend", { _e -> {block: true} }', 'suspend_agent(w, "r")', "suspended nil r"),
    ],
)
def test_hooks_of_suspending(tmp_path: Path, hook: str, call: str, line: str) -> None:
    run = run_script(
        tmp_path,
        f"""
  register_session_hook({hook})
  let w = {BACKGROUND}
  let s = {call}
  println(s.status + " " + to_string(s.pre_suspend_denied) + " " + to_string(s.suspension?.reason))
""",
        AGENTS,
    )
    assert run.lines == [line]


@pytest.mark.parametrize(
    ("hook", "line"),
    [
        ('"pre_resume", { _e -> {block: 1, reason: "no"} }', "suspended no job"),
        ('"pre_resume", { _e -> {modify: {resume_input: "other"}} }', "running nil other"),
        ('"pre_resume", { _e -> {modify: {resume_input: nil}} }', "running nil input"),
        ('"post_resume", { _e -> false }', "running nil input"),
    ],
)
def test_hooks_of_resuming(tmp_path: Path, hook: str, line: str) -> None:
    run = run_script(
        tmp_path,
        f"""
  var w = nil
  {SUSPENDED}
  register_session_hook({hook})
  let r = resume_agent(w, "input")
  println(r.status + " " + to_string(r.pre_resume_denied) + " " + r.task)
""",
        AGENTS,
    )
    assert run.lines == [line]


def test_conditions_register_a_trigger(tmp_path: Path) -> None:
    run = run_script(
        tmp_path,
        f"""
  llm_mock({{text: "x", match: "*"}})
  let w = {BACKGROUND}
  let s = suspend_agent(w, "hold", {{conditions: {{trigger: {{provider: "webhook", kind: "wake"}}, timeout: {{duration_minutes: 60}}}}}})
  let id = s.suspension.auto_resume_trigger.id
  wait_agent(w)
  println(trigger_fire(id, {{provider: "webhook", kind: "wake", id: "e1"}}).result.status)
  println(contains(wait_agent(w).task, "Resumed by: "))
  println(trigger_list().map({{ t -> t.state }}))
  let again = sub_agent_run("job", {{background: true, provider: "mock"}})
  suspend_agent(again, "hold", {{conditions: {{trigger: {{provider: "webhook", kind: "wake"}}}}}})
  close_agent(again)
  println(trigger_list().map({{ t -> t.state }}))
""",
        AGENTS,
    )
    assert run.lines == ["running", "true", "[terminated]", "[terminated, terminated]"]


def test_a_refused_trigger_may_fire_again(tmp_path: Path) -> None:
    run = run_script(
        tmp_path,
        f"""
  let w = {BACKGROUND}
  let s = suspend_agent(w, "hold", {{conditions: {{trigger: {{provider: "webhook", kind: "wake"}}}}}})
  wait_agent(w)
  register_session_hook("pre_resume", {{ _e -> {{block: true, reason: "not yet"}} }})
  let id = s.suspension.auto_resume_trigger.id
  let refused = trigger_fire(id, {{provider: "webhook", kind: "wake", id: "e1"}})
  println([refused.status, contains(refused.error, "a PreResume hook refused: not yet")])
  clear_session_hooks()
  println(trigger_fire(id, {{provider: "webhook", kind: "wake", id: "e2"}}).result.status)
""",
        AGENTS,
    )
    assert run.lines == ["[dlq, true]", "running"]


def test_a_suspended_worker_is_resumed_by_the_next_run(tmp_path: Path) -> None:
    first = Run(tmp_path, environment={"HARN_WORKER_STATE_DIR": "workers"})
    first.execute(
        f"""{AGENTS}
pipeline default() {{
  llm_mock({{text: "answer", match: "*"}})
  let w = {BACKGROUND}
  suspend_agent(w, "until tomorrow", {{conditions: {{on_event: "x"}}}})
  wait_agent(w)
  println(w.id)
}}"""
    )
    worker_id = first.lines[0]
    stored = json.loads((tmp_path / "workers" / f"{worker_id}.json").read_text(encoding="utf-8"))
    assert stored["status"] == "suspended"
    assert stored["suspension"]["reason"] == "until tomorrow"
    second = Run(tmp_path, environment={"HARN_WORKER_STATE_DIR": "workers"})
    second.execute(
        f"""{AGENTS}
pipeline default() {{
  llm_mock({{text: "answer", match: "*"}})
  println(resume_agent("{worker_id}", "good morning").status)
  let done = wait_agent("{worker_id}")
  println([done.status, done.result.text, done.history])
}}"""
    )
    assert second.lines == ["running", "[completed, answer, [job, good morning]]"]


def test_a_worker_that_cannot_be_stored_still_runs(tmp_path: Path) -> None:
    (tmp_path / ".harn").write_text("in the way", encoding="utf-8")
    run = run_script(tmp_path, f"println(wait_agent({BACKGROUND}).status)", AGENTS)
    assert run.lines == ["completed"]
    assert run.errors.startswith("[harn] warning: worker worker_")


def test_workers_in_a_sandbox_without_files() -> None:
    script = f"{AGENTS}\npipeline default() {{\n  return wait_agent({BACKGROUND}).status\n}}\n"
    assert harnlite.run(script).value == "completed"


def test_persisting_can_be_declined(tmp_path: Path) -> None:
    run_script(
        tmp_path,
        'wait_agent(sub_agent_run("job", {background: true, provider: "mock", carry: {persist_state: false}}))',
        AGENTS,
    )
    assert not (tmp_path / ".harn").exists()


def test_foreground_agents_and_stages_with_several_nodes(tmp_path: Path) -> None:
    node = '{model_policy: {provider: "mock"}}'
    run = run_script(
        tmp_path,
        f"""
  llm_mock({{text: "one"}})
  let r = sub_agent_run("job", {{provider: "mock"}})
  println([r.ok, r.status, r.text, r.name])
  llm_mock({{text: "first", match: "begin*"}})
  llm_mock({{text: "second", match: "first*"}})
  let w = spawn_agent({{task: "begin", wait: true, graph: {{nodes: [{node}, {node}]}}}})
  println([w.status, w.mode, w.result.text])
""",
        AGENTS,
    )
    assert run.lines == ["[true, completed, one, sub-agent]", "[completed, workflow, second]"]


def test_the_loop_runs_tools(tmp_path: Path) -> None:
    run = run_script(
        tmp_path,
        """
  llm_mock({tool_calls: [{name: "add", arguments: {a: 1, b: 2}}, {name: "bad"}, {name: "missing"}]})
  llm_mock({text: "three"})
  let tools = [{name: "add", handler: { x -> x.a + x.b }}, {name: "bad", handler: { _x -> throw "broken" }}]
  let r = agent_loop("sum", "system", {provider: "mock", tools: tools})
  println([r.status, r.stop_reason, r.text, r.tools.successful, r.tools.rejected, r.llm.iterations])
  println(llm_mock_calls()[1].messages.filter({ m -> m.role == "tool" }).map({ m -> m.content }))
""",
        LOOP,
    )
    assert run.lines == [
        "[done, natural, three, [add], [bad, missing], 2]",
        "[3, error: Thrown: broken, error: tool `missing` is not available]",
    ]


def test_the_loop_ends_after_its_turns(tmp_path: Path) -> None:
    run = run_script(
        tmp_path,
        """
  let r = agent_loop("go", nil, {provider: "mock", max_iterations: 2, tools: [{name: "t", handler: { _x -> 1 }}]})
  println([r.status, r.stop_reason, r.llm.iterations, len(r.tools.calls)])
""",
        LOOP,
    )
    assert run.lines == ["[budget_exhausted, max_iterations, 2, 2]"]


def test_reminders_are_shown_once(tmp_path: Path) -> None:
    run = run_script(
        tmp_path,
        """
  llm_mock({tool_calls: [{name: "note"}]})
  llm_mock({tool_calls: [{name: "note"}]})
  llm_mock({text: "end"})
  register_session_hook("post_turn", "iteration == 1", { _e -> {reminder: {body: "from hook", ttl_turns: 1}} })
  let note = { _x -> tool_hooks_inject_reminder({body: "from tool", dedupe_key: "k", ttl_turns: 1}).payload.session_attached }
  agent_loop("go", nil, {provider: "mock", tools: [{name: "note", handler: note}]})
  println(llm_mock_calls().map({ c -> c.messages.filter({ m -> m.role == "system" }).map({ m -> m.content }) }))
""",
        LOOP,
    )
    assert run.lines == ["[[], [from tool, from hook], [from tool]]"]


def test_a_model_parks_itself(tmp_path: Path) -> None:
    run = run_script(
        tmp_path,
        """
  llm_mock({tool_calls: [{name: "agent_await_resumption", arguments: {reason: "need input"}}]})
  llm_mock({text: "thanks"})
  let p = agent_loop("hello", nil, {provider: "mock"})
  println([p.status, p.stop_reason, p.final_status, p.initiator, p.reason, p.conditions, p.resume_by, p.iterations_completed])
  println([p.worker.mode, p.worker.name, p.worker.suspension.suspended_at_turn])
  println(harness.unsettled_state().suspended_subagents.map({ i -> [i.mode, i.initiator] }))
  resume_agent(p.handle, "here")
  println(wait_agent(p.handle).result.text)
  println(llm_mock_calls()[1].messages.map({ m -> m.content }))
  llm_mock({tool_calls: [{name: "agent_await_resumption", arguments: {reason: " "}}]})
  println(unwrap_err(try { agent_loop("x", nil, {provider: "mock"}) }))
""",
        LOOP + "\n" + AGENTS,
    )
    assert run.lines == [
        "[suspended, suspended, suspended, self, need input, nil, nil, 1]",
        "[top_level_agent, top-level-agent, 1]",
        "[[top_level_agent, self_initiated]]",
        "thanks",
        "[hello, , suspended, here]",
        "HARN-SUS-005: agent_await_resumption reason is required",
    ]


def test_lifecycle_tools(tmp_path: Path) -> None:
    run = run_script(
        tmp_path,
        """
  let once = agent_lifecycle_tools()
  println([once._type, once.tools.map({ t -> t.name }), once.tools[0].keys()])
  println(len(agent_lifecycle_tools(once).tools))
  println(unwrap_err(try { agent_lifecycle_tools(5) }))
""",
        LOOP,
    )
    assert run.lines == [
        "[tool_registry, [agent_await_resumption], [annotations, description, executor, handler, name, outputSchema, "
        "parameters]]",
        "1",
        "Type error: 'tool_define' parameter `registry` expects dict | closure, got int",
    ]
