"""What operators take and give, where both operand types are known (language.md 8.1, TYP-002 and TYP-003)."""

from __future__ import annotations

from harnlite.compiler.checker.types import (
    ANY,
    BOOL,
    FLOAT,
    INT,
    STRING,
    ListType,
    Primitive,
    Type,
    is_primitive,
    widen,
)

__all__ = ["binary_result", "comparison_warning", "operator_error"]

_NUMBERS = (INT, FLOAT)
_ORDERED = ("<", ">", "<=", ">=")
_TESTS = frozenset({"==", "!=", "in", "not in", *_ORDERED})
_SIGNS = {"-": "'-'", "/": "'/'", "%": "'%'", "**": "'**'"}
_NOT_CHECKED = frozenset({"nil", "set"})


def operator_error(operator: str, left: Type, right: Type, *, nil_written: bool = False) -> tuple[str, str] | None:
    """Give code and message when the operator refuses two known scalar types, else None.

    :param nil_written: an operand is the literal ``nil``; a variable that is nil so far may hold something else later.
    """
    if not (is_primitive(left) and is_primitive(right)):
        return None
    a, b = widen(left), widen(right)
    unchecked = {str(a), str(b)} & _NOT_CHECKED
    if unchecked and not (nil_written and unchecked == {"nil"}):
        return None
    if operator == "+":
        if (a in _NUMBERS and b in _NUMBERS) or (a == STRING and b == STRING):
            return None
        return ("TYP-003" if STRING in (a, b) else "TYP-002"), f"can't add {a} and {b}"
    if operator == "*":
        if (a in _NUMBERS and b in _NUMBERS) or {a, b} == {STRING, INT}:
            return None
        return "TYP-002", f"can't multiply {a} and {b} (try string * int)"
    if operator in _SIGNS and not (a in _NUMBERS and b in _NUMBERS):
        return "TYP-002", f"can't use {_SIGNS[operator]} on {a} and {b} (needs numeric operands)"
    return None


def binary_result(operator: str, left: Type, right: Type) -> Type:
    """Give the type of ``left operator right``, which did not raise an error."""
    if operator in _TESTS:
        return BOOL
    a, b = widen(left), widen(right)
    if operator == "+" and isinstance(a, ListType) and isinstance(b, ListType):
        return a if a == b else ListType(ANY)
    if operator == "**":
        return FLOAT if FLOAT in (a, b) and a in _NUMBERS and b in _NUMBERS else ANY
    if a in _NUMBERS and b in _NUMBERS:
        return FLOAT if FLOAT in (a, b) else INT
    if operator == "+" and a == b == STRING:
        return STRING
    if operator == "*" and {a, b} == {STRING, INT}:
        return STRING
    return ANY


def comparison_warning(operator: str, left: Type, right: Type) -> str | None:
    """Give the warning for ordering two known types that have no order between them."""
    if operator not in _ORDERED or not (is_primitive(left) and is_primitive(right)):
        return None
    a, b = widen(left), widen(right)
    if a == b or (a in _NUMBERS and b in _NUMBERS):
        return None
    if STRING in (a, b) and (a in _NUMBERS or b in _NUMBERS):
        return f"Comparing {a} with {b} using '{operator}' may give unexpected results"
    if isinstance(a, Primitive) and isinstance(b, Primitive):
        return f"Comparison '{operator}' may not be meaningful for types {a} and {b}"
    return None
