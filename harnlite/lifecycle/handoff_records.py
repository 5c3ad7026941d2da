"""Handoffs as records of the event log, so that another run can take them over (docs/lifecycle-additions.md).

A topic of harnlite's own holds three kinds of records: ``queued`` when work is handed over, ``settled`` when the same
run acknowledges it, ``run`` when a later run took it over. Takes records, gives handoffs with their state. It knows
nothing of the run that hands over; ``state.py`` writes the first two kinds, the command line the third.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import define, field

from harnlite.runtime.event_log.port import StoredEvent

__all__ = ["HANDOFFS_TOPIC", "QUEUED", "RUN", "SETTLED", "StoredHandoff", "fold_handoffs", "is_deferred"]

HANDOFFS_TOPIC = "harnlite.lifecycle.handoffs"
QUEUED = "queued"
SETTLED = "settled"
RUN = "run"


@define
class StoredHandoff:
    """A handoff as the log knows it.

    :param number: the number of its ``queued`` record, by which commands name it.
    :param run: the number of the run that queued it, or None when that run was not entered.
    :param envelope: what scripts see of it (lifecycle.md 3), without its age.
    :ivar settled: the ``settled`` records, payloads in order.
    :ivar attempts: the ``run`` records, likewise.
    """

    number: int
    run: int | None
    envelope: dict[str, Any]
    settled: list[dict[str, Any]] = field(factory=list, init=False)
    attempts: list[dict[str, Any]] = field(factory=list, init=False)

    @property
    def envelope_id(self) -> str:
        """How its own run called it."""
        return str(self.envelope.get("envelope_id"))

    @property
    def target(self) -> str:
        """The pipeline it is meant for."""
        return str(self.envelope.get("to"))

    @property
    def state(self) -> str:
        """``queued``, ``deferred``, ``settled`` or ``run``."""
        if any(attempt.get("succeeded") is True for attempt in self.attempts):
            return RUN
        if not self.settled:
            return QUEUED
        return "deferred" if all(is_deferred(record.get("decision")) for record in self.settled) else SETTLED

    @property
    def is_open(self) -> bool:
        """Whether the work is still to be done: an acknowledgement that only defers it does not do it."""
        return self.state in (QUEUED, "deferred")

    def to_json(self) -> dict[str, Any]:
        """Give everything known as one JSON object."""
        return {
            "attempts": self.attempts,
            "envelope": self.envelope,
            "number": self.number,
            "run": self.run,
            "settled": self.settled,
            "state": self.state,
        }


def is_deferred(decision: Any) -> bool:
    """Tell whether the decision of an acknowledgement puts the work off, as the drain loop's does."""
    return isinstance(decision, dict) and decision.get("disposition") == "deferred"


def fold_handoffs(records: Iterable[StoredEvent]) -> dict[int, StoredHandoff]:
    """Give the handoffs of a log by number, in the order of queueing; malformed records are passed over."""
    handoffs: dict[int, StoredHandoff] = {}
    for record in records:
        payload = record.payload
        if not isinstance(payload, dict):
            continue
        if record.kind == QUEUED:
            envelope, run = payload.get("envelope"), payload.get("run")
            if isinstance(envelope, dict):
                number = run if type(run) is int else None
                handoffs[record.event_id] = StoredHandoff(record.event_id, number, envelope)
            continue
        number = payload.get("handoff")
        handoff = handoffs.get(number) if type(number) is int else None
        if handoff is not None and record.kind == SETTLED:
            handoff.settled.append(payload)
        elif handoff is not None and record.kind == RUN:
            handoff.attempts.append(payload)
    return handoffs
