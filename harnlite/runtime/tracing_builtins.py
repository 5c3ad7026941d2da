"""The builtins of tracing (docs/reference/more.md 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harnlite.builtins.registry import builtin
from harnlite.runtime.tracing import Tracing

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm


@builtin("enable_tracing(on?: bool) -> nil", area="tracing")
def enable_tracing(vm: Vm, on: bool | None = True) -> None:
    """Record spans from now on, forgetting earlier ones; ``false`` stops and keeps them."""
    vm.service(Tracing).enable(on is not False)


@builtin("trace_spans() -> list", area="tracing")
def trace_spans(vm: Vm) -> list[dict[str, Any]]:
    """Give the finished spans in order of ending."""
    return vm.service(Tracing).spans()


@builtin("trace_summary() -> string", area="tracing")
def trace_summary(vm: Vm) -> str:
    """Say where the time went, a line for each span."""
    return vm.service(Tracing).summary()


@builtin("__host_span_start(kind: string, name: string) -> int | nil", area="tracing")
def host_span_start(vm: Vm, kind: str, name: str) -> int | None:
    """Open a span and give its id; nil while tracing is off."""
    span = Tracing.begin(vm, kind, name)
    return None if span is None else span.span_id


@builtin("__host_span_end(span_id?: int) -> nil", area="tracing")
def host_span_end(vm: Vm, span_id: int | None = None) -> None:
    """Close the innermost open span if it is this one."""
    span = None if span_id is None else vm.service(Tracing).current()
    if span is not None and span.span_id == span_id:
        Tracing.end(vm, span)
