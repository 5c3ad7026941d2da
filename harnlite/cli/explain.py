"""``harnlite explain CODE``."""

from __future__ import annotations

import argparse
import sys

from harnlite.cli.common import CommandError, write_json

SUMMARY = "explain a diagnostic code, or list them all"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("code", nargs="?", help="such as HARN-PAR-001, or without the prefix; none: list all")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the explanation of one code, or the list."""
    from harnlite.diagnostics import CODES
    from harnlite.diagnostics.suggest import nearest

    if arguments.code is None:
        if arguments.json:
            write_json({code: entry._asdict() for code, entry in CODES.items()})
        else:
            sys.stdout.writelines(f"{code}  {entry.title}\n" for code, entry in sorted(CODES.items()))
        return 0
    code = arguments.code.upper()
    if not code.startswith("HARN-"):
        code = f"HARN-{code}"
    if code not in CODES:
        near = nearest(code, CODES)
        raise CommandError(
            f"there is no code {code}",
            "HARN-CLI-002",
            f"did you mean {near}?" if near else "`harnlite explain` lists them",
            exit_code=2,
        )
    entry = CODES[code]
    if arguments.json:
        write_json({"code": code, **entry._asdict()})
    else:
        sys.stdout.write(f"{code}: {entry.title}\n\n{entry.explanation}\n")
    return 0
