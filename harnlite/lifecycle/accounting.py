"""Which unsettled work somebody accounted for (the rule is in docs/lifecycle-additions.md).

The ledger takes what a run puts on record, audits and handoffs, and tells of an open item whether any of that speaks
of it: an audit or a handed-over payload names it by its id, the run was finalized or abandoned on record while it was
open, or it is a handoff that was itself made while finishing. It settles nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen

from harnlite.lifecycle.snapshot import BUCKETS, UnsettledSnapshot, snapshot_unsettled
from harnlite.runtime.event_log.canonical import canonical_json

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["Ledger", "OpenItem", "open_items", "unaccounted_report"]

#: The field of a bucket's items that audits and handoffs name them by.
_IDENTITIES = {
    "suspended_subagents": "handle",
    "queued_triggers": "id",
    "partial_handoffs": "envelope_id",
    "in_flight_llm_calls": "call_id",
    "pool_pending_tasks": "id",
}
#: What a report says of an item beside its id.
_DESCRIPTIONS = {
    "suspended_subagents": ("reason", "mode"),
    "queued_triggers": ("spec_summary",),
    "partial_handoffs": ("to", "payload_summary"),
    "in_flight_llm_calls": ("model",),
    "pool_pending_tasks": ("pool_name", "status"),
}
#: Audits that only state what is open: they decide nothing.
_OBSERVING = frozenset({"drain_unsettled_remaining", "settlement_timeout"})


@frozen
class OpenItem:
    """One item of the unsettled snapshot in a few words.

    :param bucket: the snapshot's field.
    :param item_id: what audits and handoffs name it by.
    :param text: what it is, for people.
    """

    bucket: str
    item_id: str
    text: str

    @property
    def category(self) -> str:
        """The bucket's name for one item."""
        return next(words for name, _, words in BUCKETS if name == self.bucket).removesuffix("s")

    def to_json(self) -> dict[str, Any]:
        """Give the item as a JSON object."""
        return {"bucket": self.bucket, "id": self.item_id, "text": self.text}


def open_items(snapshot: UnsettledSnapshot) -> list[OpenItem]:
    """Give the items of a snapshot in the order of its buckets."""
    return [
        OpenItem(bucket, _text(item.get(_IDENTITIES[bucket])), _description(bucket, item))
        for bucket, _, _ in BUCKETS
        for item in getattr(snapshot, bucket)
    ]


def _description(bucket: str, item: dict[str, Any]) -> str:
    parts = [_text(item.get(name)) for name in _DESCRIPTIONS[bucket]]
    if bucket == "partial_handoffs":
        parts[0] = f"to {parts[0]}"
    return ", ".join(part for part in parts if part)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else canonical_json(value)


@define
class Ledger:
    """What one run has put on record about open work.

    Records are kept as they are and searched only at the end, since most runs never ask.

    :ivar stored: first and last number of each stretch of audits in the event log.
    """

    stored: list[list[int]] = field(factory=list, init=False)
    _records: list[Any] = field(factory=list, init=False)
    _covered: set[tuple[str, str]] = field(factory=set, init=False)
    _own_handoffs: set[str] = field(factory=set, init=False)

    def note_audit(self, vm: Vm, kind: str, payload: Any, number: int | None) -> None:
        """Take notice of an audit.

        :param payload: in JSON form.
        :param number: that of its record in the event log, or None when it was not stored.
        """
        if number is not None:
            if self.stored and self.stored[-1][1] == number - 1:
                self.stored[-1][1] = number
            else:
                self.stored.append([number, number])
        if kind in _OBSERVING:
            return
        self._records.append(payload)
        if kind == "pipeline_abandoned_unsettled" or (kind == "pipeline_finalized" and _has_disposition(payload)):
            self._covered.update((item.bucket, item.item_id) for item in open_items(snapshot_unsettled(vm)))

    def note_handoff(self, envelope_id: str, payload: Any, *, finishing: bool) -> None:
        """Take notice of a handoff; the payload is in JSON form.

        :param finishing: whether a hook or the finish callback made it.
        """
        self._records.append(payload)
        if finishing:
            self._own_handoffs.add(envelope_id)

    def unaccounted(self, items: list[OpenItem]) -> list[OpenItem]:
        """Give the items that nothing on record speaks of."""
        rest = [
            item
            for item in items
            if (item.bucket, item.item_id) not in self._covered
            and not (item.bucket == "partial_handoffs" and item.item_id in self._own_handoffs)
        ]
        if not rest:
            return rest
        named = _texts(self._records)
        return [item for item in rest if item.item_id not in named]


def _has_disposition(payload: Any) -> bool:
    return isinstance(payload, dict) and payload.get("disposition") is not None


def _texts(records: list[Any]) -> set[str]:
    """Give every text that stands somewhere in the records as a whole value."""
    found: set[str] = set()
    pending = list(records)
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            found.add(value)
        elif isinstance(value, dict):
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
    return found


def unaccounted_report(items: list[OpenItem]) -> str:
    """Say on several lines what nobody accounted for, and what to do about it."""
    lines = [f"error: the run left {len(items)} unsettled items that nobody accounted for"]
    if len(items) == 1:
        lines = ["error: the run left an unsettled item that nobody accounted for"]
    lines += [f"  {item.category} {item.item_id}" + (f": {item.text}" if item.text else "") for item in items]
    lines.append("   = help: settle them, hand them over or put a decision on record in a finish callback")
    return "\n".join(lines)
