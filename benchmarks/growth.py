"""Growth: the exponent with which the time of building things grows, from sizes n, 4n, 16n, 64n."""

from __future__ import annotations

import math
from collections.abc import Callable

from benchmarks.processes import measure

#: Scripts with SIZE to be filled in.
GROWTH_PROGRAMS = {
    "list by concatenation": "pipeline default() {\n  var xs = []\n  for i in 1 to SIZE { xs = xs + [i] }\n}\n",
    "list by push": "pipeline default() {\n  var xs = []\n  for i in 1 to SIZE { xs = xs.push(i) }\n}\n",
    "string by concatenation": 'pipeline default() {\n  var s = ""\n  for i in 1 to SIZE { s = s + "ab" }\n}\n',
    "list item update": (
        "pipeline default() {\n  var xs = (1 to SIZE).to_list()\n  for i in 0 to SIZE - 1 { xs[i] = i + 7 }\n}\n"
    ),
    "dict insertion": 'pipeline default() {\n  var d = {}\n  for i in 1 to SIZE { d["k${i}"] = i }\n}\n',
}
#: What scripts do not do by themselves: measured by ``services.py``.
GROWTH_SERVICES = ("queue drain", "snapshot with backlog")
SIZES = (1_000, 4_000, 16_000, 64_000)


def run_growth(say: Callable[[str], object], tier: str = "fast") -> dict[str, float]:
    """Give the growth exponent of every program: the slope of log time over log size."""
    found = {}
    for name in (*GROWTH_PROGRAMS, *GROWTH_SERVICES):
        seconds = [measure("growth", name, str(size), tier)["seconds"] for size in SIZES]
        found[name] = _slope([math.log(size) for size in SIZES], [math.log(value) for value in seconds])
        say(f"  {name:<26} " + "  ".join(f"{value * 1000:8.2f} ms" for value in seconds) + f"  ^{found[name]:.2f}")
    return found


def _slope(xs: list[float], ys: list[float]) -> float:
    middle_x, middle_y = sum(xs) / len(xs), sum(ys) / len(ys)
    over = sum((x - middle_x) * (y - middle_y) for x, y in zip(xs, ys, strict=True))
    return over / sum((x - middle_x) ** 2 for x in xs)
