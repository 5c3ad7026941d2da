"""``python -m benchmarks``: run the suite, print the tables, write the results."""

from __future__ import annotations

import argparse
import datetime
import sys
from pathlib import Path
from typing import Any

from benchmarks import chart, growth, programs, report, startup
from benchmarks.compare import compare
from benchmarks.front_end import run_front_end
from benchmarks.peers import run_peers
from benchmarks.processes import ROOT, measure

RESULTS = ROOT / "benchmarks" / "results"
PARTS = ("programs", "growth", "startup", "front_end", "host_calls", "services", "peers")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"only these ({', '.join(PARTS)}, compare); none: all but the last two"
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often everything runs (3)")
    parser.add_argument("--only", nargs="*", default=[], metavar="PROGRAM", help="only these programs")
    parser.add_argument("--tiers", nargs="*", default=["fast", "interpreter"], help="fast interpreter")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=COMMAND", help="with {file} in it")
    parser.add_argument("--old", type=Path, help="compare: the old checkout")
    parser.add_argument("--new", type=Path, default=ROOT, help="compare: the new checkout (this one)")
    parser.add_argument("--write", action="store_true", help="write results and chart below benchmarks/results")
    return parser.parse_args()


def main() -> int:
    """Run what was asked for."""
    arguments = _arguments()
    say = _say
    if "compare" in arguments.parts:
        if arguments.old is None:
            sys.stderr.write("compare needs --old CHECKOUT\n")
            return 2
        chosen = programs.names(arguments.only)
        compare(arguments.old, arguments.new, chosen, arguments.rounds, arguments.tiers[0], say)
        return 0
    wanted = arguments.parts or PARTS[:-1]
    unknown = [part for part in wanted if part not in PARTS]
    if unknown:
        sys.stderr.write(f"unknown part {unknown[0]}; there are {', '.join(PARTS)}, compare\n")
        return 2
    results: dict[str, Any] = {"machine": report.machine_facts(), "rounds": arguments.rounds}
    if "programs" in wanted:
        _programs(results, arguments)
    if "growth" in wanted:
        say("growth (time for 1k, 4k, 16k, 64k; exponent)")
        results["growth"] = growth.run_growth(say)
        results["growth_worst"] = max(results["growth"].values())
    if "startup" in wanted or "front_end" in wanted:
        say("start-up (wall time of whole processes)")
        found = startup.run_startup(max(arguments.rounds, 5), say)
        results["startup"] = found
        results["startup_cached"] = found["cached"]
        results["startup_one_sleep"] = found["one_sleep"]
        results["startup_uncached"] = found["uncached_2kb"]
    if "front_end" in wanted:
        say("front end (source to runnable)")
        results["front_end"] = run_front_end(say)
        results["front_end_per_kb"] = max(results["front_end"].values()) / results["startup"]["bare_ms"]
    if "host_calls" in wanted:
        say("host calls and tasks")
        calls = measure("host_calls")
        for name, value in calls.items():
            say(f"  {name:<18} {value:10.1f}")
        results["host_calls"] = calls
        results["async_call"] = calls["async_ratio"]
        results["spawn"] = calls["spawn_ratio"]
    if "services" in wanted:
        _services(results)
    if "peers" in wanted:
        say("other engines (ratio to hand-written Python)")
        results["peers"] = run_peers(say)
    say("")
    say(report.target_table(results))
    if arguments.write:
        stamp = datetime.datetime.now(tz=datetime.UTC).strftime("%Y-%m-%d")
        report.write_results(RESULTS / f"{stamp}.json", results)
        if "programs" in results:
            chart.draw(results, RESULTS / "chart.svg")
    return 0


def _programs(results: dict[str, Any], arguments: argparse.Namespace) -> None:
    peers = dict(peer.split("=", 1) for peer in arguments.peer)
    _say(f"programs (best of {arguments.rounds} rounds, fresh processes, ratio to hand-written Python)")
    chosen = programs.names(arguments.only)
    rows = programs.run_programs(chosen, arguments.rounds, arguments.tiers, peers, _say)
    table = {row.name: {engine: row.ratio(engine) for engine in row.seconds if engine != "python"} for row in rows}
    for name, ratios in table.items():
        if name in programs.REFERENCE_RATIOS:
            ratios["reference"] = programs.REFERENCE_RATIOS[name]
    results["programs"] = table
    sixteen = {name: ratios for name, ratios in table.items() if name in programs.REFERENCE_RATIOS}
    if not sixteen:
        return
    mean = programs.geometric_mean
    if "fast" in arguments.tiers:
        fast = [ratios["fast"] for ratios in sixteen.values()]
        speed = [ratios["reference"] / ratios["fast"] for ratios in sixteen.values()]
        results["fast_mean"], results["fast_worst"] = mean(fast), max(fast)
        results["against_reference"], results["against_reference_worst"] = mean(speed), min(speed)
    if "interpreter" in arguments.tiers:
        results["interpreter_mean"] = mean(ratios["interpreter"] for ratios in sixteen.values())


def _services(results: dict[str, Any]) -> None:
    _say("services")
    results["services"] = {name: measure("services", name) for name in ("audit_appends", "snapshot", "deadline")}
    for name, value in results["services"]["audit_appends"].items():
        _say(f"  audit appends, {name:<16} {value:10.0f} per second")
    for count, value in results["services"]["snapshot"].items():
        _say(f"  snapshot, {count:>7} records   first {value['first_ms']} ms, later {value['later_ms']:.2f} ms")
    results["deadline_overrun_ms"] = results["services"]["deadline"]["overrun_ms"]


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
