"""What the syntax tests share: the corpus, short ways to parse, and a readable one-line form of trees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import harnlite
from harnlite.records import field_names
from harnlite.source import Source
from harnlite.syntax.lexer import tokenize
from harnlite.syntax.parser import parse_with_errors
from harnlite.syntax.token_filter import filter_tokens
from harnlite.syntax.tree import Node

REPOSITORY = Path(__file__).parents[3]
PROGRAMS = sorted(
    path
    for folder in (
        REPOSITORY / "tests" / "conformance",
        REPOSITORY / "examples",
        REPOSITORY / "benchmarks",
        Path(harnlite.__file__).parent / "stdlib",
    )
    for path in folder.rglob("*.harn")
    # `.harn` is also the folder that runs leave their state in.
    if path.is_file()
)
REFUSED = {"lex_", "parse_"}
#: Programs that parse; the diagnostics folder also holds some that must not.
PARSING = [path for path in PROGRAMS if path.parent.name != "diagnostics" or not path.name.startswith(tuple(REFUSED))]


def sketch(value: Any) -> str:
    """Write a tree as ``Class field field``, leaving out spans and fields that are empty."""
    if isinstance(value, Node):
        parts = [sketch(getattr(value, name)) for name in field_names(type(value)) if name != "span"]
        return f"{type(value).__name__}({', '.join(part for part in parts if part not in ('None', 'False', '[]'))})"
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(sketch(part) for part in value)}]"
    return repr(value)


def tree_of(text: str) -> str:
    """Sketch the statements of a program, joined by ``; ``; its errors if it has any."""
    program, errors = parse_with_errors(Source("test.harn", text))
    if errors:
        return "; ".join(error.message for error in errors)
    return "; ".join(sketch(statement) for statement in program.statements)


def kinds_of(text: str) -> str:
    """Give the kinds of the filtered tokens of a program."""
    return " ".join(token.kind for token in filter_tokens(tokenize(Source("test.harn", text)).tokens)[:-1])
