"""Timers, traces that log lines name, spans (docs/reference/builtins.md 14.2, more.md 4)."""

from __future__ import annotations

from harnlite.builtins.logs import LogState, Trace, log_line
from harnlite.builtins.registry import builtin
from harnlite.builtins.tracing import Tracing
from harnlite.values.display import display
from harnlite.values.errors import thrown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from harnlite.vm.machine import Vm


def _now(vm: Vm) -> int:
    return int(vm.clock.now_ms())


@builtin("timer_start(name?: any) -> dict", area="traces", loose=True)
def timer_start(vm: Vm, name: Any = "default") -> dict[str, Any]:
    """Start a timer; give it to ``timer_end``. Timers run in real time, also under a mocked clock."""
    return {"name": display(name), "start_ms": vm.host.wall_ms()}


def _started(name: str, value: Any, what: str) -> int:
    start = value.get("start_ms") if type(value) is dict else None
    if type(start) is not int:
        raise thrown(f"{name}: argument must be a {what} dict from {what}_start")
    return start


@builtin("timer_end(timer?: any) -> int", area="traces", loose=True)
def timer_end(vm: Vm, timer: Any = None) -> int:
    """Write how long a timer ran, after all other output of the run, and give the milliseconds."""
    elapsed = vm.host.wall_ms() - _started("timer_end", timer, "timer")
    vm.print(f"[timer] {display(timer.get('name'))}: {elapsed}ms\n", late=True)
    return elapsed


@builtin("trace_start(name?: any) -> dict", area="traces", loose=True)
def trace_start(vm: Vm, name: Any = "trace") -> dict[str, Any]:
    """Open a trace; log lines name it until ``trace_end``."""
    traces: list[Trace] = vm.service(LogState).traces
    trace_id = traces[-1].trace_id if traces else f"trace_{vm.host.uuid7()}"
    trace = Trace(display(name), trace_id, f"span_{vm.host.uuid7()}", _now(vm))
    traces.append(trace)
    return trace._asdict()


@builtin("trace_end(trace?: any) -> nil", area="traces", loose=True)
def trace_end(vm: Vm, trace: Any = None) -> None:
    """Write a log line with a trace's length, after all other output, and close it; an unknown one is only written."""
    elapsed = _now(vm) - _started("trace_end", trace, "trace")
    vm.print(log_line(vm, "info", "trace_end", {"duration_ms": elapsed, "name": trace.get("name")}), late=True)
    state = vm.service(LogState)
    state.traces = [open_trace for open_trace in state.traces if open_trace.span_id != trace.get("span_id")]


@builtin("trace_id() -> string | nil", area="traces", loose=True)
def trace_id(vm: Vm) -> str | None:
    """The id of the innermost open trace."""
    traces: list[Trace] = vm.service(LogState).traces
    return traces[-1].trace_id if traces else None


@builtin("enable_tracing(on?: bool) -> nil", area="traces")
def enable_tracing(vm: Vm, on: bool | None = True) -> None:
    """Record spans from now on, forgetting earlier ones; ``false`` stops and keeps them."""
    vm.service(Tracing).enable(on is not False)


@builtin("trace_spans() -> list", area="traces")
def trace_spans(vm: Vm) -> list[dict[str, Any]]:
    """The recorded spans in order of their ending."""
    return [span.as_value() for span in vm.service(Tracing).finished]


@builtin("trace_summary() -> string", area="traces")
def trace_summary(vm: Vm) -> str:
    """The recorded spans as an indented text with their times."""
    return vm.service(Tracing).summary()
