"""A translated chunk as data."""

from __future__ import annotations

from types import CodeType

from harnlite.bytecode.chunk import Chunk
from harnlite.translator.module_names import Binding

__all__ = ["Translation", "file_name"]


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
    :param assumed: builtins whose meaning the text takes for granted.
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
