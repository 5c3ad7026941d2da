"""Chunks as text for people and as plain data for programs (``harnlite dis``).

Takes a chunk, with its source when the lines are to stand beside the instructions; gives text or JSON-ready data.
"""

from __future__ import annotations

from typing import Any

from harnlite.bytecode.chunk import Chunk, FunctionCode, Instruction
from harnlite.bytecode.opcodes import OPCODES, Op, OperandKind
from harnlite.source import Source

__all__ = ["disassemble", "to_json"]

_OPENERS = frozenset((Op.IF, Op.IF_NIL, Op.LOOP, Op.FOR, Op.TRY, Op.CLEANUP, Op.DEADLINE, Op.MUTEX))
_SEPARATORS = frozenset((Op.ELSE, Op.CATCH, Op.FINALLY))
_DEEPEST_INDENT = 12


def disassemble(chunk: Chunk, source: Source | None = None) -> str:
    """Give a chunk as text: a section per function, indented by construct.

    :param source: the chunk's source; its lines then stand above the instructions made from them.
    """
    lines = [f"{chunk.kind} {chunk.source_name}"]
    lines += [f"import {reference.path} = {reference.resolved}" for reference in chunk.imports]
    if chunk.module_names:
        lines.append(f"variables: {', '.join(chunk.module_names)}")
    if chunk.exports:
        lines.append(f"exports: {', '.join(chunk.exports)}")
    for number, function in enumerate(chunk.functions):
        lines.append("")
        lines += _function(chunk, number, function, source)
    return "\n".join(lines) + "\n"


def _function(chunk: Chunk, number: int, function: FunctionCode, source: Source | None) -> list[str]:
    parameters = ", ".join(
        f"{'...' if parameter.rest else ''}{parameter.name}{' = ?' if parameter.has_default else ''}"
        for parameter in function.parameters
    )
    kind = " ".join(filter(None, (function.generator, function.kind)))
    lines = [f"function {number}: {function.name}({parameters})  [{kind}, stack {function.max_stack}]"]
    if function.slot_names:
        lines.append(f"  slots: {', '.join(function.slot_names)}")
    if function.captures:
        origins = zip(function.capture_names, function.captures, strict=True)
        captures = ", ".join(f"{name} from {'capture' if up else 'slot'} {index}" for name, (up, index) in origins)
        lines.append(f"  captures: {captures}")
    if function.published:
        lines.append(f"  published: {', '.join(name for name, _ in function.published)}")
    depth = 0
    shown = 0
    width = len(str(len(function.instructions)))
    for index, instruction in enumerate(function.instructions):
        op = Op(instruction[0])
        line = function.lines[index]
        if source is not None and line and line != shown:
            lines.append(f"  {line:>4} | {source.line_text(line).strip()}")
            shown = line
        if op is Op.END or op in _SEPARATORS:
            depth -= 1
        indent = "  " * min(depth, _DEEPEST_INDENT)
        operands = "  ".join(_operands(chunk, function, instruction))
        name = f"{op.name:<16}  {operands}".rstrip()
        lines.append(f"    {index:>{width}}  {indent}{name}")
        if op in _OPENERS or op in _SEPARATORS:
            depth += 1
    return lines


def _operands(chunk: Chunk, function: FunctionCode, instruction: Instruction) -> list[str]:
    op, *values = instruction
    info = OPCODES[Op(op)]
    shown = (_operand(chunk, function, kind, value) for kind, value in zip((info.a, info.b), values, strict=True))
    return [text for text in shown if text]


def _operand(chunk: Chunk, function: FunctionCode, kind: OperandKind, value: int) -> str:
    if kind is OperandKind.NONE:
        return ""
    if kind is OperandKind.CONSTANT:
        return _constant(chunk.constants[value])
    if kind is OperandKind.NAME:
        return chunk.names[value]
    if kind is OperandKind.SLOT:
        return f"{function.slot_names[value]}#{value}"
    if kind is OperandKind.CAPTURE:
        return f"{function.capture_names[value]}^{value}"
    if kind is OperandKind.FUNCTION:
        return f"function {value} {chunk.functions[value].name}"
    if kind is OperandKind.MODULE:
        return chunk.module_names[value]
    if kind is OperandKind.IMPORT:
        return chunk.imports[value].path
    return str(value)


def _constant(value: Any) -> str:
    if type(value) is str:
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'
    if value is None:
        return "any"
    if isinstance(value, tuple):
        return f"({', '.join(map(_constant, value))})"
    return repr(value)


def to_json(chunk: Chunk) -> dict[str, Any]:
    """Give a chunk as data that ``json.dumps`` takes: every table, operands resolved as in the text."""
    return {
        "source": chunk.source_name,
        "digest": chunk.source_digest,
        "kind": chunk.kind,
        "imports": [{"path": reference.path, "resolved": reference.resolved} for reference in chunk.imports],
        "variables": list(chunk.module_names),
        "exports": dict(chunk.exports),
        "functions": [_function_json(chunk, function) for function in chunk.functions],
    }


def _function_json(chunk: Chunk, function: FunctionCode) -> dict[str, Any]:
    return {
        "name": function.name,
        "kind": function.kind,
        "generator": function.generator,
        "parameters": [
            {"name": parameter.name, "default": parameter.has_default, "rest": parameter.rest}
            for parameter in function.parameters
        ],
        "slots": list(function.slot_names),
        "captures": [
            {"name": name, "from": "capture" if up else "slot", "index": index}
            for name, (up, index) in zip(function.capture_names, function.captures, strict=True)
        ],
        "published": dict(function.published),
        "max_stack": function.max_stack,
        "instructions": [
            {
                "op": Op(instruction[0]).name,
                "a": instruction[1],
                "b": instruction[2],
                "operands": _operands(chunk, function, instruction),
                "line": line,
                "start": start,
                "end": end,
            }
            for instruction, line, (start, end) in zip(
                function.instructions, function.lines, function.spans, strict=True
            )
        ],
    }
