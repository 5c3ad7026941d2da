"""The figures to reach: ratios within one run, the best of its rounds."""

from __future__ import annotations

from typing import Any, NamedTuple


class Target(NamedTuple):
    """A row of the table: what, how it is found in the results, the bound, whether more is better."""

    what: str
    key: str
    bound: float
    at_least: bool = False


TARGETS = (
    Target("fast tier / Python, geometric mean over the sixteen", "fast_mean", 2.0),
    Target("fast tier / Python, the slowest of the sixteen", "fast_worst", 5.0),
    Target("reference's in-process bench / fast tier, geometric mean", "against_reference", 8.0, at_least=True),
    Target("reference's in-process bench / fast tier, the least", "against_reference_worst", 1.0, at_least=True),
    Target("interpreter / Python, geometric mean over the sixteen", "interpreter_mean", 35.0),
    Target("growth exponent 1k to 64k, the largest", "growth_worst", 1.15),
    Target("cached script, no waiting / python -c pass", "startup_cached", 3.5),
    Target("script with one sleep(1ms) / python -c 'import trio'", "startup_one_sleep", 1.3),
    Target("uncached 2 KB script / python -c pass", "startup_uncached", 12.0),
    Target("source to runnable, per KB / python -c pass", "front_end_per_kb", 0.6),
    Target("async host call that does not block / empty Python call", "async_call", 20.0),
    Target("spawn + await of a trivial task / trio nursery by hand", "spawn", 2.5),
    Target("overrun of a 0.5 s deadline around an endless loop, ms", "deadline_overrun_ms", 50.0),
)


def judge(results: dict[str, Any]) -> list[tuple[Target, float, bool]]:
    """Give each target with its measured figure and whether it is met; targets not measured are left out."""
    found = []
    for target in TARGETS:
        value = results.get(target.key)
        if value is not None:
            met = value >= target.bound if target.at_least else value <= target.bound
            found.append((target, float(value), met))
    return found
