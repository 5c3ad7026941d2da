"""Every way out of protected code, against what must run (docs/architecture.md, the table of exits)."""

from __future__ import annotations

import pytest

from harnlite.values.errors import ExitRequest, GuestError
from tests.unit.vm.vm_support import TIERS, Run, cases


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


NESTED = [
    ("callbacks", "fn f(n) { if n < 2 { return n }\nreturn [n].map({ x -> f(x - 2) + 2 })[0] }", 511, 512),
    ("spread calls", "fn f(n) { if n == 1 { return n }\nreturn f(...[n - 1]) + 1 }", 511, 512),
    ("methods", "struct S { n: int }\nimpl S { fn f(self, n) { if n == 1 { return n }\nreturn self.f(n - 1) + 1 } }\n"
     "let s = S { n: 1 }\nfn f(n) { return s.f(n) }", 510, 512),
    ("generators", "fn g(n) { if n > 1 { for v in g(n - 1) { yield v + 1 } } else { yield 1 } }\n"
     "fn f(n) { for v in g(n) { return v } }", 510, 511),
]  # fmt: skip


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize(("text", "most", "more"), [case[1:] for case in NESTED], ids=[case[0] for case in NESTED])
def test_depth_is_the_guests_whatever_pythons_is(tier: str, text: str, most: int, more: int) -> None:
    run = Run(tier)
    lines = run.lines(f"{text}\nprintln(f({most}))\nprintln(try {{ f({more}) }} catch (e) {{ e }})")
    assert lines[0] == str(most)
    assert "Stack overflow: too many nested calls" in lines[1]


def test_depth_recovers_after_many_callbacks() -> None:
    run = Run()
    text = "fn deep(n) { if n == 0 { return [1].map({ x -> len([x]) }) }\nreturn deep(n - 1) }\n"
    text += "for i in 1 to 400 { [i].map({ x -> deep(5) }) }\nprintln([1].map({ x -> x }))"
    assert run.lines(text) == ["[1]"]
