"""Keywords in the token filter: heads of declarations, and words that are keywords only in some places.

A declaration's head is moved to the output at once up to its body or parameters, because its names must not be taken
for operands (``struct P { x: int }`` is no struct literal) and its types need their own rules.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from harnlite.syntax.filter_brackets import closes_item
from harnlite.syntax.filter_state import AFTER_TYPE, Filter
from harnlite.syntax.filter_types import take_type, take_type_parameters
from harnlite.syntax.tokens import KEYWORDS, Token

__all__ = ["CONTEXTUAL", "ITEMS", "KEYWORD_HANDLERS", "on_contextual"]

_WORDS: Final = frozenset(KEYWORDS.values()) | {"NAME"}
_BODIES: Final = {
    "ENUM": "variants",
    "STRUCT": "fields",
    "INTERFACE": "interface",
    "IMPL": "impl",
    "SKILL": "entries",
    "EVAL_PACK": "entries",
}


def _on_binding(state: Filter) -> None:
    """``let name: T``: take the annotation; patterns and values go the common way."""
    state.take()
    if state.kind_at(0) == "NAME" and state.kind_at(1) == "COLON":
        state.take()
        state.take()
        take_type(state)


def _on_function(state: Filter) -> None:
    """``fn``, with or without a name, up to and with the ``(`` of its parameters."""
    inside = state.frame.kind
    state.take()
    if state.take_name():
        take_type_parameters(state)
    if inside != "interface":
        state.frame.headers.append("method" if inside == "impl" else "fn")
    if state.kind_at(0) == "LEFT_PAREN":
        state.open("PARAMETERS_OPEN", "parameters", "signature", "PAREN_CLOSE")


def _on_named_signature(state: Filter) -> None:
    """``pipeline``, ``tool`` and ``override``."""
    keyword = state.tokens[state.index].kind
    state.take()
    state.take_name()
    state.frame.headers.append("tool" if keyword == "TOOL" else "pipeline")
    if state.kind_at(0) == "LEFT_PAREN":
        state.open("PARAMETERS_OPEN", "parameters", "signature", "PAREN_CLOSE")


def _on_extends(state: Filter) -> None:
    state.take()
    state.take_name()


def _on_body_declaration(state: Filter) -> None:
    """``enum``, ``struct``, ``interface``, ``impl``, ``skill``, ``eval_pack``, up to and with the ``{``."""
    keyword = state.tokens[state.index].kind
    state.take()
    if state.take_name():
        take_type_parameters(state)
        if state.kind_at(0) == "LEFT_BRACE":
            state.open("BODY_OPEN", _BODIES[keyword], "body", "BRACE_CLOSE")


def _on_type(state: Filter) -> None:
    """``type name<T> = type``; in an interface the type may be missing."""
    state.take()
    if state.take_name():
        take_type_parameters(state)
        if state.kind_at(0) == "ASSIGN":
            state.take()
            take_type(state)


def _on_import(state: Filter) -> None:
    """``import a::b::{``; the other forms go the common way."""
    state.take()
    if state.kind_at(0) != "NAME":
        return
    state.take_name()
    while state.kind_at(0) == "COLON" and state.kind_at(1) == "COLON":
        state.take()
        state.take()
        if state.kind_at(0) == "LEFT_BRACE":
            state.open("PATTERN_OPEN", "names", "import", "BRACE_CLOSE")
            return
        if not state.take_name():
            return


def _on_attribute(state: Filter) -> None:
    """``@name``, up to and with the ``(`` of its arguments; no separator follows an attribute."""
    state.take()
    if not state.take_name():
        return
    state.operand = False
    if state.kind_at(0) == "LEFT_PAREN":
        state.open("PARAMETERS_OPEN", "attribute", "attribute", "PAREN_CLOSE")
    else:
        state.item_at = len(state.out)


def _on_header(state: Filter) -> None:
    """A keyword whose ``{`` comes after an expression."""
    role = state.tokens[state.index].text
    state.take()
    state.frame.headers.append(role)


def _on_if(state: Filter) -> None:
    guard_of_arm = state.frame.kind == "match" and state.operand
    state.take()
    if not guard_of_arm:
        state.frame.headers.append("if")


def _on_parallel(state: Filter) -> None:
    state.take()
    state.frame.headers.append("parallel")
    kind = {"each": "EACH", "settle": "SETTLE"}.get(state.tokens[state.index].text)
    if kind is not None and state.kind_at(1) != "LEFT_BRACE":
        state.take(kind)


def _on_else(state: Filter) -> None:
    """``else`` belongs to the ``if`` whose body just closed, else to a ``guard``."""
    headers = state.frame.headers
    if not closes_item(state) and headers and headers[-1] == "guard":
        headers.pop()
        state.take("GUARD_ELSE")
    else:
        state.take()


def _on_try(state: Filter) -> None:
    state.take()
    following = state.tokens[state.index]
    if following.kind == "STAR":
        begin = state.out.pop()
        state.out.append(Token("TRY_STAR", "try*", begin.start, following.end, begin.newline))
        state.previous = "TRY_STAR"
        state.index += 1


def _on_catch(state: Filter) -> None:
    state.take()
    following = state.kind_at(0)
    if following == "LEFT_BRACE":
        return
    state.frame.headers.append("catch")
    if following == "LEFT_PAREN":
        state.open("PARAMETERS_OPEN", "parameters", "catch", "PAREN_CLOSE")
    else:
        state.take_name()


def _on_leaving(state: Filter) -> None:
    """``break`` and ``continue``: nothing of them can follow, so a line end separates."""
    state.take()
    state.operand = True


def _on_arrow(state: Filter) -> None:
    """``->``: the end of a closure's parameters, or of an arm's pattern."""
    state.take("ARROW")
    if state.frame.kind == "closure":
        state.out[-1].frame = "closure"
        state.frame.become("block")
        state.begin_item()
    elif state.frame.kind == "match":
        state.previous = "ARM_ARROW"


def _on_colon(state: Filter) -> None:
    state.take()
    if state.frame.ternaries:
        state.frame.ternaries -= 1


KEYWORD_HANDLERS: Final[dict[str, Callable[[Filter], None]]] = {
    "LET": _on_binding,
    "VAR": _on_binding,
    "CONST": _on_binding,
    "FN": _on_function,
    "PIPELINE": _on_named_signature,
    "TOOL": _on_named_signature,
    "OVERRIDE": _on_named_signature,
    "EXTENDS": _on_extends,
    "ENUM": _on_body_declaration,
    "STRUCT": _on_body_declaration,
    "INTERFACE": _on_body_declaration,
    "IMPL": _on_body_declaration,
    "SKILL": _on_body_declaration,
    "EVAL_PACK": _on_body_declaration,
    "TYPE": _on_type,
    "IMPORT": _on_import,
    "AT": _on_attribute,
    "WHILE": _on_header,
    "FOR": _on_header,
    "MATCH": _on_header,
    "RETRY": _on_header,
    "DEADLINE": _on_header,
    "GUARD": _on_header,
    "IF": _on_if,
    "PARALLEL": _on_parallel,
    "ELSE": _on_else,
    "TRY": _on_try,
    "CATCH": _on_catch,
    "BREAK": _on_leaving,
    "CONTINUE": _on_leaving,
    "ARROW": _on_arrow,
    "COLON": _on_colon,
}
"""What to do at a keyword or mark that is no bracket."""


# --- words that are keywords only in some places ---------------------------------------------------

CONTEXTUAL: Final = frozenset({"as", "cost_route", "gen", "not", "where", "with"})
"""Names to look at twice; those bound to the start of an item are found by :data:`ITEMS`."""


def on_contextual(state: Filter) -> bool:
    """At a name of :data:`CONTEXTUAL`: take it as a keyword if it is one here (language.md 1.2)."""
    word = state.tokens[state.index].text
    headers = state.frame.headers
    if word == "not" and state.operand and state.kind_at(1) == "IN":
        begin = state.tokens[state.index]
        state.index += 1
        end = state.tokens[state.index]
        state.out.append(Token("NOT_IN", "not in", begin.start, end.end, begin.newline))
        state.index += 1
        state.operand = False
        state.previous = "NOT_IN"
    elif word == "gen" and not state.operand and state.kind_at(1) == "FN":
        state.take("GEN")
    elif word == "with" and state.operand and headers and headers[-1] == "parallel":
        state.take("WITH")
    elif word == "as" and state.closed == "parallel" and state.previous == "BRACE_CLOSE":
        state.take("AS")
        if state.tokens[state.index].text == "stream":
            state.take("STREAM")
            state.operand = True
    elif word == "where" and state.operand and headers and headers[-1] in ("fn", "method"):
        _take_where(state)
    elif word == "cost_route" and not state.operand and state.kind_at(1) == "LEFT_BRACE" and not headers:
        state.take("COST_ROUTE")
    else:
        return False
    return True


def _take_where(state: Filter) -> None:
    """``where T: Interface, U: Interface``."""
    state.take("WHERE")
    while state.kind_at(0) == "NAME" and state.kind_at(1) == "COLON":
        state.take()
        state.take()
        state.take_name()
        if state.kind_at(0) != "COMMA":
            break
        state.take()
    state.operand = True
    state.previous = AFTER_TYPE


# --- what begins an item, by the frame it is in -----------------------------------------------------


def _parameter(state: Filter) -> bool:
    """``...name: T`` of parameters, and of a ``catch``."""
    rest = state.kind_at(0) == "ELLIPSIS"
    if rest:
        state.take()
    if state.kind_at(0) != "NAME":
        return rest
    state.take_name()
    if state.kind_at(0) == "COLON":
        state.take()
        take_type(state)
    return True


def _field(state: Filter) -> bool:
    """``name?: T`` of a struct."""
    if not state.take_name():
        return False
    if state.kind_at(0) == "QUESTION":
        state.take("QUESTION_OPTIONAL")
    if state.kind_at(0) == "COLON":
        state.take()
        take_type(state)
    state.operand = True
    state.previous = AFTER_TYPE
    return True


def _variant(state: Filter) -> bool:
    """``Name(`` of an enum."""
    if not state.take_name():
        return False
    if state.kind_at(0) == "LEFT_PAREN":
        state.open("PARAMETERS_OPEN", "parameters", "variant", "PAREN_CLOSE")
    return True


def _key(state: Filter) -> bool:
    """A reserved word used as the key of a dict or of an attribute's argument; the one option of ``parallel``."""
    if state.kind_at(1) != "COLON" or state.kind_at(0) not in _WORDS:
        return False
    option = state.frame.role == "with" and state.tokens[state.index].text == "max_concurrent"
    state.take("MAX_CONCURRENT" if option else "NAME")
    state.take()
    return True


def _entry(state: Filter) -> bool:
    """``name value`` or ``name: value`` of a skill."""
    if state.kind_at(0) not in _WORDS:
        return False
    state.take("NAME")
    if state.kind_at(0) == "COLON":
        state.take()
    return True


def _case(state: Filter) -> bool:
    """``name from channel``, ``timeout duration`` or ``default`` of a ``select``."""
    word = state.tokens[state.index].text
    if state.kind_at(0) != "NAME":
        return False
    if state.kind_at(1) == "FROM":
        state.take()
        state.take()
    elif word == "timeout":
        state.take("TIMEOUT")
    elif word == "default":
        state.take("DEFAULT")
        return True
    else:
        return False
    state.frame.headers.append("case")
    return True


ITEMS: Final[dict[str, Callable[[Filter], bool]]] = {
    "parameters": _parameter,
    "closure": _parameter,
    "fields": _field,
    "variants": _variant,
    "dict": _key,
    "attribute": _key,
    "named": _key,
    "entries": _entry,
    "select": _case,
}
"""By kind of frame, what may take the tokens at the start of an item; False leaves them to the common way."""
