"""Chooses what to break on lines that are too long.

Takes the pieces and where they were laid out; sets ``broken`` of groups or ``newline`` of operators. Each call breaks
one thing a line, the outermost first, so that what fits stays together.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from harnlite.syntax.format_layout import INDENT
from harnlite.syntax.format_pieces import Group, Piece
from harnlite.syntax.tokens import kinds

__all__ = ["BREAKABLE", "break_long_lines"]

BREAKABLE: Final = frozenset({"statements", "items", "fields", "list"})
"""The styles of groups whose content may stand on lines of its own."""

_OPERATORS: Final = (
    kinds("PIPE"),
    kinds("QUESTION_TERNARY TERNARY_COLON"),
    kinds("OR"),
    kinds("AND"),
    kinds("EQUAL NOT_EQUAL"),
    kinds("PLUS"),
    kinds("COALESCE"),
)
"""Before which operators a line may be broken, the loosest first."""


def break_long_lines(
    pieces: list[Piece], groups: list[Group], lines: list[str], places: list[tuple[int, int]], width: int
) -> bool:
    """Break something on each line that is too long; False when nothing is left to break."""
    long_lines = {at for at, line in enumerate(lines) if len(line) > width}
    if not long_lines:
        return False
    open_groups: defaultdict[int, list[Group]] = defaultdict(list)
    for group in groups:
        line = places[group.opener][0]
        if line in long_lines and group.style in BREAKABLE and not (group.broken or group.empty):
            open_groups[line].append(group)
    members: defaultdict[int, list[int]] = defaultdict(list)
    for at, (line, _) in enumerate(places):
        if line in long_lines:
            members[line].append(at)
    changed = False
    for line in sorted(long_lines):
        changed |= _break_line(pieces, open_groups[line], members[line], lines[line], places, width)
    return changed


def _break_line(
    pieces: list[Piece], groups: list[Group], members: list[int], line: str, places: list[tuple[int, int]], width: int
) -> bool:
    depth = min((pieces[group.opener].depth for group in groups), default=None)
    operator = _operator(pieces, members, places, depth, width)
    if operator is not None:
        rest = len(line) - places[operator][1] + _indent(line) + INDENT
        if rest <= width or not groups:
            pieces[operator].newline = True
            return True
    if not groups:
        return False
    outermost: list[Group] = []
    for group in groups:
        if not outermost or group.opener > outermost[-1].closer:
            outermost.append(group)
    widest = max(outermost, key=lambda group: (pieces[group.closer].end - pieces[group.opener].start, group.opener))
    _tail(pieces, widest).broken = True
    return True


def _operator(
    pieces: list[Piece], members: list[int], places: list[tuple[int, int]], depth: int | None, width: int
) -> int | None:
    """Give the last of the loosest operators that the line could be broken before, if there is one."""
    # Before the first piece the line is broken already.
    inside = [at for at in members[1:] if depth is None or pieces[at].depth <= depth]
    for level in _OPERATORS:
        found = [at for at in inside if pieces[at].kind in level and places[at][1] <= width + 1]
        if found:
            return found[-1]
    return None


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _tail(pieces: list[Piece], group: Group) -> Group:
    """For a list that ends with a closure or block, give that instead: ``f({ x ->`` stands well on one line.

    So it is with a list or dict that is the only item.
    """
    while group.style == "list":
        last = pieces[group.closer - 1].group
        if last is None or last.broken or last.style not in ("statements", "list") or last.empty:
            break
        if last.style == "list" and last.opener != group.opener + 1:
            break
        group = last
    return group
