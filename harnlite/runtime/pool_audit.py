"""What pools leave behind about their tasks: records in the event log, and spans (docs/reference/runtime.md 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harnlite.builtins.tracing import Span, Tracing
from harnlite.runtime.event_log.service import EventLogService

if TYPE_CHECKING:
    from harnlite.runtime.pool_tasks import PoolTask
    from harnlite.runtime.pools import Pool
    from harnlite.vm.machine import Vm

__all__ = ["AUDIT_TOPIC", "dequeued", "dropped", "submitted"]

AUDIT_TOPIC = "lifecycle.pool.audit"


def submitted(pool: Pool, task: PoolTask) -> None:
    """Record that a pool took a task, before it is decided whether it may stay."""
    payload = {
        "idempotency_key": task.idempotency_key,
        "key": task.key,
        "pool": pool.name,
        "pool_id": pool.id,
        "priority": task.priority,
        "submitted_at": task.submitted_at,
        "submitted_by": task.submitted_by,
        "task_id": task.id,
    }
    _append(pool.vm, "pool_submit", payload)
    if pool.vm.has_service(Tracing):
        task.submit_span = pool.vm.service(Tracing).instant(
            "pool_submit",
            f"pool.submit {pool.name}",
            {"pool": pool.name, "pool_id": pool.id, "priority": task.priority, "status": "queued", "task_id": task.id},
        )


def dequeued(pool: Pool, task: PoolTask) -> Span | None:
    """Record that a task's closure begins, and open its span."""
    vm = pool.vm
    queued_for_ms = max(0, vm.clock.now_ms() - task.submitted_at_ms)
    details = {
        "pool": pool.name,
        "pool_id": pool.id,
        "queued_for_ms": queued_for_ms,
        "slot_index": task.slot,
        "task_id": task.id,
    }
    _append(vm, "pool_dequeue", {**details, "dequeued_at": vm.host.uuid7()})
    if not vm.has_service(Tracing):
        return None
    span = vm.service(Tracing).begin("pool_dequeue", f"pool.dequeue {pool.name}", details)
    if span is not None and task.submit_span is not None:
        span.links.append({"span_id": task.submit_span.span_id, "trace_id": task.submit_span.trace_id})
    return span


def dropped(pool: Pool, task: PoolTask, queue_depth: int, replacement: PoolTask | None) -> None:
    """Record that a task was rejected for lack of room; ``queue_depth`` is the line's length without it."""
    payload = {
        "max_depth": pool.options.backpressure.max_depth,
        "occurred_at": pool.vm.host.uuid7(),
        "policy": task.rejection_policy,
        "pool": pool.name,
        "pool_id": pool.id,
        "queue_depth": queue_depth,
        "reason": task.rejection_reason,
        "replacement_task_id": None if replacement is None else replacement.id,
        "task_id": task.id,
    }
    _append(pool.vm, "pool_drop", payload, {"policy": str(task.rejection_policy)})


def _append(vm: Vm, kind: str, payload: dict[str, Any], headers: dict[str, str] | None = None) -> None:
    schema = {"schema": f"harn.{kind}.v1"}
    vm.service(EventLogService).append_if_active(AUDIT_TOPIC, kind, payload, {**schema, **(headers or {})})
