"""Every way out of protected code, against what must run (docs/architecture.md, the table of exits)."""

from __future__ import annotations

import pytest

from harnlite.values.errors import ExitRequest, GuestError
from tests.unit.vm.vm_support import Run, cases


@cases("exits")
def test_soft_exits_run_cleanups_once(tier: str, program: str, expected: list[str]) -> None:
    run = Run(tier)
    assert run.lines(f"fn f() {{\n{program}\n}}\nprintln(f())") == expected


HARD = 'try {{ defer {{ println("d") }}; {} }} catch (e) {{ println("caught") }} finally {{ println("f") }}'


def test_exit_runs_nothing_more() -> None:
    run = Run()
    with pytest.raises(ExitRequest) as caught:
        run.sync(HARD.format("exit(3)"))
    assert caught.value.code == 3
    assert run.printed == []


def test_cancelled_task_runs_nothing_more_and_gives_its_lock_back() -> None:
    run = Run()
    body = HARD.format("mutex { sleep(10000) }")
    text = f'let h = spawn {{ {body} }}\nyield_now()\ncancel(h)\nmutex {{ println("free") }}\nprintln(await(h))'
    assert run.lines(text) == ["free", "nil"]


def test_exit_in_a_task_ends_the_run() -> None:
    run = Run()
    with pytest.raises(ExitRequest):
        run.sync('let h = spawn { exit(2) }\nawait(h)\nprintln("never")')
    assert run.printed == []


def test_abandoned_generator_runs_nothing_more() -> None:
    run = Run()
    text = """
fn g() {
  try {
    mutex { yield 1\n yield 2 }
  } finally { println("f") }
}
for v in g() { println(v)\n break }
mutex { println("free") }
"""
    assert run.lines(text) == ["1", "free"]


def test_uncaught_error_carries_the_frames_innermost_first() -> None:
    run = Run()
    with pytest.raises(GuestError) as caught:
        run.sync("fn f(x) {\n  return 1 + x.y\n}\nfn g() {\n  let r = f(nil)\n  return r\n}\ng()")
    assert [(entry.function, entry.line) for entry in caught.value.trace] == [("f", 2), ("g", 5), ("pipeline", 8)]


def test_tail_called_frames_are_missing_from_the_trace() -> None:
    run = Run()
    with pytest.raises(GuestError) as caught:
        run.sync("fn f() {\n  throw 1\n}\nfn g() {\n  return f()\n}\ng()")
    assert [entry.function for entry in caught.value.trace] == ["f", "pipeline"]


def test_failed_update_leaves_the_variable() -> None:
    run = Run()
    text = "var xs = [1]\ntry { xs[9] = 2 } catch { }\ntry { xs = xs + 1 } catch { }\nprintln(xs)"
    assert run.lines(text) == ["[1]"]


@cases("boundaries")
def test_what_catch_receives(tier: str, program: str, expected: list[str]) -> None:
    run = Run(tier)
    assert run.lines(f"try {{ {program} }} catch (e) {{ println(e) }}") == expected


DEPTHS = [(511, "511"), (512, "Stack overflow: too many nested calls")]


@pytest.mark.parametrize(("calls", "expected"), DEPTHS)
def test_depth_limit(calls: int, expected: str) -> None:
    run = Run()
    text = (
        f"fn f(n) {{ if n == 1 {{ return 1 }}\nreturn 1 + f(n - 1) }}\nprintln(try {{ f({calls}) }} catch (e) {{ e }})"
    )
    assert run.lines(text) == [expected]


def test_depth_is_counted_through_callbacks() -> None:
    run = Run()
    text = "fn f(n) { return [n].map({ x -> f(x + 1) }) }\nprintln(try { f(0) } catch (e) { e })"
    assert "Stack overflow: too many nested calls" in run.lines(text)[0]


def test_depth_recovers_after_many_callbacks() -> None:
    run = Run()
    text = "fn deep(n) { if n == 0 { return [1].map({ x -> len([x]) }) }\nreturn deep(n - 1) }\n"
    text += "for i in 1 to 400 { [i].map({ x -> deep(5) }) }\nprintln([1].map({ x -> x }))"
    assert run.lines(text) == ["[1]"]
