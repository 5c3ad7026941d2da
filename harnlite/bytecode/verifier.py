"""The verifier: proves that a chunk keeps every promise of ``opcodes.py`` before any of it runs.

Takes a chunk, whether fresh from the compiler or read from a cache that anybody may have written, and raises
:class:`BadChunk` unless it is sound: constructs nest, every part has the stack height it must have, nothing is
unreachable, operands are in range and constants have the shape their instruction expects, late cells and iterators
are kept apart from values, and only a list, dict or closure just made is extended in place, spread, or run as a task.
Whatever passes runs without an error of Python's in either tier. Must not know the compiler; stays light to import,
since every cached start verifies.
"""

from __future__ import annotations

from harnlite.bytecode.chunk import Chunk, FunctionCode, Instruction, StructReference
from harnlite.bytecode.opcodes import OPCODES, Op, OperandKind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


__all__ = ["BadChunk", "stack_size", "variable_pops", "verify"]


class BadChunk(Exception):  # noqa: N818 - it names what was found, not a failing operation
    """The chunk is not sound: a damaged or foreign file, or a bug of the compiler."""


_LEAVES = frozenset(
    map(int, (Op.BREAK, Op.CONTINUE, Op.RETURN, Op.TAIL_CALL, Op.TAIL_PIPE, Op.THROW, Op.RETHROW, Op.FAIL))
)
_OPENERS = frozenset(
    map(int, (Op.IF, Op.IF_NIL, Op.LOOP, Op.FOR, Op.TRY, Op.CLEANUP, Op.DEADLINE, Op.MUTEX)),
)
_WITH_RESULTS = frozenset(map(int, (Op.IF, Op.TRY, Op.CLEANUP, Op.DEADLINE)))
_LOOPS = frozenset(map(int, (Op.LOOP, Op.FOR)))
_SEPARATORS = {int(Op.ELSE): int(Op.IF), int(Op.CATCH): int(Op.TRY), int(Op.FINALLY): int(Op.CLEANUP)}
_END = int(Op.END)
_LOOP_EXITS = frozenset(map(int, (Op.BREAK, Op.BREAK_UNLESS, Op.CONTINUE)))
#: For each opcode number: values popped and pushed; -1 where ``variable_pops`` says.
_EFFECTS: dict[int, tuple[int, int]] = {int(op): (info.pops, info.pushes) for op, info in OPCODES.items()}
_TALLEST = 1_000_000
#: Instructions that leave a fresh list, dict or closure, those that extend one, and those that take one from the top.
_FRESH = {int(Op.LIST): "list", int(Op.DICT): "dict", int(Op.MAKE_CLOSURE): "closure"}
_EXTENDS = {
    int(Op.LIST_APPEND): "list",
    int(Op.LIST_EXTEND): "list",
    int(Op.DICT_SET): "dict",
    int(Op.DICT_UPDATE): "dict",
}
_TAKES = {
    int(Op.CALL_SPREAD): "list",
    int(Op.CALL_BUILTIN_SPREAD): "list",
    int(Op.CALL_METHOD_SPREAD): "list",
    int(Op.CALL_METHOD_OPT_SPREAD): "list",
    int(Op.SPAWN): "closure",
    int(Op.PARALLEL): "closure",
    int(Op.DEFINE_IMPL): "closure",
}


class _Open:
    """An open construct while heights are computed."""

    __slots__ = ("base", "opener", "reached", "results", "separated")

    def __init__(self, opener: int, base: int, results: int) -> None:
        self.opener = opener
        self.base = base
        self.results = results
        self.reached = False
        self.separated = False


def variable_pops(op: int, a: int, b: int, constants: Any) -> int:
    """Give how many values an instruction pops that says so by its operands."""
    if op in (Op.LIST, Op.STRING):
        return a
    if op == Op.DICT:
        return 2 * a
    if op in (Op.ENUM, Op.CALL_BUILTIN):
        return b
    if op in (Op.CALL, Op.TAIL_CALL):
        return a + 1
    if op in (Op.CALL_METHOD, Op.CALL_METHOD_OPT):
        return b + 1
    if op in (Op.STRUCT, Op.DEFINE_IMPL):
        return len(constants[b])
    if op == Op.SLICE:
        return 1 + (a & 1) + (a >> 1 & 1)
    if op == Op.SET_PATH_LOCAL:
        return 1 + sum(1 for step in constants[b] if step is None)
    if op == Op.SET_PATH:
        return 2 + sum(1 for step in constants[a] if step is None)
    return a + (1 if b == 1 else 0)


def stack_size(instructions: tuple[Instruction, ...], constants: Any) -> int:
    """Give the largest stack height of a function, checking its structure.

    :raises BadChunk: when constructs do not nest, heights disagree or an instruction cannot be reached.
    """
    height = largest = 0
    reachable = True
    constructs: list[_Open] = []
    loops: list[_Open] = []
    #: The heights of fresh containers, ascending, and what they are.
    fresh: list[tuple[int, str]] = []
    for op, a, b in instructions:
        if op in _SEPARATORS:
            if not constructs or constructs[-1].opener != _SEPARATORS[op] or constructs[-1].separated:
                raise BadChunk(f"{Op(op).name} without its construct")
            construct = constructs[-1]
            construct.separated = True
            construct.reached = reachable
            end = construct.base + construct.results
            if reachable and height != end:
                raise BadChunk(f"a part before {Op(op).name} leaves {height - construct.base} values")
            reachable = True
            height = end if op == Op.FINALLY else construct.base
            _forget(fresh, construct.base)
            continue
        if op == _END:
            if not constructs:
                raise BadChunk("END without a construct")
            construct = constructs.pop()
            end = construct.base + construct.results
            if reachable and height != end:
                raise BadChunk(f"a part before END leaves {height - construct.base} values")
            height = end
            _forget(fresh, construct.base)
            reachable = _after(construct, reachable)
            if construct.opener in _LOOPS:
                loops.pop()
            continue
        if not reachable:
            raise BadChunk("an instruction cannot be reached")
        pops, pushes = _EFFECTS[op]
        if pops < 0:
            pops = variable_pops(op, a, b, constants)
        if op in _TAKES:
            _check_taken(op, fresh, height, pops if op == Op.DEFINE_IMPL else 1)
        height -= pops
        base = constructs[-1].base if constructs else 0
        if height < base:
            raise BadChunk(f"{Op(op).name} takes more than there is")
        if op in _EXTENDS:
            _forget(fresh, height + 1)
            if not fresh or fresh[-1] != (height, _EXTENDS[op]):
                raise BadChunk(f"{Op(op).name} extends what is not fresh")
        else:
            _forget(fresh, height)
            if op in _FRESH:
                fresh.append((height, _FRESH[op]))
        height += pushes
        if height > largest:
            largest = height
            if largest > _TALLEST:
                raise BadChunk("the stack grows without reason")
        if op in _OPENERS:
            results = 1 if op == Op.IF_NIL else a if op in _WITH_RESULTS else 0
            construct = _Open(op, height, results)
            constructs.append(construct)
            if op in _LOOPS:
                loops.append(construct)
            largest = max(largest, height + results)
        elif op in _LOOP_EXITS:
            if a >= len(loops):
                raise BadChunk("BREAK or CONTINUE outside of a loop")
            if op != Op.CONTINUE:
                loops[-1 - a].reached = True
        if op in _LEAVES:
            reachable = False
    if constructs or reachable:
        raise BadChunk("the function's end is reached, or a construct is open there")
    return largest


def _check_taken(op: int, fresh: list[tuple[int, str]], height: int, count: int) -> None:
    """Check that so many values below a height are what an instruction takes."""
    _forget(fresh, height)
    if fresh[len(fresh) - count :] != [(height - count + index, _TAKES[op]) for index in range(count)]:
        raise BadChunk(f"{Op(op).name} takes what was not just made")


def _forget(fresh: list[tuple[int, str]], height: int) -> None:
    """Note that the stack from a height on holds other values now."""
    while fresh and fresh[-1][0] >= height:
        fresh.pop()


def _after(construct: _Open, reachable: bool) -> bool:
    """Tell whether control gets behind a construct whose last part ends reachable or not."""
    opener = construct.opener
    if opener == Op.IF:
        if not construct.separated and construct.results:
            raise BadChunk("an IF with a result has two parts")
        return reachable or construct.reached or not construct.separated
    if opener == Op.TRY or opener == Op.CLEANUP:
        if not construct.separated:
            raise BadChunk("TRY or CLEANUP has one part")
        return (reachable or construct.reached) if opener == Op.TRY else (reachable and construct.reached)
    if opener == Op.LOOP:
        return construct.reached
    return reachable or opener not in (Op.DEADLINE, Op.MUTEX)


def verify(chunk: Chunk) -> None:
    """Check a whole chunk.

    :raises BadChunk: when it is not sound.
    """
    _Verifier(chunk).run()


def _is_names(value: Any) -> bool:
    return type(value) is tuple and all(type(item) is str for item in value)


def _is_struct(value: Any) -> bool:
    return type(value) is StructReference and type(value.module) is type(value.name) is str and _is_names(value.fields)


def _is_pair(value: Any) -> bool:
    return type(value) is tuple and len(value) == 2 and _is_names(value)


def _is_plain(value: Any) -> bool:
    kind = type(value)
    if kind is int:
        return bool(-(2**63) <= value < 2**63)
    if kind is tuple:
        return len(value) == 2 and value[0] == "duration" and type(value[1]) is int and value[1] >= 0
    return kind is float or kind is str


def _is_path(value: Any) -> bool:
    return type(value) is tuple and len(value) > 0 and all(step is None or type(step) is str for step in value)


def _is_check(value: Any) -> bool:
    """Tell whether a constant is a parameter check (values/parameter_checks.py)."""
    if type(value) is not tuple or len(value) < 2 or type(value[-1]) is not str:
        return False
    kind = value[0]
    if kind == "any":
        return len(value) == 2
    if kind == "interface":
        return len(value) == 4 and type(value[1]) is str and _is_names(value[2])
    if len(value) != 3:
        return False
    part = value[1]
    if kind in ("type", "struct", "enum"):
        return type(part) is str
    if kind in ("list", "dict", "each"):
        return _is_check(part)
    if type(part) is not tuple:
        return False
    if kind == "union":
        return all(map(_is_check, part))
    if kind == "literal":
        return all(type(item) in (str, int) for item in part)
    return kind == "shape" and all(map(_is_shape_field, part))


def _is_shape_field(field: Any) -> bool:
    return (
        type(field) is tuple
        and len(field) == 3
        and type(field[0]) is str
        and type(field[1]) is bool
        and _is_check(field[2])
    )


def _is_failure(value: Any) -> bool:
    return _is_pair(value) and value[0] in ("runtime", "immutable", "undefined_variable")


def _is_enum_filter(value: Any) -> bool:
    return value is None or type(value) is str


_CONSTANT_SHAPES = {
    (Op.CONST, 0): _is_plain,
    (Op.ENUM, 0): _is_pair,
    (Op.STRUCT, 0): _is_struct,
    (Op.STRUCT, 1): _is_names,
    (Op.STRUCT_FROM, 0): _is_struct,
    (Op.STRUCT_CONSTRUCTOR, 0): _is_struct,
    (Op.DEFINE_IMPL, 0): _is_struct,
    (Op.DEFINE_IMPL, 1): _is_names,
    (Op.SET_PATH_LOCAL, 1): _is_path,
    (Op.SET_PATH, 0): _is_path,
    (Op.CHECK_PARAMETER, 1): _is_check,
    (Op.IS_VARIANT, 0): _is_pair,
    (Op.DICT_REST, 0): _is_names,
    (Op.CATCH, 1): _is_enum_filter,
    (Op.FAIL, 0): _is_failure,
}
_FLAG_LIMITS = {
    (Op.RANGE, 0): 1,
    (Op.SLICE, 0): 3,
    (Op.LOAD_DYNAMIC, 1): 1,
    (Op.LOAD_MODULE, 1): 1,
    (Op.PARALLEL, 0): 3,
    (Op.SELECT, 1): 2,
}
_LATE_CAPTURES = frozenset(map(int, (Op.LOAD_LATE_CAPTURE, Op.LOAD_LATE_CAPTURE_CALLEE)))
_MAKE_CLOSURE = int(Op.MAKE_CLOSURE)
_YIELD = int(Op.YIELD)
#: What an instruction does with slots and captures, where it is more than reading or writing a value in slot ``a``.
_ROLES: dict[int, str] = {
    **{int(op): "value" for op, info in OPCODES.items() if info.a is OperandKind.SLOT},
    **dict.fromkeys(_OPENERS, "open"),
    int(Op.NEW_CELL): "new cell",
    int(Op.SET_CELL): "cell",
    int(Op.FOR): "for",
    int(Op.MAKE_CLOSURE): "closure",
    int(Op.LOAD_CAPTURE): "capture",
    int(Op.IS_MISSING): "parameter",
    int(Op.CATCH): "catch",
    int(Op.RETHROW): "rethrow",
    int(Op.END): "end",
}
_NO_LIMIT = 1 << 31


def _late_captures(chunk: Chunk) -> list[set[int]]:
    """Give for each function the captures that are late cells, for itself or for a function that it makes."""
    functions = chunk.functions
    late = [{a for op, a, _ in function.instructions if op in _LATE_CAPTURES} for function in functions]
    for number in range(len(functions) - 1, -1, -1):
        for op, a, _ in functions[number].instructions:
            if op != _MAKE_CLOSURE:
                continue
            if not number < a < len(functions):
                raise BadChunk("a function is made by one that comes later")
            for index, (from_capture, source) in enumerate(functions[a].captures):
                if from_capture and index in late[a]:
                    late[number].add(source)
    return late


class _Verifier:
    """The check of one chunk.

    :ivar late: for each function, the captures it uses as late cells.
    :ivar seen: instructions that are sound in whatever function they stand.
    """

    def __init__(self, chunk: Chunk) -> None:
        self.chunk = chunk
        self.late = _late_captures(chunk)
        self.seen: set[tuple[int, int, int]] = set()
        self.rows = {int(op): self._row(op) for op in Op}

    def _row(self, op: Op) -> tuple[tuple[int, Any], tuple[int, Any]]:
        info = OPCODES[op]
        return self._operand(op, 0, info.a), self._operand(op, 1, info.b)

    def _operand(self, op: Op, which: int, kind: OperandKind) -> tuple[int, Any]:
        """Give the bound that an operand stays below, -1 for one that depends on the function, and its shape."""
        chunk = self.chunk
        if kind is OperandKind.NONE:
            return 1, None
        if kind is OperandKind.CONSTANT:
            return len(chunk.constants), _CONSTANT_SHAPES[op, which]
        if kind is OperandKind.NAME:
            return len(chunk.names), None
        if kind is OperandKind.FUNCTION:
            return len(chunk.functions), None
        if kind is OperandKind.MODULE:
            return len(chunk.module_names), None
        if kind is OperandKind.IMPORT:
            return len(chunk.imports), None
        if kind is OperandKind.RESULTS:
            return 2, None
        if kind is OperandKind.FLAG:
            return _FLAG_LIMITS[op, which] + 1, None
        if kind is OperandKind.SLOT:
            return -1, None
        if kind is OperandKind.CAPTURE:
            return -2, None
        return _NO_LIMIT, None

    def run(self) -> None:
        """Check everything."""
        chunk = self.chunk
        if chunk.kind not in ("entry", "module") or not chunk.functions:
            raise BadChunk("a chunk is an entry file or a module, and has a body")
        if chunk.functions[0].parameters or chunk.functions[0].captures or chunk.functions[0].generator:
            raise BadChunk("the body takes and captures nothing")
        if any(not 0 <= index < len(chunk.module_names) for index in chunk.exports.values()):
            raise BadChunk("an export has no variable")
        for function, late in zip(chunk.functions, self.late, strict=True):
            self._tables(function)
            self._operands(function)
            self._slots(function, late)
            if stack_size(function.instructions, chunk.constants) != function.max_stack:
                raise BadChunk("the stack size is wrong")

    def _tables(self, function: FunctionCode) -> None:
        count = len(function.instructions)
        slots = len(function.slot_names)
        if len(function.spans) != count or len(function.lines) != count:
            raise BadChunk("spans or lines are missing")
        if len(function.captures) != len(function.capture_names) or len(function.parameters) > slots:
            raise BadChunk("captures or parameters have no place")
        if any(parameter.rest for parameter in function.parameters[:-1]):
            raise BadChunk("a rest parameter is last")
        if function.generator not in ("", "generator", "stream"):
            raise BadChunk("unknown kind of generator")
        if any(not 0 <= slot < slots for _, slot in function.published):
            raise BadChunk("a published name has no slot")

    def _operands(self, function: FunctionCode) -> None:
        rows = self.rows
        seen = self.seen
        slots = len(function.slot_names)
        captures = len(function.captures)
        constants = self.chunk.constants
        for instruction in function.instructions:
            if instruction in seen:
                continue
            op, a, b = instruction
            row = rows.get(op)
            if row is None:
                raise BadChunk(f"unknown opcode {op}")
            depends = False
            for value, (limit, shape) in ((a, row[0]), (b, row[1])):
                if limit < 0:
                    depends = True
                    limit = slots if limit == -1 else captures
                if not 0 <= value < limit:
                    raise BadChunk(f"an operand of {Op(op).name} is out of range")
                if shape is not None and not shape(constants[value]):
                    raise BadChunk(f"a constant of {Op(op).name} has the wrong shape")
            if op == _YIELD:
                if not function.generator:
                    raise BadChunk("YIELD outside of a generator")
            elif not depends:
                seen.add(instruction)

    def _slots(self, function: FunctionCode, late: set[int]) -> None:
        """Check that no slot or capture holds different things: values, late cells, iterators, caught errors."""
        cells: set[int] = set()
        iterators: set[int] = set()
        values: set[int] = set(range(len(function.parameters)))
        handlers: list[int] = []
        role_of = _ROLES.get
        for op, a, b in function.instructions:
            role = role_of(op)
            if role is None:
                continue
            if role == "value":
                values.add(a)
            elif role == "open":
                handlers.append(-1)
            elif role == "end":
                if handlers:
                    handlers.pop()
            elif role == "capture":
                if a in late:
                    raise BadChunk("a captured late cell is used as a value")
            elif role == "closure":
                self._captures(function, a, cells, values, late)
            elif role == "for":
                handlers.append(-1)
                values.add(a)
                iterators.add(b)
            elif role == "new cell":
                cells.add(a)
            elif role == "cell":
                if a not in cells:
                    raise BadChunk("a late cell is used before it is made")
            elif role == "parameter":
                if a >= len(function.parameters) or not function.parameters[a].has_default:
                    raise BadChunk("IS_MISSING asks for no parameter with a default")
            elif role == "catch":
                values.add(a)
                handlers[-1:] = [a]
            elif a not in handlers:
                raise BadChunk("RETHROW outside of its handler")
        if cells & values or iterators & values or cells & iterators:
            raise BadChunk("a slot holds different kinds of things")

    def _captures(self, maker: FunctionCode, number: int, cells: set[int], values: set[int], late: set[int]) -> None:
        function = self.chunk.functions[number]
        wanted = self.late[number]
        for index, (from_capture, source) in enumerate(function.captures):
            if not 0 <= source < (len(maker.captures) if from_capture else len(maker.slot_names)):
                raise BadChunk("a capture comes from nowhere")
            is_cell = source in late if from_capture else source in cells
            if is_cell != (index in wanted):
                raise BadChunk("a capture mixes up values and late cells")
            if not from_capture and not is_cell:
                values.add(source)
