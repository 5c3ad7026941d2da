"""What the parser does behind an error: which tokens would have fitted, and where to go on.

Works on the parser's stacks; knows of the grammar only which rules stand for a statement or an arm.
"""

from __future__ import annotations

from typing import Any, Final, Protocol

from harnlite.source import Span
from harnlite.syntax.tables import Tables
from harnlite.syntax.tokens import END, Token
from harnlite.syntax.tree import ErrorStatement

__all__ = ["Stacks", "accepted_terminals", "resynchronise"]

_ANCHORS: Final = ("statement", "arm", "select_case")
"""Rules that an unreadable stretch of tokens may stand for."""

_RESUMES: Final = frozenset({"SEPARATOR", "BRACE_CLOSE", END})
_NO_FRAMES: Final = frozenset({"ANGLE_OPEN", "ANGLE_CLOSE", "SHAPE_OPEN"})


class Stacks(Protocol):
    """The parser's side of the bargain."""

    tokens: list[Token]
    tables: Tables
    states: list[int]
    values: list[Any]
    starts: list[int]
    ends: list[int]


def accepted_terminals(states: list[int], tables: Tables) -> set[str]:
    """Give exactly the terminals that could be shifted in this situation.

    A state's own row is too wide, since LALR merges states: each reduction is played through.
    """
    return {
        symbol
        for symbol in tables.states[states[-1]]
        if (symbol[0].isupper() or symbol == END) and _would_shift(states, symbol, tables)
    }


def _would_shift(states: list[int], symbol: str, tables: Tables) -> bool:
    kept = len(states)
    pushed: list[int] = []
    while True:
        state = pushed[-1] if pushed else states[kept - 1]
        action = tables.states[state].get(symbol)
        if action is None:
            return symbol == END and state == tables.end
        if action >= 0:
            return True
        production = tables.productions[-1 - action]
        from_pushed = min(production.length, len(pushed))
        del pushed[len(pushed) - from_pushed :]
        kept -= production.length - from_pushed
        below = pushed[-1] if pushed else states[kept - 1]
        pushed.append(tables.states[below][production.rule])


def resynchronise(stacks: Stacks, at: int) -> int:
    """Make the parser's stacks fit again to a later token, and give its index.

    Looks for the next separator or closing brace of a bracket depth that the stacks still hold, and puts an error node
    in the place of all between.
    """
    candidates = _anchors(stacks)
    tokens = stacks.tokens
    while True:
        token = tokens[at]
        if token.kind in _RESUMES and token.depth in candidates:
            height, rule = candidates[token.depth]
            if _resume(stacks, height, rule, token):
                return at
        if token.kind == END:
            height, rule = candidates[0]
            _resume(stacks, height, rule, token)
            return at
        at += 1


def _anchors(stacks: Stacks) -> dict[int, tuple[int, str]]:
    """For each bracket depth, the height of the innermost state that can take an error node, and its rule."""
    found: dict[int, tuple[int, str]] = {}
    depth = 0
    rows = stacks.tables.states
    for height, state in enumerate(stacks.states):
        if height:
            value = stacks.values[height - 1]
            if isinstance(value, Token):
                depth += _depth_change(value.kind)
        row = rows[state]
        for rule in _ANCHORS:
            if rule in row:
                found[depth] = (height, rule)
    return found


def _depth_change(kind: str) -> int:
    """Give how a token changes the depth that the token filter counts."""
    if kind in _NO_FRAMES:
        return 0
    if kind.endswith("_OPEN") or kind == "STRING_BEGIN":
        return 1
    return -1 if kind.endswith("_CLOSE") or kind == "STRING_END" else 0


def _resume(stacks: Stacks, height: int, rule: str, token: Token) -> bool:
    """Cut the stacks to a height and push an error node, if the token fits then."""
    rows = stacks.tables.states
    target = rows[stacks.states[height]][rule]
    if not _would_shift([*stacks.states[: height + 1], target], token.kind, stacks.tables):
        return False
    start = stacks.starts[height] if height < len(stacks.starts) else token.start
    del stacks.states[height + 1 :], stacks.values[height:], stacks.starts[height:], stacks.ends[height + 1 :]
    stacks.states.append(target)
    stacks.values.append(ErrorStatement(Span(start, max(start, token.start))))
    stacks.starts.append(start)
    stacks.ends.append(max(start, token.start))
    return True
