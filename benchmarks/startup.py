"""Start-up: wall time of whole processes as ratios to bare Python."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.front_end import sample_source
from benchmarks.processes import wall_seconds


def run_startup(rounds: int, say: Callable[[str], object]) -> dict[str, float]:
    """Give the ratios: cached, waiting, uncached and bare commands, interleaved, best of the rounds."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        hello, waiting, larger = home / "hello.harn", home / "waiting.harn", home / "larger.harn"
        hello.write_text('println("hello")\n', encoding="utf-8")
        waiting.write_text('sleep(1ms)\nprintln("hello")\n', encoding="utf-8")
        larger.write_text(sample_source(2) + 'println("hello")\n', encoding="utf-8")
        python, module = sys.executable, [sys.executable, "-m", "harnlite", "run"]
        commands: dict[str, tuple[Sequence[str], dict[str, str]]] = {
            "python -c pass": ([python, "-c", "pass"], {}),
            "python -c 'import trio'": ([python, "-c", "import trio"], {}),
            "cached": ([*module, str(hello)], {"HARN_CACHE_DIR": str(home / "cache")}),
            "one sleep": ([*module, str(waiting)], {"HARN_CACHE_DIR": str(home / "cache")}),
            "uncached 2 KB": ([*module, "--no-cache", str(larger)], {"HARN_CACHE_DIR": str(home / "none")}),
        }
        best = dict.fromkeys(commands, float("inf"))
        for name, (command, extra) in commands.items():
            wall_seconds(command, extra={**extra, "HARN_STATE_DIR": str(home / "state")})
            best[name] = float("inf")
        for _ in range(rounds):
            for name, (command, extra) in commands.items():
                took = wall_seconds(command, extra={**extra, "HARN_STATE_DIR": str(home / "state")})
                best[name] = min(best[name], took)
    for name, took in best.items():
        say(f"  {name:<24} {took * 1000:7.1f} ms")
    bare, trio = best["python -c pass"], best["python -c 'import trio'"]
    return {
        "bare_ms": bare * 1000,
        "cached": best["cached"] / bare,
        "one_sleep": best["one sleep"] / trio,
        "uncached_2kb": best["uncached 2 KB"] / bare,
    }
