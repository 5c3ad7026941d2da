"""The clock, sleeping, and its mocks (docs/reference/runtime.md 8, lifecycle.md 10)."""

from __future__ import annotations

from harnlite.builtins.registry import builtin
from harnlite.values.errors import thrown
from harnlite.vm.task_state import milliseconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from harnlite.vm.machine import Vm

__all__: list[str] = []


@builtin("now_ms() -> int", area="clock", loose=True)
def now_ms(vm: Vm) -> int:
    """Milliseconds since the Unix epoch."""
    return vm.clock.now_ms()


@builtin("timestamp() -> float", area="clock", loose=True)
def timestamp(vm: Vm) -> float:
    """Seconds since the Unix epoch."""
    return vm.clock.now_ms() / 1000


@builtin("monotonic_ms() -> int", area="clock", loose=True)
def monotonic_ms(vm: Vm) -> int:
    """Milliseconds on a clock that never goes back."""
    return vm.clock.monotonic_ms()


@builtin("elapsed() -> int", area="clock")
def elapsed(vm: Vm) -> int:
    """Milliseconds since the run began."""
    return vm.clock.monotonic_ms()


@builtin("sleep(length?: int | duration) -> nil", area="clock", loose=True, aliases=("sleep_ms",))
def sleep(vm: Vm, length: Any = None) -> None:
    """Let other tasks run for a time, int milliseconds or a duration; a mocked clock advances at once instead."""
    wanted = milliseconds(length)
    if wanted is None or wanted <= 0:
        return
    if vm.clock.mocked:
        vm.clock.advance(wanted)
    else:
        vm.scheduler.park(wanted, "a sleep")


@builtin("mock_time(ms?: int) -> nil", area="clock", loose=True)
def mock_time(vm: Vm, ms: Any = None) -> None:
    """Install a clock that stands still at this wall time; mocks nest."""
    if type(ms) is not int:
        raise thrown("mock_time(ms): expected an integer millisecond timestamp")
    vm.clock.push(ms)


@builtin("advance_time(ms: int) -> int", area="clock")
def advance_time(vm: Vm, ms: int) -> int:
    """Move the mocked clock forward; gives its wall time."""
    if not vm.clock.mocked:
        raise thrown("advance_time: no mock active. Call mock_time(ms) first.")
    return vm.clock.advance(ms)


@builtin("unmock_time() -> nil", area="clock", loose=True)
def unmock_time(vm: Vm) -> None:
    """Take the topmost mock away."""
    vm.clock.pop()
