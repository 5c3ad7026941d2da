"""``harnlite check FILE...``."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from harnlite.cli.common import CommandError, find_scripts, read_source, show, write_json
from harnlite.diagnostics import Diagnostic, ProgramError
from harnlite.diagnostics.render import to_json

if TYPE_CHECKING:
    from harnlite.engine import Compiled

SUMMARY = "parse and check scripts without running them"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("paths", nargs="+", metavar="path", help="a script, or a directory searched for scripts")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--strict", action="store_true", help="warnings fail the check too")


def run(arguments: argparse.Namespace) -> int:
    """Check every file; 1 when one has an error."""
    files: list[dict[str, Any]] = []
    failed = False
    for path in find_scripts(arguments.paths):
        found = _check_one(path)
        errors = sum(1 for one in found if one.severity == "error")
        failed = failed or errors > 0 or (arguments.strict and bool(found))
        status = "error" if errors else "warning" if found else "ok"
        files.append({"path": path, "status": status, "diagnostics": [to_json(one) for one in found]})
        if not arguments.json:
            show(found)
            if not errors:
                sys.stdout.write(f"{path}: ok\n")
    if arguments.json:
        every = [one for file in files for one in file["diagnostics"]]
        counts = {kind: sum(1 for one in every if one["severity"] == kind) for kind in ("error", "warning")}
        summary = {
            "ok": sum(1 for file in files if file["status"] == "ok"),
            "errors": counts["error"],
            "warnings": counts["warning"],
        }
        write_json({"schemaVersion": 1, "ok": not failed, "data": {"files": files, "summary": summary}})
    return 1 if failed else 0


def _check_one(path: str) -> list[Diagnostic]:
    from harnlite.engine import compile_source
    from harnlite.source import NOWHERE

    try:
        compiled = compile_source(read_source(path), path)
    except ProgramError as error:
        return error.diagnostics
    except CommandError as error:
        return [Diagnostic(error.code, error.message, None, NOWHERE, help=error.hint)]
    return compiled.warnings + _check_modules(compiled)


def _check_modules(compiled: Compiled) -> list[Diagnostic]:
    """Give the faults for which a module that the file imports, or one behind it, cannot be loaded."""
    found: list[Diagnostic] = []
    seen: set[str] = set()
    pending = [reference.resolved for reference in compiled.chunk.imports]
    while pending:
        resolved = pending.pop()
        if resolved not in seen and not resolved.startswith("std/"):
            seen.add(resolved)
            try:
                pending += [reference.resolved for reference in compiled.loader.chunk(resolved).imports]
            except ProgramError as error:
                found += error.diagnostics
    return found
