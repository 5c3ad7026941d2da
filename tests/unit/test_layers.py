"""The module map of docs/architecture.md: a package imports only from lines above its own."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import harnlite

ROOT = Path(harnlite.__file__).parent

#: Bottom to top.
LAYERS = (
    "records",
    "digests",
    "source",
    "diagnostics",
    "values",
    "syntax",
    "bytecode",
    "compiler",
    "policy",
    "host_files",
    "host_network",
    "host_processes",
    "host",
    "vm",
    "translator",
    "builtins",
    "runtime",
    "lifecycle",
    "stdlib",
    "modules",
    "engine",
    "api",
    "testing",
    "cli",
)


def _layer(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def _imports(path: Path) -> list[tuple[str, int]]:
    """Give the harnlite modules a file imports when it runs; imports for type checkers only do not count."""
    found: list[tuple[str, int]] = []
    pending: list[Any] = [ast.parse(path.read_text(encoding="utf-8"))]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            pending.extend(node.orelse)
            continue
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("harnlite"):
            found.append((node.module, node.lineno))
        elif isinstance(node, ast.Import):
            found.extend((alias.name, node.lineno) for alias in node.names if alias.name.startswith("harnlite"))
        # Only statements hold statements.
        for part in ("body", "orelse", "handlers", "finalbody", "cases"):
            pending.extend(getattr(node, part, ()))
    return found


def test_a_lower_layer_never_imports_a_higher_one() -> None:
    """Every import in the package points downwards or sideways."""
    wrong: list[str] = []
    for path in sorted(ROOT.rglob("*.py")):
        relative = path.relative_to(ROOT)
        own = relative.parts[0].removesuffix(".py")
        if own in ("__init__", "__main__"):
            continue
        assert own in LAYERS, f"{relative} has no place in the module map"
        for module, line in _imports(path):
            layer = _layer(module)
            if layer and layer in LAYERS and LAYERS.index(layer) > LAYERS.index(own):
                wrong.append(f"{relative}:{line} imports {module}")
    assert not wrong, "\n".join(wrong)


def test_only_the_bridge_and_lazy_waits_import_trio() -> None:
    """No module imports trio, lark or attrs at its top on the path of a cached run that never waits."""
    heavy: list[str] = []
    for package in ("values", "bytecode", "vm", "host.py", "source.py"):
        root = ROOT / package
        for path in [root] if root.is_file() else sorted(root.rglob("*.py")):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                names = []
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom):
                    names = [node.module or ""]
                heavy += [
                    f"{path.relative_to(ROOT)}:{node.lineno} imports {name}"
                    for name in names
                    if name.split(".")[0] in ("trio", "lark", "attrs", "attr") and path.name != "bridge.py"
                ]
    assert not heavy, "\n".join(heavy)
