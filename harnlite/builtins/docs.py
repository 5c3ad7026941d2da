"""The page ``docs/builtins.md``, made from the registry by ``python -m harnlite.builtins.docs``."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from harnlite.builtins.index import BUILTINS, METHODS

__all__ = ["builtins_page"]


def builtins_page() -> str:
    """Give the text of the page."""
    lines = [
        "# Builtins",
        "",
        "Made from the registry by `python -m harnlite.builtins.docs`; not edited by hand.",
        f"{len(BUILTINS)} functions and {sum(map(len, METHODS.values()))} methods.",
        "A *loose* function takes any number of arguments of any type, the others check theirs.",
    ]
    areas: dict[str, list[str]] = {}
    for name, row in BUILTINS.items():
        areas.setdefault(row[6], []).append(name)
    for area in sorted(areas):
        lines += ["", f"## {area}", "", "| signature | what it does |", "|---|---|"]
        for name in sorted(areas[area]):
            module, attribute, signature, loose = BUILTINS[name][:4]
            mark = " *(loose)*" if loose else ""
            lines.append(f"| `{_cell(signature)}`{mark} | {_summary(module, attribute)} |")
    for type_name in sorted(METHODS):
        lines += ["", f"## Methods of {type_name}", "", "| signature | what it does |", "|---|---|"]
        for name in sorted(METHODS[type_name]):
            module, attribute, signature = METHODS[type_name][name][:3]
            shown = signature if signature.startswith(f"{name}(") else f"{name}{signature[signature.index('(') :]}"
            lines.append(f"| `{_cell(shown)}` | {_summary(module, attribute)} |")
    return "\n".join(lines) + "\n"


def _summary(module: str, attribute: str) -> str:
    function: Callable[..., Any] = getattr(import_module(module), attribute)
    text = inspect.getdoc(function) or ""
    return _cell(" ".join(text.partition("\n\n")[0].split()).replace("``", "`"))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    """Rewrite the page below the project's ``docs`` directory."""
    page = Path(__file__).parents[2] / "docs" / "builtins.md"
    page.write_text(builtins_page(), encoding="utf-8")
    sys.stdout.write(f"wrote {page}\n")


if __name__ == "__main__":
    main()
