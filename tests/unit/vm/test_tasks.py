"""Tasks, channels, locks and generators inside one VM, without trio (docs/reference/runtime.md 9)."""

from __future__ import annotations

import sys

import pytest

from harnlite.values.errors import GuestError
from tests.unit.vm.vm_support import Run, cases


@cases("tasks")
def test_program(tier: str, program: str, expected: list[str]) -> None:
    assert Run(tier).lines(program) == expected


def test_nothing_here_needs_trio() -> None:
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); from vm_support import Run;"
        "r = Run(); r.sync('let h = spawn { sleep(2) }\\nawait(h)'); assert 'trio' not in sys.modules"
    )
    import subprocess
    from pathlib import Path

    subprocess.run([sys.executable, "-c", script, str(Path(__file__).parent)], check=True)


DEADLOCKS = [
    ("receive", 'receive(channel("q"))', "a value on a channel"),
    ("await", 'let q = channel("q")\nawait(spawn { receive(q) })', "a task"),
    ("own mutex", "mutex { mutex { } }", "the mutex __default__"),
]


@pytest.mark.parametrize(("text", "waits"), [case[1:] for case in DEADLOCKS], ids=[case[0] for case in DEADLOCKS])
def test_deadlock_is_an_error(text: str, waits: str) -> None:
    with pytest.raises(GuestError, match=f"deadlock: every task waits, the main one for {waits}"):
        Run().sync(text)


@cases("generators")
def test_generator(tier: str, program: str, expected: list[str]) -> None:
    assert Run(tier).lines(program) == expected
