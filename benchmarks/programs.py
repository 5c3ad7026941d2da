"""Whole programs: both tiers against the same program by hand in Python, interleaved, every run a fresh process."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.processes import ROOT, measure, peer_seconds

PROGRAMS = ROOT / "benchmarks" / "programs"

#: The reference runtime's own figures (benchmarks/programs/README.md): its in-process time / Python's.
REFERENCE_RATIOS = {
    "closures": 19.1, "dict_histogram": 9.7, "enum_interp": 9.3, "fib": 31.7, "list_push": 141.7, "list_update": 11.0,
    "mandelbrot": 24.9, "matmul": 38.3, "nbody": 20.7, "nested_loops": 19.2, "sieve": 49.2, "sort_key": 3.7,
    "string_build": 32.7, "struct_update": 40.5, "try_catch": 12.9, "word_count": 15.2,
}  # fmt: skip


class Row(NamedTuple):
    """One program: seconds by engine, one per round."""

    name: str
    seconds: dict[str, list[float]]

    def ratio(self, engine: str) -> float:
        """Give the engine's best time over Python's best."""
        return min(self.seconds[engine]) / min(self.seconds["python"])


def names(only: Iterable[str] = ()) -> list[str]:
    """Give the programs that have a twin in Python."""
    every = sorted(p.stem for p in PROGRAMS.glob("*.harn") if p.with_suffix(".py").exists())
    wanted = set(only)
    return [name for name in every if not wanted or name in wanted]


def run_programs(
    chosen: list[str],
    rounds: int,
    tiers: Iterable[str],
    peers: dict[str, str],
    say: Callable[[str], object],
    checkout: Path = ROOT,
) -> list[Row]:
    """Time programs.

    :param rounds: how often each engine runs each program.
    :param peers: name to command of external runtimes of ``.harn`` files; their time is that of the whole process.
    :raises RuntimeError: an engine prints something else than Python does.
    """
    rows = []
    for name in chosen:
        seconds: dict[str, list[float]] = {}
        for _ in range(rounds):
            expected = _add(seconds, "python", measure("python", str(PROGRAMS / f"{name}.py"), checkout=checkout))
            for tier in tiers:
                path = str(PROGRAMS / f"{name}.harn")
                got = _add(seconds, tier, measure("harn", path, tier, checkout=checkout))
                if got != expected:
                    raise RuntimeError(f"{name} on {tier}: printed {got!r}, Python {expected!r}")
            for peer, command in peers.items():
                took, output = peer_seconds(command, PROGRAMS / f"{name}.harn")
                seconds.setdefault(peer, []).append(took)
                if output != expected:
                    raise RuntimeError(f"{name} on {peer}: printed {output!r}, Python {expected!r}")
        row = Row(name, seconds)
        ratios = "  ".join(f"{engine} {row.ratio(engine):7.2f}" for engine in seconds if engine != "python")
        say(f"  {name:<18} python {min(seconds['python']) * 1000:8.1f} ms  {ratios}")
        rows.append(row)
    return rows


def _add(seconds: dict[str, list[float]], engine: str, measured: dict[str, Any]) -> str:
    seconds.setdefault(engine, []).append(measured["seconds"])
    return str(measured["output"])


def geometric_mean(values: Iterable[float]) -> float:
    """Give the geometric mean."""
    return statistics.geometric_mean(values)
