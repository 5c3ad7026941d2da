"""Lists of tasks that wait for the same thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm
    from harnlite.vm.task_state import Task

__all__ = ["park_in", "wake_all"]


def park_in(vm: Vm, waiters: list[Task], waiting_for: str) -> None:
    """Park the current task in a list until :func:`wake_all` empties it; the caller looks again what has changed.

    :param waiting_for: what for, in a few words, for diagnostics.
    """
    task = vm.scheduler.current
    waiters.append(task)
    try:
        vm.scheduler.park(waiting_for=waiting_for)
    finally:
        if task in waiters:
            waiters.remove(task)


def wake_all(vm: Vm, waiters: list[Task]) -> None:
    """Let every task of a list go on, in order."""
    waiting = list(waiters)
    waiters.clear()
    for task in waiting:
        vm.scheduler.unpark(task)
