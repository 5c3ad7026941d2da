"""A small subset of the jq query language (docs/reference/builtins.md 12.1).

Takes a value and an expression, gives the list of results. An expression is parsed into a function from one value
to its results; the functions of the parts are combined while parsing.
"""

from __future__ import annotations

import re

from harnlite.values.equality import compare, equal, truthy
from harnlite.values.json_text import JsonError, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, Final

    Filter = Callable[[Any], list[Any]]


__all__ = ["QueryError", "run_query"]


_TOKEN: Final = re.compile(
    r"""\s*(?:
        (?P<number>-?[0-9]+(?:\.[0-9]+)?)
      | (?P<string>"(?:[^"\\]|\\.)*")
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<symbol>\.\.|==|!=|[.\[\]{}()|,:<>])
    )""",
    re.VERBOSE,
)
_TYPES: Final = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}
_LITERALS: Final[dict[str, Any]] = {"null": None, "nil": None, "true": True, "false": False}
_DEEPEST: Final = 64
_MOST_RESULTS: Final = 1_000_000


class QueryError(ValueError):
    """An expression that is not in the subset."""


def run_query(value: Any, expression: str) -> list[Any]:
    """Give all results of an expression.

    :raises QueryError: for an expression that is not in the subset, or one with too many results.
    """
    parser = _Parser(expression)
    query = parser.pipe()
    if parser.rest():
        raise QueryError(f"unexpected input near '{parser.rest()}'")
    return query(value)


class _Parser:
    """Recursive descent; one method for each level of precedence, weakest first."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.depth = 0

    def rest(self) -> str:
        return self.text[self.position :].strip()

    def next(self) -> tuple[str, str]:
        """The kind and text of the next token, without taking it."""
        found = _TOKEN.match(self.text, self.position)
        if found is None or found.lastgroup is None:
            return "", ""
        return found.lastgroup, found[found.lastgroup]

    def take(self, text: str) -> bool:
        kind, token = self.next()
        if token != text or kind == "string":
            return False
        self.advance()
        return True

    def advance(self) -> None:
        found = _TOKEN.match(self.text, self.position)
        assert found is not None
        self.position = found.end()

    def need(self, text: str) -> None:
        if not self.take(text):
            raise QueryError(f"expected '{text}' near '{self.rest()}'")

    def pipe(self) -> Filter:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise QueryError("the expression is nested too deeply")
        query = self.comma()
        while self.take("|"):
            query = _piped(query, self.comma())
        self.depth -= 1
        return query

    def comma(self) -> Filter:
        queries = [self.either()]
        while self.take(","):
            queries.append(self.either())
        return queries[0] if len(queries) == 1 else lambda value: _limited(x for query in queries for x in query(value))

    def either(self) -> Filter:
        query = self.both()
        while self.take("or"):
            query = _paired(query, self.both(), lambda a, b: truthy(a) or truthy(b))
        return query

    def both(self) -> Filter:
        query = self.comparison()
        while self.take("and"):
            query = _paired(query, self.comparison(), lambda a, b: truthy(a) and truthy(b))
        return query

    def comparison(self) -> Filter:
        query = self.postfix()
        for operator, test in _COMPARISONS:
            if self.take(operator):
                if self.text[self.position : self.position + 1] == "=":
                    raise QueryError(f"expected expression near '{self.rest()}'")
                return _paired(query, self.postfix(), test)
        return query

    def postfix(self) -> Filter:
        query = self.primary()
        while True:
            kind, token = self.next()
            if token == "[" and kind == "symbol":
                query = _piped(query, self.bracket())
            elif token == "." and kind == "symbol":
                self.advance()
                if self.next()[1] != "[":
                    query = _piped(query, self.field())
            else:
                return query

    def primary(self) -> Filter:
        kind, token = self.next()
        if kind == "symbol":
            if token == ".":
                self.advance()
                following = _TOKEN.match(self.text, self.position)
                joined = following is not None and not self.text[self.position : self.position + 1].isspace()
                return self.field() if joined and following is not None and following["name"] else _identity
            if token == "..":
                self.advance()
                return _everything
            if token == "(":
                self.advance()
                query = self.pipe()
                self.need(")")
                return query
            if token == "[":
                self.advance()
                inner = self.pipe() if self.next()[1] != "]" else _nothing
                self.need("]")
                return lambda value: [inner(value)]
            if token == "{":
                return self.object()
        if kind in ("number", "string"):
            self.advance()
            return _constant(self.literal(token))
        if kind == "name":
            self.advance()
            return self.named(token)
        raise QueryError(f"expected expression near '{self.rest()}'")

    def literal(self, token: str) -> Any:
        try:
            return parse(token)
        except JsonError:
            raise QueryError(f"expected expression near '{token}{self.rest()}'") from None

    def field(self) -> Filter:
        kind, token = self.next()
        if kind != "name":
            raise QueryError(f"expected field name near '{self.rest()}'")
        self.advance()
        return _member(token)

    def bracket(self) -> Filter:
        """``[]``, ``[i]``, ``["k"]`` or ``[a:b]`` behind an expression."""
        self.need("[")
        if self.take("]"):
            return _items
        kind, token = self.next()
        if kind == "string":
            self.advance()
            self.need("]")
            return _member(self.literal(token))
        low = self.integer()
        if self.take(":"):
            high = self.integer()
            self.need("]")
            return lambda value: [value[low:high] if type(value) in (list, str) else None]
        if low is None:
            raise QueryError(f"expected expression near '{self.rest()}'")
        self.need("]")
        return _element(low)

    def integer(self) -> int | None:
        kind, token = self.next()
        if kind != "number":
            return None
        self.advance()
        if "." in token or len(token) > 18:
            raise QueryError(f"expected an integer near '{token}{self.rest()}'")
        return int(token)

    def object(self) -> Filter:
        self.need("{")
        entries: list[tuple[str, Filter]] = []
        while not self.take("}"):
            if entries:
                self.need(",")
            kind, token = self.next()
            if kind not in ("name", "string"):
                raise QueryError(f"expected object key near '{self.rest()}'")
            self.advance()
            key = self.literal(token) if kind == "string" else token
            entries.append((key, self.either() if self.take(":") else _member(key)))
        return lambda value: _objects(value, entries)

    def named(self, name: str) -> Filter:
        if name in _LITERALS:
            return _constant(_LITERALS[name])
        if name in ("map", "select"):
            self.need("(")
            inner = self.pipe()
            self.need(")")
            if name == "map":
                return lambda value: [_limited(x for item in _items(value) for x in inner(item))]
            return lambda value: [value for kept in inner(value) if truthy(kept)]
        if name == "not":
            if self.next()[1] in ("", "|", ")", ",", "]", "}"):
                return lambda value: [not truthy(value)]
            operand = self.comparison()
            return lambda value: [not truthy(x) for x in operand(value)]
        function = _FUNCTIONS.get(name)
        if function is None:
            raise QueryError(f"unknown identifier '{name}'")
        return lambda value: [function(value)]


def _limited(results: Iterable[Any]) -> list[Any]:
    out: list[Any] = []
    for result in results:
        if len(out) >= _MOST_RESULTS:
            raise QueryError(f"more than {_MOST_RESULTS} results")
        out.append(result)
    return out


def _piped(first: Filter, second: Filter) -> Filter:
    return lambda value: _limited(result for middle in first(value) for result in second(middle))


def _paired(left: Filter, right: Filter, test: Callable[[Any, Any], bool]) -> Filter:
    return lambda value: _limited(test(a, b) for b in right(value) for a in left(value))


def _constant(constant: Any) -> Filter:
    return lambda _value: [constant]


def _identity(value: Any) -> list[Any]:
    return [value]


def _nothing(_value: Any) -> list[Any]:
    return []


def _member(key: str) -> Filter:
    return lambda value: [value.get(key) if type(value) is dict else None]


def _element(index: int) -> Filter:
    return lambda value: [value[index] if type(value) is list and -len(value) <= index < len(value) else None]


def _items(value: Any) -> list[Any]:
    if type(value) is dict:
        return [value[key] for key in sorted(value)]
    return value if type(value) is list else []


def _everything(value: Any) -> list[Any]:
    """The value and all that is in it, outermost first."""
    pending, out = [value], []
    while pending:
        value = pending.pop()
        out.append(value)
        pending += reversed(_items(value))
    return out


def _objects(value: Any, entries: list[tuple[str, Filter]]) -> list[Any]:
    made: list[dict[str, Any]] = [{}]
    for key, query in entries:
        results = query(value)
        made = _limited({**partial, key: result} for partial in made for result in results)
    return made


def _length(value: Any) -> Any:
    if type(value) in (int, float):
        return abs(value)
    return len(value) if type(value) in (str, list, dict) else 0


def _keys(value: Any) -> Any:
    if type(value) is dict:
        return sorted(value)
    return list(range(len(value))) if type(value) is list else None


_FUNCTIONS: Final[dict[str, Callable[[Any], Any]]] = {
    "length": _length,
    "keys": _keys,
    "values": _items,
    "type": lambda value: _TYPES.get(type(value), "object"),
}
_COMPARISONS: Final[tuple[tuple[str, Callable[[Any, Any], bool]], ...]] = (
    ("==", equal),
    ("!=", lambda a, b: not equal(a, b)),
    ("<", lambda a, b: compare(a, b) < 0),
    (">", lambda a, b: compare(a, b) > 0),
)
