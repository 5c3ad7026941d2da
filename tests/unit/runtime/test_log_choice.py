"""Which log a run gets, and the service that keeps it."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from harnlite.runtime.event_log import patience
from harnlite.runtime.event_log.configuration import LogChoice, base_directory, choose_log
from harnlite.runtime.event_log.memory import MemoryEventLog
from harnlite.runtime.event_log.port import EventLog, EventLogError, LogEvent
from harnlite.runtime.event_log.service import EventLogService
from harnlite.runtime.event_log.sqlite import SqliteEventLog
from harnlite.values.errors import GuestError
from tests.unit.runtime.fake_vm import FakeVm


@pytest.mark.parametrize(
    ("option", "environment", "expected"),
    [
        ("memory", {"HARN_EVENT_LOG_BACKEND": "sqlite"}, LogChoice("memory", "", 128, "")),
        ("sqlite:/x/y.db", {"HARN_EVENT_LOG_BACKEND": "memory"}, LogChoice("sqlite", "/x/y.db", 128, "")),
        (None, {"HARN_EVENT_LOG_BACKEND": "memory"}, LogChoice("memory", "", 128, "")),
        (None, {}, LogChoice("sqlite", "BASE/.harn/events.sqlite", 128, "")),
        (None, {"HARN_STATE_DIR": "state"}, LogChoice("sqlite", "BASE/state/events.sqlite", 128, "")),
        (None, {"HARN_STATE_DIR": "/abs"}, LogChoice("sqlite", "/abs/events.sqlite", 128, "")),
        (None, {"HARN_EVENT_LOG_SQLITE_PATH": "log.db"}, LogChoice("sqlite", "BASE/log.db", 128, "")),
        (None, {"HARN_EVENT_LOG_QUEUE_DEPTH": "7"}, LogChoice("sqlite", "BASE/.harn/events.sqlite", 7, "")),
        (None, {"HARN_EVENT_LOG_QUEUE_DEPTH": "0"}, LogChoice("sqlite", "BASE/.harn/events.sqlite", 1, "")),
        (None, {"HARN_EVENT_LOG_QUEUE_DEPTH": "x"}, LogChoice("sqlite", "BASE/.harn/events.sqlite", 128, "")),
        (
            None,
            {"HARN_EVENT_LOG_BACKEND": "bogus"},
            LogChoice("lazy-memory", "", 128, "unsupported event log backend 'bogus'"),
        ),
        (
            None,
            {"HARN_EVENT_LOG_BACKEND": "file"},
            LogChoice("refused", "", 128, "event log backend 'file' is not supported: use 'sqlite' or 'memory'"),
        ),
    ],
)
def test_choice(option: str | None, environment: dict[str, str], expected: LogChoice, tmp_path: Path) -> None:
    found = choose_log(option, environment.get, str(tmp_path))
    assert found == expected._replace(path=expected.path.replace("BASE", str(tmp_path)))


def test_base_is_the_nearest_manifest(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert base_directory(str(deep)) == str(deep)
    (tmp_path / "harn.toml").touch()
    assert base_directory(str(deep)) == str(tmp_path)
    (deep / "harn.toml").touch()
    assert base_directory(str(deep)) == str(deep)


def test_choosing_opens_nothing(tmp_path: Path) -> None:
    service = FakeVm(None, directory=tmp_path).service(EventLogService)
    assert isinstance(service.active, SqliteEventLog)
    assert service.read("t") == []
    assert list(tmp_path.iterdir()) == []
    assert service.append("t", "k") == 1
    assert (tmp_path / ".harn" / "events.sqlite").exists()
    service.reset()


def test_unknown_backend_warns_once_and_makes_memory_when_needed() -> None:
    vm = FakeVm(None, environment={"HARN_EVENT_LOG_BACKEND": "bogus"})
    service = vm.service(EventLogService)
    assert service.active is None
    assert service.append_if_active("t", "k", None, {}) is None
    assert isinstance(service.ensure(), MemoryEventLog)
    assert service.active is service.ensure()
    assert vm.warnings == ["[harn] warning: unsupported event log backend 'bogus'"]


def test_refused_backend_is_an_error_where_a_log_is_needed() -> None:
    vm = FakeVm(None, environment={"HARN_EVENT_LOG_BACKEND": "file"})
    service = vm.service(EventLogService)
    assert service.active is None
    with pytest.raises(GuestError, match="event log backend 'file' is not supported: use 'sqlite' or 'memory'"):
        service.append("t", "k")
    assert len(vm.warnings) == 1


def test_bad_topic_is_a_runtime_error() -> None:
    with pytest.raises(GuestError) as caught:
        FakeVm().service(EventLogService).append("bad topic!", "k")
    assert (caught.value.kind, caught.value.message) == (
        "runtime",
        "event_log: topic 'bad topic!' contains unsupported characters",
    )


def test_records_are_stamped_by_the_host() -> None:
    service = FakeVm().service(EventLogService)
    service.append("t", "k", {"a": 1}, {"h": "v"})
    [event] = service.read("t")
    assert (event.kind, event.payload, event.headers["h"], event.occurred_at_ms) == ("k", {"a": 1}, "v", 1_000_000)


def test_busy_log_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "events.sqlite"
    vm = FakeVm(f"sqlite:{path}")
    service = vm.service(EventLogService)
    service.append("t", "k")
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.1, lambda: other.execute("ROLLBACK"))
    timer.start()
    assert service.append("t", "k") == 2
    assert vm.waits == 1
    timer.join()
    other.close()
    service.reset()


def test_patience_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "DELAYS", (0.001,) * 3)
    path = tmp_path / "events.sqlite"
    service = FakeVm(f"sqlite:{path}").service(EventLogService)
    service.append("t", "k")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(GuestError, match="is held by another process"):
        service.append("t", "k")
    assert service.append_if_active("t", "k", None, {}) is None
    other.close()
    assert service.append("t", "k") == 2
    service.reset()


def test_failing_log_does_not_stop_an_optional_append() -> None:
    class Full(MemoryEventLog):
        def append(self, topic: str, event: LogEvent) -> int:
            raise EventLogError(f"disk full: {topic} {event.kind}")

    vm = FakeVm()
    full: EventLog = Full()
    vm.service(EventLogService).install(full)
    assert vm.service(EventLogService).append_if_active("t", "k", None, {}) is None
    with pytest.raises(GuestError, match="disk full: t k"):
        vm.service(EventLogService).append("t", "k")
