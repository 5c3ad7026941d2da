"""The file itself: its form is the reference runtime's, and it is opened only when it has to be."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harnlite.runtime.event_log.port import EventLogError, LogBusyError, LogEvent
from harnlite.runtime.event_log.provenance import PREVIOUS_HASH, RECORD_HASH, verify_chain
from harnlite.runtime.event_log.sqlite import SqliteEventLog
from tests.generated import examples
from tests.unit.runtime.test_canonical import VECTOR


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".harn" / "events.sqlite"


def event(number: int = 0) -> LogEvent:
    return LogEvent("k", {"b": number, "a": "é"}, {"z": "1", "a": "2"}, 42)


def test_layout(path: Path) -> None:
    log = SqliteEventLog(str(path))
    log.append("t", event())
    log.append_idempotent_by_header("t", "key", "v", event())
    log.ack("t", "me", 1)
    raw = sqlite3.connect(path)
    assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert raw.execute("PRAGMA user_version").fetchone() == (0,)
    columns = {
        table: [(row[1], row[2], row[3], row[5]) for row in raw.execute(f"PRAGMA table_info({table})")]
        for table in ("topic_heads", "events", "consumers", "event_idempotency_keys")
    }
    assert columns == {
        "topic_heads": [("topic", "TEXT", 1, 1), ("last_id", "INTEGER", 1, 0)],
        "events": [
            ("topic", "TEXT", 1, 1),
            ("event_id", "INTEGER", 1, 2),
            ("kind", "TEXT", 1, 0),
            ("payload", "BLOB", 1, 0),
            ("headers", "TEXT", 1, 0),
            ("occurred_at_ms", "INTEGER", 1, 0),
        ],
        "consumers": [
            ("topic", "TEXT", 1, 1),
            ("consumer_id", "TEXT", 1, 2),
            ("cursor", "INTEGER", 1, 0),
            ("updated_at_ms", "INTEGER", 1, 0),
        ],
        "event_idempotency_keys": [
            ("topic", "TEXT", 1, 1),
            ("key", "TEXT", 1, 2),
            ("value", "TEXT", 1, 3),
            ("event_id", "INTEGER", 1, 0),
        ],
    }
    payload, headers = raw.execute("SELECT payload, headers FROM events WHERE event_id = 1").fetchone()
    assert payload == '{"a":"é","b":0}'.encode()
    assert headers.startswith('{"a":"2","harn.provenance.record_hash":"sha256:')
    assert raw.execute("SELECT * FROM topic_heads").fetchall() == [("t", 2)]
    assert raw.execute("SELECT * FROM event_idempotency_keys").fetchall() == [("t", "key", "v", 2)]
    raw.close()
    log.close()


def test_continues_a_file_of_the_reference(path: Path) -> None:
    """The file is written here by hand, table by table, with the published records."""
    path.parent.mkdir()
    raw = sqlite3.connect(path)
    raw.executescript(
        """
        PRAGMA journal_mode = WAL;
        CREATE TABLE topic_heads (topic TEXT NOT NULL PRIMARY KEY, last_id INTEGER NOT NULL);
        CREATE TABLE events (topic TEXT NOT NULL, event_id INTEGER NOT NULL, kind TEXT NOT NULL, payload BLOB NOT NULL,
            headers TEXT NOT NULL, occurred_at_ms INTEGER NOT NULL, PRIMARY KEY (topic, event_id));
        CREATE TABLE consumers (topic TEXT NOT NULL, consumer_id TEXT NOT NULL, cursor INTEGER NOT NULL,
            updated_at_ms INTEGER NOT NULL, PRIMARY KEY (topic, consumer_id));
        CREATE TABLE event_idempotency_keys (topic TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
            event_id INTEGER NOT NULL, PRIMARY KEY (topic, key, value));
        """
    )
    topic = VECTOR[0].topic
    rows = [
        (1, b'{"kind":"note","payload":{"a":1},"pipeline_id":null,"seq":1}'),
        (2, b'{"kind":"pipeline_finalized","payload":{"disposition":"done"},"pipeline_id":null,"seq":3}'),
    ]
    for (event_id, payload), record in zip(rows, VECTOR, strict=True):
        headers = "{" + ",".join(f'"{name}":"{value}"' for name, value in sorted(record.headers.items())) + "}"
        raw.execute(
            "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)",
            (topic, event_id, record.kind, payload, headers, record.occurred_at_ms),
        )
    raw.execute("INSERT INTO topic_heads VALUES (?, 2)", (topic,))
    raw.commit()
    raw.close()

    log = SqliteEventLog(str(path))
    assert log.read_range(topic) == VECTOR
    assert log.append(topic, event()) == 3
    events = log.read_range(topic)
    assert events[2].headers[PREVIOUS_HASH] == VECTOR[1].headers[RECORD_HASH]
    assert list(verify_chain(events)) == []
    log.close()


def test_reading_creates_nothing(path: Path) -> None:
    log = SqliteEventLog(str(path))
    assert (log.latest("t"), log.read_range("t"), log.topics(), log.revision()) == (None, [], [], None)
    log.compact("t", 1)
    log.flush()
    assert not path.parent.exists()


def test_two_logs_share_a_file(path: Path) -> None:
    first, second = SqliteEventLog(str(path)), SqliteEventLog(str(path))
    seen = []
    for turn in range(3):
        before = second.revision()
        assert first.append("t", event(turn)) == 2 * turn + 1
        seen.append(second.revision() != before)
        assert second.append("t", event(turn)) == 2 * turn + 2
    assert all(seen)
    assert list(verify_chain(first.read_range("t"))) == []
    first.close()
    second.close()


def test_busy_file_says_so_at_once_and_changes_nothing(path: Path) -> None:
    log = SqliteEventLog(str(path))
    log.append("t", event())
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LogBusyError):
        log.append("t", event())
    assert log.latest("t") == 1
    other.execute("ROLLBACK")
    assert log.append("t", event()) == 2
    other.close()
    log.close()


@pytest.mark.parametrize(("durability", "level"), [("normal", 1), ("full", 2)])
def test_durability(path: Path, durability: Literal["normal", "full"], level: int) -> None:
    log = SqliteEventLog(str(path), durability)
    assert log.append("t", event()) == 1
    connection = log._connection
    assert connection is not None
    assert connection.execute("PRAGMA synchronous").fetchone() == (level,)
    log.close()


def test_opens_again_after_close(path: Path) -> None:
    log = SqliteEventLog(str(path))
    log.append("t", event())
    log.close()
    assert log.append("t", event()) == 2
    assert list(verify_chain(log.read_range("t"))) == []
    log.close()


@pytest.mark.parametrize("content", [b"not a database, certainly", b"SQLite format 3\x00" + b"\x01" * 200])
def test_foreign_file_is_an_error_in_words(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    log = SqliteEventLog(str(path))
    with pytest.raises(EventLogError, match=r"events\.sqlite"):
        log.append("t", event())
    with pytest.raises(EventLogError):
        log.latest("t")
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "damage",
    [
        "payload = X'FF'",
        "payload = '{'",
        "payload = '[[['",
        "headers = 'x'",
        "headers = '[]'",
        "headers = '{\"a\":1}'",
        "headers = X'00'",
        "kind = X'00'",
        "occurred_at_ms = 'noon'",
    ],
)
def test_damaged_record_is_an_error_in_words(path: Path, damage: str) -> None:
    log = SqliteEventLog(str(path))
    log.append("t", event())
    log.append("t", event())
    raw = sqlite3.connect(path)
    raw.execute(f"UPDATE events SET {damage} WHERE event_id = 2")
    raw.commit()
    raw.close()
    with pytest.raises(EventLogError, match="record 2 of 't' cannot be read"):
        log.read_range("t")
    assert [stored.event_id for stored in log.read_range("t", 0, 1)] == [1]
    log.close()


@pytest.mark.skipif(sys.platform == "win32", reason="directories have no write permission there")
def test_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    log = SqliteEventLog(str(tmp_path / "file" / "events.sqlite"))
    with pytest.raises(EventLogError, match=r"Not a directory|File exists"):
        log.append("t", event())


def test_text_that_is_not_unicode_becomes_question_marks(path: Path) -> None:
    log = SqliteEventLog(str(path))
    log.append("t", LogEvent("k\ud800", {"a": "\ud800"}, {"h": "\udfff"}, 1))
    [stored] = log.read_range("t")
    assert (stored.kind, stored.payload, stored.headers["h"]) == ("k?", {"a": "?"}, "?")
    assert list(verify_chain([stored])) == []
    log.close()


@examples(60)
@given(changes=st.lists(st.tuples(st.integers(0, 30_000), st.binary(min_size=1, max_size=8)), max_size=20))
def test_any_bytes_give_records_or_an_error_in_words(changes: list[tuple[int, bytes]]) -> None:
    with TemporaryDirectory() as directory:
        path = Path(directory) / "events.sqlite"
        path.write_bytes(small_log())
        content = bytearray(path.read_bytes())
        for place, data in changes:
            content[place % len(content) : place % len(content) + len(data)] = data
        path.write_bytes(content)
        log = SqliteEventLog(str(path))
        for operation in (
            lambda: log.read_range("t"),
            lambda: log.latest("t"),
            log.topics,
            lambda: log.append("t", event()),
            lambda: log.append_idempotent_by_header("t", "key", "v", event()),
        ):
            with suppress(EventLogError):
                operation()
        log.close()


@cache
def small_log() -> bytes:
    with TemporaryDirectory() as directory:
        path = Path(directory) / "events.sqlite"
        log = SqliteEventLog(str(path))
        for number in range(20):
            log.append("t", event(number))
        log.append_idempotent_by_header("t", "key", "v", event())
        log.close()
        return path.read_bytes()
