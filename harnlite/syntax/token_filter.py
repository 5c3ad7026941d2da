"""The token filter: settles by look-ahead over the tokens what an LALR(1) grammar cannot see.

It takes the lexer's tokens and gives those of ``harn.lark``: line ends become SEPARATOR where they separate, commas
that were left out are put in, every bracket, ``?`` and ``<`` gets the kind of its construct, and words that are
keywords only in some places are told apart (docs/reference/language.md 2.4 to 2.9). It is a pure function of the token
list, linear in its length, and never fails: what makes no sense is passed on for the parser to report.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from harnlite.syntax.filter_brackets import (
    is_struct_literal,
    on_brace,
    on_bracket,
    on_closer,
    on_paren,
    on_string_part,
)
from harnlite.syntax.filter_headers import CONTEXTUAL, ITEMS, KEYWORD_HANDLERS, on_contextual
from harnlite.syntax.filter_questions import count_colons, match_brackets, on_question
from harnlite.syntax.filter_state import Filter
from harnlite.syntax.filter_types import take_type_arguments
from harnlite.syntax.tokens import END, KEYWORDS, Token, kinds

__all__ = ["filter_tokens"]

_CONTINUES: Final = kinds(
    "PIPE OR AND EQUAL NOT_EQUAL LESS GREATER LESS_EQUAL GREATER_EQUAL COALESCE PLUS STAR SLASH PERCENT POWER DOT "
    "OPTIONAL_DOT QUESTION COLON ASSIGN COMPOUND_ASSIGN COMMA ARROW ELSE CATCH FINALLY BRACE_CLOSE PAREN_CLOSE "
    "BRACKET_CLOSE STRING_MIDDLE STRING_END EXTENDS FROM BAR AMPERSAND"
) | {END}
"""Tokens before which a line end separates nothing (language.md 2.7)."""

_OPERANDS: Final = kinds("INT FLOAT DURATION STRING RAW_STRING NIL TRUE FALSE EXCLUSIVE")
_STARTS_ITEM: Final = kinds(
    "NAME INT FLOAT DURATION STRING RAW_STRING STRING_BEGIN NIL TRUE FALSE BANG FN IF MATCH TRY RETRY DEADLINE "
    "PARALLEL SPAWN ASK_USER REQUEST_APPROVAL DUAL_CONTROL ESCALATE_TO ELLIPSIS"
)
_STARTS_ITEM_ON_NEW_LINE: Final = frozenset({"LEFT_BRACKET", "LEFT_PAREN", "MINUS"})
_STATEMENT_ONLY: Final = kinds(
    "LET VAR CONST FOR WHILE RETURN THROW GUARD REQUIRE DEFER MUTEX YIELD EMIT BREAK CONTINUE IMPORT PUB PIPELINE "
    "STRUCT ENUM INTERFACE IMPL TYPE OVERRIDE SELECT"
)
_EXPRESSION_FRAMES: Final = kinds("arguments group index list dict struct named parameters closure")
_NAMES: Final = frozenset(KEYWORDS.values()) | {"NAME"}
_DOTS: Final = frozenset({"DOT", "OPTIONAL_DOT"})
_BEFORE_DECLARATIONS: Final = frozenset({"PUB", "GEN"})


def filter_tokens(tokens: list[Token]) -> list[Token]:
    """Give the tokens of the grammar for the tokens of the lexer; the last of both is the END token."""
    matches, arrows, has_question = match_brackets(tokens)
    state = Filter(tokens, matches, arrows, count_colons(tokens) if has_question else {})
    _run(state)
    return state.out


def _run(state: Filter) -> None:
    """Look at every token once: separators before it, then its own kind."""
    tokens = state.tokens
    out = state.out
    count = len(tokens)
    while state.index < count:
        token = tokens[state.index]
        kind = token.kind
        frame = state.frame
        if state.operand:
            if frame.statements:
                if token.newline and kind not in _CONTINUES and not _awaits(state, token):
                    state.insert("SEPARATOR")
            elif frame.commas and _starts_item(state, token):
                state.insert("COMMA")
        elif state.previous in _DOTS and kind in _NAMES:
            out.append(token if kind == "NAME" else token.as_kind("NAME"))
            state.index += 1
            state.operand = True
            state.previous = "MEMBER"
            continue
        elif token.newline and frame.statements and kind not in _CONTINUES and state.previous in ("RETURN", "YIELD"):
            state.insert("SEPARATOR")
        if token.newline and (kind in _STATEMENT_ONLY or kind == "FN") and _breaks_off(state):
            state.insert("SEPARATOR")
        if state.item_at == len(out):
            frame = state.frame
            item = ITEMS.get(frame.kind)
            if item is not None and item(state):
                continue
        if kind == "NAME":
            if token.text in CONTEXTUAL and on_contextual(state):
                continue
            state.callee_start = len(out)
            out.append(token)
            state.callee_end = len(out)
            state.index += 1
            state.operand = True
            state.previous = "NAME"
            continue
        handler = _HANDLERS.get(kind)
        if handler is not None:
            handler(state)
        else:
            out.append(token)
            state.index += 1
            state.operand = kind in _OPERANDS
            state.previous = kind


def _awaits(state: Filter, token: Token) -> bool:
    """Whether a token at a line's start still belongs to a header: its ``{``, or a ``where``."""
    if not state.frame.headers:
        return False
    return token.kind == "LEFT_BRACE" or (token.kind == "NAME" and token.text == "where")


def _starts_item(state: Filter, token: Token) -> bool:
    """Whether a token behind a whole item of a list begins the next one, the comma being left out (language.md 2.1)."""
    kind = token.kind
    frame = state.frame
    if kind == "NAME":
        headers = frame.headers
        following = state.tokens[state.index + 1]
        return not (
            (token.text == "not" and following.kind == "IN")
            or (token.text == "with" and headers and headers[-1] == "parallel")
            or (token.text == "as" and state.closed == "parallel" and state.previous == "BRACE_CLOSE")
        )
    if kind in _STARTS_ITEM:
        return True
    if token.newline and kind in _STARTS_ITEM_ON_NEW_LINE:
        return True
    if kind == "LEFT_PAREN":
        return state.previous != "MEMBER" and state.callee_end != len(state.out)
    if kind == "LEFT_BRACE":
        return not frame.headers and not is_struct_literal(state)
    return frame.kind in ("dict", "attribute") and kind in _NAMES and state.kind_at(1) == "COLON"


def _breaks_off(state: Filter) -> bool:
    """At a keyword that begins a statement only, at a line's start: leave what was not finished before it.

    Brackets of expressions still open there are closed, so that one missing bracket does not swallow the file.
    """
    if state.item_at == len(state.out) and state.frame.statements:
        return False
    if state.kind_at(1) == "COLON" or state.previous in _BEFORE_DECLARATIONS:
        return False
    if state.kind_at(0) == "FN" and state.kind_at(1) != "NAME":
        return False
    at = len(state.frames) - 1
    while state.frames[at].kind in _EXPRESSION_FRAMES:
        at -= 1
    if not state.frames[at].statements or (state.frames[at].kind == "entries"):
        return False
    while len(state.frames) > at + 1:
        state.drop()
    return True


def _on_separator(state: Filter) -> None:
    """``;``, and what an item separator of any kind does to its frame."""
    token = state.tokens[state.index]
    depth = len(state.frames) - 1 if state.frame.statements else -1
    state.out.append(Token("SEPARATOR", token.text, token.start, token.end, token.newline, depth))
    state.index += 1
    state.previous = "SEPARATOR"
    state.begin_item()


def _on_comma(state: Filter) -> None:
    state.take()
    state.begin_item()


def _on_less(state: Filter) -> None:
    """``<``: type arguments if it stands behind a bare name and a ``>`` and ``(`` follow, else less-than."""
    if state.previous != "NAME" or not take_type_arguments(state):
        state.take()


_HANDLERS: Final[dict[str, Callable[[Filter], None]]] = {
    **KEYWORD_HANDLERS,
    "LEFT_BRACE": on_brace,
    "LEFT_PAREN": on_paren,
    "LEFT_BRACKET": on_bracket,
    "BRACE_CLOSE": on_closer,
    "PAREN_CLOSE": on_closer,
    "BRACKET_CLOSE": on_closer,
    "STRING_BEGIN": on_string_part,
    "STRING_MIDDLE": on_string_part,
    "STRING_END": on_string_part,
    "QUESTION": on_question,
    "SEPARATOR": _on_separator,
    "COMMA": _on_comma,
    "LESS": _on_less,
}
