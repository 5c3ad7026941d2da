"""Pools (docs/reference/runtime.md 5)."""

from __future__ import annotations

from pathlib import Path

import pytest

from harnlite.runtime.pool_queue import TaskQueue
from harnlite.runtime.pool_tasks import PoolTask
from tests.scripts import Run, run_script

IMPORTS = (
    "import { pool_create, pool_get, pool_list, pool_wait, pool_simulate_restart, fifo, lifo, priority, "
    "fair_round_robin, backpressure_queue, fail_fast, ring_buffer, QueueStrategy, Backpressure } "
    'from "std/lifecycle/pool"'
)


def task(number: int, priority: int = 0, fair_key: str = "") -> PoolTask:
    return PoolTask(
        id=f"t{number}",
        pool_id="p",
        pool_name="p",
        sequence=number,
        work=None,
        priority=priority,
        key=None,
        idempotency_key=None,
        fair_key=fair_key,
        submitted_at="",
        submitted_at_ms=0,
        submitted_by="",
    )


@pytest.mark.parametrize(
    ("strategy", "waiting", "order"),
    [
        ("fifo", [(0, ""), (9, ""), (5, "")], [0, 1, 2]),
        ("lifo", [(0, ""), (9, ""), (5, "")], [2, 1, 0]),
        ("priority", [(1, ""), (9, ""), (9, ""), (5, "")], [1, 2, 3, 0]),
        ("priority", [(0, ""), (0, ""), (-1, "")], [0, 1, 2]),
        ("fair_round_robin", [(0, "x"), (0, "x"), (0, "y"), (0, "x")], [0, 2, 1, 3]),
        ("fair_round_robin", [(0, "x"), (0, "y"), (0, "z"), (0, "x"), (0, "z")], [0, 1, 2, 3, 4]),
        ("fair_round_robin", [(0, "x"), (0, "x"), (0, "z"), (0, "y")], [0, 2, 3, 1]),
    ],
)
def test_order_of_a_line(strategy: str, waiting: list[tuple[int, str]], order: list[int]) -> None:
    queue = TaskQueue(strategy)
    for number, (importance, key) in enumerate(waiting):
        queue.add(task(number, importance, key))
    assert [queue.take_next().sequence for _ in waiting] == order
    assert len(queue) == 0


@pytest.mark.parametrize("strategy", ["fifo", "lifo", "priority", "fair_round_robin"])
def test_dropping_the_oldest_leaves_the_rest(strategy: str) -> None:
    queue = TaskQueue(strategy)
    for number in range(3):
        queue.add(task(number, priority=10 - number, fair_key=str(number)))
    assert queue.take_oldest().sequence == 0
    assert [item.sequence for item in queue] == [1, 2]
    assert sorted(queue.take_next().sequence for _ in range(2)) == [1, 2]


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("pool_create({max_concurrent: 0})", "pool_create: max_concurrent must be >= 1"),
        ('pool_create({max_concurrent: "2"})', "pool_create: max_concurrent must be an int, got string"),
        ("pool_create({name: 5})", "pool_create: name must be a string, got int"),
        ('pool_create({queue: "zzz"})', "pool_create: unknown queue strategy 'zzz'"),
        ('pool_create({backpressure: "zzz"})', "pool_create: unknown backpressure 'zzz'"),
        ("pool_create({backpressure: ring_buffer(0)})", "pool_create: ring_buffer backpressure needs a max_depth >= 1"),
        (
            'pool_create({backpressure: backpressure_queue(1, "zzz")})',
            "pool_create: unknown on_full policy 'zzz'",
        ),
        ('pool_create({scope: "zzz"})', "pool_create: unknown scope 'zzz'"),
        (
            'pool_create({scope: "org", name: "x"})',
            "pool_create: scope 'org' is host-routed, and this host provides no such pools",
        ),
        (
            'pool_create({scope: "pipeline", name: "x"})',
            "pool_create: pipeline-scope pool requires a pipeline_id (or active workflow/run context); "
            "pass options.pipeline_id explicitly when creating from outside a pipeline",
        ),
        ("pool_create(5)", "pool_create: options must be a dict, got int"),
        ('pool_wait("nope")', "pool_wait: unknown pool task 'nope'"),
        ("pool_wait(5)", "pool_wait: expected a pool task, got int"),
        ("pool.submit(5)", "pool.submit: task must be a closure, got int"),
        ("pool.submit({ -> 1 }, 5)", "pool.submit: options must be a dict, got int"),
        ('pool.submit({ -> 1 }, {priority: "x"})', "pool.submit: priority must be an int, got string"),
        ('pool.submit({ -> 1 }, {idempotency_key: " "})', "pool.submit: idempotency_key cannot be empty"),
    ],
)
def test_errors(tmp_path: Path, expression: str, text: str) -> None:
    run = run_script(tmp_path, f"let pool = pool_create()\nprintln(unwrap_err(try {{ {expression} }}))", IMPORTS)
    assert run.lines[0].startswith(f"Runtime error: {text}")


@pytest.mark.parametrize(
    ("backpressure", "third"),
    [
        ("nil", "queued nil nil"),
        ('"unbounded"', "queued nil nil"),
        ('"fail_fast"', "HARN-POL-002: pool.submit: pool 'p' has no immediate capacity under fail_fast backpressure"),
        ("fail_fast()", "HARN-POL-002: pool.submit: pool 'p' has no immediate capacity under fail_fast backpressure"),
        (
            'backpressure_queue(1, "fail_submitter")',
            "HARN-POL-001: pool.submit: pool 'p' queue is full under fail_submitter backpressure",
        ),
        ('backpressure_queue(1, "drop_newest")', "rejected drop_newest_queue_full drop_newest"),
        ('backpressure_queue(1, "drop_oldest")', "queued nil nil / drop_oldest_queue_full drop_oldest"),
        ("ring_buffer(1)", "queued nil nil / ring_buffer_drop_oldest ring_buffer"),
        ("Backpressure().ring_buffer(1)", "queued nil nil / ring_buffer_drop_oldest ring_buffer"),
    ],
)
def test_backpressure(tmp_path: Path, backpressure: str, third: str) -> None:
    run = run_script(
        tmp_path,
        f"""
  let gate = channel("g", 1)
  let pool = pool_create({{name: "p", backpressure: {backpressure}}})
  pool.submit({{ -> receive(gate) }})
  let outcome = try {{
    let second = pool.submit({{ -> 2 }})
    let third = pool.submit({{ -> 3 }})
    let after = pool.snapshot().tasks.find({{ t -> t.id == second.id }})
    let dropped = after.status == "rejected" ? " / " + after.rejection_reason + " " + after.rejection_policy : ""
    third.status + " " + to_string(third.rejection_reason) + " " + to_string(third.rejection_policy) + dropped
  }}
  println(is_ok(outcome) ? unwrap(outcome) : unwrap_err(outcome))
""",
        IMPORTS,
    )
    assert third in run.lines[0]


def test_a_blocked_submitter_waits_for_room(tmp_path: Path) -> None:
    run = run_script(
        tmp_path,
        """
  let gate = channel("g", 1)
  let pool = pool_create({backpressure: backpressure_queue(1)})
  pool.submit({ -> receive(gate) })
  pool.submit({ -> println("second") })
  let submitter = spawn {
    let handle = pool.submit({ -> println("third"); 3 })
    println("submitted")
    pool_wait(handle).result
  }
  yield_now()
  println(pool.snapshot().blocked_submitters)
  send(gate, 1)
  println(await(submitter))
  println(pool.size())
""",
        IMPORTS,
    )
    assert run.lines == ["1", "second", "submitted", "third", "3", "0"]


def test_tasks_run_as_slots_allow(tmp_path: Path) -> None:
    run = run_script(
        tmp_path,
        """
  let pool = pool_create({max_concurrent: 2, queue: "fifo"})
  let live = atomic(0)
  let peak = atomic(0)
  let handles = [1, 2, 3, 4, 5].map({ n -> pool.submit({ ->
    let now = atomic_add(live, 1) + 1
    if now > atomic_get(peak) { atomic_set(peak, now) }
    yield_now()
    atomic_add(live, -1)
    if n == 3 { throw {n: n} }
    return n * n
  }, {key: n}) })
  println(handles.map({ h -> h.status + h.key }))
  println(pool_wait(handles).map({ t -> t?.result ?? t.error }))
  println(atomic_get(peak))
  let s = pool.snapshot()
  println([s.active, s.queued, s.completed, s.failed, s.total])
  println(pool_wait(handles[0]).keys())
""",
        IMPORTS,
    )
    assert run.lines == [
        "[running1, running2, queued3, queued4, queued5]",
        "[1, 4, Thrown: {n: 3}, 16, 25]",
        "2",
        "[0, 0, 4, 1, 5]",
        "[_type, finished_at, id, key, pool, pool_id, priority, result, started_at, status, submitted_at]",
    ]


def test_idempotency(tmp_path: Path) -> None:
    run = run_script(
        tmp_path,
        """
  let pool = pool_create()
  let first = pool.submit({ -> println("ran"); throw "bad" }, {idempotency_key: "k"})
  println(pool.submit({ -> println("never") }, {id: "k"}).id == first.id)
  println(pool_wait(first).error)
  println(pool.submit({ -> println("never") }, {idempotency_key: "k"}).status)
""",
        IMPORTS,
    )
    assert run.lines == ["true", "ran", "Thrown: bad", "failed"]


def test_a_pipeline_pool_survives_in_its_file(tmp_path: Path) -> None:
    create = 'pool_create({name: "nightly batch", scope: "pipeline", scope_id: "run/1", dir: "state"})'
    first = Run(tmp_path)
    first.execute(
        f"""{IMPORTS}
pipeline default() {{
  let pool = {create}
  println([pool.durable, pool.scope, pool.scope_id, starts_with(pool.id, "pool_pipeline_")])
  pool_wait(pool.submit({{ -> [1, "a\u2028"] }}, {{idempotency_key: "once", key: "k"}}))
  pool.submit({{ -> sleep(60s) }})
  pool.submit({{ -> 2 }})
  yield_now()
}}"""
    )
    assert first.lines == ["[true, pipeline, run/1, true]"]
    (file,) = (tmp_path / "state").iterdir()
    assert file.name.startswith("run_1__nightly_batch__")
    with file.open("ab") as torn:
        torn.write('{"kind": "task", "id": "tornä'.encode()[:-1])
    second = Run(tmp_path)
    second.execute(
        f"""{IMPORTS}
pipeline default() {{
  let pool = {create}
  for t in pool.tasks {{ println([t.status, t?.result?.replace("\u2028", "|"), t?.error?.replace(t.id, "T"), t?.key]) }}
  println(pool.submit({{ -> println("never") }}, {{idempotency_key: "once"}}).status)
  println(pool.size())
}}"""
    )
    stale = "pool: task T reloaded as stale after process restart"
    assert second.lines[0] == "[completed, [1, a|], nil, k]"
    assert second.lines[1].startswith("[failed, nil, pool")
    assert second.lines[2] == f"[failed, nil, {stale}, nil]"
    assert second.lines[3:] == ["completed", "0"]


def test_spans(tmp_path: Path) -> None:
    run = run_script(
        tmp_path,
        """
  enable_tracing(true)
  let pool = pool_create({name: "p"})
  pool_wait(pool.submit({ -> 1 }))
  let spans = trace_spans()
  println(spans.map({ s -> [s.kind, s.name, s.metadata.keys()] }))
  println(spans[1].links[0].span_id == spans[0].span_id)
""",
        IMPORTS,
    )
    assert run.lines == [
        "[[pool_submit, pool.submit p, [pool, pool_id, priority, status, task_id]], "
        "[pool_dequeue, pool.dequeue p, [pool, pool_id, queued_for_ms, slot_index, task_id]]]",
        "true",
    ]


def test_looking_pools_up(tmp_path: Path) -> None:
    run = run_script(
        tmp_path,
        """
  let a = pool_create({name: "a"})
  let b = pool_create()
  println([pool_get("a").id == a.id, pool_get(b.id).name == b.name, pool_get("zzz"), len(pool_list())])
  println(contains(unwrap_err(try { pool_create({name: "a"}) }), "pool 'a' already exists (id=${a.id}); use pool_get"))
  pool_simulate_restart()
  println([pool_get("a"), len(pool_list())])
  println(contains(unwrap_err(try { a.size() }), "pool: unknown pool '${a.id}'"))
""",
        IMPORTS,
    )
    assert run.lines == ["[true, true, nil, 2]", "true", "[nil, 0]", "true"]
