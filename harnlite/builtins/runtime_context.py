"""Where the running code is: ``runtime_context()`` and its task-local values (docs/reference/more.md 3)."""

from __future__ import annotations

from harnlite.builtins.registry import builtin
from harnlite.values.errors import runtime_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

    from harnlite.vm.machine import Vm

__all__ = ["RuntimeContext"]

#: Fields that stay nil unless some service knows better.
_FIELDS: Final = (
    "agent_name", "agent_session_id", "binding_key", "capacity_class", "parent_agent_session_id", "provider",
    "root_agent_session_id", "run_id", "runner", "scheduler_key", "scope_id", "span_id", "stage_id", "tenant_id",
    "trace_id", "trigger_event_id", "trigger_id", "worker_id", "workflow_id",
)  # fmt: skip


class RuntimeContext:
    """Puts together what ``runtime_context()`` shows.

    :ivar contributors: functions that give further fields of the current task; services append themselves.
    """

    def __init__(self, vm: Vm) -> None:
        self._vm = vm
        self.contributors: list[Callable[[], dict[str, Any]]] = []

    def identity(self) -> dict[str, Any]:
        """The fields that say what the current task is and on whose behalf it runs."""
        task = self._vm.task
        fields: dict[str, Any] = dict.fromkeys(_FIELDS)
        fields.update(
            parent_task_id=None if task.parent is None else task.parent.id,
            root_task_id=task.root.id,
            task_group_id=task.group,
            task_id=task.id,
            task_name=task.name,
        )
        for contribute in self.contributors:
            fields.update(contribute())
        return fields

    def fields(self) -> dict[str, Any]:
        """All fields of the current task, those about the whole run among them."""
        task = self._vm.task
        held = [lock.key for lock in self._vm.locks.locks.values() if lock.held]
        return {
            **self.identity(),
            "cancelled": task.cancel_requested,
            "context_values": dict(task.context_values),
            "debug": {
                "active_task_ids": sorted(
                    live.id for live in self._vm.scheduler.live if live is not task and live.parent is not None
                ),
                "cancelled": task.cancel_requested,
                "held_synchronization": sorted(held),
                "supervisors": [],
                "waiting_reason": None,
            },
        }


@builtin("runtime_context() -> dict", area="runtime_context", loose=True, aliases=("task_current",))
def runtime_context(vm: Vm) -> dict[str, Any]:
    """What is known about the running code: task, group, session, trigger, values."""
    return vm.service(RuntimeContext).fields()


def _key(name: str, key: Any) -> str:
    if type(key) is not str:
        raise runtime_error(f"{name}: first argument must be a string key")
    return key


@builtin("runtime_context_set(key?: string, value?: any) -> any", area="runtime_context", loose=True)
def runtime_context_set(vm: Vm, key: Any = None, value: Any = None) -> Any:
    """Set a value of this task, which its children start with a copy of; gives the old one."""
    values = vm.task.context_values
    name = _key("runtime_context_set", key)
    before = values.get(name)
    values[name] = value
    return before


@builtin("runtime_context_get(key?: string, default?: any) -> any", area="runtime_context", loose=True)
def runtime_context_get(vm: Vm, key: Any = None, default: Any = None) -> Any:
    """A value of this task, or the default when it was never set."""
    return vm.task.context_values.get(_key("runtime_context_get", key), default)


@builtin("runtime_context_clear(key?: string) -> any", area="runtime_context", loose=True)
def runtime_context_clear(vm: Vm, key: Any = None) -> Any:
    """Forget a value; gives the old one."""
    return vm.task.context_values.pop(_key("runtime_context_clear", key), None)


@builtin("runtime_context_values() -> dict", area="runtime_context", loose=True)
def runtime_context_values(vm: Vm) -> dict[str, Any]:
    """All values of this task."""
    return dict(vm.task.context_values)
