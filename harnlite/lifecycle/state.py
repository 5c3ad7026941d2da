"""What one VM remembers about finishing: the callback slot, audits, partial handoffs, disposition, and their counter.

Takes values of guest code and stores them in JSON form; gives entries and envelopes as plain dicts. It knows the
clock, the pipeline id and where audits are kept, not the harness or the finish order (docs/reference/lifecycle.md 0,
3, 5, 6).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from attrs import define, evolve, field, frozen

from harnlite.lifecycle.accounting import Ledger
from harnlite.lifecycle.handoff_records import HANDOFFS_TOPIC, QUEUED, SETTLED
from harnlite.runtime.event_log.canonical import canonical_json
from harnlite.runtime.event_log.run_records import AUDIT_TOPIC
from harnlite.runtime.event_log.service import EventLogService
from harnlite.runtime.mutation_session import MutationSessions
from harnlite.values.json_form import to_json_form

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["BODY", "SETTLEMENT_AGENT", "ClearedState", "Handoff", "LifecycleState", "payload_summary"]

#: Who acts: the body of the run, and the drain loop, which body, hooks and callback may all start.
BODY = "body"
SETTLEMENT_AGENT = "settlement agent"

_SUMMARY_LIMIT = 80
_SUMMARY_KEYS = 6


def payload_summary(payload: Any) -> str:
    """Say in a few words what a handoff carries (lifecycle.md 3).

    :param payload: a value in JSON form.
    """
    if payload is None:
        return "nil"
    if isinstance(payload, str):
        return payload if len(payload) <= _SUMMARY_LIMIT else payload[:_SUMMARY_LIMIT] + "..."
    if isinstance(payload, list):
        return f"list(len={len(payload)})"
    if isinstance(payload, dict):
        names = sorted(payload)
        shown = names[:_SUMMARY_KEYS] + (["..."] if len(names) > _SUMMARY_KEYS else [])
        return f"object(keys={','.join(shown)})"
    return canonical_json(payload)


@frozen
class Handoff:
    """Work handed to another pipeline and not yet acknowledged there.

    :param sequence: its number in the counter shared with audits.
    :param origin: the pipeline id it comes from, or None.
    :param queued_at_ms: wall time in milliseconds, by the run's clock.
    :param number: the number of its record in the event log, or None when it is not stored.
    """

    sequence: int
    origin: str | None
    target: str
    payload: Any
    queued_at_ms: int
    number: int | None = None

    @property
    def envelope_id(self) -> str:
        """How acknowledgements name it."""
        return f"envelope_{self.sequence}"

    def to_json(self, now_ms: int) -> dict[str, Any]:
        """Give the envelope as scripts see it, aged by ``now_ms``."""
        return {
            "age_ms": max(0, now_ms - self.queued_at_ms),
            "envelope_id": self.envelope_id,
            "from": self.origin,
            "origin_pipeline": self.origin,
            "payload": self.payload,
            "payload_summary": payload_summary(self.payload),
            "queued_at_ms": self.queued_at_ms,
            "seq": self.sequence,
            "target_pipeline": self.target,
            "to": self.target,
        }


@frozen
class ClearedState:
    """The state as it was when a failing run cleared it; attached to the error the embedder sees."""

    had_callback: bool
    audits: tuple[dict[str, Any], ...]
    handoffs: tuple[dict[str, Any], ...]
    disposition: Any
    sequence: int


@define
class LifecycleState:
    """The slots of lifecycle.md 0, one set per VM.

    :ivar disposition: what the last ``finalize`` said, in JSON form.
    :ivar ledger: what audits and handoffs say about open work.
    :ivar phases: who acted from which sequence number on: pairs in order.
    """

    _vm: Vm
    disposition: Any = field(default=None, init=False)
    ledger: Ledger = field(factory=Ledger, init=False)
    phases: list[tuple[str, int]] = field(factory=lambda: [(BODY, 1)], init=False)
    _acting: list[str] = field(factory=lambda: [BODY], init=False)
    _callback: Any = field(default=None, init=False)
    _sequence: int = field(default=0, init=False)
    _audits: list[dict[str, Any]] = field(factory=list, init=False)
    _handoffs: dict[str, Handoff] = field(factory=dict, init=False)

    # -- the callback slot -----------------------------------------------------------------------------------------

    def set_callback(self, callback: Any) -> None:
        """Fill the slot; the last one registered wins."""
        self._callback = callback

    def take_callback(self) -> Any:
        """Empty the slot and give what was in it, or None."""
        callback, self._callback = self._callback, None
        return callback

    @property
    def has_callback(self) -> bool:
        """Whether the slot is filled."""
        return self._callback is not None

    # -- who acts --------------------------------------------------------------------------------------------------

    @contextmanager
    def acting(self, who: str) -> Iterator[None]:
        """Say who records what is recorded meanwhile, such as ``callback``."""
        self._acting.append(who)
        self._note_phase()
        try:
            yield
        finally:
            self._acting.pop()
            self._note_phase()

    @property
    def settlement_active(self) -> bool:
        """Whether the drain loop runs."""
        return SETTLEMENT_AGENT in self._acting

    @property
    def finishing(self) -> bool:
        """Whether a hook or the callback acts, directly or through the drain loop."""
        return any(who not in (BODY, SETTLEMENT_AGENT) for who in self._acting)

    def _note_phase(self) -> None:
        self._vm.note("lifecycle.phase", self._acting[-1])
        start = self._sequence + 1
        if self.phases[-1][1] == start:
            self.phases.pop()
        if not self.phases or self.phases[-1][0] != self._acting[-1]:
            self.phases.append((self._acting[-1], start))

    # -- audits ----------------------------------------------------------------------------------------------------

    def record_audit(self, kind: str, payload: Any = None) -> dict[str, Any]:
        """Append an audit entry, in memory and to the active event log.

        :param payload: any guest value; kept in JSON form.
        :return: the entry ``{seq, kind, payload, pipeline_id}``.
        """
        entry = {
            "kind": kind,
            "payload": to_json_form(payload),
            "pipeline_id": self._pipeline_id(),
            "seq": self._next_sequence(),
        }
        self._audits.append(entry)
        self._vm.note("lifecycle.audit", entry)
        headers = {"kind": kind, "seq": str(entry["seq"])}
        if entry["pipeline_id"] is not None:
            headers["pipeline_id"] = entry["pipeline_id"]
        number = self._vm.service(EventLogService).append_if_active(AUDIT_TOPIC, "lifecycle_audit", entry, headers)
        self.ledger.note_audit(self._vm, kind, entry["payload"], number)
        return entry

    def take_audits(self) -> list[dict[str, Any]]:
        """Give all entries and forget them; the counter goes on."""
        taken, self._audits = self._audits, []
        return taken

    def audits(self) -> list[dict[str, Any]]:
        """Give all entries."""
        return list(self._audits)

    @property
    def audit_count(self) -> int:
        """How many entries have not been taken."""
        return len(self._audits)

    # -- handoffs --------------------------------------------------------------------------------------------------

    def add_handoff(self, target: str, payload: Any) -> dict[str, Any]:
        """Queue work for another pipeline and give its envelope; this alone writes no audit."""
        now_ms = self._vm.clock.now_ms()
        handoff = Handoff(self._next_sequence(), self._pipeline_id(), target, to_json_form(payload), now_ms)
        envelope = handoff.to_json(now_ms)
        stored = {name: value for name, value in envelope.items() if name != "age_ms"}
        number = self._store_handoff(QUEUED, {"envelope": stored})
        self._handoffs[handoff.envelope_id] = evolve(handoff, number=number)
        self._vm.note("lifecycle.handoff", envelope)
        self.ledger.note_handoff(handoff.envelope_id, handoff.payload, finishing=self.finishing)
        return envelope

    def acknowledge_handoff(self, envelope_id: str, decision: Any) -> dict[str, Any] | None:
        """Remove an envelope and audit the decision.

        :return: the envelope, or None when there is none of that id.
        """
        handoff = self._handoffs.pop(envelope_id, None)
        if handoff is None:
            return None
        self._vm.note("lifecycle.settled", {"bucket": "partial_handoffs", "id": envelope_id})
        said = to_json_form(decision)
        self.record_audit("handoff_acknowledged", {"decision": said, "envelope_id": envelope_id})
        if handoff.number is not None:
            self._store_handoff(SETTLED, {"decision": said, "handoff": handoff.number})
        return handoff.to_json(self._vm.clock.now_ms())

    def unsettled_items(self) -> list[dict[str, Any]]:
        """Give the open envelopes in order of queueing: the bucket ``partial_handoffs``."""
        now_ms = self._vm.clock.now_ms()
        return [handoff.to_json(now_ms) for handoff in self._handoffs.values()]

    def _store_handoff(self, kind: str, payload: dict[str, Any]) -> int | None:
        logs = self._vm.service(EventLogService)
        return logs.append_if_active(HANDOFFS_TOPIC, kind, {**payload, "run": logs.enter_run()}, {}, "handoff")

    # -- the end ---------------------------------------------------------------------------------------------------

    def finalize(self, disposition: Any) -> dict[str, Any]:
        """Store the disposition, the last one wins, and audit it; this ends nothing (lifecycle.md 6)."""
        self.disposition = to_json_form(disposition)
        self._vm.note("lifecycle.finalized", self.disposition)
        return self.record_audit("pipeline_finalized", {"disposition": self.disposition})

    def clear(self) -> ClearedState:
        """Forget callback, audits, handoffs and disposition, restart the counter; give what was there."""
        before = ClearedState(
            self.has_callback, tuple(self._audits), tuple(self.unsettled_items()), self.disposition, self._sequence
        )
        self._callback = None
        self._audits = []
        self._handoffs = {}
        self.disposition = None
        self._sequence = 0
        self.ledger = Ledger()
        self.phases = [(BODY, 1)]
        self._vm.note("lifecycle.cleared", before)
        return before

    def _next_sequence(self) -> int:
        self._sequence += 1
        return self._sequence

    def _pipeline_id(self) -> str | None:
        return MutationSessions.current_pipeline_id(self._vm)
