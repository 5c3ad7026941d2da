"""The harness as a finish callback written in Python gets it (docs/reference/lifecycle.md 3).

The same methods as the script's harness, with Python values at the border. In an async callback they may be called
after an ``await`` too, except those that have to let guest tasks run: what they would wait for cannot go on while the
callback itself runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from greenlet import getcurrent

from harnlite.lifecycle.harness import Harness
from harnlite.values.conversion import from_guest, to_guest

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["HostHarness"]


class HostHarness:
    """What a Python finish callback acts on the run with.

    Receipts are dicts with a ``status``; methods raise :class:`GuestError` where a script would get an error.
    """

    __slots__ = ("_harness", "_vm")

    def __init__(self, vm: Vm) -> None:
        self._vm = vm
        self._harness = Harness()

    def unsettled_state(self) -> dict[str, list[dict[str, Any]]]:
        """Give the five lists of open work."""
        found: dict[str, list[dict[str, Any]]] = self._call("unsettled_state")
        return found

    def is_empty(self) -> bool:
        """Tell whether nothing is open."""
        found: bool = self._call("is_empty")
        return found

    def counts(self) -> dict[str, int]:
        """Give the five counts."""
        found: dict[str, int] = self._call("counts")
        return found

    def summary(self) -> str:
        """Say in one line what is open."""
        found: str = self._call("summary")
        return found

    def current_pipeline_id(self) -> str | None:
        """Give the id of the workflow or worker that runs, or None."""
        found: str | None = self._call("current_pipeline_id")
        return found

    def wait_for_any_settlement(self, limit_ms: float | None = None) -> dict[str, Any]:
        """Wait until nothing is open, nothing can settle any more, or the limit has passed.

        :raises RuntimeError: after an ``await`` of an async callback.
        """
        if getcurrent() is self._vm.scheduler.hub:
            raise RuntimeError("wait_for_any_settlement must be called before the callback's first await")
        return self._receipt("wait_for_any_settlement", limit_ms)

    def handoff_to(self, target: str, payload: Any = None) -> dict[str, Any]:
        """Queue a payload for another pipeline."""
        return self._receipt("handoff_to", target, payload)

    def acknowledge_handoff(self, envelope_id: str, decision: Any = None) -> dict[str, Any]:
        """Settle a handoff by its envelope id."""
        return self._receipt("acknowledge_handoff", envelope_id, decision)

    def acknowledge_trigger(self, trigger_id: str) -> dict[str, Any]:
        """Settle a queued trigger by its id."""
        return self._receipt("acknowledge_trigger", trigger_id)

    def defer_trigger(self, trigger_id: str, target: str | None = None) -> dict[str, Any]:
        """Settle a queued trigger and hand it to another pipeline."""
        return self._receipt("defer_trigger", trigger_id, target)

    def emit_audit(self, kind: str, payload: Any = None) -> dict[str, Any]:
        """Record an audit entry."""
        return self._receipt("emit_audit", kind, payload)

    def finalize(self, disposition: Any = None) -> dict[str, Any]:
        """Store the run's disposition and audit it."""
        return self._receipt("finalize", disposition)

    def spawn_settlement_agent(
        self, unsettled: Any = None, return_value: Any = None, options: Any = None
    ) -> dict[str, Any]:
        """Drain what is open within a budget of rounds."""
        return self._receipt("spawn_settlement_agent", unsettled, return_value, options)

    def resume_subagent(self, handle: Any, resume_input: Any = None) -> dict[str, Any]:
        """Let a suspended subagent go on, or give input to one that awaits it."""
        return self._receipt("resume_subagent", handle, resume_input)

    def cancel_subagent(self, handle: Any) -> dict[str, Any]:
        """Close a subagent."""
        return self._receipt("cancel_subagent", handle)

    def _receipt(self, name: str, *arguments: Any) -> dict[str, Any]:
        receipt: dict[str, Any] = self._call(name, *arguments)
        return receipt

    def _call(self, name: str, *arguments: Any) -> Any:
        given = [to_guest(argument) for argument in arguments]
        return from_guest(self._vm.call_method(self._harness, name, given))
