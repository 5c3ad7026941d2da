"""The drain loop behind ``harness.spawn_settlement_agent`` (docs/reference/lifecycle.md 7.2).

Each round records one default decision for the first item of every bucket that is not empty. Only handoffs are really
settled by it; other work stays open, and its decision is recorded again until the budget is used up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen

from harnlite.builtins.tracing import Tracing
from harnlite.lifecycle.decisions import AUDIT_KIND, filter_decision
from harnlite.lifecycle.snapshot import BUCKETS, UnsettledSnapshot, count_items, snapshot_unsettled
from harnlite.lifecycle.state import SETTLEMENT_AGENT, LifecycleState
from harnlite.runtime.hook_port import Block, HookPort, Modify
from harnlite.values.errors import GuestError
from harnlite.values.json_form import to_json_form
from harnlite.vm.errors import error_text

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["DEFAULT_BUDGET", "MAXIMUM_BUDGET", "run_settlement"]

#: Rounds when the caller does not say, and the most a caller may ask for.
DEFAULT_BUDGET = 5
MAXIMUM_BUDGET = 20

_METHOD = "spawn_settlement_agent"
_HANDOFF_DECISION = {"disposition": "deferred", "source": "settlement_agent"}


@frozen
class _Disposition:
    """What the loop decides for the items of one bucket; ``id_keys`` are tried in order."""

    action: str
    category: str
    id_keys: tuple[str, ...]
    reason: str

    def decision(self, item: dict[str, Any]) -> dict[str, Any]:
        """Give the payload of the ``drain_decision`` audit for an item of the bucket."""
        return {
            "action": self.action,
            "item": {"category": self.category, "id": self.item_id(item), "summary": item},
            "reason": f"default disposition: {self.reason}",
        }

    def item_id(self, item: dict[str, Any]) -> Any:
        """Give the text that names an item of the bucket."""
        return next((item[key] for key in self.id_keys if item.get(key) is not None), None)


_HANDOFFS = _Disposition("acknowledge", "partial_handoff", ("envelope_id",), "acknowledge partial handoff as deferred")

_DISPOSITIONS = {
    "suspended_subagents": _Disposition(
        "cancel", "suspended_subagent", ("handle", "id"), "cancel suspended subagent at drain"
    ),
    "queued_triggers": _Disposition(
        "acknowledge", "queued_trigger", ("id",), "acknowledge stale queued trigger at drain"
    ),
    "partial_handoffs": _HANDOFFS,
    "in_flight_llm_calls": _Disposition(
        "drain", "in_flight_llm_call", ("call_id",), "record drain decision for in-flight llm call"
    ),
    "pool_pending_tasks": _Disposition(
        "defer", "pool_pending_task", ("task_id", "id"), "defer pool pending task at drain"
    ),
}


def run_settlement(vm: Vm, given: Any, return_value: Any, options: Any) -> dict[str, Any]:
    """Fire PreDrain, drain within the budget, fire PostDrain.

    :param given: the snapshot the caller holds, or None for a live one; it only decides whether there is anything to
        do and is what PostDrain sees. The loop itself looks at what is really open.
    :param return_value: kept for the receipt, in JSON form.
    :param options: the number of rounds, or a dict with ``drain_budget_iterations``.
    :return: the receipt; a failing hook makes it one of status ``error``.
    """
    unsettled = snapshot_unsettled(vm).to_json() if given is None else to_json_form(given)
    value = to_json_form(return_value)
    announcement = {
        "event": "PreDrain",
        "options": to_json_form(options),
        "return_value": value,
        "unsettled": unsettled,
    }
    try:
        control = HookPort.fire(vm, "PreDrain", announcement)
        if isinstance(control, Block):
            return {"method": _METHOD, "reason": control.reason, "status": "skipped"}
        if isinstance(control, Modify) and isinstance(control.payload, dict) and "unsettled" in control.payload:
            unsettled = control.payload["unsettled"]
        receipt = _traced(vm, unsettled, lambda: _Drain(vm, _budget(options), value).run(unsettled))
        vm.note("lifecycle.drained", receipt)
        HookPort.notify(
            vm, "PostDrain", {"event": "PostDrain", "outcome": to_json_form(receipt), "unsettled": unsettled}
        )
    except GuestError as error:
        return {"error": error_text(error), "method": _METHOD, "status": "error"}
    return receipt


def _traced(vm: Vm, given: Any, drain: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Drain inside a span, if spans are recorded (docs/reference/more.md 4)."""
    tracing = vm.service(Tracing) if vm.has_service(Tracing) else None
    if tracing is None:
        return drain()
    span = tracing.begin("drain", "settlement_agent")
    try:
        receipt = drain()
        if span is not None:
            outcome = {"iterations": receipt["iterations"], "status": receipt["status"]}
            span.metadata.update({"counts": count_items(given), **outcome})
        return receipt
    finally:
        tracing.end(span)


def _budget(options: Any) -> int:
    wanted = options.get("drain_budget_iterations") if isinstance(options, dict) else options
    if type(wanted) is not int or wanted <= 0:
        return DEFAULT_BUDGET
    return min(wanted, MAXIMUM_BUDGET)


@define
class _Drain:
    """One run of the loop, with what it has counted so far."""

    vm: Vm
    budget: int
    return_value: Any
    iterations: int = field(default=0, init=False)
    processed: int = field(default=0, init=False)
    audits: int = field(default=0, init=False)

    @property
    def state(self) -> LifecycleState:
        """Where audits and handoffs are."""
        return self.vm.service(LifecycleState)

    def run(self, given: Any) -> dict[str, Any]:
        """Drain what is open and give the receipt."""
        live = snapshot_unsettled(self.vm)
        if live.is_empty and not any(count_items(given).values()):
            return self.receipt("no_unsettled", live)
        with self.state.acting(SETTLEMENT_AGENT):
            while self.iterations < self.budget:
                self.iterations += 1
                if not self.round():
                    break
            return self.conclude(snapshot_unsettled(self.vm))

    def round(self) -> bool:
        """Handle the first item of every bucket; tell whether there was any."""
        snapshot = snapshot_unsettled(self.vm)
        for bucket, _, _ in BUCKETS:
            items = getattr(snapshot, bucket)
            if items:
                self.handle(_DISPOSITIONS[bucket], items[0])
        return not snapshot.is_empty

    def handle(self, disposition: _Disposition, item: dict[str, Any]) -> None:
        """Record the default decision for one item; a handoff is acknowledged first."""
        if disposition is _HANDOFFS and self.state.acknowledge_handoff(item["envelope_id"], _HANDOFF_DECISION):
            self.audits += 1
        decision = disposition.decision(item)
        try:
            recorded = filter_decision(self.vm, decision)
        except GuestError:
            # A broken hook must not leave the run with work that nobody decided on.
            recorded = decision
        if not isinstance(recorded, Block):
            self.audit(AUDIT_KIND, recorded)
        self.processed += 1

    def conclude(self, remaining: UnsettledSnapshot) -> dict[str, Any]:
        """Audit how it ended and give the receipt."""
        counters = {"items_processed": self.processed, "iterations": self.iterations}
        if remaining.is_empty:
            self.audit("pipeline_finalized", {"reason": "drained", **counters})
            return self.receipt("completed", remaining)
        self.audit("drain_unsettled_remaining", {"budget": self.budget, "remaining": remaining.to_json(), **counters})
        return self.receipt("exhausted", remaining)

    def audit(self, kind: str, payload: Any) -> None:
        """Record an audit and count it."""
        self.state.record_audit(kind, payload)
        self.audits += 1

    def receipt(self, status: str, remaining: UnsettledSnapshot) -> dict[str, Any]:
        """Give the receipt of the whole run."""
        return {
            "audit_count": self.audits,
            "budget": self.budget,
            "items_processed": self.processed,
            "iterations": self.iterations,
            "method": _METHOD,
            "remaining": remaining.to_json(),
            "return_value": self.return_value,
            "status": status,
        }
