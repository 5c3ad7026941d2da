"""The page ``docs/diagnostics.md``, made from the table of codes: ``python -m harnlite.diagnostics.docs``."""

from __future__ import annotations

import sys
from pathlib import Path

from harnlite.diagnostics.codes import CODES
from harnlite.diagnostics.examples import EXAMPLES

__all__ = ["diagnostics_page"]


def diagnostics_page() -> str:
    """Give the text of the page."""
    lines = [
        "# Diagnostic codes",
        "",
        "Made from `codes.py` and `examples.py` in `harnlite/diagnostics/` by",
        "`python -m harnlite.diagnostics.docs`; not edited by hand.",
        "`harnlite explain CODE` prints the same.",
        "",
        "| code | title | explanation |",
        "|---|---|---|",
    ]
    lines += [
        f"| {code} | {_cell(entry.title)} | {_cell(entry.explanation)} |" for code, entry in sorted(CODES.items())
    ]
    lines += ["", "## Examples"]
    for code, example in sorted(EXAMPLES.items()):
        lines += ["", f"### {code}: {CODES[code].title}", "", *_block(example.before), "", "Better:", ""]
        lines += _block(example.after)
    return "\n".join(lines) + "\n"


def _block(script: str) -> list[str]:
    return ["```harn", *script.split("\n"), "```"]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    """Rewrite the page below the project's ``docs`` directory."""
    page = Path(__file__).parents[2] / "docs" / "diagnostics.md"
    page.write_text(diagnostics_page(), encoding="utf-8")
    sys.stdout.write(f"wrote {page}\n")


if __name__ == "__main__":
    main()
