"""Workers: subagents that run in the background, as data and as a registry (docs/reference/runtime.md 4).

What can be done with them is in ``worker_control.py``, how they start and run in ``worker_start.py``,
``worker_states.py`` and ``worker_bodies.py``, their files in ``worker_store.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen

from harnlite.runtime.agent_loop import Parking
from harnlite.runtime.mutation_session import MutationSession
from harnlite.values.errors import runtime_error
from harnlite.values.types import Handle

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm
    from harnlite.vm.task_state import Task

__all__ = ["Outcome", "Suspension", "Worker", "Workers"]


@frozen
class Outcome:
    """What came of running a worker's body.

    :param result: the result dict that the worker then shows.
    :param parking: what the model asked for when it parked itself, in which turn.
    """

    result: dict[str, Any]
    parking: Parking | None = None
    turn: int = 0


@define
class Suspension:
    """Why and by whom a worker was stopped, and what lets it go on.

    :ivar auto_resume: id and version of the trigger that resumes it.
    :ivar at_turn: the turn in which an agent parked itself.
    """

    reason: str
    initiator: str
    suspended_at: str
    suspended_at_ms: int
    snapshot_ref: str
    conditions: Any = None
    auto_resume: dict[str, Any] | None = None
    at_turn: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Give the suspension as scripts see it; what is not set is left out."""
        data: dict[str, Any] = {
            "initiator": self.initiator,
            "reason": self.reason,
            "snapshot_ref": self.snapshot_ref,
            "suspended_at": self.suspended_at,
        }
        optional = {
            "auto_resume_trigger": self.auto_resume,
            "conditions": self.conditions,
            "suspended_at_turn": self.at_turn,
        }
        data.update({name: value for name, value in optional.items() if value is not None})
        return data


@define(eq=False)
class Worker:
    """One subagent.

    :ivar body: runs the worker's task once.
    :ivar messages: the conversation, for resuming it.
    :ivar scheduler_task: the task that runs it; None before the first run of a worker loaded from a file.
    :ivar waiters: scheduler tasks parked until its state changes.
    :ivar closed: whether it was closed for good.
    """

    id: str
    name: str
    mode: str
    task: str
    request: dict[str, Any]
    carry: dict[str, Any]
    session: MutationSession
    parent_worker_id: str | None
    created_at: str
    snapshot_path: str
    body: Callable[[Worker], Outcome]
    config: dict[str, Any] = field(factory=dict)
    execution: Any = None
    status: str = "running"
    started_at: str | None = None
    finished_at: str | None = None
    awaiting_since: float | None = None
    awaiting_started_at: str | None = None
    result: dict[str, Any] | None = None
    error: str | None = None
    suspension: Suspension | None = None
    history: list[str] = field(factory=list)
    messages: list[dict[str, Any]] = field(factory=list)
    scheduler_task: Task | None = None
    active: bool = False
    waiters: list[Task] = field(factory=list)
    closed: bool = False
    auto_resume_binding: str | None = None

    @property
    def is_retriggerable(self) -> bool:
        """Whether it waits for further input when it is done."""
        return bool(self.carry.get("retriggerable"))

    @property
    def persists(self) -> bool:
        """Whether every change of its state goes to its file."""
        return self.carry.get("persist_state") is not False

    def summary(self) -> dict[str, Any]:
        """Give the handle dict that scripts see."""
        return {
            "_type": "agent_handle",
            "artifact_count": 0,
            "audit": self.session.to_json(),
            "awaiting_started_at": self.awaiting_started_at,
            "child_run_id": None,
            "child_run_path": None,
            "created_at": self.created_at,
            "error": self.error,
            "execution": self.execution,
            "finished_at": self.finished_at,
            "has_transcript": bool(self.messages),
            "history": list(self.history),
            "id": self.id,
            "mode": self.mode,
            "name": self.name,
            "parent_stage_id": None,
            "parent_worker_id": self.parent_worker_id,
            "provenance": {"parent_worker_id": self.parent_worker_id, "worker_id": self.id},
            "request": self.request,
            "result": self.result,
            "snapshot_path": self.snapshot_path,
            "started_at": self.started_at,
            "status": self.status,
            "suspension": None if self.suspension is None else self.suspension.to_json(),
            "task": self.task,
        }


@define
class Workers:
    """The workers of a VM."""

    _vm: Vm
    _workers: dict[str, Worker] = field(factory=dict, init=False)

    def add(self, worker: Worker) -> None:
        """Register a worker."""
        self._workers[worker.id] = worker

    def get(self, worker_id: str) -> Worker | None:
        """Give the worker of this id, or None."""
        return self._workers.get(worker_id)

    def find(self, handle: Any) -> Worker:
        """Give the worker that a script means: an id, a handle dict, or the handle of the task that runs it.

        :raises GuestError: when it means none.
        """
        worker_id = worker_id_of(handle)
        worker = self._workers.get(worker_id)
        if worker is None:
            raise runtime_error(f"unknown worker: {worker_id}")
        return worker

    def all(self) -> list[Worker]:
        """Give all workers by id, which is in order of creation."""
        return [self._workers[worker_id] for worker_id in sorted(self._workers)]

    def running(self) -> list[Worker]:
        """Give the workers whose status is ``running``, by id."""
        return [worker for worker in self.all() if worker.status == "running"]

    def unsettled_items(self) -> list[dict[str, Any]]:
        """Give the bucket ``suspended_subagents`` by worker id (lifecycle.md 4.1)."""
        items = []
        for worker in self.all():
            if worker.status == "suspended" and worker.suspension is not None:
                items.append(self._suspended_item(worker, worker.suspension))
            elif worker.status == "awaiting" and worker.mode == "sub_agent":
                items.append(self._awaiting_item(worker))
        return items

    def _suspended_item(self, worker: Worker, suspension: Suspension) -> dict[str, Any]:
        return {
            "age_ms": max(0, self._vm.clock.now_ms() - suspension.suspended_at_ms),
            "auto_resume_trigger": suspension.auto_resume,
            "conditions": suspension.conditions,
            "handle": worker.id,
            "initiator": suspension.initiator,
            "mode": worker.mode,
            "reason": suspension.reason if suspension.reason.strip() else "suspended",
            "session_id": worker.session.session_id,
            "snapshot_ref": suspension.snapshot_ref,
            "status": worker.status,
            "suspended_at": suspension.suspended_at,
        }

    def _awaiting_item(self, worker: Worker) -> dict[str, Any]:
        since = worker.awaiting_since
        waited = 0.0 if since is None else self._vm.host.monotonic() - since
        return {
            "age_ms": max(0, int(waited * 1000)),
            "conditions": {
                "awaiting_started_at": worker.awaiting_started_at,
                "retriggerable": worker.is_retriggerable,
                "status": worker.status,
            },
            "handle": worker.id,
            "initiator": worker.parent_worker_id or "pipeline",
            "mode": worker.mode,
            "reason": "awaiting_input",
            "session_id": worker.session.session_id,
            "status": worker.status,
        }


def worker_id_of(handle: Any) -> str:
    """Give the worker id in what a script passed.

    :raises GuestError: when there is none in it.
    """
    if isinstance(handle, str):
        return handle
    if isinstance(handle, dict):
        worker_id = handle.get("id")
        if not isinstance(worker_id, str):
            raise runtime_error("agent handle dict is missing an id field")
        return worker_id
    if isinstance(handle, Handle) and isinstance(worker_id := getattr(handle, "id", None), str):
        return worker_id
    raise runtime_error("expected agent handle or worker id")
