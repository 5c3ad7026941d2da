"""``harnlite tokens FILE``."""

from __future__ import annotations

import argparse
import sys

from harnlite.cli.common import read_source, write_json
from harnlite.diagnostics import ProgramError

SUMMARY = "print the tokens of a script, as the lexer finds them"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("file", help="the script")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print one token a line: position, kind, text."""
    from harnlite.syntax.parser import tokenize

    source = read_source(arguments.file)
    stream = tokenize(source)
    if stream.errors:
        raise ProgramError(stream.errors)
    rows = []
    for token in stream.tokens:
        position = source.position(token.start)
        rows.append((position.line, position.column, token.kind, source.text[token.start : token.end]))
    if arguments.json:
        write_json([{"line": line, "column": column, "kind": kind, "text": text} for line, column, kind, text in rows])
    else:
        sys.stdout.writelines(f"{line}:{column}\t{kind}\t{text!r}\n" for line, column, kind, text in rows)
    return 0
