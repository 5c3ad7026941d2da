"""From bytecode to trees: a function's instructions as statements with expression trees.

Takes one function of a verified chunk, gives a :class:`GuestFunction`; the straight-line part is in
``operand_stack.py``. Must not know Python text or facts.
"""

from __future__ import annotations

from typing import Any, Final

from harnlite.bytecode.chunk import Chunk
from harnlite.bytecode.opcodes import Op
from harnlite.translator.operand_stack import Construct, GuestFunction, StackReader
from harnlite.translator.tree import (
    Assign,
    Block,
    Branching,
    BranchUnless,
    Cleanup,
    Coalesce,
    Conditional,
    Constant,
    Expression,
    ForLoop,
    Handler,
    Jump,
    Local,
    Loop,
    Operation,
    Scoped,
    Statement,
    parts_of,
)

__all__ = ["GuestFunction", "NestingError", "read_function"]

#: Deeper nested constructs are left to the interpreter (chains of ``else if`` do not count).
_MAX_NESTING: Final = 40
_LEAVES: Final = frozenset({Op.RETURN, Op.TAIL_CALL, Op.TAIL_PIPE, Op.THROW, Op.RETHROW, Op.FAIL})
_UPDATES: Final = frozenset({Op.ADD_LOCAL, Op.APPEND_LOCAL, Op.SET_INDEX_LOCAL, Op.SET_FIELD_LOCAL, Op.SET_PATH_LOCAL})


class NestingError(Exception):
    """A function whose nesting goes beyond what Python's compiler takes."""


def read_function(chunk: Chunk, index: int) -> GuestFunction:
    """Read one function.

    :raises NestingError: its constructs are nested too deeply.
    """
    function = GuestFunction(index, chunk.functions[index])
    reader = _Reader(chunk, function)
    reader.run()
    _check_nesting(function.body)
    return function


def _check_nesting(body: Block) -> None:
    pending = [(body, 0)]
    while pending:
        block, depth = pending.pop()
        if depth > _MAX_NESTING:
            raise NestingError(f"more than {_MAX_NESTING} nested constructs")
        for statement in block:
            pending.extend((part, depth + 1) for part in parts_of(statement))


class _Reader(StackReader):
    """Reads everything."""

    def run(self) -> None:
        """Read every instruction."""
        for at, (number, a, b) in enumerate(self.function.code.instructions):
            self.at = at
            op = Op(number)
            special = _SPECIAL.get(op)
            if special is not None:
                special(self, op, a, b)
            elif op in _LEAVES:
                self.leave(op, a, b)
            elif op in _UPDATES:
                self.update(op, a, b)
            else:
                self.operation(op, a, b)

    # --------------------------------------------------------------------------------------------- constructs

    def open(self, op: Op, node: Statement | None, results: int) -> Construct:
        construct = Construct(op, node, len(self.stack), results, self.statements)
        self.constructs.append(construct)
        self.statements = []
        return construct

    def end_part(self) -> None:
        """The part that was read so far is complete."""
        construct = self.constructs[-1]
        result = None
        if self.reachable and construct.results and construct.op is not Op.CLEANUP:
            result = self.stack.pop()
        construct.parts.append((self.statements, result, self.reachable))
        del self.stack[construct.base :]
        self.statements = []
        self.reachable = True

    def begin_if(self, op: Op, a: int, _b: int) -> None:
        (condition,) = self.pop(1)
        construct = self.open(op, None, 1 if op is Op.IF_NIL else a)
        construct.condition = condition

    def begin_loop(self, op: Op, _a: int, _b: int) -> None:
        self.spill()
        self.loops.append(self.open(op, Loop(self.at), 0))

    def begin_for(self, op: Op, a: int, _b: int) -> None:
        (iterable,) = self.pop(1)
        self.spill()
        construct = self.open(op, ForLoop(self.at, a, iterable), 0)
        construct.reached = True
        self.loops.append(construct)
        self.note_assigned(a)

    def begin_protected(self, op: Op, a: int, _b: int) -> None:
        duration = self.pop(1)[0] if op is Op.DEADLINE else None
        self.spill()
        node: Statement
        if op is Op.TRY:
            node = Handler(self.at)
        elif op is Op.CLEANUP:
            node = Cleanup(self.at)
        else:
            node = Scoped(self.at, duration)
        self.open(op, node, 0 if op is Op.MUTEX else a)

    def begin_handler(self, _op: Op, a: int, b: int) -> None:
        self.end_part()
        node = self.constructs[-1].node
        assert type(node) is Handler
        node.slot = a
        node.enum = self.chunk.constants[b]
        node.rethrown = a in self.rethrown
        self.note_assigned(a)

    def begin_final(self, _op: Op, _a: int, _b: int) -> None:
        construct = self.constructs[-1]
        result: Expression | None = None
        if construct.results and self.reachable:
            result = self.to_slot(self.stack.pop())
        self.end_part()
        if construct.results:
            # The clean-up part runs with the result below it.
            self.stack.append(result or Constant(self.at, None))
            construct.base += 1

    def begin_else(self, _op: Op, _a: int, _b: int) -> None:
        self.end_part()

    def jump(self, op: Op, a: int, _b: int) -> None:
        target = self.loops[-1 - a]
        if op is Op.BREAK:
            target.reached = True
        else:
            node = target.node
            assert isinstance(node, Loop)
            node.continued = True
        self.spill()
        self.statements.append(Jump(self.at, op is Op.BREAK, a))
        self.reachable = False

    def break_unless(self, _op: Op, a: int, _b: int) -> None:
        (condition,) = self.pop(1)
        self.loops[-1 - a].reached = True
        self.spill()
        self.statements.append(BranchUnless(self.at, a, condition))

    def end(self, _op: Op, _a: int, _b: int) -> None:
        construct = self.constructs[-1]
        if construct.op is Op.CLEANUP:
            # The result, if any, stays on the stack below the clean-up part.
            self.end_cleanup(construct)
            return
        self.end_part()
        self.constructs.pop()
        self.statements = construct.outer
        if construct.op is Op.IF:
            self.end_if(construct)
        elif construct.op is Op.IF_NIL:
            self.end_if_nil(construct)
        elif construct.op is Op.LOOP or construct.op is Op.FOR:
            self.loops.pop()
            node = construct.node
            assert isinstance(node, Loop)
            node.body = construct.parts[0][0]
            node.end = self.at
            self.add_construct(construct, node, construct.reached)
        elif construct.op is Op.TRY:
            handler = construct.node
            assert type(handler) is Handler
            result = self.join_results(construct)
            handler.body, handler.handler = construct.parts[0][0], construct.parts[1][0]
            self.add_construct(construct, handler, construct.parts[0][2] or construct.parts[1][2], result)
        else:
            scoped = construct.node
            assert type(scoped) is Scoped
            result = self.join_results(construct)
            scoped.body = construct.parts[0][0]
            scoped.end = self.at
            self.add_construct(construct, scoped, construct.parts[0][2], result)

    def end_cleanup(self, construct: Construct) -> None:
        node = construct.node
        assert type(node) is Cleanup
        node.body = construct.parts[0][0]
        node.final = self.statements
        reachable = self.reachable and construct.parts[0][2]
        self.constructs.pop()
        self.statements = construct.outer
        self.add_construct(construct, node, reachable)

    def add_construct(
        self, construct: Construct, node: Statement, reachable: bool, result: Expression | None = None
    ) -> None:
        self.statements.append(node)
        self.inherit_assigned(construct)
        self.reachable = reachable
        if result is not None:
            self.stack.append(result)

    def inherit_assigned(self, construct: Construct) -> None:
        if self.constructs:
            self.constructs[-1].assigned |= construct.assigned

    def join_results(self, construct: Construct) -> Expression | None:
        """Let every part that reaches its end set one slot; None when the construct has no result."""
        if not construct.results:
            return None
        slot = self.own_slot()
        for statements, result, reached in construct.parts:
            if reached and result is not None:
                statements.append(Assign(result.at, slot, result))
        return Local(self.at, slot)

    def end_if(self, construct: Construct) -> None:
        condition = construct.condition
        assert condition is not None
        if len(construct.parts) == 1:
            construct.parts.append(([], None, True))
        (then, then_value, then_reached), (otherwise, other_value, other_reached) = construct.parts
        if then_value is not None and other_value is not None and not then and not otherwise:
            self.push(Conditional(condition.at, condition, then_value, other_value))
            return
        result = self.chain_result(construct) or self.join_results(construct)
        self.spill(construct.assigned)
        node = Branching(condition.at, condition, then, otherwise)
        if len(otherwise) == 1 and type(otherwise[0]) is Branching:
            inner = otherwise[0]
            inner.arms.insert(0, node.arms[0])
            inner.at = node.at
            node = inner
        self.add_construct(construct, node, then_reached or other_reached, result)

    def chain_result(self, construct: Construct) -> Expression | None:
        """When the ``ELSE`` part is one more ``IF`` with a result, let both set the same slot."""
        (then, then_value, then_reached), (otherwise, other_value, _) = construct.parts
        if (
            not construct.results
            or type(other_value) is not Local
            or other_value.slot not in self.function.moved
            or len(otherwise) != 1
            or type(otherwise[0]) is not Branching
        ):
            return None
        if then_reached and then_value is not None:
            then.append(Assign(then_value.at, other_value.slot, then_value))
        return other_value

    def end_if_nil(self, construct: Construct) -> None:
        condition = construct.condition
        assert condition is not None
        statements, result, _ = construct.parts[0]
        if not statements and result is not None:
            self.push(Coalesce(condition.at, condition, result))
            return
        self.spill(construct.assigned)
        slot = self.own_slot(moved=False)
        self.statements.append(Assign(condition.at, slot, condition))
        if result is not None:
            statements.append(Assign(result.at, slot, result))
        test = Operation(condition.at, Op.EQ, 0, 0, [Local(condition.at, slot), Constant(condition.at, None)])
        self.add_construct(construct, Branching(condition.at, test, statements, []), True, Local(self.at, slot))


_SPECIAL: Final[dict[Op, Any]] = {
    Op.NIL: _Reader.constant,
    Op.TRUE: _Reader.constant,
    Op.FALSE: _Reader.constant,
    Op.CONST: _Reader.constant,
    Op.POP: _Reader.drop,
    Op.LOAD: _Reader.load,
    Op.STORE: _Reader.store,
    Op.NEW_CELL: _Reader.new_cell,
    Op.SET_CELL: _Reader.set_cell,
    Op.LIST_APPEND: _Reader.grow,
    Op.LIST_EXTEND: _Reader.grow,
    Op.DICT_SET: _Reader.grow,
    Op.DICT_UPDATE: _Reader.grow,
    Op.PROPAGATE: _Reader.propagate,
    Op.CHECK_PARAMETER: _Reader.check_parameter,
    Op.SELECT: _Reader.select,
    Op.IF: _Reader.begin_if,
    Op.IF_NIL: _Reader.begin_if,
    Op.ELSE: _Reader.begin_else,
    Op.LOOP: _Reader.begin_loop,
    Op.FOR: _Reader.begin_for,
    Op.BREAK: _Reader.jump,
    Op.CONTINUE: _Reader.jump,
    Op.BREAK_UNLESS: _Reader.break_unless,
    Op.TRY: _Reader.begin_protected,
    Op.CATCH: _Reader.begin_handler,
    Op.CLEANUP: _Reader.begin_protected,
    Op.FINALLY: _Reader.begin_final,
    Op.DEADLINE: _Reader.begin_protected,
    Op.MUTEX: _Reader.begin_protected,
    Op.END: _Reader.end,
}
