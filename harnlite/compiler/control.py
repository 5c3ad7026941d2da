"""Constructs that choose, guard and repeat, and have values: if, try, retry, deadline (language.md 4, 7.5)."""

from __future__ import annotations

from abc import ABC

from harnlite.bytecode.opcodes import Op
from harnlite.compiler.analysis import declared_names
from harnlite.compiler.base import CompilerBase
from harnlite.syntax import tree

__all__ = ["Control"]


class Control(CompilerBase, ABC):
    """Instructions for choosing, guarding and repeating."""

    def branches(self, node: tree.If, want: bool) -> None:
        code = self.code
        links = []
        link: tree.Block | tree.If | None = node
        while isinstance(link, tree.If):
            links.append(link)
            self.mark(link)
            self.expression(link.condition)
            code.open(Op.IF, link.span, int(want))
            self.block(link.then, want)
            link = link.otherwise
            if link is not None or want:
                code.separate(Op.ELSE, links[-1].span)
        if link is not None:
            self.block(link, want)
        elif want:
            self.emit(Op.NIL, node)
        for done in reversed(links):
            code.close(done.span)

    def attempt(self, node: tree.Try, want: bool) -> None:
        code = self.code
        if node.cleanup is not None:
            code.open(Op.CLEANUP, node.span, int(want))
        if node.catch is not None:
            self._try_catch(node, node.catch, want)
        elif node.cleanup is not None:
            self.block(node.body, want)
        else:
            self._try_result(node, want)
        if node.cleanup is not None:
            code.separate(Op.FINALLY, node.cleanup.span)
            self.block(node.cleanup, want=False)
            code.close(node.span)

    def _try_result(self, node: tree.Try, want: bool) -> None:
        code = self.code
        code.open(Op.TRY, node.span, int(want))
        self.block(node.body, want)
        if want:
            self.emit(Op.WRAP_OK, node)
        caught = self.hidden_slot("caught")
        code.separate(Op.CATCH, node.span, caught, self.chunk.constant(None))
        if want:
            self.emit(Op.LOAD, node, caught)
            self.emit(Op.WRAP_ERR, node)
        code.close(node.span)

    def _try_catch(self, node: tree.Try, clause: tree.CatchClause, want: bool) -> None:
        code = self.code
        code.open(Op.TRY, node.span, int(want))
        self.block(node.body, want)
        self.enter_block(declared_names(clause.body.statements))
        if clause.name is None or clause.name == "_":
            caught = self.hidden_slot("caught")
        else:
            caught = self.scope.declare(clause.name, False).slot
        code.separate(Op.CATCH, clause.span, caught, self.chunk.constant(self._caught_enum(clause)))
        block = self.scope.blocks[-1]
        block.start = len(code.instructions)
        block.live = code.reachable
        self.statements(clause.body.statements, want, clause.body)
        self.leave_block(clause.body)
        code.close(node.span)

    def _caught_enum(self, clause: tree.CatchClause) -> str | None:
        """Give the enum that a typed handler takes; a type that is no enum's name catches nothing."""
        annotation = clause.annotation
        if annotation is None:
            return None
        if isinstance(annotation, tree.NamedType):
            return annotation.name
        return self.source.text[annotation.span[0] : annotation.span[1]]

    def repeat_attempts(self, node: tree.Retry) -> None:
        code = self.code
        self.expression(node.count)
        limit = self.store_hidden("attempts", node)
        self.constant(1, node)
        attempt = self.store_hidden("attempt", node)
        caught = self.hidden_slot("caught")
        code.open(Op.LOOP, node.span, hidden=True)
        code.open(Op.TRY, node.span, 0)
        self.block(node.body, want=False)
        self.emit(Op.BREAK, node, 0)
        code.separate(Op.CATCH, node.span, caught, self.chunk.constant(None))
        self.emit(Op.LOAD, node, attempt)
        self.emit(Op.LOAD, node, limit)
        self.emit(Op.LT, node)
        code.open(Op.IF, node.span, 0)
        code.separate(Op.ELSE, node.span)
        self.emit(Op.RETHROW, node, caught)
        code.close(node.span)
        self.constant(1, node)
        self.emit(Op.ADD_LOCAL, node, attempt)
        code.close(node.span)
        code.close(node.span)

    def time_limit(self, node: tree.Deadline, want: bool) -> None:
        self.expression(node.duration)
        self.code.open(Op.DEADLINE, node.span, int(want))
        self.block(node.body, want)
        self.code.close(node.span)
