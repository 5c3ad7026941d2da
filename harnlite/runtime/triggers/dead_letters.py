"""Events that could not be handled: their entries, and which of them are still pending.

Pure; the entries live in the topic ``trigger.dlq`` as ``dlq_entry`` records, the last one of an id counts
(docs/reference/runtime.md 2.4 and 2.6).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from harnlite.runtime.event_log.port import StoredEvent
from harnlite.runtime.triggers.records import Delivery

__all__ = ["ENTRY_KIND", "DeadLetterFold", "classify_error", "new_entry", "with_replay"]

ENTRY_KIND = "dlq_entry"

#: The first class one of whose words is in the error's text.
_CLASSES = (
    ("budget_exhausted", ("budget",)),
    ("handler_timeout", ("timeout", "timed out", "deadline")),
    ("auth_failed", ("unauthorized", "forbidden", "authentication", "401", "403")),
    ("provider_5xx", ("5xx", "500", "502", "503", "504", "server error")),
    ("predicate_panic", ("predicate",)),
    ("handler_panic", ("panic", "runtime error", "type error")),
)


def classify_error(error: str) -> str:
    """Give the class of an error by its text."""
    text = error.lower()
    return next((name for name, words in _CLASSES if any(word in text for word in words)), "unknown")


def new_entry(delivery: Delivery, entry_id: str, error: str, at: str) -> dict[str, Any]:
    """Make the entry of an event whose attempts are used up; the history counts dispatches, not attempts.

    :param at: when, RFC 3339.
    """
    return {
        "binding_id": delivery.binding.id,
        "binding_version": delivery.binding.version,
        "error": error,
        "error_class": classify_error(error),
        "event": delivery.envelope,
        "event_id": delivery.event_id,
        "id": entry_id,
        "kind": delivery.envelope["kind"],
        "provider": delivery.envelope["provider"],
        "retry_history": [_history_item(1, at, "dlq", error)],
        "state": "pending",
    }


def with_replay(entry: dict[str, Any], at: str, error: str | None) -> dict[str, Any]:
    """Give an entry after a replay: settled when it went well, with another failure in its history when not."""
    history = list(entry.get("retry_history") or [])
    number = len(history) + 1
    if error is None:
        history.append(_history_item(number, at, "replay_succeeded", None))
        return {**entry, "retry_history": history, "state": "resolved"}
    history.append(_history_item(number, at, "replay_dlq", error))
    return {**entry, "error": error, "error_class": classify_error(error), "retry_history": history}


def _history_item(attempt: int, at: str, status: str, error: str | None) -> dict[str, Any]:
    return {"at": at, "attempt": attempt, "error": error, "status": status}


class DeadLetterFold:
    """The entries by id, fed from the topic."""

    def __init__(self) -> None:
        #: The number of the last record fed.
        self.cursor = 0
        self._entries: dict[str, dict[str, Any]] = {}

    def feed(self, events: Iterable[StoredEvent]) -> None:
        """Take further records."""
        for event in events:
            self.cursor = event.event_id
            payload = event.payload
            if event.kind == ENTRY_KIND and isinstance(payload, dict) and isinstance(payload.get("id"), str):
                self._entries[payload["id"]] = payload

    def pending(self) -> list[dict[str, Any]]:
        """Give the entries that nothing has settled, oldest first."""
        return [entry for entry in self._entries.values() if entry.get("state") == "pending"]

    def pending_for(self, binding_id: str, event_id: str) -> dict[str, Any] | None:
        """Give the pending entry of an event at a binding, if there is one."""
        for entry in self.pending():
            if entry.get("binding_id") == binding_id and entry.get("event_id") == event_id:
                return entry
        return None
