"""Handoffs as records of the event log, so that another run can take them over (docs/lifecycle-additions.md).

A topic of harnlite's own holds four kinds of records: ``queued`` when work is handed over, ``settled`` when the same
run acknowledges it, ``claimed`` when a process begins to take it over, ``run`` when that has ended. Takes records and
gives handoffs with their state. It knows nothing of the run that hands over; ``state.py`` writes the first two kinds,
the command line the others.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import define, field

from harnlite.runtime.event_log.port import StoredEvent

__all__ = [
    "CLAIMED",
    "CLAIM_HEADER",
    "HANDOFFS_TOPIC",
    "QUEUED",
    "RUN",
    "SETTLED",
    "StoredHandoff",
    "fold_handoffs",
    "is_deferred",
]

HANDOFFS_TOPIC = "harnlite.lifecycle.handoffs"
QUEUED = "queued"
SETTLED = "settled"
CLAIMED = "claimed"
RUN = "run"
#: The header by which a claim is unique in the log: the handoff's number and the claim's ordinal.
CLAIM_HEADER = "harnlite.handoff.claim"


@define
class StoredHandoff:
    """A handoff as the log knows it.

    :param number: the number of its ``queued`` record, by which commands name it.
    :param run: the number of the run that queued it, or None when that run was not entered.
    :param envelope: what scripts see of it (lifecycle.md 3), without its age.
    :ivar settled: the ``settled`` records, payloads in order.
    :ivar claims: the ``claimed`` records, likewise, each with its own number as ``claim``.
    :ivar attempts: the ``run`` records, likewise; ``claim`` says which claim each one ended.
    """

    number: int
    run: int | None
    envelope: dict[str, Any]
    settled: list[dict[str, Any]] = field(factory=list, init=False)
    claims: list[dict[str, Any]] = field(factory=list, init=False)
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
    def claim(self) -> dict[str, Any] | None:
        """The claim under which it is being taken over, or None when nobody does or the last one has ended."""
        ended = [attempt.get("claim") for attempt in self.attempts]
        return self.claims[-1] if self.claims and self.claims[-1]["claim"] not in ended else None

    @property
    def state(self) -> str:
        """``queued``, ``deferred``, ``claimed``, ``settled`` or ``run``."""
        if any(attempt.get("succeeded") is True for attempt in self.attempts):
            return RUN
        if not all(is_deferred(record.get("decision")) for record in self.settled):
            return SETTLED
        if self.claim is not None:
            return CLAIMED
        return "deferred" if self.settled else QUEUED

    @property
    def is_open(self) -> bool:
        """Whether the work is not done yet: an acknowledgement that only defers it does not do it."""
        return self.state in (QUEUED, "deferred", CLAIMED)

    def to_json(self) -> dict[str, Any]:
        """Give everything known as one JSON object."""
        return {
            "attempts": self.attempts,
            "claims": self.claims,
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
        elif handoff is not None and record.kind == CLAIMED:
            handoff.claims.append({**payload, "claim": record.event_id})
        elif handoff is not None and record.kind == RUN:
            handoff.attempts.append(payload)
    return handoffs
