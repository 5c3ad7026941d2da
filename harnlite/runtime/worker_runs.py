"""Starting workers and running them (docs/reference/runtime.md 4.1, 4.2).

A worker runs as a scheduler task of its own. A *stage* asks the model once for each of its nodes, a *sub agent* is an
agent loop. Both look before every model call whether they have been suspended.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from harnlite.runtime.agent_loop import AgentLoop, Parking
from harnlite.runtime.mutation_session import MutationSession, MutationSessions
from harnlite.runtime.parking import wake_all
from harnlite.runtime.worker_store import save_worker, snapshot_path
from harnlite.runtime.workers import Worker, Workers
from harnlite.values.display import display, type_name
from harnlite.values.errors import GuestError, HardExit, runtime_error
from harnlite.values.json_form import to_json_form
from harnlite.vm.errors import error_text

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["body_of", "launch", "new_sub_agent", "new_worker", "run_in_foreground", "start_stage", "start_sub_agent"]

#: The options of a sub agent that its agent loop reads, beside those that the model call reads.
_NOT_LOOP_OPTIONS = ("background", "name", "system", "carry", "execution", "audit")


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
    worker = new_worker(vm, mode, task, config, "worker")
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
    worker = new_worker(vm, mode, task, options, default_name)
    worker.config = to_json_form({"options": options})
    loop_options = {key: value for key, value in options.items() if key not in _NOT_LOOP_OPTIONS}
    worker.body = partial(_run_loop, vm, loop_options, options.get("system"))
    return worker


def run_in_foreground(vm: Vm, task: str, options: dict[str, Any]) -> dict[str, Any]:
    """Run an agent loop in the current task and give its result envelope."""
    system = options.get("system")
    loop = AgentLoop(
        vm,
        task,
        None if system is None else display(system),
        {key: value for key, value in options.items() if key not in _NOT_LOOP_OPTIONS},
    )
    result = loop.run()
    name = options.get("name")
    return {
        "_type": "sub_agent_result",
        "error": result["error"],
        "name": "sub-agent" if name is None else display(name),
        "ok": result["status"] == "done",
        "result": result,
        "session_id": result["session_id"],
        "status": "completed" if result["status"] == "done" else result["status"],
        "summary": result["visible_text"],
        "task": task,
        "text": result["text"],
    }


def new_worker(vm: Vm, mode: str, task: str, options: dict[str, Any], default_name: str) -> Worker:
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


def body_of(vm: Vm, mode: str) -> Any:
    """Give what runs a worker of this mode from its stored configuration."""
    if mode in ("stage", "workflow"):
        return partial(_run_stage, vm)
    return partial(_run_stored_loop, vm)


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


def settle(vm: Vm, worker: Worker) -> None:
    """Store a worker's new state and wake those who wait for it."""
    if worker.persists:
        save_worker(vm, worker)
    wake_all(vm, worker.waiters)


def _run(vm: Vm, worker: Worker) -> None:
    """The body of a worker's scheduler task."""
    try:
        with vm.service(MutationSessions).installed(worker.session):
            result = worker.body(worker)
    except GuestError as error:
        worker.active = False
        cancelled = error.kind == "category" and error.value == "cancelled"
        worker.status = "cancelled" if cancelled else "failed"
        worker.error = error_text(error)
        worker.finished_at = vm.host.uuid7()
        settle(vm, worker)
    except HardExit:
        worker.active = False
        raise
    else:
        worker.active = False
        _conclude(vm, worker, result)
        settle(vm, worker)


def _conclude(vm: Vm, worker: Worker, result: dict[str, Any]) -> None:
    """Decide the status after a run that did not fail."""
    worker.result = result
    if worker.closed:
        return
    if result.get("status") == "suspended":
        worker.status = "suspended"
        return
    worker.suspension = None
    if worker.is_retriggerable:
        worker.status = "awaiting"
        worker.awaiting_since = vm.host.monotonic()
        worker.awaiting_started_at = vm.host.uuid7()
        return
    worker.status = "completed"
    worker.finished_at = vm.host.uuid7()


def _run_stored_loop(vm: Vm, worker: Worker) -> dict[str, Any]:
    """Run the agent loop of a worker that was loaded from its file: its tools have no handlers any more."""
    options = worker.config.get("options") or {}
    loop_options = {key: value for key, value in options.items() if key not in _NOT_LOOP_OPTIONS}
    return _run_loop(vm, loop_options, options.get("system"), worker)


def _run_loop(vm: Vm, options: dict[str, Any], system: Any, worker: Worker) -> dict[str, Any]:
    loop = AgentLoop(
        vm,
        worker.task,
        None if system is None else display(system),
        options,
        is_suspended=lambda: worker.status == "suspended",
        messages=worker.messages,
        session_id=worker.session.session_id,
    )
    result = loop.run()
    worker.messages = loop.messages
    if loop.parking is not None:
        _park(vm, worker, loop.parking, loop.iterations)
    return result


def _park(vm: Vm, worker: Worker, parking: Parking, turn: int) -> None:
    from harnlite.runtime.worker_control import park_worker

    park_worker(vm, worker, parking, turn)


def _run_stage(vm: Vm, worker: Worker) -> dict[str, Any]:
    """Ask the model once for each node; what a node answered is the next one's prompt."""
    graph, node = worker.config.get("graph"), worker.config.get("node")
    nodes = _nodes_of(graph) if isinstance(graph, dict) else [node]
    text = worker.task
    result: dict[str, Any] = {"status": "completed", "text": text}
    for item in nodes:
        if worker.status == "suspended":
            return {"status": "suspended", "text": text}
        details = item if isinstance(item, dict) else {}
        policy = details.get("model_policy")
        loop = AgentLoop(
            vm,
            text,
            None if details.get("system") is None else display(details["system"]),
            {**(policy if isinstance(policy, dict) else {}), "tools": details.get("tools"), "max_iterations": 1},
            is_suspended=lambda: worker.status == "suspended",
            session_id=worker.session.session_id,
        )
        outcome = loop.run()
        worker.messages = [*worker.messages, *loop.messages]
        if outcome["status"] == "suspended":
            return {"status": "suspended", "text": text}
        text = outcome["text"]
        result = {"status": "completed", "text": text, "visible_text": outcome["visible_text"]}
    return result


def _nodes_of(graph: dict[str, Any]) -> list[Any]:
    nodes = graph.get("nodes")
    if isinstance(nodes, dict):
        return [nodes[name] for name in sorted(nodes)]
    return nodes if isinstance(nodes, list) else []


def _session(vm: Vm, worker_id: str, kind: str, audit: dict[str, Any]) -> MutationSession:
    around = vm.service(MutationSessions).current()

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
    session = vm.service(MutationSessions).current()
    return None if session is None else session.worker_id
