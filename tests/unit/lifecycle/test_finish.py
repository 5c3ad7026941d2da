"""Finishing a run: the order of its phases, who may fail it, and what is cleared (docs/reference/lifecycle.md 1, 2)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trio

from harnlite.lifecycle.host_harness import HostHarness
from harnlite.lifecycle.state import ClearedState, LifecycleState
from harnlite.values.errors import ExitRequest, GuestError
from tests.scripts import Run

WATCHERS = """
  register_session_hook("pre_finish", { e -> println("pre " + to_string(e.has_on_finish)); return nil })
  register_session_hook("on_unsettled_detected", { e -> println("unsettled"); return nil })
  register_session_hook("post_finish", { e -> println("post " + to_string(e.return_value)); return nil })
"""


def pipeline(body: str) -> str:
    return f"pipeline default() {{\n{body}\n}}\n"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


@pytest.mark.parametrize(
    ("body", "lines", "value"),
    [
        ("return 1", ["pre false", "post 1"], 1),
        ("pipeline_on_finish({ _h, v -> v + 1 })\nreturn 1", ["pre true", "post 2"], 2),
        ("pipeline_on_finish({ _h, v -> nil })\nreturn 1", ["pre true", "post nil"], None),
        (
            "pipeline_on_finish({ _h, v -> 1 })\npipeline_on_finish({ _h, v -> 2 })\nreturn 0",
            ["pre true", "post 2"],
            2,
        ),
        (
            "pipeline_on_finish({ _h, v -> pipeline_on_finish({ _a, _b -> 5 })\n return v })\nreturn 1",
            ["pre true", "post 1"],
            1,
        ),
        ('harness.handoff_to("t")\nreturn 1', ["pre false", "unsettled", "post 1"], 1),
        ('pipeline_on_finish({ h, v -> h.handoff_to("t")\n return v })\nreturn 1', ["pre true", "post 1"], 1),
        ('try { throw 1 } finally { println("cleanup") }\nreturn 1', ["cleanup"], "Thrown: 1"),
        ('defer { println("deferred") }\nreturn 1', ["deferred", "pre false", "post 1"], 1),
    ],
)
def test_phases(run: Run, body: str, lines: list[str], value: Any) -> None:
    if isinstance(value, str):
        assert run.failure(pipeline(WATCHERS + body)) == value
    else:
        assert run.execute(pipeline(WATCHERS + body)) == value
    assert run.lines == lines


def test_payloads_are_in_json_form_and_the_callback_gets_the_value(run: Run) -> None:
    value = run.execute(
        pipeline(
            """
  register_session_hook("pre_finish", { e -> println(json_stringify(e)) })
  register_session_hook("post_finish", { e -> println(json_stringify(e)) })
  pipeline_on_finish({ _h, v -> println(type_of(v)); return [v, { x -> x }] })
  return 30s
"""
        )
    )
    empty = (
        '{"in_flight_llm_calls":[],"partial_handoffs":[],"pool_pending_tasks":[],"queued_triggers":[],'
        '"suspended_subagents":[]}'
    )
    assert run.lines == [
        f'{{"event":"PreFinish","has_on_finish":true,"return_value":"30s","unsettled":{empty}}}',
        "duration",
        f'{{"event":"PostFinish","return_value":["30s","<fn(x)>"],"unsettled":{empty}}}',
    ]
    assert value[0].milliseconds == 30_000


BLOCKED = (
    "Runtime error: PreFinish hook returned block, which is not a valid control: {}. To delay pipeline finish until "
    "unsettled work clears, use OnFinish.block_until_settled (std/lifecycle) or return Modify/Allow from PreFinish."
)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ('register_session_hook("pre_finish", { _e -> {block: true, reason: "r"} })', BLOCKED.format("r")),
        ('register_session_hook("pre_finish", { _e -> false })', BLOCKED.format("PreFinish hook returned false")),
        (
            'harness.handoff_to("t")\nregister_session_hook("on_unsettled_detected", { _e -> {block: 1, reason: 7} })',
            "Runtime error: OnUnsettledDetected hook blocked pipeline finish: 7",
        ),
        ('register_session_hook("pre_finish", { _e -> throw "x" })', "Thrown: x"),
        ('register_session_hook("post_finish", { _e -> throw "y" })', "Thrown: y"),
        (
            'register_session_hook("post_finish", { _e -> 5 })',
            "Runtime error: PostFinish hook must return nil, bool, or a control dict; got int",
        ),
        ("pipeline_on_finish({ _h, _v -> throw {code: 7} })", "Thrown: {code: 7}"),
        ("pipeline_on_finish({ _h -> 1 })", "Arity mismatch: '<closure>' expects 1 argument, got 2"),
        (
            'register_session_hook("pre_finish", { _a, _b -> 1 })',
            "Arity mismatch: '<closure>' expects 2 arguments, got 1",
        ),
        ('throw "body"', "Thrown: body"),
    ],
)
def test_every_failure_clears_the_state_and_leaves_it_on_the_error(run: Run, body: str, text: str) -> None:
    before = 'tool_hooks_emit_audit("a", 1)\nharness.finalize("d")\nharness.handoff_to("t", 2)\n'
    with pytest.raises(GuestError) as caught:
        run.execute(pipeline(before + body))
    assert run.failure(pipeline(before + body)) == text
    cleared = caught.value.lifecycle  # type: ignore[attr-defined]  # the VM attaches it
    assert isinstance(cleared, ClearedState)
    assert [entry["kind"] for entry in cleared.audits] == ["a", "pipeline_finalized"]
    assert cleared.handoffs[0]["envelope_id"] == "envelope_3"
    assert cleared.disposition == "d"
    state = run.vm.service(LifecycleState)
    assert (state.audits(), state.unsettled_items(), state.disposition, state.has_callback) == ([], [], None, False)
    assert run.execute(pipeline('clear_session_hooks()\nreturn harness.handoff_to("t").envelope.envelope_id')) == (
        "envelope_1"
    )


def test_exit_clears_and_runs_nothing(run: Run) -> None:
    with pytest.raises(ExitRequest) as caught:
        run.execute(
            pipeline(WATCHERS + 'tool_hooks_emit_audit("a")\npipeline_on_finish({ _h, v -> println("no") })\nexit(3)')
        )
    assert run.lines == []
    cleared = caught.value.lifecycle  # type: ignore[attr-defined]  # the VM attaches it
    assert cleared.had_callback
    assert run.vm.service(LifecycleState).audits() == []


def test_state_of_one_execution_is_seen_by_the_next_until_reset(run: Run) -> None:
    run.execute(pipeline('pipeline_on_finish({ _h, v -> v })\ntool_hooks_emit_audit("a")'))
    again = pipeline('println(len(pipeline_lifecycle_audit_log_snapshot()))\nprintln(tool_hooks_emit_audit("b").seq)')
    run.execute(again)
    run.vm.reset()
    run.execute(again)
    assert run.lines == ["1", "2", "0", "1"]


def test_python_callbacks(run: Run) -> None:
    def finish(harness: HostHarness, value: Any) -> Any:
        assert harness.is_empty()
        assert harness.summary() == "no unsettled work"
        assert harness.current_pipeline_id() is None
        envelope = harness.handoff_to("night", {"n": value})["envelope"]
        assert harness.counts()["partial"] == 1
        assert harness.wait_for_any_settlement(5)["timed_out"]
        assert harness.acknowledge_handoff(envelope["envelope_id"])["status"] == "acknowledged"
        assert harness.acknowledge_trigger("nope")["status"] == "not_found"
        assert harness.spawn_settlement_agent()["status"] == "no_unsettled"
        assert harness.unsettled_state()["queued_triggers"] == []
        harness.emit_audit("mine")
        harness.finalize({"done": True})
        return [value, (1, 2)]

    assert run.execute(pipeline("return 4"), finish) == [4, [1, 2]]
    assert run.vm.service(LifecycleState).disposition == {"done": True}
    assert run.execute(pipeline("return 5")) == 5


def test_async_python_callback(run: Run) -> None:
    async def finish(harness: HostHarness, value: int) -> int:
        await trio.sleep(0)
        await trio.sleep(0.001)
        harness.emit_audit("later")
        with pytest.raises(RuntimeError, match="before the callback's first await"):
            harness.wait_for_any_settlement(5)
        return value * 2

    assert run.execute(pipeline("return 4"), finish) == 8
    assert run.execute(pipeline("return 4"), lambda harness, value: finish(harness, value)) == 8
    assert [entry["kind"] for entry in run.vm.service(LifecycleState).audits()] == ["later", "later"]


def test_failing_python_callback_clears(run: Run) -> None:
    def finish(harness: HostHarness, value: Any) -> Any:
        harness.emit_audit("before")
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        run.execute(pipeline(WATCHERS + "return 1"), finish)
    assert run.lines == ["pre true"]
    assert run.vm.service(LifecycleState).audits() == []


def test_a_script_may_replace_the_python_callback(run: Run) -> None:
    assert run.execute(pipeline('pipeline_on_finish({ _h, v -> "script" })'), lambda _h, _v: "python") == "script"


def test_a_composition_leaves_the_run_around_it_alone(run: Run) -> None:
    body = """
  pipeline_on_finish({ _h, v -> "outer " + to_string(v) })
  tool_hooks_emit_audit("kept")
  println(composition_execute("throw 1", {}).run.failure_category)
  println(composition_execute("return 2", {}).run.result)
  return len(pipeline_lifecycle_audit_log_snapshot())
"""
    assert run.execute(pipeline(WATCHERS + body)) == "outer 1"
    assert run.lines == ["execution_error", "2", "pre true", "post outer 1"]


@pytest.mark.parametrize(
    ("argument", "kind"),
    [('"x"', "string"), ("nil", "nil"), ("{a: 1}", "dict"), ("5", "int"), ("[1]", "list"), ("println", "builtin")],
)
def test_only_closures_are_callbacks(run: Run, argument: str, kind: str) -> None:
    text = run.execute(pipeline(f"let cb: any = {argument}\nreturn unwrap_err(try {{ pipeline_on_finish(cb) }})"))
    assert text == f"Runtime error: pipeline_on_finish: handler must be a closure, got {kind}"
