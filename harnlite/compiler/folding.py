"""Constant folding: what an operator gives for two constants, by the one definition in ``values/operators.py``.

Takes an opcode and its constant operands, gives the constant or None when the operation must stay: it fails, or its
result would bloat the chunk. Must not know the tree or the instructions around.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harnlite.bytecode.opcodes import Op
from harnlite.values import operators
from harnlite.values.equality import equal, truthy
from harnlite.values.errors import GuestError

__all__ = ["NOT_FOLDED", "fold_binary", "fold_unary"]

#: What the functions give for an operation that must be left to the run.
NOT_FOLDED = object()

_LONGEST_TEXT = 4096
_LARGEST_EXPONENT = 4096

_BINARY: dict[Op, Callable[[Any, Any], Any]] = {
    Op.ADD: operators.add,
    Op.SUB: operators.sub,
    Op.MUL: operators.mul,
    Op.DIV: operators.div,
    Op.MOD: operators.mod,
    Op.POW: operators.power,
    Op.EQ: equal,
    Op.NE: lambda left, right: not equal(left, right),
    Op.LT: operators.less,
    Op.LE: operators.less_equal,
    Op.GT: operators.greater,
    Op.GE: operators.greater_equal,
}
_UNARY: dict[Op, Callable[[Any], Any]] = {
    Op.NEG: operators.negate,
    Op.NOT: lambda operand: not truthy(operand),
    Op.TO_BOOL: truthy,
}


def fold_binary(op: Op, left: Any, right: Any) -> Any:
    """Give the value of an operator on constants, or :data:`NOT_FOLDED`."""
    function = _BINARY.get(op)
    if function is None or not _is_cheap(op, left, right):
        return NOT_FOLDED
    try:
        return _checked(function(left, right))
    except GuestError:
        return NOT_FOLDED


def fold_unary(op: Op, operand: Any) -> Any:
    """Give the value of a prefix operator on a constant, or :data:`NOT_FOLDED`."""
    function = _UNARY.get(op)
    if function is None:
        return NOT_FOLDED
    try:
        return _checked(function(operand))
    except GuestError:
        return NOT_FOLDED


def _is_cheap(op: Op, left: Any, right: Any) -> bool:
    if op is Op.MUL:
        text, count = (left, right) if type(left) is str else (right, left)
        return type(text) is not str or type(count) is not int or len(text) * count <= _LONGEST_TEXT
    return op is not Op.POW or type(right) is not int or right <= _LARGEST_EXPONENT


def _checked(value: Any) -> Any:
    if type(value) is str and len(value) > _LONGEST_TEXT:
        return NOT_FOLDED
    return value
