"""The formatter: a program's text in the one common style, with its comments and its meaning.

Two blanks per level; one blank between tokens; line ends stay where the author put them inside expressions; a bracket
whose content began on a new line, or whose line would be too long, has its items on lines of their own. Works on the
filtered tokens, so that nothing the parser does not look at can be lost.
"""

from __future__ import annotations

from typing import Final

from harnlite.source import Source
from harnlite.syntax import lexer
from harnlite.syntax.compare import same_tree
from harnlite.syntax.format_breaks import BREAKABLE, break_long_lines
from harnlite.syntax.format_layout import lay_out
from harnlite.syntax.format_pieces import Group, Piece, pieces_of
from harnlite.syntax.parser import parse, parse_with_errors
from harnlite.syntax.token_filter import filter_tokens

__all__ = ["WIDTH", "format_source"]

WIDTH: Final = 100
"""How long a line may be."""


def format_source(source: Source, width: int = WIDTH) -> str:
    """Give the formatted text of a program; formatting it again changes nothing.

    :param width: the length from which lines are broken; long strings and comments stay whole.
    :raises ProgramError: when the program does not parse.
    """
    program = parse(source)
    text = _formatted(source, width)
    again, errors = parse_with_errors(Source(source.name, text))
    if errors or not same_tree(program, again):
        # Never change a program's meaning: rather leave its looks.
        return source.text
    return text


def _formatted(source: Source, width: int) -> str:
    stream = lexer.tokenize(source)
    pieces, groups = pieces_of(source, stream, filter_tokens(stream.tokens))
    for group in groups:
        group.broken = group.style in BREAKABLE and _was_broken(pieces, group)
    _spread(groups)
    while True:
        lines, places = lay_out(source, pieces)
        if not break_long_lines(pieces, groups, lines, places, width):
            break
        _spread(groups)
    return "\n".join([*lines, ""])


def _was_broken(pieces: list[Piece], group: Group) -> bool:
    """Whether the author put the content of a group on lines of its own, or a comment forces it there."""
    start = group.arrow if group.arrow >= 0 else group.opener
    begins_item = True
    at = start + 1
    while at <= group.closer:
        piece = pieces[at]
        if piece.comments and at > group.opener:
            return True
        if piece.newline and begins_item and not (at == group.closer and group.empty):
            return True
        inner = piece.group
        if inner is not None and inner.opener == at:
            at = inner.closer
        begins_item = group.style != "list" and (pieces[at].kind in ("SEPARATOR", "COMMA") or pieces[at].ends_item)
        at += 1
        if at == group.closer and group.style != "list":
            begins_item = True
    return False


def _spread(groups: list[Group]) -> None:
    """Break the groups that are linked to broken ones, in both directions along each chain."""
    for group in groups:
        if group.broken and group.linked is not None:
            group.linked.broken = True
    for group in reversed(groups):
        if group.linked is not None and group.linked.broken:
            group.broken = True
