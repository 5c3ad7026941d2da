"""What one file may know of another: the interface of a module, and the environment a file is compiled in.

Takes parsed modules, gives their functions, types and exports (docs/reference/language.md 9). Must not load files:
whoever finds modules hands their interfaces in.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from harnlite.bytecode.chunk import StructReference
from harnlite.records import Record, evolve
from harnlite.syntax import tree

__all__ = ["Environment", "FunctionSignature", "ModuleInterface", "interface_of", "struct_reference"]

_NONE: Mapping[str, Any] = MappingProxyType({})

TypeLike = tree.TypeDeclaration | tree.InterfaceDeclaration | tree.StructDeclaration


class FunctionSignature(Record, eq=True):
    """What a caller in another file may know of a function."""

    name: str
    parameters: tuple[tree.Parameter, ...]
    result: tree.TypeExpression | None
    public: bool
    type_parameters: tuple[tree.TypeParameter, ...] = ()
    where: tuple[tree.WhereBound, ...] = ()
    attributes: tuple[tree.Attribute, ...] = ()
    generator: bool = False


class ModuleInterface(Record):
    """What an importer may know of a module.

    :param resolved: its identity: an absolute path, or ``std/name``.
    :param functions: every function it declares or re-exports.
    :param exported: the names that a wildcard import brings.
    :param structs: its structs, and those of the modules that it imports with ``pub``.
    :param enums: likewise its enums.
    :param types: declarations of its aliases, interfaces and structs, for the static checker.
    :param origins: for re-exported functions, the module that declares them.
    """

    resolved: str
    functions: dict[str, FunctionSignature]
    exported: frozenset[str]
    structs: dict[str, StructReference]
    enums: dict[str, tree.EnumDeclaration]
    types: dict[str, TypeLike]
    origins: Mapping[str, str] = _NONE


class Environment(Record):
    """What exists around a file.

    :param builtins: names of all builtins.
    :param globals: names of all globals.
    :param interfaces: by import path as written: the module's interface, or why it cannot be had.
    """

    builtins: frozenset[str]
    globals: frozenset[str]
    interfaces: Mapping[str, ModuleInterface | str] = _NONE


def interface_of(program: tree.Program, resolved: str, imports: Mapping[str, ModuleInterface | str]) -> ModuleInterface:
    """Give the interface of a parsed module (language.md 9).

    :param resolved: the module's identity.
    :param imports: interfaces of its own imports by path as written; missing ones (a cycle being loaded, a path
        that cannot be read) count as exporting nothing.
    """
    functions: dict[str, FunctionSignature] = {}
    structs: dict[str, StructReference] = {}
    enums: dict[str, tree.EnumDeclaration] = {}
    types: dict[str, TypeLike] = {}
    origins: dict[str, str] = {}
    for statement in program.statements:
        if isinstance(statement, tree.Import) and statement.public:
            module = imports.get(statement.path)
            if module is not None and not isinstance(module, str):
                _reexport(statement, module, functions, origins)
                structs |= module.structs
                enums |= module.enums
                types |= module.types
    for node in program.statements:
        if isinstance(node, tree.FunctionDeclaration):
            functions[node.name] = _signature(node)
            origins.pop(node.name, None)
        elif isinstance(node, tree.StructDeclaration):
            structs[node.name] = struct_reference(resolved, node)
            types[node.name] = node
        elif isinstance(node, tree.EnumDeclaration):
            enums[node.name] = node
        elif isinstance(node, tree.TypeDeclaration | tree.InterfaceDeclaration):
            types[node.name] = node
    public = {name for name, function in functions.items() if function.public or name in origins}
    return ModuleInterface(resolved, functions, frozenset(public or functions), structs, enums, types, origins)


def struct_reference(module: str, node: tree.StructDeclaration) -> StructReference:
    """Give the reference by which bytecode names a declared struct."""
    return StructReference(module, node.name, tuple(field.name for field in node.fields))


def _reexport(
    statement: tree.Import,
    module: ModuleInterface,
    functions: dict[str, FunctionSignature],
    origins: dict[str, str],
) -> None:
    for name in sorted(module.exported) if statement.names is None else statement.names:
        signature = module.functions.get(name)
        if signature is not None:
            functions[name] = evolve(signature, public=True)
            origins[name] = module.origins.get(name, module.resolved)


def _signature(node: tree.FunctionDeclaration) -> FunctionSignature:
    return FunctionSignature(
        node.name,
        node.parameters,
        node.result,
        node.public,
        node.type_parameters,
        node.where,
        node.attributes,
        node.generator,
    )
