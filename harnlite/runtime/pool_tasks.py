"""The tasks of pools as data: what a task is and what scripts see of it (docs/reference/runtime.md 5)."""

from __future__ import annotations

from typing import Any

from attrs import define, field

__all__ = ["PoolTask"]

#: The states in which nothing happens to a task any more.
_TERMINAL = frozenset({"completed", "failed", "rejected"})


@define(eq=False)
class PoolTask:
    """One submitted closure.

    :ivar fair_key: what ``fair_round_robin`` takes turns by.
    :ivar waiters: scheduler tasks parked until this one is over.
    :ivar submit_span: the span of its submission, while tracing is on.
    """

    id: str
    pool_id: str
    pool_name: str
    sequence: int
    work: Any
    priority: int
    key: str | None
    idempotency_key: str | None
    fair_key: str
    submitted_at: str
    submitted_at_ms: int
    submitted_by: str
    status: str = "queued"
    started_at: str | None = None
    finished_at: str | None = None
    result: Any = None
    error: str | None = None
    rejection_reason: str | None = None
    rejection_policy: str | None = None
    slot: int = 0
    submit_span: Any = None
    waiters: list[Any] = field(factory=list)

    @property
    def is_over(self) -> bool:
        """Whether it has completed, failed or been rejected."""
        return self.status in _TERMINAL

    def reject(self, reason: str, policy: str, at: str) -> None:
        """End it without having run."""
        self.status = "rejected"
        self.error = self.rejection_reason = reason
        self.rejection_policy = policy
        self.finished_at = at

    def handle(self) -> dict[str, Any]:
        """Give what ``submit`` returns."""
        data: dict[str, Any] = {
            "_type": "pool_task",
            "id": self.id,
            "pool": self.pool_name,
            "pool_id": self.pool_id,
            "status": self.status,
            "submitted_at": self.submitted_at,
        }
        for name in ("key", "error", "rejection_reason", "rejection_policy"):
            value = getattr(self, name)
            if value is not None:
                data[name] = value
        return data

    def snapshot(self) -> dict[str, Any]:
        """Give what ``pool_wait`` and pool snapshots show."""
        data = self.handle()
        data["priority"] = self.priority
        for name in ("started_at", "finished_at"):
            value = getattr(self, name)
            if value is not None:
                data[name] = value
        if self.status == "completed":
            data["result"] = self.result
        return data

    def pending_item(self, now_ms: int) -> dict[str, Any]:
        """Give its item of the bucket ``pool_pending_tasks`` (lifecycle.md 4.5)."""
        return {
            "age_ms": max(0, now_ms - self.submitted_at_ms),
            "id": self.id,
            "idempotency_key": self.idempotency_key,
            "key": self.key,
            "pool_id": self.pool_id,
            "pool_name": self.pool_name,
            "priority": self.priority,
            "started_at": self.started_at,
            "status": self.status,
            "submitted_at": self.submitted_at,
            "submitted_at_ms": self.submitted_at_ms,
            "submitted_by": self.submitted_by,
            "task_id": self.id,
        }
