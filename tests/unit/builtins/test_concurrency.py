"""Tasks, channels, locks, shared state, clocks: what a script sees (docs/reference/more.md 1-3, 7; runtime.md 8, 9)."""

from __future__ import annotations

from pathlib import Path

from tests.unit.vm.vm_support import Run, cases


@cases("concurrency", Path(__file__).parent)
def test_program(tier: str, program: str, expected: list[str]) -> None:
    assert Run(tier).lines(program) == expected
