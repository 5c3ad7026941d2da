"""Which trigger handler the running code belongs to (``handler_context()``, docs/reference/runtime.md 2.6)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from harnlite.builtins.runtime_context import RuntimeContext
from harnlite.runtime.triggers.records import Delivery
from harnlite.values.json_form import from_json_form

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm
    from harnlite.vm.task_state import Task

__all__ = ["HandlerContexts"]


class HandlerContexts:
    """The handlers that run now, by the task that runs them; a task started by a handler belongs to it too."""

    def __init__(self, vm: Vm) -> None:
        self._vm = vm
        vm.service(RuntimeContext).contributors.append(self._fields)
        self._by_task: dict[Task, list[dict[str, Any]]] = {}

    @contextmanager
    def entered(self, delivery: Delivery, attempt: int) -> Iterator[None]:
        """Let a block be the handler of a delivery."""
        task = self._vm.task
        stack = self._by_task.setdefault(task, [])
        stack.append(_context(delivery, attempt))
        try:
            yield
        finally:
            stack.pop()
            if not stack:
                del self._by_task[task]

    def current(self) -> dict[str, Any] | None:
        """Give the innermost handler's context, or None outside of handlers."""
        task: Task | None = self._vm.task
        while task is not None:
            if stack := self._by_task.get(task):
                return stack[-1]
            task = task.parent
        return None

    def _fields(self) -> dict[str, Any]:
        """What a handler adds to ``runtime_context()``."""
        context = self.current()
        if context is None:
            return {}
        names = ("binding_key", "provider", "tenant_id", "trace_id", "trigger_id")
        return {"trigger_event_id": context["event_id"], **{name: context[name] for name in names}}


def _context(delivery: Delivery, attempt: int) -> dict[str, Any]:
    binding, envelope = delivery.binding, delivery.envelope
    return {
        "attempt": attempt,
        "binding_id": binding.id,
        "binding_key": binding.key,
        "binding_version": binding.version,
        "event": from_json_form(envelope),
        "event_id": delivery.event_id,
        "handler_kind": binding.handler.kind,
        "kind": envelope["kind"],
        "provider": envelope["provider"],
        "replay_of_event_id": delivery.replay_of,
        "tenant_id": envelope["tenant_id"],
        "trace_id": envelope["trace_id"],
        "trigger_id": binding.id,
    }
