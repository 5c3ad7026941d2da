"""The state of one file's compilation, and what every part of the compiler shares.

The compiler is one class in parts: each part (``names.py``, ``expressions.py``, ``statements.py``, ...) is a class
with the constructs of one kind, and ``program.py`` joins them. The abstract methods below are what the parts ask of
each other. Takes nodes of the tree, gives instructions; must not know how they are run.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right
from typing import Any, NoReturn

from harnlite.bytecode.chunk import StructReference
from harnlite.bytecode.opcodes import Op
from harnlite.compiler.analysis import FileFacts
from harnlite.compiler.emitter import ChunkBuilder, FunctionBuilder
from harnlite.compiler.interfaces import Environment
from harnlite.compiler.scopes import FunctionScope
from harnlite.diagnostics import Diagnostic, ProgramError
from harnlite.source import Source, Span
from harnlite.syntax import tree

__all__ = ["NOT_CONSTANT", "CompilerBase"]

#: What stands for a value that is only known when the program runs.
NOT_CONSTANT = object()
_CONSTANT_PUSHES = {int(Op.NIL): None, int(Op.TRUE): True, int(Op.FALSE): False}


class CompilerBase(ABC):
    """State of a compilation.

    :ivar facts: what was found out about the file beforehand.
    :ivar scope: the function being compiled.
    :ivar enums: names by which ``E.V`` is an enum value.
    :ivar structs: struct types by name.
    :ivar aliases: type aliases by name, for the schema builtins.
    :ivar deepest: a node that was being compiled when nesting went too deep.
    :ivar ended: names of locals whose block is compiled.
    :ivar forgotten: those of them that late binding must not find behind their block.
    :ivar module_declared: immutable top-level names of a module whose declaration has been compiled.
    """

    def __init__(self, program: tree.Program, source: Source, environment: Environment, kind: str, module: str) -> None:
        self.facts = FileFacts(program)
        self.source = source
        self.environment = environment
        self.kind = kind
        self.module = module
        self.chunk = ChunkBuilder()
        self._line_starts = source.line_starts
        self.enums: set[str] = {"Result"}
        self.local_enums: set[str] = set()
        self.structs: dict[str, StructReference] = {}
        self.local_structs: set[str] = set()
        self.interfaces: dict[str, tree.InterfaceDeclaration] = {}
        self.aliases: dict[str, tree.TypeDeclaration] = {}
        self.module_names: tuple[str, ...] = ()
        self.exports: dict[str, int] = {}
        self.module_declared: set[str] = set()
        self.ended: set[str] = set()
        self.forgotten: frozenset[str] = frozenset()
        self.deepest: tree.Node | None = None
        self.scope = FunctionScope(FunctionBuilder("pipeline", "entry"), None, "", set())
        self.chunk.new_function(self.scope.code)

    # --- Emitting ---

    @property
    def code(self) -> FunctionBuilder:
        """The function that instructions go to."""
        return self.scope.code

    def emit(self, op: Op, node: tree.Node, a: int = 0, b: int = 0) -> None:
        """Add an instruction for a construct."""
        self.scope.code.emit(op, node.span, a, b)

    def line_of(self, node: tree.Node) -> int:
        """Give the 1-based line on which a node starts."""
        return bisect_right(self._line_starts, node.span[0])

    def mark(self, node: tree.Node) -> None:
        """Make a node the one whose line later instructions report."""
        self.deepest = node
        self.scope.code.line = self.line_of(node)

    def constant(self, value: Any, node: tree.Node) -> None:
        """Push a constant value."""
        if value is None:
            self.emit(Op.NIL, node)
        elif value is True:
            self.emit(Op.TRUE, node)
        elif value is False:
            self.emit(Op.FALSE, node)
        else:
            self.emit(Op.CONST, node, self.chunk.constant(value))

    def constant_at(self, index: int) -> Any:
        """Give the constant that one of the last instructions pushes, or :data:`NOT_CONSTANT`."""
        instructions = self.code.instructions
        if len(instructions) < -index or not self.code.reachable:
            return NOT_CONSTANT
        op, operand, _ = instructions[index]
        if op == Op.CONST:
            value = self.chunk.constants[operand]
            return NOT_CONSTANT if type(value) is tuple else value
        return _CONSTANT_PUSHES.get(op, NOT_CONSTANT)

    def fail(self, node: tree.Node, kind: str, message: str) -> None:
        """Raise an error that is known now, when control comes here."""
        self.emit(Op.FAIL, node, self.chunk.constant((kind, message)))

    def refuse(self, span: Span, message: str, code: str = "HARN-CMP-001") -> NoReturn:
        """Refuse the program."""
        raise self.refusal(span, message, code)

    def refusal(self, span: Span, message: str, code: str = "HARN-CMP-001") -> ProgramError:
        """Give the error that refuses the program, in the reference's words."""
        if code == "HARN-CMP-001":
            message = f"compile error: Compile error at line {self.source.position(span.start).line}: {message}"
        return ProgramError([Diagnostic(code, message, self.source, span)])

    def hidden_slot(self, purpose: str) -> int:
        """Give a fresh local that the source does not name."""
        return self.scope.code.new_slot(f"<{purpose}>")

    def store_hidden(self, purpose: str, node: tree.Node) -> int:
        """Move the top of the stack to a fresh hidden local and give its slot."""
        slot = self.hidden_slot(purpose)
        self.emit(Op.STORE, node, slot)
        return slot

    # --- What the parts ask of each other ---

    @abstractmethod
    def expression(self, node: tree.Expression) -> None:
        """Push the value of an expression."""

    @abstractmethod
    def effect(self, node: tree.Expression) -> None:
        """Evaluate an expression whose value nobody wants."""

    @abstractmethod
    def block(self, block: tree.Block, want: bool) -> None:
        """Run a block in a scope of its own; leave its value when it is wanted."""

    @abstractmethod
    def statement(self, node: tree.Statement) -> None:
        """Run one statement."""

    @abstractmethod
    def import_module(self, node: tree.Import) -> None:
        """Bind what an import brings."""

    @abstractmethod
    def statements(self, statements: tuple[tree.Statement, ...], want: bool, node: tree.Node) -> None:
        """Run statements in the scope that is open."""

    @abstractmethod
    def enter_block(self, declared: dict[str, bool]) -> None:
        """Open a scope."""

    @abstractmethod
    def leave_block(self, node: tree.Node) -> None:
        """Close the innermost scope."""

    @abstractmethod
    def read_name(self, name: str, node: tree.Node) -> None:
        """Push what a name stands for."""

    @abstractmethod
    def bind_new(self, name: str, mutable: bool, node: tree.Node) -> None:
        """Bind a name in the innermost scope to the top of the stack; ``_`` discards it."""

    @abstractmethod
    def assign_name(self, name: str, node: tree.Node) -> None:
        """Store the top of the stack into a visible variable."""

    @abstractmethod
    def assignment(self, node: tree.Assignment) -> None:
        """Run an assignment to a variable or a part of it."""

    @abstractmethod
    def call(self, node: tree.Call, tail: bool) -> None:
        """Call by name."""

    @abstractmethod
    def sequence(self, items: tuple[tree.Expression, ...], node: tree.Node) -> None:
        """Push a fresh list of items, spreading those that say so."""

    @abstractmethod
    def pipe(self, node: tree.Pipe, tail: bool) -> None:
        """Apply the right side of a pipe to the top of the stack."""

    @abstractmethod
    def is_tail_position(self) -> bool:
        """Tell whether a returned call may end the function at once."""

    @abstractmethod
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
        """Push a closure."""

    @abstractmethod
    def branches(self, node: tree.If, want: bool) -> None:
        """Run an ``if``."""

    @abstractmethod
    def match(self, node: tree.Match, want: bool) -> None:
        """Run a ``match``."""

    @abstractmethod
    def attempt(self, node: tree.Try, want: bool) -> None:
        """Run a ``try``."""

    @abstractmethod
    def repeat_attempts(self, node: tree.Retry) -> None:
        """Run a ``retry``; it has no value."""

    @abstractmethod
    def time_limit(self, node: tree.Deadline, want: bool) -> None:
        """Run a ``deadline``."""

    @abstractmethod
    def schema(self, alias: tree.TypeDeclaration, node: tree.Node) -> None:
        """Push the schema dict of a type alias."""

    @abstractmethod
    def alias_schema(self, argument: tree.Expression) -> bool:
        """Push the schema of a type alias when an expression names one and no variable; tell whether it did."""

    @abstractmethod
    def bind_pattern(self, pattern: tree.Pattern, mutable: bool, node: tree.Node) -> None:
        """Take the top of the stack apart into the names of a pattern."""

    @abstractmethod
    def declare(self, node: tree.Statement) -> None:
        """Run a declaration."""

    @abstractmethod
    def check_parameter(self, parameter: tree.Parameter, slot: int, type_parameters: frozenset[str]) -> None:
        """Check an argument against its annotation."""
