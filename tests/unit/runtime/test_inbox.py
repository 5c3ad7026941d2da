"""The inbox fold and the bucket of queued triggers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harnlite.runtime.event_log.memory import MemoryEventLog
from harnlite.runtime.event_log.port import EventLog, EventLogError, LogEvent
from harnlite.runtime.event_log.service import EventLogService
from harnlite.runtime.event_log.sqlite import SqliteEventLog
from harnlite.runtime.inbox import CANCEL_TOPIC, INBOX_TOPIC, OUTBOX_TOPIC, InboxFold, spec_summary
from harnlite.runtime.queued_triggers import QueuedTriggers
from tests.unit.runtime.fake_vm import FakeVm


def put(log: EventLog, topic: str, kind: str, payload: Any, at: int = 0, **headers: str) -> None:
    log.append(topic, LogEvent(kind, payload, headers, at))


def ids(vm: FakeVm) -> list[str]:
    return [item["id"] for item in vm.service(QueuedTriggers).unsettled_items()]


@pytest.fixture
def vm() -> FakeVm:
    return FakeVm()


@pytest.fixture
def log(vm: FakeVm) -> EventLog:
    active: EventLog = vm.service(EventLogService).active
    return active


@pytest.mark.parametrize(
    ("payload", "headers", "expected"),
    [
        ({"trigger_id": "p", "binding_version": 1, "event": {"id": "e"}}, {"binding_key": "h@v9"}, "trigger://h@v9/e"),
        ({"trigger_id": "p", "binding_version": 1, "event": {"id": "e"}}, {"trigger_id": "h"}, "trigger://h@v1/e"),
        ({"trigger_id": "p", "binding_version": 0, "event": {"id": "e"}}, {}, "trigger://p@v0/e"),
        ({"trigger_id": "p", "event": {"id": "e"}}, {}, "trigger://e"),
        ({"trigger_id": "p", "binding_version": -1, "event": {"id": "e"}}, {}, "trigger://e"),
        ({"trigger_id": "p", "binding_version": 1.0, "event": {"id": "e"}}, {}, "trigger://e"),
        ({"trigger_id": 5, "binding_version": 1, "event": {"id": "e"}}, {}, "trigger://e"),
        ({"id": "e", "kind": "k"}, {}, "trigger://e"),
        ({"event": {"provider": "x"}}, {}, None),
        ({"event": {"id": 7}}, {}, None),
        ({"event": None, "id": "e"}, {}, None),
        ([], {}, None),
        (None, {}, None),
    ],
)
def test_ids(vm: FakeVm, log: EventLog, payload: Any, headers: dict[str, str], expected: str | None) -> None:
    put(log, INBOX_TOPIC, "event_ingested", payload, **headers)
    put(log, INBOX_TOPIC, "other", {"id": "x"})
    assert ids(vm) == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("trigger_id", "event", "summary"),
    [
        ("t", {"provider": "p", "kind": "k"}, "t: p.k"),
        ("t", {"provider": "p"}, "t"),
        ("t", {"kind": 5, "provider": "p"}, "t"),
        ("", {"provider": "p", "kind": "k"}, "p.k"),
        (None, {"provider": "p"}, "p"),
        (None, {"kind": "k"}, "k"),
        (None, {}, "trigger event"),
    ],
)
def test_spec_summary(trigger_id: Any, event: dict[str, Any], summary: str) -> None:
    assert spec_summary(trigger_id, event) == summary


@pytest.mark.parametrize(
    ("topic", "kind", "payload", "headers", "left"),
    [
        (OUTBOX_TOPIC, "any", {}, {"event_id": "e", "binding_key": "z@v1"}, "abn"),
        (OUTBOX_TOPIC, "any", {}, {"event_id": "e", "binding_key": "a@v1"}, "bn"),
        (OUTBOX_TOPIC, "any", {"event_id": "e", "binding_key": "a@v1"}, {}, "bn"),
        (OUTBOX_TOPIC, "any", {"event_id": "e"}, {}, ""),
        (OUTBOX_TOPIC, "any", {"binding_key": "a@v1"}, {"event_id": "e"}, "bn"),
        (OUTBOX_TOPIC, "any", {"event_id": "other"}, {}, "abn"),
        (OUTBOX_TOPIC, "any", ["e"], {}, "abn"),
        (CANCEL_TOPIC, "dispatch_cancel_requested", {"event_id": "e", "binding_key": "b@v1"}, {}, "an"),
        (CANCEL_TOPIC, "dispatch_cancel_requested", {"event_id": "e", "binding_key": None}, {}, ""),
        (CANCEL_TOPIC, "dispatch_cancel_requested", {}, {"event_id": "e"}, "abn"),
        (CANCEL_TOPIC, "other", {"event_id": "e"}, {}, "abn"),
    ],
)
@pytest.mark.parametrize("settled_first", [False, True])
def test_settling(topic: str, kind: str, payload: Any, headers: dict[str, str], left: str, settled_first: bool) -> None:
    """``a`` and ``b`` are for bindings, ``n`` for none; the order of the records does not matter."""
    vm = FakeVm()
    log = vm.service(EventLogService).active
    names = {"a": "trigger://a@v1/e", "b": "trigger://b@v1/e", "n": "trigger://e"}
    if settled_first:
        put(log, topic, kind, payload, **headers)
        assert ids(vm) == []
    put(log, INBOX_TOPIC, "event_ingested", {"id": "e"}, at=1, binding_key="a@v1")
    put(log, INBOX_TOPIC, "event_ingested", {"id": "e"}, at=2, binding_key="b@v1")
    put(log, INBOX_TOPIC, "event_ingested", {"id": "e"}, at=3)
    if not settled_first:
        assert ids(vm) == list(names.values())
        put(log, topic, kind, payload, **headers)
    assert ids(vm) == [names[letter] for letter in left]


def test_items_are_sorted_by_time_then_by_id_as_text(vm: FakeVm, log: EventLog) -> None:
    queues = vm.service(QueuedTriggers).queues()
    for number in range(11):
        queues.enqueue("q", trigger_id="t", binding_key="k", binding_version=1, event={"id": str(number)})
    put(log, INBOX_TOPIC, "event_ingested", {"id": "late"}, at=vm.host.now + 1)
    put(log, INBOX_TOPIC, "event_ingested", {"id": "early"}, at=1)
    found = ids(vm)
    assert (found[0], found[-1]) == ("trigger://early", "trigger://late")
    assert found[1:5] == ["worker://q/1", "worker://q/10", "worker://q/11", "worker://q/2"]


def test_item_shapes(vm: FakeVm, log: EventLog) -> None:
    queues = vm.service(QueuedTriggers).queues()
    event = {"id": "e1", "provider": "p", "kind": "k"}
    queues.enqueue("a b", trigger_id="t", binding_key="t@v1", binding_version=1, event=event)
    put(log, INBOX_TOPIC, "event_ingested", {"trigger_id": "t", "event": event}, at=vm.host.now + 500)
    vm.host.now += 200
    assert vm.service(QueuedTriggers).unsettled_items() == [
        {
            "age_ms": 200,
            "binding_key": "t@v1",
            "claimed": False,
            "event_id": "e1",
            "id": "worker://a b/1",
            "job_event_id": 1,
            "queue": "a b",
            "queued_at_ms": 1_000_000,
            "source": "worker_queue",
            "spec_summary": "t: p.k",
            "trigger_id": "t",
        },
        {
            "age_ms": 0,
            "binding_key": None,
            "event_id": "e1",
            "id": "trigger://e1",
            "queued_at_ms": 1_000_500,
            "source": "trigger_inbox",
            "spec_summary": "t: p.k",
            "trigger_id": "t",
        },
    ]
    queues.claim_next("a b", "me", 100)
    assert vm.service(QueuedTriggers).unsettled_items()[0]["claimed"]
    vm.host.now += 100
    assert not vm.service(QueuedTriggers).unsettled_items()[0]["claimed"]


def test_acknowledging(vm: FakeVm, log: EventLog) -> None:
    service = vm.service(QueuedTriggers)
    put(log, INBOX_TOPIC, "event_ingested", {"id": "e"}, binding_key="a@v1")
    service.queues().enqueue("q", trigger_id="t", binding_key="k", binding_version=1, event={"id": "j"})
    inbox, job = service.unsettled_items()
    service.cancel_request(inbox)
    assert log.read_range(CANCEL_TOPIC)[0].payload == {
        "audit_id": None,
        "binding_key": "a@v1",
        "event_id": "e",
        "requested_at": "1970-01-01T00:16:40Z",
        "requested_by": "pipeline_lifecycle",
    }
    assert [service.ack_job(job), service.ack_job(job)] == [True, False]
    assert service.unsettled_items() == []


def test_no_log_and_unreadable_logs_are_empty(tmp_path: Path) -> None:
    assert ids(FakeVm(environment={"HARN_EVENT_LOG_BACKEND": "bogus"}, option=None)) == []
    assert ids(FakeVm(f"sqlite:{tmp_path / 'none' / 'events.sqlite'}")) == []
    (tmp_path / "bad").write_text("not a database at all, whatever it says")
    assert ids(FakeVm(f"sqlite:{tmp_path / 'bad'}")) == []


def test_work_of_earlier_runs_is_listed(tmp_path: Path) -> None:
    path = tmp_path / "events.sqlite"
    earlier = SqliteEventLog(str(path))
    put(earlier, INBOX_TOPIC, "event_ingested", {"id": "e"})
    earlier.close()
    vm = FakeVm(f"sqlite:{path}")
    assert ids(vm) == ["trigger://e"]
    later = SqliteEventLog(str(path))
    put(later, OUTBOX_TOPIC, "any", {"event_id": "e"})
    assert ids(vm) == []
    later.close()
    vm.service(EventLogService).reset()


def test_each_record_is_read_once() -> None:
    class CountingLog(MemoryEventLog):
        records = 0

        def read_range(self, *arguments: Any) -> Any:
            found = super().read_range(*arguments)
            self.records += len(found)
            return found

    vm, log = FakeVm(), CountingLog()
    vm.service(EventLogService).install(log)
    for number in range(50):
        put(log, INBOX_TOPIC, "event_ingested", {"id": str(number)})
        put(log, OUTBOX_TOPIC, "any", {"event_id": str(number)})
        assert ids(vm) == []
    assert log.records == 100


def test_nothing_is_read_when_nothing_was_appended(vm: FakeVm, log: EventLog) -> None:
    put(log, INBOX_TOPIC, "event_ingested", {"id": "e"})
    assert ids(vm) == ["trigger://e"]

    def refuse(*_arguments: Any) -> Any:
        raise EventLogError("read again")

    log.read_range = refuse  # type: ignore[method-assign]  # any read would now show
    assert ids(vm) == ["trigger://e"]


def test_another_log_starts_afresh(vm: FakeVm, log: EventLog) -> None:
    put(log, INBOX_TOPIC, "event_ingested", {"id": "e"})
    assert ids(vm) == ["trigger://e"]
    other = MemoryEventLog()
    put(other, INBOX_TOPIC, "event_ingested", {"id": "f"})
    vm.service(EventLogService).install(other)
    assert ids(vm) == ["trigger://f"]


def test_fold_forgets_settled_items() -> None:
    fold, log = InboxFold(), MemoryEventLog()
    put(log, INBOX_TOPIC, "event_ingested", {"id": "e"})
    fold.feed_inbox(log.read_range(INBOX_TOPIC))
    fold.feed_inbox(log.read_range(INBOX_TOPIC, fold.inbox_cursor))
    assert [item.event_id for item in fold.open_items()] == ["e"]
