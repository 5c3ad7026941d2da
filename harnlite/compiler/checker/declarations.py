"""What a file declares, collected before anything is checked: functions, structs, enums, aliases and all names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from harnlite.compiler.interfaces import Environment, ModuleInterface
from harnlite.records import Record
from harnlite.syntax import tree

__all__ = ["Declarations", "FunctionInfo", "collect"]


class FunctionInfo(Record):
    """What a call needs to know of a function of the file or of an imported module."""

    name: str
    parameters: tuple[tree.Parameter, ...]
    result: tree.TypeExpression | None
    type_parameters: tuple[str, ...] = ()
    where: tuple[tree.WhereBound, ...] = ()
    generator: bool = False
    deprecated: str | None = None
    local: bool = True

    @property
    def has_rest(self) -> bool:
        """Whether the last parameter takes all further arguments."""
        return bool(self.parameters) and self.parameters[-1].rest

    @property
    def required(self) -> int:
        """The least number of arguments."""
        return sum(1 for p in self.parameters if p.default is None and not p.rest)

    @property
    def expected_count(self) -> str:
        """The number of arguments as warnings write it."""
        if self.has_rest:
            return f"at least {self.required}"
        total = len(self.parameters)
        return str(total) if total == self.required else f"{self.required}-{total}"


class Declarations:
    """Everything a file declares or imports, by kind; ``names`` is every name bound anywhere in it."""

    def __init__(self) -> None:
        self.functions: dict[str, FunctionInfo] = {}
        self.ambiguous: set[str] = set()
        self.structs: dict[str, tree.StructDeclaration] = {}
        self.enums: dict[str, tree.EnumDeclaration] = {}
        self.aliases: dict[str, tree.TypeDeclaration] = {}
        self.interfaces: dict[str, tree.InterfaceDeclaration] = {}
        self.local_structs: set[str] = set()
        self.impls: dict[str, set[str]] = {}
        self.names: set[str] = set()
        self.imported: set[str] = set()
        self.import_failed = False
        #: Written types with type arguments, and the interfaces of the file itself.
        self.applied_types: list[tree.NamedType] = []
        self.local_interfaces: list[tree.InterfaceDeclaration] = []
        #: Whether any function of the file yields.
        self.has_yields = False


def collect(program: tree.Program, environment: Environment) -> Declarations:
    """Collect the declarations of a whole file, nested ones too."""
    found = Declarations()
    for node in tree.walk(program):
        # A checker takes the method `__hash__` of a node for that of its class.
        kind: Any = type(node)
        collector = _COLLECTORS.get(kind)
        if collector is not None:
            collector(found, node)
        elif isinstance(node, tree.Import):
            _collect_import(found, node, environment)
    return found


def _add_name(found: Declarations, node: Any) -> None:
    found.names.add(node.name)


def _add_struct(found: Declarations, node: tree.StructDeclaration) -> None:
    found.structs.setdefault(node.name, node)
    found.local_structs.add(node.name)
    found.names.add(node.name)


def _add_enum(found: Declarations, node: tree.EnumDeclaration) -> None:
    found.enums.setdefault(node.name, node)
    found.names.add(node.name)


def _add_alias(found: Declarations, node: tree.TypeDeclaration) -> None:
    found.aliases.setdefault(node.name, node)


def _add_interface(found: Declarations, node: tree.InterfaceDeclaration) -> None:
    found.interfaces.setdefault(node.name, node)
    found.local_interfaces.append(node)


def _add_impl(found: Declarations, node: tree.ImplDeclaration) -> None:
    found.impls.setdefault(node.struct, set()).update(method.name for method in node.methods)


def _add_dict_pattern(found: Declarations, node: tree.DictPattern) -> None:
    found.names.update(field.alias or field.key for field in node.fields)
    if node.rest:
        found.names.add(node.rest)


def _add_list_pattern(found: Declarations, node: tree.ListPattern) -> None:
    found.names.update(item.key for item in node.items)
    if node.rest:
        found.names.add(node.rest)


def _add_pair_pattern(found: Declarations, node: tree.PairPattern) -> None:
    found.names.update((node.first, node.second))


def _add_catch(found: Declarations, node: tree.CatchClause) -> None:
    if node.name:
        found.names.add(node.name)


def _add_parallel(found: Declarations, node: tree.Parallel) -> None:
    if node.variable:
        found.names.add(node.variable)


def _add_arm(found: Declarations, node: tree.MatchArm) -> None:
    found.names.update(n.name for p in node.patterns for n in tree.walk(p) if isinstance(n, tree.Name))


def _note_yield(found: Declarations, _node: tree.Yield) -> None:
    found.has_yields = True


def _note_written_type(found: Declarations, node: tree.NamedType) -> None:
    if node.arguments:
        found.applied_types.append(node)


def _add_function(found: Declarations, node: tree.FunctionDeclaration) -> None:
    deprecated = next((a for a in node.attributes if a.name == "deprecated"), None)
    since = None
    if deprecated is not None:
        given = {key or "": value for key, value in deprecated.arguments}
        since = f" (since {given['since']})" if "since" in given else ""
        since += f": use `{given['use']}` instead" if "use" in given else ""
    if node.name in found.functions:
        found.ambiguous.add(node.name)
    found.functions[node.name] = FunctionInfo(
        node.name,
        node.parameters,
        node.result,
        tuple(parameter.name for parameter in node.type_parameters),
        node.where,
        node.generator,
        since,
    )
    found.names.add(node.name)


def _collect_import(found: Declarations, node: tree.Import, environment: Environment) -> None:
    interface = environment.interfaces.get(node.path)
    if not isinstance(interface, ModuleInterface):
        found.import_failed = True
        found.imported.update(node.names or ())
        return
    names = interface.exported if node.names is None else node.names
    found.imported.update(names)
    found.enums = {**interface.enums, **found.enums}
    for type_name, declaration in interface.types.items():
        match declaration:
            case tree.StructDeclaration():
                found.structs.setdefault(type_name, declaration)
            case tree.InterfaceDeclaration():
                found.interfaces.setdefault(type_name, declaration)
            case _:
                found.aliases.setdefault(type_name, declaration)
    for name in names:
        signature = interface.functions.get(name)
        if signature is None:
            continue
        if name in found.functions:
            found.ambiguous.add(name)
            continue
        found.functions[name] = FunctionInfo(
            name,
            signature.parameters,
            signature.result,
            tuple(parameter.name for parameter in signature.type_parameters),
            signature.where,
            signature.generator,
            local=False,
        )


#: What is noted of each kind of node; imports need the environment too.
_COLLECTORS: Final[dict[type, Callable[[Declarations, Any], None]]] = {
    tree.CatchClause: _add_catch,
    tree.DictPattern: _add_dict_pattern,
    tree.EnumDeclaration: _add_enum,
    tree.EvalPackDeclaration: _add_name,
    tree.FunctionDeclaration: _add_function,
    tree.ImplDeclaration: _add_impl,
    tree.InterfaceDeclaration: _add_interface,
    tree.ListPattern: _add_list_pattern,
    tree.MatchArm: _add_arm,
    tree.NamePattern: _add_name,
    tree.NamedType: _note_written_type,
    tree.OverrideDeclaration: _add_name,
    tree.PairPattern: _add_pair_pattern,
    tree.Parallel: _add_parallel,
    tree.Parameter: _add_name,
    tree.PipelineDeclaration: _add_name,
    tree.SelectCase: _add_name,
    tree.SkillDeclaration: _add_name,
    tree.StructDeclaration: _add_struct,
    tree.ToolDeclaration: _add_name,
    tree.TypeDeclaration: _add_alias,
    tree.Yield: _note_yield,
}
