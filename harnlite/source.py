"""Source text, spans and positions.

A :class:`Source` owns the text of one file; a span is a pair of character offsets into it.
Lines and columns are 1-based and counted in characters (docs/reference/language.md 1.1).
"""

from __future__ import annotations

from harnlite.records import NamedTuple

__all__ = ["NOWHERE", "Position", "Source", "Span"]


class Span(NamedTuple):
    """A half-open range of character offsets, ``start <= end``."""

    start: int
    end: int


class Position(NamedTuple):
    """A 1-based line and column."""

    line: int
    column: int


NOWHERE = Span(0, 0)


class Source:
    """The text of one file and the index of its lines.

    :param name: what diagnostics call the file, usually the path as the user wrote it.
    :param text: the whole text, decoded.
    """

    __slots__ = ("_starts", "name", "text")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._starts: list[int] | None = None

    def _line_starts(self) -> list[int]:
        starts = self._starts
        if starts is None:
            starts = [0]
            find = self.text.find
            at = find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = find("\n", at + 1)
            self._starts = starts
        return starts

    def position(self, offset: int) -> Position:
        """Give the position of a character offset; the text's end has one too."""
        # Not imported earlier: a run without errors asks for no position.
        from bisect import bisect_right

        starts = self._line_starts()
        line = bisect_right(starts, offset)
        return Position(line, offset - starts[line - 1] + 1)

    def line_text(self, line: int) -> str:
        """Give the text of a 1-based line without its line end, or ``""`` when there is no such line."""
        starts = self._line_starts()
        if not 1 <= line <= len(starts):
            return ""
        end = starts[line] if line < len(starts) else len(self.text)
        return self.text[starts[line - 1] : end].rstrip("\r\n")

    @property
    def line_starts(self) -> list[int]:
        """The character offset at which each line starts; not to be changed."""
        return self._line_starts()

    @property
    def line_count(self) -> int:
        """The number of lines; an empty text has one."""
        return len(self._line_starts())
