"""The root methods of the harness: looking at unsettled work and settling it (docs/reference/lifecycle.md 3).

Every argument may be missing. Most methods answer with a *receipt*, a dict with a status, and raise only where the
script made no sense at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harnlite.builtins.registry import method
from harnlite.builtins.tracing import Tracing
from harnlite.lifecycle import snapshot, trigger_acknowledgement
from harnlite.lifecycle.decisions import AUDIT_KIND, filter_decision
from harnlite.lifecycle.settlement import run_settlement
from harnlite.lifecycle.settlement_wait import wait_for_settlement
from harnlite.lifecycle.snapshot import snapshot_unsettled
from harnlite.lifecycle.state import LifecycleState
from harnlite.runtime.hook_port import Block
from harnlite.runtime.mutation_session import MutationSessions
from harnlite.values.display import display
from harnlite.values.errors import GuestError, type_error
from harnlite.values.json_form import to_json_form
from harnlite.vm.errors import error_text

if TYPE_CHECKING:
    from harnlite.lifecycle.harness import Harness
    from harnlite.vm.machine import Vm

_DEFAULT_DEFER_TARGET = "deferred-triggers"


def _argument(arguments: tuple[Any, ...], index: int, default: Any = None) -> Any:
    return arguments[index] if index < len(arguments) else default


def _text(value: Any) -> str:
    return value if isinstance(value, str) else display(value)


# -- looking -----------------------------------------------------------------------------------------------------------


@method("Harness", "unsettled_state() -> dict")
def unsettled_state(vm: Vm, _harness: Harness) -> dict[str, Any]:
    """Give the five lists of open work, live."""
    return snapshot_unsettled(vm).to_json()


def _numbers(vm: Vm, arguments: tuple[Any, ...]) -> dict[str, int]:
    """Count a given state dict, or the live state."""
    if not arguments:
        return snapshot_unsettled(vm).counts()
    if not isinstance(arguments[0], dict):
        raise type_error("Harness unsettled-state helpers expect a state dict")
    return snapshot.counts(arguments[0])


@method("Harness", "is_empty(state?: any) -> bool")
def is_empty(vm: Vm, _harness: Harness, *arguments: Any) -> bool:
    """Tell whether nothing is open, live or in a given state dict."""
    return not any(_numbers(vm, arguments).values())


@method("Harness", "counts(state?: any) -> dict")
def counts(vm: Vm, _harness: Harness, *arguments: Any) -> dict[str, int]:
    """Give the five counts, live or of a given state dict."""
    return _numbers(vm, arguments)


@method("Harness", "summary(state?: any) -> string")
def summary(vm: Vm, _harness: Harness, *arguments: Any) -> str:
    """Say in one line what is open, live or in a given state dict."""
    return snapshot.summary(_numbers(vm, arguments))


@method("Harness", "current_pipeline_id() -> string")
def current_pipeline_id(vm: Vm, _harness: Harness) -> str | None:
    """Give the id of the workflow or worker that runs, or nil."""
    return MutationSessions.current_pipeline_id(vm)


@method("Harness", "wait_for_any_settlement(limit?: any) -> dict")
def wait_for_any_settlement(vm: Vm, _harness: Harness, *arguments: Any) -> dict[str, Any]:
    """Wait until nothing is open, or nothing can settle any more, or the limit (ms or duration) has passed."""
    return wait_for_settlement(vm, _argument(arguments, 0))


# -- handoffs ----------------------------------------------------------------------------------------------------------


@method("Harness", "handoff_to(target?: any, payload?: any) -> dict")
def handoff_to(vm: Vm, _harness: Harness, *arguments: Any) -> dict[str, Any]:
    """Queue a payload for another pipeline."""
    if not arguments:
        return {"method": "handoff_to", "reason": "missing target pipeline argument", "status": "rejected"}
    envelope = vm.service(LifecycleState).add_handoff(_text(arguments[0]), _argument(arguments, 1))
    return {"envelope": envelope, "method": "handoff_to", "status": "queued"}


@method("Harness", "acknowledge_handoff(envelope_id?: any, decision?: any) -> dict")
def acknowledge_handoff(vm: Vm, _harness: Harness, *arguments: Any) -> dict[str, Any]:
    """Settle a handoff by its envelope id."""
    receipt: dict[str, Any] = {"method": "acknowledge_handoff"}
    envelope_id = _argument(arguments, 0)
    if envelope_id is None or envelope_id == "":
        return {**receipt, "reason": "missing envelope id", "status": "rejected"}
    envelope_id = receipt["envelope_id"] = _text(envelope_id)
    if snapshot_unsettled(vm).suspended_subagents:
        reason = "HARN-DRN-001: cannot acknowledge handoff while suspended subagents remain"
        return {**receipt, "reason": reason, "status": "rejected"}
    envelope = vm.service(LifecycleState).acknowledge_handoff(envelope_id, _argument(arguments, 1))
    if envelope is None:
        return {**receipt, "status": "not_found"}
    return {"envelope": envelope, "method": "acknowledge_handoff", "status": "acknowledged"}


# -- triggers ----------------------------------------------------------------------------------------------------------


@method("Harness", "acknowledge_trigger(trigger_id?: any) -> dict")
def acknowledge_trigger(vm: Vm, _harness: Harness, *arguments: Any) -> dict[str, Any]:
    """Settle a queued trigger by its id."""
    trigger_id = _argument(arguments, 0)
    if trigger_id is None or trigger_id == "":
        return {"method": "acknowledge_trigger", "reason": "missing trigger id", "status": "rejected"}
    return trigger_acknowledgement.acknowledge_trigger(vm, _text(trigger_id))


@method("Harness", "defer_trigger(trigger_id?: any, target?: any) -> dict")
def defer_trigger(vm: Vm, _harness: Harness, *arguments: Any) -> dict[str, Any]:
    """Settle a queued trigger and hand it to another pipeline."""
    given = _argument(arguments, 0)
    if given is None or given == "":
        return {"method": "defer_trigger", "reason": "missing trigger id", "status": "rejected"}
    trigger_id = _text(given)
    acknowledgement = trigger_acknowledgement.acknowledge_trigger(vm, trigger_id)
    receipt: dict[str, Any] = {
        "acknowledgement": acknowledgement,
        "method": "defer_trigger",
        "status": acknowledgement["status"],
        "trigger_id": trigger_id,
    }
    if acknowledgement["status"] != "acknowledged":
        return receipt
    target = _argument(arguments, 1)
    state = vm.service(LifecycleState)
    envelope = state.add_handoff(
        _DEFAULT_DEFER_TARGET if target is None or not _text(target).strip() else _text(target),
        {"acknowledgement": acknowledgement, "deferred_trigger": acknowledgement["item"]},
    )
    state.record_audit("trigger_deferred", {"envelope_id": envelope["envelope_id"], "trigger_id": trigger_id})
    return {**receipt, "envelope": envelope, "status": "deferred"}


# -- audits and disposition --------------------------------------------------------------------------------------------


@method("Harness", "emit_audit(kind?: any, payload?: any) -> dict")
def emit_audit(vm: Vm, _harness: Harness, *arguments: Any) -> dict[str, Any]:
    """Record an audit entry; OnDrainDecision hooks see those of kind ``drain_decision`` first."""
    kind = _text(_argument(arguments, 0, ""))
    payload = _argument(arguments, 1)
    receipt: dict[str, Any] = {"kind": kind, "method": "emit_audit"}
    if kind == AUDIT_KIND:
        try:
            payload = filter_decision(vm, to_json_form(payload))
        except GuestError as error:
            return {**receipt, "error": error_text(error), "status": "error"}
        if isinstance(payload, Block):
            return {**receipt, "reason": payload.reason, "status": "blocked"}
        _trace_decision(vm, payload)
    entry = vm.service(LifecycleState).record_audit(kind, payload)
    return {"entry": entry, "method": "emit_audit", "status": "recorded"}


def _trace_decision(vm: Vm, payload: Any) -> None:
    """Record a script's own drain decision as a span, if spans are recorded (docs/reference/more.md 4)."""
    if not vm.has_service(Tracing) or not isinstance(payload, dict):
        return
    item = payload.get("item")
    metadata = {"action": payload.get("action"), "item_id": item.get("id") if isinstance(item, dict) else None}
    vm.service(Tracing).instant("drain_decision", _text(payload.get("action")), metadata)


@method("Harness", "finalize(disposition?: any) -> dict")
def finalize(vm: Vm, _harness: Harness, *arguments: Any) -> dict[str, Any]:
    """Store the run's disposition and audit it."""
    entry = vm.service(LifecycleState).finalize(_argument(arguments, 0))
    return {"entry": entry, "method": "finalize", "status": "finalized"}


@method("Harness", "spawn_settlement_agent(unsettled?: any, return_value?: any, options?: any) -> dict")
def spawn_settlement_agent(vm: Vm, _harness: Harness, *arguments: Any) -> dict[str, Any]:
    """Drain what is open within a budget of rounds."""
    return run_settlement(vm, _argument(arguments, 0), _argument(arguments, 1), _argument(arguments, 2))


# -- subagents ---------------------------------------------------------------------------------------------------------


@method("Harness", "resume_subagent(handle?: any, input?: any) -> dict")
def resume_subagent(vm: Vm, _harness: Harness, *arguments: Any) -> dict[str, Any]:
    """Let a suspended subagent go on, or give input to one that awaits it."""
    from harnlite.runtime.worker_control import resume_or_send

    if not arguments:
        raise type_error("Harness.resume_subagent expects a handle")
    return resume_or_send(vm, arguments[0], _argument(arguments, 1))


@method("Harness", "cancel_subagent(handle?: any, reason?: any) -> dict")
def cancel_subagent(vm: Vm, _harness: Harness, *arguments: Any) -> dict[str, Any]:
    """Close a subagent."""
    from harnlite.runtime.worker_control import close_agent

    if not arguments:
        raise type_error("Harness.cancel_subagent expects a handle")
    return close_agent(vm, arguments[0])
