"""What a composition snippet may say, and compiling it (docs/reference/more.md 5)."""

from __future__ import annotations

from collections.abc import Collection

from harnlite.bytecode.chunk import Chunk
from harnlite.bytecode.opcodes import Op
from harnlite.compiler.interfaces import Environment
from harnlite.compiler.program import compile_program
from harnlite.source import Source
from harnlite.syntax import tree
from harnlite.syntax.parser import parse

__all__ = ["CALL_BUILTIN", "PURE_HELPERS", "CompositionRefused", "compile_snippet"]

#: The builtin that a binding call becomes: run id, name, arguments.
CALL_BUILTIN = "__host_composition_call"

#: The builtins a snippet may call: no effects, no callbacks, nothing that depends on more than the arguments.
PURE_HELPERS = frozenset(
    {
        "Err",
        "Ok",
        "abs",
        "ceil",
        "contains",
        "ends_with",
        "entries",
        "floor",
        "format",
        "is_err",
        "is_ok",
        "join",
        "json_parse",
        "json_stringify",
        "keys",
        "len",
        "lowercase",
        "max",
        "min",
        "pow",
        "range",
        "regex_captures",
        "regex_match",
        "regex_replace",
        "replace",
        "round",
        "set",
        "split",
        "sqrt",
        "starts_with",
        "substring",
        "to_float",
        "to_int",
        "to_string",
        "trim",
        "type_of",
        "unwrap",
        "unwrap_err",
        "unwrap_or",
        "uppercase",
        "values",
    }
)

#: Where a name that means nothing in the snippet is looked up when it runs: operation and which operand is the name.
_DYNAMIC_NAMES = {
    Op.LOAD_DYNAMIC: 1,
    Op.LOAD_LATE_CAPTURE: 2,
    Op.LOAD_LATE_CAPTURE_CALLEE: 2,
}

_HEADER = "pipeline main() {\n"


class CompositionRefused(Exception):  # noqa: N818 - a verdict that ends up in the report
    """A snippet that may not run."""

    def __init__(self, category: str, message: str) -> None:
        super().__init__(message)
        self.category = category
        self.message = message


def compile_snippet(snippet: str, bindings: Collection[str], run_id: str, builtin_names: Collection[str]) -> Chunk:
    """Parse a snippet, judge it, and compile it as the body of a pipeline.

    :param bindings: the names that the manifest lets it call.
    :param run_id: what its binding calls will name.
    :param builtin_names: all builtins; a snippet may not even mention those that are not pure.
    :raises ProgramError: when it does not parse.
    :raises CompositionRefused: when it says what it may not.
    """
    source = Source("<composition>", f"{_HEADER}{snippet}\n}}")
    program = parse(source)
    _refuse_structure(program, source)
    for node in tree.walk(program):
        _judge(node, bindings, run_id, source)
    environment = Environment(PURE_HELPERS | {CALL_BUILTIN}, frozenset())
    chunk = compile_program(program, source, environment, entry="main")
    _refuse_mentions(chunk, builtin_names)
    return chunk


def _refuse_structure(program: tree.Program, source: Source) -> None:
    """A snippet is one pipeline body and cannot close it and go on."""
    statements = program.statements
    if len(statements) != 1 or not isinstance(statements[0], tree.PipelineDeclaration):
        raise _unparsable("Unexpected declaration", statements[-1], source)


def _judge(node: tree.Node, bindings: Collection[str], run_id: str, source: Source) -> None:
    """Refuse what a snippet may not say; turn a call of a binding into a call of the dispatcher's builtin."""
    if isinstance(node, tree.Import):
        raise _unparsable("Unexpected import", node, source)
    if isinstance(node, tree.Spawn | tree.Parallel):
        raise CompositionRefused("policy_denied", "composition snippets cannot spawn or parallelize work")
    if isinstance(node, tree.HumanCall):
        raise _not_callable(node.keyword)
    if not isinstance(node, tree.Call):
        return
    name = node.callee.name
    if name in bindings:
        # The tree was parsed for this snippet alone, and nobody else has seen it yet.
        node.callee = tree.Name(node.callee.span, CALL_BUILTIN)  # type: ignore[misc]  # see above
        who = [tree.StringLiteral(node.span, text) for text in (run_id, name)]
        node.arguments = (*who, *node.arguments)  # type: ignore[misc]  # see above
    elif name not in PURE_HELPERS:
        raise _not_callable(name)


def _refuse_mentions(chunk: Chunk, builtin_names: Collection[str]) -> None:
    """Refuse builtins as values: they could be called by a method such as ``map``."""
    for function in chunk.functions:
        for instruction in function.instructions:
            operand = _DYNAMIC_NAMES.get(Op(instruction[0]))
            if operand is None:
                continue
            name = chunk.names[instruction[operand]]
            if name in builtin_names and name not in PURE_HELPERS:
                raise _not_callable(name)


def _not_callable(name: str) -> CompositionRefused:
    return CompositionRefused(
        "policy_denied", f"composition call target `{name}` is not a manifest binding or pure helper"
    )


def _unparsable(what: str, node: tree.Node, source: Source) -> CompositionRefused:
    line, column = source.position(node.span.start)
    return CompositionRefused("schema_validation", f"composition parse error: {what} at {line}:{column}")
