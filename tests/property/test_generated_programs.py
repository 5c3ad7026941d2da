"""Generated programs: formatted they mean the same, and every process runs them to the same bytes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from harnlite.source import Source
from harnlite.syntax.compare import same_tree
from harnlite.syntax.formatter import format_source
from harnlite.syntax.parser import parse
from tests.property.generator import generate

_TASKS = """
pipeline default() {
  let results = channel("results", 100)
  let workers = parallel 5 { worker ->
    for step in 1 to 3 {
      yield_now()
      send(results, worker * 10 + step)
      println("worker ${worker} step ${step}")
    }
    worker
  }
  close_channel(results)
  println(workers)
}
"""


@pytest.mark.parametrize("batch", range(10))
def test_formatting_keeps_the_meaning(batch: int) -> None:
    """The tree of the formatted program is that of the program, and formatting again changes nothing."""
    for seed in range(batch * 20, batch * 20 + 20):
        text = generate(seed)
        formatted = format_source(Source("generated", text))
        assert same_tree(parse(Source("a", text)), parse(Source("b", formatted))), f"seed {seed}"
        assert format_source(Source("generated", formatted)) == formatted, f"seed {seed}"


def _run_in_process(text: str, hash_seed: str) -> bytes:
    done = subprocess.run(
        [sys.executable, "-m", "harnlite", "run", "--no-cache", "--event-log", "memory", "-"],
        input=text.encode(),
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        timeout=60,
        check=False,
    )
    return done.stdout + b"\0" + done.stderr + b"\0" + str(done.returncode).encode()


def test_two_processes_give_the_same_bytes() -> None:
    """Neither hash seeds nor addresses show in output or errors."""
    for seed in (3, 17, 29, 41, 58):
        text = generate(seed)
        assert _run_in_process(text, "1") == _run_in_process(text, "2"), f"seed {seed}"


def test_task_order_does_not_depend_on_timing() -> None:
    """Tasks take turns in the order in which they became ready, every time."""
    first = _run_in_process(_TASKS, "1")
    assert b"worker 0 step 1\nworker 1 step 1\nworker 2 step 1" in first
    assert all(_run_in_process(_TASKS, str(seed)) == first for seed in (2, 3))
