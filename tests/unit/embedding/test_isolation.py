"""State hangs on the VM: two of them in one process, two threads or two trio tasks never see each other's."""

from __future__ import annotations

import threading

import trio

import harnlite

SCRIPT = """
pipeline default() {
  mock_time(base())
  register_session_hook("PostFinish", { payload -> harness.emit_audit("hook", payload.return_value)
    return nil })
  let cell = shared_cell({name: "counter", scope: "process", initial: 0})
  for i in 1 to 20 {
    shared_set(cell, shared_get(cell) + 1)
    harness.emit_audit("note", base() + i)
    pause()
  }
  harness.handoff_to("next", shared_get(cell))
  pipeline_on_finish({ harness, value -> value + len(harness.unsettled_state().partial_handoffs) })
  return base() + now_ms()
}
"""


async def pause() -> None:
    """Let others run."""
    await trio.sleep(0)


def _vm(base: int) -> harnlite.Vm:
    return harnlite.Vm(builtins={"base() -> int": lambda: base, "pause() -> nil": pause})


def _check(vm: harnlite.Vm, base: int, value: object) -> None:
    assert value == base + base + 1
    assert [entry["seq"] for entry in vm.audit_log] == [*range(1, 21), 22]
    assert [entry["payload"] for entry in vm.audit_log[:20]] == [base + i for i in range(1, 21)]
    assert [envelope["payload"] for envelope in vm.handoffs] == [20]


PROGRAM = harnlite.compile(SCRIPT, builtins={"base() -> int": lambda: 0, "pause() -> nil": pause})


def test_two_vms_one_after_the_other() -> None:
    """Hooks, clocks, audits and shared cells of the first do not exist for the second."""
    for base in (100, 2000):
        vm = _vm(base)
        _check(vm, base, vm.execute_sync(PROGRAM))


def test_two_threads_share_the_chunk_and_nothing_else() -> None:
    """Each thread has its own VM and its own trio."""
    failures: list[BaseException] = []

    def work(base: int) -> None:
        try:
            vm = _vm(base)
            _check(vm, base, vm.execute_sync(PROGRAM))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(base,)) for base in (100, 2000, 30000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_two_trio_tasks_interleave_without_meeting() -> None:
    """Both wait many times, so their steps alternate."""

    async def work(base: int) -> None:
        vm = _vm(base)
        _check(vm, base, await vm.execute(PROGRAM))

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            for base in (100, 2000, 30000):
                nursery.start_soon(work, base)

    trio.run(main)
