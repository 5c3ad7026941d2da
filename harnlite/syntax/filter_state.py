"""What the token filter knows at any moment: the open brackets, and what the last token left behind.

The parts of the filter (``filter_*.py``) are functions over this state; ``token_filter.py`` drives them. Nothing here
decides anything about Harn.
"""

from __future__ import annotations

from typing import Final

from harnlite.syntax.tokens import END, Token

__all__ = ["AFTER_TYPE", "LIST_FRAMES", "STATEMENT_FRAMES", "Filter", "Frame"]

STATEMENT_FRAMES: Final = frozenset({"block", "entries"})
"""Frames whose items are separated by line ends or ``;``."""

LIST_FRAMES: Final = frozenset(
    {
        "arguments",
        "attribute",
        "closure",
        "dict",
        "fields",
        "list",
        "named",
        "names",
        "parameters",
        "pattern",
        "struct",
        "variants",
    }
)
"""Frames whose items are separated by commas, which may be left out."""

AFTER_TYPE: Final = "AFTER_TYPE"
"""Stands for the previous token behind a whole type or a declaration's name: no call, index or literal follows."""


class Frame:
    """One open bracket.

    :ivar kind: what it holds (``block``, ``arguments``, ``match``, ...).
    :ivar role: whose it is (``if``, ``fn``, ``arm``, ...); decides what follows its closer.
    :ivar closer: the kind of its closing token.
    :ivar opened: index of its opening token in the output.
    :ivar headers: keywords of this frame that still wait for their ``{``.
    :ivar ternaries: how many ``?`` of this item still wait for their ``:``.
    """

    __slots__ = ("closer", "commas", "headers", "kind", "opened", "role", "statements", "ternaries")

    def __init__(self, kind: str, role: str, closer: str, opened: int) -> None:
        self.kind = kind
        self.role = role
        self.closer = closer
        self.opened = opened
        self.headers: list[str] = []
        self.ternaries = 0
        self.statements = kind in STATEMENT_FRAMES
        self.commas = kind in LIST_FRAMES

    def become(self, kind: str) -> None:
        """Turn into another kind of frame, as a closure's parameters do at ``->``."""
        self.kind = kind
        self.statements = kind in STATEMENT_FRAMES
        self.commas = kind in LIST_FRAMES


class Filter:
    """The state of one run of the filter.

    :ivar tokens: the input, a private copy (``>=`` may be split in it).
    :ivar index: the input token looked at.
    :ivar out: the output.
    :ivar frames: the open brackets, the outermost the program itself; ``frame`` is the last.
    :ivar operand: whether an operand (or a whole item) ended with the last token.
    :ivar previous: the kind of the last token.
    :ivar closed: the role of the frame that the last closer closed.
    :ivar item_at: the length of the output when the current item began.
    :ivar callee_start: output index where the last bare name (or a name in parentheses) began.
    :ivar callee_end: the length of the output when it ended.
    :ivar arrows: input indexes of the ``{`` that have a ``->`` of their own.
    :ivar matches: input index of each opening bracket to that of its closer.
    :ivar comparisons: input indexes of the ``<`` known to begin no type arguments.
    :ivar colons: for each ``?``, by input index, how many ``:`` follow that could be its own.
    """

    __slots__ = (
        "arrows",
        "callee_end",
        "callee_start",
        "closed",
        "colons",
        "comparisons",
        "frame",
        "frames",
        "index",
        "item_at",
        "matches",
        "operand",
        "out",
        "previous",
        "tokens",
    )

    def __init__(self, tokens: list[Token], matches: dict[int, int], arrows: set[int], colons: dict[int, int]) -> None:
        self.tokens = list(tokens)
        self.index = 0
        self.out: list[Token] = []
        self.frame = Frame("block", "program", END, -1)
        self.frames = [self.frame]
        self.operand = False
        self.previous = ""
        self.closed = ""
        self.item_at = 0
        self.callee_start = -1
        self.callee_end = -1
        self.arrows = arrows
        self.matches = matches
        self.colons = colons
        self.comparisons: set[int] = set()

    def kind_at(self, ahead: int) -> str:
        """Give the kind of the input token so many places ahead; behind the last one it is the end's."""
        at = self.index + ahead
        return self.tokens[at].kind if at < len(self.tokens) else END

    def take(self, kind: str = "") -> None:
        """Move the current token to the output, under another kind if one is given."""
        token = self.tokens[self.index]
        if kind:
            token = token.as_kind(kind)
        self.out.append(token)
        self.previous = token.kind
        self.operand = False
        self.index += 1

    def take_name(self) -> bool:
        """Move a declaration's name to the output; False when there is none."""
        if self.kind_at(0) != "NAME":
            return False
        self.take()
        self.operand = True
        self.previous = AFTER_TYPE
        return True

    def open(self, terminal: str, kind: str, role: str, closer: str) -> None:
        """Move the current opening bracket to the output and open its frame."""
        frame = Frame(kind, role, closer, len(self.out))
        self.take(terminal)
        self.out[-1].frame = kind
        self.frames.append(frame)
        self.frame = frame
        self.item_at = len(self.out)

    def drop(self) -> Frame:
        """Leave the innermost frame."""
        frame = self.frames.pop()
        self.frame = self.frames[-1]
        return frame

    def begin_item(self) -> None:
        """Note that the next token begins an item of the current frame."""
        frame = self.frame
        frame.ternaries = 0
        if frame.headers:
            frame.headers.clear()
        self.operand = False
        self.item_at = len(self.out)

    def insert(self, kind: str) -> None:
        """Put a separator without text before the current token and begin an item."""
        token = self.tokens[self.index]
        depth = len(self.frames) - 1 if self.frame.statements else -1
        self.out.append(Token(kind, "", token.start, token.start, token.newline, depth))
        self.previous = kind
        self.begin_item()
