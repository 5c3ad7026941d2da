"""The parser's tables: their form in memory, and the text file they ship in.

A state is a dict from the name of a terminal or rule to an action: ``n >= 0`` means go to state n, ``n < 0`` means
reduce by production ``-1 - n``. The file is plain text of our own form; reading it runs no code. This module knows
neither Lark nor what the rules mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Final, NamedTuple

__all__ = ["FORMAT", "TABLES_FILE", "Production", "Tables", "dump_tables", "load_tables"]

FORMAT: Final = "harnlite parser tables 1"
TABLES_FILE: Final = "harn.tables"
"""The name of the shipped file, beside this module."""


class Production(NamedTuple):
    """One alternative of a rule.

    :ivar rule: the rule's name, the symbol that the alternative is reduced to.
    :ivar name: what builds its value: the alternative's own name if it has one, else the rule's.
    :ivar length: the number of its symbols.
    :ivar lists: positions of symbols whose value is a list, to be spliced into the parts.
    :ivar passes: whether the value of its one symbol is its value.
    """

    rule: str
    name: str
    length: int
    lists: tuple[int, ...]
    passes: bool


class Tables(NamedTuple):
    """All that the parse loop needs."""

    digest: str
    lark_version: str
    start: int
    end: int
    productions: list[Production]
    states: dict[int, dict[str, int]]


def dump_tables(tables: Tables) -> str:
    """Give the text of the file; the same tables always give the same text.

    :param tables: as they were built; of tables that were loaded, states not visited yet would be missing.
    """
    states = [tables.states[state] for state in range(len(tables.states))]
    symbols = sorted({symbol for state in states for symbol in state})
    number = {symbol: index for index, symbol in enumerate(symbols)}
    sets: dict[str, int] = {}
    rows: list[str] = []
    for state in states:
        moves: list[int] = []
        reductions: dict[int, list[int]] = {}
        for symbol in sorted(state):
            action = state[symbol]
            if action >= 0:
                moves += (number[symbol], action)
            else:
                reductions.setdefault(-1 - action, []).append(number[symbol])
        pairs: list[int] = []
        for production, lookahead in sorted(reductions.items()):
            key = " ".join(map(str, lookahead))
            pairs += (production, sets.setdefault(key, len(sets)))
        rows.append(f"{' '.join(map(str, moves))}|{' '.join(map(str, pairs))}")
    lines = [FORMAT, tables.digest, tables.lark_version, " ".join(symbols)]
    lines.append(f"{tables.start} {tables.end} {len(tables.productions)} {len(sets)} {len(rows)}")
    for item in tables.productions:
        lists = " ".join(map(str, item.lists))
        lines.append(f"{item.rule} {item.name} {item.length} {int(item.passes)} {lists}".rstrip())
    return "\n".join([*lines, *sets, *rows, ""])


def load_tables(text: str) -> Tables:
    """Read the text of the file.

    :raises ValueError: when it is not of this form, or broken.
    """
    body, _, behind = text.rpartition("\n")
    lines = iter(body.split("\n"))
    try:
        if next(lines) != FORMAT:
            raise ValueError("parser tables of another format")
        digest, lark_version = next(lines), next(lines)
        symbols = next(lines).split()
        start, end, production_count, set_count, state_count = map(int, next(lines).split())
        productions = [_production(line.split()) for line in islice(lines, production_count)]
        sets = [[symbols[int(at)] for at in line.split()] for line in islice(lines, set_count)]
        rows = [*islice(lines, state_count)]
    except (IndexError, StopIteration) as error:
        raise ValueError("broken parser tables") from error
    if behind or len(rows) != state_count or not 0 <= start < state_count:
        raise ValueError("parser tables cut short")
    return Tables(digest, lark_version, start, end, productions, _States(rows, symbols, sets))


class _States(dict[int, dict[str, int]]):
    """The states by number, each read from its row when first asked for: most programs visit few of them."""

    def __init__(self, rows: list[str], symbols: list[str], sets: list[list[str]]) -> None:
        self._rows = rows
        self._symbols = symbols
        self._sets = sets

    def __missing__(self, state: int) -> dict[str, int]:
        found = self[state] = _state(self._rows[state], self._symbols, self._sets)
        return found


def _production(words: Sequence[str]) -> Production:
    rule, name, length, passes, *lists = words
    return Production(rule, name, int(length), tuple(map(int, lists)), passes == "1")


def _state(line: str, symbols: list[str], sets: list[list[str]]) -> dict[str, int]:
    moves, _, reductions = line.partition("|")
    numbers = moves.split()
    state = {symbols[int(numbers[at])]: int(numbers[at + 1]) for at in range(0, len(numbers), 2)}
    numbers = reductions.split()
    for at in range(0, len(numbers), 2):
        state.update(dict.fromkeys(sets[int(numbers[at + 1])], -1 - int(numbers[at])))
    return state
