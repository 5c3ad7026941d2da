"""The runtime's services: audit appends, the snapshot with a backlog, deadlines."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_APPENDS = 2_000


def _script(text: str, event_log: str, write_out: Callable[[str], object] = lambda _text: None) -> float:
    """Give the seconds that a script runs."""
    from harnlite.engine import RunOptions, build_vm, compile_source
    from harnlite.host import Host
    from harnlite.source import Source

    options = RunOptions(event_log=event_log, use_cache=False)
    compiled = compile_source(Source("service", text), None, options=options)
    vm = build_vm(compiled.loader, options, host=Host(write_out=write_out))
    started = time.perf_counter()
    vm.execute_sync(compiled.chunk)
    return time.perf_counter() - started


def audit_appends() -> dict[str, Any]:
    """Give audit appends per second: memory, SQLite with normal and with full durability."""
    from harnlite.runtime.event_log.port import LogEvent
    from harnlite.runtime.event_log.sqlite import SqliteEventLog

    text = f'pipeline default() {{ for i in 1 to {_APPENDS} {{ harness.emit_audit("note", {{i: i}}) }} }}'
    empty = _script("pipeline default() { 1 }", "memory")
    found = {"memory": _APPENDS / (_script(text, "memory") - empty)}
    with tempfile.TemporaryDirectory() as folder:
        found["sqlite normal"] = _APPENDS / _script(text, f"sqlite:{folder}/normal.sqlite")
        log = SqliteEventLog(str(Path(folder) / "full.sqlite"), durability="full")
        started = time.perf_counter()
        for number in range(200):
            log.append("audit", LogEvent.now("note", {"i": number}))
        found["sqlite full"] = 200 / (time.perf_counter() - started)
        log.close()
    return found


def snapshot_with_backlog(count: int) -> tuple[int, float]:
    """Give milliseconds per snapshot with so many settled inbox records: the first, and later ones on average."""
    text = f"""
pipeline default() {{
  for i in 1 to {count} {{
    let event = {{trigger: {{id: "e${{i}}"}}, event: {{id: "e${{i}}"}}}}
    event_log.emit("trigger.inbox.envelopes", "event_ingested", event, {{}})
    event_log.emit("trigger.outbox", "dispatch_succeeded", {{event_id: "e${{i}}"}}, {{event_id: "e${{i}}"}})
  }}
  let first = monotonic_ms()
  harness.unsettled_state()
  let second = monotonic_ms()
  for i in 1 to 100 {{ harness.unsettled_state() }}
  println("${{second - first}} ${{monotonic_ms() - second}}")
}}
"""
    printed: list[str] = []
    _script(text, "memory", printed.append)
    first, later = "".join(printed).split()
    return int(first), int(later) / 100


def snapshot() -> dict[str, Any]:
    """Give the snapshot's cost with 10, 1,000 and 100,000 settled records."""
    found: dict[str, Any] = {}
    for count in (10, 1_000, 100_000):
        first, later = snapshot_with_backlog(count)
        found[str(count)] = {"first_ms": first, "later_ms": later}
    return found


def queue_drain(count: int) -> float:
    """Give the seconds for claiming and acknowledging every job of a worker queue."""
    from itertools import count as numbers

    from harnlite.runtime.event_log.memory import MemoryEventLog
    from harnlite.runtime.worker_queue import WorkerQueues

    names = numbers()
    queues = WorkerQueues(MemoryEventLog(), lambda operation: operation(), lambda: 0, lambda: f"claim-{next(names)}")
    for number in range(count):
        event = {"id": f"event-{number}"}
        queues.enqueue("q", trigger_id="trigger", binding_key="trigger@v1", binding_version=1, event=event)
    started = time.perf_counter()
    while (claimed := queues.claim_next("q", "benchmark", 60_000)) is not None:
        queues.ack_claim("q", claimed)
    return time.perf_counter() - started


def deadline() -> dict[str, Any]:
    """Give by how many milliseconds an endless loop overruns a deadline of half a second."""
    taken = _script("try { deadline 500ms { while true { } } } catch (e) { println(e) }", "memory")
    return {"overrun_ms": (taken - 0.5) * 1000}


SERVICES: dict[str, Callable[[], dict[str, Any]]] = {
    "audit_appends": audit_appends,
    "snapshot": snapshot,
    "deadline": deadline,
}
