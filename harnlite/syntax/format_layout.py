"""Lays pieces out as lines: where lines end, how far they are indented, where comments and commas go.

Takes pieces and groups whose ``broken`` flags are settled, gives lines. It never chooses what to break; see
``formatter.py`` for that.
"""

from __future__ import annotations

from typing import Final

from harnlite.source import Source
from harnlite.syntax.format_pieces import Group, Piece, needs_space
from harnlite.syntax.tokens import Comment, kinds

__all__ = ["INDENT", "lay_out"]

INDENT: Final = 2
"""Blanks per level."""

_LINE_STARTS: Final = kinds(
    "PIPE OR AND EQUAL NOT_EQUAL LESS GREATER LESS_EQUAL GREATER_EQUAL COALESCE PLUS STAR SLASH PERCENT POWER DOT "
    "OPTIONAL_DOT QUESTION_TERNARY TERNARY_COLON BAR AMPERSAND"
)
_LINE_ENDS: Final = (_LINE_STARTS - {"DOT", "OPTIONAL_DOT"}) | {"MINUS", "ASSIGN", "COMPOUND_ASSIGN", "IN", "NOT_IN"}
_BREAKING: Final = kinds("statements items fields list")


class _Frame:
    """An open group.

    :ivar indent: of the lines inside, if it is broken.
    :ivar base: of the line its closer stands on then.
    """

    __slots__ = ("base", "group", "indent")

    def __init__(self, group: Group | None, indent: int, base: int) -> None:
        self.group = group
        self.indent = indent
        self.base = base

    @property
    def broken(self) -> bool:
        """Whether its content stands on lines of its own; that of the program does."""
        return self.group is None or self.group.broken

    def is_style(self, *styles: str) -> bool:
        """Whether its group is of one of some styles; the program is of style ``statements``."""
        return (self.group.style if self.group is not None else "statements") in styles


def lay_out(source: Source, pieces: list[Piece]) -> tuple[list[str], list[tuple[int, int]]]:
    """Give the lines, and for each piece the index of the line and the column it begins at."""
    layout = _Layout(source, pieces)
    layout.run()
    return layout.lines, layout.places


class _Layout:
    def __init__(self, source: Source, pieces: list[Piece]) -> None:
        self.text = source.text
        self.pieces = pieces
        self.lines: list[str] = []
        self.places: list[tuple[int, int]] = []
        self.line = ""
        self.line_indent = 0
        self.frames = [_Frame(None, 0, 0)]
        # Where in the source the last printed thing ended; -1 directly behind an opener, where no blank line is kept.
        self.last_end = -1
        # Whether the next thing must begin a line: an item ended, or a comment that runs to the line's end.
        self.item_due = True
        self.line_due = False
        # Whether the line holds a comment only, behind which the next thing stands.
        self.comment_leads = False

    def run(self) -> None:
        for at, piece in enumerate(self.pieces):
            if piece.kind == "$END":
                self.places.append((len(self.lines), 0))
                self.write_comments(piece, self.frames[-1].indent)
                break
            if piece.kind == "SEPARATOR":
                self.separator(at, piece)
            elif piece.kind == "COMMA":
                self.comma(at, piece)
            elif piece.kind.endswith("_CLOSE"):
                self.close(at, piece)
            else:
                self.common(at, piece)
        self.flush()

    # --- lines ---------------------------------------------------------------------------------

    def flush(self) -> None:
        if self.line.strip():
            self.lines.extend(self.line.split("\n"))
        self.line = ""

    def new_line(self, indent: int, start: int, keep_blank: bool) -> None:
        """Begin a line; keep one blank line that the source has before an offset, if wanted."""
        began = bool(self.lines or self.line.strip())
        self.flush()
        if keep_blank and began and self.last_end >= 0 and self.text.count("\n", self.last_end, start) > 1:
            self.lines.append("")
        self.line = " " * indent
        self.line_indent = indent

    def write(self, piece: Piece, text: str) -> None:
        column = len(self.line) - (self.line.rfind("\n") + 1)
        self.places.append((len(self.lines) + self.line.count("\n"), column))
        self.line += text
        if piece.text:
            self.last_end = piece.end

    def continuation(self) -> int:
        """Give the indent of a line that goes on with an item."""
        frame = next(frame for frame in reversed(self.frames) if frame.broken)
        return frame.indent + INDENT

    def write_comments(self, piece: Piece, indent: int) -> None:
        """Print the comments before a piece, those on lines of their own at an indent."""
        for comment in piece.comments:
            begins_line = comment.own_line or self.line_due or not self.line.strip()
            if begins_line:
                fresh = not self.line.strip()
                if not fresh or self.lines:
                    self.new_line(indent, comment.start, keep_blank=True)
            elif self.line.strip():
                self.line += " "
            self.line += comment.text
            self.last_end = comment.end
            self.line_due = self.ends_line(comment)
            self.comment_leads = begins_line and not self.line_due

    def ends_line(self, comment: Comment) -> bool:
        """Whether nothing may follow a comment on its line."""
        if not comment.text.startswith("/*"):
            return True
        return self.text[comment.end : comment.end + 200].lstrip(" \t\r").startswith("\n")

    # --- pieces --------------------------------------------------------------------------------

    def separator(self, at: int, piece: Piece) -> None:
        frame = self.frames[-1]
        if frame.broken:
            self.write(piece, "")
            self.write_comments(piece, frame.indent)
            self.item_due = True
        else:
            last = self.pieces[at + 1].kind.endswith("_CLOSE")
            self.write(piece, "" if last else ";")

    def comma(self, at: int, piece: Piece) -> None:
        """Print a comma: none behind a field on its own line, behind the last item only if that ends a line."""
        frame = self.frames[-1]
        unwanted = frame.broken and frame.is_style("fields")
        if self.pieces[at + 1].kind.endswith("_CLOSE"):
            unwanted = not (frame.group is not None and self.takes_comma(frame.group))
        self.write(piece, "" if unwanted else ",")
        separates = frame.broken and frame.is_style("fields", "list")
        self.write_comments(piece, frame.indent if separates else self.continuation())
        self.item_due |= separates

    def close(self, at: int, piece: Piece) -> None:
        frame = self.frames[-1]
        group = frame.group
        breaks = group is not None and group.broken and group.style in _BREAKING
        if group is not None and self.takes_comma(group) and self.pieces[at - 1].kind != "COMMA":
            self.line += ","
        self.write_comments(piece, frame.indent if breaks else self.continuation())
        self.frames.pop()
        empty = group is not None and group.empty
        if breaks and not (empty and not self.line_due and not any(comment.own_line for comment in piece.comments)):
            self.new_line(frame.base, piece.start, keep_blank=False)
        elif self.line_due:
            self.new_line(self.continuation(), piece.start, keep_blank=False)
        elif needs_space(self.pieces[at - 1], piece) or (breaks and piece.comments):
            self.line += " "
        self.item_due = self.line_due = self.comment_leads = False
        self.write(piece, piece.text)
        self.after_item(piece)

    def takes_comma(self, group: Group) -> bool:
        """Whether a comma ends the last line of a broken list: not in a group, not behind a rest."""
        opener = self.pieces[group.opener]
        if not group.broken or group.style != "list":
            return False
        if opener.kind in ("GROUP_OPEN", "WHILE_OPEN") or group.empty:
            return False
        at = group.closer - 1
        while at > group.opener and self.pieces[at].kind != "ELLIPSIS":
            inner = self.pieces[at].group
            if inner is not None and inner.closer == at:
                at = inner.opener
            if self.pieces[at].kind == "COMMA" and at != group.closer - 1:
                return True
            at -= 1
        return self.pieces[at].kind != "ELLIPSIS" or opener.kind != "PARAMETERS_OPEN"

    def after_item(self, piece: Piece) -> None:
        """Note that an arm, case or method ended, or that an interface member may begin."""
        if piece.ends_item and self.frames[-1].broken and self.frames[-1].is_style("items"):
            self.item_due = True

    def begins_member(self, at: int, piece: Piece) -> bool:
        """Whether a piece begins a member of an interface, which nothing separates from the one before."""
        frame = self.frames[-1]
        if piece.kind not in ("FN", "TYPE") or not frame.is_style("items") or not frame.broken:
            return False
        opener = self.pieces[frame.group.opener] if frame.group is not None else None
        before = self.pieces[at - 1].kind
        return opener is not None and opener.frame == "interface" and before not in ("ARROW", "BAR", "ASSIGN")

    def common(self, at: int, piece: Piece) -> None:
        frame = self.frames[-1]
        before = self.pieces[at - 1] if at else None
        if self.begins_member(at, piece):
            self.item_due = True
        item = self.item_due
        indent = frame.indent if item or (piece.behind_attribute and frame.broken) else self.continuation()
        self.write_comments(piece, indent)
        if self.comment_leads:
            self.line += " "
        elif item:
            if self.line.strip() or self.lines:
                self.new_line(indent, piece.start, keep_blank=True)
        elif self.line_due or (before is not None and self.keeps_line(before, piece)):
            self.new_line(indent, piece.start, keep_blank=False)
        elif before is not None and (piece.comments or needs_space(before, piece)):
            self.line += " "
        self.item_due = self.line_due = self.comment_leads = False
        self.write(piece, piece.text)
        if piece.kind.endswith("_OPEN"):
            self.open(piece)
        elif piece.kind == "ARROW" and piece.frame == "closure" and frame.broken:
            self.item_due = True
            self.last_end = -1

    def keeps_line(self, before: Piece, piece: Piece) -> bool:
        """Whether the source's line end before a piece inside an item is kept."""
        if not piece.newline:
            return False
        return piece.behind_attribute or piece.kind in _LINE_STARTS or before.kind in _LINE_ENDS

    def open(self, piece: Piece) -> None:
        group = piece.group
        self.frames.append(_Frame(group, self.line_indent + INDENT, self.line_indent))
        if group is not None and group.broken and group.arrow < 0:
            self.item_due = True
            self.last_end = -1
