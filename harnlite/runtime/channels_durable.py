"""Durable channels: named, scoped topics of the event log whose records fan out to triggers.

Takes a name, a payload and options; gives receipts. Not the in-memory ``channel()`` of tasks
(docs/reference/runtime.md 2.8).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from harnlite.runtime.event_log.memory import MemoryEventLog
from harnlite.runtime.event_log.port import EventLog, IdempotentAppend, StoredEvent, sanitize_component
from harnlite.runtime.event_log.service import EventLogService
from harnlite.runtime.mutation_session import MutationSessions
from harnlite.runtime.rfc3339 import rfc3339
from harnlite.runtime.triggers.binding import Binding
from harnlite.runtime.triggers.envelope import make_envelope
from harnlite.runtime.triggers.records import Delivery
from harnlite.runtime.triggers.service import TriggerService
from harnlite.values.errors import runtime_error
from harnlite.values.json_form import from_json_form, to_json_form

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["DurableChannels"]

EMIT_KIND = "channel.emit"
AUDIT_TOPIC = "lifecycle.channel.audit"
#: Makes an emission with an id happen once.
_ID_HEADER = "channel_event_id"
_SCOPES = ("tenant", "session", "pipeline", "org")


@frozen
class _Channel:
    """A channel by its resolved name."""

    name: str
    scope: str
    scope_id: str

    @property
    def resolved(self) -> str:
        return f"{self.scope}:{self.scope_id}:{self.name}"

    @property
    def topic(self) -> str:
        return ".".join(("channels", self.scope, sanitize_component(self.scope_id), sanitize_component(self.name)))

    @property
    def selectors(self) -> frozenset[str]:
        """What a trigger may write in ``match.events`` to hear of the channel."""
        return frozenset({f"channel:{self.scope}:{self.name}", f"channel:{self.resolved}"})


class DurableChannels:
    """The durable channels of one VM."""

    def __init__(self, vm: Vm) -> None:
        self._vm = vm
        self._logs = vm.service(EventLogService)
        #: Channels of a session live no longer than the run.
        self._session_log = MemoryEventLog()

    def emit(self, name: str, payload: Any, options: dict[str, Any]) -> dict[str, Any]:
        """Append to a channel and let its triggers run; gives the receipt.

        :param payload: a guest value.
        :param options: ``scope``, ``scope_id``, ``id``, ``ttl_ms``, ``tenant_id``, ``session_id``.
        :raises GuestError: bad options, or the log cannot be written to.
        """
        channel = self._channel(name, options)
        given_id = options.get("id")
        text_id = given_id if isinstance(given_id, str) and given_id else f"channel_evt_{self._vm.host.uuid7()}"
        emission = {
            "emitted_at": rfc3339(self._vm.clock.now_ms()),
            "emitted_by": self._vm.task.id,
            "id": text_id,
            "name": channel.resolved,
            "payload": to_json_form(payload),
            "pipeline_id": MutationSessions.current_pipeline_id(self._vm),
            "retention": to_json_form(options.get("retention")),
            "scope": channel.scope,
            "scope_id": channel.scope_id,
            "session_id": _text(options.get("session_id")),
            "tenant_id": _text(options.get("tenant_id")),
            "ttl_ms": options.get("ttl_ms") if type(options.get("ttl_ms")) is int else None,
        }
        headers = {"channel": channel.resolved, _ID_HEADER: text_id}
        done = self._append(channel, text_id, emission, headers)
        receipt = _receipt(channel, done)
        if done.inserted:
            self._logs.append_if_active(AUDIT_TOPIC, "channel_emit", to_json_form(receipt), headers)
            self._fan_out(channel, done.event)
        return receipt

    def events(self, name: str, options: dict[str, Any]) -> list[dict[str, Any]]:
        """Give what was emitted on a channel, oldest first."""
        channel = self._channel(name, options)
        log = self._log_of(channel)
        stored = self._logs.patiently(lambda: log.read_range(channel.topic))
        return [_emission(channel, event) for event in stored if event.kind == EMIT_KIND]

    def _append(
        self, channel: _Channel, text_id: str, emission: dict[str, Any], headers: dict[str, str]
    ) -> IdempotentAppend:
        log, event = self._log_of(channel), self._logs.stamp(EMIT_KIND, emission, headers)
        return self._logs.patiently(lambda: log.append_idempotent_by_header(channel.topic, _ID_HEADER, text_id, event))

    def _fan_out(self, channel: _Channel, event: StoredEvent) -> None:
        """Dispatch to every trigger that names the channel; a handler's failure is the trigger's, not the emitter's."""
        if not self._vm.has_service(TriggerService):
            return
        triggers = self._vm.service(TriggerService)
        for binding in triggers.bindings():
            if _subscribes(binding, channel):
                envelope = make_envelope(
                    {
                        "dedupe_key": f"{channel.resolved}:{event.payload['id']}",
                        "id": event.payload["id"],
                        "kind": EMIT_KIND,
                        "provider": "channel",
                        "provider_payload": {"provider": "channel", "cursor": event.event_id, **event.payload},
                        "tenant_id": event.payload["tenant_id"],
                    },
                    rfc3339(self._vm.clock.now_ms()),
                    self._vm.host.uuid7,
                )
                triggers.deliver(Delivery(binding, envelope, None))

    def _log_of(self, channel: _Channel) -> EventLog:
        return self._session_log if channel.scope == "session" else self._logs.ensure()

    def _channel(self, name: str, options: dict[str, Any]) -> _Channel:
        if not name.strip():
            raise runtime_error("emit_channel: channel name cannot be empty")
        scope = options.get("scope", "tenant")
        if scope not in _SCOPES:
            raise runtime_error(f"emit_channel: unsupported scope '{scope}'; expected one of {', '.join(_SCOPES)}")
        default = {
            "tenant": _text(options.get("tenant_id")) or "default",
            "session": _text(options.get("session_id")) or self._vm.task.id,
            "pipeline": MutationSessions.current_pipeline_id(self._vm) or "default",
            "org": "default",
        }[scope]
        return _Channel(name, scope, _text(options.get("scope_id")) or default)


def _subscribes(binding: Binding, channel: _Channel) -> bool:
    return (
        binding.provider == "channel"
        and binding.state == "active"
        and any(selector in channel.selectors for selector in binding.events)
    )


def _emission(channel: _Channel, event: StoredEvent) -> dict[str, Any]:
    emission = from_json_form(event.payload) if isinstance(event.payload, dict) else {}
    return {
        **emission,
        "cursor": event.event_id,
        "event_id": event.event_id,
        "name_resolved": channel.resolved,
        "topic": event.topic,
    }


def _receipt(channel: _Channel, done: IdempotentAppend) -> dict[str, Any]:
    return {**_emission(channel, done.event), "duplicate": not done.inserted, "inserted": done.inserted}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
