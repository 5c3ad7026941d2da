"""What runs inside a fresh process: one measurement, printed as one line of JSON.

``python -m benchmarks.worker KIND ARGUMENT...``; kinds are the functions of :data:`KINDS`.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def run_python(path: str) -> dict[str, Any]:
    """Time a hand-written program from its first statement to its last."""
    code = compile(Path(path).read_text(encoding="utf-8"), path, "exec")
    output = io.StringIO()
    gc.collect()
    with contextlib.redirect_stdout(output):
        started = time.perf_counter()
        exec(code, {"__name__": "__main__"})
        seconds = time.perf_counter() - started
    return {"seconds": seconds, "output": output.getvalue()}


def run_harn(path: str, tier: str) -> dict[str, Any]:
    """Time a script's run, without reading, parsing, compiling and translating it."""
    from harnlite.engine import RunOptions, build_vm, compile_source
    from harnlite.host import Host
    from harnlite.source import Source

    pieces: list[str] = []
    options = RunOptions(tier=tier, event_log="memory", use_cache=False)
    sys.setrecursionlimit(6000)
    started = time.perf_counter()
    compiled = compile_source(Source(path, Path(path).read_text(encoding="utf-8")), path, options=options)
    compiled_at = time.perf_counter()
    vm = build_vm(compiled.loader, options, host=Host(write_out=pieces.append))
    load, loaded_at = vm.load, [0.0]

    def timed_load(chunk: Any) -> Any:
        instance = load(chunk)
        loaded_at[0] = time.perf_counter()
        return instance

    # Translating the chunk is part of the front end, not of the run.
    vm.load = timed_load  # type: ignore[method-assign]  # on this one object
    gc.collect()
    vm.execute_sync(compiled.chunk)
    seconds = time.perf_counter() - loaded_at[0]
    return {"seconds": seconds, "output": "".join(pieces), "compile_seconds": compiled_at - started}


def run_growth(name: str, size: str, tier: str) -> dict[str, Any]:
    """Time one of the growth programs with its size filled in, or a service with so many records."""
    from benchmarks.growth import GROWTH_PROGRAMS, GROWTH_SERVICES

    if name in GROWTH_SERVICES:
        from benchmarks import services

        if name == "queue drain":
            return {"seconds": services.queue_drain(int(size))}
        return {"seconds": max(services.snapshot_with_backlog(int(size))[0], 1) / 1000}
    from harnlite.engine import RunOptions, build_vm, compile_source
    from harnlite.host import Host
    from harnlite.source import Source

    text = GROWTH_PROGRAMS[name].replace("SIZE", size)
    options = RunOptions(tier=tier, event_log="memory", use_cache=False)
    compiled = compile_source(Source(name, text), None, options=options)
    best = float("inf")
    for _ in range(3):
        vm = build_vm(compiled.loader, options, host=Host(write_out=lambda _text: None))
        gc.collect()
        begun = time.perf_counter()
        vm.execute_sync(compiled.chunk)
        best = min(best, time.perf_counter() - begun)
    return {"seconds": best}


def run_front_end(kilobytes: str) -> dict[str, Any]:
    """Time source to runnable chunk for a text of about so many kilobytes."""
    from benchmarks.front_end import sample_source
    from harnlite.engine import RunOptions, compile_source
    from harnlite.source import Source

    text = sample_source(float(kilobytes))
    options = RunOptions(use_cache=False)
    compile_source(Source("warm", "println(1)"), None, options=options)
    gc.collect()
    started = time.perf_counter()
    compile_source(Source("sample", text), None, options=options)
    return {"seconds": time.perf_counter() - started, "kilobytes": len(text) / 1024}


def run_host_calls() -> dict[str, Any]:
    """Time calls from a script to embedder functions."""
    from benchmarks.host_calls import measure

    return measure()


def run_services(name: str) -> dict[str, Any]:
    """Time one of the runtime's services."""
    from benchmarks.services import SERVICES

    return SERVICES[name]()


def run_peer(name: str, program: str) -> dict[str, Any]:
    """Time a program in another engine."""
    from benchmarks.peers import run_one

    return run_one(name, program)


KINDS: dict[str, Callable[..., dict[str, Any]]] = {
    "python": run_python,
    "harn": run_harn,
    "growth": run_growth,
    "front_end": run_front_end,
    "host_calls": run_host_calls,
    "services": run_services,
    "peer": run_peer,
}


def main() -> None:
    """Run one measurement and print it."""
    kind, *arguments = sys.argv[1:]
    print(json.dumps(KINDS[kind](*arguments)))


if __name__ == "__main__":
    main()
