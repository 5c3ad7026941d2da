"""The triggers of ``harn.toml``: what they run, and how their limits hold events back (docs/triggers.md)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scripts import Run

HANDLERS = """
import "std/triggers"

pub fn on_event(event: TriggerEvent) -> string {
  println("handling ${event.id}")
  sleep(10)
  return "done ${event.id}"
}

pub fn wanted(event: TriggerEvent) -> bool { return event.kind == "k" }
"""

FIRE = 'fn fire(id) { return trigger_fire("t", {id: id, provider: "webhook", kind: "k"}) }'


def project(directory: Path, limits: str = "") -> Run:
    """Make a project with one trigger that has these limits."""
    (directory / "handlers.harn").write_text(HANDLERS, encoding="utf-8")
    (directory / "harn.toml").write_text(
        f"""
[[triggers]]
id = "t"
kind = "k"
provider = "webhook"
handler = "handlers.harn::on_event"
when = "handlers::wanted"
retry = {{ max = 1, backoff = "immediate" }}
{limits}
""",
        encoding="utf-8",
    )
    return Run(directory)


def test_a_trigger_of_the_project(tmp_path: Path) -> None:
    run = project(tmp_path)
    run.execute(
        f"""{FIRE}
pipeline main(task) {{
  println(trigger_list().map({{ t -> [t.id, t.source, t.state, t.version, t.handler_kind] }}))
  println(fire("e1").result)
  println(trigger_fire("t", {{id: "e2", provider: "webhook", kind: "other"}}).result)
  println(try {{ trigger_register({{id: "t", kind: "k", provider: "webhook", handler: "worker://q"}}) }})
}}"""
    )
    assert run.lines == [
        "[[t, manifest, active, 1, local]]",
        "handling e1",
        "done e1",
        "{predicate: wanted, reason: nil, skipped: true}",
        "Result.Err(Runtime error: trigger stdlib: duplicate trigger id 't')",
    ]


def test_dispatches_at_once(tmp_path: Path) -> None:
    """Further ones wait for their turn, also when the one before is cancelled."""
    run = project(tmp_path, "max_concurrent = 1")
    run.execute(
        f"""{FIRE}
pipeline main(task) {{
  println(parallel each ["a", "b", "c"] {{ id -> fire(id).result }})
  let first = spawn {{ fire("d") }}
  let second = spawn {{ fire("e").result }}
  yield_now()
  cancel(first)
  println(await(second))
}}"""
    )
    assert run.lines == [
        *("handling a", "handling b", "handling c", "[done a, done b, done c]"),
        *("handling d", "handling e", "done e"),
    ]


@pytest.mark.parametrize(
    ("limits", "third", "records"),
    [
        (
            "rate_limit = { max = 2, seconds = 60 }",
            "[dispatched, {predicate: nil, reason: rate_limit, skipped: true}, nil]",
            "[dispatch_skipped, nil]",
        ),
        (
            "budget = { max_autonomous_decisions_per_hour = 2 }",
            "[dlq, nil, trigger budget is exhausted: max_autonomous_decisions_per_hour]",
            "[dispatch_succeeded, budget_exhausted]",
        ),
        (
            'budget = { max_autonomous_decisions_per_day = 2, on_budget_exhausted = "skip" }',
            "[dispatched, {predicate: nil, reason: max_autonomous_decisions_per_day, skipped: true}, nil]",
            "[dispatch_skipped, nil]",
        ),
        (
            'budget = { max_autonomous_decisions_per_hour = 2, on_budget_exhausted = "retry_later" }',
            "[waiting, nil, trigger budget is exhausted: max_autonomous_decisions_per_hour]",
            "[dispatch_waiting, nil]",
        ),
    ],
)
def test_dispatches_in_a_time(tmp_path: Path, limits: str, third: str, records: str) -> None:
    """The third of two is held back; a day later there is room again."""
    run = project(tmp_path, limits)
    run.execute(
        f"""{FIRE}
fn last(topic) {{
  let records = event_log.subscribe(topic, event_log.latest(topic) - 1)
  return records.next().value.kind
}}
pipeline main(task) {{
  mock_time(1000)
  println([fire("a").status, fire("b").status])
  let third = fire("c")
  println([third.status, third.result, third.error])
  let dead = trigger_inspect_dlq()
  println([last("trigger.outbox"), if len(dead) > 0 {{ dead[0].error_class }} else {{ nil }}])
  advance_time(86400000)
  println(fire("d").result)
  println(trigger_list()[0].metrics.autonomous_decisions_total)
}}"""
    )
    decisions = "3" if "budget" in limits else "0"
    assert [line for line in run.lines if not line.startswith("handling")] == [
        *("[dispatched, dispatched]", third, records, "done d", decisions),
    ]


@pytest.mark.parametrize(
    ("manifest", "text"),
    [
        ("triggers = [", "harn.toml: TOML parse error"),
        ("triggers = 5", "harn.toml: `triggers` must be tables, written [[triggers]]"),
        ("[[triggers]]\nkind = 'k'", "harn.toml: trigger 1: missing `provider`"),
        ("[[triggers]]\nid = 'x'\nkind = 'k'\nprovider = 'p'", "harn.toml: trigger x: missing `handler`"),
        ("handler = 'fn'", "`handler` string must use"),
        ("handler = 'nowhere::f'", "there is no file"),
        ("handler = 'handlers::nothing'", "exports no function `nothing`"),
        ("handler = 'worker://q'\nmax_concurrent = 0", "`max_concurrent` must be a positive int"),
        ("handler = 'worker://q'\nrate_limit = 5", "`rate_limit` must be a table"),
        ("handler = 'worker://q'\nrate_limit = { max = 1 }", "`rate_limit` needs both `max` and `seconds`"),
        ("handler = 'worker://q'\nbudget = { on_budget_exhausted = 'x' }", "must be one of fail, skip, retry_later"),
    ],
)
def test_mistakes(tmp_path: Path, manifest: str, text: str) -> None:
    run = project(tmp_path)
    if not manifest.startswith(("triggers", "[[")):
        manifest = f"[[triggers]]\nid = 't'\nkind = 'k'\nprovider = 'webhook'\n{manifest}"
    (tmp_path / "harn.toml").write_text(manifest, encoding="utf-8")
    assert text in run.failure("pipeline main(task) { trigger_list() }")


def test_a_handler_module_may_register_triggers(tmp_path: Path) -> None:
    run = project(tmp_path)
    more = 'trigger_register({id: "own", kind: "k", provider: "webhook", handler: "worker://q"})\n'
    (tmp_path / "handlers.harn").write_text(f"let registered = {more}{HANDLERS}", encoding="utf-8")
    run.execute("pipeline main(task) { println(trigger_list().map({ t -> [t.id, t.source] })) }")
    assert run.lines == ["[[own, dynamic], [t, manifest]]"]
