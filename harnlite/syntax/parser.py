"""The parser: runs the tables of ``harn.lark`` over filtered tokens and builds the syntax tree.

The loop is our own: it needs no Lark at run time, and it decides itself how to go on behind an error. It is iterative,
so that no program is too deep for it.
"""

from __future__ import annotations

from functools import cache
from os.path import dirname, join
from typing import Any, Final, NamedTuple

from harnlite.diagnostics import Diagnostic, Note, ProgramError
from harnlite.source import Source, Span
from harnlite.syntax import lexer
from harnlite.syntax.build_expressions import EXPRESSIONS, Builder
from harnlite.syntax.build_statements import STATEMENTS
from harnlite.syntax.build_types import TYPES
from harnlite.syntax.checks import check
from harnlite.syntax.expectations import expected_words, found_words, hint
from harnlite.syntax.recovery import accepted_terminals, resynchronise
from harnlite.syntax.tables import TABLES_FILE, Tables, load_tables
from harnlite.syntax.token_filter import filter_tokens
from harnlite.syntax.tokens import END, STRAY, Token, TokenStream
from harnlite.syntax.tree import Node, Program

__all__ = ["parse", "parse_with_errors", "tokenize"]

_MOST_ERRORS: Final = 20

_CHECKED: Final = frozenset(
    {
        "assignment",
        "closure",
        "function",
        "function_expression",
        "generator",
        "interface_method",
        "parallel",
        "select",
        "tool",
        "variant",
    }
)
"""Alternatives whose nodes :func:`check` must see; looking at these alone saves a walk over the tree."""


class _Reduction(NamedTuple):
    """What the parse loop does for a production."""

    length: int
    rule: str
    builder: Builder | None
    lists: tuple[int, ...]
    checked: bool


class _Program(NamedTuple):
    """The loaded tables, and what the parse loop makes of them.

    :ivar landings: a cache: in a state, for a rule and the next token's kind, the state that is reached when the rule's
        value is pushed and then handed up through all rules that merely pass it on.
    """

    tables: Tables
    reductions: list[_Reduction]
    landings: dict[tuple[int, str, str], int]


def parse(source: Source) -> Program:
    """Parse a program (docs/reference/language.md 2).

    :raises ProgramError: with every syntax error found, in the order of the text.
    """
    program, errors = parse_with_errors(source)
    if errors:
        raise ProgramError(errors)
    return program


def parse_with_errors(source: Source) -> tuple[Program, list[Diagnostic]]:
    """Parse a program and give its tree even if it has errors, with error statements where it could not be read.

    Errors of the lexer hide those of the parser, which would be their consequences.
    """
    stream = lexer.tokenize(source)
    machine = _Machine(source, filter_tokens(stream.tokens))
    program = machine.run()
    if stream.errors:
        return program, stream.errors[:_MOST_ERRORS]
    if machine.errors:
        return program, machine.errors
    return program, check(machine.checked, program, source)


def tokenize(source: Source) -> TokenStream:
    """Cut a source into tokens and comments; errors are in the result (docs/reference/language.md 1)."""
    return lexer.tokenize(source)


@cache
def _tables() -> _Program:
    """Load the shipped tables, or make them anew when the file is missing or broken."""
    try:
        # Not importlib.resources: importing that takes longer than reading the tables.
        with open(join(dirname(__file__), TABLES_FILE), encoding="utf-8") as file:
            tables = load_tables(file.read())
    except (OSError, ValueError):
        from harnlite.syntax.build_tables import build, grammar_text

        tables = build(grammar_text())
    builders = {**EXPRESSIONS, **TYPES, **STATEMENTS}
    reductions: list[_Reduction] = []
    for rule, name, length, lists, passes in tables.productions:
        # A rule with a leading `_` is a list: its parts are its value.
        builder = None if rule.startswith("_") else _pass_on if passes else builders[name]
        reductions.append(_Reduction(length, rule, builder, lists, name in _CHECKED))
    return _Program(tables, reductions, {})


class _Machine:
    """One run of the parser; the three stacks below the states run in step."""

    __slots__ = ("checked", "ends", "errors", "source", "starts", "states", "tables", "tokens", "values")

    def __init__(self, source: Source, tokens: list[Token]) -> None:
        self.source = source
        self.tokens = tokens
        self.tables = _tables().tables
        self.states = [self.tables.start]
        self.values: list[Any] = []
        self.starts: list[int] = []
        self.ends: list[int] = [0]
        self.errors: list[Diagnostic] = []
        self.checked: list[Node] = []

    def run(self) -> Program:
        """Parse the tokens; errors are collected."""
        at = 0
        resumed = -1
        while True:
            at = self.advance(at)
            if at < 0:
                program: Program = self.values[-1]
                return Program(Span(0, len(self.source.text)), program.statements)
            # What fails at once again is a consequence of the error before.
            if at > resumed and not self.is_consequence(self.tokens[at]):
                self.report(at)
            give_up = len(self.errors) >= _MOST_ERRORS
            resumed = at = resynchronise(self, len(self.tokens) - 1 if give_up else at)

    def is_consequence(self, token: Token) -> bool:
        """Whether an error at a token is most likely what an earlier error left over.

        So is one on the same line, a bracket that closes nothing, and a bracket that is missing at the end.
        """
        if not self.errors:
            return False
        if token.kind == END or (token.depth == STRAY and (token.kind == "BRACE_CLOSE" or token.newline)):
            return True
        last = self.errors[-1].span.start
        return self.source.text.find("\n", last, token.start) < 0

    def advance(self, at: int) -> int:
        """Shift and reduce from a token on; give the index of the first token that does not fit, -1 at the end."""
        tables, reductions, landings = _tables()
        rows = tables.states
        tokens, states, values, starts, ends = self.tokens, self.states, self.values, self.starts, self.ends
        make_span = tuple.__new__
        token = tokens[at]
        kind = token.kind
        state = states[-1]
        while True:
            action = rows[state].get(kind)
            if action is None:
                return -1 if state == tables.end and kind == END else at
            if action >= 0:
                state = action
                states.append(state)
                values.append(token)
                starts.append(token.start)
                ends.append(token.end)
                at += 1
                token = tokens[at]
                kind = token.kind
                continue
            length, rule, builder, lists, checked = reductions[-1 - action]
            if length == 1 and builder is not None and not lists:
                values[-1] = builder(values[-1:], make_span(Span, (starts[-1], ends[-1])))
                states.pop()
            else:
                if length == 0:
                    start, end = token.start, ends[-1]
                    parts: list[Any] = []
                else:
                    start, end = starts[-length], ends[-1]
                    parts = values[-length:]
                    del values[-length:], starts[-length:], ends[-length:], states[-length:]
                    if lists:
                        parts = _splice(parts, lists)
                values.append(parts if builder is None else builder(parts, make_span(Span, (start, end))))
                starts.append(start)
                ends.append(end)
                if checked:
                    self.checked.append(values[-1])
            landing = (states[-1], rule, kind)
            state = landings.get(landing, -1)
            if state < 0:
                state = landings[landing] = _land(tables, *landing)
            states.append(state)

    def report(self, at: int) -> None:
        """Add the diagnostic for the token that does not fit."""
        tokens = self.tokens
        token = tokens[at]
        if not token.text and token.kind != END:
            # Nothing was written there: the one behind it is what the user sees.
            at += 1
            token = tokens[at]
        accepted = accepted_terminals(self.states, self.tables)
        previous = next((value for value in reversed(self.values) if isinstance(value, Token)), None)
        if previous is not None and self.values[-1] is not previous:
            previous = None
        at_end = token.kind == END
        expected = expected_words(accepted, set(self.tables.states[self.states[-1]]), previous, at_end, token.newline)
        before = tokens[at - 1] if at else None
        notes = self.opened(expected)
        if at_end:
            span = Span(self.ends[-1], self.ends[-1])
            message = f"unexpected end of file, expected {expected}"
            label = "the file ends here"
            diagnostic = Diagnostic("HARN-PAR-002", message, self.source, span, label=label, notes=notes)
        else:
            name_needed = "NAME" in accepted and "INT" not in accepted
            message = f"expected {expected}, found {found_words(token, name_needed)}"
            help_text = hint(token, tokens[at + 1], before, expected)
            span = Span(token.start, token.end)
            diagnostic = Diagnostic(
                "HARN-PAR-001", message, self.source, span, label="unexpected token", help=help_text, notes=notes
            )
        self.errors.append(diagnostic)

    def opened(self, expected: str) -> tuple[Note, ...]:
        """Give a note that points at the bracket whose closer is expected."""
        opener = {")": "(", "]": "[", "}": "{"}.get(expected)
        if opener is None:
            return ()
        depth = 0
        for value in reversed(self.values):
            if not isinstance(value, Token):
                continue
            if value.text == expected:
                depth += 1
            elif value.text.endswith(opener):
                if depth == 0:
                    return (Note(f"the `{value.text}` was opened here", Span(value.start, value.end)),)
                depth -= 1
        return ()


def _pass_on(parts: list[Any], _span: Span) -> Any:
    return parts[0]


def _land(tables: Tables, state: int, rule: str, kind: str) -> int:
    """Give the state reached when a rule's value is pushed and passed on upwards as far as the next token allows."""
    while True:
        target = tables.states[state][rule]
        action = tables.states[target].get(kind)
        if action is None or action >= 0 or not tables.productions[-1 - action].passes:
            return target
        rule = tables.productions[-1 - action].rule


def _splice(parts: list[Any], lists: tuple[int, ...]) -> list[Any]:
    """Put the items of list values in their places; a list that comes first is extended: growing it stays cheap."""
    first = 0 in lists
    spliced: list[Any] = parts[0] if first else []
    for at in range(1 if first else 0, len(parts)):
        if at in lists:
            spliced.extend(parts[at])
        else:
            spliced.append(parts[at])
    return spliced
