"""Waiting for the host: inside and outside of a trio program (docs/architecture.md, section 4)."""

from __future__ import annotations

import contextvars
import os
import signal
import sys
import threading
from typing import Any

import pytest
import trio
import trio.testing

from harnlite.values.errors import CancelledExit, GuestError, thrown
from harnlite.vm.machine import Vm
from tests.unit.vm.vm_support import TIERS, Run


async def echo(value: Any) -> Any:
    """Give the value back without blocking."""
    return value


async def later(value: Any) -> Any:
    """Give the value back after a moment."""
    await trio.lowlevel.checkpoint()
    return value


def ready_run(**options: Any) -> Run:
    run = Run(**options)
    run.wait_for("echo(value: any) -> any", echo)
    run.wait_for("later(value: any) -> any", later)
    return run


INTERLEAVED = """
let h = spawn { println("s1")\n println(later("s2"))\n "s" }
println(parallel each [1, 2, 3] { x -> println("p${x}")\n later(x * 2) })
println(await(h))
"""
INTERLEAVED_LINES = ["s1", "p1", "p2", "p3", "s2", "[2, 4, 6]", "s"]


def test_host_waits_outside_trio() -> None:
    assert ready_run().lines(INTERLEAVED) == INTERLEAVED_LINES


def test_host_waits_inside_trio() -> None:
    run = ready_run()
    trio.run(run.vm.execute, run.compile(INTERLEAVED))
    assert run.printed == INTERLEAVED_LINES


def test_order_is_first_in_first_out_whatever_trio_does() -> None:
    """Trio shuffles what becomes ready at the same time; guests must not see it."""
    text = """
parallel 20 { i ->
  for round in 1 to 5 {
    print("${later(i)} ")
  }
}
"""
    run = ready_run()
    run.sync(text)
    assert "".join(run.output).split() == [str(i) for i in range(20)] * 5


def test_a_wait_that_does_not_block_keeps_the_turn() -> None:
    run = ready_run()
    assert run.lines('let h = spawn { println("other") }\nprintln(echo(1))\nprintln(echo(2))\nawait(h)') == [
        "1",
        "2",
        "other",
    ]


def test_errors_of_the_host_reach_the_guest() -> None:
    async def fail() -> None:
        await trio.sleep(0)
        raise thrown("from the host")

    run = ready_run()
    run.wait_for("fail() -> nil", fail)
    assert run.lines("try { fail() } catch (e) { println(e) }") == ["from the host"]


@pytest.mark.parametrize("tier", TIERS)
def test_errors_of_the_host_keep_no_frame_alive(tier: str) -> None:
    async def fail() -> None:
        await trio.sleep(0)
        raise thrown("from the host")

    run = Run(tier)
    run.wait_for("fail() -> nil", fail)
    text = 'fn f() { let p = sync_mutex_acquire("k")\n println(try { fail() }) }\nf()\nprintln(sync_mutex_acquire("k", 0) != nil)'
    assert run.lines(text) == ["Result.Err(from the host)", "true"]


def test_other_exceptions_of_the_host_end_the_run() -> None:
    async def broken() -> None:
        await trio.sleep(0)
        raise ZeroDivisionError

    run = ready_run()
    run.wait_for("broken() -> nil", broken)
    with pytest.raises(ZeroDivisionError):
        run.sync('try { broken() } catch (e) { println("caught") } finally { println("f") }')
    assert run.printed == []


def test_deadline_ends_a_host_wait_and_its_coroutine() -> None:
    ended = []

    async def forever() -> None:
        try:
            await trio.sleep_forever()
        finally:
            ended.append(True)

    run = ready_run()
    run.wait_for("forever() -> nil", forever)
    assert run.lines("try { deadline 20ms { forever() } } catch (e) { println(e) }\nprintln(later(1))") == [
        "Deadline exceeded",
        "1",
    ]
    assert ended == [True]


def test_deadline_ends_a_host_wait_with_tasks_of_its_own() -> None:
    """A nursery raises what its tasks were cancelled with as a group."""

    async def two_tasks() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.sleep_forever)
            nursery.start_soon(trio.sleep_forever)

    run = ready_run()
    run.wait_for("two_tasks() -> nil", two_tasks)
    text = "println(try { deadline 20ms { two_tasks() } })\nprintln(deadline 10s { later(1) })"
    assert run.lines(text) == ["Result.Err(Deadline exceeded)", "1"]


def test_cancelling_the_embedders_scope_ends_a_host_wait_with_tasks_of_its_own() -> None:
    async def two_tasks() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.sleep_forever)
            nursery.start_soon(trio.sleep_forever)

    async def main() -> Run:
        run = ready_run()
        run.wait_for("two_tasks() -> nil", two_tasks)
        with trio.move_on_after(0.02) as scope:
            await run.vm.execute(run.compile('try { two_tasks() } catch (e) { println("caught") }\nprintln("after")'))
        assert scope.cancelled_caught
        return run

    assert trio.run(main).printed == []


@pytest.mark.parametrize(("error", "raised"), [(ValueError, ExceptionGroup), (KeyboardInterrupt, KeyboardInterrupt)])
def test_an_error_beside_the_cancelled_tasks_of_a_host_wait(
    error: type[BaseException], raised: type[BaseException]
) -> None:
    async def fails_when_cancelled() -> None:
        try:
            await trio.sleep_forever()
        finally:
            raise error

    async def both() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.sleep_forever)
            nursery.start_soon(fails_when_cancelled)

    run = ready_run()
    run.wait_for("both() -> nil", both)
    with pytest.raises(raised):
        run.sync("try { deadline 200ms { both() } } catch (e) { println(e) }")
    assert run.printed == []
    assert run.lines("println(later(1))") == ["1"]


def test_deadline_ends_a_busy_loop_inside_trio_while_the_host_lives() -> None:
    beats: list[float] = []

    async def main() -> None:
        run = ready_run()
        chunk = run.compile("try { deadline 300ms { while true { } } } catch (e) { println(e) }")
        async with trio.open_nursery() as nursery:

            async def beat() -> None:
                while True:
                    beats.append(trio.current_time())
                    await trio.sleep(0.001)

            nursery.start_soon(beat)
            await run.vm.execute(chunk)
            nursery.cancel_scope.cancel()
        assert run.printed == ["Deadline exceeded"]

    trio.run(main)
    # Only slices of the busy guest lie between two beats, so there are several.
    assert len(beats) >= 4


def test_cancelling_the_embedders_scope_runs_no_cleanup() -> None:
    async def main() -> Run:
        run = ready_run()
        run.wait_for("forever() -> nil", trio.sleep_forever)
        chunk = run.compile('try { forever() } catch (e) { println("caught") } finally { println("f") }')
        with trio.move_on_after(0.02) as scope:
            await run.vm.execute(chunk)
        assert scope.cancelled_caught
        return run

    run = trio.run(main)
    assert run.printed == []
    # The VM is free again.
    assert run.lines("println(1)") == ["1"]


def test_cancelling_the_embedders_scope_ends_a_busy_loop() -> None:
    async def main() -> None:
        run = ready_run()
        chunk = run.compile("while true { }")
        with trio.move_on_after(0.05) as scope:
            await run.vm.execute(chunk)
        assert scope.cancelled_caught

    trio.run(main)


def test_cancelling_a_task_in_a_host_wait() -> None:
    ended = []

    async def forever() -> None:
        try:
            await trio.sleep_forever()
        finally:
            ended.append(True)

    run = ready_run()
    run.wait_for("forever() -> nil", forever)
    text = (
        'let h = spawn { try { forever() } finally { println("f") } }\nlater(1)\ncancel(h)\nlater(2)\nprintln(await(h))'
    )
    assert run.lines(text) == ["nil"]
    assert ended == [True]


def test_unjoined_host_waits_end_with_the_run() -> None:
    ended = []

    async def forever() -> None:
        try:
            await trio.sleep_forever()
        finally:
            ended.append(True)

    run = ready_run()
    run.wait_for("forever() -> nil", forever)
    assert run.lines('let h = spawn { forever() }\nprintln(later("end"))') == ["end"]
    assert ended == [True]


def test_context_variables_of_the_embedder_are_seen() -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")

    async def read() -> str:
        await trio.sleep(0)
        return variable.get()

    async def main() -> list[str]:
        variable.set("set outside")
        run = ready_run()
        run.wait_for("read() -> string", read)
        run.add("read_now() -> string", lambda _vm: variable.get())
        await run.vm.execute(run.compile("println(read())\nprintln(read_now())\nparallel 2 { i -> println(read()) }"))
        return run.printed

    assert trio.run(main) == ["set outside"] * 4


def test_two_machines_in_two_trio_tasks() -> None:
    async def main() -> list[Run]:
        runs = [ready_run(), ready_run()]
        async with trio.open_nursery() as nursery:
            for run in runs:
                nursery.start_soon(run.vm.execute, run.compile(INTERLEAVED))
        return runs

    for run in trio.run(main):
        assert run.printed == INTERLEAVED_LINES


def test_two_machines_in_two_threads() -> None:
    runs = [ready_run(), ready_run()]
    threads = [threading.Thread(target=run.sync, args=(INTERLEAVED,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [run.printed for run in runs] == [INTERLEAVED_LINES] * 2


def test_a_busy_machine_refuses_a_second_run() -> None:
    async def main() -> None:
        run = ready_run()
        run.wait_for("forever() -> nil", trio.sleep_forever)
        chunk = run.compile("forever()")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(run.vm.execute, chunk)
            await trio.testing.wait_all_tasks_blocked()
            with pytest.raises(RuntimeError, match="busy"):
                await run.vm.execute(chunk)
            nursery.cancel_scope.cancel()

    trio.run(main)


def test_execute_sync_refuses_to_block_trio() -> None:
    async def main() -> None:
        run = ready_run()
        with pytest.raises(RuntimeError, match="await execute"):
            run.sync("1")

    trio.run(main)


def test_execute_needs_trio() -> None:
    run = ready_run()
    coroutine = run.vm.execute(run.compile("1"))
    with pytest.raises(RuntimeError, match="execute_sync"):
        coroutine.send(None)


def test_cancel_from_another_thread() -> None:
    run = ready_run()
    chunk = run.compile('try { while true { } } finally { println("f") }')
    timer = threading.Timer(0.05, run.vm.cancel)
    timer.start()
    with pytest.raises(CancelledExit):
        run.vm.execute_sync(chunk)
    assert run.printed == []


def test_cancel_from_another_thread_while_everything_sleeps() -> None:
    run = ready_run()
    timer = threading.Timer(0.05, run.vm.cancel)
    timer.start()
    with pytest.raises(CancelledExit):
        run.sync("sleep(100000)")


class Recorder:
    """A finisher that writes down what it is asked."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def register(self, _vm: Vm, callback: Any) -> None:
        self.calls.append(("register", callback))

    def finish(self, vm: Vm, value: Any) -> Any:
        self.calls.append(("finish", value))
        return vm.wait(later, value + 1) if value == 1 else value

    def clear(self, _vm: Vm) -> object | None:
        self.calls.append("clear")
        return "state"


def test_finisher_runs_in_guest_context_and_gives_the_value() -> None:
    finisher = Recorder()
    run = ready_run(finisher=finisher)
    assert run.vm.execute_sync(run.compile("return 1"), "callback") == 2
    assert finisher.calls == [("register", "callback"), ("finish", 1)]


FAILURES = [("throw", 'throw "t"', GuestError), ("exit", "exit(1)", BaseException)]


@pytest.mark.parametrize(("text", "kind"), [case[1:] for case in FAILURES], ids=[case[0] for case in FAILURES])
def test_finisher_clears_after_a_failure(text: str, kind: type[BaseException]) -> None:
    finisher = Recorder()
    run = ready_run(finisher=finisher)
    with pytest.raises(kind) as caught:
        run.sync(text)
    assert finisher.calls == ["clear"]
    assert caught.value.lifecycle == "state"  # type: ignore[attr-defined]


def test_finisher_clears_when_the_embedder_cancels() -> None:
    finisher = Recorder()

    async def main() -> None:
        run = ready_run(finisher=finisher)
        run.wait_for("forever() -> nil", trio.sleep_forever)
        with trio.move_on_after(0.01):
            await run.vm.execute(run.compile("forever()"))

    trio.run(main)
    assert finisher.calls == ["clear"]


INTERRUPTED = [
    ("a busy loop", "while true { }"),
    ("a sleep", "sleep(100000)"),
    ("a host wait", "forever()"),
    ("a busy loop beside trio", "later(1)\nwhile true { }"),
    ("a sleep beside trio", "later(1)\nsleep(100000)"),
    ("parallel host waits", "parallel 3 { i -> forever() }"),
    ("a callback", "[1].map({ x -> sleep(100000) })"),
]


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot send itself an interrupt there")
@pytest.mark.parametrize("body", [case[1] for case in INTERRUPTED], ids=[case[0] for case in INTERRUPTED])
def test_ctrl_c_is_a_hard_exit(body: str) -> None:
    run = ready_run()
    run.wait_for("forever() -> nil", trio.sleep_forever)
    timers: list[threading.Timer] = []

    def interrupt_soon(_vm: Any) -> None:
        """Send the interrupt once the run is under way: before that it would hit the test itself."""
        timers.append(threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)))
        timers[0].start()

    run.add("interrupt_soon() -> nil", interrupt_soon)
    text = f'interrupt_soon()\ntry {{\n{body}\n}} catch (e) {{ println("c") }} finally {{ println("f") }}'
    chunk = run.compile(text)
    with pytest.raises(KeyboardInterrupt):
        run.vm.execute_sync(chunk)
    timers[0].join()
    assert run.printed == []


MIXED = """
let q = channel("q", 2)
let producer = spawn { for i in 1 to 5 { sleep(2)
  send(q, i) }
  close_channel(q) }
let consumer = spawn { var sum = 0
  for v in q { sum += v
    pause(1) }
  sum }
println(await(spawn { try { deadline 10ms { receive(channel("never")) } } catch (e) { e } }))
println(await(spawn { try { deadline 10ms { pause(1000) } } catch (e) { e } }))
println(await(spawn { try { deadline 10ms { sleep(1000) } } catch (e) { e } }))
for v in parallel each [60, 10, 30] { x -> pause(x) } as stream { println(v) }
println(await(consumer))
println(try { deadline 10ms { parallel 2 { i -> pause(500) } } } catch (e) { e })
let holder = spawn { mutex { pause(5) } }
yield_now()
mutex { println("mutex") }
"""
MIXED_LINES = [*["Deadline exceeded"] * 3, "10", "30", "60", "15", "Deadline exceeded", "mutex"]


@pytest.mark.parametrize("mode", ["outside trio", "outside, trio running", "inside trio"])
def test_waits_of_all_kinds_together(mode: str) -> None:
    async def pause(milliseconds: int) -> int:
        await trio.sleep(milliseconds / 1000)
        return milliseconds

    run = ready_run()
    run.wait_for("pause(ms: int) -> int", pause)
    if mode == "inside trio":
        trio.run(run.vm.execute, run.compile(MIXED))
    else:
        run.sync(MIXED if mode == "outside trio" else "pause(0)\n" + MIXED)
    assert run.printed == MIXED_LINES
