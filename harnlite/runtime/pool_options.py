"""Reading what a script asks of a pool or of a task: checked options (docs/reference/runtime.md 5)."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from harnlite.runtime.pool_queue import STRATEGIES
from harnlite.values.display import display, type_name
from harnlite.values.errors import GuestError, runtime_error

__all__ = ["Backpressure", "PoolOptions", "TaskOptions", "parse_pool_options", "parse_task_options"]

_FULL_POLICIES = ("block_submitter", "drop_oldest", "drop_newest", "fail_submitter")
_BACKPRESSURES = ("unbounded", "queue", "fail_fast", "ring_buffer")
_SCOPES = ("session", "pipeline", "tenant", "org")


@frozen
class Backpressure:
    """What happens to a task for which there is no free slot; ``max_depth`` is the longest line, None: any."""

    kind: str = "unbounded"
    max_depth: int | None = None
    on_full: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Give the descriptor that pool snapshots show."""
        data: dict[str, Any] = {"_type": "backpressure", "kind": self.kind}
        if self.max_depth is not None:
            data["max_depth"] = self.max_depth
        if self.on_full is not None:
            data["on_full"] = self.on_full
        return data


@frozen
class PoolOptions:
    """A checked ``pool_create`` dict; ``fair_option`` is the task option that fair turns go by."""

    name: str | None
    max_concurrent: int
    strategy: str
    fair_option: str
    backpressure: Backpressure
    scope: str
    scope_id: str | None
    directory: str | None
    stale_after_ms: int
    config: Any


@frozen
class TaskOptions:
    """A checked ``pool.submit`` dict."""

    priority: int
    key: str | None
    idempotency_key: str | None
    fair_key: str


def parse_pool_options(options: Any, pipeline_id: str | None) -> PoolOptions:
    """Check the options of a new pool.

    :param pipeline_id: that of the running workflow or worker; the default id of a pipeline-scope pool.
    :raises GuestError: naming the option that is wrong.
    """
    given = {} if options is None else options
    if not isinstance(given, dict):
        raise _refused(f"options must be a dict, got {type_name(given)}")
    max_concurrent = given.get("max_concurrent", 1)
    if max_concurrent is None:
        max_concurrent = 1
    if type(max_concurrent) is not int:
        raise _refused(f"max_concurrent must be an int, got {type_name(max_concurrent)}")
    if max_concurrent < 1:
        raise _refused("max_concurrent must be >= 1")
    name = given.get("name")
    if name is not None and not isinstance(name, str):
        raise _refused(f"name must be a string, got {type_name(name)}")
    strategy, fair_option = _strategy(given.get("queue"))
    scope, scope_id = _scope(given, pipeline_id)
    stale_after_ms = given.get("stale_after_ms")
    return PoolOptions(
        name=name or None,
        max_concurrent=max_concurrent,
        strategy=strategy,
        fair_option=fair_option,
        backpressure=_backpressure(given.get("backpressure")),
        scope=scope,
        scope_id=scope_id,
        directory=None if given.get("dir") is None else display(given["dir"]),
        stale_after_ms=stale_after_ms if type(stale_after_ms) is int else 30_000,
        config=given.get("config"),
    )


def parse_task_options(options: Any, fair_option: str) -> TaskOptions:
    """Check the options of a task.

    :raises GuestError: naming the option that is wrong.
    """
    given = {} if options is None else options
    if not isinstance(given, dict):
        raise runtime_error(f"pool.submit: options must be a dict, got {type_name(given)}")
    priority = given.get("priority")
    if priority is not None and type(priority) is not int:
        raise runtime_error(f"pool.submit: priority must be an int, got {type_name(priority)}")
    idempotency_key = given.get("idempotency_key", given.get("id"))
    if idempotency_key is not None:
        idempotency_key = display(idempotency_key)
        if not idempotency_key.strip():
            raise runtime_error("pool.submit: idempotency_key cannot be empty")
    key = given.get("key")
    fair_value = given.get(fair_option)
    return TaskOptions(
        priority=priority or 0,
        key=None if key is None else display(key),
        idempotency_key=idempotency_key,
        fair_key="" if fair_value is None else display(fair_value),
    )


def _strategy(given: Any) -> tuple[str, str]:
    if given is None:
        return "priority", "key"
    kind = given.get("kind") if isinstance(given, dict) else given
    if kind not in STRATEGIES:
        raise _refused(f"unknown queue strategy '{display(kind)}'")
    key = given.get("key") if isinstance(given, dict) else None
    return kind, key if isinstance(key, str) and key else "key"


def _backpressure(given: Any) -> Backpressure:
    if given is None:
        return Backpressure()
    details = given if isinstance(given, dict) else {"kind": given}
    kind = details.get("kind")
    if kind not in _BACKPRESSURES:
        raise _refused(f"unknown backpressure '{display(kind)}'")
    if kind in ("unbounded", "fail_fast"):
        return Backpressure(kind)
    max_depth = details.get("max_depth", details.get("capacity"))
    if type(max_depth) is not int or max_depth < 1:
        raise _refused(f"{kind} backpressure needs a max_depth >= 1")
    if kind == "ring_buffer":
        return Backpressure(kind, max_depth)
    on_full = details.get("on_full") or "block_submitter"
    if on_full not in _FULL_POLICIES:
        raise _refused(f"unknown on_full policy '{display(on_full)}'")
    return Backpressure(kind, max_depth, on_full)


def _scope(given: dict[str, Any], pipeline_id: str | None) -> tuple[str, str | None]:
    scope = given.get("scope") or "session"
    if scope not in _SCOPES:
        raise _refused(f"unknown scope '{display(scope)}'")
    if scope in ("tenant", "org"):
        raise _refused(f"scope '{scope}' is host-routed, and this host provides no such pools")
    if scope == "session":
        return scope, None
    scope_id = given.get("scope_id") or given.get("pipeline_id") or given.get("run_id") or pipeline_id
    if not scope_id:
        raise _refused(
            "pipeline-scope pool requires a pipeline_id (or active workflow/run context); "
            "pass options.pipeline_id explicitly when creating from outside a pipeline"
        )
    return scope, display(scope_id)


def _refused(why: str) -> GuestError:
    return runtime_error(f"pool_create: {why}")
