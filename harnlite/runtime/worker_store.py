"""Workers in files: the snapshot that outlives the run (docs/reference/runtime.md 4.6)."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any

from attrs import fields

from harnlite.runtime.mutation_session import MutationSession
from harnlite.runtime.stored_files import call_file_builtin, replace_file
from harnlite.runtime.workers import Suspension, Worker
from harnlite.values.display import display
from harnlite.values.errors import GuestError, runtime_error
from harnlite.values.json_form import to_json_form
from harnlite.values.json_text import JsonError, parse, stringify_pretty
from harnlite.vm.errors import caught_value

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["is_snapshot_path", "load_worker", "save_worker", "snapshot_path"]

_DEFAULT_DIRECTORY = ".harn/workers"


def snapshot_path(vm: Vm, worker_id: str) -> str:
    """Name a worker's file: in ``$HARN_WORKER_STATE_DIR``, else below the working directory."""
    directory = vm.host.getenv("HARN_WORKER_STATE_DIR") or _DEFAULT_DIRECTORY
    return posixpath.join(directory, f"{worker_id}.json")


def is_snapshot_path(text: str) -> bool:
    """Tell whether a script means a file and not a worker's id."""
    return "/" in text or text.endswith(".json")


def save_worker(vm: Vm, worker: Worker) -> None:
    """Write a worker's state to its file.

    A worker that cannot be stored still runs: a sandbox without files is no reason to have no workers, and for any
    other failure a warning is all that helps.
    """
    data = {
        "_type": "worker_snapshot",
        "artifacts": [],
        "audit": worker.session.to_json(),
        "awaiting_started_at": worker.awaiting_started_at,
        "carry_policy": worker.carry,
        "child_run_id": None,
        "child_run_path": None,
        "config": worker.config,
        "created_at": worker.created_at,
        "execution": worker.execution,
        "finished_at": worker.finished_at,
        "history": worker.history,
        "id": worker.id,
        "latest_error": worker.error,
        "latest_payload": worker.result,
        "mode": worker.mode,
        "name": worker.name,
        "parent_stage_id": None,
        "parent_worker_id": worker.parent_worker_id,
        "request": worker.request,
        "snapshot_path": worker.snapshot_path,
        "started_at": worker.started_at,
        "status": worker.status,
        "suspension": None if worker.suspension is None else worker.suspension.to_json(),
        "task": worker.task,
        "transcript": {"_type": "transcript", "messages": worker.messages},
    }
    try:
        call_file_builtin(vm, "mkdir", posixpath.dirname(worker.snapshot_path))
        replace_file(vm, worker.snapshot_path, stringify_pretty(to_json_form(data)))
    except GuestError as error:
        if error.value != "tool_rejected":
            vm.warn(f"[harn] warning: worker {worker.id} was not stored: {display(caught_value(error))}")


def load_worker(vm: Vm, path: str, body: Any) -> Worker:
    """Read a worker from its file; one that was running when its process ended is ``interrupted``.

    :param body: what runs it from now on.
    :raises GuestError: HARN-SUS-004 when there is no such file or it is not a worker's.
    """
    try:
        data = parse(call_file_builtin(vm, "read_file", path))
        if not isinstance(data, dict) or data.get("_type") != "worker_snapshot":
            raise runtime_error("not a worker snapshot")
        audit = data["audit"]
        worker = Worker(
            id=data["id"],
            name=data["name"],
            mode=data["mode"],
            task=data["task"],
            request=data["request"],
            carry=data["carry_policy"],
            session=MutationSession(**{field.name: audit[field.name] for field in fields(MutationSession)}),
            parent_worker_id=data["parent_worker_id"],
            created_at=data["created_at"],
            snapshot_path=path,
            body=body,
            config=data["config"],
            execution=data["execution"],
            status="interrupted" if data["status"] == "running" else data["status"],
            started_at=data["started_at"],
            finished_at=data["finished_at"],
            awaiting_started_at=data["awaiting_started_at"],
            result=data["latest_payload"],
            error=data["latest_error"],
            history=data["history"],
            messages=data["transcript"]["messages"],
        )
        worker.suspension = _suspension(data["suspension"])
    except GuestError as error:
        raise _unreadable(path, display(caught_value(error))) from error
    except JsonError as error:
        raise _unreadable(path, str(error)) from error
    except (KeyError, TypeError) as error:
        raise _unreadable(path, f"missing or malformed field {error}") from error
    return worker


def _suspension(data: Any) -> Suspension | None:
    if data is None:
        return None
    suspended_at = data["suspended_at"]
    return Suspension(
        reason=data["reason"],
        initiator=data["initiator"],
        suspended_at=suspended_at,
        suspended_at_ms=int(suspended_at.replace("-", "")[:12], 16),
        snapshot_ref=data["snapshot_ref"],
        conditions=data.get("conditions"),
        at_turn=data.get("suspended_at_turn"),
    )


def _unreadable(path: str, why: str) -> GuestError:
    return runtime_error(f"HARN-SUS-004: resume_agent: failed to load snapshot `{path}`: {why}")
