"""What tests use to compile a text without the engine around: few builtins, hand-made modules, readable results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from harnlite.bytecode.chunk import Chunk
from harnlite.bytecode.disassembler import to_json
from harnlite.bytecode.verifier import verify
from harnlite.compiler import Environment, ModuleInterface, compile_program, interface_of
from harnlite.source import Source
from harnlite.syntax import tree
from harnlite.syntax.parser import parse

BUILTINS = frozenset(
    [
        "Err",
        "Ok",
        "abs",
        "atomic",
        "await",
        "cancel",
        "channel",
        "is_type",
        "json_validate",
        "len",
        "map_of",
        "print",
        "println",
        "range",
        "receive",
        "schema_check",
        "schema_expect",
        "schema_is",
        "schema_of",
        "send",
        "set",
        "sleep",
        "sort_of",
        "to_string",
        "type_of",
        "uppercase",
    ]
)
GLOBALS = frozenset(("argv", "e", "event_log", "harness", "pi", "skills"))


def environment(modules: Mapping[str, str] | None = None) -> Environment:
    """Give an environment in which the given texts can be imported by their names."""
    interfaces: dict[str, ModuleInterface | str] = {}
    for path, text in (modules or {}).items():
        program = parse(Source(path, text))
        interfaces[path] = interface_of(program, f"/lib/{path}.harn", interfaces)
    return Environment(BUILTINS, GLOBALS, interfaces)


def compile_text(
    text: str,
    *,
    kind: Literal["entry", "module"] = "entry",
    modules: Mapping[str, str] | None = None,
) -> Chunk:
    """Compile and verify a text; ``modules`` are texts that it can import by name, later ones importing earlier."""
    source = Source("test.harn", text)
    chunk = compile_program(parse(source), source, environment(modules), kind=kind, module="/lib/test.harn")
    verify(chunk)
    return chunk


def compile_tree(program: tree.Program, text: str = "") -> Chunk:
    """Compile and verify a tree."""
    chunk = compile_program(program, Source("test.harn", text), environment())
    verify(chunk)
    return chunk


def instructions(chunk: Chunk, function: str | int = 0) -> list[str]:
    """Give a function's instructions as lines such as ``LOAD x#0``; the function by number or name."""
    functions = to_json(chunk)["functions"]
    if isinstance(function, str):
        found = next(each for each in functions if each["name"] == function)
    else:
        found = functions[function]
    return [" ".join((each["op"], *each["operands"])) for each in found["instructions"]]
