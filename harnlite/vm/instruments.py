"""Instruments: objects that are told what a run does, in the manner of trio's.

An instrument overrides the methods it cares about. With none installed nothing is spent: calls and instructions are
only reported by functions that were decoded for it, and the other events are rare. What happens inside a function only
the interpreter tells: instruments that want calls, instructions or errors make the VM use it. All others see the same
events in both tiers. Instruments must be installed before ``execute``.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from harnlite.bytecode.chunk import FunctionCode
    from harnlite.values.errors import GuestError
    from harnlite.vm.channels import Channel
    from harnlite.vm.task_state import Task

__all__ = ["Instrument", "Step"]


class Step:
    """Where an interpreted frame is, before it runs an instruction of its function.

    :param code: the function.
    :param index: the number of the instruction in ``code.instructions``; its line is ``code.lines[index]``.
    :param depth: the number of guest calls around the frame.
    """

    __slots__ = ("_slots", "code", "depth", "index")

    def __init__(self, code: FunctionCode, index: int, depth: int, slots: list[Any]) -> None:
        self.code = code
        self.index = index
        self.depth = depth
        self._slots = slots

    @property
    def line(self) -> int:
        """The line in the source."""
        return self.code.lines[self.index]

    def variables(self) -> dict[str, Any]:
        """The values of the named locals, hidden ones left out; a copy, made when asked for."""
        named = zip(self.code.slot_names, self._slots, strict=False)
        return {name: value for name, value in named if not name.startswith("<")}


class Instrument:
    """Override what you want to see. A method must not wait, call guest code, or change what it is given."""

    #: Whether :meth:`called` and :meth:`returned` are wanted.
    wants_calls = False
    #: Whether :meth:`instruction` is wanted.
    wants_instructions = False

    def instruction(self, step: Step) -> None:
        """An instruction is about to run."""

    def called(self, step: Step) -> None:
        """A function begins; its arguments are the first variables."""

    def returned(self, step: Step, value: Any) -> None:
        """A function is about to give its value, or to end with a tail call, whose callee is then the value."""

    def failed(self, error: GuestError, caught: bool) -> None:
        """An error reached a handler, or left the interpreter's loop; reported to those who override this."""

    def needs_interpreter(self) -> bool:
        """Whether events are wanted that the fast tier does not give."""
        return self.wants_calls or self.wants_instructions or type(self).failed is not Instrument.failed

    def printed(self, task: Task, text: str) -> None:
        """Guest output."""

    def task_started(self, task: Task) -> None:
        """A task was made; it runs when its turn comes."""

    def task_parked(self, task: Task) -> None:
        """A task begins to wait, for ``task.waiting_for``."""

    def task_woken(self, task: Task) -> None:
        """A task that waited is ready again."""

    def task_done(self, task: Task) -> None:
        """A task ended, with ``task.result`` or ``task.error``."""

    def channel_sent(self, channel: Channel, value: Any) -> None:
        """A value went into a channel."""

    def channel_received(self, channel: Channel, value: Any) -> None:
        """A value came out of a channel."""

    def channel_closed(self, channel: Channel) -> None:
        """A channel was closed."""

    def clock_moved(self, wall_ms: int) -> None:
        """A mocked clock was installed, moved or taken away."""

    def noted(self, kind: str, data: Any) -> None:
        """Something above the VM happened.

        | kind | data |
        |---|---|
        | ``event_log.append`` | the record as stored (``StoredEvent``) |
        | ``lifecycle.callback_taken`` | whether there was one |
        | ``lifecycle.snapshot`` | what is open when the body has ended: the five lists |
        | ``lifecycle.phase`` | who acts from now on: ``body``, ``callback``, ``PreFinish hook`` ... |
        | ``lifecycle.audit`` | the entry |
        | ``lifecycle.handoff`` | the envelope |
        | ``lifecycle.settled`` | ``{bucket, id}`` of a handoff, trigger or subagent that is no longer open |
        | ``lifecycle.drained`` | the receipt of a drain loop |
        | ``lifecycle.finalized`` | the disposition |
        | ``lifecycle.cleared`` | what a failed run had (``ClearedState``) |
        """
