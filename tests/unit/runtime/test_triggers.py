"""Bindings, dispatch, retries, dead letters and replays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harnlite.builtins.runtime_context import RuntimeContext
from harnlite.runtime.event_log.service import EventLogService
from harnlite.runtime.queued_triggers import QueuedTriggers
from harnlite.runtime.triggers.builtins import (
    handler_context,
    trigger_fire,
    trigger_inspect_action_graph,
    trigger_inspect_dlq,
    trigger_inspect_lifecycle,
    trigger_list,
    trigger_register,
    trigger_replay,
)
from harnlite.runtime.triggers.dead_letters import classify_error
from harnlite.runtime.triggers.service import TriggerService
from harnlite.values.errors import CancelledExit, GuestError, runtime_error, thrown
from tests.unit.runtime.fake_vm import FakeVm, closure

EVENT = {"provider": "webhook", "kind": "k", "id": "e1"}
ONCE = {"max": 1, "backoff": "immediate"}


@pytest.fixture
def vm() -> FakeVm:
    return FakeVm()


def register(vm: FakeVm, handler: Any, identifier: str = "t", **options: Any) -> dict[str, Any]:
    if callable(handler):
        handler = closure(handler)
    config = {"id": identifier, "kind": "k", "provider": "webhook", "handler": handler, "retry": ONCE, **options}
    return trigger_register(vm, config)


def fail_with(error: BaseException) -> Callable[..., Any]:
    def handler(_event: Any) -> Any:
        raise error

    return handler


def kinds(vm: FakeVm, topic: str) -> list[str]:
    return [event.kind for event in vm.service(EventLogService).read(topic)]


def test_binding_dict(vm: FakeVm) -> None:
    binding = register(vm, lambda _event: None)
    assert sorted(binding) == [
        "autonomy_tier",
        "daily_cost_usd",
        "handler_kind",
        "hourly_cost_usd",
        "id",
        "kind",
        "max_autonomous_decisions_per_day",
        "max_autonomous_decisions_per_hour",
        "metrics",
        "on_budget_exhausted",
        "provider",
        "source",
        "state",
        "version",
    ]
    assert (binding["id"], binding["version"], binding["source"], binding["state"]) == ("t", 1, "dynamic", "active")
    assert sorted(binding["metrics"]) == [
        "autonomous_decisions_hour",
        "autonomous_decisions_today",
        "autonomous_decisions_total",
        "cost_hour_usd_micros",
        "cost_today_usd_micros",
        "cost_total_usd_micros",
        "dispatched",
        "dlq",
        "failed",
        "in_flight",
        "last_received_ms",
        "received",
    ]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"kind": "k", "provider": "p"}, "trigger_register: missing `handler`"),
        ({"provider": "p", "handler": "worker://q"}, "trigger_register: missing `kind`"),
        ({"kind": "k", "handler": "worker://q"}, "trigger_register: missing `provider`"),
        (
            {"kind": "k", "provider": "p", "handler": "http://x"},
            "trigger_register: `handler` string must use `a2a://` or `worker://` URI syntax",
        ),
        (
            {"kind": "k", "provider": "p", "handler": "queue"},
            "trigger_register: `handler` string must use `a2a://` or `worker://` URI syntax",
        ),
        (
            {"kind": "k", "provider": "p", "handler": {"kind": "zzz"}},
            (
                "trigger_register: unsupported handler variant 'zzz'; "
                "expected 'spawn_to_pool', 'reminder_inject', or 'interrupt_and_suspend'"
            ),
        ),
        (
            {"kind": "k", "provider": "p", "handler": "worker://q", "retry": {"max": 0}},
            "trigger_register: `retry.max` must be a positive int",
        ),
        (
            {"kind": "k", "provider": "p", "handler": "worker://q", "retry": {"backoff": "later"}},
            "trigger_register: unsupported retry backoff 'later'; expected 'svix' or 'immediate'",
        ),
    ],
)
def test_bad_registrations(vm: FakeVm, config: dict[str, Any], message: str) -> None:
    with pytest.raises(GuestError) as caught:
        trigger_register(vm, config)
    assert (caught.value.kind, caught.value.message) == ("runtime", message)


def test_ids_are_unique_and_known(vm: FakeVm) -> None:
    register(vm, "worker://q")
    with pytest.raises(GuestError, match=r"^trigger stdlib: duplicate trigger id 't'$"):
        register(vm, "worker://q")
    with pytest.raises(GuestError, match=r"^trigger stdlib: unknown trigger id 'nope'$"):
        trigger_fire(vm, "nope", EVENT)
    unnamed = [trigger_register(vm, {"kind": "k", "provider": "p", "handler": "worker://q"})["id"] for _ in range(2)]
    assert len(set(unnamed)) == 2
    assert [binding["id"] for binding in trigger_list(vm)] == ["t", *unnamed]


@pytest.mark.parametrize("missing", ["provider", "kind"])
def test_events_need_provider_and_kind(vm: FakeVm, missing: str) -> None:
    register(vm, lambda _event: None)
    event = {name: value for name, value in EVENT.items() if name != missing}
    with pytest.raises(GuestError, match=f"trigger_fire: trigger event is missing string field `{missing}`"):
        trigger_fire(vm, "t", event)


def test_envelope(vm: FakeVm) -> None:
    seen: list[dict[str, Any]] = []
    register(vm, seen.append)
    trigger_fire(vm, "t", {"provider": "webhook", "kind": "k", "extra": [1]})
    [envelope] = seen
    assert envelope["id"].startswith("trigger_evt_")
    assert envelope["trace_id"].startswith("trace_")
    assert envelope["dedupe_key"].startswith("synthetic:webhook:k:")
    assert {name: envelope[name] for name in ("received_at", "occurred_at", "tenant_id", "headers")} == {
        "received_at": "1970-01-01T00:16:40Z",
        "occurred_at": None,
        "tenant_id": None,
        "headers": {},
    }
    assert envelope["signature_status"] == {"state": "unsigned"}
    assert envelope["provider_payload"] == {
        "content_type": "application/json",
        "provider": "webhook",
        "raw": {"provider": "webhook", "kind": "k", "extra": [1]},
        "source": "trigger_fire",
    }
    assert "extra" not in envelope


def test_success(vm: FakeVm) -> None:
    handle = register(vm, lambda event: {"seen": event["id"]})
    fired = trigger_fire(vm, handle, EVENT)
    assert fired == {
        "binding_id": "t",
        "binding_version": 1,
        "dlq_entry_id": None,
        "error": None,
        "event_id": "e1",
        "replay_of_event_id": None,
        "result": {"seen": "e1"},
        "status": "dispatched",
    }
    lifecycle = [entry["kind"] for entry in trigger_inspect_lifecycle(vm)]
    assert lifecycle == ["state_transition", "state_transition", "DispatchStarted", "DispatchSucceeded"]
    assert kinds(vm, "trigger.outbox") == ["dispatch_started", "dispatch_succeeded"]
    assert kinds(vm, "trigger.attempts") == ["attempt_recorded"]
    assert kinds(vm, "triggers.events") == ["trigger_event"]
    assert kinds(vm, "trigger.inbox.envelopes") == []
    started, succeeded = vm.service(EventLogService).read("trigger.outbox")
    expected = {"binding_key": "t@v1", "event_id": "e1", "handler_kind": "local", "attempt": "1", "provider": "webhook"}
    assert expected.items() <= started.headers.items()
    assert sorted(succeeded.payload) == [
        "attempt",
        "binding_key",
        "dispatch_metadata",
        "event_id",
        "handler_kind",
        "replay_of_event_id",
        "result",
        "target_uri",
        "trigger_id",
    ]
    metrics = trigger_list(vm)[0]["metrics"]
    assert (metrics["dispatched"], metrics["received"], metrics["in_flight"], metrics["last_received_ms"]) == (
        1,
        1,
        0,
        1_000_000,
    )
    assert len(trigger_inspect_action_graph(vm)) == 1
    assert trigger_inspect_action_graph(vm, "trace_other") == []


@pytest.mark.parametrize(
    ("error", "text", "error_class"),
    [
        (thrown("boom"), "boom", "unknown"),
        (thrown({"code": 7}), "Thrown: {code: 7}", "unknown"),
        (thrown("request timed out"), "request timed out", "handler_timeout"),
        (runtime_error("no"), "Runtime error: no", "handler_panic"),
    ],
)
def test_exhausted_attempts_become_a_dead_letter(vm: FakeVm, error: GuestError, text: str, error_class: str) -> None:
    register(vm, fail_with(error), retry={"max": 2, "backoff": "immediate"})
    fired = trigger_fire(vm, "t", EVENT)
    assert (fired["status"], fired["error"], fired["result"]) == ("dlq", text, None)
    assert [entry["kind"] for entry in trigger_inspect_lifecycle(vm)][2:] == [
        "DispatchStarted",
        "DispatchFailed",
        "RetryScheduled",
        "DispatchStarted",
        "DispatchFailed",
        "DlqMoved",
    ]
    assert kinds(vm, "trigger.attempts") == ["attempt_recorded", "retry_scheduled", "attempt_recorded"]
    assert kinds(vm, "trigger.dlq") == ["dlq_moved", "dlq_entry"]
    [entry] = trigger_inspect_dlq(vm)
    assert fired["dlq_entry_id"] == entry["id"]
    assert sorted(entry) == [
        "binding_id",
        "binding_version",
        "error",
        "error_class",
        "event",
        "event_id",
        "id",
        "kind",
        "provider",
        "retry_history",
        "state",
    ]
    assert (entry["error"], entry["error_class"], entry["state"]) == (text, error_class, "pending")
    assert entry["retry_history"] == [{"attempt": 1, "at": "1970-01-01T00:16:40Z", "error": text, "status": "dlq"}]
    metrics = trigger_list(vm)[0]["metrics"]
    assert (metrics["dispatched"], metrics["failed"], metrics["dlq"]) == (0, 2, 1)


def test_retry_may_succeed(vm: FakeVm) -> None:
    answers = [thrown("first"), thrown("second"), None]

    def handler(_event: Any) -> str:
        error = answers.pop(0)
        if error is not None:
            raise error
        return "at last"

    register(vm, handler, retry={"max": 3, "backoff": "immediate"})
    assert trigger_fire(vm, "t", EVENT)["result"] == "at last"
    assert trigger_inspect_dlq(vm) == []


def test_svix_waits_on_the_host(vm: FakeVm) -> None:
    waited: list[float] = []
    vm.wait = lambda _function, seconds: waited.append(seconds)  # type: ignore[method-assign]  # no real waiting
    register(vm, fail_with(thrown("no")), retry={"max": 9})
    trigger_fire(vm, "t", EVENT)
    assert waited == [5, 300, 1800, 7200, 18000, 36000, 36000, 36000]


def test_hard_exits_pass_through(vm: FakeVm) -> None:
    register(vm, fail_with(CancelledExit()))
    with pytest.raises(CancelledExit):
        trigger_fire(vm, "t", EVENT)
    assert trigger_list(vm)[0]["metrics"]["in_flight"] == 0
    assert handler_context(vm) is None


@pytest.mark.parametrize(
    ("answer", "status", "result"),
    [
        (True, "dispatched", "ran"),
        (False, "dispatched", {"predicate": "only", "reason": None, "skipped": True}),
        ("yes", "dlq", None),
        (thrown("broken"), "dlq", None),
    ],
)
def test_when(vm: FakeVm, answer: Any, status: str, result: Any) -> None:
    def predicate(_event: Any) -> Any:
        if isinstance(answer, GuestError):
            raise answer
        return answer

    register(vm, lambda _event: "ran", when=closure(predicate, "only"))
    fired = trigger_fire(vm, "t", EVENT)
    assert (fired["status"], fired["result"]) == (status, result)
    if status == "dlq":
        assert trigger_inspect_dlq(vm)[0]["error_class"] == "predicate_panic"


def test_skipping_settles_the_event(vm: FakeVm) -> None:
    register(vm, lambda _event: None, when=closure(lambda _event: False))
    vm.service(EventLogService).append(
        "trigger.inbox.envelopes", "event_ingested", {"id": "e1"}, {"binding_key": "t@v1"}
    )
    trigger_fire(vm, "t", EVENT)
    assert kinds(vm, "trigger.outbox") == ["dispatch_skipped"]
    assert vm.service(QueuedTriggers).unsettled_items() == []


def test_cancel_request_stops_the_dispatch_but_not_a_replay(vm: FakeVm) -> None:
    runs: list[str] = []
    register(vm, lambda event: runs.append(event["id"]))
    request = {"binding_key": "t@v1", "event_id": "e1"}
    vm.service(EventLogService).append("trigger.cancel.requests", "dispatch_cancel_requested", request)
    assert trigger_fire(vm, "t", EVENT)["status"] == "cancelled"
    assert runs == []
    assert trigger_fire(vm, "t", {**EVENT, "id": "e2"})["status"] == "dispatched"
    assert trigger_replay(vm, "e1")["status"] == "dispatched"
    assert runs == ["e2", "e1"]


def test_worker_handler_enqueues(vm: FakeVm) -> None:
    register(vm, "worker://triage", priority="high")
    fired = trigger_fire(vm, "t", EVENT)
    assert fired["result"] == {"job_event_id": 1, "queue": "triage", "response_topic": "worker.triage.responses"}
    [item] = vm.service(QueuedTriggers).unsettled_items()
    assert (item["id"], item["binding_key"], item["event_id"]) == ("worker://triage/1", "t@v1", "e1")
    trigger_fire(vm, "t", {**EVENT, "headers": {"priority": "low"}})
    priorities = [event.payload["priority"] for event in vm.service(EventLogService).read("worker.triage")]
    assert priorities == ["high", "low"]


@pytest.mark.parametrize(
    ("uri", "text"),
    [
        ("worker://", "worker queue name cannot be empty"),
        ("worker:// ", "worker queue name cannot be empty"),
        ("a2a://agent.example", "no connector for `a2a://agent.example` is installed"),
    ],
)
def test_unreachable_uris_end_as_dead_letters(vm: FakeVm, uri: str, text: str) -> None:
    register(vm, uri)
    fired = trigger_fire(vm, "t", EVENT)
    assert (fired["status"], fired["error"]) == ("dlq", text)


def test_replay(vm: FakeVm) -> None:
    failing = [True]

    def handler(_event: Any) -> str:
        if failing[0]:
            raise thrown("down")
        return "up"

    register(vm, handler)
    entry_id = trigger_fire(vm, "t", EVENT)["dlq_entry_id"]
    again = trigger_replay(vm, "e1")
    assert (again["status"], again["replay_of_event_id"], again["dlq_entry_id"]) == ("dlq", "e1", entry_id)
    [entry] = trigger_inspect_dlq(vm)
    assert [item["status"] for item in entry["retry_history"]] == ["dlq", "replay_dlq"]
    failing[0] = False
    done = trigger_replay(vm, "e1")
    assert (done["status"], done["result"], done["dlq_entry_id"]) == ("dispatched", "up", None)
    assert trigger_inspect_dlq(vm) == []
    outbox = vm.service(EventLogService).read("trigger.outbox")
    assert outbox[-1].headers["replay_of_event_id"] == "e1"
    with pytest.raises(GuestError, match=r"^trigger_replay: unknown event id 'unknown'$"):
        trigger_replay(vm, "unknown")


def test_replay_from_the_inbox(vm: FakeVm) -> None:
    register(vm, lambda event: event["id"])
    vm.service(EventLogService).append(
        "trigger.inbox.envelopes", "event_ingested", {"trigger_id": "t", "binding_version": 1, "event": EVENT}
    )
    assert trigger_replay(vm, "e1")["result"] == "e1"


def test_versions_follow_the_definition_over_runs(tmp_path: Path) -> None:
    versions = []
    for kind in ("a", "a", "b", "c", "a"):
        vm = FakeVm(f"sqlite:{tmp_path / 'events.sqlite'}")
        versions.append(
            trigger_register(vm, {"id": "t", "kind": kind, "provider": "p", "handler": "worker://q"})["version"]
        )
        vm.service(EventLogService).reset()
    assert versions == [1, 1, 2, 3, 1]


def test_handler_context(vm: FakeVm) -> None:
    seen: list[Any] = []

    def inner(_event: Any) -> None:
        seen.append(handler_context(vm)["trigger_id"])

    def outer(_event: Any) -> None:
        trigger_fire(vm, "inner", {**EVENT, "id": "e2"})
        seen.append(handler_context(vm))

    assert handler_context(vm) is None
    register(vm, inner, "inner")
    register(vm, outer, "outer")
    trigger_fire(vm, "outer", EVENT)
    assert seen[0] == "inner"
    assert {name: seen[1][name] for name in ("trigger_id", "binding_key", "event_id", "attempt")} == {
        "trigger_id": "outer",
        "binding_key": "outer@v1",
        "event_id": "e1",
        "attempt": 1,
    }
    assert handler_context(vm) is None


def test_runtime_context_tells_of_the_handler(vm: FakeVm) -> None:
    seen: list[Any] = []
    register(vm, lambda _event: seen.extend(fields() for fields in vm.service(RuntimeContext).contributors))
    trigger_fire(vm, "t", {**EVENT, "trace_id": "trace_1"})
    assert seen == [
        {
            "binding_key": "t@v1",
            "provider": "webhook",
            "tenant_id": None,
            "trace_id": "trace_1",
            "trigger_event_id": "e1",
            "trigger_id": "t",
        }
    ]
    assert [fields() for fields in vm.service(RuntimeContext).contributors] == [{}]


def test_auto_resume_fires_once(vm: FakeVm) -> None:
    triggers = vm.service(TriggerService)
    resumed: list[Any] = []

    def resume(envelope: dict[str, Any]) -> dict[str, Any]:
        resumed.append(envelope["id"])
        return {"status": "running"}

    binding = triggers.register_auto_resume("worker_1", {"provider": "webhook", "events": ["wake"]}, resume)
    assert binding.id.startswith("auto_resume_worker_1_")
    [listed] = trigger_list(vm)
    assert (listed["kind"], listed["handler_kind"], listed["state"]) == ("auto_resume", "auto_resume", "active")
    fired = trigger_fire(vm, binding.id, EVENT)
    assert (fired["status"], fired["result"]) == ("dispatched", {"status": "running"})
    assert [entry["state"] for entry in trigger_list(vm)] == ["terminated"]
    with pytest.raises(GuestError, match="unknown trigger id"):
        trigger_fire(vm, binding.id, EVENT)
    triggers.terminate(binding.id)
    triggers.terminate("unknown")
    assert resumed == ["e1"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("budget used up", "budget_exhausted"),
        ("Deadline exceeded", "handler_timeout"),
        ("HTTP 401", "auth_failed"),
        ("got 503 back", "provider_5xx"),
        ("predicate `p` failed", "predicate_panic"),
        ("handler panic", "handler_panic"),
        ("boom", "unknown"),
    ],
)
def test_error_classes(text: str, expected: str) -> None:
    assert classify_error(text) == expected
