"""Tasks, channels, locks and deadlines thrown together at random, on a simulated clock.

Whatever such a program does, it does the same in both tiers and inside trio, breaks nothing of the runtime, and leaves
neither a task nor a held lock behind.
"""

from __future__ import annotations

import random

import pytest
import trio

from harnlite.testing import SimulatedHost
from harnlite.values.display import display
from harnlite.values.errors import GuestError
from harnlite.vm.errors import top_level_text
from tests.unit.vm.vm_support import Run

PROGRAMS = 40
#: Statements of a program, at most.
SIZE = 50

BEGIN = """
let n = atomic(0)
let c1 = channel("c1", 1)
let c2 = channel("c2", 2)
let c3 = channel("c3")
"""


class Program:
    """Makes one program of a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._left = SIZE
        self._number = 0
        self.text = f"{BEGIN}fn body() {{\n{self._block(0, [])}\n{self._block(0, [])}\n}}\nbody()\n"

    def _block(self, depth: int, tasks: list[str]) -> str:
        known, lines = list(tasks), ["yield_now()"]
        for _ in range(self._random.randint(1, 4)):
            if self._left > 0:
                self._left -= 1
                lines.append(self._statement(depth, known))
        return "\n".join(lines)

    def _statement(self, depth: int, tasks: list[str]) -> str:
        """Give a statement; the handle of a task that it spawns joins the list."""
        self._number += 1
        number, pick = self._number, self._random.choice
        channel, soon = pick(["c1", "c2", "c3"]), pick([0, 1, 2, 3, 5, 8, 20])

        def inner() -> str:
            return self._block(depth + 1, tasks)

        def apart() -> str:
            return self._block(depth + 1, [])

        def shown(code: str) -> str:
            return f"println([{number}, try {{ {code} }}])"

        def in_time(code: str) -> str:
            return shown(f"deadline {soon + 1}ms {{ {code} }}")

        simple = [
            lambda: f"sleep({soon})",
            lambda: in_time(f"send({channel}, {number})"),
            lambda: in_time(f"receive({channel})"),
            lambda: shown(f"try_receive({channel})"),
            lambda: shown("atomic_add(n, 1)"),
            lambda: f'if atomic_get(n) % 3 == 1 {{ throw "error {number}" }}',
            lambda: f"close_channel({channel})" if pick([True, False, False, False]) else "yield_now()",
            lambda: shown(f"cancel({pick(tasks)})") if tasks else "yield_now()",
            lambda: in_time(f"await({pick(tasks)})") if tasks else "yield_now()",
            lambda: shown(f"cancel_graceful({pick(tasks)}, {pick([1, 10, 300])})") if tasks else "yield_now()",
        ]

        def spawn() -> str:
            text = f"let t{number} = spawn {{ {apart()}\n {number} }}"
            tasks.append(f"t{number}")
            return text

        nested = [
            spawn,
            spawn,
            lambda: in_time(inner()),
            lambda: shown(f"parallel {pick([0, 1, 3])} {{ x -> {apart()}\n x }}"),
            lambda: shown(
                f"parallel each [1, 2, 3] with {{ max_concurrent: {pick([1, 2])} }} {{ x -> {apart()}\n x }}"
            ),
            lambda: shown(f"parallel settle [1, 2] {{ x -> {apart()}\n x }}"),
            lambda: shown(f"parallel_race([1, 2], {{ x -> {apart()}\n x }})"),
            lambda: shown(
                f"for v in parallel each [1, 2, 3] {{ x -> {apart()}\n x }} as stream {{ println(v)\n"
                f" if v == {pick([2, 9])} {{ break }} }}"
            ),
            lambda: shown(f"deadline 40ms {{ if true {{ mutex {{ {inner()} }} }} }}"),
            lambda: (
                f'let p{number} = sync_semaphore_acquire("s", 2, {pick([1, 2])}, {soon})\n{inner()}\n'
                f"if p{number} != nil {{ println(sync_release(p{number})) }}"
            ),
            lambda: f'if sync_rwlock_acquire("r", "{pick(["read", "write"])}", {soon}) != nil {{ {inner()} }}',
            lambda: (
                f"select {{ v from {channel} {{ println([{number}, v]) }}\n w from c3 {{ {inner()} }}\n"
                f" {pick([f'timeout {soon}ms', 'default'])} {{ println({number}) }} }}"
            ),
            lambda: f"try {{ {inner()} }} catch (e) {{ println([{number}, e]) }} finally {{ println({number}) }}",
            lambda: shown(f"if true {{ defer {{ println({number}) }}\n {inner()} }}"),
        ]
        return pick(simple + nested if depth < 4 else simple)()


def outcome(text: str, tier: str, *, inside_trio: bool) -> str:
    """Run a program and give all that can be seen of it."""
    run, host = Run(tier), SimulatedHost()
    run.vm.host = host
    run.vm.reset()
    chunk = run.compile(text)
    try:
        value = trio.run(run.vm.execute, chunk) if inside_trio else run.vm.execute_sync(chunk)
        end = display(value)
    except GuestError as error:
        end = top_level_text(error)
    assert not run.vm.scheduler.live
    assert [lock.key for lock in run.vm.locks.locks.values() if lock.held] == []
    return host.output + end


@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_tasks_behave_the_same_everywhere(seed: int) -> None:
    text = Program(seed).text
    plain = outcome(text, "interpreter", inside_trio=False)
    assert outcome(text, "fast", inside_trio=False) == plain
    assert outcome(text, "fast", inside_trio=True) == plain
