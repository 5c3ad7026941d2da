"""Numbers of decoded operations, the most frequent first, and what their operands are.

A decoded instruction is ``(operation, a, b, c)``. Where the table says *operand*, None stands for the topmost value
of the operand stack, and a number for a slot, so that a local or constant need not be pushed first. *dest* is the slot
that gets the result; None pushes it. *target* is the number of an instruction.

The numbers are plain ints, not an enumeration, because CPython compares those fastest; the interpreter splits its chain
of comparisons at :data:`FIRST_SECOND` and :data:`FIRST_RARE`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final


# a: left operand, b: right operand, c: dest
ADD: Final = 0
GET_INDEX: Final = 1
SUB: Final = 2
MUL: Final = 3
#: a: slot
LOAD: Final = 4
#: a: left operand, b: right operand, c: target to jump to when false, or None to push the bool
LESS: Final = 5
#: a: target
LOOP_END: Final = 6
#: a: slot to add to, b: operand
ADD_LOCAL: Final = 7
#: a: name, b: operand, c: dest
GET_FIELD: Final = 8
#: a: number of arguments, b: name or None for a pipe
CALL: Final = 9
#: a: operand
RETURN: Final = 10
#: a: slot, b: operand that is the index, c: operand that is the value
SET_INDEX_LOCAL: Final = 11

FIRST_SECOND: Final = 12

#: a: slot, b: name, c: operand
SET_FIELD_LOCAL: Final = 12
#: a: left operand, b: right operand, c: dest
MOD: Final = 13
#: a: target, b: operand
JUMP_UNLESS: Final = 14
#: a: left operand, b: right operand, c: target or None, see LESS
EQ: Final = 15
LESS_EQUAL: Final = 16
GREATER: Final = 17
GREATER_EQUAL: Final = 18
#: a: number of arguments; the running function calls itself
CALL_SELF: Final = 19
#: a: slot
STORE: Final = 20
#: a: slot to copy from, b: slot to copy to
MOVE: Final = 21
#: a: Python function of the VM and the arguments, b: number of arguments
CALL_NATIVE: Final = 22
#: a: function of ``operations.py``, b: its two operands
OPERATION: Final = 23
#: a: target
JUMP: Final = 24
#: a: target when there are no more items, b: slots of item and iterator
FOR_NEXT: Final = 25
#: a: number of the captured value
LOAD_CAPTURE: Final = 26
#: a: left operand, b: right operand, c: dest
DIV: Final = 27
#: a: name, b: number of arguments
CALL_METHOD: Final = 28
#: a: builtin, b: number of arguments
CALL_CHECKED: Final = 29

FIRST_RARE: Final = 30

POP: Final = 30
CONST: Final = 31
NE: Final = 32
NOT: Final = 33
#: a: target, b: operand
JUMP_IF: Final = 34
STRING: Final = 35
LIST: Final = 36
MAKE_CLOSURE: Final = 37
PUSH_HANDLER: Final = 38
LEAVE_TRY: Final = 39
THROW: Final = 40
TAIL_CALL: Final = 41
JUMP_NOT_NIL: Final = 42
CHECK_PARAMETER: Final = 43
#: a: number of values to drop from under the result
RETURN_DROPPING: Final = 44
RETURN_LEAVING: Final = 45
LEAVE_TO: Final = 46
BEGIN_CLEANUP: Final = 47
END_CLEANUP: Final = 48
LEAVE_HANDLER: Final = 49
FOR_ITERATE: Final = 50
DROP: Final = 51
CLEAR: Final = 52
#: a: target when it is Ok
UNWRAP_OK: Final = 53
YIELD: Final = 54
RETHROW: Final = 55
FAIL: Final = 56
CALL_BUILTIN: Final = 57
CALL_METHOD_OPT: Final = 58
LOAD_SELF: Final = 59
#: a: number of arguments; the running function ends with a call of itself
TAIL_CALL_SELF: Final = 60
