"""The builtins behind ``std/agents`` and ``std/agent/*`` (docs/reference/runtime.md 4, more.md 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harnlite.builtins.registry import builtin
from harnlite.runtime import worker_control
from harnlite.runtime.agent_loop import AgentLoop
from harnlite.runtime.agent_tools import lifecycle_tools
from harnlite.runtime.resume_conditions import parse_resume_conditions
from harnlite.runtime.worker_start import new_sub_agent, run_in_foreground, start_stage, start_sub_agent
from harnlite.runtime.worker_states import park
from harnlite.values.display import display
from harnlite.values.json_form import from_json_form

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm


@builtin("__host_worker_spawn(config: dict) -> dict", area="workers")
def host_worker_spawn(vm: Vm, config: dict[str, Any]) -> Any:
    """Start a stage or workflow worker; ``wait: true`` waits for its end."""
    worker = start_stage(vm, config)
    if config.get("wait") is True:
        return worker_control.wait_agent(vm, worker.id)
    return from_json_form(worker.summary())


@builtin("__host_sub_agent_run(task: string, options?: dict) -> dict", area="workers")
def host_sub_agent_run(vm: Vm, task: str, options: dict[str, Any] | None = None) -> Any:
    """Run an agent loop: here, or with ``background: true`` as a worker."""
    given = options or {}
    if given.get("background") is True:
        return from_json_form(start_sub_agent(vm, task, given).summary())
    return from_json_form(run_in_foreground(vm, task, given))


@builtin("__host_worker_suspend(worker: any, reason?: string, options?: dict) -> dict", area="workers")
def host_worker_suspend(
    vm: Vm, worker: Any, reason: str | None = None, options: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Ask a running worker to stop at its next checkpoint."""
    return worker_control.suspend_agent(vm, worker, reason or "", options)


@builtin("__host_worker_resume(worker: any, input?: any, continue_transcript?: bool) -> dict", area="workers")
def host_worker_resume(
    vm: Vm, worker: Any, resume_input: Any = None, continue_transcript: bool | None = None
) -> dict[str, Any]:
    """Let a suspended worker go on."""
    return worker_control.resume_agent(vm, worker, resume_input, continue_transcript is not False)


@builtin("__host_worker_wait(worker: any) -> any", area="workers")
def host_worker_wait(vm: Vm, worker: Any) -> Any:
    """Wait for a worker or a list of workers."""
    return worker_control.wait_agent(vm, worker)


@builtin("__host_worker_close(worker: any) -> dict", area="workers")
def host_worker_close(vm: Vm, worker: Any) -> dict[str, Any]:
    """End a worker for good."""
    return worker_control.close_agent(vm, worker)


@builtin("__host_worker_send_input(worker: any, input: any) -> dict", area="workers")
def host_worker_send_input(vm: Vm, worker: Any, text: Any) -> dict[str, Any]:
    """Give a worker that does not run a new task."""
    return worker_control.send_input(vm, worker, text if isinstance(text, str) else display(text))


@builtin("__host_worker_trigger(worker: any, payload?: any) -> dict", area="workers")
def host_worker_trigger(vm: Vm, worker: Any, payload: Any = None) -> dict[str, Any]:
    """Let a retriggerable worker run again on a payload."""
    return worker_control.worker_trigger(vm, worker, payload)


@builtin("__host_worker_list() -> list", area="workers")
def host_worker_list(vm: Vm) -> list[dict[str, Any]]:
    """Give the summaries of all workers."""
    return worker_control.list_agents(vm)


@builtin("__host_parse_resume_conditions(conditions?: any) -> dict | nil", area="workers")
def host_parse_resume_conditions(vm: Vm, conditions: Any = None) -> Any:  # noqa: ARG001 - every builtin gets the VM
    """Normalise and check resume conditions."""
    return from_json_form(parse_resume_conditions(conditions))


@builtin("__host_agent_lifecycle_tools(registry?: any) -> dict", area="workers")
def host_agent_lifecycle_tools(vm: Vm, registry: Any = None) -> dict[str, Any]:  # noqa: ARG001 - as above
    """Add ``agent_await_resumption`` to a tool registry."""
    return lifecycle_tools(registry)


@builtin("__host_agent_loop(message: string, system?: string, options?: dict) -> dict", area="workers")
def host_agent_loop(
    vm: Vm, message: str, system: str | None = None, options: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Talk to a model until it answers; a model that parks itself becomes a suspended top-level worker."""
    given = options or {}
    loop = AgentLoop(vm, message, system, given)
    result = loop.run()
    parking = loop.parking
    if parking is not None:
        worker = new_sub_agent(vm, "top_level_agent", message, {**given, "system": system}, "top-level-agent")
        worker.messages = loop.messages
        worker.history.append(message)
        park(vm, worker, parking, loop.iterations)
        summary = worker.summary()
        result = {
            **result,
            "conditions": parking.conditions,
            "handle": summary,
            "initiator": "self",
            "iterations_completed": loop.iterations,
            "reason": parking.reason,
            "resume_by": None,
            "worker": summary,
        }
    answer: dict[str, Any] = from_json_form(result)
    return answer
