"""Limits of a run: reaching one ends it without running the guest's handlers (docs/architecture.md, section 4)."""

from __future__ import annotations

import pytest
import trio

from harnlite.vm.limits import LimitReached, Limits
from tests.unit.vm.vm_support import Run

GUARDED = 'try {{ {} }} catch (e) {{ println("caught") }} finally {{ println("f") }}'

REACHED = [
    ("loop turns", Limits(fuel=100), "while true { }", "the limit of 100 loop turns and calls is reached"),
    ("calls", Limits(fuel=100), "fn f() { f()\nreturn 1 }\nf()", "the limit of 100 loop turns and calls is reached"),
    ("tail calls", Limits(fuel=100), "fn f() { return f() }\nf()", "the limit of 100 loop turns and calls is reached"),
    ("time of a busy loop", Limits(seconds=0.05), "while true { }", "the time limit of 0.05 s is reached"),
    ("time of a sleep", Limits(seconds=0.05), "sleep(100000)", "the time limit of 0.05 s is reached"),
    ("time of a host wait", Limits(seconds=0.05), "forever()", "the time limit of 0.05 s is reached"),
]


@pytest.mark.parametrize(("limits", "body", "text"), [case[1:] for case in REACHED], ids=[case[0] for case in REACHED])
def test_limit_ends_the_run(limits: Limits, body: str, text: str) -> None:
    run = Run(limits=limits)
    run.wait_for("forever() -> nil", trio.sleep_forever)
    with pytest.raises(LimitReached, match=text):
        run.sync(GUARDED.format(body.replace("\n", "; ")))
    assert run.printed == []


def test_output_limit() -> None:
    run = Run(limits=Limits(output=10))
    with pytest.raises(LimitReached, match="the output limit of 10 characters is reached"):
        run.sync('try { for i in 1 to 9 { print("abc") } } finally { print("f") }')
    assert "".join(run.output) == "abcabcabc"


def test_limits_are_per_run() -> None:
    run = Run(limits=Limits(fuel=50))
    chunk = run.compile("for i in 1 to 30 { }")
    run.vm.execute_sync(chunk)
    run.vm.execute_sync(chunk)


def test_fuel_is_the_same_every_time() -> None:
    text = 'let n = atomic(0)\nwhile true { atomic_add(n, 1)\nprint("x") }'
    outputs = []
    for _ in range(2):
        run = Run(limits=Limits(fuel=40))
        with pytest.raises(LimitReached):
            run.sync(text)
        outputs.append(run.output)
    assert outputs[0] == outputs[1]
    assert outputs[0]
