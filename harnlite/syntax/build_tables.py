"""Makes the parser's tables from ``harn.lark`` with Lark: ``python -m harnlite.syntax.build_tables``.

Run it after every change of the grammar; a test compares the file with the grammar. At run time this module is imported
only when the shipped file cannot be used.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import lark
from lark.lexer import Lexer
from lark.parsers.lalr_analysis import Shift

from harnlite.syntax.tables import TABLES_FILE, Production, Tables, dump_tables

__all__ = ["build", "grammar_digest", "grammar_text"]


class _NoLexer(Lexer):
    """Stands for our lexer: Lark only compiles the grammar, it never sees a program."""

    def __init__(self, lexer_conf: Any) -> None:
        pass

    def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[lark.Token]:  # noqa: ARG002 - Lark's signature
        return iter(())


def grammar_text() -> str:
    """Give the text of ``harn.lark``."""
    return Path(__file__).with_name("harn.lark").read_text(encoding="utf-8")


def grammar_digest(grammar: str) -> str:
    """Give the digest by which tables and grammar are compared."""
    return sha256(grammar.encode()).hexdigest()


def build(grammar: str) -> Tables:
    """Compile a grammar; it must be LALR(1) without any conflict.

    :raises lark.exceptions.GrammarError: when it is not.
    """
    compiled = lark.Lark(grammar, parser="lalr", lexer=_NoLexer, start="program", strict=True, maybe_placeholders=False)
    # Lark keeps the frontend's parser behind three layers and types none of them.
    table: Any = compiled.parser.parser._parse_table
    start, end = table.start_states["program"], table.end_states["program"]
    order = _breadth_first(table.states, start)
    rules = {rule for state in order for action, rule in table.states[state].values() if action is not Shift}
    productions = sorted((_production(rule), rule.order, rule) for rule in rules)
    number = {rule: at for at, (_, _, rule) in enumerate(productions)}
    states = {
        at: {
            symbol: order[argument] if action is Shift else -1 - number[argument]
            for symbol, (action, argument) in table.states[state].items()
        }
        for state, at in order.items()
    }
    return Tables(
        grammar_digest(grammar), lark.__version__, order[start], order[end], [item[0] for item in productions], states
    )


def _breadth_first(states: Any, start: int) -> dict[int, int]:
    """Number the states in an order that depends on the grammar alone; Lark's own differs from run to run."""
    order = {start: 0}
    queue = [start]
    for state in queue:
        for _, (action, target) in sorted(states[state].items(), key=lambda item: str(item[0])):
            if action is Shift and target not in order:
                order[target] = len(order)
                queue.append(target)
    return order


def _production(rule: Any) -> Production:
    names = [symbol.name for symbol in rule.expansion]
    lists = tuple(at for at, name in enumerate(names) if name.startswith("_"))
    name = rule.alias or rule.origin.name
    passes = len(names) == 1 and rule.options.expand1 and not rule.alias
    return Production(rule.origin.name, name, len(names), lists, passes)


if __name__ == "__main__":
    Path(__file__).with_name(TABLES_FILE).write_text(dump_tables(build(grammar_text())), encoding="utf-8")
