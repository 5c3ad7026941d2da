"""The seam between a run and what happens at its end; the VM knows no lifecycle, it is given a finisher."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    from harnlite.vm.machine import Vm

__all__ = ["Finisher"]


class Finisher(Protocol):
    """Runs what a program registered for its end."""

    def register(self, vm: Vm, callback: Any) -> None:
        """Register a host callback for the end of the next run (``execute``'s ``on_finish``)."""

    def finish(self, vm: Vm, value: Any) -> Any:
        """Run hooks and callbacks after the body succeeded, in the main guest task; gives the final value."""

    def clear(self, vm: Vm) -> object | None:
        """Forget all state after a failed run; gives it as it was, to be attached to the error."""
