"""A translated chunk as data."""

from __future__ import annotations

from harnlite.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Final

    from harnlite.bytecode.chunk import Chunk

__all__ = [
    "BUILTIN",
    "CODE",
    "CONSTANT",
    "DEEP_BUILTIN",
    "METHOD",
    "STRUCT_TYPE",
    "Binding",
    "Translation",
    "file_name",
]

CONSTANT: Final = 0
BUILTIN: Final = 1
METHOD: Final = 2
STRUCT_TYPE: Final = 3
CODE: Final = 4
DEEP_BUILTIN: Final = 5


class Binding(NamedTuple):
    """What a name stands for.

    ``CONSTANT``: the chunk's constant ``number``. ``BUILTIN``: the builtin ``text`` called with so many
    ``arguments``; ``DEEP_BUILTIN``: the same, called with the depth instead of the VM, because it may call back.
    ``METHOD``: the method ``text`` of the type ``receiver``, called with so many ``arguments``. ``STRUCT_TYPE``: the
    type of the chunk's constant ``number``. ``CODE``: the bytecode of function ``number``.
    """

    name: str
    kind: int
    number: int = 0
    text: str = ""
    receiver: str = ""
    arguments: int = 0


def file_name(chunk: Chunk) -> str:
    """What Python tracebacks call the text of a chunk: distinct for distinct sources."""
    return f"<harn {chunk.source_digest[:16]} {chunk.source_name}>"


class Translation:
    """The Python form of a chunk; immutable.

    :param file_name: what Python calls the text.
    :param text: the Python text, for people.
    :param code: the code object; running it in a namespace defines ``make_N`` for each translated function N.
    :param owners: per line the function that it belongs to.
    :param origins: per line the instruction that it comes from, or a negative number.
    :param bindings: the names that a VM has to bind.
    :param assumed: builtins whose meaning the text takes for granted; with ``!``: names that no builtin must have.
    :param declined: functions that were not translated, and why.
    """

    __slots__ = ("assumed", "bindings", "code", "declined", "file_name", "origins", "owners", "text")

    def __init__(
        self,
        file_name: str,
        text: str,
        code: CodeType,
        owners: list[int],
        origins: list[int],
        bindings: list[Binding],
        assumed: list[str],
        declined: dict[int, str],
    ) -> None:
        self.file_name = file_name
        self.text = text
        self.code = code
        self.owners = owners
        self.origins = origins
        self.bindings = bindings
        self.assumed = assumed
        self.declined = declined
