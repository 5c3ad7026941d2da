"""The runs that an event log tells of, and the settlement story of each (docs/lifecycle-additions.md).

Takes a log, gives :class:`RunStory` objects. Runs that harnlite entered in the log carry their number; audits that no
entered run claims, such as those of the reference runtime, are split into runs where their sequence numbers restart.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import chain
from typing import Any

from attrs import define, field, frozen

from harnlite.lifecycle.handoff_records import HANDOFFS_TOPIC, StoredHandoff, fold_handoffs
from harnlite.runtime.event_log.inspection import read_topics
from harnlite.runtime.event_log.port import EventLog, StoredEvent
from harnlite.runtime.event_log.run_records import (
    AUDIT_TOPIC,
    COMPLETED,
    FAILED,
    RUN_FINISHED,
    RUN_STARTED,
    RUNS_TOPIC,
    UNSETTLED,
    process_lives,
)

__all__ = ["Audit", "RunStory", "read_stories"]


@frozen
class Audit:
    """One audit of a run.

    :param number: that of its record.
    :param who: who recorded it, such as ``callback``; empty when that is not known.
    """

    number: int
    at_ms: int
    sequence: int
    kind: str
    payload: Any
    who: str

    def to_json(self) -> dict[str, Any]:
        """Give the audit as a JSON object."""
        return {
            "at_ms": self.at_ms,
            "by": self.who or None,
            "kind": self.kind,
            "payload": self.payload,
            "record": self.number,
            "seq": self.sequence,
        }


@define
class RunStory:
    """What the log knows of a run.

    :param name: how commands name it: its number, or ``a`` and the number of its first audit.
    :param started: the ``run_started`` payload, or None for a run that was not entered.
    :param started_at_ms: when it first wrote.
    :ivar ended: the ``run_finished`` payload, or None when there is none (yet).
    """

    name: str
    started: dict[str, Any] | None
    started_at_ms: int
    ended: dict[str, Any] | None = field(default=None, init=False)
    ended_at_ms: int | None = field(default=None, init=False)
    audits: list[Audit] = field(factory=list, init=False)
    handoffs: list[StoredHandoff] = field(factory=list, init=False)

    @property
    def script(self) -> str | None:
        """The script, as the command line named it."""
        script = None if self.started is None else self.started.get("script")
        return script if isinstance(script, str) else None

    @property
    def ending(self) -> str | None:
        """How it ended: a word of ``run_records``, ``killed`` or ``running``; None when that is not known."""
        if self.started is None:
            return None
        if self.ended is None:
            alive = process_lives(self.started)
            return None if alive is None else "running" if alive else "killed"
        ending = self.ended.get("ending")
        if isinstance(ending, str):
            return ending
        return FAILED if isinstance(self.ended.get("error"), str) else COMPLETED

    @property
    def outcome(self) -> str:
        """How it ended, in a few words."""
        if self.started is None:
            return "end not recorded"
        if self.ended is None:
            return {"running": "still running", "killed": "killed"}.get(self.ending or "", "did not finish")
        error = self.ended.get("error")
        outcome = f"{self.ending}, exit code {self.ended.get('exit_code')}"
        return f"{outcome}: {error}" if isinstance(error, str) else outcome

    @property
    def unsettled(self) -> list[dict[str, Any]] | None:
        """What was open when the body ended, ``{bucket, id, text}``; None when not recorded or the body did not end.

        For a run whose finish phases did nothing that is what was left.
        """
        found = _items(self.ended, "unsettled")
        return self.left if found is None and self.ending in (COMPLETED, UNSETTLED) else found

    @property
    def left(self) -> list[dict[str, Any]] | None:
        """What was open at the very end, ``{bucket, id, text, accounted}``; None when not recorded."""
        return _items(self.ended, "left")

    def to_json(self) -> dict[str, Any]:
        """Give the whole story as a JSON object."""
        started, ended = self.started or {}, self.ended or {}
        return {
            "audits": [audit.to_json() for audit in self.audits],
            "ended_at_ms": self.ended_at_ms,
            "ending": self.ending,
            "error": ended.get("error"),
            "exit_code": ended.get("exit_code"),
            "handoffs": [handoff.to_json() for handoff in self.handoffs],
            "host": started.get("host"),
            "left": self.left,
            "left_count": ended.get("left_count"),
            "outcome": self.outcome,
            "pid": started.get("pid"),
            "pipeline": started.get("pipeline"),
            "run": self.name,
            "script": self.script,
            "started_at_ms": self.started_at_ms,
            "took_over_handoff": started.get("handoff"),
            "unsettled": self.unsettled,
            "unsettled_count": ended.get("unsettled_count"),
            "value": ended.get("value"),
        }


def _items(record: dict[str, Any] | None, name: str) -> list[dict[str, Any]] | None:
    items = None if record is None else record.get(name)
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else None


def read_stories(log: EventLog) -> list[RunStory]:
    """Give the runs of a log, the earliest first.

    :raises EventLogError: the log cannot be read.
    """
    entered = _entered_runs(read_topics(log, [RUNS_TOPIC]))
    others = _assign_audits(entered, list(read_topics(log, [AUDIT_TOPIC])))
    for handoff in fold_handoffs(read_topics(log, [HANDOFFS_TOPIC])).values():
        if handoff.run in entered:
            entered[handoff.run].handoffs.append(handoff)
    return sorted(chain(entered.values(), others), key=lambda story: story.started_at_ms)


def _entered_runs(records: Iterable[StoredEvent]) -> dict[int, RunStory]:
    runs: dict[int, RunStory] = {}
    for record in records:
        payload = record.payload
        if not isinstance(payload, dict):
            continue
        if record.kind == RUN_STARTED:
            runs[record.event_id] = RunStory(str(record.event_id), payload, record.occurred_at_ms)
        elif record.kind == RUN_FINISHED:
            number = payload.get("run")
            story = runs.get(number) if type(number) is int else None
            if story is not None:
                story.ended, story.ended_at_ms = payload, record.occurred_at_ms
    return runs


def _assign_audits(entered: dict[int, RunStory], records: list[StoredEvent]) -> list[RunStory]:
    """Give each run its audits, and the runs that only their audits tell of."""
    claims: list[tuple[int, int, RunStory]] = []
    unfinished: list[tuple[int, RunStory]] = []
    for story in entered.values():
        if story.ended is not None:
            claims.extend((first, last, story) for first, last in _pairs(story.ended.get("audits")))
        else:
            after = (story.started or {}).get("audits_after")
            unfinished.append((after if type(after) is int else 0, story))
    claims.sort(key=lambda claim: claim[0])
    unfinished.sort(key=lambda pair: pair[0])
    others: list[RunStory] = []
    current: RunStory | None = None
    for record in records:
        entry = record.payload if isinstance(record.payload, dict) else {}
        owner = _claimant(claims, record.event_id)
        if owner is None:
            # An unfinished run owns what follows its start, until the numbers restart: then somebody else began.
            begun = bisect_right(unfinished, record.event_id - 1, key=lambda pair: pair[0])
            candidate = unfinished[begun - 1][1] if begun else None
            if candidate is not None and candidate is not current and not candidate.audits:
                current = candidate
            elif current is None or _restarts(current, entry):
                current = RunStory(f"a{record.event_id}", None, record.occurred_at_ms)
                others.append(current)
            owner = current
        owner.audits.append(_audit(owner, record, entry))
    return others


def _claimant(claims: list[tuple[int, int, RunStory]], number: int) -> RunStory | None:
    """Give the run that says an audit is its own; stretches of several runs do not overlap."""
    place = bisect_right(claims, number, key=lambda claim: claim[0])
    if not place:
        return None
    _, last, story = claims[place - 1]
    return story if number <= last else None


def _restarts(story: RunStory, entry: dict[str, Any]) -> bool:
    return bool(story.audits) and _sequence(entry) <= story.audits[-1].sequence


def _audit(story: RunStory, record: StoredEvent, entry: dict[str, Any]) -> Audit:
    kind = entry.get("kind")
    sequence = _sequence(entry)
    return Audit(
        record.event_id,
        record.occurred_at_ms,
        sequence,
        kind if isinstance(kind, str) else record.kind,
        entry.get("payload"),
        _who(story, sequence),
    )


def _sequence(entry: dict[str, Any]) -> int:
    sequence = entry.get("seq")
    return sequence if type(sequence) is int else 0


def _who(story: RunStory, sequence: int) -> str:
    """Tell who acted at a sequence number, as far as the run's end says."""
    phases = None if story.ended is None else story.ended.get("phases")
    who = ""
    for phase in phases if isinstance(phases, list) else ():
        if isinstance(phase, list) and len(phase) == 2 and type(phase[1]) is int and phase[1] <= sequence:
            who = str(phase[0])
    return who


def _pairs(stretches: Any) -> Iterable[tuple[int, int]]:
    for stretch in stretches if isinstance(stretches, list) else ():
        if isinstance(stretch, list) and len(stretch) == 2 and all(type(number) is int for number in stretch):
            yield stretch[0], stretch[1]
