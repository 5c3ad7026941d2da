"""The event-log builtins of scripts (docs/reference/runtime.md 1.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harnlite.builtins.registry import builtin
from harnlite.runtime.event_log.service import EventLogService
from harnlite.runtime.event_log.stream import EventStream
from harnlite.runtime.event_log.subscription import Subscription
from harnlite.values.display import type_name
from harnlite.values.errors import runtime_error, type_error
from harnlite.values.json_form import to_json_form

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm


@builtin("event_log.emit(topic: string, kind: string, payload?: any, headers?: dict) -> int", area="event log")
def emit(vm: Vm, topic: str, kind: str, payload: Any = None, headers: dict[str, Any] | None = None) -> int:
    """Append a record to a topic; the result is its number in the topic."""
    for name, value in (headers or {}).items():
        if not isinstance(value, str):
            raise type_error(f"event_log.emit: header '{name}' must be a string, got {type_name(value)}")
    return vm.service(EventLogService).append(topic, kind, to_json_form(payload), headers)


@builtin("event_log.latest(topic: string) -> int | nil", area="event log")
def latest(vm: Vm, topic: str) -> int | None:
    """The number of a topic's last record, nil when nothing was ever appended."""
    service = vm.service(EventLogService)
    log = service.ensure()
    return service.patiently(lambda: log.latest(topic))


@builtin("event_log.subscribe(topic: string | dict, from_cursor?: any) -> stream", area="event log")
def subscribe(vm: Vm, topic: str | dict[str, Any], from_cursor: Any = None) -> EventStream:
    """A stream of a topic's records after a number: first those that are there, then what is appended."""
    kind_prefix = None
    if isinstance(topic, dict):
        options = topic
        named = options.get("topic")
        if not isinstance(named, str):
            raise type_error(f"event_log.subscribe: topic must be a string, got {type_name(named)}")
        cursors = (options.get(name) for name in ("from_cursor", "cursor", "from"))
        topic, from_cursor = named, next((cursor for cursor in cursors if cursor is not None), from_cursor)
        kind_prefix = options.get("kind_prefix")
        if kind_prefix is not None and not isinstance(kind_prefix, str):
            raise type_error(f"event_log.subscribe: kind_prefix must be a string or nil, got {type_name(kind_prefix)}")
    if from_cursor is not None and (type(from_cursor) is not int or from_cursor < 0):
        raise type_error(
            f"event_log.subscribe: from_cursor must be a non-negative int or nil, got {type_name(from_cursor)}"
        )
    service = vm.service(EventLogService)
    log = service.ensure()
    # A bad topic is an error here, not at the first record.
    service.patiently(lambda: log.read_range(topic, from_cursor, 1))
    return EventStream(vm, Subscription(log, topic, from_cursor or 0, kind_prefix or "", service.queue_depth))


@builtin("event_log_emit(...arguments: any) -> int", area="event log")
def event_log_emit(_vm: Vm, *_arguments: Any) -> int:
    """Append a record from inside a connector; elsewhere an error: use ``event_log.emit``."""
    raise runtime_error("event_log_emit: no active Harn connector context")
