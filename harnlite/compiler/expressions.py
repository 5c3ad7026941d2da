"""Expressions (docs/reference/language.md 2.3, 4).

Chains such as ``a + b + c`` or ``x.f().g()`` lean to the left and may be thousands of links long: they are taken apart
without recursion. Every other nesting recurses.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable
from typing import Any

from harnlite.bytecode.opcodes import Op
from harnlite.compiler.analysis import has_placeholder
from harnlite.compiler.base import NOT_CONSTANT, CompilerBase
from harnlite.compiler.folding import NOT_FOLDED, fold_binary, fold_unary
from harnlite.compiler.scopes import LocalVariable
from harnlite.syntax import tree

__all__ = ["Expressions"]

_BINARY = {
    "+": Op.ADD,
    "-": Op.SUB,
    "*": Op.MUL,
    "/": Op.DIV,
    "%": Op.MOD,
    "**": Op.POW,
    "==": Op.EQ,
    "!=": Op.NE,
    "<": Op.LT,
    ">": Op.GT,
    "<=": Op.LE,
    ">=": Op.GE,
    "in": Op.IN,
    "not in": Op.NOT_IN,
}
_PARALLEL = {"count": 0, "each": 1, "settle": 2}


class Expressions(CompilerBase, ABC):
    """Instructions for expressions."""

    def expression(self, node: tree.Expression) -> None:
        chain: list[tree.Expression] = []
        while True:
            self.mark(node)
            head = self._head(node)
            if head is None:
                break
            chain.append(node)
            node = head
        _LEAVES[type(node)](self, node)
        for link in reversed(chain):
            _LINKS[type(link)](self, link)

    def _head(self, node: tree.Expression) -> tree.Expression | None:
        """Give the operand that a node evaluates before all else, if what remains works on its value."""
        kind = type(node)
        if kind not in _LINKS:
            return None
        if isinstance(node, tree.Member | tree.MethodCall) and self._is_enum(node.object):
            return None
        head: tree.Expression = getattr(node, _HEADS[kind])
        return head

    def _is_enum(self, node: tree.Expression) -> bool:
        return isinstance(node, tree.Name) and node.name in self.enums

    def effect(self, node: tree.Expression) -> None:
        handler = _EFFECTS.get(type(node))
        if handler is not None:
            self.mark(node)
            handler(self, node)
        else:
            self.expression(node)
            self.emit(Op.POP, node)

    # --- Literals ---

    def _literal(self, node: Any) -> None:
        self.constant(node.value, node)

    def _nil(self, node: tree.NilLiteral) -> None:
        self.emit(Op.NIL, node)

    def _duration(self, node: tree.DurationLiteral) -> None:
        self.emit(Op.CONST, node, self.chunk.constant(("duration", node.milliseconds)))

    def _interpolation(self, node: tree.Interpolation) -> None:
        for part in node.parts:
            if isinstance(part, str):
                self.constant(part, node)
            else:
                self.expression(part)
        self.emit(Op.STRING, node, len(node.parts))

    def _name(self, node: tree.Name) -> None:
        self.read_name(node.name, node)

    def _spread(self, node: tree.Spread) -> None:
        self.refuse(
            node.span,
            "spread (...) can only be used inside list literals, dict literals or call arguments",
        )

    def sequence(self, items: tuple[tree.Expression, ...], node: tree.Node) -> None:
        fresh = 0
        while fresh < len(items) and not isinstance(items[fresh], tree.Spread):
            self.expression(items[fresh])
            fresh += 1
        self.emit(Op.LIST, node, fresh)
        for item in items[fresh:]:
            if isinstance(item, tree.Spread):
                self.mark(item)
                self.expression(item.value)
                self.emit(Op.LIST_EXTEND, item)
            else:
                self.expression(item)
                self.emit(Op.LIST_APPEND, item)

    def _list(self, node: tree.ListLiteral) -> None:
        self.sequence(node.items, node)

    def _dict(self, node: tree.DictLiteral) -> None:
        entries = node.entries
        fresh = 0
        for entry in entries:
            if isinstance(entry, tree.Spread):
                break
            self._entry(entry)
            fresh += 1
        self.emit(Op.DICT, node, fresh)
        for entry in entries[fresh:]:
            if isinstance(entry, tree.Spread):
                self.mark(entry)
                self.expression(entry.value)
                self.emit(Op.DICT_UPDATE, entry)
            else:
                self._entry(entry)
                self.emit(Op.DICT_SET, entry)

    def _entry(self, entry: tree.DictEntry) -> None:
        if isinstance(entry.key, str):
            self.constant(entry.key, entry)
        else:
            self.expression(entry.key)
        if entry.key != "output_schema" or not self.alias_schema(entry.value):
            self.expression(entry.value)

    def _struct(self, node: tree.StructLiteral) -> None:
        reference = self.structs.get(node.name)
        if reference is None:
            self.refuse(node.span, f"unknown struct type `{node.name}`")
        names = []
        for field in node.fields:
            if not isinstance(field.key, str):
                self.refuse(field.span, "the fields of a struct literal are named")
            names.append(field.key)
            self.expression(field.value)
        self.emit(Op.STRUCT, node, self.chunk.constant(reference), self.chunk.constant(tuple(names)))

    # --- Operators ---

    def _unary_operation(self, op: Op, node: tree.Node) -> None:
        operand = self.constant_at(-1)
        value = NOT_FOLDED if operand is NOT_CONSTANT else fold_unary(op, operand)
        if value is NOT_FOLDED:
            self.emit(op, node)
        else:
            self.code.take_last(1)
            self.constant(value, node)

    def _unary(self, node: tree.Unary) -> None:
        self._unary_operation(Op.NEG if node.operator == "-" else Op.NOT, node)

    def _binary(self, node: tree.Binary) -> None:
        links = [node]
        while isinstance(node.right, tree.Binary) and node.right.operator == "**":
            node = node.right
            links.append(node)
            self.mark(node)
            self.expression(node.left)
        self.expression(node.right)
        for link in reversed(links):
            self._binary_operation(_BINARY[link.operator], link)

    def _binary_operation(self, op: Op, node: tree.Binary) -> None:
        right = self.constant_at(-1)
        left = NOT_CONSTANT if right is NOT_CONSTANT else self.constant_at(-2)
        value = NOT_FOLDED if left is NOT_CONSTANT else fold_binary(op, left, right)
        if value is NOT_FOLDED:
            self.emit(op, node)
        else:
            self.code.take_last(2)
            self.constant(value, node)

    def _logical(self, node: tree.Logical) -> None:
        code = self.code
        code.open(Op.IF, node.span, 1)
        if node.operator == "||":
            self.emit(Op.TRUE, node)
            code.separate(Op.ELSE, node.span)
        self.expression(node.right)
        self._to_bool(node)
        if node.operator == "&&":
            code.separate(Op.ELSE, node.span)
            self.emit(Op.FALSE, node)
        code.close(node.span)

    def _to_bool(self, node: tree.Logical) -> None:
        if not _gives_bool(node.right):
            self._unary_operation(Op.TO_BOOL, node)

    def _coalesce(self, node: tree.Coalesce) -> None:
        self.code.open(Op.IF_NIL, node.span)
        self.expression(node.right)
        self.code.close(node.span)

    def _ternary(self, node: tree.Ternary) -> None:
        links = [node]
        while True:
            self.code.open(Op.IF, node.span, 1)
            self.expression(node.then)
            self.code.separate(Op.ELSE, node.span)
            if not isinstance(node.otherwise, tree.Ternary):
                break
            node = node.otherwise
            links.append(node)
            self.mark(node)
            self.expression(node.condition)
        self.expression(node.otherwise)
        for link in links:
            self.code.close(link.span)

    def _range(self, node: tree.RangeExpression) -> None:
        self.expression(node.end)
        self.emit(Op.RANGE, node, int(node.exclusive))

    def _propagate(self, node: tree.Propagate) -> None:
        self.emit(Op.PROPAGATE, node)

    def _try_star(self, node: tree.TryStar) -> None:
        """``try* e`` has the value of ``e``; its errors go on like any other."""

    def _pipe(self, node: tree.Pipe) -> None:
        self.pipe(node, tail=False)

    def pipe(self, node: tree.Pipe, tail: bool) -> None:
        function = node.function
        if has_placeholder(function):
            self.enter_block({})
            slot = self.store_hidden("pipe", node)
            self.scope.blocks[-1].bound["_"] = LocalVariable(slot, False)
            self.expression(function)
            self.leave_block(node)
            return
        self.expression(function)
        last = self.code.instructions[-1] if self.code.reachable else None
        if last is not None and last[0] == Op.LOAD_BUILTIN:
            self.code.take_last(1)
            self.emit(Op.CALL_BUILTIN, node, last[1], 1)
        else:
            self.emit(Op.TAIL_PIPE if tail else Op.PIPE, node)

    # --- Access and calls ---

    def _member(self, node: tree.Member) -> None:
        self.emit(Op.GET_FIELD_OPT if node.optional else Op.GET_FIELD, node, self.chunk.name(node.name))

    def _index(self, node: tree.Index) -> None:
        self.expression(node.index)
        self.emit(Op.GET_INDEX_OPT if node.optional else Op.GET_INDEX, node)

    def _slice(self, node: tree.Slice) -> None:
        given = 0
        if node.start is not None:
            self.expression(node.start)
            given |= 1
        if node.end is not None:
            self.expression(node.end)
            given |= 2
        self.emit(Op.SLICE, node, given)

    def _method(self, node: tree.MethodCall) -> None:
        name = self.chunk.name(node.name)
        if any(isinstance(argument, tree.Spread) for argument in node.arguments):
            self.sequence(node.arguments, node)
            self.emit(Op.CALL_METHOD_OPT_SPREAD if node.optional else Op.CALL_METHOD_SPREAD, node, name)
            return
        for argument in node.arguments:
            self.expression(argument)
        self.emit(Op.CALL_METHOD_OPT if node.optional else Op.CALL_METHOD, node, name, len(node.arguments))

    def _enum_value(self, node: tree.Member | tree.MethodCall) -> None:
        """``E.V`` and ``E.V(...)``: the only members and method calls that have no head."""
        assert isinstance(node.object, tree.Name)
        arguments = node.arguments if isinstance(node, tree.MethodCall) else ()
        for argument in arguments:
            self.expression(argument)
        self.emit(Op.ENUM, node, self.chunk.constant((node.object.name, node.name)), len(arguments))

    def _call(self, node: tree.Call) -> None:
        self.call(node, tail=False)

    def _human_call(self, node: tree.HumanCall) -> None:
        self.fail(node, "runtime", f"{node.keyword} needs a host product and is not part of harnlite")

    def _cost_route(self, node: tree.CostRoute) -> None:
        self.fail(node, "runtime", "cost_route needs a host product and is not part of harnlite")

    # --- Functions and blocks as values ---

    def _closure(self, node: tree.Closure | tree.FunctionExpression) -> None:
        self.function(node, "<closure>", "closure", node.parameters, node.body)

    def _spawn(self, node: tree.Spawn) -> None:
        self.function(node, "<closure>", "task", (), node.body)
        self.emit(Op.SPAWN, node)

    def _parallel(self, node: tree.Parallel) -> None:
        self.expression(node.subject)
        if node.max_concurrent is None:
            self.emit(Op.NIL, node)
        else:
            self.expression(node.max_concurrent)
        item = tree.Parameter(node.span, node.variable or "_")
        self.function(node, "<closure>", "task", (item,), node.body)
        self.emit(Op.PARALLEL, node, 3 if node.as_stream else _PARALLEL[node.kind])

    def _if(self, node: tree.If) -> None:
        self.branches(node, want=True)

    def _match(self, node: tree.Match) -> None:
        self.match(node, want=True)

    def _try(self, node: tree.Try) -> None:
        self.attempt(node, want=True)

    def _retry(self, node: tree.Retry) -> None:
        self.repeat_attempts(node)
        self.emit(Op.NIL, node)

    def _deadline(self, node: tree.Deadline) -> None:
        self.time_limit(node, want=True)

    def _if_effect(self, node: tree.If) -> None:
        self.branches(node, want=False)

    def _match_effect(self, node: tree.Match) -> None:
        self.match(node, want=False)

    def _try_effect(self, node: tree.Try) -> None:
        self.attempt(node, want=False)

    def _retry_effect(self, node: tree.Retry) -> None:
        self.repeat_attempts(node)

    def _deadline_effect(self, node: tree.Deadline) -> None:
        self.time_limit(node, want=False)


def _gives_bool(node: tree.Expression) -> bool:
    if isinstance(node, tree.Binary):
        return node.operator not in ("+", "-", "*", "/", "%", "**")
    return isinstance(node, tree.Logical | tree.BoolLiteral) or (isinstance(node, tree.Unary) and node.operator == "!")


_Handler = Callable[[Any, Any], None]

_LEAVES: dict[type[tree.Expression], _Handler] = {
    tree.NilLiteral: Expressions._nil,
    tree.BoolLiteral: Expressions._literal,
    tree.IntLiteral: Expressions._literal,
    tree.FloatLiteral: Expressions._literal,
    tree.StringLiteral: Expressions._literal,
    tree.DurationLiteral: Expressions._duration,
    tree.Interpolation: Expressions._interpolation,
    tree.Name: Expressions._name,
    tree.Spread: Expressions._spread,
    tree.ListLiteral: Expressions._list,
    tree.DictLiteral: Expressions._dict,
    tree.StructLiteral: Expressions._struct,
    tree.Member: Expressions._enum_value,
    tree.MethodCall: Expressions._enum_value,
    tree.Call: Expressions._call,
    tree.HumanCall: Expressions._human_call,
    tree.CostRoute: Expressions._cost_route,
    tree.Closure: Expressions._closure,
    tree.FunctionExpression: Expressions._closure,
    tree.Spawn: Expressions._spawn,
    tree.Parallel: Expressions._parallel,
    tree.If: Expressions._if,
    tree.Match: Expressions._match,
    tree.Try: Expressions._try,
    tree.Retry: Expressions._retry,
    tree.Deadline: Expressions._deadline,
}

#: Constructs that work on the value of their first operand, with the field that holds it.
_LINKS: dict[type[tree.Expression], _Handler] = {
    tree.Unary: Expressions._unary,
    tree.Binary: Expressions._binary,
    tree.Logical: Expressions._logical,
    tree.Coalesce: Expressions._coalesce,
    tree.Ternary: Expressions._ternary,
    tree.RangeExpression: Expressions._range,
    tree.Propagate: Expressions._propagate,
    tree.TryStar: Expressions._try_star,
    tree.Pipe: Expressions._pipe,
    tree.Member: Expressions._member,
    tree.Index: Expressions._index,
    tree.Slice: Expressions._slice,
    tree.MethodCall: Expressions._method,
}
_HEADS: dict[type[tree.Expression], str] = {
    tree.Unary: "operand",
    tree.Binary: "left",
    tree.Logical: "left",
    tree.Coalesce: "left",
    tree.Ternary: "condition",
    tree.RangeExpression: "start",
    tree.Propagate: "operand",
    tree.TryStar: "operand",
    tree.Pipe: "value",
    tree.Member: "object",
    tree.Index: "object",
    tree.Slice: "object",
    tree.MethodCall: "object",
}

#: Constructs that can do without leaving a value.
_EFFECTS: dict[type[tree.Expression], _Handler] = {
    tree.If: Expressions._if_effect,
    tree.Match: Expressions._match_effect,
    tree.Try: Expressions._try_effect,
    tree.Retry: Expressions._retry_effect,
    tree.Deadline: Expressions._deadline_effect,
}
