"""The trigger inbox: events that were taken in and that no dispatch or cancellation has settled yet.

Pure: takes records of three topics in order, gives the open items. Feeding is incremental; what is settled is
remembered as a pair of strings (docs/reference/lifecycle.md 4.2 a, runtime.md 2.7).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from harnlite.runtime.event_log.port import StoredEvent

__all__ = [
    "CANCEL_KIND",
    "CANCEL_TOPIC",
    "INBOX_TOPIC",
    "OUTBOX_TOPIC",
    "InboxFold",
    "InboxItem",
    "binding_key_for",
    "spec_summary",
]

INBOX_TOPIC = "trigger.inbox.envelopes"
OUTBOX_TOPIC = "trigger.outbox"
CANCEL_TOPIC = "trigger.cancel.requests"
CANCEL_KIND = "dispatch_cancel_requested"


class InboxItem(NamedTuple):
    """An event waiting in the inbox.

    :param binding_key: the binding it is for, or None when it is for no known one.
    :param queued_at_ms: when it was taken in, by the log.
    """

    event_id: str
    trigger_id: str | None
    binding_key: str | None
    spec_summary: str
    queued_at_ms: int

    @property
    def id(self) -> str:
        """How acknowledgements name it."""
        key = self.binding_key
        return f"trigger://{self.event_id}" if key is None else f"trigger://{key}/{self.event_id}"


class InboxFold:
    """The open items, fed from the three topics."""

    __slots__ = ("_items", "_settled", "cancel_cursor", "inbox_cursor", "outbox_cursor")

    def __init__(self) -> None:
        #: The number of the last record fed, of each topic.
        self.inbox_cursor = 0
        self.outbox_cursor = 0
        self.cancel_cursor = 0
        #: event id -> its items; most ids have one, one has as many as bindings it is for.
        self._items: dict[str, list[InboxItem]] = {}
        #: (binding key or "", event id); "" settles the event for every binding.
        self._settled: set[tuple[str, str]] = set()

    def feed_inbox(self, events: Iterable[StoredEvent]) -> None:
        """Take further records of the inbox."""
        for event in events:
            self.inbox_cursor = event.event_id
            item = _item(event) if event.kind == "event_ingested" else None
            if item is not None and not self._is_settled(item):
                self._items.setdefault(item.event_id, []).append(item)

    def feed_outbox(self, events: Iterable[StoredEvent]) -> None:
        """Take further records of the outbox; every kind settles."""
        for event in events:
            self.outbox_cursor = event.event_id
            payload = event.payload if isinstance(event.payload, dict) else {}
            self._settle(
                event.headers.get("event_id", payload.get("event_id")),
                event.headers.get("binding_key", payload.get("binding_key")),
            )

    def feed_cancellations(self, events: Iterable[StoredEvent]) -> None:
        """Take further records of the cancel requests."""
        for event in events:
            self.cancel_cursor = event.event_id
            if event.kind == CANCEL_KIND and isinstance(event.payload, dict):
                self._settle(event.payload.get("event_id"), event.payload.get("binding_key"))

    def open_items(self) -> list[InboxItem]:
        """Give the items that nothing has settled."""
        return [item for items in self._items.values() for item in items]

    def _is_settled(self, item: InboxItem) -> bool:
        settled = self._settled
        return (item.binding_key or "", item.event_id) in settled or ("", item.event_id) in settled

    def _settle(self, event_id: Any, binding_key: Any) -> None:
        if not isinstance(event_id, str):
            return
        key = binding_key if isinstance(binding_key, str) else ""
        self._settled.add((key, event_id))
        waiting = self._items.pop(event_id, [])
        kept = [item for item in waiting if key not in ("", item.binding_key or "")]
        if kept:
            self._items[event_id] = kept


def binding_key_for(trigger_id: str, version: int | None) -> str:
    """Give the key of a trigger's binding (runtime.md 2.2)."""
    return trigger_id if version is None else f"{trigger_id}@v{version}"


def spec_summary(trigger_id: Any, event: Mapping[str, Any]) -> str:
    """Say in a few words what an event is (lifecycle.md 4.2)."""
    provider, kind = _text(event.get("provider")), _text(event.get("kind"))
    spec = f"{provider}.{kind}" if provider and kind else ""
    if trigger := _text(trigger_id):
        return f"{trigger}: {spec}" if spec else trigger
    return spec or provider or kind or "trigger event"


def _item(stored: StoredEvent) -> InboxItem | None:
    payload = stored.payload
    if not isinstance(payload, dict):
        return None
    event = payload.get("event", payload)
    event_id = event.get("id") if isinstance(event, dict) else None
    if not isinstance(event_id, str):
        return None
    named = stored.headers.get("trigger_id", payload.get("trigger_id"))
    trigger_id = named if isinstance(named, str) else None
    binding_key = stored.headers.get("binding_key")
    version = payload.get("binding_version")
    if binding_key is None and trigger_id is not None and type(version) is int and version >= 0:
        binding_key = binding_key_for(trigger_id, version)
    return InboxItem(event_id, trigger_id, binding_key, spec_summary(trigger_id, event), stored.occurred_at_ms)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
