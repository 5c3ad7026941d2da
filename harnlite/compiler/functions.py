"""Functions: their parameters, bodies and closures (docs/reference/language.md 3.2, 6.2, 7.4)."""

from __future__ import annotations

from abc import ABC

from harnlite.bytecode.chunk import Parameter
from harnlite.bytecode.opcodes import Op
from harnlite.compiler.analysis import declared_names
from harnlite.compiler.base import CompilerBase
from harnlite.compiler.emitter import FunctionBuilder
from harnlite.compiler.scopes import FunctionScope, LocalVariable
from harnlite.syntax import tree

__all__ = ["Functions"]

#: Kinds whose body gives the value of its last expression.
_VALUED = frozenset(("closure", "tool", "task"))


class Functions(CompilerBase, ABC):
    """Instructions for functions."""

    def function(
        self,
        node: tree.Node,
        name: str,
        kind: str,
        parameters: tuple[tree.Parameter, ...],
        body: tree.Block,
        *,
        self_name: str = "",
        generator: str | None = None,
        type_parameters: frozenset[str] = frozenset(),
    ) -> None:
        facts = self.facts.of(node)
        if generator is None:
            generator = "generator" if kind != "task" and facts.yields else ""
        outer = self.scope
        code = FunctionBuilder(name, kind, generator)
        number = self.chunk.new_function(code)
        self.scope = FunctionScope(code, outer, self_name, facts.assigned)
        self.mark(node)
        self._function_body(node, parameters, body, kind in _VALUED and not generator, type_parameters)
        self.scope = outer
        self.emit(Op.MAKE_CLOSURE, node, number)

    def _function_body(
        self,
        node: tree.Node,
        parameters: tuple[tree.Parameter, ...],
        body: tree.Block,
        valued: bool,
        type_parameters: frozenset[str],
    ) -> None:
        scope = self.scope
        self.enter_block({})
        slots = []
        for parameter in parameters:
            scope.code.parameters.append(Parameter(parameter.name, parameter.default is not None, parameter.rest))
            slots.append(scope.code.new_slot(parameter.name))
        for parameter, slot in zip(parameters, slots, strict=True):
            if parameter.default is not None:
                self._default_argument(parameter, parameter.default, slot)
            self.check_parameter(parameter, slot, type_parameters)
            scope.blocks[-1].bound[parameter.name] = LocalVariable(slot, False)
        block = scope.blocks[-1]
        block.declared = declared_names(body.statements)
        block.start = len(scope.code.instructions)
        self.statements(body.statements, valued, body)
        if not valued:
            self.emit(Op.NIL, body)
        self.emit(Op.RETURN, body)
        self.leave_block(body)
        scope.finish(node.span, self.line_of(node))

    def _default_argument(self, parameter: tree.Parameter, default: tree.Expression, slot: int) -> None:
        self.emit(Op.IS_MISSING, parameter, slot)
        self.code.open(Op.IF, parameter.span, 0)
        self.expression(default)
        self.emit(Op.STORE, parameter, slot)
        self.code.close(parameter.span)
