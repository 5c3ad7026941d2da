"""The trigger builtins (docs/reference/runtime.md 2.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harnlite.builtins.registry import builtin
from harnlite.runtime.event_log.service import EventLogService
from harnlite.runtime.triggers.context import HandlerContexts
from harnlite.runtime.triggers.records import ACTION_GRAPH_TOPIC, LIFECYCLE_TOPIC
from harnlite.runtime.triggers.service import TriggerService
from harnlite.values.errors import runtime_error
from harnlite.values.json_form import from_json_form

if TYPE_CHECKING:
    from harnlite.runtime.event_log.port import StoredEvent
    from harnlite.vm.machine import Vm


@builtin("trigger_register(config: dict) -> dict", area="triggers")
def trigger_register(vm: Vm, config: dict[str, Any]) -> dict[str, Any]:
    """Bind events to a handler; the result is the binding, which ``trigger_fire`` takes."""
    return vm.service(TriggerService).register(config).to_dict()


@builtin("trigger_list() -> list", area="triggers")
def trigger_list(vm: Vm) -> list[Any]:
    """All bindings, in order of registration."""
    return [binding.to_dict() for binding in vm.service(TriggerService).bindings()]


@builtin("trigger_fire(trigger: dict | string, event: dict) -> dict", area="triggers")
def trigger_fire(vm: Vm, trigger: dict[str, Any] | str, event: dict[str, Any]) -> dict[str, Any]:
    """Dispatch an event to a binding and wait for the end; the result says how it went."""
    triggers = vm.service(TriggerService)
    named = trigger if isinstance(trigger, str) else trigger.get("id")
    if not isinstance(named, str):
        raise runtime_error("trigger_fire: trigger handle is missing string field `id`")
    return triggers.fire(triggers.find(named), event)


@builtin("trigger_replay(event_id: string) -> dict", area="triggers")
def trigger_replay(vm: Vm, event_id: str) -> dict[str, Any]:
    """Dispatch an event once more that was fired or taken into the inbox before."""
    return vm.service(TriggerService).replay(event_id)


@builtin("trigger_inspect_dlq() -> list", area="triggers")
def trigger_inspect_dlq(vm: Vm) -> list[Any]:
    """The pending entries of events that no attempt could handle."""
    return vm.service(TriggerService).dead_letters()


@builtin("trigger_inspect_lifecycle(kind?: string) -> list", area="triggers")
def trigger_inspect_lifecycle(vm: Vm, kind: str | None = None) -> list[Any]:
    """What has happened to bindings and dispatches, as ``{kind, headers, payload}``."""
    events = vm.service(EventLogService).read(LIFECYCLE_TOPIC)
    return [_record(event) for event in events if kind is None or event.kind == kind]


@builtin("trigger_inspect_action_graph(trace_id?: string) -> list", area="triggers")
def trigger_inspect_action_graph(vm: Vm, trace_id: str | None = None) -> list[Any]:
    """What caused what, as ``{kind, headers, payload}``, of one trace or of all."""
    events = vm.service(EventLogService).read(ACTION_GRAPH_TOPIC)
    return [_record(event) for event in events if trace_id is None or event.headers.get("trace_id") == trace_id]


@builtin("handler_context() -> dict | nil", area="triggers")
def handler_context(vm: Vm) -> dict[str, Any] | None:
    """The event, binding and attempt that the running handler belongs to; nil outside of handlers."""
    return vm.service(HandlerContexts).current() if vm.has_service(HandlerContexts) else None


def _record(event: StoredEvent) -> dict[str, Any]:
    return {"headers": dict(event.headers), "kind": event.kind, "payload": from_json_form(event.payload)}
