"""``harnlite version``."""

from __future__ import annotations

import argparse
import sys

from harnlite import __version__
from harnlite.cli.common import write_json

SUMMARY = "print the version of harnlite, of its bytecode and of Python"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the versions."""
    from harnlite.bytecode.opcodes import OPCODE_TABLE_VERSION

    python = ".".join(map(str, sys.version_info[:3]))
    if arguments.json:
        write_json({"harnlite": __version__, "opcodes": OPCODE_TABLE_VERSION, "python": python})
    else:
        sys.stdout.write(f"harnlite {__version__} (opcode table {OPCODE_TABLE_VERSION}, Python {python})\n")
    return 0
