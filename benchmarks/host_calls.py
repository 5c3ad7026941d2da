"""Calls across the border: from a script to the embedder's functions, and tasks against a trio nursery by hand."""

from __future__ import annotations

import time
import tracemalloc
from typing import Any

_CALLS = 200_000
_TASKS = 2_000


def measure() -> dict[str, Any]:
    """Give nanoseconds per call and microseconds per task, each beside its Python counterpart."""
    import trio

    import harnlite

    async def nothing() -> None:
        return None

    def nothing_at_once() -> None:
        return None

    loop = "for i in 1 to {count} {{ {call} }}"
    builtins = {"waits() -> nil": nothing, "plain() -> nil": nothing_at_once}

    def timed(text: str) -> float:
        program = harnlite.compile(text, builtins=builtins)
        best = float("inf")
        for _ in range(3):
            vm = harnlite.Vm(builtins=builtins)
            started = time.perf_counter()
            vm.execute_sync(program)
            best = min(best, time.perf_counter() - started)
        return best

    empty = timed(loop.format(count=_CALLS, call=""))
    asynchronous = (timed(loop.format(count=_CALLS, call="waits()")) - empty) / _CALLS
    synchronous = (timed(loop.format(count=_CALLS, call="plain()")) - empty) / _CALLS
    started = time.perf_counter()
    for _ in range(_CALLS):
        nothing_at_once()
    python_call = (time.perf_counter() - started) / _CALLS
    spawn = timed(f"pipeline default() {{ for i in 1 to {_TASKS} {{ let h = spawn {{ i }}\nawait(h) }} }}") / _TASKS

    async def by_hand() -> float:
        begun = time.perf_counter()
        for _ in range(_TASKS):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(nothing)
        return (time.perf_counter() - begun) / _TASKS

    nursery = min(trio.run(by_hand) for _ in range(3))
    return {
        "async_call_ns": asynchronous * 1e9,
        "sync_call_ns": synchronous * 1e9,
        "python_call_ns": python_call * 1e9,
        "async_ratio": asynchronous / python_call,
        "sync_ratio": synchronous / python_call,
        "spawn_us": spawn * 1e6,
        "nursery_us": nursery * 1e6,
        "spawn_ratio": spawn / nursery,
        "task_bytes": _memory_per_task(),
    }


def _memory_per_task() -> float:
    import harnlite

    text = """
pipeline default() {
  let gate = channel("gate")
  var tasks = []
  for i in 1 to COUNT { tasks = tasks.push(spawn { receive(gate) }) }
  yield_now()
  note()
  close_channel(gate)
}
"""
    sizes = []
    for count in (10, 1010):
        seen: list[int] = []

        def note(seen: list[int] = seen) -> None:
            seen.append(tracemalloc.get_traced_memory()[0])

        builtins = {"note() -> nil": note}
        program = harnlite.compile(text.replace("COUNT", str(count)), builtins=builtins)
        tracemalloc.start()
        harnlite.Vm(builtins=builtins).execute_sync(program)
        tracemalloc.stop()
        sizes.append(seen[0])
    return (sizes[1] - sizes[0]) / 1000
