"""Two checkouts against each other, interleaved: new / old with the noise band of the run itself."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from pathlib import Path

from benchmarks.processes import measure
from benchmarks.programs import PROGRAMS


def compare(
    old: Path, new: Path, chosen: list[str], rounds: int, tier: str, say: Callable[[str], object]
) -> dict[str, float]:
    """Time every program on both checkouts in turn; give new / old by program.

    The noise band is the spread of the old checkout against itself: half of its rounds over the other half.
    """
    found = {}
    for name in chosen:
        path = str(PROGRAMS / f"{name}.harn")
        times: dict[str, list[float]] = {"old": [], "new": []}
        for _ in range(rounds):
            times["old"].append(measure("harn", path, tier, checkout=old)["seconds"])
            times["new"].append(measure("harn", path, tier, checkout=new)["seconds"])
        ratio = min(times["new"]) / min(times["old"])
        noise = abs(min(times["old"][::2]) / min(times["old"][1::2] or times["old"]) - 1)
        say(f"  {name:<18} new/old {ratio:5.2f}   noise ±{noise * 100:.0f} %")
        found[name] = ratio
    if found:
        say(f"  geometric mean    {statistics.geometric_mean(found.values()):5.2f}")
    return found
