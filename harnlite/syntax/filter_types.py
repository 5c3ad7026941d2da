"""Types in the token filter: the ``{ < > ?`` inside a type get kinds of their own (language.md 2.4 rule 4, 2.6).

A scanner runs over the tokens of one type and stops behind it. It is no parser: it only has to find the type's end and
its brackets; whether the type is well formed is for the grammar.
"""

from __future__ import annotations

from typing import Final

from harnlite.syntax.filter_state import AFTER_TYPE, Filter
from harnlite.syntax.tokens import KEYWORDS, Token

__all__ = ["take_type", "take_type_arguments", "take_type_parameters"]

_LITERALS: Final = frozenset({"NIL", "TRUE", "FALSE", "STRING", "INT"})
_WORDS: Final = frozenset(KEYWORDS.values()) | {"NAME"}
_DEEPEST: Final = 256
_CLOSERS: Final = {">": "ANGLE_CLOSE", "]": "BRACKET_CLOSE", ")": "PAREN_CLOSE", "}": "BRACE_CLOSE"}


def take_type(state: Filter) -> None:
    """Move the type at the current token to the output.

    When it breaks off inside brackets, their rest is moved unchanged: its raw kinds are no terminals, so that the
    parser reports the place, and no bracket is left over.
    """
    first = state.index
    scanner = _TypeScanner(state.tokens, first, trial=False)
    complete = scanner.run()
    state.out.extend(scanner.out)
    state.index = scanner.index
    if not complete and scanner.outermost >= 0:
        end = state.matches.get(scanner.outermost, -1)
        if end >= state.index:
            state.out.extend(state.tokens[state.index : end + 1])
            state.index = end + 1
    if state.index > first:
        state.operand = True
        state.previous = AFTER_TYPE


def take_type_arguments(state: Filter) -> bool:
    """At a ``<`` behind a name: move ``< types >`` to the output if a ``(`` follows it, else change nothing."""
    if state.index in state.comparisons:
        return False
    scanner = _TypeScanner(state.tokens, state.index, trial=True)
    if not scanner.run():
        # Those still open would break off at the same place; remembering it keeps a chain of `<` linear.
        state.comparisons.update(scanner.angles)
        return False
    if state.tokens[scanner.index].kind != "LEFT_PAREN":
        return False
    state.out.extend(scanner.out)
    state.index = scanner.index
    state.operand = True
    state.previous = AFTER_TYPE
    state.callee_end = len(state.out)
    return True


def take_type_parameters(state: Filter) -> None:
    """Move ``<in T, out U>`` behind a declaration's name to the output, if there is one."""
    if state.kind_at(0) != "LESS":
        return
    state.take("ANGLE_OPEN")
    while True:
        kind = state.kind_at(0)
        token = state.tokens[state.index]
        ended = state.out[-1].kind == "NAME"
        if kind == "GREATER":
            state.take("ANGLE_CLOSE")
            break
        if kind == "COMMA":
            state.take()
        elif kind == "IN" or kind == "NAME":
            if ended:
                state.out.append(Token("COMMA", "", token.start, token.start))
            variance = token.text == "out" and state.kind_at(1) == "NAME"
            state.take("OUT" if variance else "")
        else:
            break
    state.operand = True
    state.previous = AFTER_TYPE


class _TypeScanner:
    """Finds the end of a type; ``out`` is its tokens with their kinds settled."""

    __slots__ = ("angles", "index", "open", "out", "outermost", "tokens", "trial")

    def __init__(self, tokens: list[Token], index: int, trial: bool) -> None:
        self.tokens = tokens
        self.index = index
        self.trial = trial
        self.out: list[Token] = []
        self.open: list[str] = []
        self.angles: list[int] = []
        self.outermost = -1

    def take(self, kind: str = "") -> None:
        token = self.tokens[self.index]
        self.out.append(token.as_kind(kind) if kind else token)
        self.index += 1

    def push(self, closer: str, kind: str) -> None:
        if not self.open:
            self.outermost = self.index
        if closer == ">":
            self.angles.append(self.index)
        self.open.append(closer)
        self.take(kind)

    def comma(self) -> None:
        start = self.tokens[self.index].start
        self.out.append(Token("COMMA", "", start, start))

    def run(self) -> bool:
        """Scan one type (in a trial: one ``< types >``); False when it breaks off."""
        if self.trial:
            self.push(">", "ANGLE_OPEN")
        while self.operand():
            step = self.behind()
            if step is None:
                continue
            return step
        return False

    def operand(self) -> bool:
        """Take tokens up to the end of one named or literal type or of an empty bracket; False if there is none."""
        while True:
            kind = self.tokens[self.index].kind
            if kind == "NAME" or kind in _LITERALS:
                self.take()
                return True
            if kind == "MINUS":
                self.take()
            elif len(self.open) > _DEEPEST:
                return False
            elif kind == "LEFT_BRACKET":
                self.push("]", "LIST_OPEN")
            elif kind == "LEFT_BRACE":
                self.push("}", "SHAPE_OPEN")
                if self.tokens[self.index].kind == "BRACE_CLOSE":
                    self.close()
                    return True
                if not self.field():
                    return False
            elif kind == "FN" and self.tokens[self.index + 1].kind == "LEFT_PAREN":
                self.take()
                self.push(")", "PARAMETERS_OPEN")
                if self.tokens[self.index].kind == "PAREN_CLOSE" and not self.close():
                    return False
            else:
                return False

    def field(self) -> bool:
        """Take ``name?:`` of a shape."""
        if self.tokens[self.index].kind not in _WORDS:
            return False
        self.take("NAME")
        if self.tokens[self.index].kind == "QUESTION":
            self.take("QUESTION_OPTIONAL")
        if self.tokens[self.index].kind != "COLON":
            return False
        self.take()
        return True

    def close(self) -> bool:
        """Take a closing bracket, and the ``->`` that must follow a function type's; False if it does not."""
        closer = self.open.pop()
        if closer == ">":
            self.angles.pop()
        token = self.tokens[self.index]
        self.out.append(Token(_CLOSERS[closer], token.text, token.start, token.end, token.newline, -1))
        self.index += 1
        if closer == ")":
            if self.tokens[self.index].kind != "ARROW":
                return False
            self.take()
        return True

    def behind(self) -> bool | None:
        """Take what may follow a type; None: another type must follow, else whether the scan ended well."""
        while True:
            token = self.tokens[self.index]
            kind = token.kind
            inside = self.open[-1] if self.open else ""
            if kind == "QUESTION" and not token.newline:
                self.take("QUESTION_OPTIONAL")
            elif kind == "BAR" or kind == "AMPERSAND":
                self.take()
                return None
            elif kind == "LESS" and self.out[-1].kind == "NAME" and len(self.open) <= _DEEPEST:
                self.push(">", "ANGLE_OPEN")
                return None
            elif not inside:
                return True
            elif kind == "GREATER_EQUAL" and inside == ">" and not self.trial:
                self.split()
            elif _CLOSERS[inside] == ("ANGLE_CLOSE" if kind == "GREATER" else kind):
                arrow = inside == ")"
                if not self.close():
                    return False
                if arrow:
                    return None
                if self.trial and not self.open:
                    return True
            elif kind == "COMMA":
                self.take()
                following = self.tokens[self.index].kind
                if following == _CLOSERS[inside] or (inside == ">" and following == "GREATER"):
                    continue
                if inside == "}" and not self.field():
                    return False
                return None
            elif inside == "}" and kind in _WORDS:
                self.comma()
                return None if self.field() else False
            elif inside == ")" and (kind == "NAME" or kind in _LITERALS):
                self.comma()
                return None
            else:
                return False

    def split(self) -> None:
        """Take the ``>`` of a ``>=`` and leave the ``=`` (``let x: list<int>= y``)."""
        token = self.tokens[self.index]
        middle = token.start + 1
        self.open.pop()
        self.out.append(Token("ANGLE_CLOSE", ">", token.start, middle, token.newline))
        self.tokens[self.index] = Token("ASSIGN", "=", middle, token.end)
