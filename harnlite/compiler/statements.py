"""Blocks and simple statements (docs/reference/language.md 3.6, 4, 6.1)."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable
from typing import Any

from harnlite.bytecode.opcodes import Op
from harnlite.compiler.analysis import declared_names
from harnlite.compiler.base import CompilerBase
from harnlite.compiler.scopes import LocalVariable
from harnlite.syntax import tree

__all__ = ["Statements"]

#: Builtins that give permits.
_PERMITS = frozenset({"sync_mutex_acquire", "sync_semaphore_acquire", "sync_gate_acquire", "sync_rwlock_acquire"})


class Statements(CompilerBase, ABC):
    """Instructions for statements."""

    # --- Blocks ---

    def enter_block(self, declared: dict[str, bool]) -> None:
        self.scope.enter_block(declared)

    def leave_block(self, node: tree.Node) -> None:
        self._forget(node)
        self.scope.leave_block(node.span, self.line_of(node))

    def _forget(self, node: tree.Node) -> None:
        """Empty what late binding must not find behind the innermost block; a function's own ends with its frame."""
        blocks = self.scope.blocks
        if len(blocks) == 1:
            return
        for name, variable in blocks[-1].bound.items():
            if isinstance(variable, LocalVariable):
                self.ended.add(name)
                if name in self.forgotten:
                    self.emit(Op.NIL, node)
                    self.emit(Op.STORE, node, variable.slot)

    def block(self, block: tree.Block, want: bool) -> None:
        self.enter_block(declared_names(block.statements))
        self.statements(block.statements, want, block)
        self.leave_block(block)

    def statements(self, statements: tuple[tree.Statement, ...], want: bool, node: tree.Node) -> None:
        #: What ends with the block however it is left: ``defer`` bodies, and slots with permits in them.
        deferred: list[tree.Defer | int] = []
        valued = False
        for index, statement in enumerate(statements):
            if isinstance(statement, tree.Defer):
                self.mark(statement)
                self.code.open(Op.CLEANUP, statement.span, int(want))
                deferred.append(statement)
            elif want and index == len(statements) - 1 and isinstance(statement, tree.ExpressionStatement):
                self.expression(statement.expression)
                valued = True
            else:
                self.statement(statement)
                slot = self._permit_slot(statement)
                if slot is not None:
                    self.code.open(Op.CLEANUP, statement.span, int(want))
                    deferred.append(slot)
        if want and not valued:
            self.emit(Op.NIL, node)
        for ending in reversed(deferred):
            span = node.span if isinstance(ending, int) else ending.span
            self.code.separate(Op.FINALLY, span)
            if isinstance(ending, int):
                self.emit(Op.NIL, node)
                self.emit(Op.STORE, node, ending)
            else:
                self.block(ending.body, want=False)
            self.code.close(span)

    def _permit_slot(self, statement: tree.Statement) -> int | None:
        """Give the slot of a block's variable that a permit was just bound to; it is given back with the block.

        A function's own block needs nothing: its frame ends with it. Of several references the last one counts, so all
        that is done here is to let go of the variable's (docs/reference/more.md 2).
        """
        if (
            len(self.scope.blocks) > 1
            and isinstance(statement, tree.Binding)
            and isinstance(statement.pattern, tree.NamePattern)
            and isinstance(statement.value, tree.Call)
            and statement.value.callee.name in _PERMITS
        ):
            variable = self.scope.blocks[-1].bound.get(statement.pattern.name)
            if isinstance(variable, LocalVariable):
                return variable.slot
        return None

    def statement(self, node: tree.Statement) -> None:
        """Run one statement."""
        self.mark(node)
        handler = _STATEMENTS.get(type(node))
        if handler is None:
            self.declare(node)
        else:
            handler(self, node)

    # --- Bindings ---

    def _expression_statement(self, node: tree.ExpressionStatement) -> None:
        self.effect(node.expression)

    def _binding(self, node: tree.Binding) -> None:
        pattern = node.pattern
        value = node.value
        mutable = node.keyword == "var"
        if (
            isinstance(pattern, tree.NamePattern)
            and not mutable
            and isinstance(value, tree.Closure | tree.FunctionExpression)
        ):
            self.mark(value)
            self.function(
                value,
                "<closure>",
                "closure",
                value.parameters,
                value.body,
                self_name="" if pattern.name == "_" else pattern.name,
            )
        else:
            self.expression(value)
        self.bind_pattern(pattern, mutable, node)

    def bind_pattern(self, pattern: tree.Pattern, mutable: bool, node: tree.Node) -> None:
        if isinstance(pattern, tree.NamePattern):
            self.bind_new(pattern.name, mutable, node)
        elif isinstance(pattern, tree.PairPattern):
            slot = self.store_hidden("pair", pattern)
            for name, side in ((pattern.first, "first"), (pattern.second, "second")):
                self.emit(Op.LOAD, pattern, slot)
                self.emit(Op.GET_FIELD, pattern, self.chunk.name(side))
                self.bind_new(name, mutable, node)
        elif isinstance(pattern, tree.DictPattern):
            self._bind_dict(pattern, mutable, node)
        else:
            self._bind_list(pattern, mutable, node)

    def _bind_dict(self, pattern: tree.DictPattern, mutable: bool, node: tree.Node) -> None:
        self.emit(Op.CHECK_DICT, pattern)
        slot = self.store_hidden("taken apart", pattern)
        for field in pattern.fields:
            self.emit(Op.LOAD, field, slot)
            self.emit(Op.GET_FIELD, field, self.chunk.name(field.key))
            self._default(field)
            self.bind_new(field.alias or field.key, mutable, node)
        if pattern.rest is not None:
            self.emit(Op.LOAD, pattern, slot)
            keys = tuple(field.key for field in pattern.fields)
            self.emit(Op.DICT_REST, pattern, self.chunk.constant(keys))
            self.bind_new(pattern.rest, mutable, node)

    def _bind_list(self, pattern: tree.ListPattern, mutable: bool, node: tree.Node) -> None:
        self.emit(Op.CHECK_LIST, pattern)
        slot = self.store_hidden("taken apart", pattern)
        for index, item in enumerate(pattern.items):
            self.emit(Op.LOAD, item, slot)
            self.constant(index, item)
            self.emit(Op.GET_INDEX, item)
            self._default(item)
            self.bind_new(item.key, mutable, node)
        if pattern.rest is not None:
            self.emit(Op.LOAD, pattern, slot)
            self.emit(Op.LIST_REST, pattern, len(pattern.items))
            self.bind_new(pattern.rest, mutable, node)

    def _default(self, field: tree.PatternField) -> None:
        if field.default is not None:
            self.code.open(Op.IF_NIL, field.span)
            self.expression(field.default)
            self.code.close(field.span)

    def _assignment(self, node: tree.Assignment) -> None:
        self.assignment(node)

    # --- Loops ---

    def _for(self, node: tree.For) -> None:
        self.expression(node.iterable)
        code = self.code
        pattern = node.pattern
        iterator = self.hidden_slot("iterator")
        self.enter_block({})
        if isinstance(pattern, tree.NamePattern) and pattern.name != "_":
            item = self.scope.declare(pattern.name, True).slot
            code.open(Op.FOR, node.span, item, iterator)
        else:
            item = self.hidden_slot("item")
            code.open(Op.FOR, node.span, item, iterator)
            if not isinstance(pattern, tree.NamePattern):
                self.emit(Op.LOAD, pattern, item)
                self.bind_pattern(pattern, True, pattern)
        self._loop_body(node.body)
        code.close(node.span)
        self.scope.blocks.pop()

    def _loop_body(self, body: tree.Block) -> None:
        """Run the statements of a loop's body in the scope that holds the loop's variables."""
        block = self.scope.blocks[-1]
        block.declared = declared_names(body.statements)
        block.start = len(self.code.instructions)
        block.live = self.code.reachable
        self.statements(body.statements, False, body)
        self._forget(body)
        self.scope.make_cells(block, body.span, self.line_of(body))

    def _while(self, node: tree.While) -> None:
        self.code.open(Op.LOOP, node.span)
        self.expression(node.condition)
        if self.constant_at(-1) is True:
            self.code.take_last(1)
        else:
            self.emit(Op.BREAK_UNLESS, node, 0)
        self.block(node.body, want=False)
        self.code.close(node.span)

    def _break(self, node: tree.Break) -> None:
        depth = self.code.loop_depth()
        if depth is None:
            self.refuse(node.span, "break outside of loop")
        self.emit(Op.BREAK, node, depth)

    def _continue(self, node: tree.Continue) -> None:
        depth = self.code.loop_depth()
        if depth is None:
            self.refuse(node.span, "continue outside of loop")
        self.emit(Op.CONTINUE, node, depth)

    # --- Leaving ---

    def is_tail_position(self) -> bool:
        code = self.code
        return not code.is_protected() and not code.generator and code.kind != "entry"

    def _return(self, node: tree.Return) -> None:
        value = node.value
        if value is None:
            self.emit(Op.NIL, node)
        elif isinstance(value, tree.Call) and self.is_tail_position():
            self.mark(value)
            self.call(value, tail=True)
        elif isinstance(value, tree.Pipe) and self.is_tail_position():
            self.mark(value)
            self.expression(value.value)
            self.pipe(value, tail=True)
        else:
            self.expression(value)
        self.emit(Op.RETURN, node)

    def _throw(self, node: tree.Throw) -> None:
        self.expression(node.value)
        self.emit(Op.THROW, node)

    def _yield(self, node: tree.Yield | tree.Emit) -> None:
        if not self.code.generator:
            word = "yield" if isinstance(node, tree.Yield) else "emit"
            self.refuse(node.span, f"{word} outside of a function")
        if node.value is None:
            self.emit(Op.NIL, node)
        else:
            self.expression(node.value)
        self.emit(Op.YIELD, node)

    def _guard(self, node: tree.Guard) -> None:
        self.expression(node.condition)
        self.code.open(Op.IF, node.span, 0)
        self.code.separate(Op.ELSE, node.span)
        self.block(node.body, want=False)
        self.code.close(node.span)

    def _require(self, node: tree.Require) -> None:
        self.expression(node.condition)
        self.code.open(Op.IF, node.span, 0)
        self.code.separate(Op.ELSE, node.span)
        if node.message is None:
            self.constant("require condition failed", node)
        else:
            self.expression(node.message)
        self.emit(Op.THROW, node)
        self.code.close(node.span)

    # --- Tasks ---

    def _select(self, node: tree.Select) -> None:
        for case in node.cases:
            self.expression(case.channel)
        flag = 0
        if node.timeout is not None:
            self.expression(node.timeout.duration)
            flag = 1
        elif node.default is not None:
            flag = 2
        self.emit(Op.SELECT, node, len(node.cases), flag)
        chosen = self.store_hidden("case", node)
        value = self.store_hidden("received", node)
        for number, case in enumerate(node.cases):
            self.emit(Op.LOAD, case, chosen)
            self.constant(number, case)
            self.emit(Op.EQ, case)
            self.code.open(Op.IF, case.span, 0)
            self.enter_block(declared_names(case.body.statements))
            self.emit(Op.LOAD, case, value)
            self.bind_new(case.name, False, case)
            self.statements(case.body.statements, False, case.body)
            self.leave_block(case.body)
            self.code.separate(Op.ELSE, case.span)
        if node.timeout is not None:
            self.block(node.timeout.body, want=False)
        elif node.default is not None:
            self.block(node.default, want=False)
        for case in node.cases:
            self.code.close(case.span)

    def _mutex(self, node: tree.Mutex) -> None:
        self.code.open(Op.MUTEX, node.span)
        self.block(node.body, want=False)
        self.code.close(node.span)

    def _import(self, node: tree.Import) -> None:
        self.import_module(node)

    def _ignored(self, node: tree.Statement) -> None:
        """Statements without any effect at run time."""


_STATEMENTS: dict[type[tree.Statement], Callable[[Any, Any], None]] = {
    tree.ExpressionStatement: Statements._expression_statement,
    tree.Binding: Statements._binding,
    tree.Assignment: Statements._assignment,
    tree.For: Statements._for,
    tree.While: Statements._while,
    tree.Break: Statements._break,
    tree.Continue: Statements._continue,
    tree.Return: Statements._return,
    tree.Throw: Statements._throw,
    tree.Yield: Statements._yield,
    tree.Emit: Statements._yield,
    tree.Guard: Statements._guard,
    tree.Require: Statements._require,
    tree.Select: Statements._select,
    tree.Mutex: Statements._mutex,
    tree.OverrideDeclaration: Statements._ignored,
    tree.EnumDeclaration: Statements._ignored,
    tree.StructDeclaration: Statements._ignored,
    tree.TypeDeclaration: Statements._ignored,
    tree.InterfaceDeclaration: Statements._ignored,
    tree.ErrorStatement: Statements._ignored,
    tree.Import: Statements._import,
}
