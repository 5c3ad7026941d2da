"""What the registry says of builtins and methods, for readers: the page ``docs/builtins.md``, made by
``python -m harnlite.builtins.docs``, and what ``harnlite explain NAME`` prints.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from harnlite.builtins.index import BUILTINS, METHODS

__all__ = ["builtins_page", "documented", "documented_names"]


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


def documented(name: str) -> list[tuple[str, str, str]]:
    """Give the builtin of a name and every type's method of that name.

    :return: kind (``builtin``, ``method of list`` ...), signature and description of each; none for an unknown name.
    """
    found: list[tuple[str, str, str]] = []
    if name in BUILTINS:
        module, attribute, signature, loose = BUILTINS[name][:4]
        found.append(("loose builtin" if loose else "builtin", signature, _description(module, attribute)))
    for type_name in sorted(METHODS):
        if name in METHODS[type_name]:
            module, attribute, signature = METHODS[type_name][name][:3]
            shown = f"{name}{signature[signature.index('(') :]}"
            found.append((f"method of {type_name}", shown, _description(module, attribute)))
    return found


def documented_names() -> list[str]:
    """Give every name that :func:`documented` knows."""
    return sorted({*BUILTINS, *(name for table in METHODS.values() for name in table)})


def _description(module: str, attribute: str) -> str:
    function: Callable[..., Any] = getattr(import_module(module), attribute)
    text = inspect.getdoc(function) or ""
    return " ".join(text.partition("\n\n")[0].split()).replace("``", "`")


def _summary(module: str, attribute: str) -> str:
    return _cell(_description(module, attribute))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    """Rewrite the page below the project's ``docs`` directory."""
    page = Path(__file__).parents[2] / "docs" / "builtins.md"
    page.write_text(builtins_page(), encoding="utf-8")
    sys.stdout.write(f"wrote {page}\n")


if __name__ == "__main__":
    main()
