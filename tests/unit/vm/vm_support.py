"""Helpers of the VM's tests: compile a text, run it, collect its output."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harnlite.builtins.registry import Registry, builtin
from harnlite.bytecode.chunk import Chunk
from harnlite.compiler.interfaces import Environment
from harnlite.compiler.program import compile_program
from harnlite.host import Host
from harnlite.source import Source
from harnlite.syntax.parser import parse
from harnlite.translator.load import load as load_translated
from harnlite.vm.machine import Vm

TIERS = ("interpreter", "fast")


def build(text: str, registry: Registry) -> Chunk:
    """Compile a text as an entry file."""
    source = Source("test.harn", text)
    names = frozenset(registry.globals) | {"argv", "harness"}
    return compile_program(parse(source), source, Environment(registry.names, names, {}))


def cases(name: str, directory: Path = Path(__file__).parent) -> pytest.MarkDecorator:
    """Parametrize a test by tier and ``NAME.cases``: a title after ``===``, a program, ``---``, what it prints."""
    text = (directory / f"{name}.cases").read_text(encoding="utf-8")
    found = []
    for part in text.split("=== ")[1:]:
        title, _, rest = part.partition("\n")
        program, _, lines = rest.partition("\n---\n")
        found += [pytest.param(tier, program, lines.splitlines(), id=f"{tier} {title}") for tier in TIERS]
    return pytest.mark.parametrize(("tier", "program", "expected"), found)


class Run:
    """A VM of its own with a registry of its own; ``output`` collects what guests print."""

    def __init__(self, tier: str = "interpreter", **options: Any) -> None:
        if tier == "fast":
            options["code_loader"] = load_translated
        self.output: list[str] = []
        self.registry = Registry()
        self.vm = Vm(Host(write_out=self.output.append), self.registry, **options)

    def add(self, signature: str, function: Callable[..., Any], *, loose: bool = False) -> None:
        """Add a builtin of a Python function ``f(vm, *arguments)``."""
        self.registry.add(builtin(signature, area="test", loose=loose)(function))

    def wait_for(self, signature: str, function: Callable[..., Any]) -> None:
        """Add a builtin that waits for an async function ``f(*arguments)``."""

        def call(vm: Vm, *arguments: Any) -> Any:
            """Wait for the host."""
            return vm.wait(function, *arguments)

        self.add(signature, call)

    def compile(self, text: str) -> Chunk:
        """Compile a text for this VM."""
        return build(text, self.registry)

    def sync(self, text: str) -> Any:
        """Run a text outside trio; gives its value."""
        return self.vm.execute_sync(self.compile(text))

    def lines(self, text: str) -> list[str]:
        """Run a text outside trio; gives the lines it printed."""
        self.sync(text)
        return self.printed

    @property
    def printed(self) -> list[str]:
        """The lines printed so far."""
        return "".join(self.output).splitlines()
