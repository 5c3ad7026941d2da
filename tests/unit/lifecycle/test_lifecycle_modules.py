"""``std/lifecycle`` and the modules below it (docs/reference/lifecycle.md 7)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scripts import run_script

COMBINATORS = (
    "import { compose, first_available, with_telemetry, with_timeout, if_unsettled, when } "
    'from "std/lifecycle/combinators"'
)
PRESETS = (
    "import { on_finish_abandon, on_finish_drain, on_finish_block_until_settled, on_finish_handoff_to } "
    'from "std/lifecycle"'
)


@pytest.mark.parametrize(
    ("factory", "result", "audits"),
    [
        ("compose([{ _h, v -> v + 1 }, { _h, v -> v * 2 }])", "8", "[]"),
        ("compose([])", "3", "[]"),
        ("compose(nil)", "3", "[]"),
        ("first_available([{ _h, _v -> nil }, { _h, _v -> false }])", "false", "[]"),
        ("first_available([])", "nil", "[]"),
        ('first_available("x")', "nil", "[]"),
        ("if_unsettled({ _h, _v -> 9 })", "3", "[]"),
        ("when({ _h, v -> v == 3 }, { _h, _v -> 9 })", "9", "[]"),
        ("when({ _h, v -> nil }, { _h, _v -> 9 })", "3", "[]"),
        ("with_timeout({ _h, v -> v }, 10)", "3", "[]"),
        ("with_timeout({ _h, v -> sleep(10); v }, 10)", "3", "[]"),
        ("with_timeout({ _h, v -> sleep(99); v }, 0)", "3", "[]"),
        ('with_timeout({ _h, v -> sleep(99); v }, "x")', "3", "[]"),
        ("with_timeout({ _h, v -> sleep(99); v }, 1s)", "3", "[]"),
        (
            "with_timeout({ _h, v -> sleep(11); v }, 10)",
            "{__timed_out: true, elapsed_ms: 11, return_value: 3, timeout_ms: 10}",
            "[lifecycle_callback_timed_out]",
        ),
        (
            "with_timeout({ _h, v -> sleep(11); v }, 10ms)",
            "{__timed_out: true, elapsed_ms: 11, return_value: 3, timeout_ms: 10}",
            "[lifecycle_callback_timed_out]",
        ),
        (
            "with_timeout({ _h, v -> sleep(11); v }, {ms: 10.9})",
            "{__timed_out: true, elapsed_ms: 11, return_value: 3, timeout_ms: 10}",
            "[lifecycle_callback_timed_out]",
        ),
        (
            "with_timeout({ _h, v -> sleep(11); v }, {duration_ms: 10})",
            "{__timed_out: true, elapsed_ms: 11, return_value: 3, timeout_ms: 10}",
            "[lifecycle_callback_timed_out]",
        ),
        (
            "with_timeout({ _h, v -> sleep(2001); v }, {seconds: 2})",
            "{__timed_out: true, elapsed_ms: 2001, return_value: 3, timeout_ms: 2000}",
            "[lifecycle_callback_timed_out]",
        ),
        ("with_telemetry({ _h, v -> v })", "3", "[lifecycle_callback_started, lifecycle_callback_completed]"),
        ('with_telemetry({ _h, v -> v }, "s")', "3", "[s_started, s_completed]"),
        ("with_telemetry({ _h, v -> v }, 5)", "3", "[lifecycle_callback_started, lifecycle_callback_completed]"),
    ],
)
def test_combinators(tmp_path: Path, factory: str, result: str, audits: str) -> None:
    run = run_script(
        tmp_path,
        f"""
  mock_time(0)
  let callback = {factory}
  println(callback(harness, 3))
  println(pipeline_lifecycle_audit_log_take().map({{ a -> a.kind }}))
""",
        COMBINATORS,
    )
    assert run.lines == [result, audits]


@pytest.mark.parametrize(
    ("thrown", "error"),
    [
        ('"text"', "text"),
        ('{message: "m", code: 1}', "m"),
        ("{code: 1}", '{"code":1}'),
        ("5", "5"),
        ("[1, 2]", "[1, 2]"),
    ],
)
def test_telemetry_passes_errors_on(tmp_path: Path, thrown: str, error: str) -> None:
    run = run_script(
        tmp_path,
        f"""
  let callback = with_telemetry({{ _h, _v -> throw {thrown} }})
  println(unwrap_err(try {{ callback(harness, 1) }}) == {thrown})
  println(pipeline_lifecycle_audit_log_take()[1].payload.error)
""",
        COMBINATORS,
    )
    assert run.lines == ["true", error]


def test_telemetry_opens_a_span(tmp_path: Path) -> None:
    run = run_script(
        tmp_path,
        """
  enable_tracing(true)
  let inner = with_telemetry({ _h, v -> v }, "inner")
  let outer = with_telemetry({ h, v -> inner(h, v) }, "outer")
  outer(harness, 1)
  let spans = trace_spans()
  println(spans.map({ s -> [s.kind, s.name] }))
  println(spans[0].parent_id == spans[1].span_id)
""",
        COMBINATORS,
    )
    assert run.lines == ["[[fn_call, inner], [fn_call, outer]]", "true"]


@pytest.mark.parametrize(
    ("before", "call", "result", "audits"),
    [
        ("", "on_finish_abandon(harness, 1)", "1", "[]"),
        ('harness.handoff_to("t")', "on_finish_abandon(harness, 1)", "1", "[pipeline_abandoned_unsettled]"),
        ("", "on_finish_drain(harness, 1)", "1", "[pipeline_finalized]"),
        (
            'harness.handoff_to("t")',
            "on_finish_drain(harness, 1).return_value",
            "1",
            "[handoff_acknowledged, drain_decision, pipeline_finalized]",
        ),
        ("let f = on_finish_block_until_settled()", "f(harness, 1)", "1", "[pipeline_finalized]"),
        (
            'harness.handoff_to("t")\nlet f = on_finish_block_until_settled(5, { _h, v -> "other" })',
            "f(harness, 1)",
            "other",
            "[settlement_timeout]",
        ),
        ('let f = on_finish_handoff_to("n")', "f(harness, 1)", "1", "[pipeline_finalized]"),
        (
            'harness.handoff_to("t")\nlet f = on_finish_handoff_to("n", {origin: "o", more: 1})',
            "f(harness, 1).envelope.payload_summary",
            "object(keys=more,origin,unsettled)",
            "[]",
        ),
    ],
)
def test_presets(tmp_path: Path, before: str, call: str, result: str, audits: str) -> None:
    run = run_script(
        tmp_path,
        f"{before}\nprintln({call})\nprintln(pipeline_lifecycle_audit_log_take().map({{ a -> a.kind }}))",
        PRESETS,
    )
    assert run.lines == [result, audits]


def test_blocking_really_waits(tmp_path: Path) -> None:
    run = run_script(
        tmp_path,
        """
  pool_create({name: "p"}).submit({ -> sleep(10); println("work") })
  let block = on_finish_block_until_settled(20s)
  println(block(harness, "value"))
  println(pipeline_lifecycle_audit_log_take()[0].payload)
""",
        PRESETS + '\nimport { pool_create } from "std/lifecycle/pool"',
    )
    assert run.lines == ["work", "value", "{reason: settled_within_timeout, timeout: 20s}"]


@pytest.mark.parametrize(
    ("strategy", "suspension", "result", "audits"),
    [
        (
            "ResumeBy().parent_llm",
            "{handle: 1}",
            "{handled: true, mechanism: ResumeBy.parent_llm}",
            "[resume_by_dispatched]",
        ),
        (
            "ResumeBy().local_runtime",
            '{handle: 1, conditions: {on_event: "x"}}',
            "{handled: true, mechanism: ResumeBy.local_runtime}",
            "[resume_by_dispatched]",
        ),
        (
            "ResumeBy().local_runtime",
            "{handle: 1}",
            "{handled: true, mechanism: ResumeBy.parent_llm}",
            "[resume_by_declined, resume_by_fallback, resume_by_dispatched]",
        ),
        (
            "ResumeBy().cloud_harness",
            "nil",
            "{handled: true, mechanism: ResumeBy.parent_llm}",
            "[resume_by_declined, resume_by_fallback, resume_by_dispatched]",
        ),
        (
            "ResumeBy().pipeline_drain",
            "{}",
            "{handled: true, mechanism: ResumeBy.pipeline_drain}",
            "[resume_by_dispatched]",
        ),
        (
            '{ _h, _s -> throw "broken" }',
            "{}",
            "{handled: true, mechanism: ResumeBy.parent_llm}",
            "[resume_by_errored, resume_by_fallback, resume_by_dispatched]",
        ),
    ],
)
def test_resume_by(tmp_path: Path, strategy: str, suspension: str, result: str, audits: str) -> None:
    run = run_script(
        tmp_path,
        f"println(invoke_resume_by({strategy}, harness, {suspension}))\n"
        "println(pipeline_lifecycle_audit_log_take().map({ a -> a.kind }))",
        'import { ResumeBy, invoke_resume_by } from "std/agent/resume_by"',
    )
    assert run.lines == [result, audits]
