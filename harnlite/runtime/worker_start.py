"""Making workers and starting them (docs/reference/runtime.md 4.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harnlite.runtime.agent_loop import AgentLoop
from harnlite.runtime.mutation_session import MutationSession, MutationSessions
from harnlite.runtime.worker_bodies import body_of, loop_body, loop_options
from harnlite.runtime.worker_states import launch
from harnlite.runtime.worker_store import snapshot_path
from harnlite.runtime.workers import Worker, Workers
from harnlite.values.display import display, type_name
from harnlite.values.errors import runtime_error
from harnlite.values.json_form import to_json_form

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["new_sub_agent", "run_in_foreground", "start_stage", "start_sub_agent"]


def start_stage(vm: Vm, config: dict[str, Any]) -> Worker:
    """Start a stage or workflow worker: ``{task, name?, node | graph, carry?, execution?, audit?}``.

    :raises GuestError: for a missing task, node or graph.
    """
    task = config.get("task")
    if not isinstance(task, str):
        raise runtime_error(f"spawn_agent: task must be a string, got {type_name(task)}")
    node, graph = config.get("node"), config.get("graph")
    if not isinstance(node, dict) and not isinstance(graph, dict):
        raise runtime_error("spawn_agent: config needs a `node` or a `graph` dict")
    mode = "workflow" if isinstance(graph, dict) else "stage"
    worker = _new_worker(vm, mode, task, config, "worker")
    worker.config = to_json_form({"graph": graph} if mode == "workflow" else {"node": node})
    launch(vm, worker)
    return worker


def start_sub_agent(vm: Vm, task: str, options: dict[str, Any]) -> Worker:
    """Start an agent loop in the background."""
    worker = new_sub_agent(vm, "sub_agent", task, options, "sub-agent")
    launch(vm, worker)
    return worker


def new_sub_agent(vm: Vm, mode: str, task: str, options: dict[str, Any], default_name: str) -> Worker:
    """Register a worker that is an agent loop; it does not run yet."""
    worker = _new_worker(vm, mode, task, options, default_name)
    worker.config = to_json_form({"options": options})
    worker.body = loop_body(vm, options)
    return worker


def run_in_foreground(vm: Vm, task: str, options: dict[str, Any]) -> dict[str, Any]:
    """Run an agent loop in the current task and give its result envelope."""
    system = options.get("system")
    name = "sub-agent" if options.get("name") is None else display(options["name"])
    loop = AgentLoop(vm, task, None if system is None else display(system), loop_options(options), name=name)
    result = loop.run()
    return {
        "_type": "sub_agent_result",
        "error": result["error"],
        "name": name,
        "ok": result["status"] == "done",
        "result": result,
        "session_id": result["session_id"],
        "status": "completed" if result["status"] == "done" else result["status"],
        "summary": result["visible_text"],
        "task": task,
        "text": result["text"],
    }


def _new_worker(vm: Vm, mode: str, task: str, options: dict[str, Any], default_name: str) -> Worker:
    """Register a worker; it does not run yet."""
    worker_id = f"worker_{vm.host.uuid7()}"
    name, carry, audit = options.get("name"), options.get("carry"), options.get("audit")
    worker = Worker(
        id=worker_id,
        name=default_name if name is None else display(name),
        mode=mode,
        task=task,
        request={"name": None if name is None else display(name), "task": task},
        carry=to_json_form(carry) if isinstance(carry, dict) else {},
        session=_session(vm, worker_id, mode, audit if isinstance(audit, dict) else {}),
        parent_worker_id=_current_worker_id(vm),
        created_at=vm.host.uuid7(),
        snapshot_path=snapshot_path(vm, worker_id),
        body=body_of(vm, mode),
        execution=to_json_form(options.get("execution")),
    )
    vm.service(Workers).add(worker)
    return worker


def _session(vm: Vm, worker_id: str, kind: str, audit: dict[str, Any]) -> MutationSession:
    around = vm.service(MutationSessions).nearest()

    def text(name: str) -> str | None:
        value = audit.get(name)
        return None if value is None else display(value)

    return MutationSession(
        session_id=text("session_id") or f"session_{vm.host.uuid7()}",
        parent_session_id=text("parent_session_id") or (None if around is None else around.session_id),
        run_id=text("run_id"),
        worker_id=worker_id,
        execution_kind=text("execution_kind") or kind,
        mutation_scope=text("mutation_scope") or "read_only",
        approval_policy=to_json_form(audit.get("approval_policy")),
    )


def _current_worker_id(vm: Vm) -> str | None:
    session = vm.service(MutationSessions).nearest()
    return None if session is None else session.worker_id
