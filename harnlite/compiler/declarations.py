"""Declarations: functions, tools, impls, and what only a host product can run (docs/reference/language.md 3)."""

from __future__ import annotations

from abc import ABC
from typing import Any

from harnlite.bytecode.chunk import ImportReference, StructReference
from harnlite.bytecode.opcodes import Op
from harnlite.compiler.base import CompilerBase
from harnlite.compiler.interfaces import ModuleInterface
from harnlite.compiler.schemas import schema_of_type
from harnlite.compiler.scopes import ImportedFunction
from harnlite.syntax import tree

__all__ = ["Declarations"]

_LITERALS = (
    tree.NilLiteral,
    tree.BoolLiteral,
    tree.IntLiteral,
    tree.FloatLiteral,
    tree.StringLiteral,
    tree.DurationLiteral,
)


class Declarations(CompilerBase, ABC):
    """Instructions for declarations."""

    def declare(self, node: tree.Statement) -> None:
        if isinstance(node, tree.FunctionDeclaration):
            self._function(node)
        elif isinstance(node, tree.ToolDeclaration):
            self._tool(node)
        elif isinstance(node, tree.ImplDeclaration):
            self._impl(node)
        elif isinstance(node, tree.SkillDeclaration):
            self.fail(node, "runtime", "skill needs a host product and is not part of harnlite")
        elif isinstance(node, tree.EvalPackDeclaration):
            self.fail(node, "runtime", "eval_pack needs a host product and is not part of harnlite")
        elif isinstance(node, tree.PipelineDeclaration):
            self.refuse(node.span, "a pipeline stands at the top level of a file")

    def _function(self, node: tree.FunctionDeclaration) -> None:
        self._function_value(node, node.name, "function", node.name)
        self.bind_new(node.name, False, node)

    def _function_value(self, node: tree.FunctionDeclaration, name: str, kind: str, self_name: str) -> None:
        self.function(
            node,
            name,
            kind,
            node.parameters,
            node.body,
            self_name=self_name,
            generator="stream" if node.generator else None,
            type_parameters=frozenset(parameter.name for parameter in node.type_parameters),
        )

    def _impl(self, node: tree.ImplDeclaration) -> None:
        reference = self.structs.get(node.struct) or StructReference(self.module, node.struct, ())
        for method in node.methods:
            self._function_value(method, f"{node.struct}.{method.name}", "method", "")
        names = tuple(method.name for method in node.methods)
        self.emit(Op.DEFINE_IMPL, node, self.chunk.constant(reference), self.chunk.constant(names))

    # --- Tools and schemas ---

    def schema(self, alias: tree.TypeDeclaration, node: tree.Node) -> None:
        self._data(schema_of_type(alias.type, self.aliases, frozenset((alias.name,))), node)

    def _data(self, value: Any, node: tree.Node) -> None:
        """Push plain data as fresh values."""
        if isinstance(value, dict):
            for key, item in value.items():
                self.constant(key, node)
                self._data(item, node)
            self.emit(Op.DICT, node, len(value))
        elif isinstance(value, list):
            for item in value:
                self._data(item, node)
            self.emit(Op.LIST, node, len(value))
        else:
            self.constant(value, node)

    def _tool(self, node: tree.ToolDeclaration) -> None:
        """``name`` becomes a registry dict of one tool (language.md 3.5)."""
        self.constant("_type", node)
        self.constant("tool_registry", node)
        self.constant("tools", node)
        self.constant("name", node)
        self.constant(node.name, node)
        self.constant("description", node)
        self.constant(node.description or "", node)
        self.constant("executor", node)
        self.constant("harn", node)
        self.constant("handler", node)
        self.function(node, node.name, "tool", node.parameters, node.body, self_name=node.name)
        self.constant("parameters", node)
        for parameter in node.parameters:
            self.constant(parameter.name, parameter)
            self._tool_parameter(parameter)
        self.emit(Op.DICT, node, len(node.parameters))
        entries = 5
        if node.result is not None:
            self.constant("outputSchema", node)
            self._data(schema_of_type(node.result, self.aliases), node)
            entries = 6
        self.emit(Op.DICT, node, entries)
        self.emit(Op.LIST, node, 1)
        self.emit(Op.DICT, node, 2)
        self.bind_new(node.name, False, node)

    def _tool_parameter(self, parameter: tree.Parameter) -> None:
        schema = {"type": "any"} if parameter.annotation is None else schema_of_type(parameter.annotation, self.aliases)
        if parameter.default is not None:
            schema = {**schema, "required": False}
        self._data(schema, parameter)
        if isinstance(parameter.default, _LITERALS):
            self.constant("default", parameter)
            self.expression(parameter.default)
            self.emit(Op.DICT_SET, parameter)

    # --- Imports ---

    def import_module(self, node: tree.Import) -> None:
        """Bind what an import brings into the innermost scope (language.md 9)."""
        interface = self.environment.interfaces.get(node.path)
        if interface is None:
            self.refuse(node.span, f"Import error: cannot read '{node.path}'", "HARN-IMP-001")
        if isinstance(interface, str):
            self.refuse(node.span, interface, "HARN-IMP-001")
        index = self._import_index(node.path, interface.resolved)
        for name in sorted(interface.exported) if node.names is None else node.names:
            if name not in interface.functions:
                std = interface.resolved.startswith("std/")
                where = f"<stdlib>/{interface.resolved.removeprefix('std/')}.harn" if std else interface.resolved
                self.refuse(node.span, f"Import error: '{name}' is not defined in {where}", "HARN-IMP-002")
            self._bind_import(name, index, interface, node)

    def _import_index(self, path: str, resolved: str) -> int:
        for index, reference in enumerate(self.chunk.imports):
            if reference.resolved == resolved:
                return index
        self.chunk.imports.append(ImportReference(path, resolved))
        return len(self.chunk.imports) - 1

    def _bind_import(self, name: str, index: int, interface: ModuleInterface, node: tree.Import) -> None:
        origin = interface.origins.get(name)
        if origin is not None:
            index = self._import_index(origin, origin)
        bound = self.scope.blocks[-1].bound
        existing = bound.get(name)
        if isinstance(existing, ImportedFunction) and existing.index != index:
            self.refuse(
                node.span,
                f"Import collision: '{name}' is already defined when importing {interface.resolved}. "
                f'Use selective imports to disambiguate: import {{ {name} }} from "..."',
                "HARN-IMP-003",
            )
        bound[name] = ImportedFunction(index, name)
