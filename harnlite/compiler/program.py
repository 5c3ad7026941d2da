"""A whole file: what runs, and in which order (docs/reference/language.md 3.1, 9).

Takes a parsed program with its environment, gives a chunk. Static checks come before, in ``checker/``.
"""

from __future__ import annotations

from typing import Literal

from harnlite.bytecode.chunk import Chunk
from harnlite.bytecode.opcodes import Op
from harnlite.compiler.analysis import declared_names
from harnlite.compiler.control import Control
from harnlite.compiler.declarations import Declarations
from harnlite.compiler.expressions import Expressions
from harnlite.compiler.functions import Functions
from harnlite.compiler.interfaces import Environment, ModuleInterface, struct_reference
from harnlite.compiler.names import Names
from harnlite.compiler.parameter_types import ParameterTypes
from harnlite.compiler.patterns import Patterns
from harnlite.compiler.scopes import ModuleVariable
from harnlite.compiler.statements import Statements
from harnlite.digests import text_digest
from harnlite.source import NOWHERE, Source
from harnlite.syntax import tree

__all__ = ["compile_program"]


def compile_program(
    program: tree.Program,
    source: Source,
    environment: Environment,
    *,
    kind: Literal["entry", "module"] = "entry",
    module: str = "",
    entry: str | None = None,
) -> Chunk:
    """Compile a parsed file.

    :param environment: builtins, globals and the interfaces of what the file imports.
    :param kind: ``entry`` for the file that is run, ``module`` for one that is imported.
    :param module: a module's identity, which its struct types carry; "" for the entry file.
    :param entry: the pipeline to run instead of the default one; its value is then that of an explicit ``return``
        only (lifecycle.md 1).
    :raises ProgramError: for what parses but cannot be compiled (HARN-CMP-001), and for failed imports
        (HARN-IMP-001 to 003).
    """
    forgotten: frozenset[str] = frozenset()
    while True:
        compiler = _Compiler(program, source, environment, kind, module)
        compiler.entry = entry
        compiler.forgotten = forgotten
        try:
            chunk = compiler.compile(program)
        except RecursionError:
            chunk = None
        if chunk is None:
            raise compiler.refusal(NOWHERE if compiler.deepest is None else compiler.deepest.span, "nested too deeply")
        # Late binding looks through callers' locals by name; only now is known which names it looks for.
        dangling = compiler.chunk.dynamic_names & compiler.ended
        if dangling <= forgotten:
            return chunk
        forgotten = frozenset(dangling)


class _Compiler(Names, Expressions, Statements, Control, Patterns, Functions, ParameterTypes, Declarations):
    """All parts of the compiler together."""

    entry: str | None = None

    def compile(self, program: tree.Program) -> Chunk:
        """Compile the file."""
        self._collect_declarations(program)
        self.mark(program)
        if self.kind == "module":
            self._module_file(program)
        else:
            self._entry_file(program)
        self.emit(Op.NIL, program)
        self.emit(Op.RETURN, program)
        self.leave_block(program)
        self.scope.finish(program.span, 1)
        return self.chunk.finish(
            self.source.name,
            text_digest(self.source.text),
            self.kind,
            self.module_names,
            self.exports,
            tuple(self.source.line_starts),
        )

    # --- What the file and its imports declare ---

    def _collect_declarations(self, program: tree.Program) -> None:
        for statement in program.statements:
            if isinstance(statement, tree.Import):
                interface = self.environment.interfaces.get(statement.path)
                if isinstance(interface, ModuleInterface):
                    self.structs |= interface.structs
                    self.enums |= interface.enums.keys()
                    for name, declaration in interface.types.items():
                        if isinstance(declaration, tree.TypeDeclaration):
                            self.aliases[name] = declaration
        for node in self.facts.declarations:
            if isinstance(node, tree.StructDeclaration):
                self.structs[node.name] = struct_reference(self.module, node)
                self.local_structs.add(node.name)
            elif isinstance(node, tree.EnumDeclaration):
                self.enums.add(node.name)
                self.local_enums.add(node.name)
            elif isinstance(node, tree.TypeDeclaration):
                self.aliases[node.name] = node
            elif isinstance(node, tree.InterfaceDeclaration):
                self.interfaces[node.name] = node

    def _imports(self, program: tree.Program) -> None:
        for statement in program.statements:
            if isinstance(statement, tree.Import):
                self.import_module(statement)

    # --- Modules ---

    def _module_file(self, program: tree.Program) -> None:
        """Functions first, so that initialisers can call them, then bindings; other statements never run."""
        self.enter_block({})
        self._imports(program)
        bound = self.scope.blocks[-1].bound
        declarations = [s for s in program.statements if isinstance(s, _DECLARATIONS)]
        bindings = [s for s in program.statements if isinstance(s, tree.Binding)]
        names: dict[str, bool] = {}
        for statement in (*declarations, *bindings):
            if isinstance(statement, tree.ToolDeclaration):
                names.setdefault(statement.name, False)
            else:
                mutable = isinstance(statement, tree.Binding) and statement.keyword == "var"
                for name in declared_names((statement,)):
                    names[name] = names.get(name, False) or mutable
        for index, (name, mutable) in enumerate(names.items()):
            bound.setdefault(name, ModuleVariable(index, mutable))
        self.module_names = tuple(names)
        indices = {name: index for index, name in enumerate(names)}
        self.exports = {
            statement.name: indices[statement.name]
            for statement in declarations
            if isinstance(statement, tree.FunctionDeclaration)
        }
        for statement in (*declarations, *bindings):
            self.statement(statement)

    # --- Entry files ---

    def _entry_file(self, program: tree.Program) -> None:
        statements = program.statements
        pipelines = {s.name: s for s in statements if isinstance(s, tree.PipelineDeclaration)}
        self.enter_block(declared_names(statements))
        self._imports(program)
        if not pipelines:
            self._script(program)
            return
        for statement in statements:
            if isinstance(statement, tree.Binding):
                self.statement(statement)
        for statement in statements:
            if isinstance(statement, (*_DECLARATIONS, tree.SkillDeclaration)):
                self.statement(statement)
        chosen = "default" if self.entry is None else self.entry
        entry = pipelines.get(chosen) or next(iter(pipelines.values()))
        body = self._inherited(entry, pipelines)
        self.enter_block(declared_names(body))
        tail_value = self.entry is None
        self.statements(body, tail_value, entry.body)
        if tail_value:
            self.emit(Op.RETURN, entry)
        self.leave_block(entry.body)

    def _inherited(
        self, pipeline: tree.PipelineDeclaration, pipelines: dict[str, tree.PipelineDeclaration]
    ) -> tuple[tree.Statement, ...]:
        """Give a pipeline's statements, those of the pipelines it extends first."""
        lineage = [pipeline]
        while lineage[-1].parent is not None:
            child = lineage[-1]
            parent = pipelines.get(child.parent or "")
            if parent is None:
                self.refuse(child.span, f"pipeline `{child.name}` extends unknown pipeline `{child.parent}`")
            if parent in lineage:
                self.refuse(child.span, f"pipeline `{child.name}` extends itself")
            lineage.append(parent)
        return tuple(statement for each in reversed(lineage) for statement in each.body.statements)

    def _script(self, program: tree.Program) -> None:
        statements = program.statements
        main = next((s for s in statements if isinstance(s, tree.FunctionDeclaration) and s.name == "main"), None)
        if main is None:
            self.statements(statements, False, program)
            return
        call = tree.Call(main.span, tree.Name(main.span, "main"), (tree.Name(main.span, "harness"),))
        self.statements((*statements, tree.ExpressionStatement(main.span, call)), True, program)
        self.emit(Op.RETURN, program)


_DECLARATIONS = (
    tree.FunctionDeclaration,
    tree.ToolDeclaration,
    tree.ImplDeclaration,
)
