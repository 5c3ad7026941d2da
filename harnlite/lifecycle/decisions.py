"""What OnDrainDecision hooks make of a decision before it is audited (docs/reference/lifecycle.md 7.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harnlite.runtime.hook_port import Block, HookPort, Modify

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["AUDIT_KIND", "filter_decision"]

AUDIT_KIND = "drain_decision"


def filter_decision(vm: Vm, payload: Any) -> Any | Block:
    """Let OnDrainDecision hooks see a decision.

    :param payload: what the audit is to record, in JSON form; normally ``{action, item, reason}``.
    :return: the payload to record, or the block that says to record nothing.
    :raises GuestError: when a hook fails or returns something malformed.
    """
    details = payload if isinstance(payload, dict) else {}
    event = {
        "action": details.get("action"),
        "event": "OnDrainDecision",
        "item": details.get("item"),
        "payload": payload,
    }
    control = HookPort.fire(vm, "OnDrainDecision", event)
    if isinstance(control, Block):
        return control
    if isinstance(control, Modify) and isinstance(control.payload, dict) and "payload" in control.payload:
        return control.payload["payload"]
    return payload
