"""The builtins of the lifecycle: registration, audits without a harness (docs/reference/lifecycle.md 1, 5, 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harnlite.builtins.registry import builtin
from harnlite.builtins.tracing import Tracing
from harnlite.lifecycle.state import LifecycleState
from harnlite.values.display import type_name
from harnlite.values.errors import runtime_error, thrown
from harnlite.values.types import Closure

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm


@builtin("pipeline_on_finish(callback: any) -> nil", area="lifecycle")
def pipeline_on_finish(vm: Vm, callback: Any) -> None:
    """Register the closure ``(harness, value)`` that decides the run's final value; the last one wins."""
    if not isinstance(callback, Closure):
        raise runtime_error(f"pipeline_on_finish: handler must be a closure, got {type_name(callback)}")
    vm.service(LifecycleState).set_callback(callback)


@builtin("pipeline_lifecycle_audit_log_take() -> list", area="lifecycle")
def pipeline_lifecycle_audit_log_take(vm: Vm) -> list[Any]:
    """Give all audit entries and empty the list; numbering goes on."""
    return vm.service(LifecycleState).take_audits()


@builtin("pipeline_lifecycle_audit_log_snapshot() -> list", area="lifecycle")
def pipeline_lifecycle_audit_log_snapshot(vm: Vm) -> list[Any]:
    """Give all audit entries."""
    return vm.service(LifecycleState).audits()


@builtin("tool_hooks_emit_audit(kind: string, payload?: any) -> dict", area="lifecycle")
def tool_hooks_emit_audit(vm: Vm, kind: str, payload: Any = None) -> dict[str, Any]:
    """Record an audit entry from anywhere and give it."""
    if not kind.strip():
        raise thrown("tool_hooks_emit_audit: kind must be a non-empty string")
    return vm.service(LifecycleState).record_audit(kind, payload)


@builtin("__host_settlement_agent_active() -> bool", area="lifecycle")
def host_settlement_agent_active(vm: Vm) -> bool:
    """Tell whether the drain loop runs."""
    return vm.has_service(LifecycleState) and vm.service(LifecycleState).settlement_active


@builtin("__host_span_start(kind: string, name: string) -> int | nil", area="lifecycle")
def host_span_start(vm: Vm, kind: str, name: str) -> int | None:
    """Open a span and give its id; nil while tracing is off."""
    span = vm.service(Tracing).begin(kind, name) if vm.has_service(Tracing) else None
    return None if span is None else span.span_id


@builtin("__host_span_end(span_id?: int) -> nil", area="lifecycle")
def host_span_end(vm: Vm, span_id: int | None = None) -> None:
    """Close the innermost open span if it is this one."""
    span = None if span_id is None else vm.service(Tracing).current()
    if span is not None and span.span_id == span_id:
        vm.service(Tracing).end(span)
