"""The opcode table: the only place that says which instructions exist.

An instruction is a triple ``(opcode, a, b)`` of integers; what ``a`` and ``b`` mean is the operand kind of the
table. The compiler, the verifier, the disassembler, both tiers and ``docs/opcodes.md`` read this table.

Control flow is structured, as in WebAssembly: a construct opens with one of ``IF IF_NIL LOOP FOR TRY CLEANUP
DEADLINE MUTEX`` and closes with ``END``; ``ELSE``, ``CATCH`` and ``FINALLY`` separate its parts. Where such an
opener has operand kind RESULTS, it is the number (0 or 1) of values the construct leaves on the stack; each of
its parts leaves exactly that many above the height at which the construct began. ``BREAK`` and ``CONTINUE``
count enclosing loops only, 0 being the innermost, and leave inner constructs (running their clean-ups); the
stack is cut back to the height at which the loop began. Parts of an IF with one result are always two. The
clean-up part after FINALLY begins above the construct's results and ends at that same height.

There is no unreachable code: after ``BREAK CONTINUE RETURN TAIL_CALL TAIL_PIPE THROW RETHROW FAIL``, or a construct
none of whose parts reaches its end, the next instruction is ``ELSE``, ``CATCH``, ``FINALLY`` or ``END``, or the
function ends. No function's end is reached. The verifier checks all this.
"""

from __future__ import annotations

from harnlite.records import IntEnum, NamedTuple

__all__ = ["OPCODES", "OPCODE_TABLE_VERSION", "Op", "OpInfo", "OperandKind"]

#: Raise it whenever a row below changes meaning; it is part of the key of every cached chunk.
OPCODE_TABLE_VERSION = 2


class OperandKind(IntEnum):
    """What an operand's integer stands for."""

    NONE = 0
    CONSTANT = 1  # index into chunk.constants
    NAME = 2  # index into chunk.names
    SLOT = 3  # index of a local of the function
    CAPTURE = 4  # index of a captured value of the closure
    FUNCTION = 5  # index into chunk.functions
    COUNT = 6  # a number of stack values
    RESULTS = 7  # 0 or 1: values a construct leaves
    LOOPS = 8  # how many enclosing loops outwards
    MODULE = 9  # index of a variable of the module's state
    IMPORT = 10  # index into chunk.imports
    FLAG = 11  # a small number explained in the row


class OpInfo(NamedTuple):
    """A row: operands, values popped and pushed (-1: depends on an operand, see ``meaning``), what it does."""

    a: OperandKind
    b: OperandKind
    pops: int
    pushes: int
    meaning: str


class Op(IntEnum):
    """Opcode numbers; the order carries no meaning."""

    # stack and constants
    NIL = 0
    TRUE = 1
    FALSE = 2
    CONST = 3
    POP = 4
    # variables
    LOAD = 6
    STORE = 7
    LOAD_CAPTURE = 8
    LOAD_SELF = 9
    NEW_CELL = 10
    SET_CELL = 11
    LOAD_LATE_CAPTURE = 13
    LOAD_DYNAMIC = 14
    LOAD_GLOBAL = 15
    LOAD_BUILTIN = 16
    LOAD_MODULE = 17
    STORE_MODULE = 18
    LOAD_IMPORT = 19
    # operators
    ADD = 20
    SUB = 21
    MUL = 22
    DIV = 23
    MOD = 24
    POW = 25
    NEG = 26
    NOT = 27
    TO_BOOL = 28
    EQ = 29
    NE = 30
    LT = 31
    LE = 32
    GT = 33
    GE = 34
    IN = 35
    NOT_IN = 36
    RANGE = 37
    # building
    LIST = 40
    LIST_APPEND = 41
    LIST_EXTEND = 42
    DICT = 43
    DICT_SET = 44
    DICT_UPDATE = 45
    STRING = 46
    ENUM = 47
    STRUCT = 48
    STRUCT_FROM = 49
    STRUCT_CONSTRUCTOR = 50
    MAKE_CLOSURE = 51
    DEFINE_IMPL = 52
    WRAP_OK = 53
    WRAP_ERR = 54
    # access
    GET_FIELD = 60
    GET_FIELD_OPT = 61
    GET_INDEX = 62
    GET_INDEX_OPT = 63
    SLICE = 64
    # updates
    ADD_LOCAL = 70
    APPEND_LOCAL = 71
    SET_INDEX_LOCAL = 72
    SET_FIELD_LOCAL = 73
    SET_PATH_LOCAL = 74
    SET_INDEX = 75
    SET_FIELD = 76
    SET_PATH = 77
    # calls
    CALL = 80
    CALL_SPREAD = 81
    CALL_BUILTIN = 82
    CALL_BUILTIN_SPREAD = 83
    CALL_METHOD = 84
    CALL_METHOD_OPT = 85
    CALL_METHOD_SPREAD = 86
    CALL_METHOD_OPT_SPREAD = 87
    PIPE = 88
    TAIL_CALL = 89
    TAIL_PIPE = 90
    RETURN = 91
    PROPAGATE = 92
    # parameters, patterns, destructuring
    IS_MISSING = 100
    CHECK_PARAMETER = 101
    IS_VARIANT = 102
    ENUM_FIELD = 103
    IS_DICT = 104
    IS_LIST = 105
    CHECK_DICT = 106
    CHECK_LIST = 107
    DICT_REST = 108
    LIST_REST = 109
    # control flow
    IF = 120
    ELSE = 121
    IF_NIL = 122
    LOOP = 123
    FOR = 124
    BREAK = 125
    CONTINUE = 126
    BREAK_UNLESS = 127
    TRY = 128
    CATCH = 129
    CLEANUP = 130
    FINALLY = 131
    DEADLINE = 132
    MUTEX = 133
    END = 134
    # errors
    THROW = 140
    RETHROW = 141
    FAIL = 142
    # tasks and generators
    YIELD = 150
    SPAWN = 151
    PARALLEL = 152
    SELECT = 153
    # more variables: LOAD_LATE_CAPTURE of a name that is called
    LOAD_LATE_CAPTURE_CALLEE = 161


_K = OperandKind
_NONE = _K.NONE

OPCODES: dict[Op, OpInfo] = {
    Op.NIL: OpInfo(_NONE, _NONE, 0, 1, "NIL nil"),
    Op.TRUE: OpInfo(_NONE, _NONE, 0, 1, "TRUE true"),
    Op.FALSE: OpInfo(_NONE, _NONE, 0, 1, "FALSE false"),
    Op.CONST: OpInfo(_K.CONSTANT, _NONE, 0, 1, "CONST constant: int, float, string or duration"),
    Op.POP: OpInfo(_NONE, _NONE, 1, 0, "x POP -"),
    Op.LOAD: OpInfo(_K.SLOT, _NONE, 0, 1, "LOAD value of a local"),
    Op.STORE: OpInfo(_K.SLOT, _NONE, 1, 0, "x STORE -; sets a local"),
    Op.LOAD_CAPTURE: OpInfo(_K.CAPTURE, _NONE, 0, 1, "LOAD_CAPTURE captured value"),
    Op.LOAD_SELF: OpInfo(_NONE, _NONE, 0, 1, "LOAD_SELF the closure that is running (direct recursion)"),
    Op.NEW_CELL: OpInfo(_K.SLOT, _NONE, 0, 0, "puts a fresh, empty late cell into a slot"),
    Op.SET_CELL: OpInfo(_K.SLOT, _NONE, 1, 1, "x SET_CELL x; the late cell in the slot now holds x"),
    Op.LOAD_LATE_CAPTURE: OpInfo(
        _K.CAPTURE,
        _K.NAME,
        0,
        1,
        "LOAD_LATE_CAPTURE closure in a captured late cell; empty or no closure: as LOAD_DYNAMIC b=0",
    ),
    Op.LOAD_LATE_CAPTURE_CALLEE: OpInfo(
        _K.CAPTURE, _K.NAME, 0, 1, "LOAD_LATE_CAPTURE_CALLEE as LOAD_LATE_CAPTURE, but else LOAD_DYNAMIC b=1"
    ),
    Op.LOAD_DYNAMIC: OpInfo(
        _K.NAME,
        _K.FLAG,
        0,
        1,
        "LOAD_DYNAMIC closure of that name in a caller that publishes it, else the builtin, else an error: "
        "b=0 undefined variable, b=1 undefined function (a call), with the hint of chunk.suggestions",
    ),
    Op.LOAD_GLOBAL: OpInfo(_K.NAME, _NONE, 0, 1, "LOAD_GLOBAL global of that name (argv, harness, event_log, ...)"),
    Op.LOAD_BUILTIN: OpInfo(_K.NAME, _NONE, 0, 1, "LOAD_BUILTIN the builtin as a value"),
    Op.LOAD_MODULE: OpInfo(
        _K.MODULE, _K.FLAG, 0, 1, "LOAD_MODULE module variable; still unbound: error, b=0 variable, b=1 function"
    ),
    Op.STORE_MODULE: OpInfo(_K.MODULE, _NONE, 1, 0, "x STORE_MODULE -"),
    Op.LOAD_IMPORT: OpInfo(
        _K.IMPORT, _K.NAME, 0, 1, "LOAD_IMPORT function of an imported module; not there yet (cycle): an error"
    ),
    Op.ADD: OpInfo(_NONE, _NONE, 2, 1, "x y ADD x+y"),
    Op.SUB: OpInfo(_NONE, _NONE, 2, 1, "x y SUB x-y"),
    Op.MUL: OpInfo(_NONE, _NONE, 2, 1, "x y MUL x*y"),
    Op.DIV: OpInfo(_NONE, _NONE, 2, 1, "x y DIV x/y"),
    Op.MOD: OpInfo(_NONE, _NONE, 2, 1, "x y MOD x%y"),
    Op.POW: OpInfo(_NONE, _NONE, 2, 1, "x y POW x**y"),
    Op.NEG: OpInfo(_NONE, _NONE, 1, 1, "x NEG -x"),
    Op.NOT: OpInfo(_NONE, _NONE, 1, 1, "x NOT !x, always a bool"),
    Op.TO_BOOL: OpInfo(_NONE, _NONE, 1, 1, "x TO_BOOL truthiness of x"),
    Op.EQ: OpInfo(_NONE, _NONE, 2, 1, "x y EQ x==y"),
    Op.NE: OpInfo(_NONE, _NONE, 2, 1, "x y NE x!=y"),
    Op.LT: OpInfo(_NONE, _NONE, 2, 1, "x y LT x<y"),
    Op.LE: OpInfo(_NONE, _NONE, 2, 1, "x y LE x<=y"),
    Op.GT: OpInfo(_NONE, _NONE, 2, 1, "x y GT x>y"),
    Op.GE: OpInfo(_NONE, _NONE, 2, 1, "x y GE x>=y"),
    Op.IN: OpInfo(_NONE, _NONE, 2, 1, "x container IN x in container"),
    Op.NOT_IN: OpInfo(_NONE, _NONE, 2, 1, "x container NOT_IN x not in container"),
    Op.RANGE: OpInfo(_K.FLAG, _NONE, 2, 1, "x y RANGE x to y; a=1 exclusive"),
    Op.LIST: OpInfo(_K.COUNT, _NONE, -1, 1, "x1..xn LIST list; a=n"),
    Op.LIST_APPEND: OpInfo(_NONE, _NONE, 2, 1, "list x LIST_APPEND list; the list is fresh and owned by the stack"),
    Op.LIST_EXTEND: OpInfo(_NONE, _NONE, 2, 1, "list xs LIST_EXTEND list; xs must be a list (fresh list, as above)"),
    Op.DICT: OpInfo(_K.COUNT, _NONE, -1, 1, "k1 v1..kn vn DICT dict; a=n pairs, keys are displayed"),
    Op.DICT_SET: OpInfo(_NONE, _NONE, 3, 1, "dict k v DICT_SET dict; the dict is fresh and owned by the stack"),
    Op.DICT_UPDATE: OpInfo(_NONE, _NONE, 2, 1, "dict d DICT_UPDATE dict; d must be a dict (fresh dict, as above)"),
    Op.STRING: OpInfo(_K.COUNT, _NONE, -1, 1, "x1..xn STRING their displays joined; a=n"),
    Op.ENUM: OpInfo(_K.CONSTANT, _K.COUNT, -1, 1, "x1..xn ENUM value; a=(enum, variant), b=n"),
    Op.STRUCT: OpInfo(
        _K.CONSTANT,
        _K.CONSTANT,
        -1,
        1,
        "x1..xn STRUCT value; a=(module, name, fields) of the type, b=names of the n given fields, "
        "unknown ones are dropped",
    ),
    Op.STRUCT_FROM: OpInfo(_K.CONSTANT, _NONE, 1, 1, "dict STRUCT_FROM value; a=(module, name, fields)"),
    Op.STRUCT_CONSTRUCTOR: OpInfo(
        _K.CONSTANT, _NONE, 0, 1, "STRUCT_CONSTRUCTOR function value; a=(module, name, fields)"
    ),
    Op.MAKE_CLOSURE: OpInfo(_K.FUNCTION, _NONE, 0, 1, "MAKE_CLOSURE closure; captures as function.captures says"),
    Op.DEFINE_IMPL: OpInfo(
        _K.CONSTANT, _K.CONSTANT, -1, 0, "m1..mn DEFINE_IMPL -; a=(module, name, fields), b=names of the n methods"
    ),
    Op.WRAP_OK: OpInfo(_NONE, _NONE, 1, 1, "x WRAP_OK Ok(x); a Result stays as it is"),
    Op.WRAP_ERR: OpInfo(_NONE, _NONE, 1, 1, "x WRAP_ERR Err(x)"),
    Op.GET_FIELD: OpInfo(_K.NAME, _NONE, 1, 1, "x GET_FIELD x.name"),
    Op.GET_FIELD_OPT: OpInfo(_K.NAME, _NONE, 1, 1, "x GET_FIELD_OPT x?.name"),
    Op.GET_INDEX: OpInfo(_NONE, _NONE, 2, 1, "x i GET_INDEX x[i]"),
    Op.GET_INDEX_OPT: OpInfo(_NONE, _NONE, 2, 1, "x i GET_INDEX_OPT x?[i]"),
    Op.SLICE: OpInfo(
        _K.FLAG, _NONE, -1, 1, "x [start] [end] SLICE x[start:end]; a: bit 0 start given, bit 1 end given"
    ),
    Op.ADD_LOCAL: OpInfo(_K.SLOT, _NONE, 1, 0, "y ADD_LOCAL -; local = local + y, in place when it is the only owner"),
    Op.APPEND_LOCAL: OpInfo(
        _K.SLOT, _NONE, 1, 0, "y APPEND_LOCAL -; local = local.push(y), in place when it is the only owner"
    ),
    Op.SET_INDEX_LOCAL: OpInfo(_K.SLOT, _NONE, 2, 0, "v i SET_INDEX_LOCAL -; local[i] = v"),
    Op.SET_FIELD_LOCAL: OpInfo(_K.SLOT, _K.NAME, 1, 0, "v SET_FIELD_LOCAL -; local.name = v"),
    Op.SET_PATH_LOCAL: OpInfo(
        _K.SLOT,
        _K.CONSTANT,
        -1,
        0,
        "v i1..in SET_PATH_LOCAL -; b=steps of the path, a name for a field, None for the next index",
    ),
    Op.SET_INDEX: OpInfo(_NONE, _NONE, 3, 1, "v x i SET_INDEX x with x[i] = v; x is copied"),
    Op.SET_FIELD: OpInfo(_K.NAME, _NONE, 2, 1, "v x SET_FIELD x with x.name = v; x is copied"),
    Op.SET_PATH: OpInfo(_K.CONSTANT, _NONE, -1, 1, "v x i1..in SET_PATH x with the step a=path set; x is copied"),
    Op.CALL: OpInfo(
        _K.COUNT,
        _K.NAME,
        -1,
        1,
        "f x1..xn CALL result; a=n, b=the name it is called by; f not callable: the builtin b is called, "
        "else undefined function b",
    ),
    Op.CALL_SPREAD: OpInfo(_K.NAME, _NONE, 2, 1, "f list CALL_SPREAD result; a=the name it is called by, as CALL"),
    Op.CALL_BUILTIN: OpInfo(_K.NAME, _K.COUNT, -1, 1, "x1..xn CALL_BUILTIN result; a=builtin, b=n"),
    Op.CALL_BUILTIN_SPREAD: OpInfo(_K.NAME, _NONE, 1, 1, "list CALL_BUILTIN_SPREAD result"),
    Op.CALL_METHOD: OpInfo(_K.NAME, _K.COUNT, -1, 1, "x x1..xn CALL_METHOD x.name(x1..xn); b=n"),
    Op.CALL_METHOD_OPT: OpInfo(_K.NAME, _K.COUNT, -1, 1, "x x1..xn CALL_METHOD_OPT x?.name(x1..xn)"),
    Op.CALL_METHOD_SPREAD: OpInfo(_K.NAME, _NONE, 2, 1, "x list CALL_METHOD_SPREAD x.name(...list)"),
    Op.CALL_METHOD_OPT_SPREAD: OpInfo(_K.NAME, _NONE, 2, 1, "x list CALL_METHOD_OPT_SPREAD x?.name(...list)"),
    Op.PIPE: OpInfo(_NONE, _NONE, 2, 1, "x f PIPE f(x)"),
    Op.TAIL_CALL: OpInfo(
        _K.COUNT, _K.NAME, -1, 0, "f x1..xn TAIL_CALL -; ends the function, its value is the call's (as CALL)"
    ),
    Op.TAIL_PIPE: OpInfo(_NONE, _NONE, 2, 0, "x f TAIL_PIPE -; ends the function with f(x)"),
    Op.RETURN: OpInfo(_NONE, _NONE, 1, 0, "x RETURN -; runs pending clean-ups, ends the function"),
    Op.PROPAGATE: OpInfo(_NONE, _NONE, 1, 1, "Ok(x) PROPAGATE x; an Err is returned from the function"),
    Op.IS_MISSING: OpInfo(_K.SLOT, _NONE, 0, 1, "IS_MISSING true when no argument was given for the parameter"),
    Op.CHECK_PARAMETER: OpInfo(
        _K.SLOT, _K.CONSTANT, 0, 0, "checks a parameter; b=its check (compiler.parameter_types)"
    ),
    Op.IS_VARIANT: OpInfo(_K.CONSTANT, _NONE, 1, 1, "x IS_VARIANT bool; a=(enum, variant)"),
    Op.ENUM_FIELD: OpInfo(_K.COUNT, _NONE, 1, 1, "enum ENUM_FIELD its field number a, or nil"),
    Op.IS_DICT: OpInfo(_NONE, _NONE, 1, 1, "x IS_DICT bool"),
    Op.IS_LIST: OpInfo(_K.COUNT, _NONE, 1, 1, "x IS_LIST is it a list of at least a items"),
    Op.CHECK_DICT: OpInfo(_NONE, _NONE, 1, 1, "x CHECK_DICT x; no dict: cannot destructure"),
    Op.CHECK_LIST: OpInfo(_NONE, _NONE, 1, 1, "x CHECK_LIST x; no list: cannot destructure"),
    Op.DICT_REST: OpInfo(_K.CONSTANT, _NONE, 1, 1, "dict DICT_REST dict without the keys of a"),
    Op.LIST_REST: OpInfo(_K.COUNT, _NONE, 1, 1, "list LIST_REST its items from number a on"),
    Op.IF: OpInfo(_K.RESULTS, _NONE, 1, 0, "x IF -; runs its first part when x is truthy, else what follows ELSE"),
    Op.ELSE: OpInfo(_NONE, _NONE, 0, 0, "separates the parts of IF"),
    Op.IF_NIL: OpInfo(_NONE, _NONE, 1, 0, "x IF_NIL ... END; x not nil: it is the result, else the part gives it"),
    Op.LOOP: OpInfo(_NONE, _NONE, 0, 0, "repeats up to END until left by BREAK or otherwise; polls at END"),
    Op.FOR: OpInfo(
        _K.SLOT,
        _K.SLOT,
        1,
        0,
        "x FOR ... END; a=slot of each item, b=hidden slot of the iterator; not iterable: no turn",
    ),
    Op.BREAK: OpInfo(_K.LOOPS, _NONE, 0, 0, "leaves the loop"),
    Op.CONTINUE: OpInfo(_K.LOOPS, _NONE, 0, 0, "goes to the loop's next turn"),
    Op.BREAK_UNLESS: OpInfo(_K.LOOPS, _NONE, 1, 0, "x BREAK_UNLESS -; leaves the loop when x is falsy"),
    Op.TRY: OpInfo(_K.RESULTS, _NONE, 0, 0, "opens a protected part, closed by CATCH"),
    Op.CATCH: OpInfo(
        _K.SLOT,
        _K.CONSTANT,
        0,
        0,
        "begins the handler; the caught value is in slot a; b=enum name it must have, or None for any error",
    ),
    Op.CLEANUP: OpInfo(
        _K.RESULTS, _NONE, 0, 0, "opens a part whose FINALLY part runs on every soft exit, exactly once"
    ),
    Op.FINALLY: OpInfo(_NONE, _NONE, 0, 0, "begins the clean-up part, which adds nothing to the stack"),
    Op.DEADLINE: OpInfo(_K.RESULTS, _NONE, 1, 0, "duration DEADLINE ... END; the part has that long"),
    Op.MUTEX: OpInfo(_NONE, _NONE, 0, 0, "the part up to END holds the default mutex"),
    Op.END: OpInfo(_NONE, _NONE, 0, 0, "closes the innermost construct"),
    Op.THROW: OpInfo(_NONE, _NONE, 1, 0, "x THROW -"),
    Op.RETHROW: OpInfo(_K.SLOT, _NONE, 0, 0, "raises the error whose value CATCH put into the slot, as it was"),
    Op.FAIL: OpInfo(_K.CONSTANT, _NONE, 0, 0, "raises an error known when compiling; a=(kind, message)"),
    Op.YIELD: OpInfo(_NONE, _NONE, 1, 0, "x YIELD -; gives x to the consumer of the generator or stream"),
    Op.SPAWN: OpInfo(_NONE, _NONE, 1, 1, "closure SPAWN task handle"),
    Op.PARALLEL: OpInfo(
        _K.FLAG,
        _NONE,
        3,
        1,
        "subject limit closure PARALLEL result; the closure takes one item; a: 0 count, 1 each, 2 settle, "
        "3 each as stream; limit nil: none",
    ),
    Op.SELECT: OpInfo(
        _K.COUNT,
        _K.FLAG,
        -1,
        2,
        "c1..cn [timeout] SELECT value case; a=n, b: 0 wait, 1 timeout given, 2 default; "
        "case n is the timeout or default",
    ),
}
