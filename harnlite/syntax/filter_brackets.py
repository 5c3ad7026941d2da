"""Brackets in the token filter: which construct each ``{ ( [`` opens, and what its closer leaves behind.

The rules are those of language.md 2.4 and 2.8, in this order for ``{``: forced by the token before it; an operand is
expected (closure if it has a ``->`` of its own, else dict); struct literal; the body of a pending header.
"""

from __future__ import annotations

from typing import Final

from harnlite.syntax.filter_state import AFTER_TYPE, Filter
from harnlite.syntax.filter_types import take_type
from harnlite.syntax.tokens import STRAY, Token

__all__ = ["closes_item", "is_struct_literal", "on_brace", "on_bracket", "on_closer", "on_paren", "on_string_part"]

_FORCED: Final = {
    "ELSE": ("BLOCK_OPEN", "block", "else"),
    "TRY": ("BLOCK_OPEN", "block", "try"),
    "SPAWN": ("BLOCK_OPEN", "block", "spawn"),
    "DEFER": ("BLOCK_OPEN", "block", "defer"),
    "MUTEX": ("BLOCK_OPEN", "block", "mutex"),
    "FINALLY": ("BLOCK_OPEN", "block", "finally"),
    "CATCH": ("BLOCK_OPEN", "block", "catch"),
    "GUARD_ELSE": ("BLOCK_OPEN", "block", "guard"),
    "ARM_ARROW": ("BLOCK_OPEN", "block", "arm"),
    "DEFAULT": ("BLOCK_OPEN", "block", "case"),
    "SELECT": ("BODY_OPEN", "select", "select"),
    "LET": ("PATTERN_OPEN", "pattern", "pattern"),
    "VAR": ("PATTERN_OPEN", "pattern", "pattern"),
    "CONST": ("PATTERN_OPEN", "pattern", "pattern"),
    "FOR": ("PATTERN_OPEN", "pattern", "pattern"),
    "IMPORT": ("PATTERN_OPEN", "names", "import"),
    "WITH": ("DICT_OPEN", "dict", "with"),
}
"""The kind of a ``{`` by the token before it: terminal, frame, role."""

_PATTERN_KEYWORDS: Final = frozenset({"LET", "VAR", "CONST", "FOR"})
_HUMAN_CALLS: Final = frozenset({"ASK_USER", "REQUEST_APPROVAL", "DUAL_CONTROL", "ESCALATE_TO"})
_ITEM_ROLES: Final = frozenset({"arm", "case", "method"})


def is_struct_literal(state: Filter) -> bool:
    """Whether the current ``{`` makes a struct literal of the bare name before it (language.md 2.4 rule 3)."""
    if state.callee_end != len(state.out) or state.tokens[state.index].newline:
        return False
    name = state.out[-1]
    if name.kind != "NAME" or not name.text[0].isupper():
        return False
    following = state.kind_at(1)
    return following == "BRACE_CLOSE" or (following in ("NAME", "STRING") and state.kind_at(2) == "COLON")


def on_brace(state: Filter) -> None:
    """Settle a ``{``."""
    frame = state.frame
    forced = _FORCED.get(state.previous)
    if forced is not None:
        terminal, kind, role = forced
        state.open(terminal, kind, role, "BRACE_CLOSE")
    elif not state.operand:
        if state.index in state.arrows:
            state.open("CLOSURE_OPEN", "closure", "closure", "BRACE_CLOSE")
        else:
            state.open("DICT_OPEN", "dict", "dict", "BRACE_CLOSE")
    elif is_struct_literal(state):
        state.open("STRUCT_OPEN", "struct", "struct", "BRACE_CLOSE")
    elif frame.headers:
        _open_body(state, frame.headers.pop())
    else:
        state.open("DICT_OPEN", "dict", "dict", "BRACE_CLOSE")


def _open_body(state: Filter, role: str) -> None:
    if role == "match":
        state.open("BODY_OPEN", "match", role, "BRACE_CLOSE")
    elif role == "parallel" and state.kind_at(1) == "NAME" and state.kind_at(2) == "ARROW":
        state.open("CLOSURE_OPEN", "closure", role, "BRACE_CLOSE")
    else:
        state.open("BLOCK_OPEN", "block", role, "BRACE_CLOSE")
        if role == "tool" and state.tokens[state.index].text == "description" and state.kind_at(1) == "STRING":
            state.take("DESCRIPTION")


def on_paren(state: Filter) -> None:
    """Settle a ``(``: call, method call, a ``while`` condition in parentheses, or a group."""
    if state.operand and not state.tokens[state.index].newline:
        if state.previous == "MEMBER":
            state.open("METHOD_OPEN", "arguments", "call", "PAREN_CLOSE")
            return
        if state.callee_end == len(state.out):
            state.open("CALL_OPEN", "arguments", "call", "PAREN_CLOSE")
            return
    previous = state.previous
    if previous == "WHILE":
        state.open("WHILE_OPEN", "group", "while", "PAREN_CLOSE")
    elif previous in _HUMAN_CALLS:
        state.open("CALL_OPEN", "named", "call", "PAREN_CLOSE")
    elif previous == "FOR":
        state.open("PARAMETERS_OPEN", "names", "pair", "PAREN_CLOSE")
    else:
        state.open("GROUP_OPEN", "group", "group", "PAREN_CLOSE")


def on_bracket(state: Filter) -> None:
    """Settle a ``[``: index or slice, list, list pattern, or a computed key of a dict."""
    if state.operand:
        state.open("INDEX_OPEN", "index", "index", "BRACKET_CLOSE")
    elif state.frame.kind == "dict" and state.item_at == len(state.out):
        state.open("INDEX_OPEN", "group", "key", "BRACKET_CLOSE")
    elif state.previous in _PATTERN_KEYWORDS:
        state.open("LIST_OPEN", "pattern", "pattern", "BRACKET_CLOSE")
    else:
        state.open("LIST_OPEN", "list", "list", "BRACKET_CLOSE")


def on_closer(state: Filter) -> None:
    """Close the frame a ``} ) ]`` belongs to, and those left open inside it."""
    token = state.tokens[state.index]
    kind = token.kind
    at = _frame_of(state, kind)
    if at < 0:
        state.index += 1
        state.out.append(Token(kind, token.text, token.start, token.end, token.newline, STRAY))
        state.previous = kind
        state.operand = True
        return
    while len(state.frames) > at + 1:
        state.drop()
    named = state.callee_end == len(state.out)
    frame = state.drop()
    state.index += 1
    closing = Token(kind, token.text, token.start, token.end, token.newline, at)
    closing.frame = frame.role
    state.out.append(closing)
    state.previous = kind
    state.closed = frame.role
    state.operand = True
    if frame.role in _ITEM_ROLES:
        state.begin_item()
    elif frame.role == "group":
        if named and state.callee_start == frame.opened + 1:
            state.callee_start = frame.opened
            state.callee_end = len(state.out)
    elif frame.role == "attribute":
        state.operand = False
        state.item_at = len(state.out)
    elif frame.role == "signature":
        state.previous = AFTER_TYPE
        if state.tokens[state.index].kind == "ARROW":
            state.take()
            take_type(state)
    elif frame.role == "key" or frame.role == "variant":
        state.previous = AFTER_TYPE


def closes_item(state: Filter) -> bool:
    """Whether the last token closed the body of an ``if``, to which an ``else`` may belong."""
    return state.previous == "BRACE_CLOSE" and state.closed == "if"


def _frame_of(state: Filter, closer: str) -> int:
    """Give the index of the frame a closing token belongs to, -1 if there is none."""
    frames = state.frames
    for at in range(len(frames) - 1, 0, -1):
        frame = frames[at]
        if frame.closer == closer:
            return at
        if frame.kind == "interpolation" or (frame.closer == "BRACE_CLOSE" and closer != "BRACE_CLOSE"):
            return -1
    return -1


def on_string_part(state: Filter) -> None:
    """Open, go on with, or close an interpolated string."""
    kind = state.tokens[state.index].kind
    if kind == "STRING_BEGIN":
        state.open(kind, "interpolation", "interpolation", "STRING_END")
        return
    frames = state.frames
    inside = any(frame.kind == "interpolation" for frame in frames)
    while inside and state.frame.kind != "interpolation":
        state.drop()
    state.take()
    if kind == "STRING_MIDDLE":
        state.begin_item()
    else:
        if inside:
            state.drop()
        state.operand = True
