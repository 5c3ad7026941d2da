"""What workers do when they run: one model call per node, or an agent loop (docs/reference/runtime.md 4.2).

A body takes its worker and gives an :class:`Outcome`. It looks before every model call whether the worker has been
suspended, and changes nothing of the worker but its conversation.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from harnlite.runtime.agent_loop import AgentLoop
from harnlite.runtime.workers import Outcome, Worker
from harnlite.values.display import display

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["body_of", "loop_body", "loop_options"]

#: The options of a sub agent that its agent loop does not read.
_NOT_LOOP_OPTIONS = ("background", "name", "system", "carry", "execution", "audit")


def body_of(vm: Vm, mode: str) -> Callable[[Worker], Outcome]:
    """Give what runs a worker of this mode from its stored configuration."""
    return partial(_run_stage if mode in ("stage", "workflow") else _run_stored_loop, vm)


def loop_body(vm: Vm, options: dict[str, Any]) -> Callable[[Worker], Outcome]:
    """Give what runs an agent loop with these options, its tools' closures among them."""
    return partial(_run_loop, vm, options)


def loop_options(options: dict[str, Any]) -> dict[str, Any]:
    """Give those options of a sub agent that its agent loop reads."""
    return {key: value for key, value in options.items() if key not in _NOT_LOOP_OPTIONS}


def _run_stored_loop(vm: Vm, worker: Worker) -> Outcome:
    """Run the agent loop of a worker that was loaded from its file: its tools have no closures any more."""
    return _run_loop(vm, worker.config.get("options") or {}, worker)


def _run_loop(vm: Vm, options: dict[str, Any], worker: Worker) -> Outcome:
    system = options.get("system")
    loop = AgentLoop(
        vm,
        worker.task,
        None if system is None else display(system),
        loop_options(options),
        is_suspended=lambda: worker.status == "suspended",
        messages=worker.messages,
        session_id=worker.session.session_id,
        name=worker.name,
    )
    result = loop.run()
    worker.messages = loop.messages
    return Outcome(result, loop.parking, loop.iterations)


def _run_stage(vm: Vm, worker: Worker) -> Outcome:
    """Ask the model once for each node; what a node answered is the next one's prompt."""
    graph, node = worker.config.get("graph"), worker.config.get("node")
    nodes = _nodes_of(graph) if isinstance(graph, dict) else [node]
    text = worker.task
    result: dict[str, Any] = {"status": "completed", "text": text}
    for item in nodes:
        if worker.status == "suspended":
            return Outcome({"status": "suspended", "text": text})
        details = item if isinstance(item, dict) else {}
        policy = details.get("model_policy")
        loop = AgentLoop(
            vm,
            text,
            None if details.get("system") is None else display(details["system"]),
            {**(policy if isinstance(policy, dict) else {}), "tools": details.get("tools"), "max_iterations": 1},
            is_suspended=lambda: worker.status == "suspended",
            session_id=worker.session.session_id,
            name=worker.name,
        )
        outcome = loop.run()
        worker.messages = [*worker.messages, *loop.messages]
        if outcome["status"] == "suspended":
            return Outcome({"status": "suspended", "text": text})
        text = outcome["text"]
        result = {"status": "completed", "text": text, "visible_text": outcome["visible_text"]}
    return Outcome(result)


def _nodes_of(graph: dict[str, Any]) -> list[Any]:
    nodes = graph.get("nodes")
    if isinstance(nodes, dict):
        return [nodes[name] for name in sorted(nodes)]
    return nodes if isinstance(nodes, list) else []
