"""``harnlite fmt FILE...``."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile

from harnlite.cli.common import CommandError, find_scripts, read_source, read_standard_input, report, write_json
from harnlite.diagnostics import ProgramError

SUMMARY = "format scripts in place, keeping comments and meaning"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument(
        "paths", nargs="+", metavar="path", help="a script, a directory, or - for standard input to output"
    )
    parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 when a file would change")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Format every file, or with --check only tell; 1 when one would change or cannot be formatted."""
    rows: list[dict[str, object]] = []
    failed = False
    for path in find_scripts(arguments.paths):
        try:
            changed = _format_one(path, arguments)
        except (CommandError, ProgramError) as error:
            # One bad file does not keep the others from being formatted.
            report(error)
            failed = True
            continue
        rows.append({"path": path, "changed": changed})
        failed = failed or (arguments.check and changed)
    if arguments.json:
        write_json({"files": rows})
    return 1 if failed else 0


def _format_one(path: str, arguments: argparse.Namespace) -> bool:
    """Format a file, say what was done, and give whether it changed or would."""
    from harnlite.syntax.formatter import format_source

    source = read_standard_input() if path == "-" else read_source(path)
    formatted = format_source(source)
    changed = formatted != source.text
    if path == "-" and not arguments.check:
        sys.stdout.write(formatted)
    elif changed and arguments.check:
        if not arguments.json:
            sys.stderr.write(f"{path}: HARN-FMT-002: would be reformatted\n")
    elif changed:
        _replace(path, formatted)
        if not arguments.json:
            sys.stdout.write(f"formatted {path}\n")
    return changed


def _replace(path: str, text: str) -> None:
    """Write beside the file and move over it, so that it is never half written."""
    folder = os.path.dirname(os.path.abspath(path))
    try:
        mode = os.stat(path).st_mode & 0o777
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="", dir=folder, delete=False) as file:
            temporary = file.name
            try:
                file.write(text)
                file.flush()
                os.chmod(temporary, mode)
                os.replace(temporary, os.path.realpath(path))
            except BaseException:
                os.unlink(temporary)
                raise
    except OSError as error:
        raise CommandError(f"cannot write {path}: {error.strerror or error}") from None
