"""Numbers of decoded operations, the most frequent first.

They are plain ints, not an enumeration, because CPython compares those fastest; the interpreter splits its chain of
comparisons at :data:`FIRST_RARE`.
"""

from __future__ import annotations

from typing import Final

LOAD: Final = 0
CONST: Final = 1
JUMP_UNLESS: Final = 2
STORE: Final = 3
ADD: Final = 4
CALL: Final = 5
RETURN: Final = 6
LESS: Final = 7
GET_FIELD: Final = 8
LOOP_END: Final = 9
CALL_NATIVE: Final = 10
OPERATION: Final = 11
SUB: Final = 12
GET_INDEX: Final = 13
EQ: Final = 14
MUL: Final = 15
MOD: Final = 16
LOAD_CAPTURE: Final = 17
JUMP: Final = 18
FOR_NEXT: Final = 19
CALL_METHOD: Final = 20
CALL_CHECKED: Final = 21
POP: Final = 22
LOAD_SELF: Final = 23
DIV: Final = 24
LESS_EQUAL: Final = 25
GREATER: Final = 26
GREATER_EQUAL: Final = 27

FIRST_RARE: Final = 28

NE: Final = 28
NOT: Final = 29
JUMP_IF: Final = 30
STRING: Final = 31
LIST: Final = 32
MAKE_CLOSURE: Final = 33
PUSH_HANDLER: Final = 34
LEAVE_TRY: Final = 35
THROW: Final = 36
TAIL_CALL: Final = 37
JUMP_NOT_NIL: Final = 38
CHECK_PARAMETER: Final = 39
RETURN_DROPPING: Final = 40
RETURN_LEAVING: Final = 41
LEAVE_TO: Final = 42
BEGIN_CLEANUP: Final = 43
END_CLEANUP: Final = 44
LEAVE_HANDLER: Final = 45
FOR_ITERATE: Final = 46
DROP: Final = 47
CLEAR: Final = 48
UNWRAP_OK: Final = 49
YIELD: Final = 50
RETHROW: Final = 51
FAIL: Final = 52
CALL_BUILTIN: Final = 53
CALL_METHOD_OPT: Final = 54
