"""What the lexer gives: tokens, comments, and the names of both.

Every kind of token is a terminal of ``harn.lark``, or one of the raw kinds (``LEFT_BRACE``, ``NEWLINE``-less) that the
token filter replaces by a terminal. Nothing here knows how tokens are found or used.
"""

from __future__ import annotations

from typing import Final

from harnlite.diagnostics import Diagnostic

__all__ = ["END", "KEYWORDS", "OPERATORS", "STRAY", "Comment", "Token", "TokenStream", "kinds"]

END: Final = "$END"
"""The kind of the token behind the last one; Lark's name for it."""


def kinds(words: str) -> frozenset[str]:
    """Give the set of the words in a text; the short way to write a set of token kinds."""
    return frozenset(words.split())


STRAY: Final = -2
"""The depth of a closing bracket that closes nothing."""

_RESERVED: Final = """
    ask_user break catch const continue deadline defer dual_control else emit enum escalate_to eval_pack exclusive
    extends false finally fn for from guard if impl import in interface let match mutex nil override parallel pipeline
    pub request_approval require retry return select skill spawn struct throw to tool true try type var while yield
"""

KEYWORDS: Final[dict[str, str]] = {word: word.upper() for word in _RESERVED.split()}
"""The reserved words and their token kinds (language.md 1.2)."""

OPERATORS: Final[dict[str, str]] = {
    "==": "EQUAL",
    "!=": "NOT_EQUAL",
    "&&": "AND",
    "||": "OR",
    "|>": "PIPE",
    "??": "COALESCE",
    "**": "POWER",
    "?.": "OPTIONAL_DOT",
    "->": "ARROW",
    "-=": "COMPOUND_ASSIGN",
    "+=": "COMPOUND_ASSIGN",
    "*=": "COMPOUND_ASSIGN",
    "/=": "COMPOUND_ASSIGN",
    "%=": "COMPOUND_ASSIGN",
    "<=": "LESS_EQUAL",
    ">=": "GREATER_EQUAL",
    "...": "ELLIPSIS",
    "{": "LEFT_BRACE",
    "}": "BRACE_CLOSE",
    "(": "LEFT_PAREN",
    ")": "PAREN_CLOSE",
    "[": "LEFT_BRACKET",
    "]": "BRACKET_CLOSE",
    ",": "COMMA",
    ":": "COLON",
    ";": "SEPARATOR",
    ".": "DOT",
    "=": "ASSIGN",
    "!": "BANG",
    "+": "PLUS",
    "-": "MINUS",
    "*": "STAR",
    "/": "SLASH",
    "%": "PERCENT",
    "<": "LESS",
    ">": "GREATER",
    "?": "QUESTION",
    "|": "BAR",
    "&": "AMPERSAND",
    "@": "AT",
}
"""Operators and punctuation and their token kinds (language.md 1.5)."""


class Token:
    """One token.

    :ivar kind: its terminal (or raw) name.
    :ivar text: the source text it covers; ``""`` for what the token filter inserts.
    :ivar start: offset of its first character.
    :ivar end: offset behind its last character.
    :ivar newline: whether a line end stands between it and the token before.
    :ivar depth: for separators and closing brackets, how many brackets are open there (for error recovery); -1 where
        nothing can be resumed, :data:`STRAY` for a bracket that closes nothing.
    :ivar frame: for brackets that the token filter opened or closed, what they hold or whose they are (``block``,
        ``arguments``; behind them ``arm``, ``if``, ...).
    """

    __slots__ = ("depth", "end", "frame", "kind", "newline", "start", "text")

    def __init__(self, kind: str, text: str, start: int, end: int, newline: bool = False, depth: int = 0) -> None:
        self.kind = kind
        self.text = text
        self.start = start
        self.end = end
        self.newline = newline
        self.depth = depth
        self.frame = ""

    def as_kind(self, kind: str) -> Token:
        """Give the same token under another name."""
        return Token(kind, self.text, self.start, self.end, self.newline)

    def __repr__(self) -> str:
        return f"Token({self.kind}, {self.text!r}, {self.start}, {self.end})"


class Comment:
    """A comment, or the ``#!`` line.

    :ivar text: the whole comment with its marks.
    :ivar own_line: whether nothing but blanks stands before it on its line.
    """

    __slots__ = ("end", "own_line", "start", "text")

    def __init__(self, text: str, start: int, end: int, own_line: bool) -> None:
        self.text = text
        self.start = start
        self.end = end
        self.own_line = own_line

    def __repr__(self) -> str:
        return f"Comment({self.text!r}, {self.start}, {self.end})"


class TokenStream:
    """The tokens of a source in order, the last of kind :data:`END`; its comments; and what was wrong."""

    __slots__ = ("comments", "errors", "tokens")

    def __init__(self, tokens: list[Token], comments: list[Comment], errors: list[Diagnostic]) -> None:
        self.tokens = tokens
        self.comments = comments
        self.errors = errors
