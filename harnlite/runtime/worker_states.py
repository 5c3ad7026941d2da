"""The states of a worker and what moves it from one to the next (docs/reference/runtime.md 4.2 to 4.4).

    launch -> running -> completed | failed | awaiting (retriggerable) | suspended
    suspended -> (resume) -> running          awaiting -> (input) -> running

A suspended worker's task goes on until its next checkpoint; only then can it be resumed.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from harnlite.runtime.agent_loop import Parking
from harnlite.runtime.hook_port import Block, HookPort, Modify
from harnlite.runtime.mutation_session import MutationSessions
from harnlite.runtime.parking import wake_all
from harnlite.runtime.worker_store import save_worker
from harnlite.runtime.workers import Outcome, Suspension, Worker
from harnlite.values.errors import GuestError, HardExit, runtime_error
from harnlite.values.json_form import to_json_form
from harnlite.values.json_text import stringify
from harnlite.vm.errors import error_text

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["as_text", "close", "hook_view", "launch", "park", "restart", "resume", "suspend"]


# -- running -----------------------------------------------------------------------------------------------------------


def launch(vm: Vm, worker: Worker) -> None:
    """Let a worker run (again) in a task of its own, which starts when the current task next waits."""
    worker.status = "running"
    worker.started_at = vm.host.uuid7()
    worker.finished_at = None
    worker.error = None
    worker.active = True
    worker.history.append(worker.task)
    if worker.persists:
        save_worker(vm, worker)
    worker.scheduler_task = vm.scheduler.spawn(partial(_run, vm, worker), "worker", worker.name)


def _settle(vm: Vm, worker: Worker) -> None:
    """Store a worker's new state and wake those who wait for it."""
    if worker.persists:
        save_worker(vm, worker)
    wake_all(vm, worker.waiters)


def _run(vm: Vm, worker: Worker) -> None:
    """The body of a worker's scheduler task."""
    try:
        with vm.service(MutationSessions).installed(worker.session):
            outcome = worker.body(worker)
    except GuestError as error:
        worker.active = False
        worker.status = "cancelled" if _says_cancelled(error) else "failed"
        worker.error = error_text(error)
        worker.finished_at = vm.host.uuid7()
    except HardExit:
        worker.active = False
        raise
    else:
        worker.active = False
        _conclude(vm, worker, outcome)
    _settle(vm, worker)


def _says_cancelled(error: GuestError) -> bool:
    """Whether a run's failure is of the category ``cancelled``, in either form of errors with a category."""
    if error.kind == "category":
        return bool(error.value == "cancelled")
    return isinstance(error.value, dict) and error.value.get("category") == "cancelled"


def _conclude(vm: Vm, worker: Worker, outcome: Outcome) -> None:
    """Decide the state after a run that did not fail."""
    worker.result = outcome.result
    if worker.closed:
        return
    if outcome.parking is not None:
        park(vm, worker, outcome.parking, outcome.turn)
    elif outcome.result.get("status") == "suspended":
        worker.status = "suspended"
    elif worker.is_retriggerable:
        worker.suspension = None
        worker.status = "awaiting"
        worker.awaiting_since = vm.host.monotonic()
        worker.awaiting_started_at = vm.host.uuid7()
    else:
        worker.suspension = None
        worker.status = "completed"
        worker.finished_at = vm.host.uuid7()


def close(vm: Vm, worker: Worker) -> None:
    """End a worker for good, and its task with it."""
    worker.closed = True
    _note_settled(vm, worker)
    worker.status, worker.error, worker.suspension = "cancelled", "worker cancelled", None
    worker.finished_at = vm.host.uuid7()
    _disarm(vm, worker)
    task = worker.scheduler_task
    if worker.active and task is not None and task is not vm.task:
        vm.scheduler.cancel(task)
        worker.active = False
    _settle(vm, worker)


# -- suspending --------------------------------------------------------------------------------------------------------


def park(vm: Vm, worker: Worker, parking: Parking, turn: int) -> None:
    """Suspend a worker whose model asked for it."""
    suspend(vm, worker, parking.reason, "self_initiated", parking.conditions, turn)


def suspend(vm: Vm, worker: Worker, reason: str, initiator: str, conditions: Any, turn: int | None = None) -> None:
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
            "worker": hook_view(worker),
        },
    )


def _arm_conditions(vm: Vm, worker: Worker, suspension: Suspension) -> None:
    """Register the trigger that resumes the worker, and its time-out, if the conditions name them."""
    conditions = suspension.conditions
    trigger = conditions.get("trigger") if isinstance(conditions, dict) else None
    if not isinstance(trigger, dict):
        return
    from harnlite.runtime.triggers.service import TriggerService

    def resume_on(envelope: dict[str, Any]) -> dict[str, Any]:
        denied = resume(vm, worker, None, event=envelope)
        if denied is not None:
            # An error keeps the trigger alive: the next event may be let through.
            raise runtime_error(f"resume_agent: a PreResume hook refused: {denied}")
        return worker.summary()

    try:
        binding = vm.service(TriggerService).register_auto_resume(worker.id, trigger, resume_on)
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
        _note_settled(vm, worker)
        worker.status, worker.suspension = "failed", None
        worker.error = f"suspension timed out after {minutes} minutes"
        worker.finished_at = vm.host.uuid7()
        _settle(vm, worker)
        return
    text = None if action == "resume_with_summary" else f"Nobody resumed this agent within {minutes} minutes."
    resume(vm, worker, text)


def _disarm(vm: Vm, worker: Worker) -> None:
    if worker.auto_resume_binding is not None:
        from harnlite.runtime.triggers.service import TriggerService

        vm.service(TriggerService).terminate(worker.auto_resume_binding)
        worker.auto_resume_binding = None


# -- resuming ----------------------------------------------------------------------------------------------------------


def resume(
    vm: Vm, worker: Worker, text: str | None, *, continue_transcript: bool = True, event: Any = None
) -> str | None:
    """Let a suspended worker go on.

    :param text: its next task; None: the same one again.
    :param event: the trigger event that resumes it, in JSON form; without a text it is added to the task.
    :return: None, or why a PreResume hook refused.
    :raises GuestError: when its task has not stopped yet, or its state changed meanwhile (HARN-SUS-006).
    """
    if worker.active:
        raise runtime_error(f"resume_agent: worker {worker.id} has not reached its suspend checkpoint yet")
    payload = {
        "continue_transcript": continue_transcript,
        "event": "PreResume",
        "resume_input": text,
        "worker": hook_view(worker),
    }
    control = HookPort.fire(vm, "PreResume", payload)
    if isinstance(control, Block):
        return control.reason
    if isinstance(control, Modify) and isinstance(control.payload, dict):
        replaced = control.payload.get("resume_input")
        text = text if replaced is None else as_text(replaced)
    if worker.status not in ("suspended", "interrupted"):
        raise runtime_error(
            f"HARN-SUS-006: resume_agent: worker {worker.id} changed before resume could complete "
            f"(status={worker.status})"
        )
    if text is None and event is not None:
        text = f"{worker.task}\n\nResumed by: {stringify(event)}"
    restart(vm, worker, worker.task if text is None else text, continue_transcript=continue_transcript)
    HookPort.notify(vm, "PostResume", {"event": "PostResume", "worker": hook_view(worker)})
    return None


def restart(vm: Vm, worker: Worker, task: str, *, continue_transcript: bool = True) -> None:
    """Run a worker again on a task."""
    _disarm(vm, worker)
    _note_settled(vm, worker)
    worker.task = task
    worker.suspension = None
    worker.awaiting_since = worker.awaiting_started_at = None
    if not continue_transcript:
        worker.messages = []
    launch(vm, worker)


def _note_settled(vm: Vm, worker: Worker) -> None:
    """Let instruments see that a worker is about to be no longer open."""
    if worker.status in ("suspended", "awaiting"):
        vm.note("lifecycle.settled", {"bucket": "suspended_subagents", "id": worker.id})


def hook_view(worker: Worker) -> dict[str, Any]:
    """Give what hooks are told of a worker (lifecycle.md 8); the rest is in the worker's summary."""
    return {"id": worker.id}


def as_text(value: Any) -> str:
    """Give the text that a worker gets for any value: JSON, unless it is a text already."""
    return value if isinstance(value, str) else stringify(to_json_form(value))
