"""What every event log promises, asked of each adapter."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harnlite.runtime.event_log.memory import MemoryEventLog
from harnlite.runtime.event_log.port import CompactReport, EventLog, EventLogError, LogEvent
from harnlite.runtime.event_log.provenance import PREVIOUS_HASH, RECORD_HASH, SCHEMA, SCHEMA_NAME, verify_chain
from harnlite.runtime.event_log.sqlite import SqliteEventLog


@pytest.fixture(params=["memory", "sqlite"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EventLog]:
    made: EventLog = (
        MemoryEventLog() if request.param == "memory" else SqliteEventLog(str(tmp_path / "s" / "events.sqlite"))
    )
    yield made
    made.close()


def note(number: int, **headers: str) -> LogEvent:
    return LogEvent("note", {"n": number}, headers, 1000 + number)


def numbers(log: EventLog, topic: str, after: int | None = None, limit: int = 99) -> list[int]:
    return [event.event_id for event in log.read_range(topic, after, limit)]


def test_unknown_topic(log: EventLog) -> None:
    assert log.read_range("none") == []
    assert log.latest("none") is None
    assert log.topics() == []
    assert log.consumer_cursor("none", "me") is None
    assert log.compact("none", 5) == CompactReport(0, 0, None, checkpointed=False)


def test_numbers_count_per_topic(log: EventLog) -> None:
    assert [log.append("a", note(1)), log.append("b", note(2)), log.append("a", note(3))] == [1, 1, 2]
    assert (log.latest("a"), log.latest("b")) == (2, 1)
    assert log.topics() == ["a", "b"]


def test_read_range_is_strictly_after(log: EventLog) -> None:
    for number in range(5):
        log.append("t", note(number))
    assert numbers(log, "t") == [1, 2, 3, 4, 5]
    assert numbers(log, "t", 0) == [1, 2, 3, 4, 5]
    assert numbers(log, "t", 2, 2) == [3, 4]
    assert numbers(log, "t", 5) == []
    assert numbers(log, "t", 99) == []


def test_record_comes_back_as_given(log: EventLog) -> None:
    payload = {"b": [1, 2.5, None, True], "a": 'é\n"\x01\U0001f600', "c": {"deep": [[]]}}
    log.append("t", LogEvent("kind of é", payload, {"h": "ü"}, 77))
    [event] = log.read_range("t")
    assert (event.topic, event.event_id, event.kind, event.payload, event.occurred_at_ms) == (
        "t",
        1,
        "kind of é",
        payload,
        77,
    )
    assert event.headers["h"] == "ü"
    assert event.headers[SCHEMA] == SCHEMA_NAME


def test_records_are_chained(log: EventLog) -> None:
    for number in range(3):
        log.append("t", note(number))
    first, second, third = log.read_range("t")
    assert PREVIOUS_HASH not in first.headers
    assert second.headers[PREVIOUS_HASH] == first.headers[RECORD_HASH]
    assert third.headers[PREVIOUS_HASH] == second.headers[RECORD_HASH]
    assert list(verify_chain([first, second, third])) == []


def test_writers_cannot_forge_provenance(log: EventLog) -> None:
    log.append("t", LogEvent("k", None, {RECORD_HASH: "x", PREVIOUS_HASH: "y", SCHEMA: "z"}, 1))
    [event] = log.read_range("t")
    assert PREVIOUS_HASH not in event.headers
    assert event.headers[SCHEMA] == SCHEMA_NAME
    assert list(verify_chain([event])) == []


@pytest.mark.parametrize(
    ("topic", "message"),
    [
        ("", "event_log: topic cannot be empty"),
        ("bad topic!", "event_log: topic 'bad topic!' contains unsupported characters"),
        ("a\n", "event_log: topic 'a\n' contains unsupported characters"),
        ("é", "event_log: topic 'é' contains unsupported characters"),
    ],
)
def test_bad_topics(log: EventLog, topic: str, message: str) -> None:
    for operation in (
        lambda: log.append(topic, note(1)),
        lambda: log.append_idempotent_by_header(topic, "h", "v", note(1)),
        lambda: log.read_range(topic),
        lambda: log.latest(topic),
        lambda: log.ack(topic, "c", 1),
        lambda: log.consumer_cursor(topic, "c"),
        lambda: log.compact(topic, 1),
    ):
        with pytest.raises(EventLogError) as caught:
            operation()
        assert str(caught.value) == message


def test_payload_must_be_json_and_leaves_no_trace(log: EventLog) -> None:
    with pytest.raises(EventLogError, match="payload is not JSON"):
        log.append("t", LogEvent("k", object(), {}, 1))
    assert log.latest("t") is None


def test_idempotent_append(log: EventLog) -> None:
    first = log.append_idempotent_by_header("t", "key", "one", note(1))
    again = log.append_idempotent_by_header("t", "key", "one", note(2))
    other = log.append_idempotent_by_header("t", "key", "two", note(3))
    elsewhere = log.append_idempotent_by_header("u", "key", "one", note(4))
    assert [done.inserted for done in (first, again, other, elsewhere)] == [True, False, True, True]
    assert again.event == first.event
    assert first.event.headers["key"] == "one"
    assert numbers(log, "t") == [1, 2]
    with pytest.raises(EventLogError, match="idempotent append header cannot be empty"):
        log.append_idempotent_by_header("t", "", "x", note(5))


def test_consumers(log: EventLog) -> None:
    log.ack("t", "me", 7)
    log.ack("t", "me", 3)
    log.ack("t", "you", 1)
    assert (log.consumer_cursor("t", "me"), log.consumer_cursor("t", "you"), log.consumer_cursor("u", "me")) == (
        3,
        1,
        None,
    )
    with pytest.raises(EventLogError, match="consumer id cannot be empty"):
        log.ack("t", " ", 1)


def test_compact_never_reuses_numbers(log: EventLog) -> None:
    for number in range(4):
        log.append("t", note(number))
    log.append_idempotent_by_header("t", "key", "v", note(9))
    report = log.compact("t", 2)
    assert (report.removed, report.remaining, report.latest) == (2, 3, 5)
    assert numbers(log, "t") == [3, 4, 5]
    assert numbers(log, "t", 1) == [3, 4, 5]
    assert log.compact("t", 100).remaining == 0
    assert log.latest("t") == 5
    assert log.append_idempotent_by_header("t", "key", "v", note(10)).inserted
    assert log.append("t", note(11)) == 7
    assert list(verify_chain(log.read_range("t"))) == []


def test_listeners_hear_of_their_topic_only(log: EventLog) -> None:
    heard: list[str] = []
    stop = log.listen("t", lambda: heard.append("t"))
    log.append("t", note(1))
    log.append("u", note(2))
    log.append_idempotent_by_header("t", "k", "v", note(3))
    log.append_idempotent_by_header("t", "k", "v", note(4))
    stop()
    log.append("t", note(5))
    assert heard == ["t", "t"]


def test_revision_changes_with_every_append(log: EventLog) -> None:
    seen = [log.revision()]
    for number in range(3):
        log.append("t", note(number))
        seen.append(log.revision())
    assert len(set(seen)) == 4
    assert log.revision() == seen[-1]


def test_flush_keeps_everything(log: EventLog) -> None:
    log.append("t", note(1))
    log.flush()
    log.append("t", note(2))
    assert numbers(log, "t") == [1, 2]
