"""Chunks: what the compiler makes and both tiers run. Immutable once built, shareable between VMs and threads."""

from __future__ import annotations

from harnlite.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


__all__ = ["CaptureSource", "Chunk", "FunctionCode", "ImportReference", "Instruction", "Parameter", "StructReference"]

#: ``(opcode, a, b)``, see ``opcodes.py``.
Instruction = tuple[int, int, int]


class CaptureSource(NamedTuple):
    """Where MAKE_CLOSURE takes a captured value from: a local of the maker, or one of its own captures."""

    from_capture: bool
    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody needs here


class StructReference(NamedTuple):
    """A struct type by declaration: the module that declares it ("" for the entry file), name, field names."""

    module: str
    name: str
    fields: tuple[str, ...]


class Parameter(NamedTuple):
    """A parameter; its value arrives in the slot of the same number."""

    name: str
    has_default: bool
    rest: bool


class ImportReference(NamedTuple):
    """An imported module: ``path`` as written, ``resolved`` its identity for the module loader (an absolute
    file path or ``std/name``)."""

    path: str
    resolved: str


class FunctionCode:
    """The bytecode of one guest function.

    :param name: what arity errors and notes call it: ``f``, ``S.m``, ``<closure>``; ``pipeline`` for a body of a
        program.
    :param kind: ``function``, ``closure``, ``method``, ``tool``, ``task``, ``entry``.
    :param parameters: slots 0.. hold them in order; a rest parameter is last and receives a list.
    :param slot_names: the name of each local, hidden ones in angle brackets.
    :param captures: where MAKE_CLOSURE finds each captured value.
    :param capture_names: the name of each captured value.
    :param instructions: see ``opcodes.py``.
    :param spans: start and end offset in the chunk's source, per instruction.
    :param lines: the 1-based line that run-time errors report, per instruction; 0 for an error that is the caller's,
        who reports it as its own.
    :param max_stack: the largest operand-stack height, checked by the verifier.
    :param generator: ``""``, ``generator`` (it yields) or ``stream`` (``gen fn``).
    :param published: names and slots of locals that callees may find by LOAD_DYNAMIC, in the order to look: of two
        slots with one name the one declared later comes first.
    """

    __slots__ = (
        "capture_names",
        "captures",
        "generator",
        "instructions",
        "kind",
        "lines",
        "max_stack",
        "name",
        "parameter_names",
        "parameters",
        "published",
        "slot_names",
        "spans",
    )

    def __init__(
        self,
        name: str,
        kind: str,
        parameters: tuple[Parameter, ...],
        slot_names: tuple[str, ...],
        captures: tuple[CaptureSource, ...],
        capture_names: tuple[str, ...],
        instructions: tuple[Instruction, ...],
        spans: tuple[tuple[int, int], ...],
        lines: tuple[int, ...],
        max_stack: int,
        generator: str = "",
        published: tuple[tuple[str, int], ...] = (),
    ) -> None:
        self.name = name
        self.kind = kind
        self.parameters = parameters
        self.parameter_names = tuple(parameter.name for parameter in parameters)
        self.slot_names = slot_names
        self.captures = captures
        self.capture_names = capture_names
        self.instructions = instructions
        self.spans = spans
        self.lines = lines
        self.max_stack = max_stack
        self.generator = generator
        self.published = published

    @property
    def required(self) -> int:
        """The least number of arguments."""
        return sum(1 for parameter in self.parameters if not parameter.has_default and not parameter.rest)

    @property
    def has_rest(self) -> bool:
        """Whether the last parameter takes all further arguments."""
        return bool(self.parameters) and self.parameters[-1].rest


class Chunk:
    """One compiled file.

    :param source_name: what diagnostics call the file.
    :param source_digest: SHA-256 of the source text, hexadecimal.
    :param kind: ``entry`` or ``module``.
    :param constants: ints, floats, strings, durations as ``("duration", ms)`` and the tuples that some opcodes
        take; see ``opcodes.py``.
    :param names: the names that instructions refer to.
    :param functions: number 0 is the body: for an entry file imports, top-level statements and the pipeline or
        ``main`` call; for a module its top-level bindings and functions.
    :param imports: in order of execution. One whose ``path`` equals ``resolved`` was not written in the file: it is
        where a function re-exported by an earlier one comes from.
    :param module_names: names of a module's variables, one per index of its state; empty for an entry file.
    :param exports: for a module: exported name to module variable index.
    :param line_starts: character offset of each line's start, so that positions need no source text.
    :param suggestions: for names that may be undefined: the nearest name visible there (language.md 7.2).
    """

    __slots__ = (
        "cache_stem",
        "constants",
        "exports",
        "functions",
        "imports",
        "kind",
        "line_starts",
        "module_names",
        "names",
        "source_digest",
        "source_name",
        "suggestions",
        "translation",
    )

    #: What the fast tier has made of this chunk, for the next VM that runs it; None: nothing yet. Only that tier sets
    #: it, and never to anything else than what any other thread would set.
    translation: Any
    #: Where the cache keeps this chunk, without a file ending; "" when it is not kept. Only the cache sets it.
    cache_stem: str

    def __init__(
        self,
        source_name: str,
        source_digest: str,
        kind: str,
        constants: tuple[Any, ...],
        names: tuple[str, ...],
        functions: tuple[FunctionCode, ...],
        imports: tuple[ImportReference, ...],
        module_names: tuple[str, ...],
        exports: dict[str, int],
        line_starts: tuple[int, ...],
        suggestions: dict[str, str] | None = None,
    ) -> None:
        self.translation = None
        self.cache_stem = ""
        self.source_name = source_name
        self.source_digest = source_digest
        self.kind = kind
        self.constants = constants
        self.names = names
        self.functions = functions
        self.imports = imports
        self.module_names = module_names
        self.exports = exports
        self.line_starts = line_starts
        self.suggestions = suggestions or {}
