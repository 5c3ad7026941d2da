"""Decoded functions: the data that ``decode.py`` makes and ``interpreter.py`` runs."""

from __future__ import annotations

from harnlite.bytecode.chunk import FunctionCode
from harnlite.vm.calls import arity_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from harnlite.vm.interpreter import InterpretedInstance

    #: ``(operation, a, b, c)``, see ``codes.py``.
    Decoded = tuple[int, Any, Any, Any]

__all__ = ["Decoded", "DecodedFunction", "HandlerInfo", "HandlerKind"]


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


class DecodedFunction:
    """A function as the interpreter runs it.

    :param instance: the chunk's instance it belongs to.
    :param code: the function's bytecode.
    :param instructions: what runs; an instruction may be replaced by a faster one with the same meaning.
    :param origins: the index in ``code.instructions`` that each instruction comes from.
    :param padding: what follows the arguments in a new frame's slots: locals, caught errors, constants.
    """

    __slots__ = ("arity", "code", "instance", "instructions", "origins", "padding", "published")

    def __init__(
        self,
        instance: InterpretedInstance,
        code: FunctionCode,
        instructions: list[Decoded],
        origins: list[int],
        padding: list[Any],
    ) -> None:
        self.instance = instance
        self.code = code
        self.arity = arity_of(code)
        self.instructions = instructions
        self.origins = origins
        self.padding = padding
        #: For each published name the slots to look in, first to last.
        self.published: dict[str, list[int]] = {}
        for name, slot in code.published:
            self.published.setdefault(name, []).append(slot)
