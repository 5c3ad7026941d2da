"""``harnlite bench FILE``."""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import time
from typing import TYPE_CHECKING

from harnlite.cli.common import read_source, show, write_json

if TYPE_CHECKING:
    from harnlite.source import Source

SUMMARY = "time a script on both tiers"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    from harnlite.cli.parser import whole_number

    parser.add_argument("file", help="the script; it runs many times, with an event log in memory")
    parser.add_argument("--rounds", type=whole_number, default=5, metavar="N", help="how often each tier runs it (5)")
    parser.add_argument("--tiers", nargs="+", choices=("fast", "interpreter"), default=["fast", "interpreter"])
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Time the script, rounds of the tiers interleaved; its output is thrown away."""
    source = read_source(arguments.file)
    seconds: dict[str, list[float]] = {tier: [] for tier in arguments.tiers}
    for _ in range(arguments.rounds + 1):
        for tier in arguments.tiers:
            took = _once(source, arguments.file, tier)
            if took is None:
                return 1
            seconds[tier].append(took)
    # The first round warms up: it imports what the script uses and translates it.
    best = {tier: times[1:] for tier, times in seconds.items()}
    if arguments.json:
        write_json(
            {
                tier: {"min_ms": min(times) * 1000, "median_ms": statistics.median(times) * 1000, "rounds": len(times)}
                for tier, times in best.items()
            }
        )
        return 0
    fastest = min(min(times) for times in best.values()) or 1e-9
    sys.stdout.write(f"{'tier':<12} {'min ms':>10} {'median ms':>10} {'ratio':>7}\n")
    for tier, times in best.items():
        low, middle = min(times) * 1000, statistics.median(times) * 1000
        sys.stdout.write(f"{tier:<12} {low:>10.2f} {middle:>10.2f} {min(times) / fastest:>7.2f}\n")
    return 0


def _once(source: Source, path: str, tier: str) -> float | None:
    from harnlite.engine import RunOptions, run_source
    from harnlite.host import Host

    started: list[float] = []
    options = RunOptions(tier=tier, event_log="memory", use_cache=False)
    host = Host(write_out=lambda _text: None, write_err=lambda _text: None)
    gc.collect()
    outcome = run_source(source, path, options, host=host, prepare=lambda _vm: started.append(time.perf_counter()))
    ended = time.perf_counter()
    errors = [one for one in outcome.diagnostics if one.severity == "error"]
    if errors:
        show(errors)
        return None
    return ended - started[0]
