"""Every recorded program that parses compiles to a chunk that verifies and survives being written and read."""

from __future__ import annotations

from pathlib import Path

import pytest

from harnlite.builtins.registry import Registry
from harnlite.bytecode.serialise import dump, load
from harnlite.bytecode.verifier import verify
from harnlite.compiler import Environment, ModuleInterface, compile_program, interface_of
from harnlite.diagnostics import ProgramError
from harnlite.source import Source
from harnlite.syntax import tree
from harnlite.syntax.parser import parse

ROOT = Path(__file__).parents[2] / "conformance"
STDLIB = Path(__file__).parents[3] / "harnlite" / "stdlib"
REFUSED = ("missing_module", "missing_name")
FOLDERS = sorted({path.parent for path in ROOT.rglob("*.harn")})


def _interface(path: str, importer: Path, registry: Registry) -> ModuleInterface | str:
    file = (STDLIB / path[4:] if path.startswith("std/") else importer.parent / path).with_suffix(".harn")
    if not file.exists():
        return f"Import error: cannot read '{path}'"
    program = parse(Source(str(file), file.read_text(encoding="utf-8")))
    return interface_of(program, str(file), _interfaces(program, file, registry))


def _interfaces(program: tree.Program, file: Path, registry: Registry) -> dict[str, ModuleInterface | str]:
    imports = [statement for statement in program.statements if isinstance(statement, tree.Import)]
    return {statement.path: _interface(statement.path, file, registry) for statement in imports}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_recorded_programs(folder: Path) -> None:
    registry = Registry()
    for file in sorted(folder.glob("*.harn")):
        source = Source(file.name, file.read_text(encoding="utf-8"))
        try:
            program = parse(source)
        except ProgramError:
            assert file.with_suffix(".stderr_has").exists()
            continue
        known = Environment(
            frozenset(registry.names), frozenset(registry.globals), _interfaces(program, file, registry)
        )
        if file.parent.name in REFUSED and file.name == "main.harn":
            with pytest.raises(ProgramError, match="Import error: "):
                compile_program(program, source, known)
            continue
        for chunk in (
            compile_program(program, source, known),
            compile_program(program, source, known, kind="module"),
        ):
            verify(chunk)
            data = dump(chunk)
            assert dump(load(data)) == data
