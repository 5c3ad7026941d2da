"""Running one text in both tiers, inside the test's process, and describing all that can be seen of either run."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from harnlite.builtins.registry import Registry
from harnlite.bytecode.chunk import Chunk
from harnlite.bytecode.verifier import verify
from harnlite.compiler import Environment, ModuleInterface, compile_program, interface_of
from harnlite.host import Host
from harnlite.source import Source
from harnlite.syntax.parser import parse
from harnlite.translator.load import load as load_translated
from harnlite.values.display import display
from harnlite.values.errors import GuestError, HardExit
from harnlite.vm.interpreter import load as load_interpreted
from harnlite.vm.limits import Limits
from harnlite.vm.machine import Vm

__all__ = ["Seen", "compile_unchecked", "run_both", "run_chunk"]


_NAMES = Registry().names
_GLOBALS = frozenset(Registry().globals) | {"argv", "harness"}


class Seen(NamedTuple):
    """What a run showed: its output, its value or error, and where the error happened."""

    output: str
    end: str
    trace: tuple[tuple[str, str, int, int, int], ...]


def compile_unchecked(text: str, modules: Mapping[str, str] | None = None) -> Chunk:
    """Compile a text that the static checker might refuse; ``modules`` are texts that it can import by name."""
    interfaces = {path: _module(path, module)[0] for path, module in (modules or {}).items()}
    return _compile("test.harn", text, "entry", interfaces)


@lru_cache
def _module(path: str, text: str) -> tuple[ModuleInterface, Chunk]:
    program = parse(Source(path, text))
    return interface_of(program, path, {}), _compile(path, text, "module", {})


def _compile(
    path: str, text: str, kind: Literal["entry", "module"], interfaces: Mapping[str, ModuleInterface | str]
) -> Chunk:
    source = Source(path, text)
    environment = Environment(_NAMES, _GLOBALS, interfaces)
    chunk = compile_program(parse(source), source, environment, kind=kind, module=path if kind == "module" else "")
    verify(chunk)
    return chunk


def run_chunk(chunk: Chunk, *, fast: bool, modules: Mapping[str, str] | None = None, fuel: int | None = None) -> Seen:
    """Run a chunk in one of the tiers."""
    pieces: list[str] = []
    vm = Vm(
        Host(pieces.append, pieces.append),
        Registry(),
        code_loader=load_translated if fast else load_interpreted,
        module_loader=lambda path: _module(path, (modules or {})[path])[1],
        limits=Limits(fuel),
    )
    trace: tuple[Any, ...] = ()
    try:
        end = f"value {display(vm.execute_sync(chunk))}"
    except GuestError as error:
        end = f"{error.kind}: {error.message}"
        if error.kind == "thrown":
            end += f" {display(error.value)}"
        trace = tuple((entry.function, entry.file, entry.line, entry.start, entry.end) for entry in error.trace)
    except HardExit as error:
        end = f"{type(error).__name__} {error}"
    return Seen("".join(pieces), end, trace)


def run_both(text: str, modules: Mapping[str, str] | None = None) -> Seen:
    """Run a text in both tiers and assert that nothing differs; gives what was seen."""
    chunk = compile_unchecked(text, modules)
    plain = run_chunk(chunk, fast=False, modules=modules)
    assert run_chunk(chunk, fast=True, modules=modules) == plain
    return plain
