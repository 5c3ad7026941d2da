"""Builds the expression nodes of ``tree.py``: one function per alternative of ``harn.lark``, by its name.

Each takes the values of the alternative's symbols in order (tokens stand for themselves, lists are spliced in) and the
span of all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from harnlite.source import Span
from harnlite.syntax import tree
from harnlite.syntax.strings import duration_value, integer_value, plain_text, triple_texts
from harnlite.syntax.tokens import Token

__all__ = ["EXPRESSIONS", "Builder", "Parts", "string_value"]

Parts = list[Any]
Builder = Callable[[Parts, Span], Any]


def string_value(token: Token) -> str:
    """Give the value of a STRING or RAW_STRING token."""
    text = token.text
    if text.startswith('"""') and len(text) >= 6:
        return triple_texts([text[3:-3]])[0]
    if text.startswith("r"):
        return text[2:-1]
    return plain_text(text[1:-1])


def _string(parts: Parts, span: Span) -> tree.StringLiteral:
    text = parts[0].text
    if text.startswith('"""') and len(text) >= 6:
        return tree.StringLiteral(span, triple_texts([text[3:-3]])[0], "triple")
    return tree.StringLiteral(span, plain_text(text[1:-1]))


def _interpolation(parts: Parts, span: Span) -> tree.Interpolation:
    triple = parts[0].text.startswith('"""')
    quotes = 3 if triple else 1
    first, last = parts[0].text[quotes:-2], parts[-1].text[1:-quotes]
    raw = [first, *(token.text[1:-2] for token in parts[2:-1:2]), last]
    texts = triple_texts(raw) if triple else [plain_text(part) for part in raw]
    content: list[str | tree.Expression] = []
    for at, text in enumerate(texts):
        if text:
            content.append(text)
        if at < len(texts) - 1:
            content.append(parts[2 * at + 1])
    return tree.Interpolation(span, tuple(content), "triple" if triple else "plain")


def _int(parts: Parts, span: Span) -> tree.IntLiteral | tree.FloatLiteral:
    value = integer_value(parts[0].text)
    return tree.IntLiteral(span, value) if isinstance(value, int) else tree.FloatLiteral(span, value)


def _call(parts: Parts, span: Span) -> tree.Expression:
    return tree.Call(span, parts[0], parts[2])


def _slice(parts: Parts, span: Span) -> tree.Slice:
    return tree.Slice(span, parts[0], parts[2], parts[4])


def _dict_key(token: Token) -> str:
    return token.text if token.kind == "NAME" else string_value(token)


def _dict_entry(parts: Parts, span: Span) -> tree.DictEntry:
    return tree.DictEntry(span, _dict_key(parts[0]), parts[2])


def _parallel(parts: Parts, span: Span) -> tree.Parallel:
    variable, body = parts[4]
    return tree.Parallel(span, parts[1].text if parts[1] else "count", parts[2], body, variable, parts[3], parts[5])


def _parallel_body(parts: Parts, span: Span) -> tuple[str | None, tree.Block]:
    if len(parts) == 1:
        return None, parts[0]
    return parts[1].text, tree.Block(span, parts[3])


def _human_argument(parts: Parts, _span: Span) -> tuple[str | None, tree.Expression]:
    return (parts[0].text, parts[2]) if len(parts) == 3 else (None, parts[0])


def _catch(parts: Parts, span: Span) -> tree.CatchClause | None:
    if not parts:
        return None
    name, annotation = parts[1]
    return tree.CatchClause(span, name, annotation, parts[2])


def _catch_binding(parts: Parts, _span: Span) -> tuple[str | None, tree.TypeExpression | None]:
    if not parts:
        return None, None
    return (parts[0].text, None) if len(parts) == 1 else (parts[1].text, parts[2])


def _binary(parts: Parts, span: Span) -> tree.Binary:
    return tree.Binary(span, parts[1].text, parts[0], parts[2])


def _second(parts: Parts, _span: Span) -> Any:
    """Of an optional part with a keyword before it: the part, or None."""
    return parts[1] if parts else None


def _every_second(parts: Parts, _span: Span) -> tuple[Any, ...]:
    """Of a list with separators: the items."""
    return tuple(parts[::2])


def _optional_one(parts: Parts, _span: Span) -> Any:
    return parts[0] if parts else None


EXPRESSIONS: Final[dict[str, Builder]] = {
    "name": lambda parts, span: tree.Name(span, parts[0].text),
    "nil": lambda _parts, span: tree.NilLiteral(span),
    "true": lambda _parts, span: tree.BoolLiteral(span, True),
    "false": lambda _parts, span: tree.BoolLiteral(span, False),
    "int": _int,
    "float": lambda parts, span: tree.FloatLiteral(span, float(parts[0].text)),
    "duration": lambda parts, span: tree.DurationLiteral(span, duration_value(parts[0].text)),
    "string": _string,
    "raw_string": lambda parts, span: tree.StringLiteral(span, parts[0].text[2:-1], "raw"),
    "interpolation": _interpolation,
    "group": lambda parts, _span: parts[1],
    "list": lambda parts, span: tree.ListLiteral(span, parts[1]),
    "dict": lambda parts, span: tree.DictLiteral(span, tuple(parts[1:-1:2])),
    "dict_entry": _dict_entry,
    "computed_entry": lambda parts, span: tree.DictEntry(span, parts[1], parts[4]),
    "struct_literal": lambda parts, span: tree.StructLiteral(span, parts[0].text, tuple(parts[2:-1:2])),
    "spread": lambda parts, span: tree.Spread(span, parts[1]),
    "arguments": _every_second,
    "pipe": lambda parts, span: tree.Pipe(span, parts[0], parts[2]),
    "range": lambda parts, span: tree.RangeExpression(span, parts[0], parts[2]),
    "range_exclusive": lambda parts, span: tree.RangeExpression(span, parts[0], parts[2], True),
    "ternary": lambda parts, span: tree.Ternary(span, parts[0], parts[2], parts[4]),
    "logical": lambda parts, span: tree.Logical(span, parts[1].text, parts[0], parts[2]),
    "binary": _binary,
    "coalesce": lambda parts, span: tree.Coalesce(span, parts[0], parts[2]),
    "unary": lambda parts, span: tree.Unary(span, parts[0].text, parts[1]),
    "try_star": lambda parts, span: tree.TryStar(span, parts[1]),
    "propagate": lambda parts, span: tree.Propagate(span, parts[0]),
    "member": lambda parts, span: tree.Member(span, parts[0], parts[2].text),
    "optional_member": lambda parts, span: tree.Member(span, parts[0], parts[2].text, True),
    "method_call": lambda parts, span: tree.MethodCall(span, parts[0], parts[2].text, parts[4]),
    "optional_method_call": lambda parts, span: tree.MethodCall(span, parts[0], parts[2].text, parts[4], True),
    "index": lambda parts, span: tree.Index(span, parts[0], parts[2]),
    "optional_index": lambda parts, span: tree.Index(span, parts[0], parts[2], True),
    "slice": _slice,
    "slice_bound": _optional_one,
    "call": _call,
    "generic_call": lambda parts, span: tree.Call(span, parts[0], parts[5], parts[2]),
    "closure": lambda parts, span: tree.Closure(span, parts[1], tree.Block(span, parts[3])),
    "function_expression": lambda parts, span: tree.FunctionExpression(span, parts[2], parts[4]),
    "if": lambda parts, span: tree.If(span, parts[1], parts[2]),
    "if_else": lambda parts, span: tree.If(span, parts[1], parts[2], parts[4]),
    "match": lambda parts, span: tree.Match(span, parts[1], tuple(parts[3:-1])),
    "arm": lambda parts, span: tree.MatchArm(span, parts[0], parts[1], parts[3]),
    "patterns": _every_second,
    "arm_guard": _second,
    "try": lambda parts, span: tree.Try(span, parts[1], parts[2], parts[3]),
    "catch": _catch,
    "catch_binding": _catch_binding,
    "finally": _second,
    "retry": lambda parts, span: tree.Retry(span, parts[1], parts[2]),
    "deadline": lambda parts, span: tree.Deadline(span, parts[1], parts[2]),
    "parallel": _parallel,
    "parallel_kind": _optional_one,
    "parallel_options": lambda parts, _span: parts[4] if parts else None,
    "parallel_body": _parallel_body,
    "stream": lambda parts, _span: bool(parts),
    "spawn": lambda parts, span: tree.Spawn(span, parts[1]),
    "human_call": lambda parts, span: tree.HumanCall(span, parts[0].text, tuple(parts[2:-1:2])),
    "human_argument": _human_argument,
    "cost_route": lambda parts, span: tree.CostRoute(span, tuple(parts[2:-1:2])),
}
"""The builder of each alternative that is an expression or part of one."""
