"""``harnlite dis FILE``."""

from __future__ import annotations

import argparse
import sys

from harnlite.cli.common import read_source, write_json

SUMMARY = "print the bytecode of a script with its source lines"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("file", help="the script")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--python", action="store_true", help="print what the fast tier makes of it instead")


def run(arguments: argparse.Namespace) -> int:
    """Disassemble a script's own chunk."""
    from harnlite.engine import compile_source

    source = read_source(arguments.file)
    chunk = compile_source(source, arguments.file).chunk
    if arguments.python:
        from harnlite.translator.translate import translate

        translation = translate(chunk)
        sys.stdout.write(translation.text)
        for number, reason in sorted(translation.declined.items()):
            name = chunk.functions[number].name
            sys.stdout.write(f"# function {number}, {name}, is left to the interpreter: {reason}\n")
        return 0
    from harnlite.bytecode.disassembler import disassemble, to_json

    if arguments.json:
        write_json(to_json(chunk))
    else:
        sys.stdout.write(disassemble(chunk, source))
    return 0
