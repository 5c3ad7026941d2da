"""The page ``docs/opcodes.md``, made from the opcode table.

``python -m harnlite.bytecode.docs`` rewrites it; a test fails when it is stale.
"""

from __future__ import annotations

import sys
from pathlib import Path

from harnlite.bytecode import opcodes
from harnlite.bytecode.opcodes import OPCODE_TABLE_VERSION, OPCODES, Op, OperandKind

__all__ = ["opcodes_page"]

_GROUPS = (
    (0, "Stack and constants"),
    (6, "Variables"),
    (20, "Operators"),
    (40, "Building values"),
    (60, "Access"),
    (70, "Updates"),
    (80, "Calls"),
    (100, "Parameters, patterns, destructuring"),
    (120, "Control flow"),
    (140, "Errors"),
    (150, "Tasks and generators"),
    (160, "Late names that are called"),
)


def opcodes_page() -> str:
    """Give the text of the page."""
    lines = [
        "# Opcodes",
        "",
        "Made from `harnlite/bytecode/opcodes.py` by `python -m harnlite.bytecode.docs`; not edited by hand.",
        f"Table version {OPCODE_TABLE_VERSION}. See a program's instructions with `harnlite dis FILE`.",
        "",
    ]
    story = (opcodes.__doc__ or "").partition("\n\n")[2]
    lines += [line.replace("``", "`") for line in story.strip().splitlines()]
    lines += [
        "",
        "A meaning shows the operand stack before the instruction's name and after it, its top on the right;",
        "`-` is nothing.",
    ]
    for index, (start, title) in enumerate(_GROUPS):
        end = _GROUPS[index + 1][0] if index + 1 < len(_GROUPS) else 1 << 16
        lines += ["", f"## {title}", "", "| number | instruction | a | b | meaning |", "|---|---|---|---|---|"]
        lines += [_row(op) for op in Op if start <= op < end]
    return "\n".join(lines) + "\n"


def _row(op: Op) -> str:
    info = OPCODES[op]
    meaning = info.meaning.replace("|", "\\|").replace("<", "&lt;")
    return f"| {int(op)} | `{op.name}` | {_kind(info.a)} | {_kind(info.b)} | {meaning} |"


def _kind(kind: OperandKind) -> str:
    return "" if kind is OperandKind.NONE else kind.name.lower()


def main() -> int:
    """Rewrite the page in the project that this file belongs to."""
    page = Path(__file__).resolve().parents[2] / "docs" / "opcodes.md"
    page.write_text(opcodes_page(), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
