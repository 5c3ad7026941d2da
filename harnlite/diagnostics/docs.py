"""The page ``docs/diagnostics.md``, made from the table of codes: ``python -m harnlite.diagnostics.docs``."""

from __future__ import annotations

import sys
from pathlib import Path

from harnlite.diagnostics.codes import CODES

__all__ = ["diagnostics_page"]


def diagnostics_page() -> str:
    """Give the text of the page."""
    lines = [
        "# Diagnostic codes",
        "",
        "Made from `harnlite/diagnostics/codes.py` by `python -m harnlite.diagnostics.docs`; not edited by hand.",
        "`harnlite explain CODE` prints the same.",
        "",
        "| code | title | explanation |",
        "|---|---|---|",
    ]
    lines += [
        f"| {code} | {_cell(entry.title)} | {_cell(entry.explanation)} |" for code, entry in sorted(CODES.items())
    ]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    """Rewrite the page below the project's ``docs`` directory."""
    page = Path(__file__).parents[2] / "docs" / "diagnostics.md"
    page.write_text(diagnostics_page(), encoding="utf-8")
    sys.stdout.write(f"wrote {page}\n")


if __name__ == "__main__":
    main()
