"""The event log as a port: what a record is, what a log can do, and what every adapter must promise.

An operation never waits: an adapter whose store is held by another process raises :class:`LogBusyError`, and who called
decides how to be patient (``patience.py``). Knows no adapter, no VM and no clock but the record's own time stamp.
Implements docs/reference/runtime.md 1.1 and 1.2.
"""

from __future__ import annotations

import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from harnlite.runtime.event_log.canonical import canonical_json

__all__ = [
    "DEFAULT_LIMIT",
    "CompactReport",
    "EventLog",
    "EventLogError",
    "IdempotentAppend",
    "LogBusyError",
    "LogEvent",
    "StoredEvent",
    "check_consumer",
    "check_topic",
    "payload_text",
    "sanitize_component",
]

_topic_pattern = re.compile(r"[A-Za-z0-9._-]+").fullmatch
_outside_component = re.compile(r"[^A-Za-z0-9._-]")

#: Reads give at most this many records at once unless told otherwise.
DEFAULT_LIMIT = 1_000_000_000


class EventLogError(Exception):
    """An operation that cannot succeed: a bad name, an unreadable or full store. The text is meant for users."""


class LogBusyError(EventLogError):
    """Another process holds the store; the same operation may succeed in a moment."""


class LogEvent(NamedTuple):
    """A record as its writer gives it.

    :param kind: what happened.
    :param payload: a value in JSON form; it must not be changed afterwards.
    :param headers: text to text.
    :param occurred_at_ms: real wall clock, milliseconds since the epoch.
    """

    kind: str
    payload: Any
    headers: Mapping[str, str]
    occurred_at_ms: int

    @classmethod
    def now(cls, kind: str, payload: Any, headers: Mapping[str, str] | None = None) -> LogEvent:
        """Make a record stamped with the present time."""
        return cls(kind, payload, headers or {}, time.time_ns() // 1_000_000)


class StoredEvent(NamedTuple):
    """A record as it lies in the log; its headers include the provenance headers.

    :param event_id: its number in the topic, from 1.
    """

    topic: str
    event_id: int
    kind: str
    payload: Any
    headers: Mapping[str, str]
    occurred_at_ms: int


class IdempotentAppend(NamedTuple):
    """What :meth:`EventLog.append_idempotent_by_header` did.

    :param event: the new record, or the earlier one with the same header value.
    :param inserted: whether the record is new.
    """

    event: StoredEvent
    inserted: bool


class CompactReport(NamedTuple):
    """What :meth:`EventLog.compact` did.

    :param removed: records deleted.
    :param remaining: records left in the topic.
    :param latest: the last number given out, or None.
    :param checkpointed: whether the store was also folded into its main file.
    """

    removed: int
    remaining: int
    latest: int | None
    checkpointed: bool


def check_topic(topic: str) -> None:
    """Raise unless a topic is non-empty and of ASCII letters, digits, ``.``, ``_`` and ``-``."""
    if not topic:
        raise EventLogError("event_log: topic cannot be empty")
    if _topic_pattern(topic) is None:
        raise EventLogError(f"event_log: topic '{topic}' contains unsupported characters")


def check_consumer(consumer: str) -> None:
    """Raise unless a consumer's name has something besides blanks."""
    if not consumer.strip():
        raise EventLogError("event_log: consumer id cannot be empty")


def payload_text(event: LogEvent) -> str:
    """Give a record's payload in canonical JSON, or raise when it is not in JSON form."""
    try:
        return canonical_json(event.payload)
    except TypeError as problem:
        raise EventLogError(f"event_log: payload is not JSON: {problem}") from problem


def sanitize_component(name: str) -> str:
    """Make a name usable as a part of a topic: every other character becomes ``_``."""
    return _outside_component.sub("_", name)


class EventLog(ABC):
    """A log. All operations raise :class:`EventLogError` for bad names and for a store that fails."""

    def __init__(self) -> None:
        self._listeners: dict[str, list[Callable[[], None]]] = {}
        #: Told of every record that this process appends, once it is stored.
        self.observer: Callable[[StoredEvent], None] | None = None

    def begin(self) -> None:  # noqa: B027 - most adapters have nothing to do here
        """Do what comes before the first record; every append does it too."""

    @abstractmethod
    def append(self, topic: str, event: LogEvent) -> int:
        """Store a record and give its number. All or nothing, also when the process dies meanwhile."""

    @abstractmethod
    def append_idempotent_by_header(self, topic: str, header: str, value: str, event: LogEvent) -> IdempotentAppend:
        """Store a record unless this operation stored one with the same header value before.

        The header is set on the record. Raises when ``header`` is empty.
        """

    @abstractmethod
    def read_range(self, topic: str, after: int | None = None, limit: int = DEFAULT_LIMIT) -> list[StoredEvent]:
        """Give the records strictly after a number (None: from the start) in order; an unknown topic has none."""

    @abstractmethod
    def latest(self, topic: str) -> int | None:
        """Give the last number handed out in a topic, or None when it was never written."""

    @abstractmethod
    def topics(self) -> list[str]:
        """Give the names of all topics ever written, sorted."""

    @abstractmethod
    def ack(self, topic: str, consumer: str, up_to: int) -> None:
        """Remember how far a consumer has come; going back is allowed."""

    @abstractmethod
    def consumer_cursor(self, topic: str, consumer: str) -> int | None:
        """Give what :meth:`ack` remembered last, or None."""

    @abstractmethod
    def compact(self, topic: str, before: int) -> CompactReport:
        """Delete the records up to and including a number; numbers are never given out twice."""

    @abstractmethod
    def flush(self) -> None:
        """Bring what was appended to its durable place, as far as the adapter has one."""

    @abstractmethod
    def revision(self) -> object:
        """Give a token that is equal to an earlier one only if nothing was appended between, by any process.

        None as long as the log is known to be empty.
        """

    @property
    @abstractmethod
    def shared(self) -> bool:
        """Whether other processes may append too, so that a waiting subscriber has to look by itself."""

    @abstractmethod
    def close(self) -> None:
        """Release files. The log opens them again when it is used again."""

    def listen(self, topic: str, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener`` after every append of this process to a topic; gives the function that ends this."""
        listeners = self._listeners.setdefault(topic, [])
        listeners.append(listener)

        def stop() -> None:
            if listener in listeners:
                listeners.remove(listener)

        return stop

    def _announce(self, stored: StoredEvent) -> None:
        if self.observer is not None:
            self.observer(stored)
        for listener in tuple(self._listeners.get(stored.topic, ())):
            listener()
