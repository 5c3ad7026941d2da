"""Which workflow or worker the running code belongs to; its id is the *pipeline id* of audits and handoffs.

A session belongs to the task that installed it and to that task's children, so two workers that run at the same
time never see each other's (docs/reference/runtime.md 7).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from harnlite.runtime.task_scope import TaskScope

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["MutationSession", "MutationSessions"]


@frozen
class MutationSession:
    """The record that says on whose behalf code runs."""

    session_id: str
    parent_session_id: str | None = None
    run_id: str | None = None
    worker_id: str | None = None
    execution_kind: str | None = None
    mutation_scope: str = "read_only"
    approval_policy: Any = None

    def to_json(self) -> dict[str, Any]:
        """Give the record as scripts see it (the ``audit`` field of a worker)."""
        return {
            "approval_policy": self.approval_policy,
            "execution_kind": self.execution_kind,
            "mutation_scope": self.mutation_scope,
            "parent_session_id": self.parent_session_id,
            "run_id": self.run_id,
            "session_id": self.session_id,
            "worker_id": self.worker_id,
        }


class MutationSessions(TaskScope[MutationSession]):
    """The sessions of a VM's tasks."""

    def context_fields(self) -> dict[str, Any]:
        """Give what a session adds to ``runtime_context()``."""
        session = self.nearest()
        return {} if session is None else {"run_id": session.run_id, "worker_id": session.worker_id}

    @staticmethod
    def current_pipeline_id(vm: Vm) -> str | None:
        """Give the run id, else the session id, of the current session; None in a plain run."""
        if not vm.has_service(MutationSessions):
            return None
        session = vm.service(MutationSessions).nearest()
        return None if session is None else session.run_id or session.session_id
