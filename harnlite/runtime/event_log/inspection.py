"""Looking at a log from outside a run: summaries, texts, JSON, checking the chains.

Takes a log, gives plain data and text for the command line. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from harnlite.runtime.event_log.canonical import canonical_json
from harnlite.runtime.event_log.port import EventLog, StoredEvent
from harnlite.runtime.event_log.provenance import ChainFault, verify_chain
from harnlite.runtime.rfc3339 import rfc3339

__all__ = ["TopicSummary", "event_json", "event_line", "find_faults", "read_topics", "summarise_topics"]

#: Records read at once, so that a large topic never lies in memory whole.
_PAGE = 1000
_PROVENANCE = "harn.provenance."


class TopicSummary(NamedTuple):
    """A topic at a glance.

    :param records: how many there are now.
    :param latest: the last number given out.
    :param first_at_ms: when the first and the last record that are there happened, or None.
    """

    topic: str
    records: int
    latest: int
    first_at_ms: int | None
    last_at_ms: int | None


def read_topics(log: EventLog, topics: Iterable[str], after: int = 0) -> Iterator[StoredEvent]:
    """Give the records of topics one after the other, page by page."""
    for topic in topics:
        cursor = after
        while page := log.read_range(topic, cursor, _PAGE):
            yield from page
            cursor = page[-1].event_id


def summarise_topics(log: EventLog) -> list[TopicSummary]:
    """Give every topic at a glance."""
    summaries = []
    for topic in log.topics():
        records, first, last = 0, None, None
        for event in read_topics(log, [topic]):
            records += 1
            first = event.occurred_at_ms if first is None else first
            last = event.occurred_at_ms
        summaries.append(TopicSummary(topic, records, log.latest(topic) or 0, first, last))
    return summaries


def find_faults(log: EventLog, topics: Iterable[str]) -> Iterator[ChainFault]:
    """Check the hash chain of each topic."""
    for topic in topics:
        yield from verify_chain(read_topics(log, [topic]))


def event_line(event: StoredEvent) -> str:
    """Give a record as one line for people: number, time, kind, its own headers, payload."""
    own = {name: value for name, value in event.headers.items() if not name.startswith(_PROVENANCE)}
    headers = f" {canonical_json(own)}" if own else ""
    return f"{event.event_id} {rfc3339(event.occurred_at_ms)} {event.kind}{headers} {canonical_json(event.payload)}"


def event_json(event: StoredEvent) -> dict[str, Any]:
    """Give a record as a JSON object, with nothing left out."""
    return event._asdict()
