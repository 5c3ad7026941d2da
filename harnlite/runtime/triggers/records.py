"""What dispatching writes to the event log: one function per topic (docs/reference/runtime.md 1.6 and 2.4).

Takes bindings, envelopes and outcomes; gives records. Decides nothing.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from harnlite.runtime.event_log.service import EventLogService
from harnlite.runtime.inbox import OUTBOX_TOPIC
from harnlite.runtime.triggers.binding import Binding

__all__ = [
    "ACTION_GRAPH_TOPIC",
    "DEAD_LETTER_TOPIC",
    "EVENTS_TOPIC",
    "LIFECYCLE_TOPIC",
    "Delivery",
    "TriggerRecords",
]

LIFECYCLE_TOPIC = "triggers.lifecycle"
EVENTS_TOPIC = "triggers.events"
ATTEMPTS_TOPIC = "trigger.attempts"
DEAD_LETTER_TOPIC = "trigger.dlq"
ACTION_GRAPH_TOPIC = "observability.action_graph"


class Delivery(NamedTuple):
    """One event on its way to one binding.

    :param envelope: the event, in JSON form.
    :param replay_of: the id of the event that is replayed, or None.
    """

    binding: Binding
    envelope: dict[str, Any]
    replay_of: str | None

    @property
    def event_id(self) -> str:
        """The event's id."""
        return str(self.envelope["id"])

    def headers(self) -> dict[str, str]:
        """Give the headers that every record about the delivery carries."""
        envelope = self.envelope
        headers = {
            "binding_key": self.binding.key,
            "event_id": self.event_id,
            "kind": envelope["kind"],
            "provider": envelope["provider"],
            "trace_id": envelope["trace_id"],
            "trigger_id": self.binding.id,
        }
        if self.replay_of is not None:
            headers["replay_of_event_id"] = self.replay_of
        return headers


class TriggerRecords:
    """The writer of dispatch records.

    :param logs: the run's event log.
    """

    def __init__(self, logs: EventLogService) -> None:
        self._logs = logs

    def transition(self, binding: Binding, from_state: str | None) -> None:
        """A binding has changed its state."""
        payload = {
            "definition_fingerprint": binding.fingerprint,
            "from_state": from_state,
            "handler_kind": binding.handler.kind,
            "id": binding.id,
            "kind": binding.kind,
            "provider": binding.provider,
            "source": binding.source,
            "to_state": binding.state,
            "version": binding.version,
        }
        headers = {"binding_key": binding.key, "trigger_id": binding.id}
        self._logs.append(LIFECYCLE_TOPIC, "state_transition", payload, headers)

    def event(self, delivery: Delivery) -> None:
        """An event was fired or replayed."""
        payload = {
            "binding_version": delivery.binding.version,
            "event": delivery.envelope,
            "replay_of_event_id": delivery.replay_of,
            "trigger_id": delivery.binding.id,
        }
        self._logs.append(EVENTS_TOPIC, "trigger_event", payload, delivery.headers())

    def lifecycle(self, kind: str, delivery: Delivery, attempt: int, **details: Any) -> None:
        """A step of a dispatch, for people who watch: ``DispatchStarted`` and so on."""
        payload = {
            "attempt": attempt,
            "binding_key": delivery.binding.key,
            "event_id": delivery.event_id,
            "handler_kind": delivery.binding.handler.kind,
            "replay_of_event_id": delivery.replay_of,
            "trigger_id": delivery.binding.id,
            **details,
        }
        self._logs.append(LIFECYCLE_TOPIC, kind, payload, delivery.headers())

    def outbox(self, kind: str, delivery: Delivery, attempt: int, **details: Any) -> None:
        """A step of a dispatch, for who settles events: any of them takes the event out of the inbox."""
        handler = delivery.binding.handler
        payload = {
            "attempt": attempt,
            "binding_key": delivery.binding.key,
            "event_id": delivery.event_id,
            "handler_kind": handler.kind,
            "replay_of_event_id": delivery.replay_of,
            "target_uri": handler.target_uri,
            "trigger_id": delivery.binding.id,
            **details,
        }
        headers = {**delivery.headers(), "attempt": str(attempt), "handler_kind": handler.kind}
        self._logs.append(OUTBOX_TOPIC, kind, payload, headers)

    def attempt(self, kind: str, delivery: Delivery, attempt: int, **details: Any) -> None:
        """How an attempt ended, or when the next one is due."""
        payload = {
            "attempt": attempt,
            "binding_key": delivery.binding.key,
            "event_id": delivery.event_id,
            "trigger_id": delivery.binding.id,
            **details,
        }
        self._logs.append(ATTEMPTS_TOPIC, kind, payload, {**delivery.headers(), "attempt": str(attempt)})

    def dead_letter(self, kind: str, delivery: Delivery, payload: dict[str, Any]) -> None:
        """An event could not be handled."""
        self._logs.append(DEAD_LETTER_TOPIC, kind, payload, delivery.headers())

    def action_graph(self, delivery: Delivery, status: str) -> None:
        """What caused what: the event, the binding it reached, and the outcome."""
        binding, envelope = delivery.binding, delivery.envelope
        trigger, dispatch = f"trigger:{delivery.event_id}", f"dispatch:{binding.key}:{delivery.event_id}"
        payload = {
            "edges": [{"from": trigger, "kind": "dispatches", "to": dispatch}],
            "nodes": [
                {"id": trigger, "kind": "trigger", "label": f"{envelope['provider']}:{envelope['kind']}"},
                {"id": dispatch, "kind": binding.handler.kind, "label": binding.key, "status": status},
            ],
            "trace_id": envelope["trace_id"],
        }
        self._logs.append(ACTION_GRAPH_TOPIC, "action_graph_update", payload, delivery.headers())
