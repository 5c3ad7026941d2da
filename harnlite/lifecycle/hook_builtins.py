"""The builtins of hooks and reminders (docs/reference/lifecycle.md 5, 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harnlite.builtins.registry import builtin
from harnlite.lifecycle.hooks import Hooks, session_event
from harnlite.lifecycle.reminders import parse_reminder
from harnlite.lifecycle.state import LifecycleState
from harnlite.runtime.agent_sessions import AgentSessions
from harnlite.runtime.hook_port import Block, Decision, HookPort, Modify
from harnlite.values.errors import runtime_error, thrown
from harnlite.values.json_form import to_json_form

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm


@builtin("register_session_hook(...arguments: any) -> nil", area="lifecycle", loose=True)
def register_session_hook(vm: Vm, *arguments: Any) -> None:
    """Register ``(event, handler)`` or ``(event, pattern, handler)`` for one of the session events."""
    vm.service(Hooks).register_session_hook(arguments)


@builtin("clear_session_hooks() -> nil", area="lifecycle")
def clear_session_hooks(vm: Vm) -> None:
    """Forget all session hooks."""
    vm.service(Hooks).clear_session_hooks()


@builtin("register_persona_hook(pattern: string, event: string, handler: any) -> nil", area="lifecycle")
def register_persona_hook(vm: Vm, pattern: str, event: str, handler: Any) -> None:
    """Register a closure for a persona event, for example ``OnBudgetThreshold(80)``."""
    vm.service(Hooks).register_persona_hook(pattern, event, handler)


@builtin("clear_persona_hooks() -> nil", area="lifecycle")
def clear_persona_hooks(vm: Vm) -> None:
    """Forget all persona hooks."""
    vm.service(Hooks).clear_persona_hooks()


@builtin("tool_hooks_inject_reminder(options: dict) -> dict", area="lifecycle")
def tool_hooks_inject_reminder(vm: Vm, options: dict[str, Any]) -> dict[str, Any]:
    """Leave a reminder for the next turn of the agent session that runs, if any, and audit it."""
    body = options.get("body")
    if not isinstance(body, str) or not body.strip():
        raise thrown("tool_hooks_inject_reminder: options.body must be a non-empty string")
    reminder = parse_reminder("tool_hooks_inject_reminder", options)
    session = AgentSessions.current(vm)
    payload = {
        "body": reminder.body,
        "dedupe_key": reminder.dedupe_key,
        "deduped_count": 0 if session is None else session.remind(reminder),
        "reminder_id": f"reminder_{vm.host.uuid7()}",
        "session_attached": session is not None,
        "tags": list(reminder.tags),
        "ttl_turns": reminder.ttl_turns,
    }
    return vm.service(LifecycleState).record_audit("tool_hooks.reminder_injected", payload)


@builtin("__host_fire_session_hook(event: string, payload?: any) -> dict", area="lifecycle")
def host_fire_session_hook(vm: Vm, event: str, payload: Any = None) -> dict[str, Any]:
    """Fire any session event and give what its hooks say, as a dict with the key ``control``."""
    name = session_event(event)
    if name is None:
        raise runtime_error(f"__host_fire_session_hook: unknown session hook event `{event.strip()}`")
    given = to_json_form(payload)
    control = HookPort.fire(vm, name, {"event": name, **(given if isinstance(given, dict) else {})})
    if isinstance(control, Block):
        return {"control": "block", "reason": control.reason}
    if isinstance(control, Decision):
        answer: dict[str, Any] = {"control": "decision", "decision": control.decision}
        return answer if control.reason is None else {**answer, "reason": control.reason}
    if isinstance(control, Modify):
        return {"control": "modify", "modify": control.payload}
    return {"control": "allow"}
