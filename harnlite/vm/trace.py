"""Where an error happened: guest frames out of Python tracebacks.

The interpreter notes its frames itself while it unwinds. A translated function is a Python function, so its frame is
found in the traceback; the translator says by a :data:`FrameLookup` which guest function and position that is.
"""

from __future__ import annotations

from harnlite.values.errors import GuestError, TraceEntry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import Protocol

    class FrameLookup(Protocol):
        """Gives guest positions of translated frames."""

        def __call__(self, code: CodeType, line: int) -> TraceEntry | None:
            """The position of a Python line in which an error came up; None: the code is no translated function."""
            ...

        def nearest(self, frame: FrameType) -> TraceEntry | None:
            """The position of a running frame, also in a line in which no error can come up: then that before it."""
            ...


__all__ = ["harvest"]


def harvest(error: GuestError, lookup: FrameLookup | None) -> None:
    """Move the translated frames of an error's traceback into its trace, innermost first, and drop the traceback.

    Dropping it also frees the values that the Python frames held.
    """
    position = error.__traceback__
    if position is None:
        return
    if lookup is not None:
        found = []
        while position is not None:
            entry = lookup(position.tb_frame.f_code, position.tb_lineno)
            if entry is not None and entry.line:
                found.append(entry)
            position = position.tb_next
        found.reverse()
        error.trace += found
    error.__traceback__ = None
