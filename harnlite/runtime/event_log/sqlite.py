"""The event log in a SQLite file: the default of ``harnlite run``. The file is the reference runtime's own.

The file is opened at the first use that needs it: reading a log whose file does not exist creates nothing and does
not import :mod:`sqlite3`. One append is one immediate transaction (docs/reference/event-log-file.md). An append takes
11 to 13 microseconds, less than a hop to a worker thread, so it runs inline; the busy timeout is 0 and a busy file
becomes :class:`LogBusyError`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from json import JSONDecoder
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from harnlite.runtime.event_log.port import (
    DEFAULT_LIMIT,
    CompactReport,
    EventLog,
    EventLogError,
    IdempotentAppend,
    LogBusyError,
    LogEvent,
    StoredEvent,
    check_consumer,
    check_topic,
    payload_text,
)
from harnlite.runtime.event_log.provenance import RECORD_HASH, seal

if TYPE_CHECKING:
    import sqlite3

__all__ = ["SqliteEventLog"]

T = TypeVar("T")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS topic_heads (
    topic TEXT PRIMARY KEY NOT NULL,
    last_id INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS events (
    topic TEXT NOT NULL,
    event_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    payload BLOB NOT NULL,
    headers TEXT NOT NULL,
    occurred_at_ms INTEGER NOT NULL,
    PRIMARY KEY (topic, event_id)
);
CREATE TABLE IF NOT EXISTS consumers (
    topic TEXT NOT NULL,
    consumer_id TEXT NOT NULL,
    cursor INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL,
    PRIMARY KEY (topic, consumer_id)
);
CREATE TABLE IF NOT EXISTS event_idempotency_keys (
    topic TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    event_id INTEGER NOT NULL,
    PRIMARY KEY (topic, key, value),
    FOREIGN KEY (topic, event_id) REFERENCES events (topic, event_id)
);
"""
_decode = JSONDecoder().decode
_SELECT_HEAD = "SELECT last_id FROM topic_heads WHERE topic = ?"
_TABLES = {"topic_heads", "events", "consumers", "event_idempotency_keys"}


class SqliteEventLog(EventLog):
    """A log in one file, shared with other processes.

    :param path: the file; it and its directory are made by the first append.
    :param durability: ``normal`` survives the death of the process, ``full`` also a power failure, at the price of
        waiting for the disk at every append.
    :param before_first: called once with the log, before its first record is stored; it may append.
    :param patience: seconds to wait, with the whole process, for another one that holds the file.
    """

    shared = True

    def __init__(
        self,
        path: str,
        durability: Literal["normal", "full"] = "normal",
        before_first: Callable[[EventLog], None] | None = None,
        patience: float = 0,
    ) -> None:
        super().__init__()
        self.path = path
        self._patience = patience
        self._before_first = before_first
        self._synchronous = durability.upper()
        self._connection: sqlite3.Connection | None = None
        #: topic -> last number and hash as this process left them; used only while the number still is the head.
        self._heads: dict[str, tuple[int, str]] = {}
        self._appended = 0

    def append(self, topic: str, event: LogEvent) -> int:
        """See :meth:`EventLog.append`."""
        check_topic(topic)
        payload = payload_text(event)
        self.begin()
        stored = self._write(lambda connection: self._insert(connection, topic, event, payload))
        self._appended_to(stored)
        return stored.event_id

    def append_idempotent_by_header(self, topic: str, header: str, value: str, event: LogEvent) -> IdempotentAppend:
        """See :meth:`EventLog.append_idempotent_by_header`."""
        check_topic(topic)
        if not header:
            raise EventLogError("idempotent append header cannot be empty")
        event = event._replace(headers={**event.headers, header: value})
        payload = payload_text(event)
        self.begin()

        def work(connection: sqlite3.Connection) -> StoredEvent | int:
            known = connection.execute(
                "SELECT event_id FROM event_idempotency_keys WHERE topic = ? AND key = ? AND value = ?",
                (topic, header, value),
            ).fetchone()
            if known is not None:
                return _number(known[0])
            stored = self._insert(connection, topic, event, payload)
            connection.execute(
                "INSERT INTO event_idempotency_keys VALUES (?, ?, ?, ?)", (topic, header, value, stored.event_id)
            )
            return stored

        done = self._write(work)
        if isinstance(done, int):
            earlier = self.read_range(topic, done - 1, 1)
            if not earlier or earlier[0].event_id != done:
                raise _unreadable(topic, done, "it is missing")
            return IdempotentAppend(earlier[0], inserted=False)
        self._appended_to(done)
        return IdempotentAppend(done, inserted=True)

    def read_range(self, topic: str, after: int | None = None, limit: int = DEFAULT_LIMIT) -> list[StoredEvent]:
        """See :meth:`EventLog.read_range`."""
        check_topic(topic)
        rows = self._read(
            "SELECT event_id, kind, payload, headers, occurred_at_ms FROM events "
            "WHERE topic = ? AND event_id > ? ORDER BY event_id LIMIT ?",
            (topic, after or 0, limit),
        )
        return [_stored(topic, row) for row in rows]

    def latest(self, topic: str) -> int | None:
        """See :meth:`EventLog.latest`."""
        check_topic(topic)
        rows = self._read(_SELECT_HEAD, (topic,))
        return _number(rows[0][0]) if rows else None

    def topics(self) -> list[str]:
        """See :meth:`EventLog.topics`."""
        return [str(row[0]) for row in self._read("SELECT topic FROM topic_heads ORDER BY topic")]

    def ack(self, topic: str, consumer: str, up_to: int) -> None:
        """See :meth:`EventLog.ack`."""
        check_topic(topic)
        check_consumer(consumer)
        row = (topic, consumer, up_to, LogEvent.now("", None).occurred_at_ms)
        self._write(lambda connection: connection.execute("INSERT OR REPLACE INTO consumers VALUES (?, ?, ?, ?)", row))

    def consumer_cursor(self, topic: str, consumer: str) -> int | None:
        """See :meth:`EventLog.consumer_cursor`."""
        check_topic(topic)
        check_consumer(consumer)
        rows = self._read("SELECT cursor FROM consumers WHERE topic = ? AND consumer_id = ?", (topic, consumer))
        return _number(rows[0][0]) if rows else None

    def compact(self, topic: str, before: int) -> CompactReport:
        """See :meth:`EventLog.compact`; also folds the write-ahead log into the main file."""
        check_topic(topic)
        if not self._exists():
            return CompactReport(0, 0, None, checkpointed=False)
        span = (topic, before)

        def work(connection: sqlite3.Connection) -> tuple[int, int, int | None]:
            connection.execute("DELETE FROM event_idempotency_keys WHERE topic = ? AND event_id <= ?", span)
            removed = connection.execute("DELETE FROM events WHERE topic = ? AND event_id <= ?", span).rowcount
            remaining = connection.execute("SELECT COUNT(*) FROM events WHERE topic = ?", (topic,)).fetchone()[0]
            return removed, remaining, _head(connection, topic)

        return CompactReport(*self._write(work), checkpointed=self._checkpoint())

    def flush(self) -> None:
        """See :meth:`EventLog.flush`: folds the write-ahead log into the main file."""
        if self._connection is not None and not self._checkpoint():
            raise LogBusyError(f"event_log: '{self.path}' is held by another process")

    def revision(self) -> object:
        """See :meth:`EventLog.revision`."""
        rows = self._read("PRAGMA data_version")
        if not rows:
            return None
        # A file that nobody may write here is opened anew for every look.
        changed = None if self._connection is not None else os.stat(self.path).st_mtime_ns
        return self._appended, rows[0][0], changed

    def close(self) -> None:
        """See :meth:`EventLog.close`."""
        connection, self._connection = self._connection, None
        self._heads.clear()
        if connection is not None:
            connection.close()

    def __del__(self) -> None:
        # A VM is dropped, not closed; Python 3.13 warns about connections that are left open.
        if self._connection is not None:
            self._connection.close()

    def begin(self) -> None:
        """See :meth:`EventLog.begin`; when ``before_first`` fails, the next append tries again."""
        before_first, self._before_first = self._before_first, None
        if before_first is None:
            return
        try:
            before_first(self)
        except BaseException:
            self._before_first = before_first
            raise

    def _insert(self, connection: sqlite3.Connection, topic: str, event: LogEvent, payload: str) -> StoredEvent:
        last_id = _head(connection, topic)
        if last_id is None:
            event_id, previous_hash = 1, None
            connection.execute("INSERT INTO topic_heads VALUES (?, 1)", (topic,))
        else:
            event_id, previous_hash = last_id + 1, self._hash_of(connection, topic, last_id)
            connection.execute("UPDATE topic_heads SET last_id = ? WHERE topic = ?", (event_id, topic))
        sealed = seal(topic, event_id, event.kind, payload, event.headers, event.occurred_at_ms, previous_hash)
        row = (
            topic,
            event_id,
            _clean(event.kind),
            payload.encode("utf-8", "replace"),
            _clean(sealed.text),
            event.occurred_at_ms,
        )
        connection.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)", row)
        return StoredEvent(topic, event_id, event.kind, event.payload, sealed.headers, event.occurred_at_ms)

    def _hash_of(self, connection: sqlite3.Connection, topic: str, event_id: int) -> str | None:
        head = self._heads.get(topic)
        if head is not None and head[0] == event_id:
            return head[1]
        row = connection.execute(
            "SELECT headers FROM events WHERE topic = ? AND event_id = ?", (topic, event_id)
        ).fetchone()
        return None if row is None else _headers(row[0], topic, event_id).get(RECORD_HASH)

    def _appended_to(self, stored: StoredEvent) -> None:
        self._heads[stored.topic] = (stored.event_id, stored.headers[RECORD_HASH])
        self._appended += 1
        self._announce(stored)

    def _checkpoint(self) -> bool:
        return bool(self._read("PRAGMA wal_checkpoint(FULL)")[0][0] == 0)

    def _exists(self) -> bool:
        return self._connection is not None or os.path.exists(self.path)

    def _read(self, statement: str, parameters: tuple[Any, ...] = ()) -> list[Any]:
        """Give the rows of a statement; none when there is no file yet, or none with a log in it."""
        if not self._exists():
            return []
        try:
            if self._connection is None and not self._open(create=False):
                with self._frozen() as connection:
                    return [] if connection is None else connection.execute(statement, parameters).fetchall()
            assert self._connection is not None
            return self._connection.execute(statement, parameters).fetchall()
        except EventLogError:
            raise
        except Exception as problem:
            raise self._in_words(problem) from problem

    def _write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do something as one immediate transaction."""
        try:
            if self._connection is None:
                self._open(create=True)
            connection = self._connection
            assert connection is not None
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = work(connection)
                connection.execute("COMMIT")
            except BaseException:
                # Some failures (a full disk) have rolled back already.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        except EventLogError:
            raise
        except Exception as problem:
            raise self._in_words(problem) from problem
        return result

    def _in_words(self, problem: Exception) -> Exception:
        """Give the port's error for one of SQLite or of the file system; any other is a bug and stays what it is."""
        import sqlite3

        if isinstance(problem, sqlite3.Error):
            if _is_busy(problem):
                return LogBusyError(f"event_log: '{self.path}' is held by another process")
            return EventLogError(f"event_log: '{self.path}': {problem}")
        if isinstance(problem, UnicodeError):
            # Python could not even decode SQLite's message about a damaged file.
            return EventLogError(f"event_log: '{self.path}': the file is damaged")
        if isinstance(problem, OSError):
            return EventLogError(f"event_log: '{self.path}': {problem.strerror or problem}")
        return problem

    def _open(self, *, create: bool) -> bool:
        """Open the file, and with ``create`` make the log in it; tells whether there is one.

        :raises EventLogError: it is a database of something else.
        """
        import sqlite3

        if create:
            os.makedirs(os.path.dirname(os.path.abspath(self.path)), exist_ok=True)
        # The run's tasks share this object one at a time, not always on the thread that opened it.
        connection = sqlite3.connect(self.path, timeout=self._patience, isolation_level=None, check_same_thread=False)
        try:
            found = self._finds_log(connection, create)
            if not found and create:
                _make_tables(connection)
        except BaseException:
            connection.close()
            raise
        if not found and not create:
            connection.close()
            return False
        self._connection = connection
        return True

    def _finds_log(self, connection: sqlite3.Connection, create: bool) -> bool:
        import sqlite3

        try:
            connection.execute(f"PRAGMA synchronous = {self._synchronous}")
            tables = _tables(connection)
        except sqlite3.OperationalError as problem:
            if create or _is_busy(problem):
                raise
            return False
        if tables and not tables & _TABLES:
            raise EventLogError(f"event_log: '{self.path}' is the database of something else")
        return tables >= _TABLES

    @contextmanager
    def _frozen(self) -> Iterator[sqlite3.Connection | None]:
        """Open a file of which SQLite can keep no index beside it, because its directory is read-only.

        Nobody else writes to it meanwhile: there would be a write-ahead log. Gives None when it holds no log.
        """
        import sqlite3
        from urllib.request import pathname2url

        address = f"file:{pathname2url(os.path.abspath(self.path))}?mode=ro"
        if not os.path.exists(f"{self.path}-wal"):
            address += "&immutable=1"
        connection = sqlite3.connect(address, uri=True, isolation_level=None)
        try:
            yield connection if _tables(connection) >= _TABLES else None
        finally:
            connection.close()


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _make_tables(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    for statement in filter(str.strip, _SCHEMA.split(";")):
        connection.execute(statement)
    connection.execute("COMMIT")


def _is_busy(problem: sqlite3.Error) -> bool:
    """Tell SQLITE_BUSY and SQLITE_LOCKED, with their extended codes, from other failures."""
    return (getattr(problem, "sqlite_errorcode", 0) & 0xFF) in (5, 6)


def _head(connection: sqlite3.Connection, topic: str) -> int | None:
    row = connection.execute(_SELECT_HEAD, (topic,)).fetchone()
    return None if row is None else _number(row[0])


def _number(value: object) -> int:
    """Give an integer column's value; in a damaged file it may be anything."""
    if type(value) is not int:
        raise EventLogError("event_log: the file is damaged: a number is none")
    return value


def _clean(text: str) -> str:
    """SQLite takes only text that is valid Unicode; a lone surrogate becomes ``?``, as in the record's hash."""
    return text.encode("utf-8", "replace").decode()


def _stored(topic: str, row: tuple[Any, ...]) -> StoredEvent:
    """Make a record of a row; SQLite itself lets anything stand in any column."""
    event_id, kind, payload, headers_text, occurred_at_ms = row
    headers = _headers(headers_text, topic, event_id)
    if type(kind) is not str or type(occurred_at_ms) is not int:
        raise _unreadable(topic, event_id, "its kind or time has the wrong type")
    return StoredEvent(topic, event_id, kind, _parse(payload, topic, event_id), headers, occurred_at_ms)


def _headers(text: Any, topic: str, event_id: int) -> dict[str, str]:
    headers = _parse(text, topic, event_id)
    if type(headers) is not dict or not all(type(value) is str for value in headers.values()):
        raise _unreadable(topic, event_id, "its headers are not texts")
    return headers


def _parse(text: Any, topic: str, event_id: int) -> Any:
    try:
        return _decode(text.decode() if isinstance(text, bytes) else str(text))
    except (ValueError, RecursionError) as problem:
        raise _unreadable(topic, event_id, str(problem)) from problem


def _unreadable(topic: str, event_id: int, why: str) -> EventLogError:
    return EventLogError(f"event_log: record {event_id} of '{topic}' cannot be read: {why}")
