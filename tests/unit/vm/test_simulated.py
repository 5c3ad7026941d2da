"""Time in a simulated host: nobody sleeps, and everything happens in the order of its time."""

from __future__ import annotations

import pytest
import trio

from harnlite.testing import SimulatedHost
from tests.unit.vm.vm_support import TIERS, Run

TEXT = """
let h = spawn { sleep(86400000)
  "a day" }
for v in parallel each [3000, 1000, 2000] { x ->
  sleep(x)
  [x, elapsed()]
} as stream { println(v) }
println(await(spawn { try { deadline 5s { sleep(60000) } } catch (e) { e } }))
println(elapsed())
println([await(h), elapsed()])
println(sync_metrics("mutex", "k"))
"""
LINES = ["[1000, 1000]", "[2000, 2000]", "[3000, 3000]", "Deadline exceeded", "8000", "[a day, 86400000]", "nil"]


@pytest.mark.parametrize("tier", TIERS)
def test_sleeping_moves_the_simulated_clock(tier: str) -> None:
    run = Run(tier)
    run.vm.host = host = SimulatedHost()
    run.vm.reset()
    run.sync(TEXT)
    assert host.output.splitlines() == LINES


def test_sleeping_moves_the_simulated_clock_inside_trio() -> None:
    run = Run()
    run.vm.host = host = SimulatedHost()
    run.vm.reset()
    trio.run(run.vm.execute, run.compile(TEXT))
    assert host.output.splitlines() == LINES
