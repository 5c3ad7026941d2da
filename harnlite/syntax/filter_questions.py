"""Look-ahead over the whole token list, done once: matching brackets, ``->`` owners, and what may follow a ``?``.

Each question of language.md 2.4 and 2.5 that needs unbounded look-ahead is answered here in one pass over the tokens,
so that no input makes the filter slower than linear.
"""

from __future__ import annotations

from typing import Final

from harnlite.syntax.filter_state import Filter
from harnlite.syntax.tokens import KEYWORDS, Token, kinds

__all__ = ["count_colons", "match_brackets", "on_question"]

_OPENERS: Final = {"LEFT_BRACE": "BRACE_CLOSE", "LEFT_PAREN": "PAREN_CLOSE", "LEFT_BRACKET": "BRACKET_CLOSE"}
_CLOSERS: Final = frozenset(_OPENERS.values())
_CONTINUES: Final = kinds(
    "PIPE OR AND EQUAL NOT_EQUAL LESS GREATER LESS_EQUAL GREATER_EQUAL COALESCE PLUS STAR SLASH PERCENT POWER DOT "
    "OPTIONAL_DOT QUESTION COLON"
)
_OPERATORS: Final = _CONTINUES | {"MINUS", "BANG", "IN", "TO"}
_STOPS: Final = frozenset({"COMMA", "SEPARATOR", "ASSIGN", "COMPOUND_ASSIGN", "ARROW", "STRING_MIDDLE", "$END"})
_STARTS_EXPRESSION: Final = kinds(
    "NAME INT FLOAT DURATION STRING RAW_STRING STRING_BEGIN NIL TRUE FALSE LEFT_PAREN LEFT_BRACKET LEFT_BRACE BANG "
    "MINUS FN IF MATCH TRY RETRY DEADLINE PARALLEL SPAWN ASK_USER REQUEST_APPROVAL DUAL_CONTROL ESCALATE_TO"
)
_KEYS: Final = frozenset(KEYWORDS.values()) | {"NAME", "STRING"}


def match_brackets(tokens: list[Token]) -> tuple[dict[int, int], set[int], bool]:
    """Give the closer of each opening bracket, the ``{`` with a ``->`` at depth 0, and whether there is any ``?``."""
    matches: dict[int, int] = {}
    arrows: set[int] = set()
    question = False
    # An index of the opener, and the kind of its closer.
    open_brackets: list[tuple[int, str]] = []
    for index, token in enumerate(tokens):
        kind = token.kind
        if kind in _OPENERS:
            open_brackets.append((index, _OPENERS[kind]))
        elif kind in _CLOSERS:
            if open_brackets and open_brackets[-1][1] == kind:
                matches[open_brackets.pop()[0]] = index
            elif kind == "BRACE_CLOSE":
                _close_brace(open_brackets, matches, index)
        elif kind == "ARROW":
            if open_brackets and open_brackets[-1][1] == "BRACE_CLOSE":
                arrows.add(open_brackets[-1][0])
        elif kind == "STRING_BEGIN":
            open_brackets.append((index, "STRING_END"))
        elif kind == "STRING_END":
            while open_brackets and open_brackets.pop()[1] != "STRING_END":
                pass
        elif kind == "QUESTION":
            question = True
    return matches, arrows, question


def _close_brace(open_brackets: list[tuple[int, str]], matches: dict[int, int], index: int) -> None:
    """Close the innermost open ``{``, and with it the brackets left open inside, but leave no interpolation."""
    for at in range(len(open_brackets) - 1, -1, -1):
        closer = open_brackets[at][1]
        if closer == "STRING_END":
            return
        if closer == "BRACE_CLOSE":
            matches[open_brackets[at][0]] = index
            del open_brackets[at:]
            return


def count_colons(tokens: list[Token]) -> dict[int, int]:
    """For each ``?``, count the ``:`` behind it that could be its own.

    Those are the ``:`` at the same depth before the enclosing bracket closes, before a ``, ; = ->``, and before a line
    end that is not directly behind a ``?`` or an operator nor followed by a continuation.
    """
    result: dict[int, int] = {}
    counts = [0]
    for index in range(len(tokens) - 1, -1, -1):
        token = tokens[index]
        kind = token.kind
        if kind in _CLOSERS or kind == "STRING_END":
            counts.append(0)
        elif kind in _OPENERS or kind == "STRING_BEGIN":
            if len(counts) > 1:
                counts.pop()
            else:
                counts[0] = 0
        elif kind in _STOPS:
            counts[-1] = 0
        elif kind == "COLON":
            counts[-1] += 1
        elif kind == "QUESTION":
            result[index] = counts[-1]
        if token.newline and kind not in _CONTINUES and index and tokens[index - 1].kind not in _OPERATORS:
            counts[-1] = 0
    return result


def on_question(state: Filter) -> None:
    """Settle a ``?`` behind an operand: ternary, optional index or propagation (language.md 2.5)."""
    token = state.tokens[state.index]
    frame = state.frame
    following = state.tokens[state.index + 1]
    if not state.operand or token.newline or _is_ternary(state, following):
        state.take("QUESTION_TERNARY")
        frame.ternaries += 1
    elif following.kind == "LEFT_BRACKET" and not following.newline:
        joined = Token("OPTIONAL_INDEX_OPEN", "?[", token.start, following.end, token.newline)
        state.index += 1
        state.tokens[state.index] = joined
        state.open("OPTIONAL_INDEX_OPEN", "index", "index", "BRACKET_CLOSE")
    else:
        state.take("QUESTION_PROPAGATE")
        state.operand = True


def _is_ternary(state: Filter, following: Token) -> bool:
    if following.kind not in _STARTS_EXPRESSION:
        return False
    if (
        following.newline
        and state.frame.kind == "dict"
        and following.kind in _KEYS
        and state.tokens[state.index + 2].kind == "COLON"
    ):
        return False
    return state.colons.get(state.index, 0) > state.frame.ternaries
