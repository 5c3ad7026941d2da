"""The triggers of one VM: registering, listing, firing and replaying (docs/reference/runtime.md 2).

Keeps the bindings and their versions; leaves dispatching to ``dispatch.py``. Other services register handlers of
their own here (a suspended worker waits for its resume trigger) and channels find their subscribers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from harnlite.runtime.event_log.port import StoredEvent
from harnlite.runtime.event_log.service import EventLogService
from harnlite.runtime.inbox import INBOX_TOPIC
from harnlite.runtime.rfc3339 import rfc3339
from harnlite.runtime.triggers.binding import Binding, HostHandler, RetryPolicy, parse_registration
from harnlite.runtime.triggers.dead_letters import ENTRY_KIND, DeadLetterFold, new_entry, with_replay
from harnlite.runtime.triggers.dispatch import Dispatcher, Outcome
from harnlite.runtime.triggers.envelope import make_envelope
from harnlite.runtime.triggers.manifest import manifest_bindings
from harnlite.runtime.triggers.records import (
    DEAD_LETTER_TOPIC,
    EVENTS_TOPIC,
    LIFECYCLE_TOPIC,
    Delivery,
    TriggerRecords,
)
from harnlite.values.errors import runtime_error
from harnlite.values.json_form import from_json_form, to_json_form

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["TriggerService"]


class TriggerService:
    """The bindings of one VM."""

    def __init__(self, vm: Vm) -> None:
        self._vm = vm
        self._logs = vm.service(EventLogService)
        self._records = TriggerRecords(self._logs)
        self._dispatcher = Dispatcher(vm, self._records)
        self._dead_letters = DeadLetterFold()
        #: By id in order of registration; an id may be registered anew when its binding has ended.
        self._bindings: dict[str, Binding] = {}
        #: id -> fingerprint -> version, over all runs that shared the log.
        self._versions: dict[str, dict[str, int]] = {}
        self._history_cursor = 0
        self._has_manifest = False

    def _load_manifest(self) -> None:
        """Register the project's own triggers first; the modules of their functions may register further ones."""
        if self._has_manifest:
            return
        self._has_manifest = True
        try:
            for binding in manifest_bindings(self._vm):
                self._add(binding)
        except BaseException:
            self._has_manifest = False
            raise

    # -- registering -------------------------------------------------------------------------------------------------

    def register(self, config: dict[str, Any]) -> Binding:
        """Register what a script describes.

        :param config: guest values.
        :raises GuestError: when it is malformed or the id is in use.
        """
        self._load_manifest()
        return self._add(parse_registration(config, lambda: f"trigger_{self._vm.host.uuid7()}"))

    def register_auto_resume(
        self, worker_id: str, trigger: dict[str, Any], resume: Callable[[dict[str, Any]], Any]
    ) -> Binding:
        """Register the trigger that resumes a suspended worker; it ends when it has fired.

        :param trigger: the condition's ``{kind?, provider?, events?}``.
        :param resume: called with the envelope, gives the worker's summary or raises.
        """
        events = trigger.get("events")
        provider = trigger.get("provider")

        def resume_once(envelope: dict[str, Any]) -> Any:
            summary = resume(envelope)
            self.terminate(binding.id)
            return summary

        binding = Binding(
            id=f"auto_resume_{worker_id}_{self._vm.host.uuid7()}",
            kind="auto_resume",
            provider=provider if isinstance(provider, str) else "auto_resume",
            handler=HostHandler("auto_resume", resume_once, f"auto_resume:{worker_id}"),
            fingerprint=f"auto_resume:{worker_id}",
            events=tuple(name for name in events if isinstance(name, str)) if isinstance(events, list) else (),
            retry=RetryPolicy(1, "immediate"),
        )
        return self._add(binding)

    def terminate(self, binding_id: str) -> None:
        """End a binding; it stays in the list and can no longer be fired."""
        binding = self._bindings.get(binding_id)
        if binding is not None and binding.state != "terminated":
            self._enter(binding, "terminated")

    # -- looking -----------------------------------------------------------------------------------------------------

    def bindings(self) -> list[Binding]:
        """Give all bindings in order of registration."""
        self._load_manifest()
        return list(self._bindings.values())

    def find(self, binding_id: str) -> Binding:
        """Give the binding that can be fired under an id; a runtime error when there is none."""
        self._load_manifest()
        binding = self._bindings.get(binding_id)
        if binding is None or binding.state == "terminated":
            raise runtime_error(f"trigger stdlib: unknown trigger id '{binding_id}'")
        return binding

    def dead_letters(self) -> list[dict[str, Any]]:
        """Give the pending entries of events that could not be handled."""
        return [from_json_form(entry) for entry in self._refreshed_dead_letters().pending()]

    # -- firing ------------------------------------------------------------------------------------------------------

    def fire(self, binding: Binding, event: Any) -> dict[str, Any]:
        """Fire a binding with an event of a script and wait for the end; gives the dispatch handle.

        :param event: a guest dict with at least ``provider`` and ``kind``.
        """
        envelope = make_envelope(to_json_form(event), self._now(), self._vm.host.uuid7)
        return self.deliver(Delivery(binding, envelope, None))

    def deliver(self, delivery: Delivery) -> dict[str, Any]:
        """Dispatch a delivery; what cannot be handled gets a dead-letter entry. Gives the dispatch handle."""
        self._records.event(delivery)
        outcome = self._dispatcher.dispatch(delivery)
        entry_id = None
        if outcome.status == "dlq":
            entry_id = f"dlq_{self._vm.host.uuid7()}"
            entry = new_entry(delivery, entry_id, outcome.error or "", self._now())
            self._records.dead_letter(ENTRY_KIND, delivery, entry)
        return _handle(delivery, outcome, entry_id)

    def replay(self, event_id: str) -> dict[str, Any]:
        """Dispatch an event again that was fired or taken in before; gives the dispatch handle.

        A pending dead-letter entry of the event is settled or gets the new failure.
        """
        stored = self._find_event(event_id)
        if stored is None:
            raise runtime_error(f"trigger_replay: unknown event id '{event_id}'")
        trigger_id = stored.payload.get("trigger_id") or stored.headers.get("trigger_id")
        envelope = make_envelope(_envelope_of(stored), self._now(), self._vm.host.uuid7, caller="trigger_replay")
        delivery = Delivery(self.find(str(trigger_id)), envelope, event_id)
        self._records.event(delivery)
        outcome = self._dispatcher.dispatch(delivery)
        entry = self._refreshed_dead_letters().pending_for(delivery.binding.id, event_id)
        if entry is None and outcome.status == "dlq":
            entry = new_entry(delivery, f"dlq_{self._vm.host.uuid7()}", outcome.error or "", self._now())
            self._records.dead_letter(ENTRY_KIND, delivery, entry)
        elif entry is not None:
            updated = with_replay(entry, self._now(), outcome.error)
            self._records.dead_letter(ENTRY_KIND, delivery, updated)
        return _handle(delivery, outcome, entry["id"] if entry is not None and outcome.status == "dlq" else None)

    # -- inside ------------------------------------------------------------------------------------------------------

    def _add(self, binding: Binding) -> Binding:
        known = self._bindings.get(binding.id)
        if known is not None and known.state != "terminated":
            raise runtime_error(f"trigger stdlib: duplicate trigger id '{binding.id}'")
        binding.version = self._version_for(binding.id, binding.fingerprint)
        self._bindings.pop(binding.id, None)
        self._bindings[binding.id] = binding
        self._records.transition(binding, None)
        self._enter(binding, "active")
        return binding

    def _enter(self, binding: Binding, state: str) -> None:
        previous, binding.state = binding.state, state
        self._records.transition(binding, previous)

    def _version_for(self, binding_id: str, fingerprint: str) -> int:
        """Give a definition's version: the one it had in any earlier run, else the next free one."""
        for event in self._logs.read(LIFECYCLE_TOPIC, self._history_cursor):
            self._history_cursor = event.event_id
            payload = event.payload
            if event.kind == "state_transition" and isinstance(payload, dict):
                known_id, known, version = (payload.get(key) for key in ("id", "definition_fingerprint", "version"))
                if isinstance(known_id, str) and isinstance(known, str) and type(version) is int:
                    self._versions.setdefault(known_id, {})[known] = version
        versions = self._versions.setdefault(binding_id, {})
        if fingerprint not in versions:
            versions[fingerprint] = max(versions.values(), default=0) + 1
        return versions[fingerprint]

    def _find_event(self, event_id: str) -> StoredEvent | None:
        for topic in (EVENTS_TOPIC, INBOX_TOPIC):
            for stored in self._logs.read(topic)[::-1]:
                if _envelope_of(stored).get("id") == event_id:
                    return stored
        return None

    def _refreshed_dead_letters(self) -> DeadLetterFold:
        fold = self._dead_letters
        fold.feed(self._logs.read(DEAD_LETTER_TOPIC, fold.cursor))
        return fold

    def _now(self) -> str:
        return rfc3339(self._vm.clock.now_ms())


def _envelope_of(stored: StoredEvent) -> dict[str, Any]:
    """Give the event that a record of ``triggers.events`` or the inbox holds, empty when it holds none."""
    payload = stored.payload
    event = payload.get("event", payload) if isinstance(payload, dict) else None
    return event if isinstance(event, dict) else {}


def _handle(delivery: Delivery, outcome: Outcome, dead_letter_id: str | None) -> dict[str, Any]:
    return {
        "binding_id": delivery.binding.id,
        "binding_version": delivery.binding.version,
        "dlq_entry_id": dead_letter_id,
        "error": outcome.error,
        "event_id": delivery.event_id,
        "replay_of_event_id": delivery.replay_of,
        "result": outcome.result,
        "status": outcome.status,
    }
