"""Tables of ``decode.py``: which decoded operation an opcode becomes, and what may be fused with it."""

from __future__ import annotations

from harnlite.bytecode.opcodes import OPCODES, Op, OperandKind
from harnlite.vm import codes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

__all__ = ["BINARY", "CAN_JUMP", "COMPARISONS", "DIRECT", "ENDS_PART", "HAVE_DEST", "LITERALS", "OPERANDS"]

#: Which operands stand for something else than their number, by opcode: constants (C) and names (N).
OPERANDS: Final = {
    op: ("C" if info.a is OperandKind.CONSTANT else "N" if info.a is OperandKind.NAME else "")
    + ","
    + ("C" if info.b is OperandKind.CONSTANT else "N" if info.b is OperandKind.NAME else "")
    for op, info in OPCODES.items()
}
#: Opcodes behind which nothing of their part is reached.
ENDS_PART: Final = frozenset(
    {Op.RETURN, Op.TAIL_CALL, Op.TAIL_PIPE, Op.THROW, Op.RETHROW, Op.FAIL, Op.BREAK, Op.CONTINUE}
)


#: Opcodes that push a constant of the language.
LITERALS: Final = {Op.NIL: None, Op.TRUE: True, Op.FALSE: False}
#: Two operands and a result.
BINARY: Final = {
    Op.ADD: codes.ADD,
    Op.SUB: codes.SUB,
    Op.MUL: codes.MUL,
    Op.DIV: codes.DIV,
    Op.MOD: codes.MOD,
    Op.GET_INDEX: codes.GET_INDEX,
}
COMPARISONS: Final = {
    Op.LT: codes.LESS,
    Op.LE: codes.LESS_EQUAL,
    Op.GT: codes.GREATER,
    Op.GE: codes.GREATER_EQUAL,
    Op.EQ: codes.EQ,
}
#: Operations that can put their result into a slot.
HAVE_DEST: Final = frozenset({*BINARY.values(), codes.GET_FIELD})
#: Operations that can jump by their result.
CAN_JUMP: Final = frozenset(COMPARISONS.values())
#: Opcodes that work on the stack and have an operation of their own with the same operands.
DIRECT: Final = {
    Op.CALL_METHOD: codes.CALL_METHOD,
    Op.CALL_METHOD_OPT: codes.CALL_METHOD_OPT,
    Op.CALL_BUILTIN: codes.CALL_BUILTIN,
    Op.LOAD_CAPTURE: codes.LOAD_CAPTURE,
    Op.NE: codes.NE,
    Op.NOT: codes.NOT,
    Op.STRING: codes.STRING,
    Op.LIST: codes.LIST,
    Op.MAKE_CLOSURE: codes.MAKE_CLOSURE,
    Op.THROW: codes.THROW,
    Op.CHECK_PARAMETER: codes.CHECK_PARAMETER,
    Op.FAIL: codes.FAIL,
    Op.YIELD: codes.YIELD,
}
