"""The lexer: source text in, tokens and comments out (docs/reference/language.md 1).

One regular expression finds everything regular; strings with interpolation and block comments, which nest, have
scanners of their own. An interpolated string becomes STRING_BEGIN, the tokens of the first expression, STRING_MIDDLE,
..., STRING_END, all in one flat list. The lexer knows nothing of the grammar: the kinds of brackets are settled later.
"""

from __future__ import annotations

import re
from typing import Final

from harnlite.diagnostics import Diagnostic
from harnlite.source import Source, Span
from harnlite.syntax.tokens import END, KEYWORDS, OPERATORS, Comment, Token, TokenStream

__all__ = ["MAXIMUM_NESTING", "tokenize"]

MAXIMUM_NESTING: Final = 256
"""How many brackets and interpolations may be open at once."""

_TOKEN: Final = re.compile(
    r"""[ \t\r]*+(?:
      (?P<NAME>(?!r")[^\W\d]\w*)
    | (?P<OPERATOR>[(){}\[\],:;@]|\.(?:\.\.)?|[=!<>%+]=?|-[=>]?|\*[*=]?|/(?![/*])=?|\|[|>]?|\?[?.]?|&&?)
    | (?P<NEWLINE>\n[ \t\r\n]*)
    | (?P<TRIPLE>"{3})
    | (?P<STRING>"[^"\\$\n]*(?:(?:\\[^\n]|\$(?!\{))[^"\\$\n]*)*")
    | (?P<QUOTE>")
    | (?P<FLOAT>[0-9]+\.[0-9]+)
    | (?P<DURATION>[0-9]+(?:ms|[smhdw])(?!\w))
    | (?P<INT>[0-9]+)
    | (?P<COMMENT>//[^\n]*)
    | (?P<BLOCK_COMMENT>/\*)
    | (?P<RAW_STRING>r"[^"\n]*")
    | (?P<RAW_OPEN>r")
    | (?P<JOIN>\\\r?\n)
    | (?P<OTHER>.)
    )""",
    re.VERBOSE,
)
_PLAIN_TEXT: Final = re.compile(r'[^"\\$\n]*(?:(?:\\[^\n]|\$(?!\{))[^"\\$\n]*)*')
_TRIPLE_STOP: Final = re.compile(r'"""|(\\*)\$\{')
_COMMENT_MARK: Final = re.compile(r"/\*|\*/")
_WHOLE: Final = frozenset({"STRING", "RAW_STRING", "INT", "FLOAT", "DURATION"})
_OPENERS: Final = {"{": "}", "(": ")", "[": "]"}
_CLOSERS: Final = frozenset("})]")

_HINTS: Final = {
    "'": 'write strings with double quotes: "text"',
    "`": 'write strings with double quotes: "text"',
    "#": "comments begin with `//`",
    "\\": "a `\\` joins two lines only at the very end of the first",
    "^": "there are no bit operators; a power is written `**`",
    "~": "there are no bit operators; `not` is written `!`",
    "$": "`${...}` belongs inside a string",
}


class _Interpolation:
    """An open ``${`` and the string around it."""

    __slots__ = ("start", "string_start", "triple")

    def __init__(self, string_start: int, triple: bool, start: int) -> None:
        self.string_start = string_start
        self.triple = triple
        self.start = start


def tokenize(source: Source) -> TokenStream:
    """Cut a source into tokens.

    Errors (HARN-PAR-003 to -006) are in the result's ``errors``; scanning goes on behind them, except that a too deep
    nesting ends it. The token list always ends with an END token.
    """
    return _Lexer(source).run()


class _Lexer:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.tokens: list[Token] = []
        self.comments: list[Comment] = []
        self.errors: list[Diagnostic] = []
        self.open: list[str | _Interpolation] = []
        self.newline = False

    def run(self) -> TokenStream:
        end = self.scan(self.skip_start())
        inner = next((item for item in reversed(self.open) if type(item) is _Interpolation), None)
        # A string that is open inside another has been reported already.
        if inner is not None and not any(error.code == "HARN-PAR-004" for error in self.errors):
            self.unterminated(inner.string_start)
        self.tokens.append(Token(END, "", end, end, self.newline))
        return TokenStream(self.tokens, self.comments, self.errors)

    def skip_start(self) -> int:
        """Skip a byte order mark and a ``#!`` line."""
        text = self.text
        position = 1 if text.startswith("\ufeff") else 0
        if text.startswith("#!", position):
            end = text.find("\n", position)
            end = len(text) if end < 0 else end
            self.comments.append(Comment(text[position:end].rstrip(" \t\r"), position, end, True))
            position = end
        return position

    def scan(self, position: int) -> int:
        """Take tokens from a position to the end of the text; return where scanning ended."""
        match = _TOKEN.match
        text = self.text
        add = self.tokens.append
        while True:
            found = match(text, position)
            if found is None:
                return len(text)
            kind = found.lastgroup
            start, position = found.span(found.lastindex or 0)
            if kind == "NAME":
                word = text[start:position]
                if word in KEYWORDS:
                    add(Token(KEYWORDS[word], word, start, position, self.newline))
                elif word.isascii() or word[0] == "_" or word[0].isalpha():
                    add(Token("NAME", word, start, position, self.newline))
                else:
                    self.unexpected(start, help="names begin with a letter or `_`")
                    continue
            elif kind == "OPERATOR":
                spelling = text[start:position]
                if spelling in _OPENERS:
                    if len(self.open) == MAXIMUM_NESTING:
                        return self.too_deep(start)
                    self.open.append(_OPENERS[spelling])
                elif spelling in _CLOSERS:
                    string = self.close(spelling)
                    if string is not None:
                        position = self.resume(string, start)
                        if position < 0:
                            return start
                        self.newline = False
                        continue
                add(Token(OPERATORS[spelling], spelling, start, position, self.newline))
            elif kind == "NEWLINE":
                self.newline = True
                continue
            elif kind in _WHOLE:
                add(Token(kind, text[start:position], start, position, self.newline))
            else:
                if kind == "COMMENT":
                    self.add_comment(start, position)
                elif kind == "BLOCK_COMMENT":
                    position = self.block_comment(start)
                elif kind == "TRIPLE":
                    position = self.string(start, position, True, "STRING")
                elif kind == "QUOTE":
                    position = self.string(start, position, False, "STRING")
                elif kind == "RAW_OPEN":
                    position = self.unterminated(start)
                    add(Token("RAW_STRING", text[start:position], start, position, self.newline))
                elif kind == "OTHER":
                    position = self.other(start)
                    continue
                else:
                    continue
                if position < 0:
                    return start
                if kind == "COMMENT" or kind == "BLOCK_COMMENT":
                    continue
            self.newline = False

    def add_comment(self, start: int, end: int) -> None:
        text = self.text
        line_start = text.rfind("\n", 0, start) + 1
        own_line = not text[line_start:start].strip(" \t\r\ufeff")
        self.comments.append(Comment(text[start:end].rstrip(" \t\r"), start, end, own_line))

    def block_comment(self, start: int) -> int:
        depth = 0
        for mark in _COMMENT_MARK.finditer(self.text, start):
            if mark.group() == "/*":
                depth += 1
                continue
            depth -= 1
            if depth == 0:
                self.add_comment(start, mark.end())
                return mark.end()
        self.error("HARN-PAR-005", "Unterminated block comment", start, start + 2, "the comment starts here")
        return len(self.text)

    # --- strings -------------------------------------------------------------------------------

    def string(self, start: int, position: int, triple: bool, kind: str, string_start: int | None = None) -> int:
        """Scan string text from behind an opening quote or a ``}`` to its end or to the next ``${``.

        Returns where scanning goes on, or -1 when the nesting is too deep.
        """
        text = self.text
        first = string_start is None
        origin = start if string_start is None else string_start
        if triple:
            stop = self.triple_stop(position)
        else:
            matched = _PLAIN_TEXT.match(text, position)
            stop = matched.end() if matched else position
        if text.startswith("${", stop) and stop < len(text):
            end = stop + 2
            self.tokens.append(
                Token("STRING_BEGIN" if first else "STRING_MIDDLE", text[start:end], start, end, self.newline)
            )
            if len(self.open) == MAXIMUM_NESTING:
                self.too_deep(stop)
                return -1
            self.open.append(_Interpolation(origin, triple, end))
            return end
        quotes = 3 if triple else 1
        closed = stop < len(text) and text[stop] == '"'
        end = stop + quotes if closed else self.unterminated(origin, stop)
        self.tokens.append(Token(kind if first else "STRING_END", text[start:end], start, end, self.newline))
        return end

    def triple_stop(self, position: int) -> int:
        """Give the offset of a triple-quoted string's next end or unescaped ``${``, or the end of the text."""
        for found in _TRIPLE_STOP.finditer(self.text, position):
            slashes = found.group(1)
            if slashes is None:
                return found.start()
            if len(slashes) % 2 == 0:
                return found.end() - 2
        return len(self.text)

    def close(self, closer: str) -> _Interpolation | None:
        """Drop what a closing bracket closes; give the interpolation when it is one."""
        opened = self.open
        if not opened:
            return None
        top = opened[-1]
        if top == closer:
            opened.pop()
            return None
        if closer != "}":
            # A stray `)` or `]` never leaves its string or block.
            return None
        while opened:
            top = opened.pop()
            if top == "}":
                return None
            if type(top) is _Interpolation:
                return top
        return None

    def resume(self, string: _Interpolation, brace: int) -> int:
        """Go on with a string at the ``}`` that ends an interpolation."""
        if not self.tokens or self.tokens[-1].end == string.start:
            self.unexpected(brace, help="write an expression between `${` and `}`; a literal `${` is written `\\${`")
        return self.string(brace, brace + 1, string.triple, "STRING_END", string.string_start)

    # --- errors --------------------------------------------------------------------------------

    def other(self, start: int) -> int:
        """Report a character that begins no token; skip a single-quoted text as a whole."""
        text = self.text
        quote = text[start]
        self.unexpected(start, help=_HINTS.get(quote, ""))
        if quote in "'`":
            line_end = text.find("\n", start)
            closing = text.find(quote, start + 1, len(text) if line_end < 0 else line_end)
            if closing > 0:
                self.tokens.append(Token("STRING", '""', start, closing + 1, self.newline))
                self.newline = False
                return closing + 1
        return start + 1

    def unexpected(self, start: int, help: str = "") -> None:  # noqa: A002 - the diagnostic's own word
        character = self.text[start]
        shown = character if character.isprintable() else f"\\u{{{ord(character):x}}}"
        self.error("HARN-PAR-003", f"Unexpected character '{shown}'", start, start + 1, "begins no token", help)

    def unterminated(self, start: int, stop: int | None = None) -> int:
        """Report a string without its end; give the offset where its line ends."""
        text = self.text
        if stop is None:
            stop = text.find("\n", start)
            stop = len(text) if stop < 0 else stop
        # Inside `${` the outer string is the one without an end: its last quote was taken for a new beginning.
        outer = next((item.string_start for item in self.open if type(item) is _Interpolation), -1)
        help_text = "" if outer < 0 else "a `${` in it has no `}`"
        start = start if outer < 0 else outer
        first_line = text.find("\n", start, stop)
        shown = first_line if first_line >= 0 else stop
        self.error(
            "HARN-PAR-004", "Unterminated string", start, max(shown, start + 1), "the string starts here", help_text
        )
        return stop

    def too_deep(self, start: int) -> int:
        position = self.source.position(start)
        message = f"Brackets nested more than {MAXIMUM_NESTING} deep at {position.line}:{position.column}"
        help_text = "move inner parts into functions or variables of their own"
        span = Span(start, start + 1)
        self.errors.append(Diagnostic("HARN-PAR-006", message, self.source, span, label="one too many", help=help_text))
        # What stays open is only a consequence.
        self.open.clear()
        return start

    def error(self, code: str, message: str, start: int, end: int, label: str, help_text: str = "") -> None:
        if self.errors and self.errors[-1].code == code and self.errors[-1].span.start == start:
            # Both quotes of a string in an unclosed interpolation of another lead to that one.
            return
        position = self.source.position(start)
        text = f"{message} at {position.line}:{position.column}"
        self.errors.append(Diagnostic(code, text, self.source, Span(start, end), label=label, help=help_text))
