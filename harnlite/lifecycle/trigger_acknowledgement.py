"""Settling one queued trigger: a cancel request for an inbox event, an acknowledgement for a worker's job.

Works on the items of the ``queued_triggers`` bucket; refuses while other work must be settled first
(docs/reference/lifecycle.md 3, ``acknowledge_trigger``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harnlite.lifecycle.snapshot import snapshot_unsettled
from harnlite.lifecycle.state import LifecycleState
from harnlite.runtime.queued_triggers import QueuedTriggers

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["acknowledge_trigger"]

_METHOD = "acknowledge_trigger"


def acknowledge_trigger(vm: Vm, trigger_id: str) -> dict[str, Any]:
    """Settle the queued trigger of this snapshot id and audit it.

    :return: the receipt: ``acknowledged``, ``rejected`` with a reason, or ``not_found``.
    :raises GuestError: when the event log fails.
    """
    receipt: dict[str, Any] = {"method": _METHOD, "trigger_id": trigger_id}
    snapshot = snapshot_unsettled(vm)
    if snapshot.suspended_subagents or snapshot.partial_handoffs:
        reason = "HARN-DRN-001: cannot acknowledge trigger while suspended subagents remain"
        return {**receipt, "reason": reason, "status": "rejected"}
    item = next((item for item in snapshot.queued_triggers if item["id"] == trigger_id), None)
    if item is None:
        return {**receipt, "status": "not_found"}
    triggers = vm.service(QueuedTriggers)
    if item["source"] == "worker_queue":
        if not triggers.ack_job(item):
            return {**receipt, "status": "not_found"}
    elif item["binding_key"] is None:
        return {**receipt, "item": item, "reason": "queued trigger is missing binding_key", "status": "rejected"}
    else:
        triggers.cancel_request(item)
    vm.note("lifecycle.settled", {"bucket": "queued_triggers", "id": trigger_id})
    vm.service(LifecycleState).record_audit("trigger_acknowledged", {"item": item, "trigger_id": trigger_id})
    return {**receipt, "item": item, "status": "acknowledged"}
