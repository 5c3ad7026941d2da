"""Decoded functions: the data that ``decode.py`` makes and ``interpreter.py`` runs."""

from __future__ import annotations

from harnlite.bytecode.chunk import FunctionCode
from harnlite.vm.calls import arity_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from harnlite.vm.interpreted import InterpretedInstance

    #: ``(operation, a, b, c)``, see ``codes.py``.
    Decoded = tuple[int, Any, Any, Any]

__all__ = ["Decoded", "DecodedFunction"]


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
