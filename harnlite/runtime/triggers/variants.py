"""Handlers described by a dict of std/triggers: work for a pool, a reminder for an agent, a stop for workers.

Each takes the VM, the options (guest values) and the delivery, and gives a guest value. The services they need load
when such a handler first runs (docs/reference/runtime.md 2.5).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from harnlite.runtime.event_log.service import EventLogService
from harnlite.runtime.triggers.records import Delivery
from harnlite.values.errors import runtime_error
from harnlite.values.json_form import from_json_form
from harnlite.values.types import Builtin, Closure

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["VARIANTS"]


def _spawn_to_pool(vm: Vm, options: dict[str, Any], delivery: Delivery) -> Any:
    """Let the factory make the work and submit it; the result is the task's handle."""
    from harnlite.runtime.pools import Pools

    pool, factory = options.get("pool"), options.get("task_factory")
    if isinstance(pool, dict):
        pool = pool.get("name")
    if not isinstance(pool, str):
        raise runtime_error("SpawnToPool: missing `pool`")
    if not isinstance(factory, (Closure, Builtin)):
        raise runtime_error("SpawnToPool: `task_factory` must be a closure")
    work = vm.call(factory, [from_json_form(delivery.envelope)])
    if not isinstance(work, (Closure, Builtin)):
        raise runtime_error("SpawnToPool: `task_factory` must return a closure")
    submit_options: dict[str, Any] = {}
    priority = _at_path(delivery.envelope, options.get("priority_from"))
    if type(priority) is int:
        submit_options["priority"] = priority
    key = _at_path(delivery.envelope, options.get("key_from"))
    if isinstance(key, str):
        submit_options["key"] = key
    return vm.service(Pools).submit_to(pool, work, submit_options)


def _reminder_inject(vm: Vm, options: dict[str, Any], delivery: Delivery) -> dict[str, Any]:
    """Leave a reminder in the current agent session; without one it is only recorded."""
    from harnlite.runtime.agent_sessions import AgentSessions, ReminderSpec

    body = options.get("body")
    if not isinstance(body, str) or not body.strip():
        raise runtime_error("ReminderInject: `body` must be a non-empty string")
    tags, ttl, dedupe_key = options.get("tags"), options.get("ttl_turns"), options.get("dedupe_key")
    session = AgentSessions.current(vm)
    result: dict[str, Any] = {"body": body, "deduped_count": 0, "session_attached": session is not None}
    if session is not None:
        reminder = ReminderSpec(
            body,
            tags=tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
            dedupe_key=dedupe_key if isinstance(dedupe_key, str) else None,
            ttl_turns=ttl if type(ttl) is int and ttl > 0 else None,
        )
        result["deduped_count"] = session.remind(reminder)
    _audit(vm, "triggers.reminder_inject.audit", delivery, result)
    return result


def _interrupt_and_suspend(vm: Vm, options: dict[str, Any], delivery: Delivery) -> dict[str, Any]:
    """Suspend the running workers that are meant; the result names them."""
    from harnlite.runtime.worker_control import suspend_agent
    from harnlite.runtime.workers import Workers

    targets = options.get("target_agents")
    wanted = {target for target in targets if isinstance(target, str)} if isinstance(targets, list) else None
    reason = options.get("reason")
    text = reason if isinstance(reason, str) else ""
    suspended = []
    for worker in vm.service(Workers).running():
        if wanted is None or worker.id in wanted or worker.name in wanted:
            suspend_agent(vm, worker.id, text, {"initiator": "triggered"})
            suspended.append(worker.id)
    result = {"reason": text, "suspended": suspended}
    _audit(vm, "triggers.interrupt_and_suspend.audit", delivery, result)
    return result


VARIANTS: dict[str, Callable[[Vm, dict[str, Any], Delivery], Any]] = {
    "spawn_to_pool": _spawn_to_pool,
    "reminder_inject": _reminder_inject,
    "interrupt_and_suspend": _interrupt_and_suspend,
}


def _audit(vm: Vm, topic: str, delivery: Delivery, result: dict[str, Any]) -> None:
    payload = {"event_id": delivery.event_id, "trigger_id": delivery.binding.id, **result}
    vm.service(EventLogService).append(
        topic, topic.removesuffix(".audit").rpartition(".")[2], payload, delivery.headers()
    )


def _at_path(value: Any, path: Any) -> Any:
    """Follow a dotted path through dicts; nil where it leads nowhere."""
    if not isinstance(path, str):
        return None
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
