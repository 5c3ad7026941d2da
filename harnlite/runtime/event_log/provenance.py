"""Provenance: every record names the one before it by hash, so that a changed history shows.

Takes a record about to be stored and gives its headers; takes stored records and tells which do not fit. Pure;
docs/reference/runtime.md 1.1 and event-log-file.md.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from json.encoder import encode_basestring as _quote
from typing import NamedTuple

from harnlite.runtime.event_log.canonical import canonical_json
from harnlite.runtime.event_log.port import StoredEvent

__all__ = [
    "PREVIOUS_HASH",
    "RECORD_HASH",
    "SCHEMA",
    "SCHEMA_NAME",
    "ChainFault",
    "Sealed",
    "record_hash",
    "seal",
    "verify_chain",
]

SCHEMA = "harn.provenance.schema"
SCHEMA_NAME = "harn-eventlog-provenance-v1"
PREVIOUS_HASH = "harn.provenance.prev_hash"
RECORD_HASH = "harn.provenance.record_hash"


class ChainFault(NamedTuple):
    """A record that is not what was appended.

    :param topic: its topic.
    :param event_id: its number.
    :param problem: what is wrong, in words.
    """

    topic: str
    event_id: int
    problem: str


class Sealed(NamedTuple):
    """A record's headers with the provenance headers added, as a dict and as canonical JSON."""

    headers: dict[str, str]
    text: str


def record_hash(topic: str, event_id: int, kind: str, payload_text: str, headers_text: str, occurred_at_ms: int) -> str:
    """Hash one record.

    :param payload_text: the payload in canonical JSON.
    :param headers_text: all headers but the record hash itself, in canonical JSON.
    """
    text = (
        f'{{"event_id":{event_id},"headers":{headers_text},"kind":{_quote(kind)},'
        f'"occurred_at_ms":{occurred_at_ms},"payload":{payload_text},"topic":{_quote(topic)}}}'
    )
    return "sha256:" + sha256(text.encode("utf-8", "replace")).hexdigest()


def seal(
    topic: str,
    event_id: int,
    kind: str,
    payload_text: str,
    headers: Mapping[str, str],
    occurred_at_ms: int,
    previous_hash: str | None,
) -> Sealed:
    """Give a record's headers with the provenance headers added.

    :param previous_hash: the record hash of the topic's previous event; None on its first.
    """
    sealed = dict(headers)
    sealed.pop(RECORD_HASH, None)
    sealed.pop(PREVIOUS_HASH, None)
    sealed[SCHEMA] = SCHEMA_NAME
    if previous_hash is not None:
        sealed[PREVIOUS_HASH] = previous_hash
    names = sorted(sealed)
    entries = [f"{_quote(name)}:{_quote(sealed[name])}" for name in names]
    found = record_hash(topic, event_id, kind, payload_text, f"{{{','.join(entries)}}}", occurred_at_ms)
    sealed[RECORD_HASH] = found
    entries.insert(bisect(names, RECORD_HASH), f'"{RECORD_HASH}":"{found}"')
    return Sealed(sealed, f"{{{','.join(entries)}}}")


def verify_chain(events: Iterable[StoredEvent]) -> Iterator[ChainFault]:
    """Check the records of one topic in order; a compacted topic may begin with a link to a record that is gone."""
    previous: StoredEvent | None = None
    for event in events:
        headers = dict(event.headers)
        claimed = headers.pop(RECORD_HASH, None)
        actual = record_hash(
            event.topic,
            event.event_id,
            event.kind,
            canonical_json(event.payload),
            canonical_json(headers),
            event.occurred_at_ms,
        )
        if claimed is None:
            yield ChainFault(event.topic, event.event_id, "has no record hash")
        elif claimed != actual:
            yield ChainFault(event.topic, event.event_id, "does not match its record hash")
        link = headers.get(PREVIOUS_HASH)
        if previous is None:
            if event.event_id == 1 and link is not None:
                yield ChainFault(event.topic, event.event_id, "is the first record but names one before it")
        elif event.event_id != previous.event_id + 1:
            yield ChainFault(event.topic, event.event_id, f"follows record {previous.event_id}: records are missing")
        elif link != previous.headers.get(RECORD_HASH):
            yield ChainFault(event.topic, event.event_id, "does not name the record before it")
        previous = event
