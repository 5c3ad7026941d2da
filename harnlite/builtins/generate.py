"""Writes ``index.py``, the table of all builtins and methods: ``python -m harnlite.builtins.generate [--check]``.

Imports every module of the area packages that uses the decorators of ``registry.py`` and lists what they declare.
A run of a script never imports this module.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from harnlite.builtins.areas import AREA_PACKAGES
from harnlite.builtins.registry import BuiltinRow, Declaration, MethodRow, declarations
from harnlite.builtins.signatures import Signature, parse_signature

__all__ = ["area_modules", "collect", "main", "render"]

_DECORATORS = ("@builtin(", "@method(")
_INDEX = Path(__file__).with_name("index.py")
_HEADER = '''"""The table of all builtins and methods; made by ``python -m harnlite.builtins.generate``, not by hand."""

from __future__ import annotations

# ruff: noqa: E501 - one row a line, however long
# fmt: off

__all__ = ["BUILTINS", "METHODS"]
'''

Builtins = dict[str, BuiltinRow]
Methods = dict[str, dict[str, MethodRow]]


def area_modules() -> Iterator[str]:
    """Give the names of the modules that declare builtins or methods, sorted, found by their text."""
    names = set()
    for package in AREA_PACKAGES:
        spec = find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            for path in Path(folder).rglob("*.py"):
                text = path.read_text(encoding="utf-8")
                if any(line.startswith(_DECORATORS) for line in text.splitlines()):
                    parts = path.relative_to(folder).with_suffix("").parts
                    names.add(".".join((package, *(part for part in parts if part != "__init__"))))
    return iter(sorted(names))


def _check_function(function: Callable[..., Any], signature: Signature, leading: int, *, loose: bool) -> None:
    """Refuse a function that cannot take every number of arguments its signature promises.

    :param leading: how many parameters stand before the declared ones (VM, receiver).
    :raises ValueError: it cannot.
    """
    taken = inspect.signature(function)
    least = 0 if loose else signature.minimum
    most = signature.maximum if signature.maximum >= 0 else least + 8
    for count in range(least, most + 1):
        try:
            taken.bind(*[None] * (leading + count))
        except TypeError as error:
            raise ValueError(f"{signature.name}: the function does not take {count} arguments ({error})") from error


def collect(problems: list[str]) -> tuple[Builtins, Methods]:
    """Import the area modules and give what they declare.

    :param problems: receives a line for each module that cannot be imported, each name declared twice and each
        function that does not fit its signature; these are left out.
    """
    builtins: Builtins = {}
    methods: Methods = {}
    for module_name in area_modules():
        try:
            module = import_module(module_name)
        except Exception as error:  # one broken area must not hide the others
            problems.append(f"{module_name}: {error}")
            continue
        for attribute, function, declaration in declarations(module):
            try:
                _add(builtins, methods, (module_name, attribute), function, declaration)
            except ValueError as error:
                problems.append(f"{module_name}.{attribute}: {error}")
    return builtins, methods


def _add(
    builtins: Builtins,
    methods: Methods,
    place: tuple[str, str],
    function: Callable[..., Any],
    declaration: Declaration,
) -> None:
    text = declaration.signature
    signature = parse_signature(text)
    name = signature.name
    receiver = declaration.receiver
    table: dict[str, Any] = methods.setdefault(receiver, {}) if receiver else builtins
    if name in table:
        raise ValueError(f"{receiver} {name} is declared in {table[name][0]} already".lstrip())
    _check_function(function, signature, 2 if receiver else 1, loose=declaration.loose)
    if receiver:
        table[name] = (*place, text, signature.minimum, signature.maximum)
    else:
        minimum = 0 if declaration.loose else signature.minimum
        table[name] = (*place, text, declaration.loose, minimum, signature.maximum, declaration.area)


def _row(entry: BuiltinRow | MethodRow) -> str:
    return f"({', '.join(map(_literal, entry))})"


def _literal(value: Any) -> str:
    if not isinstance(value, str):
        return repr(value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def render(builtins: Builtins, methods: Methods) -> str:
    """Give the text of ``index.py``."""
    lines = [
        _HEADER,
        "# name: (module, attribute, signature, loose, minimum, maximum, area)",
        "BUILTINS: dict[str, tuple[str, str, str, bool, int, int, str]] = {",
        *(f"    {_literal(name)}: {_row(entry)}," for name, entry in sorted(builtins.items())),
        "}",
        "",
        "# receiver: name: (module, attribute, signature, minimum, maximum)",
        "METHODS: dict[str, dict[str, tuple[str, str, str, int, int]]] = {",
    ]
    for receiver, table in sorted(methods.items()):
        lines.append(f"    {_literal(receiver)}: {{")
        lines += [f"        {_literal(name)}: {_row(entry)}," for name, entry in sorted(table.items())]
        lines.append("    },")
    lines += ["}", ""]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Write the index, or with ``--check`` only tell that it is stale; exit code 1 for any problem."""
    problems: list[str] = []
    text = render(*collect(problems))
    for problem in problems:
        print(problem, file=sys.stderr)
    current = _INDEX.read_text(encoding="utf-8") if _INDEX.exists() else ""
    if text == current:
        return 1 if problems else 0
    if "--check" in arguments:
        print("harnlite/builtins/index.py is stale: run python -m harnlite.builtins.generate", file=sys.stderr)
        return 1
    _INDEX.write_text(text, encoding="utf-8")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
