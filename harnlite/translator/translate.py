"""The entry of the translator: a verified chunk becomes the text of a Python module, and that a code object.

A :class:`Translation` belongs to no VM: it can be shared by several and kept on disk (``code_cache.py``). What it needs
from a VM it finds in its namespace (``runtime_support.py``).
"""

from __future__ import annotations

from types import CodeType
from typing import Any, Final

from harnlite.bytecode.chunk import Chunk
from harnlite.bytecode.opcodes import Op
from harnlite.translator.blocks import GuestFunction, NestingError, read_function
from harnlite.translator.emit_base import DeclinedError
from harnlite.translator.emit_function import emit_function, tail_callees
from harnlite.translator.facts import FunctionFacts, UnsettledError, analyse
from harnlite.translator.known import KNOWN_BUILTINS
from harnlite.translator.module_names import ModuleNames
from harnlite.translator.moves import find_moving
from harnlite.translator.translation import Translation, file_name
from harnlite.translator.writer import Writer

__all__ = ["translate"]

#: What Python's compiler raises for a text that is beyond its limits.
_COMPILER_LIMITS: Final = (SyntaxError, RecursionError, MemoryError, OverflowError)


def translate(chunk: Chunk) -> Translation:
    """Translate a chunk.

    :param chunk: must be verified.
    """
    declined: dict[int, str] = {}
    functions = [_read(chunk, index, declined) for index in range(len(chunk.functions))]
    try:
        facts = analyse(chunk, functions).functions
    except UnsettledError:
        facts = [None] * len(functions)
        declined = dict.fromkeys(range(len(functions)), "facts do not settle")
    for index, function in enumerate(facts):
        if function is not None and not function.reached:
            declined[index] = "never called"
            facts[index] = None
        elif function is not None:
            function.moving = find_moving(function, _captured_slots(chunk, function))
    while True:
        names = ModuleNames(chunk)
        writers, refused = _emit(chunk, facts, names)
        code = _compile(chunk, writers, refused)
        declined.update(refused)
        if not refused:
            break
        # Others were written in the belief that these would be there: once more, knowing that they are not.
        for index in refused:
            facts[index] = None
    origins = [origin for writer in writers.values() for origin in writer.origins]
    owners = [index for index, writer in writers.items() for _ in writer.origins]
    assumed = [*sorted(_known_builtins(chunk)), *(f"!{name}" for name in sorted(names.absent))]
    bindings = list(names.bindings.values())
    return Translation(file_name(chunk), _text(writers), code, owners, origins, bindings, assumed, declined)


def _emit(
    chunk: Chunk, facts: list[FunctionFacts | None], names: ModuleNames
) -> tuple[dict[int, Writer], dict[int, str]]:
    """Write every function of which there are facts; gives the texts, and why others were not written."""
    bounded = _bounded_tails(facts)
    writers: dict[int, Writer] = {}
    refused: dict[int, str] = {}
    for index, function in enumerate(facts):
        if function is None:
            continue
        try:
            writers[index] = emit_function(chunk, function, names, facts, index in bounded)
        except DeclinedError as reason:
            refused[index] = str(reason)
    return writers, refused


def _known_builtins(chunk: Chunk) -> set[str]:
    """The builtins that a chunk calls and facts know."""
    called = {
        chunk.names[a] for function in chunk.functions for op, a, _ in function.instructions if op == Op.CALL_BUILTIN
    }
    return called & KNOWN_BUILTINS


def _read(chunk: Chunk, index: int, declined: dict[int, str]) -> GuestFunction | None:
    if chunk.functions[index].published:
        declined[index] = "publishes names"
        return None
    try:
        return read_function(chunk, index)
    except NestingError as reason:
        declined[index] = str(reason)
        return None


def _captured_slots(chunk: Chunk, facts: FunctionFacts) -> set[int]:
    """The slots of a function that its closures capture."""
    return {
        source.index
        for op, index, _ in facts.function.code.instructions
        if op == Op.MAKE_CLOSURE
        for source in chunk.functions[index].captures
        if not source.from_capture
    }


def _bounded_tails(facts: list[FunctionFacts | None]) -> set[int]:
    """The functions whose tail calls, of others than themselves, surely never lead back to them."""
    edges: dict[int, set[int]] = {}
    unknown: set[int] = set()
    for index, function in enumerate(facts):
        if function is None:
            unknown.add(index)
            edges[index] = set()
            continue
        callees, may_call_others = tail_callees(function)
        edges[index] = callees
        if may_call_others:
            unknown.add(index)
    return {index for index in edges if _is_bounded(index, edges, unknown)}


def _is_bounded(index: int, edges: dict[int, set[int]], unknown: set[int]) -> bool:
    if index in unknown:
        return False
    seen: set[int] = set()
    pending = list(edges[index])
    while pending:
        callee = pending.pop()
        if callee in unknown or callee == index:
            return False
        if callee not in seen:
            seen.add(callee)
            pending.extend(edges[callee])
    return True


def _text(writers: dict[int, Writer]) -> str:
    return "".join("\n".join(writer.lines) + "\n" for writer in writers.values())


def _compile(chunk: Chunk, writers: dict[int, Writer], refused: dict[int, str]) -> CodeType:
    """Compile the module; functions beyond the limits of Python's compiler are taken out."""
    name = file_name(chunk)
    try:
        return _compiled(_text(writers), name)
    except _COMPILER_LIMITS:
        pass
    for index, writer in list(writers.items()):
        try:
            _compiled("\n".join(writer.lines) + "\n", name)
        except _COMPILER_LIMITS as reason:
            refused[index] = f"beyond Python's limits: {reason}"
            del writers[index]
    return _compiled(_text(writers), name)


def _compiled(text: str, name: str) -> CodeType:
    code: Any = compile(text, name, "exec", dont_inherit=True, optimize=0)
    assert isinstance(code, CodeType)
    return code
