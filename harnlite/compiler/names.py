"""Reading, calling and assigning names (docs/reference/language.md 6.3, 4.1)."""

from __future__ import annotations

from abc import ABC

from harnlite.bytecode.opcodes import Op
from harnlite.compiler.analysis import contains_assignment, root_of
from harnlite.compiler.base import CompilerBase
from harnlite.compiler.scopes import (
    Bound,
    CapturedVariable,
    LateName,
    LocalVariable,
    ModuleVariable,
    SelfName,
)
from harnlite.diagnostics.suggest import nearest
from harnlite.syntax import tree

__all__ = ["Names"]

#: Names that always mean the builtin when called.
_RESERVED = frozenset(("await", "cancel", "cancel_graceful", "is_cancelled"))
#: Builtins that take a schema, and which argument it is; a type alias there becomes its schema (builtins.md 15).
_SCHEMA_ARGUMENTS = {
    "schema_of": 0,
    "schema_is": 1,
    "is_type": 1,
    "schema_expect": 1,
    "schema_parse": 1,
    "schema_check": 1,
    "json_validate": 1,
}
_ARITHMETIC = {"+": Op.ADD, "-": Op.SUB, "*": Op.MUL, "/": Op.DIV, "%": Op.MOD}


class Names(CompilerBase, ABC):
    """Instructions for names."""

    # --- Reading ---

    def read_name(self, name: str, node: tree.Node) -> None:
        if not self._load_visible(name, node, called=False):
            if name in self.environment.globals:
                self.emit(Op.LOAD_GLOBAL, node, self.chunk.name(name))
            elif name in self.environment.builtins:
                self.emit(Op.LOAD_BUILTIN, node, self.chunk.name(name))
            else:
                self._load_dynamic(name, node, called=False)

    def _load_visible(self, name: str, node: tree.Node, *, called: bool) -> bool:
        """Push what a name stands for in the file itself, if it does."""
        scope = self.scope
        bound = scope.find(name)
        if bound is not None:
            self._load_bound(bound, node, called=called)
        elif name in self.structs:
            self.emit(Op.STRUCT_CONSTRUCTOR, node, self.chunk.constant(self.structs[name]))
        else:
            found = scope.find_self(name)
            if isinstance(found, SelfName):
                self.emit(Op.LOAD_SELF, node)
            elif found is not None:
                self._load_bound(found, node, called=called)
            else:
                known = name in self.environment.globals or name in self.environment.builtins
                late = scope.find_late(name, functions_only=known)
                if late is None:
                    return False
                self._load_late(late, name, node, called=called)
        return True

    def _load_bound(self, bound: Bound, node: tree.Node, *, called: bool) -> None:
        if isinstance(bound, LocalVariable):
            self.emit(Op.LOAD, node, bound.slot)
        elif isinstance(bound, CapturedVariable):
            self.emit(Op.LOAD_CAPTURE, node, bound.index)
        elif isinstance(bound, ModuleVariable):
            self.emit(Op.LOAD_MODULE, node, bound.index, int(called))
        else:
            self.emit(Op.LOAD_IMPORT, node, bound.index, self.chunk.name(bound.name))

    def _load_late(self, late: LateName, name: str, node: tree.Node, *, called: bool) -> None:
        op = Op.LOAD_LATE_CAPTURE_CALLEE if called else Op.LOAD_LATE_CAPTURE
        self.emit(op, node, late.index, self.chunk.name(name))

    def _load_dynamic(self, name: str, node: tree.Node, *, called: bool) -> None:
        self.chunk.dynamic_names.add(name)
        self._suggest(name)
        self.emit(Op.LOAD_DYNAMIC, node, self.chunk.name(name), int(called))

    def _suggest(self, name: str) -> None:
        """Note the near name that the error of an undefined one will mention (language.md 7.2)."""
        suggestions = self.chunk.suggestions
        if name in suggestions:
            return
        candidates = {known for known in self.scope.visible_names() if known[0] not in "_<"}
        candidates |= self.environment.builtins
        candidates.update(known for known in self.environment.globals if len(known) > 1)
        suggestion = nearest(name, candidates)
        if suggestion is not None:
            suggestions[name] = suggestion

    # --- Calling ---

    def call(self, node: tree.Call, tail: bool) -> None:
        name = node.callee.name
        arguments = node.arguments
        environment = self.environment
        is_reserved = name in _RESERVED and name in environment.builtins
        if not is_reserved:
            if name in self.structs and len(arguments) == 1 and self.scope.find(name) is None:
                self._construct(name, arguments[0], node)
                return
            if self._load_visible(name, node, called=True):
                self._call_loaded(name, node, tail)
                return
        if name in environment.builtins:
            self._call_builtin(name, node)
            return
        if name in environment.globals:
            self.emit(Op.LOAD_GLOBAL, node, self.chunk.name(name))
        else:
            self._load_dynamic(name, node, called=True)
        self._call_loaded(name, node, tail)

    def _construct(self, name: str, argument: tree.Expression, node: tree.Call) -> None:
        if isinstance(argument, tree.Spread):
            self.emit(Op.STRUCT_CONSTRUCTOR, node, self.chunk.constant(self.structs[name]))
            self.sequence(node.arguments, node)
            self.emit(Op.CALL_SPREAD, node, self.chunk.name(name))
        else:
            self.expression(argument)
            self.emit(Op.STRUCT_FROM, node, self.chunk.constant(self.structs[name]))

    def _call_loaded(self, name: str, node: tree.Call, tail: bool) -> None:
        arguments = node.arguments
        if any(isinstance(argument, tree.Spread) for argument in arguments):
            self.sequence(arguments, node)
            self.emit(Op.CALL_SPREAD, node, self.chunk.name(name))
            return
        for argument in arguments:
            self.expression(argument)
        self.emit(Op.TAIL_CALL if tail else Op.CALL, node, len(arguments), self.chunk.name(name))

    def _call_builtin(self, name: str, node: tree.Call) -> None:
        arguments = node.arguments
        if any(isinstance(argument, tree.Spread) for argument in arguments):
            self.sequence(arguments, node)
            self.emit(Op.CALL_BUILTIN_SPREAD, node, self.chunk.name(name))
            return
        schema_at = _SCHEMA_ARGUMENTS.get(name, -1)
        for index, argument in enumerate(arguments):
            if index != schema_at or not self.alias_schema(argument):
                self.expression(argument)
        self.emit(Op.CALL_BUILTIN, node, self.chunk.name(name), len(arguments))

    def alias_schema(self, argument: tree.Expression) -> bool:
        """Push the schema of a type alias when an expression names one and no variable."""
        if not isinstance(argument, tree.Name) or self.scope.find(argument.name) is not None:
            return False
        alias = self.aliases.get(argument.name)
        if alias is None:
            return False
        self.mark(argument)
        self.schema(alias, argument)
        return True

    # --- Binding and assigning ---

    def bind_new(self, name: str, mutable: bool, node: tree.Node) -> None:
        if name == "_":
            self.emit(Op.POP, node)
            return
        bound = self.scope.blocks[-1].bound.get(name)
        is_module_level = isinstance(bound, ModuleVariable)
        if not mutable and (name in self.module_declared if is_module_level else self.scope.is_taken(name)):
            self.fail(
                node,
                "runtime",
                f"Cannot redeclare immutable variable '{name}' in the same scope (use 'var' for mutable bindings)",
            )
        if isinstance(bound, ModuleVariable):
            if not bound.mutable:
                self.module_declared.add(name)
            self.emit(Op.STORE_MODULE, node, bound.index)
            return
        self._store(self.scope.declare(name, mutable), node)

    def _store(self, variable: LocalVariable, node: tree.Node) -> None:
        if variable.cell is not None:
            self.emit(Op.SET_CELL, node, variable.cell)
        self.emit(Op.STORE, node, variable.slot)

    def assign_name(self, name: str, node: tree.Node) -> None:
        bound = self.scope.find(name)
        if bound is None:
            self.fail(node, "undefined_variable", f"Undefined variable: {name}")
        elif not bound.mutable:
            self.fail(node, "immutable", f"Cannot assign to immutable binding: {name}")
        elif isinstance(bound, LocalVariable):
            self._store(bound, node)
        elif isinstance(bound, ModuleVariable):
            self.emit(Op.STORE_MODULE, node, bound.index)

    def assignment(self, node: tree.Assignment) -> None:
        """Compile ``target = value`` and its compound forms: the right side first, then indices."""
        target = node.target
        root = root_of(target)
        if not isinstance(root, tree.Name) or not isinstance(target, tree.Name | tree.Member | tree.Index):
            self.refuse(target.span, "invalid assignment target")
        bound = self.scope.find(root.name)
        if bound is None or not bound.mutable:
            self.expression(node.value)
            self.assign_name(root.name, node)
        elif isinstance(target, tree.Name):
            self._assign_variable(target, bound, node)
        elif node.operator:
            self._update_path(target, root, bound, node)
        else:
            self.expression(node.value)
            self._assign_path(target, root, bound, node, self._path(target))

    def _assign_variable(self, target: tree.Name, bound: Bound, node: tree.Assignment) -> None:
        value = node.value
        if isinstance(bound, LocalVariable):
            op, operand = _in_place(target.name, node)
            if op is not None and operand is not None and not contains_assignment(operand):
                if value is not operand:
                    self.mark(value)
                self.expression(operand)
                self.emit(op, node, bound.slot)
                return
        if node.operator:
            self._load_bound(bound, target, called=False)
            self.expression(value)
            self.emit(_ARITHMETIC[node.operator], node)
        else:
            self.expression(value)
        self.assign_name(target.name, node)

    def _path(self, target: tree.Expression) -> list[str | tree.Expression]:
        """Give the steps from the root to a target: a name for a field, an expression for an index."""
        steps: list[str | tree.Expression] = []
        while isinstance(target, tree.Member | tree.Index):
            steps.append(target.name if isinstance(target, tree.Member) else target.index)
            target = target.object
        steps.reverse()
        return steps

    def _assign_path(
        self,
        target: tree.Expression,
        root: tree.Name,
        bound: Bound,
        node: tree.Assignment,
        steps: list[str | tree.Expression],
    ) -> None:
        """Store the top of the stack at the end of a path."""
        if not isinstance(bound, LocalVariable):
            self._load_bound(bound, root, called=False)
        for step in steps:
            if not isinstance(step, str):
                self.expression(step)
        if isinstance(bound, LocalVariable):
            if len(steps) > 1:
                self.emit(Op.SET_PATH_LOCAL, node, bound.slot, self._path_constant(steps))
            elif isinstance(steps[0], str):
                self.emit(Op.SET_FIELD_LOCAL, node, bound.slot, self.chunk.name(steps[0]))
            else:
                self.emit(Op.SET_INDEX_LOCAL, node, bound.slot)
            return
        if len(steps) > 1:
            self.emit(Op.SET_PATH, node, self._path_constant(steps))
        elif isinstance(steps[0], str):
            self.emit(Op.SET_FIELD, node, self.chunk.name(steps[0]))
        else:
            self.emit(Op.SET_INDEX, node)
        self.assign_name(root.name, target)

    def _path_constant(self, steps: list[str | tree.Expression]) -> int:
        return self.chunk.constant(tuple(step if isinstance(step, str) else None for step in steps))

    def _update_path(self, target: tree.Expression, root: tree.Name, bound: Bound, node: tree.Assignment) -> None:
        """Compile ``xs[i] += v``: the value, then each index, evaluated once."""
        value = self._once(node.value, "value")
        steps = [step if isinstance(step, str) else self._once(step, "index") for step in self._path(target)]
        self._load_bound(bound, root, called=False)
        for step in steps:
            if isinstance(step, str):
                self.emit(Op.GET_FIELD, target, self.chunk.name(step))
            else:
                self.expression(step)
                self.emit(Op.GET_INDEX, target)
        self.expression(value)
        self.emit(_ARITHMETIC[node.operator], node)
        self._assign_path(target, root, bound, node, steps)

    def _once(self, node: tree.Expression, purpose: str) -> tree.Expression:
        """Evaluate an expression now, and give one that reads the result as often as needed."""
        if isinstance(node, tree.IntLiteral | tree.StringLiteral | tree.FloatLiteral):
            return node
        if isinstance(node, tree.Name) and isinstance(self.scope.find(node.name), LocalVariable):
            return node
        self.expression(node)
        name = f"<{purpose} {len(self.code.slot_names)}>"
        self.bind_new(name, False, node)
        return tree.Name(node.span, name)


def _in_place(name: str, node: tree.Assignment) -> tuple[Op | None, tree.Expression | None]:
    """Tell whether an assignment extends its own variable, and by what."""
    value = node.value
    if node.operator == "+":
        return Op.ADD_LOCAL, value
    if node.operator:
        return None, None
    if isinstance(value, tree.Binary) and value.operator == "+" and _is_name(value.left, name):
        return Op.ADD_LOCAL, value.right
    if (
        isinstance(value, tree.MethodCall)
        and value.name == "push"
        and not value.optional
        and len(value.arguments) == 1
        and not isinstance(value.arguments[0], tree.Spread)
        and _is_name(value.object, name)
    ):
        return Op.APPEND_LOCAL, value.arguments[0]
    return None, None


def _is_name(node: tree.Expression, name: str) -> bool:
    return isinstance(node, tree.Name) and node.name == name
