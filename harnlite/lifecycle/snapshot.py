"""The unsettled snapshot: what is still open, as five lists of items.

Each bucket is filled by the service that owns that work, through ``unsettled_items() -> list[dict]``; this file
knows only which services there are. A service that no run has used has nothing open, so it is not even imported
(docs/reference/lifecycle.md 4).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from attrs import frozen

from harnlite.values.display import type_name
from harnlite.values.errors import type_error

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["BUCKETS", "UnsettledSnapshot", "count_items", "counts", "snapshot_unsettled", "summary"]

#: State field, short name in counts, words in the summary; in the order of the summary and of the drain loop.
BUCKETS = (
    ("suspended_subagents", "suspended", "suspended subagents"),
    ("queued_triggers", "queued", "queued triggers"),
    ("partial_handoffs", "partial", "partial handoffs"),
    ("in_flight_llm_calls", "in_flight", "in-flight llm calls"),
    ("pool_pending_tasks", "pool_pending", "pool pending tasks"),
)

#: Bucket -> module and class of the service that fills it, for work that only this run can have started.
_SOURCES = {
    "suspended_subagents": ("harnlite.runtime.workers", "Workers"),
    "partial_handoffs": ("harnlite.lifecycle.state", "LifecycleState"),
    "in_flight_llm_calls": ("harnlite.runtime.llm_calls", "LlmCalls"),
    "pool_pending_tasks": ("harnlite.runtime.pools", "Pools"),
}


@frozen
class UnsettledSnapshot:
    """The five lists at one moment, each item a dict in JSON form."""

    suspended_subagents: list[dict[str, Any]]
    queued_triggers: list[dict[str, Any]]
    partial_handoffs: list[dict[str, Any]]
    in_flight_llm_calls: list[dict[str, Any]]
    pool_pending_tasks: list[dict[str, Any]]

    def to_json(self) -> dict[str, Any]:
        """Give the state dict that scripts see; the lists are fresh, the items shared."""
        return {name: list(getattr(self, name)) for name, _, _ in BUCKETS}

    @property
    def is_empty(self) -> bool:
        """Whether nothing is open."""
        return not any(getattr(self, name) for name, _, _ in BUCKETS)

    def counts(self) -> dict[str, int]:
        """Give the five counts under their short names."""
        return {short: len(getattr(self, name)) for name, short, _ in BUCKETS}

    def summary(self) -> str:
        """Say in one line what is open (lifecycle.md 4.6)."""
        return summary(self.counts())


def snapshot_unsettled(vm: Vm, *, with_triggers: bool = True) -> UnsettledSnapshot:
    """Ask every service in use what is open now, and the event log, which earlier runs may have left work in.

    :param with_triggers: whether to ask the event log, which may have to be opened for that.
    """
    # Loaded when first needed: most runs that register a callback never look.
    from harnlite.runtime.queued_triggers import QueuedTriggers

    queued = vm.service(QueuedTriggers).unsettled_items() if with_triggers else []
    return UnsettledSnapshot(
        queued_triggers=queued, **{bucket: _items(vm, *source) for bucket, source in _SOURCES.items()}
    )


def _items(vm: Vm, module_name: str, class_name: str) -> list[dict[str, Any]]:
    module = sys.modules.get(module_name)
    if module is None:
        return []
    service = getattr(module, class_name)
    items: list[dict[str, Any]] = vm.service(service).unsettled_items() if vm.has_service(service) else []
    return items


def summary(numbers: dict[str, int]) -> str:
    """Say in one line what is open, given the five counts."""
    if not any(numbers.values()):
        return "no unsettled work"
    return "unsettled work: " + ", ".join(f"{numbers[short]} {words}" for _, short, words in BUCKETS)


def counts(state: dict[str, Any]) -> dict[str, int]:
    """Count the items of a state dict given by a script; a missing list counts as empty.

    :raises GuestError: when a field is not a list.
    """
    numbers = {}
    for name, short, _ in BUCKETS:
        items = state.get(name, [])
        if not isinstance(items, list):
            raise type_error(f"unsettled-state field `{name}` must be a list, got {type_name(items)}")
        numbers[short] = len(items)
    return numbers


def count_items(state: Any) -> dict[str, int]:
    """Count what a state dict lists, forgiving whatever is not a list."""
    fields = state if isinstance(state, dict) else {}
    return {short: len(items) if isinstance(items := fields.get(name), list) else 0 for name, short, _ in BUCKETS}
