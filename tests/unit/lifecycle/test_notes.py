"""What instruments see of the lifecycle and of the event log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import harnlite
from harnlite.engine import RunOptions, build_vm, compile_source
from harnlite.host import Host
from harnlite.runtime.event_log.service import EventLogService
from harnlite.runtime.event_log.sqlite import SqliteEventLog
from harnlite.source import Source
from harnlite.values.errors import GuestError
from harnlite.vm.instruments import Instrument


class Notes(Instrument):
    """Keeps what is noted, each in a few words."""

    def __init__(self) -> None:
        self.found: list[tuple[str, Any]] = []

    def noted(self, kind: str, data: Any) -> None:
        self.found.append((kind.removeprefix("lifecycle."), data))

    def of(self, kind: str) -> list[Any]:
        return [data for name, data in self.found if name == kind]

    @property
    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.found if kind != "event_log.append"]


def observe(body: str, folder: Path, *, tier: str = "fast", log: str = "memory", imports: str = "") -> Notes:
    options = RunOptions(tier=tier, event_log=log, use_cache=False)
    text = f"{imports}\npipeline default() {{\n{body}\n}}\n"
    compiled = compile_source(Source("test.harn", text), None, options=options)
    host = Host(write_out=lambda _: None, environment={}, working_directory=str(folder))
    vm = build_vm(compiled.loader, options, host=host, directory=str(folder))
    notes = Notes()
    vm.install(notes)
    try:
        vm.execute_sync(compiled.chunk)
    except GuestError:
        notes.found.append(("failed", None))
    return notes


@pytest.mark.parametrize("tier", ["fast", "interpreter"])
def test_a_whole_finish(tmp_path: Path, tier: str) -> None:
    notes = observe(
        "pipeline_on_finish({ h, v ->\n"
        "  h.acknowledge_handoff(h.unsettled_state().partial_handoffs[0].envelope_id)\n"
        '  h.finalize({ok: true})\n  v\n})\nharness.handoff_to("night", 1)\nreturn 4',
        tmp_path,
        tier=tier,
    )
    assert notes.kinds == [
        "handoff", "callback_taken", "snapshot", "phase", "settled", "audit", "finalized", "audit", "phase",
    ]  # fmt: skip
    assert notes.of("handoff")[0]["to"] == "night"
    assert notes.of("callback_taken") == [True]
    assert [len(items) for items in notes.of("snapshot")[0].values()] == [0, 0, 1, 0, 0]
    assert notes.of("phase") == ["callback", "body"]
    assert notes.of("settled") == [{"bucket": "partial_handoffs", "id": "envelope_1"}]
    assert [entry["kind"] for entry in notes.of("audit")] == ["handoff_acknowledged", "pipeline_finalized"]
    assert notes.of("finalized") == [{"ok": True}]


def test_a_drain(tmp_path: Path) -> None:
    notes = observe(
        'pipeline_on_finish(on_finish_drain)\nharness.handoff_to("night")\nreturn 4',
        tmp_path,
        imports='import { on_finish_drain } from "std/lifecycle"',
    )
    assert notes.of("drained")[0]["status"] == "completed"
    assert notes.of("phase") == ["callback", "settlement agent", "callback", "body"]


def test_hooks_are_phases(tmp_path: Path) -> None:
    notes = observe('register_session_hook("pre_finish", { _e -> nil })\nharness.handoff_to("x")', tmp_path)
    phases = ["PreFinish hook", "body", "OnUnsettledDetected hook", "body", "PostFinish hook", "body"]
    assert notes.of("phase") == phases
    assert notes.of("callback_taken") == [False]


def test_a_failure_clears(tmp_path: Path) -> None:
    notes = observe('pipeline_on_finish({ _h, v -> v })\nharness.emit_audit("a")\nthrow "no"', tmp_path)
    assert notes.kinds == ["audit", "cleared", "failed"]
    assert [entry["kind"] for entry in notes.of("cleared")[0].audits] == ["a"]
    assert notes.of("cleared")[0].had_callback


def test_triggers_and_subagents_that_are_settled(tmp_path: Path) -> None:
    notes = observe(
        'event_log.emit("trigger.inbox.envelopes", "event_ingested", {event: {id: "e"}}, {binding_key: "k"})\n'
        'harness.acknowledge_trigger("trigger://k/e")\n'
        'let w = spawn_agent({name: "w", task: "t", node: {kind: "subagent", model_policy: {provider: "mock"}}})\n'
        "suspend_agent(w)\nharness.cancel_subagent(w)\nharness.cancel_subagent(w)",
        tmp_path,
        imports='import "std/agents"',
    )
    trigger, worker = notes.of("settled")
    assert trigger == {"bucket": "queued_triggers", "id": "trigger://k/e"}
    assert (worker["bucket"], worker["id"][:7]) == ("suspended_subagents", "worker_")


@pytest.mark.parametrize("log", ["memory", "sqlite"])
def test_appended_records(tmp_path: Path, log: str) -> None:
    """Every record of the process, also those that came in once only; what was there already is not appended."""
    notes = observe(
        'event_log.emit("mine", "k", {n: 1})\nharness.emit_audit("a")\n'
        'emit_channel("c", 1, {id: "once"})\nemit_channel("c", 1, {id: "once"})',
        tmp_path,
        log=log if log == "memory" else f"sqlite:{tmp_path}/log.sqlite",
    )
    records = notes.of("event_log.append")
    assert [(record.topic, record.event_id, record.kind) for record in records[:2]] == [
        ("mine", 1, "k"),
        ("pipeline.lifecycle.audit", 1, "lifecycle_audit"),
    ]
    assert [record.kind for record in records[2:]] == ["channel.emit", "channel_emit"]
    assert records[0].payload == {"n": 1}
    assert len(records[0].headers["harn.provenance.record_hash"]) > 60


def test_records_of_a_log_that_is_installed(tmp_path: Path) -> None:
    options = RunOptions(event_log="memory", use_cache=False)
    compiled = compile_source(Source("test.harn", 'event_log.emit("mine", "k")'), None, options=options)
    vm = build_vm(compiled.loader, options, directory=str(tmp_path))
    notes = Notes()
    vm.install(notes)
    log = SqliteEventLog(str(tmp_path / "log.sqlite"))
    vm.service(EventLogService).install(log)
    vm.execute_sync(compiled.chunk)
    log.close()
    assert [record.topic for record in notes.of("event_log.append")] == ["mine"]


@pytest.mark.parametrize("tier", ["fast", "interpreter"])
def test_instruments_of_embedders(tier: str) -> None:
    notes = Notes()
    vm = harnlite.Vm(tier=tier, instruments=[notes])
    program = vm.compile('harness.handoff_to("review", {price: 42})')
    vm.execute_sync(program)
    vm.reset()
    vm.execute_sync(program)
    assert [(envelope["to"], envelope["payload"]) for envelope in notes.of("handoff")] == [
        ("review", {"price": 42})
    ] * 2
