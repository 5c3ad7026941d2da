"""The formatter's material: the tokens of a program as pieces, with their comments, brackets and spacing.

Takes filtered tokens and comments, gives pieces and groups. How they are laid out is not decided here.
"""

from __future__ import annotations

from typing import Final

from harnlite.source import Source
from harnlite.syntax.tokens import Comment, Token, TokenStream, kinds

__all__ = ["Group", "Piece", "needs_space", "pieces_of"]

_OPERAND_ENDS: Final = kinds(
    "NAME INT FLOAT DURATION STRING RAW_STRING NIL TRUE FALSE PAREN_CLOSE BRACKET_CLOSE BRACE_CLOSE ANGLE_CLOSE "
    "QUESTION_PROPAGATE"
)
_ITEM_ENDS: Final = kinds("arm case method")
_NO_SPACE_BEFORE: Final = kinds(
    "PAREN_CLOSE BRACKET_CLOSE ANGLE_CLOSE COMMA COLON DOT OPTIONAL_DOT CALL_OPEN METHOD_OPEN OPTIONAL_INDEX_OPEN "
    "ANGLE_OPEN QUESTION_PROPAGATE QUESTION_OPTIONAL SEPARATOR SLICE_COLON PATH_COLON"
)
_NO_SPACE_AFTER: Final = kinds(
    "GROUP_OPEN CALL_OPEN METHOD_OPEN PARAMETERS_OPEN WHILE_OPEN LIST_OPEN INDEX_OPEN OPTIONAL_INDEX_OPEN ANGLE_OPEN "
    "DOT OPTIONAL_DOT BANG SIGN ELLIPSIS AT SLICE_COLON PATH_COLON"
)
_QUESTIONS: Final = kinds("QUESTION_PROPAGATE QUESTION_OPTIONAL")


class Group:
    """A pair of brackets.

    :ivar opener: index of the opening piece; ``closer`` that of the closing one.
    :ivar style: ``statements``, ``items`` (arms, cases, members), ``fields``, ``list``, or ``inline``: never broken.
    :ivar arrow: for a closure, the index of the ``->`` behind its parameters, else -1.
    :ivar broken: whether its content stands on lines of its own.
    :ivar tight: whether no blanks stand inside its braces.
    :ivar linked: a group that must break when this one does, such as the ``else`` of an ``if``.
    """

    __slots__ = ("arrow", "broken", "closer", "linked", "opener", "style", "tight")

    def __init__(self, opener: int, style: str, tight: bool) -> None:
        self.opener = opener
        self.closer = opener
        self.style = style
        self.tight = tight
        self.arrow = -1
        self.broken = False
        self.linked: Group | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing but comments stands inside."""
        return self.closer == self.opener + 1


class Piece:
    """A token to be printed.

    :ivar kind: as of the token, but SIGN for a minus before an operand, and TERNARY_COLON, SLICE_COLON and PATH_COLON.
    :ivar group: for a bracket, its group.
    :ivar comments: those between the piece before and this one.
    :ivar ends_item: whether an arm, a case or a method ends with it.
    :ivar behind_attribute: whether it follows an attribute, as the declaration does.
    :ivar depth: how many groups are open around it.
    """

    __slots__ = (
        "behind_attribute",
        "comments",
        "depth",
        "end",
        "ends_item",
        "frame",
        "group",
        "kind",
        "newline",
        "start",
        "text",
    )

    def __init__(self, token: Token, text: str) -> None:
        self.kind = token.kind
        self.text = text
        self.start = token.start
        self.end = token.end
        self.newline = token.newline
        self.frame = token.frame
        self.group: Group | None = None
        self.comments: list[Comment] = []
        self.ends_item = token.kind == "BRACE_CLOSE" and token.frame in _ITEM_ENDS
        self.behind_attribute = False
        self.depth = 0


def pieces_of(source: Source, stream: TokenStream, filtered: list[Token]) -> tuple[list[Piece], list[Group]]:
    """Make the pieces of a program that parses; an interpolated string is one piece, printed as it was written."""
    pieces = _joined(source, filtered)
    _attach(pieces, stream.comments)
    groups: list[Group] = []
    open_groups: list[Group] = []
    ternaries = [0]
    for at, piece in enumerate(pieces):
        kind = piece.kind
        piece.depth = len(open_groups)
        if kind.endswith("_OPEN"):
            group = Group(at, _style(pieces, at), _tight(pieces, at))
            piece.group = group
            groups.append(group)
            open_groups.append(group)
            ternaries.append(0)
        elif kind.endswith("_CLOSE"):
            group = open_groups.pop()
            group.closer = at
            piece.group = group
            ternaries.pop()
        elif kind == "ARROW" and piece.frame == "closure":
            open_groups[-1].arrow = at
        elif kind == "QUESTION_TERNARY":
            ternaries[-1] += 1
        elif kind == "COMMA" or kind == "SEPARATOR":
            ternaries[-1] = 0
        elif kind == "COLON":
            piece.kind = _colon(pieces, at, ternaries, open_groups)
        elif kind == "MINUS" and not _ends_operand(pieces, at - 1):
            piece.kind = "SIGN"
        before = pieces[at - 1] if at else None
        piece.behind_attribute = before is not None and (
            (before.kind == "PAREN_CLOSE" and before.frame == "attribute")
            or (before.kind == "NAME" and at > 1 and pieces[at - 2].kind == "AT" and kind != "PARAMETERS_OPEN")
        )
    _link(pieces, groups)
    return pieces, groups


def _joined(source: Source, filtered: list[Token]) -> list[Piece]:
    pieces: list[Piece] = []
    depth = 0
    begin: Token | None = None
    for token in filtered:
        if token.kind == "STRING_BEGIN":
            depth += 1
            begin = begin or token
        elif token.kind == "STRING_END":
            depth -= 1
            if depth == 0 and begin is not None:
                whole = Token("STRING", "", begin.start, token.end, begin.newline)
                pieces.append(Piece(whole, source.text[begin.start : token.end]))
                begin = None
        elif depth == 0:
            pieces.append(Piece(token, token.text))
    return pieces


def _attach(pieces: list[Piece], comments: list[Comment]) -> None:
    """Give each comment to the piece behind it; those inside an interpolation are printed with it."""
    at = 0
    for comment in comments:
        while pieces[at].start < comment.start and at < len(pieces) - 1:
            at += 1
        if at == 0 or pieces[at - 1].end <= comment.start or pieces[at - 1].kind != "STRING":
            # What the filter put in stands directly before the next token, so behind the comment.
            inserted = not pieces[at].text and at < len(pieces) - 1
            pieces[at + inserted].comments.append(comment)


def _style(pieces: list[Piece], at: int) -> str:
    kind, frame = pieces[at].kind, pieces[at].frame
    if kind in ("BLOCK_OPEN", "CLOSURE_OPEN") or frame == "entries":
        return "statements"
    if kind == "BODY_OPEN":
        return "fields" if frame in ("fields", "variants") else "items"
    if kind in ("ANGLE_OPEN", "INDEX_OPEN", "OPTIONAL_INDEX_OPEN") or frame == "pattern":
        return "inline"
    if kind == "PARAMETERS_OPEN" and (frame == "names" or pieces[at - 1].kind == "CATCH"):
        return "inline"
    return "list"


def _tight(pieces: list[Piece], at: int) -> bool:
    kind, frame = pieces[at].kind, pieces[at].frame
    if kind == "PATTERN_OPEN":
        return frame == "pattern" or pieces[at - 1].kind == "PATH_COLON"
    if kind == "DICT_OPEN":
        return at == 0 or pieces[at - 1].kind != "WITH"
    return kind == "SHAPE_OPEN"


def _colon(pieces: list[Piece], at: int, ternaries: list[int], open_groups: list[Group]) -> str:
    if ternaries[-1]:
        ternaries[-1] -= 1
        return "TERNARY_COLON"
    if "COLON" in pieces[at + 1].kind or "COLON" in pieces[at - 1].kind:
        return "PATH_COLON"
    if open_groups and pieces[open_groups[-1].opener].kind == "INDEX_OPEN":
        return "SLICE_COLON"
    return "COLON"


def _ends_operand(pieces: list[Piece], at: int) -> bool:
    return at >= 0 and pieces[at].kind in _OPERAND_ENDS and not pieces[at].ends_item


def _link(pieces: list[Piece], groups: list[Group]) -> None:
    """Link the bodies of ``if`` and ``else``, of ``try``, ``catch`` and ``finally``: they break together."""
    for group in groups:
        if group.style != "statements" or pieces[group.closer + 1].kind not in ("ELSE", "CATCH", "FINALLY"):
            continue
        at = group.closer + 2
        while at < len(pieces) and pieces[at].kind not in ("BLOCK_OPEN", "$END"):
            inner = pieces[at].group
            at = inner.closer + 1 if inner is not None and inner.opener == at else at + 1
        if at < len(pieces):
            group.linked = pieces[at].group


def needs_space(before: Piece, piece: Piece) -> bool:
    """Whether a blank stands between two pieces on one line."""
    kind, previous = piece.kind, before.kind
    if (previous in _QUESTIONS and (kind in _QUESTIONS or kind == "DOT")) or previous == kind == "SIGN":
        # Without it, another token would come, or seem to come, of the two.
        return True
    if kind == "BRACE_CLOSE" and piece.group is not None:
        return not (piece.group.tight or piece.group.empty)
    if before.group is not None and before.group.opener >= 0 and previous.endswith("_OPEN"):
        return not (before.group.tight or before.group.empty or previous in _NO_SPACE_AFTER)
    if previous in _NO_SPACE_AFTER or kind in _NO_SPACE_BEFORE:
        return False
    if kind == "PARAMETERS_OPEN":
        return previous not in ("NAME", "FN", "ANGLE_CLOSE")
    if kind == "INDEX_OPEN":
        return previous == "COMMA"
    return True
