"""Following a topic: what is there first, then what comes, from this process or from another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import trio
import trio.testing

from harnlite.runtime.event_log.memory import MemoryEventLog
from harnlite.runtime.event_log.port import EventLog, LogEvent
from harnlite.runtime.event_log.sqlite import SqliteEventLog
from harnlite.runtime.event_log.subscription import Subscription, follow


@pytest.fixture(params=["memory", "sqlite", "sqlite, written by another"])
def logs(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[EventLog, EventLog]:
    """A log to read, and the log to write to."""
    if request.param == "memory":
        log: EventLog = MemoryEventLog()
        return log, log
    path = str(tmp_path / "log.sqlite")
    read: EventLog = SqliteEventLog(path)
    return (read, read) if request.param == "sqlite" else (read, SqliteEventLog(path))


def _write(log: EventLog, *kinds: str) -> None:
    for kind in kinds:
        log.append("t", LogEvent(kind, None, {}, 0))


def _followed(subscription: Subscription, count: int, between: Callable[[], None]) -> list[str]:
    """Follow until so many records have come; ``between`` is called when the reader waits for the first time."""
    found: list[str] = []

    async def main() -> None:
        async def read() -> None:
            async for event in follow(subscription):
                found.append(event.kind)
                if len(found) == count:
                    return

        with trio.fail_after(20):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(read)
                await trio.testing.wait_all_tasks_blocked()
                between()

    trio.run(main)
    return found


def test_history_comes_first_then_what_is_appended(logs: tuple[EventLog, EventLog]) -> None:
    """No gap, nothing twice, however few records are read at once."""
    read, written = logs
    _write(written, "a", "b", "c")
    found = _followed(Subscription(read, "t", depth=2), 5, lambda: _write(written, "d", "e"))
    assert found == ["a", "b", "c", "d", "e"]


def test_a_place_and_a_kind_to_begin_with(logs: tuple[EventLog, EventLog]) -> None:
    """What is known already and what is of another kind is left out."""
    read, written = logs
    _write(written, "x1", "x2", "y1", "x3")
    found = _followed(Subscription(read, "t", after=1, kind_prefix="x"), 3, lambda: _write(written, "y2", "x4"))
    assert found == ["x2", "x3", "x4"]
