"""What can be done with workers: suspend, resume, wait, close, send input, trigger (runtime.md 4.3, 4.4).

Each takes a worker as a script names it and gives its summary.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from harnlite.runtime.agent_loop import Parking
from harnlite.runtime.hook_port import Block, HookPort, Modify
from harnlite.runtime.parking import park_in
from harnlite.runtime.worker_runs import body_of, launch, settle
from harnlite.runtime.worker_store import is_snapshot_path, load_worker, save_worker, snapshot_path
from harnlite.runtime.workers import Suspension, Worker, Workers, worker_id_of
from harnlite.values.display import display
from harnlite.values.errors import GuestError, runtime_error
from harnlite.values.json_form import from_json_form, to_json_form
from harnlite.values.json_text import stringify

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = [
    "close_agent",
    "list_agents",
    "park_worker",
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
        "worker": _worker_json(worker),
    }
    control = HookPort.fire(vm, "PreSuspend", payload)
    if isinstance(control, Block):
        return {**_summary(worker), "pre_suspend_denied": control.reason}
    if isinstance(control, Modify) and isinstance(control.payload, dict) and "reason" in control.payload:
        reason = display(control.payload["reason"])
    _suspend(vm, worker, reason, initiator, conditions)
    return _summary(worker)


def park_worker(vm: Vm, worker: Worker, parking: Parking, turn: int) -> None:
    """Suspend a worker whose model asked for it."""
    _suspend(vm, worker, parking.reason, "self_initiated", parking.conditions, turn)


def _suspend(vm: Vm, worker: Worker, reason: str, initiator: str, conditions: Any, turn: int | None = None) -> None:
    worker.status = "suspended"
    worker.suspension = Suspension(
        reason=reason,
        initiator=initiator,
        suspended_at=vm.host.uuid7(),
        suspended_at_ms=vm.host.wall_ms(),
        snapshot_ref=worker.snapshot_path,
        conditions=conditions,
        at_turn=turn,
    )
    _arm_conditions(vm, worker, worker.suspension)
    save_worker(vm, worker)
    HookPort.notify(
        vm,
        "PostSuspend",
        {
            "event": "PostSuspend",
            "reason": reason,
            "snapshot_path": worker.snapshot_path,
            "worker": _worker_json(worker),
        },
    )


def _arm_conditions(vm: Vm, worker: Worker, suspension: Suspension) -> None:
    """Register the trigger that resumes the worker, and its time-out, if the conditions name them."""
    conditions = suspension.conditions
    trigger = conditions.get("trigger") if isinstance(conditions, dict) else None
    if not isinstance(trigger, dict):
        return
    from harnlite.runtime.triggers.service import TriggerService

    def resume(envelope: dict[str, Any]) -> dict[str, Any]:
        return _resume_live(vm, worker, None, True, {"trigger_event": envelope})

    try:
        binding = vm.service(TriggerService).register_auto_resume(worker.id, trigger, resume)
    except GuestError as error:
        raise runtime_error(f"HARN-SUS-007: auto-resume trigger registration failed: {error.message}") from error
    worker.auto_resume_binding = binding.id
    suspension.auto_resume = {"id": binding.id, "version": binding.version}
    timeout = conditions.get("timeout")
    minutes = timeout.get("duration_minutes") if isinstance(timeout, dict) else None
    if type(minutes) is int and minutes > 0:
        action = timeout.get("on_timeout", "resume_with_summary")
        vm.scheduler.spawn(partial(_time_out, vm, worker, suspension, minutes, action), "timer", "resume timeout")


def _time_out(vm: Vm, worker: Worker, suspension: Suspension, minutes: int, action: str) -> None:
    """The body of the task that ends a suspension nobody ended in time."""
    vm.scheduler.park(minutes * 60_000, "a resume timeout")
    if worker.suspension is not suspension or worker.status != "suspended":
        return
    if action == "fail":
        _disarm(vm, worker)
        worker.status, worker.suspension = "failed", None
        worker.error = f"suspension timed out after {minutes} minutes"
        worker.finished_at = vm.host.uuid7()
        settle(vm, worker)
        return
    text = None if action == "resume_with_summary" else f"Nobody resumed this agent within {minutes} minutes."
    _resume_live(vm, worker, text, True, {})


def _disarm(vm: Vm, worker: Worker) -> None:
    if worker.auto_resume_binding is not None:
        from harnlite.runtime.triggers.service import TriggerService

        vm.service(TriggerService).terminate(worker.auto_resume_binding)
        worker.auto_resume_binding = None


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
    text = resume_input if resume_input is None or isinstance(resume_input, str) else _as_text(resume_input)
    worker_id = worker_id_of(handle)
    worker = None if is_snapshot_path(worker_id) else vm.service(Workers).get(worker_id)
    if worker is None:
        worker = _loaded(vm, worker_id)
    if worker.closed:
        raise runtime_error(f"HARN-SUS-010: resume_agent: worker {worker.id} was closed and cannot be resumed")
    if worker.status not in ("suspended", "interrupted"):
        raise runtime_error(f"HARN-SUS-003: resume_agent: worker {worker.id} is not suspended (status={worker.status})")
    return _resume_live(vm, worker, text, continue_transcript, options)


def _resume_live(
    vm: Vm, worker: Worker, text: str | None, continue_transcript: bool, options: dict[str, Any]
) -> dict[str, Any]:
    if worker.active:
        raise runtime_error(f"resume_agent: worker {worker.id} has not reached its suspend checkpoint yet")
    payload = {
        "continue_transcript": continue_transcript,
        "event": "PreResume",
        "resume_input": text,
        "worker": _worker_json(worker),
    }
    control = HookPort.fire(vm, "PreResume", payload)
    if isinstance(control, Block):
        return {**_summary(worker), "pre_resume_denied": control.reason}
    if isinstance(control, Modify) and isinstance(control.payload, dict):
        replaced = control.payload.get("resume_input")
        text = text if replaced is None else _as_text(replaced)
    if worker.status not in ("suspended", "interrupted"):
        raise runtime_error(
            f"HARN-SUS-006: resume_agent: worker {worker.id} changed before resume could complete "
            f"(status={worker.status})"
        )
    event = options.get("trigger_event")
    if text is not None:
        worker.task = text
    elif event is not None:
        worker.task = f"{worker.task}\n\nResumed by: {stringify(to_json_form(event))}"
    _restart(vm, worker, continue_transcript)
    HookPort.notify(vm, "PostResume", {"event": "PostResume", "worker": _worker_json(worker)})
    return _summary(worker)


def _restart(vm: Vm, worker: Worker, continue_transcript: bool) -> None:
    _disarm(vm, worker)
    worker.suspension = None
    worker.awaiting_since = worker.awaiting_started_at = None
    if not continue_transcript:
        worker.messages = []
    launch(vm, worker)


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
        return send_input(vm, handle, _as_text(given))


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
    worker.task = text
    _restart(vm, worker, True)
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
    worker.task = _as_text(payload)
    _restart(vm, worker, True)
    return _summary(worker)


def close_agent(vm: Vm, handle: Any) -> dict[str, Any]:
    """End a worker for good, whatever its state; closing again changes nothing."""
    worker = vm.service(Workers).find(handle)
    if not worker.closed:
        worker.closed = True
        worker.status, worker.error, worker.suspension = "cancelled", "worker cancelled", None
        worker.finished_at = vm.host.uuid7()
        _disarm(vm, worker)
        task = worker.scheduler_task
        if worker.active and task is not None and task is not vm.task:
            vm.scheduler.cancel(task)
            worker.active = False
        settle(vm, worker)
    return _summary(worker)


def list_agents(vm: Vm) -> list[dict[str, Any]]:
    """Give the summaries of all workers by id."""
    return [_summary(worker) for worker in vm.service(Workers).all()]


def _summary(worker: Worker) -> dict[str, Any]:
    summary: dict[str, Any] = from_json_form(to_json_form(worker.summary()))
    return summary


def _worker_json(worker: Worker) -> dict[str, Any]:
    return {"id": worker.id, "mode": worker.mode, "name": worker.name, "status": worker.status}


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else stringify(to_json_form(value))
