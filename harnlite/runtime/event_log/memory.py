"""The event log in memory: the default of an embedding program and of tests. It ends with the process."""

from __future__ import annotations

from harnlite.runtime.event_log.port import (
    DEFAULT_LIMIT,
    CompactReport,
    EventLog,
    EventLogError,
    IdempotentAppend,
    LogEvent,
    StoredEvent,
    check_consumer,
    check_topic,
    payload_text,
)
from harnlite.runtime.event_log.provenance import RECORD_HASH, seal

__all__ = ["MemoryEventLog"]


class _Topic:
    """Records in order without gaps; ``last_id`` outlives compaction."""

    __slots__ = ("events", "idempotent", "last_hash", "last_id")

    def __init__(self) -> None:
        self.events: list[StoredEvent] = []
        self.last_id = 0
        self.last_hash: str | None = None
        self.idempotent: dict[tuple[str, str], StoredEvent] = {}


class MemoryEventLog(EventLog):
    """A log that lives as long as the object."""

    shared = False

    def __init__(self) -> None:
        super().__init__()
        self._topics: dict[str, _Topic] = {}
        self._cursors: dict[tuple[str, str], int] = {}
        self._appended = 0

    def append(self, topic: str, event: LogEvent) -> int:
        """See :meth:`EventLog.append`."""
        return self._store(topic, event).event_id

    def append_idempotent_by_header(self, topic: str, header: str, value: str, event: LogEvent) -> IdempotentAppend:
        """See :meth:`EventLog.append_idempotent_by_header`."""
        check_topic(topic)
        if not header:
            raise EventLogError("idempotent append header cannot be empty")
        key = (header, value)
        known = self._topics.get(topic)
        if known is not None and key in known.idempotent:
            return IdempotentAppend(known.idempotent[key], inserted=False)
        stored = self._store(topic, event._replace(headers={**event.headers, header: value}))
        self._topics[topic].idempotent[key] = stored
        return IdempotentAppend(stored, inserted=True)

    def read_range(self, topic: str, after: int | None = None, limit: int = DEFAULT_LIMIT) -> list[StoredEvent]:
        """See :meth:`EventLog.read_range`."""
        check_topic(topic)
        known = self._topics.get(topic)
        if known is None or not known.events:
            return []
        start = max(0, (after or 0) + 1 - known.events[0].event_id)
        return known.events[start : start + limit]

    def latest(self, topic: str) -> int | None:
        """See :meth:`EventLog.latest`."""
        check_topic(topic)
        known = self._topics.get(topic)
        return None if known is None else known.last_id

    def topics(self) -> list[str]:
        """See :meth:`EventLog.topics`."""
        return sorted(self._topics)

    def ack(self, topic: str, consumer: str, up_to: int) -> None:
        """See :meth:`EventLog.ack`."""
        check_topic(topic)
        check_consumer(consumer)
        self._cursors[topic, consumer] = up_to

    def consumer_cursor(self, topic: str, consumer: str) -> int | None:
        """See :meth:`EventLog.consumer_cursor`."""
        check_topic(topic)
        check_consumer(consumer)
        return self._cursors.get((topic, consumer))

    def compact(self, topic: str, before: int) -> CompactReport:
        """See :meth:`EventLog.compact`."""
        check_topic(topic)
        known = self._topics.get(topic)
        if known is None:
            return CompactReport(0, 0, None, checkpointed=False)
        kept = [event for event in known.events if event.event_id > before]
        removed = len(known.events) - len(kept)
        known.events = kept
        known.idempotent = {key: event for key, event in known.idempotent.items() if event.event_id > before}
        return CompactReport(removed, len(kept), known.last_id, checkpointed=False)

    def flush(self) -> None:
        """See :meth:`EventLog.flush`; memory has no durable place."""

    def close(self) -> None:
        """See :meth:`EventLog.close`; there is no file."""

    def revision(self) -> object:
        """See :meth:`EventLog.revision`."""
        return self._appended or None

    def _store(self, topic: str, event: LogEvent) -> StoredEvent:
        check_topic(topic)
        payload = payload_text(event)
        known = self._topics.get(topic)
        if known is None:
            known = self._topics[topic] = _Topic()
        event_id = known.last_id + 1
        headers = seal(
            topic, event_id, event.kind, payload, event.headers, event.occurred_at_ms, known.last_hash
        ).headers
        stored = StoredEvent(topic, event_id, event.kind, event.payload, headers, event.occurred_at_ms)
        known.events.append(stored)
        known.last_id = event_id
        known.last_hash = headers[RECORD_HASH]
        self._appended += 1
        self._announce(stored)
        return stored
