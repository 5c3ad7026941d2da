"""The interpreter's handler stack: ``try``, clean-ups, deadlines and held locks of all frames of one loop.

An entry of the stack is pushed when its construct begins. A soft exit pops the entries of its frame one by one:
a deadline or lock is given up, a clean-up part runs first, and remembers in an entry of its own how to go on.
"""

from __future__ import annotations

from harnlite.values.types import EnumValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from harnlite.values.errors import GuestError

    #: What is still to do after a clean-up part: what (see :class:`Exit`), and two values that depend on it.
    Completion = tuple[int, Any, Any]

__all__ = [
    "GO_ON",
    "RUNNING",
    "Completion",
    "Exit",
    "HandlerEntry",
    "HandlerInfo",
    "HandlerKind",
    "find_handler",
    "release",
]


class Exit:
    """What a completion does."""

    #: Nothing: the part ended by itself.
    NEXT: Final = 0
    #: To the target, cutting the handler and operand stacks to two heights.
    JUMP: Final = 1
    #: With the value.
    RETURN: Final = 2
    #: With the error, and the number of the instruction behind where it was raised.
    RAISE: Final = 3


GO_ON: Final[Completion] = (Exit.NEXT, None, None)


class HandlerKind:
    """What an entry of the interpreter's handler stack is."""

    TRY: Final = 0
    CLEANUP: Final = 1
    RUNNING_CLEANUP: Final = 2
    DEADLINE: Final = 3
    MUTEX: Final = 4


class HandlerInfo:
    """The part of a handler that is known when decoding.

    :param kind: see :class:`HandlerKind`.
    :param results: how many values the construct leaves.
    """

    __slots__ = ("enum", "error_slot", "kind", "results", "slot", "target")

    def __init__(self, kind: int, results: int) -> None:
        self.kind = kind
        self.results = results
        #: Where the handler or clean-up part begins.
        self.target = -1
        #: The slot that gets the caught value, and the hidden one that keeps the error for RETHROW (or -1).
        self.slot = -1
        self.error_slot = -1
        #: The enum name that a typed ``catch`` wants, or None.
        self.enum: str | None = None


RUNNING: Final = HandlerInfo(HandlerKind.RUNNING_CLEANUP, 0)
if TYPE_CHECKING:
    #: How many frames were below its frame, its description, the height of the operand stack when it was pushed, and
    #: what it holds: a deadline, a permit, or the completion of a running clean-up.
    HandlerEntry = tuple[int, HandlerInfo, int, Any]


def find_handler(
    vm: Any, handlers: list[HandlerEntry], level: int, error: GuestError, pc: int
) -> tuple[HandlerInfo, int] | None:
    """Pop a frame's handlers up to one that takes the error; gives it and the height to cut the operand stack to."""
    while handlers and handlers[-1][0] == level:
        entry = handlers.pop()
        info = entry[1]
        if info.kind == HandlerKind.TRY:
            if info.enum is None or (
                error.kind == "thrown" and type(error.value) is EnumValue and error.value.enum == info.enum
            ):
                return info, entry[2]
        elif info.kind == HandlerKind.CLEANUP:
            handlers.append((level, RUNNING, entry[2] + info.results, (Exit.RAISE, error, pc)))
            return info, entry[2]
        else:
            release(vm, entry)
    return None


def release(vm: Any, entry: HandlerEntry) -> None:
    """Give back what a handler entry holds."""
    kind = entry[1].kind
    if kind == HandlerKind.DEADLINE:
        vm.leave_deadline(entry[3])
    elif kind == HandlerKind.MUTEX:
        entry[3].release()
