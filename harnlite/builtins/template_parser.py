"""The structure of templates: text, outputs, conditions, loops, includes (docs/reference/builtins.md 16).

Takes a template's text, gives a list of nodes for ``templates.py`` to render.
"""

from __future__ import annotations

import re

from harnlite.builtins.template_expressions import TemplateMistake, Tokens, parse_expression
from harnlite.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from harnlite.builtins.template_expressions import Expression


__all__ = ["Condition", "Include", "Loop", "Node", "Output", "Place", "PlacedError", "parse_template"]

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_RAW: Final = re.compile(r"\{\{-?\s*endraw\s*-?\}\}")
_AFTER: Final = re.compile(r"[ \t]*(?:\r?\n)?")
_SECTION: Final = re.compile(r"section\s+[\"']")
_KEYWORDS: Final = ("if", "elif", "else", "end", "for", "include", "raw", "endraw")
_DEEPEST: Final = 100


class Place(NamedTuple):
    """Line and column, both from 1."""

    line: int
    column: int


class PlacedError(ValueError):
    """A mistake in a template with its place: ``at LINE:COL: message``."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(f"at {place.line}:{place.column}: {message}")


class Output(NamedTuple):
    """``{{ expression }}``; ``bare`` is the name when it is nothing but a name."""

    place: Place
    expression: Expression
    bare: str


class Condition(NamedTuple):
    """``{{ if }}``: tests with their bodies, and what comes otherwise."""

    place: Place
    branches: list[tuple[Expression, list[Node]]]
    otherwise: list[Node]


class Loop(NamedTuple):
    """``{{ for name in … }}`` or ``{{ for key, value in … }}``, and what comes when there is nothing."""

    place: Place
    names: tuple[str, ...]
    items: Expression
    body: list[Node]
    otherwise: list[Node]


class Include(NamedTuple):
    """``{{ include path with { name: expression } }}``."""

    place: Place
    path: Expression
    bindings: list[tuple[str, Expression]]


Node = str | Output | Condition | Loop | Include


class _Directive(NamedTuple):
    place: Place
    text: str

    @property
    def keyword(self) -> str:
        found = _NAME.match(self.text)
        return found[0] if found is not None and found[0] in _KEYWORDS else ""


def parse_template(text: str) -> list[Node]:
    """Parse a template.

    :raises PlacedError: when it is wrong.
    """
    parser = _Parser(_pieces(text))
    body = parser.body(0)
    if parser.index < len(parser.pieces):
        directive = parser.pieces[parser.index]
        assert isinstance(directive, _Directive)
        raise PlacedError(directive.place, f"unexpected `{{{{ {directive.keyword} }}}}`")
    return body


def _pieces(text: str) -> list[str | _Directive]:
    """Text and directives in order; comments and raw sections are resolved, white space trimmed."""
    out: list[str | _Directive] = []
    position = 0
    line_start, line = 0, 1
    while True:
        start = text.find("{{", position)
        plain = text[position : start if start >= 0 else len(text)]
        if start < 0:
            out.append(plain)
            return [piece for piece in out if piece != ""]
        line += text.count("\n", line_start, start)
        line_start = start
        place = Place(line, start - text.rfind("\n", 0, start))
        trims_before = text.startswith("-", start + 2)
        out.append(_trimmed(plain) if trims_before else plain)
        inner = start + 2 + trims_before
        if text.startswith("#", inner):
            end = text.find("#}}", inner)
            if end < 0:
                raise PlacedError(place, "unterminated comment")
            position = end + 3
            continue
        end = _closing(text, inner)
        if end < 0:
            raise PlacedError(place, "unterminated directive")
        content = text[inner:end]
        position = end + 2
        if content.endswith("-"):
            content = content[:-1]
            position = _end_of_trim(text, position)
        directive = _Directive(place, content.strip())
        if directive.text == "raw":
            close = _RAW.search(text, position)
            if close is None:
                raise PlacedError(place, "`{{ raw }}` missing matching `{{ endraw }}`")
            out.append(text[position : close.start()])
            position = close.end()
            if close[0].endswith("-}}"):
                position = _end_of_trim(text, position)
        else:
            out.append(directive)


def _trimmed(text: str) -> str:
    """Without the white space at the end, up to and including one line break."""
    return text.rstrip(" \t").removesuffix("\n").removesuffix("\r")


def _end_of_trim(text: str, position: int) -> int:
    found = _AFTER.match(text, position)
    assert found is not None
    return found.end()


def _closing(text: str, position: int) -> int:
    """Where the ``}}`` of a directive is, strings and braces inside it respected; -1 if there is none."""
    depth = 0
    quote = ""
    while position < len(text):
        character = text[position]
        if quote:
            if character == "\\":
                position += 1
            elif character == quote:
                quote = ""
        elif character in "\"'":
            quote = character
        elif character == "{":
            depth += 1
        elif character == "}":
            if depth:
                depth -= 1
            elif text.startswith("}}", position):
                return position
        position += 1
    return -1


class _Parser:
    """Goes through the pieces; ``index`` is the next one."""

    def __init__(self, pieces: list[str | _Directive]) -> None:
        self.pieces = pieces
        self.index = 0

    def body(self, depth: int) -> list[Node]:
        """Nodes up to the end or a directive that closes or divides a block, which stays the next piece."""
        nodes: list[Node] = []
        while self.index < len(self.pieces):
            piece = self.pieces[self.index]
            if isinstance(piece, str):
                nodes.append(piece)
            elif piece.keyword in ("elif", "else", "end", "endraw"):
                return nodes
            else:
                if depth > _DEEPEST:
                    raise PlacedError(piece.place, "template is nested too deeply")
                nodes.append(self.node(piece, depth))
                continue
            self.index += 1
        return nodes

    def node(self, directive: _Directive, depth: int) -> Node:
        self.index += 1
        place = directive.place
        tokens = Tokens(directive.text)
        try:
            if directive.keyword == "if":
                tokens.advance()
                return self.condition(place, tokens, depth)
            if directive.keyword == "for":
                tokens.advance()
                return self.loop(place, tokens, depth)
            if directive.keyword == "include":
                tokens.advance()
                return _include(place, tokens)
            if _SECTION.match(directive.text):
                raise PlacedError(place, "`{{ section }}` is not supported: its form depends on the language model")
            bare = directive.text if _NAME.fullmatch(directive.text) else ""
            return Output(place, _whole(tokens), bare)
        except TemplateMistake as error:
            raise PlacedError(place, str(error)) from None

    def condition(self, place: Place, tokens: Tokens, depth: int) -> Condition:
        branches: list[tuple[Expression, list[Node]]] = []
        branches.append((_whole(tokens), self.body(depth + 1)))
        while True:
            directive = self.separator(place, "if")
            if directive.keyword == "elif":
                tokens = Tokens(directive.text)
                tokens.advance()
                try:
                    test = _whole(tokens)
                except TemplateMistake as error:
                    raise PlacedError(directive.place, str(error)) from None
                branches.append((test, self.body(depth + 1)))
            elif directive.keyword == "else":
                otherwise = self.body(depth + 1)
                self.need_end(place, "if")
                return Condition(place, branches, otherwise)
            else:
                return Condition(place, branches, [])

    def loop(self, place: Place, tokens: Tokens, depth: int) -> Loop:
        names = [tokens.name()]
        if tokens.take(","):
            names.append(tokens.name())
        tokens.need("in")
        items = _whole(tokens)
        body = self.body(depth + 1)
        directive = self.separator(place, "for")
        otherwise: list[Node] = []
        if directive.keyword == "else":
            otherwise = self.body(depth + 1)
            self.need_end(place, "for")
        elif directive.keyword != "end":
            raise PlacedError(directive.place, f"unexpected `{{{{ {directive.keyword} }}}}`")
        return Loop(place, tuple(names), items, body, otherwise)

    def separator(self, place: Place, opened: str) -> _Directive:
        """Take the directive at which a body ended."""
        if self.index >= len(self.pieces):
            raise PlacedError(place, f"`{{{{ {opened} }}}}` missing matching `{{{{ end }}}}`")
        directive = self.pieces[self.index]
        assert isinstance(directive, _Directive)
        if directive.keyword == "endraw":
            raise PlacedError(directive.place, "unexpected `{{ endraw }}`")
        self.index += 1
        return directive

    def need_end(self, place: Place, opened: str) -> None:
        directive = self.separator(place, opened)
        if directive.keyword != "end":
            raise PlacedError(directive.place, f"unexpected `{{{{ {directive.keyword} }}}}`")


def _whole(tokens: Tokens) -> Expression:
    expression = parse_expression(tokens)
    tokens.end()
    return expression


def _include(place: Place, tokens: Tokens) -> Include:
    path = parse_expression(tokens)
    bindings: list[tuple[str, Any]] = []
    if tokens.take("with"):
        tokens.need("{")
        while not tokens.take("}"):
            if bindings:
                tokens.need(",")
                if tokens.take("}"):
                    break
            name = tokens.name()
            tokens.need(":")
            bindings.append((name, parse_expression(tokens)))
    tokens.end()
    return Include(place, path, bindings)
