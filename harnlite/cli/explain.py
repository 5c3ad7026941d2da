"""``harnlite explain CODE`` and ``harnlite explain NAME``."""

from __future__ import annotations

import argparse
import sys

from harnlite.cli.common import CommandError, write_json

SUMMARY = "explain a diagnostic code or a builtin, or list the codes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument(
        "code", nargs="?", help="such as HARN-PAR-001, PAR-001, or a builtin's or method's name; none: list all codes"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the explanation of one code or name, or the list of codes."""
    from harnlite.builtins.docs import documented, documented_names
    from harnlite.diagnostics import CODES
    from harnlite.diagnostics.examples import EXAMPLES
    from harnlite.diagnostics.suggest import nearest

    if arguments.code is None:
        if arguments.json:
            write_json({code: entry._asdict() for code, entry in CODES.items()})
        else:
            sys.stdout.writelines(f"{code}  {entry.title}\n" for code, entry in sorted(CODES.items()))
        return 0
    described = documented(arguments.code)
    if described:
        if arguments.json:
            write_json([dict(zip(("kind", "signature", "description"), entry, strict=True)) for entry in described])
        else:
            sys.stdout.write("\n".join(f"{signature}  ({kind})\n  {text}\n" for kind, signature, text in described))
        return 0
    code = arguments.code.upper()
    if not code.startswith("HARN-"):
        code = f"HARN-{code}"
    if code not in CODES:
        near = nearest(code, CODES) or nearest(arguments.code, documented_names())
        raise CommandError(
            f"there is no code or builtin {arguments.code}",
            "HARN-CLI-002",
            f"did you mean {near}?" if near else "`harnlite explain` lists the codes, docs/builtins.md the builtins",
            exit_code=2,
        )
    entry = CODES[code]
    example = EXAMPLES.get(code)
    if arguments.json:
        write_json({"code": code, **entry._asdict(), "example": example._asdict() if example else None})
        return 0
    sys.stdout.write(f"{code}: {entry.title}\n\n{entry.explanation}\n")
    if example is not None:
        sys.stdout.write(f"\nFor example:\n\n{_indented(example.before)}\nBetter:\n\n{_indented(example.after)}")
    return 0


def _indented(script: str) -> str:
    return "".join(f"    {line}\n" for line in script.split("\n"))
