"""Durable channels: receipts, idempotent ids, scopes and fan-out to triggers."""

from __future__ import annotations

from typing import Any

import pytest

from harnlite.runtime.channels_durable_builtins import channel_events, emit_channel
from harnlite.runtime.event_log.service import EventLogService
from harnlite.runtime.triggers.builtins import trigger_list, trigger_register
from harnlite.values.errors import GuestError, thrown
from tests.unit.runtime.fake_vm import FakeVm, closure


@pytest.fixture
def vm() -> FakeVm:
    return FakeVm()


def listen(vm: FakeVm, handler: Any, *events: str) -> None:
    config = {
        "id": "listener",
        "kind": "channel.emit",
        "provider": "channel",
        "handler": closure(handler),
        "match": {"events": list(events)},
        "retry": {"max": 1, "backoff": "immediate"},
    }
    trigger_register(vm, config)


def test_receipt(vm: FakeVm) -> None:
    receipt = emit_channel(vm, "orders", {"n": 1}, {"id": "fixed"})
    assert receipt == {
        "cursor": 1,
        "duplicate": False,
        "emitted_at": "1970-01-01T00:16:40Z",
        "emitted_by": "task_root",
        "event_id": 1,
        "id": "fixed",
        "inserted": True,
        "name": "tenant:default:orders",
        "name_resolved": "tenant:default:orders",
        "payload": {"n": 1},
        "pipeline_id": None,
        "retention": None,
        "scope": "tenant",
        "scope_id": "default",
        "session_id": None,
        "tenant_id": None,
        "topic": "channels.tenant.default.orders",
        "ttl_ms": None,
    }


def test_same_id_happens_once(vm: FakeVm) -> None:
    seen: list[Any] = []
    listen(vm, lambda event: seen.append(event["provider_payload"]["payload"]), "channel:tenant:orders")
    emit_channel(vm, "orders", 1, {"id": "x"})
    again = emit_channel(vm, "orders", 2, {"id": "x"})
    assert (again["inserted"], again["duplicate"], again["payload"], again["event_id"]) == (False, True, 1, 1)
    emit_channel(vm, "orders", 3)
    assert seen == [1, 3]
    assert [event["payload"] for event in channel_events(vm, "orders")] == [1, 3]


@pytest.mark.parametrize(
    ("selector", "heard"),
    [
        ("channel:tenant:orders", True),
        ("channel:tenant:default:orders", True),
        ("channel:tenant:other", False),
        ("channel:session:orders", False),
        ("orders", False),
    ],
)
def test_who_hears(vm: FakeVm, selector: str, heard: bool) -> None:
    seen: list[Any] = []
    listen(vm, seen.append, selector)
    emit_channel(vm, "orders", None)
    assert bool(seen) is heard


def test_failing_handler_does_not_fail_the_emitter(vm: FakeVm) -> None:
    def fail(_event: Any) -> None:
        raise thrown("no")

    listen(vm, fail, "channel:tenant:orders")
    assert emit_channel(vm, "orders", 1)["inserted"]
    assert trigger_list(vm)[0]["metrics"]["dlq"] == 1


def test_session_channels_stay_out_of_the_log(vm: FakeVm) -> None:
    receipt = emit_channel(vm, "orders", 1, {"scope": "session"})
    assert receipt["topic"] == "channels.session.task_root.orders"
    assert vm.service(EventLogService).read(receipt["topic"]) == []
    assert len(channel_events(vm, "orders", {"scope": "session"})) == 1
    assert channel_events(vm, "orders") == []


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        (" ", {}, "emit_channel: channel name cannot be empty"),
        ("c", {"scope": "galaxy"}, "emit_channel: unsupported scope 'galaxy'"),
    ],
)
def test_errors(vm: FakeVm, name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(GuestError, match=message):
        emit_channel(vm, name, 1, options)
