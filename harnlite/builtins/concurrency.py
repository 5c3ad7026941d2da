"""Tasks: await, cancel, race (docs/reference/runtime.md 9.2)."""

from __future__ import annotations

from harnlite.builtins.registry import builtin
from harnlite.values.errors import GuestError, runtime_error
from harnlite.values.types import EnumValue
from harnlite.vm import tasks
from harnlite.vm.errors import error_text
from harnlite.vm.task_state import milliseconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from harnlite.vm.machine import Vm

__all__: list[str] = []

_DEFAULT_GRACE_MS = 5000


@builtin("await(task: any) -> any", area="concurrency")
def await_(vm: Vm, task: Any) -> Any:
    """The value of a task once it is done, or its error thrown; nil the second time."""
    return tasks.await_task(vm, task)


@builtin("cancel(task: any) -> nil", area="concurrency")
def cancel(vm: Vm, task: Any) -> None:
    """End a task at once; none of its handlers and clean-ups run."""
    tasks.cancel(vm, task)


@builtin("cancel_graceful(task: any, timeout?: int | duration) -> enum", area="concurrency")
def cancel_graceful(vm: Vm, task: Any, timeout: Any = None) -> EnumValue:
    """Ask a task to end, wait for it, and end it by force when it does not."""
    wanted = milliseconds(timeout)
    return tasks.cancel_graceful(vm, task, _DEFAULT_GRACE_MS if wanted is None else wanted)


@builtin("is_cancelled() -> bool", area="concurrency")
def is_cancelled(vm: Vm) -> bool:
    """Whether somebody asked this task to end."""
    return vm.task.cancel_requested


@builtin("yield_now() -> nil", area="concurrency")
def yield_now(vm: Vm) -> None:
    """Let every task that is ready take its turn."""
    vm.scheduler.yield_now()


@builtin("parallel_race(items?: list, callback?: closure, max_concurrent?: int) -> any", area="concurrency", loose=True)
def parallel_race(vm: Vm, items: Any = None, callback: Any = None, max_concurrent: Any = None) -> Any:
    """The first value that some item's call gives; the other calls are cancelled."""
    if type(items) is not list or not vm.is_callable(callback):
        raise runtime_error("parallel_race: expects a list and a closure")
    call = vm.caller(callback)
    limit = max_concurrent if type(max_concurrent) is int else 0
    group = tasks.Group(vm, tasks.EACH, items, limit, call)
    try:
        for count in range(1, group.size + 1):
            group.wait_for(count)
            task = group.done[count - 1]
            if task.error is None:
                return task.result
    finally:
        group.cancel()
    failures = "; ".join(error_text(task.error) for task in group.tasks if isinstance(task.error, GuestError))
    raise runtime_error(f"parallel_race: all {group.size} task(s) failed: {failures}")
