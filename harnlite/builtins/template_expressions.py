"""Expressions and filters of templates (docs/reference/builtins.md 16).

:func:`parse_expression` turns the text between ``{{`` and ``}}`` into a function from the names in scope to a value.
"""

from __future__ import annotations

import re

from harnlite.builtins.limits import check_size
from harnlite.builtins.text import WHITE_SPACE
from harnlite.values.display import display, type_name
from harnlite.values.equality import compare, equal
from harnlite.values.json_text import stringify_exact, stringify_pretty
from harnlite.values.types import HarnSet, Pair, RangeValue, StructValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

    Scope = dict[str, Any]
    Expression = Callable[[Scope], Any]


__all__ = ["TemplateMistake", "Tokens", "is_true", "parse_expression", "shown"]


_TOKEN: Final = re.compile(
    r"""\s*(?:
        (?P<number>\d+(?:\.\d+)?)
      | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<symbol>==|!=|<=|>=|&&|\|\||[-<>!|:,.()\[\]{}])
    )""",
    re.VERBOSE | re.ASCII | re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r"}
_LITERALS: Final[dict[str, Any]] = {"nil": None, "null": None, "true": True, "false": False}
_WORD: Final = re.compile(r"\w+")
_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~])")
_DEEPEST: Final = 32


class TemplateMistake(ValueError):  # noqa: N818 - the word users see is "template", and it is their mistake
    """A template that cannot be read or rendered; the text has no place in it yet."""


def is_true(value: Any) -> bool:
    """Truth in templates: as in the language, but a blank string is false and an empty set true."""
    if type(value) is str:
        return bool(value.strip(WHITE_SPACE))
    return type(value) is HarnSet or bool(value)


def shown(value: Any) -> str:
    """What a value looks like in the output; nil is nothing."""
    return "" if value is None else display(value)


class Tokens:
    """The tokens of one directive."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def next(self) -> tuple[str, str]:
        """Kind and text of the next token, without taking it; two empty strings at the end."""
        found = _TOKEN.match(self.text, self.position)
        if found is not None and found.lastgroup is not None:
            return found.lastgroup, found[found.lastgroup]
        rest = self.text[self.position :].strip()
        if rest:
            raise TemplateMistake(f"unexpected character `{rest[0]}`")
        return "", ""

    def take(self, *texts: str) -> str:
        """Take the next token if it is one of these (and no string); give it, or an empty string."""
        kind, token = self.next()
        if token not in texts or kind == "string":
            return ""
        self.advance()
        return token

    def advance(self) -> None:
        """Pass the next token."""
        found = _TOKEN.match(self.text, self.position)
        assert found is not None
        self.position = found.end()

    def name(self) -> str:
        """Take a name."""
        kind, token = self.next()
        if kind != "name":
            raise TemplateMistake("expected identifier")
        self.advance()
        return token

    def need(self, text: str) -> None:
        """Take this token."""
        if not self.take(text):
            raise TemplateMistake(f"expected `{text}`")

    def end(self) -> None:
        """Nothing may follow."""
        token = self.next()[1]
        if token:
            raise TemplateMistake(f"unexpected `{token}`")


def parse_expression(tokens: Tokens, depth: int = 0) -> Expression:
    """Parse an expression with its filters.

    :raises TemplateMistake: when it is wrong.
    """
    if depth > _DEEPEST:
        raise TemplateMistake("expression is nested too deeply")
    expression = _either(tokens, depth)
    while tokens.take("|"):
        expression = _filtered(tokens, expression, depth)
    return expression


def _filtered(tokens: Tokens, subject: Expression, depth: int) -> Expression:
    name = tokens.name()
    arguments: list[Expression] = []
    if tokens.take(":"):
        arguments.append(_either(tokens, depth + 1))
        while tokens.take(","):
            arguments.append(_either(tokens, depth + 1))
    entry = _FILTERS.get(name)
    if entry is None:
        raise TemplateMistake(f"unknown filter `{name}`")
    function, fewest, most = entry
    if not fewest <= len(arguments) <= most:
        raise TemplateMistake(f"filter `{name}` got wrong number of arguments")
    return lambda scope: function(subject(scope), *[argument(scope) for argument in arguments])


def _either(tokens: Tokens, depth: int) -> Expression:
    left = _both(tokens, depth)
    while tokens.take("or", "||"):
        left = _or(left, _both(tokens, depth))
    return left


def _or(left: Expression, right: Expression) -> Expression:
    def evaluate(scope: Scope) -> Any:
        value = left(scope)
        return value if is_true(value) else right(scope)

    return evaluate


def _both(tokens: Tokens, depth: int) -> Expression:
    left = _negation(tokens, depth)
    while tokens.take("and", "&&"):
        left = _and(left, _negation(tokens, depth))
    return left


def _and(left: Expression, right: Expression) -> Expression:
    def evaluate(scope: Scope) -> Any:
        value = left(scope)
        return right(scope) if is_true(value) else value

    return evaluate


def _negation(tokens: Tokens, depth: int) -> Expression:
    negations = 0
    while tokens.take("not", "!"):
        negations += 1
    operand = _comparison(tokens, depth)
    if not negations:
        return operand
    wanted = negations % 2 == 0
    return lambda scope: is_true(operand(scope)) is wanted


_COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "==": equal,
    "!=": lambda a, b: not equal(a, b),
    "<": lambda a, b: compare(a, b) < 0,
    "<=": lambda a, b: compare(a, b) <= 0,
    ">": lambda a, b: compare(a, b) > 0,
    ">=": lambda a, b: compare(a, b) >= 0,
}


def _comparison(tokens: Tokens, depth: int) -> Expression:
    left = _path(tokens, depth)
    operator = tokens.take(*_COMPARISONS)
    if not operator:
        return left
    right = _path(tokens, depth)
    test = _COMPARISONS[operator]
    return lambda scope: test(left(scope), right(scope))


def _path(tokens: Tokens, depth: int) -> Expression:
    value = _primary(tokens, depth)
    while True:
        if tokens.take("."):
            key: Any = tokens.name()
            value = _member(value, lambda _scope, key=key: key)  # type: ignore[misc]  # a default binds the loop's value
        elif tokens.take("["):
            index = parse_expression(tokens, depth + 1)
            tokens.need("]")
            value = _member(value, index)
        else:
            return value


def _member(container: Expression, key: Expression) -> Expression:
    return lambda scope: _lookup(container(scope), key(scope))


def _lookup(container: Any, key: Any) -> Any:
    """A member of a dict, struct, list, string or pair; nil if there is none."""
    kind = type(container)
    if kind is dict:
        return container.get(display(key))
    if kind is StructValue:
        return container.fields.get(display(key))
    if kind is list or kind is str:
        return container[key] if type(key) is int and -len(container) <= key < len(container) else None
    if kind is Pair:
        return container.first if key == "first" else container.second if key == "second" else None
    return None


def _primary(tokens: Tokens, depth: int) -> Expression:
    kind, token = tokens.next()
    if kind == "number" or token == "-":
        return _number(tokens)
    if kind == "string":
        tokens.advance()
        text = _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[1]), token[1:-1])
        return lambda _scope: text
    if kind == "name" and token not in ("and", "or", "not"):
        tokens.advance()
        if token in _LITERALS:
            return lambda scope: scope[token] if token in scope else _LITERALS[token]
        return lambda scope: scope.get(token)
    if token == "(" and kind == "symbol":
        tokens.advance()
        inner = parse_expression(tokens, depth + 1)
        tokens.need(")")
        return inner
    raise TemplateMistake("expected expression")


def _number(tokens: Tokens) -> Expression:
    sign = -1 if tokens.take("-") else 1
    kind, token = tokens.next()
    if kind != "number":
        raise TemplateMistake("expected expression")
    tokens.advance()
    value: int | float = float(token) if "." in token or len(token) > 18 else int(token)
    return lambda _scope: sign * value


# ---------------------------------------------------------------------------------------------- filters


def _items(name: str, value: Any) -> list[Any]:
    """A filter's subject as a list."""
    if type(value) is list:
        return value
    if type(value) is HarnSet:
        return list(value.members.values())
    if value is None:
        return []
    raise TemplateMistake(f"filter `{name}` expects a list, got {type_name(value)}")


def _length(value: Any) -> int:
    if type(value) in (str, list, dict, bytes):
        return len(value)
    if type(value) is HarnSet:
        return len(value.members)
    if type(value) is RangeValue:
        return len(value.as_range())
    if value is None:
        return 0
    raise TemplateMistake(f"filter `length` cannot measure {type_name(value)}")


def _end(value: Any, name: str, index: int) -> Any:
    items = value if type(value) is str else _items(name, value)
    return items[index] if items else None


def _joined(value: Any, separator: Any = "") -> str:
    return shown(separator).join([shown(item) for item in _items("join", value)])


def _indented(value: Any, width: Any, first: Any = False) -> str:
    count = width if type(width) is int and width > 0 else 0
    lines = shown(value).split("\n")
    check_size("indent", count * len(lines))
    margin = " " * count
    return "\n".join(margin + line if line and (index or is_true(first)) else line for index, line in enumerate(lines))


def _lines(value: Any) -> list[str]:
    lines = [line.removesuffix("\r") for line in shown(value).split("\n")]
    return lines if lines[-1] else lines[:-1]


def _capitalized(value: Any) -> str:
    text = shown(value)
    return text[:1].upper() + text[1:].lower()


def _replaced(value: Any, old: Any, new: Any) -> str:
    text, pattern, replacement = shown(value), shown(old), shown(new)
    check_size("replace", text.count(pattern) * len(replacement))
    return text.replace(pattern, replacement)


_FILTERS: Final[dict[str, tuple[Callable[..., Any], int, int]]] = {
    "upper": (lambda value: shown(value).upper(), 0, 0),
    "lower": (lambda value: shown(value).lower(), 0, 0),
    "trim": (lambda value: shown(value).strip(WHITE_SPACE), 0, 0),
    "capitalize": (_capitalized, 0, 0),
    "title": (lambda value: _WORD.sub(lambda word: _capitalized(word[0]), shown(value)), 0, 0),
    "length": (_length, 0, 0),
    "first": (lambda value: _end(value, "first", 0), 0, 0),
    "last": (lambda value: _end(value, "last", -1), 0, 0),
    "reverse": (lambda value: (value if type(value) is str else _items("reverse", value))[::-1], 0, 0),
    "join": (_joined, 0, 1),
    "default": (lambda value, other: value if is_true(value) else other, 1, 1),
    "json": (lambda value, pretty=False: stringify_pretty(value) if is_true(pretty) else stringify_exact(value), 0, 1),
    "indent": (_indented, 1, 2),
    "lines": (_lines, 0, 0),
    "escape_md": (lambda value: _MARKDOWN.sub(r"\\\1", shown(value)), 0, 0),
    "replace": (_replaced, 2, 2),
}
