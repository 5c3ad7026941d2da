"""What one VM remembers about finishing: the callback slot, audits, partial handoffs, disposition, and their counter.

Takes values of guest code and stores them in JSON form; gives entries and envelopes as plain dicts. It knows the
clock, the pipeline id and where audits are kept, not the harness or the finish order (docs/reference/lifecycle.md 0,
3, 5, 6).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen

from harnlite.runtime.event_log.canonical import canonical_json
from harnlite.runtime.event_log.service import EventLogService
from harnlite.runtime.mutation_session import MutationSessions
from harnlite.values.json_form import to_json_form

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["AUDIT_TOPIC", "ClearedState", "Handoff", "LifecycleState", "payload_summary"]

#: The topic that every audit entry is appended to.
AUDIT_TOPIC = "pipeline.lifecycle.audit"

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
    """

    sequence: int
    origin: str | None
    target: str
    payload: Any
    queued_at_ms: int

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
    :ivar settlement_active: whether the drain loop runs.
    """

    _vm: Vm
    disposition: Any = field(default=None, init=False)
    settlement_active: bool = field(default=False, init=False)
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
        headers = {"kind": kind, "seq": str(entry["seq"])}
        if entry["pipeline_id"] is not None:
            headers["pipeline_id"] = entry["pipeline_id"]
        self._vm.service(EventLogService).append_if_active(AUDIT_TOPIC, "lifecycle_audit", entry, headers)
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
        self._handoffs[handoff.envelope_id] = handoff
        return handoff.to_json(now_ms)

    def acknowledge_handoff(self, envelope_id: str, decision: Any) -> dict[str, Any] | None:
        """Remove an envelope and audit the decision.

        :return: the envelope, or None when there is none of that id.
        """
        handoff = self._handoffs.pop(envelope_id, None)
        if handoff is None:
            return None
        self.record_audit("handoff_acknowledged", {"decision": to_json_form(decision), "envelope_id": envelope_id})
        return handoff.to_json(self._vm.clock.now_ms())

    def unsettled_items(self) -> list[dict[str, Any]]:
        """Give the open envelopes in order of queueing: the bucket ``partial_handoffs``."""
        now_ms = self._vm.clock.now_ms()
        return [handoff.to_json(now_ms) for handoff in self._handoffs.values()]

    # -- the end ---------------------------------------------------------------------------------------------------

    def finalize(self, disposition: Any) -> dict[str, Any]:
        """Store the disposition, the last one wins, and audit it; this ends nothing (lifecycle.md 6)."""
        self.disposition = to_json_form(disposition)
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
        return before

    def _next_sequence(self) -> int:
        self._sequence += 1
        return self._sequence

    def _pipeline_id(self) -> str | None:
        return MutationSessions.current_pipeline_id(self._vm)
