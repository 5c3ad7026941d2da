"""What a start may import: start-up time is a feature, and most of it is imports."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """fn double(x) { return x * 2 }
let total = [1, 2, 3].map({ x -> double(x) }).sum()
let words = "a-b".split("-").join(",").uppercase()
let entry = {kind: type_of(total), size: len(words)}
println("total ${total} ${words} ${entry.keys()} ${abs(-entry.size)}")
"""
#: Runs a command line, then prints every module that Python itself had not loaded before.
PROBE = """
import importlib.util, runpy, sys
before = set(sys.modules)
sys.argv = ["harnlite", *sys.argv[1:]]
from harnlite.cli import main
code = main()
print("|".join([str(code), *sorted(set(sys.modules) - before)]))
"""
HEAVY = ["asyncio", "attr", "attrs", "dataclasses", "inspect", "json", "lark", "regex", "sqlite3", "trio"]


def _modules(folder: Path, *arguments: str) -> list[str]:
    """Run a command line in a process of its own; give what it imported."""
    folder.joinpath("script.harn").write_text(SCRIPT, encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HARN_", "COV"))}
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments],
        cwd=folder,
        env={**kept, "HARN_CACHE_DIR": str(folder / "cache")},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    output, last = done.stdout.splitlines()
    code, *modules = last.split("|")
    assert (output, code) == ("total 12 A,B [kind, size] 3", "0"), done.stderr
    return modules


def _among(modules: list[str], unwanted: list[str]) -> list[str]:
    """Give the modules that are unwanted, or lie in an unwanted package."""
    return [name for name in modules if any(name == bad or name.startswith(bad + ".") for bad in unwanted)]


def test_a_cached_run_imports_only_what_runs_the_script(tmp_path: Path) -> None:
    _modules(tmp_path, "run", "script.harn")
    modules = _modules(tmp_path, "run", "script.harn")
    unwanted = [
        "argparse",
        "enum",
        "hashlib",
        "random",
        "re",
        "threading",
        "typing",
        "harnlite.compiler",
        "harnlite.diagnostics",
        "harnlite.lifecycle.state",
        "harnlite.runtime",
        "harnlite.syntax",
        "harnlite.translator.facts",
        "harnlite.translator.translate",
        "harnlite.vm.bridge",
        "harnlite.vm.decode",
        "harnlite.vm.interpreter",
        "harnlite.vm.tasks",
    ]
    assert _among(modules, HEAVY + unwanted) == []
    assert len(_among(modules, ["harnlite"])) < 60


@pytest.mark.parametrize("arguments", [["--no-cache"], ["--no-cache", "--tier", "interpreter"]], ids=" ".join)
def test_an_uncached_run_imports_nothing_heavy(tmp_path: Path, arguments: list[str]) -> None:
    modules = _modules(tmp_path, "run", *arguments, "script.harn")
    unwanted = ["harnlite.lifecycle.state", "harnlite.runtime", "harnlite.vm.bridge"]
    assert _among(modules, HEAVY + unwanted) == []
