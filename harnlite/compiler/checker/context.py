"""The state of one check: scopes with the types of names, the function being checked, the findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from harnlite.compiler.checker.declarations import Declarations
from harnlite.compiler.checker.types import ANY, Type
from harnlite.diagnostics import Diagnostic
from harnlite.records import Record
from harnlite.source import Source, Span
from harnlite.syntax import tree

__all__ = ["BuiltinSignature", "BuiltinTable", "Checker", "FunctionContext", "Scope", "Variable"]


class BuiltinParameter(Protocol):
    """What the checker reads of a builtin's parameter."""

    @property
    def name(self) -> str: ...

    @property
    def types(self) -> tuple[str, ...]: ...

    @property
    def optional(self) -> bool: ...

    @property
    def rest(self) -> bool: ...


class BuiltinSignature(Protocol):
    """What the checker reads of a builtin's signature."""

    @property
    def parameters(self) -> Sequence[BuiltinParameter]: ...


class BuiltinTable(Protocol):
    """Where the checker finds signatures, a loose builtin checking nothing, and the values of constant calls."""

    def signature(self, name: str) -> BuiltinSignature: ...

    def is_loose(self, name: str) -> bool: ...

    def evaluate(self, name: str, arguments: list[Any]) -> Any: ...


class Variable(Record, frozen=False):
    """A visible name.

    :param type: what is known of its value now (narrowed).
    :param declared: what may be assigned to it.
    :param mutable: whether it was bound by ``var``.
    :param inferred: whether the type comes from the initialiser rather than from an annotation.
    :param first: the exact type of the initialiser, for messages, where more than that may be assigned.
    """

    type: Type
    declared: Type
    mutable: bool = False
    inferred: bool = True
    first: Type | None = None


class Scope:
    """A block's names and the way outwards."""

    __slots__ = ("names", "outer")

    def __init__(self, outer: Scope | None = None) -> None:
        self.outer = outer
        self.names: dict[str, Variable] = {}

    def find(self, name: str) -> Variable | None:
        """Give the innermost binding of a name."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.outer
        return None

    def forget_narrowing(self, name: str) -> None:
        """A name was assigned: it may again be anything it was declared as; a loop variable, anything at all."""
        scope: Scope | None = self
        while scope is not None:
            variable = scope.names.get(name)
            if variable is not None:
                variable.type = variable.declared = variable.declared if variable.mutable else ANY
            scope = scope.outer

    def visible(self) -> set[str]:
        """Give every name that can be read here."""
        found: set[str] = set()
        scope: Scope | None = self
        while scope is not None:
            found.update(scope.names)
            scope = scope.outer
        return found


class FunctionContext(Record):
    """The body being checked; ``kind`` is ``module``, ``fn``, ``gen``, ``tool``, ``pipeline`` or ``closure``.

    :param gives_handle: whether a call gives a generator or a stream, so that what is returned is lost.
    """

    kind: str
    result: Type = ANY
    type_parameters: frozenset[str] = frozenset()
    gives_handle: bool = False


class Checker:
    """One run of the checker over one file.

    :param expressions: what checks each kind of expression; handed in, so that this file knows none of them.
    :param statements: what checks a list of statements.
    """

    def __init__(
        self,
        source: Source,
        declarations: Declarations,
        table: BuiltinTable,
        builtins: frozenset[str],
        globals_: frozenset[str],
        expressions: Mapping[type, Callable[[Checker, Any], Type]],
        statements: Callable[[Checker, tuple[tree.Statement, ...]], Type],
    ) -> None:
        self.source = source
        self._handlers = expressions
        self._check_statements = statements
        self.declarations = declarations
        self.table = table
        self.builtins = builtins
        self.globals = globals_
        self.scope = Scope()
        self.function = FunctionContext("module")
        self.findings: list[Diagnostic] = []
        self.constants: dict[str, Any] = {}
        self.has_pipeline = False
        self._reported: set[tuple[str, Span]] = set()

    def infer(self, expression: tree.Expression) -> Type:
        """Check an expression and give its type."""
        handler = self._handlers.get(type(expression))
        return handler(self, expression) if handler else ANY

    def check_statements(self, statements: tuple[tree.Statement, ...]) -> Type:
        """Check statements in order in the present scope; give the type of the last one."""
        return self._check_statements(self, statements)

    def report(
        self, code: str, message: str, span: Span, *, warning: bool = False, label: str = "", hint: str = ""
    ) -> None:
        """Add a finding once per code and place."""
        if (code, span) in self._reported:
            return
        self._reported.add((code, span))
        self.findings.append(
            Diagnostic(
                f"HARN-{code}",
                message,
                self.source,
                span,
                severity="warning" if warning else "error",
                label=label,
                help=hint,
            )
        )

    @contextmanager
    def block(self) -> Iterator[Scope]:
        """Check what follows in a scope of its own."""
        outer = self.scope
        self.scope = Scope(outer)
        try:
            yield self.scope
        finally:
            self.scope = outer

    @contextmanager
    def body(self, function: FunctionContext) -> Iterator[Scope]:
        """Check a function-like body: a scope and a function of its own."""
        outer = self.function
        self.function = function
        try:
            with self.block() as scope:
                yield scope
        finally:
            self.function = outer

    @property
    def at_top_level(self) -> bool:
        """Whether a name bound here is a top-level name, whose type the rest of the file does not know."""
        return self.function.kind == "module" and self.scope.outer is None

    def bind(
        self, name: str, kind: Type, *, mutable: bool = False, inferred: bool = True, first: Type | None = None
    ) -> None:
        """Bind a name in the current scope; top-level names keep no type (language.md 8.1)."""
        if name == "_":
            return
        known = ANY if self.at_top_level else kind
        self.scope.names[name] = Variable(known, known, mutable, inferred, first)

    def bind_pattern(self, pattern: tree.Pattern, *, mutable: bool = False) -> None:
        """Bind the names of a destructuring pattern, whose types are not known."""
        names: list[str] = []
        match pattern:
            case tree.NamePattern(name=name):
                names.append(name)
            case tree.PairPattern(first=first, second=second):
                names += [first, second]
            case tree.DictPattern():
                names += [field.alias or field.key for field in pattern.fields]
                names += [pattern.rest] if pattern.rest else []
            case tree.ListPattern():
                names += [item.key for item in pattern.items]
                names += [pattern.rest] if pattern.rest else []
        for name in names:
            self.bind(name, ANY, mutable=mutable)
