"""Waiting until nothing is unsettled (docs/reference/lifecycle.md 3, ``wait_for_any_settlement``).

Waits while something can still settle: another task that is ready, sleeps or waits for the host, or a worker's claim
on a job. The limit is time on the run's clock, and of real time too when the clock is mocked, so that a script that
has stopped its clock cannot wait for ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harnlite.lifecycle.snapshot import UnsettledSnapshot, snapshot_unsettled
from harnlite.values.types import Duration

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["DEFAULT_LIMIT_MS", "wait_for_settlement"]

#: Milliseconds to wait when the caller does not say.
DEFAULT_LIMIT_MS = 30_000

#: Milliseconds of real time between two looks while tasks sleep or other processes work.
_PACE_MS = 10


def wait_for_settlement(vm: Vm, limit: Any) -> dict[str, Any]:
    """Wait until nothing is open, nothing can settle any more, or the limit has passed.

    :param limit: milliseconds or a duration; anything else stands for the default.
    :return: ``{status: "settled" | "unsettled", timed_out, state}`` with the state at the end.
    """
    limit_ms = _milliseconds(limit)
    started_ms, started = vm.clock.monotonic_ms(), vm.host.monotonic()
    while True:
        snapshot = snapshot_unsettled(vm)
        elapsed_ms = max(vm.clock.monotonic_ms() - started_ms, (vm.host.monotonic() - started) * 1000)
        if snapshot.is_empty or elapsed_ms >= limit_ms:
            break
        if vm.scheduler.has_ready():
            vm.scheduler.yield_now()
        elif _others_wait(vm):
            vm.scheduler.park(min(_PACE_MS, limit_ms - elapsed_ms), "settlement")
        elif not _is_claimed(snapshot):
            break
        elif vm.clock.mocked:
            # Only other processes can settle it: waiting is sleeping, and a mocked clock sleeps in no time.
            vm.clock.advance(int(limit_ms - elapsed_ms))
        else:
            vm.scheduler.park(min(_PACE_MS, limit_ms - elapsed_ms), "settlement")
    return {
        "state": snapshot.to_json(),
        "status": "settled" if snapshot.is_empty else "unsettled",
        "timed_out": not snapshot.is_empty,
    }


def _milliseconds(limit: Any) -> float:
    if isinstance(limit, Duration):
        return limit.milliseconds
    if isinstance(limit, int | float) and not isinstance(limit, bool):
        return limit
    return DEFAULT_LIMIT_MS


def _others_wait(vm: Vm) -> bool:
    """Whether some task will go on by itself: it sleeps, has a deadline, or waits for the host."""
    scheduler = vm.scheduler
    return scheduler.next_timer() is not None or any(task.host_wait is not None for task in scheduler.live)


def _is_claimed(snapshot: UnsettledSnapshot) -> bool:
    return any(item.get("claimed") for item in snapshot.queued_triggers)
