"""Structured log lines: log_debug … log_error, log_json, log_set_level (docs/reference/builtins.md 4)."""

from __future__ import annotations

import datetime

from harnlite.builtins.registry import builtin
from harnlite.records import NamedTuple
from harnlite.values.display import display
from harnlite.values.errors import thrown
from harnlite.values.json_text import float_text, quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from harnlite.vm.machine import Vm

_LEVELS: Final = ("debug", "info", "warn", "error")


class Trace(NamedTuple):
    """What ``trace_start`` opened."""

    name: str
    trace_id: str
    span_id: str
    start_ms: int


class LogState:
    """The lowest level that is written (``debug`` until a script sets another) and the traces that are open."""

    def __init__(self, vm: Vm) -> None:
        del vm
        self.threshold = 0
        self.traces: list[Trace] = []


def field_text(value: Any) -> str:
    """A field's value as JSON; what is no plain value becomes its quoted display text."""
    kind = type(value)
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return repr(value)
    if kind is float:
        return float_text(value)
    return quote(display(value))


def stamp(vm: Vm) -> str:
    """The wall clock as ``2024-01-15T10:30:00.000Z``."""
    milliseconds = int(vm.clock.now_ms())
    try:
        moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=milliseconds)
    except OverflowError:  # a mocked clock may stand anywhere
        return f"{milliseconds}ms"
    return moment.isoformat(timespec="milliseconds") + "Z"


def log_line(vm: Vm, level: str, message: str, fields: Any) -> str:
    """One log line: fixed keys first, then the fields in key order."""
    parts = [f'"ts":{quote(stamp(vm))}', f'"level":"{level}"', f'"msg":{quote(message)}']
    traces = vm.service(LogState).traces
    if traces:
        current = traces[-1]
        parts += [f'"trace_id":{quote(current.trace_id)}', f'"span_id":{quote(current.span_id)}']
    if type(fields) is dict:
        parts += [f"{quote(key)}:{field_text(fields[key])}" for key in sorted(fields)]
    return "{" + ",".join(parts) + "}\n"


def _log(vm: Vm, level: str, message: Any, fields: Any) -> None:
    if _LEVELS.index(level) >= vm.service(LogState).threshold:
        vm.print(log_line(vm, level, display(message), fields))


@builtin("log_debug(message: any, fields?: dict) -> nil", area="logs")
def log_debug(vm: Vm, message: Any, fields: Any = None) -> None:
    """Write a JSON log line of level debug."""
    _log(vm, "debug", message, fields)


@builtin("log_info(message: any, fields?: dict) -> nil", area="logs")
def log_info(vm: Vm, message: Any, fields: Any = None) -> None:
    """Write a JSON log line of level info."""
    _log(vm, "info", message, fields)


@builtin("log_warn(message: any, fields?: dict) -> nil", area="logs")
def log_warn(vm: Vm, message: Any, fields: Any = None) -> None:
    """Write a JSON log line of level warn."""
    _log(vm, "warn", message, fields)


@builtin("log_error(message: any, fields?: dict) -> nil", area="logs")
def log_error(vm: Vm, message: Any, fields: Any = None) -> None:
    """Write a JSON log line of level error."""
    _log(vm, "error", message, fields)


@builtin("log_set_level(level: string) -> nil", area="logs")
def log_set_level(vm: Vm, level: str) -> None:
    """Drop log lines below this level."""
    if level not in _LEVELS:
        raise thrown(f"log_set_level: invalid level '{level}'. Expected debug, info, warn, or error")
    vm.service(LogState).threshold = _LEVELS.index(level)


@builtin("log_json(key: any, value?: any) -> nil", area="logs")
def log_json(vm: Vm, key: Any, value: Any = None) -> None:
    """Write a JSON line with a time, a key and a value."""
    vm.print(f'{{"ts":{quote(stamp(vm))},"key":{quote(display(key))},"value":{field_text(value)}}}\n')
