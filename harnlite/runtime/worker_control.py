"""What can be done with workers: suspend, resume, wait, close, send input, trigger (runtime.md 4.3, 4.4).

Each takes a worker as a script names it and gives its summary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harnlite.runtime.hook_port import Block, HookPort, Modify
from harnlite.runtime.parking import park_in
from harnlite.runtime.worker_bodies import body_of
from harnlite.runtime.worker_states import as_text, close, hook_view, restart, resume, suspend
from harnlite.runtime.worker_store import is_snapshot_path, load_worker, snapshot_path
from harnlite.runtime.workers import Worker, Workers, worker_id_of
from harnlite.values.display import display
from harnlite.values.errors import GuestError, runtime_error
from harnlite.values.json_form import from_json_form, to_json_form

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = [
    "close_agent",
    "list_agents",
    "resume_agent",
    "resume_or_send",
    "send_input",
    "suspend_agent",
    "wait_agent",
    "worker_trigger",
]

#: What an initiator may be called, and what it is then called.
_INITIATORS = {
    "parent": "parent",
    "self": "self_initiated",
    "self_initiated": "self_initiated",
    "trigger": "triggered",
    "triggered": "triggered",
}

#: Keys by which a dict given as resume input is recognised as options.
_RESUME_OPTIONS = (
    "input",
    "resume_input",
    "continue_transcript",
    "initiator",
    "resume_initiator",
    "trigger_event",
)


# -- suspending --------------------------------------------------------------------------------------------------------


def suspend_agent(vm: Vm, handle: Any, reason: str = "", options: dict[str, Any] | None = None) -> dict[str, Any]:
    """Ask a running worker to stop at its next checkpoint; it counts as suspended at once.

    :param options: ``initiator`` and ``conditions``.
    :raises GuestError: HARN-SUS-001 for a worker that is neither running nor suspended.
    """
    worker = vm.service(Workers).find(handle)
    if worker.status == "suspended":
        return _summary(worker)
    if worker.status != "running":
        raise runtime_error(f"HARN-SUS-001: suspend_agent: worker {worker.id} is not running (status={worker.status})")
    given = options or {}
    initiator = _INITIATORS.get(display(given.get("initiator")).strip().lower(), "operator")
    conditions = to_json_form(given.get("conditions"))
    payload = {
        "conditions": conditions,
        "event": "PreSuspend",
        "initiator": initiator,
        "reason": reason,
        "worker": hook_view(worker),
    }
    control = HookPort.fire(vm, "PreSuspend", payload)
    if isinstance(control, Block):
        return {**_summary(worker), "pre_suspend_denied": control.reason}
    if isinstance(control, Modify) and isinstance(control.payload, dict) and "reason" in control.payload:
        reason = display(control.payload["reason"])
    suspend(vm, worker, reason, initiator, conditions)
    return _summary(worker)


# -- resuming ----------------------------------------------------------------------------------------------------------


def resume_agent(vm: Vm, handle: Any, given: Any = None, continue_transcript: bool = True) -> dict[str, Any]:
    """Let a suspended worker go on: one of this run, or one from the file that an earlier run left.

    :param given: the next task, or options with the keys ``input``, ``continue_transcript``, ``initiator``.
    :raises GuestError: HARN-SUS-003, 004, 009 or 010, or because its task has not stopped yet.
    """
    options = given if isinstance(given, dict) and any(key in given for key in _RESUME_OPTIONS) else {}
    resume_input = options.get("input", options.get("resume_input")) if options else given
    if options.get("continue_transcript") is False:
        continue_transcript = False
    if isinstance(resume_input, str) and not resume_input.strip():
        raise runtime_error("HARN-SUS-009: resume_agent: resume input must be nil or non-empty text")
    text = resume_input if resume_input is None or isinstance(resume_input, str) else as_text(resume_input)
    worker_id = worker_id_of(handle)
    worker = None if is_snapshot_path(worker_id) else vm.service(Workers).get(worker_id)
    if worker is None:
        worker = _loaded(vm, worker_id)
    if worker.closed:
        raise runtime_error(f"HARN-SUS-010: resume_agent: worker {worker.id} was closed and cannot be resumed")
    if worker.status not in ("suspended", "interrupted"):
        raise runtime_error(f"HARN-SUS-003: resume_agent: worker {worker.id} is not suspended (status={worker.status})")
    event = options.get("trigger_event")
    denied = resume(
        vm,
        worker,
        text,
        continue_transcript=continue_transcript,
        event=None if event is None else to_json_form(event),
    )
    return _summary(worker) if denied is None else {**_summary(worker), "pre_resume_denied": denied}


def _loaded(vm: Vm, reference: str) -> Worker:
    path = reference if is_snapshot_path(reference) else snapshot_path(vm, reference)
    worker = load_worker(vm, path, None)
    worker.body = body_of(vm, worker.mode)
    worker.closed = worker.status == "cancelled"
    vm.service(Workers).add(worker)
    return worker


def resume_or_send(vm: Vm, handle: Any, given: Any = None) -> dict[str, Any]:
    """Resume a worker, or send the input to one that waits for some (``harness.resume_subagent``)."""
    try:
        return resume_agent(vm, handle, given)
    except GuestError as error:
        if given is None or "not suspended" not in error.message:
            raise
        return send_input(vm, handle, as_text(given))


# -- waiting, input, closing -------------------------------------------------------------------------------------------


def wait_agent(vm: Vm, handle: Any) -> Any:
    """Wait until a worker, or each of a list, neither runs nor waits for input; give the summaries."""
    if isinstance(handle, list):
        return [wait_agent(vm, item) for item in handle]
    worker = vm.service(Workers).find(handle)
    while worker.active or worker.status in ("running", "awaiting"):
        park_in(vm, worker.waiters, "a worker")
    return _summary(worker)


def send_input(vm: Vm, handle: Any, text: str) -> dict[str, Any]:
    """Give a worker that does not run a new task and let it run.

    :raises GuestError: when it runs, is closed or suspended.
    """
    worker = vm.service(Workers).find(handle)
    if worker.closed or worker.active or worker.status in ("running", "suspended"):
        raise runtime_error(f"send_input: worker {worker.id} cannot take input (status={worker.status})")
    restart(vm, worker, text)
    return _summary(worker)


def worker_trigger(vm: Vm, handle: Any, payload: Any) -> dict[str, Any]:
    """Let a retriggerable worker that waits for input run again on a payload.

    :raises GuestError: when it is not retriggerable or does not wait.
    """
    worker = vm.service(Workers).find(handle)
    if not worker.is_retriggerable:
        raise runtime_error(f"worker_trigger: worker {worker.id} is not retriggerable")
    if worker.status != "awaiting":
        raise runtime_error(f"worker_trigger: worker {worker.id} is not awaiting (status={worker.status})")
    restart(vm, worker, as_text(payload))
    return _summary(worker)


def close_agent(vm: Vm, handle: Any) -> dict[str, Any]:
    """End a worker for good, whatever its state; closing again changes nothing."""
    worker = vm.service(Workers).find(handle)
    if not worker.closed:
        close(vm, worker)
    return _summary(worker)


def list_agents(vm: Vm) -> list[dict[str, Any]]:
    """Give the summaries of all workers by id."""
    return [_summary(worker) for worker in vm.service(Workers).all()]


def _summary(worker: Worker) -> dict[str, Any]:
    summary: dict[str, Any] = from_json_form(to_json_form(worker.summary()))
    return summary
