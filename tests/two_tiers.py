"""Running one text in both tiers, inside the test's process, and describing all that can be seen of either run."""

from __future__ import annotations

from typing import Any, NamedTuple

from harnlite.builtins.registry import Registry
from harnlite.bytecode.chunk import Chunk
from harnlite.bytecode.verifier import verify
from harnlite.compiler import Environment, compile_program
from harnlite.host import Host
from harnlite.source import Source
from harnlite.syntax.parser import parse
from harnlite.translator.load import load as load_translated
from harnlite.values.display import display
from harnlite.values.errors import GuestError, HardExit
from harnlite.vm.interpreter import load as load_interpreted
from harnlite.vm.machine import Vm

__all__ = ["Seen", "compile_unchecked", "run_both", "run_chunk"]


class Seen(NamedTuple):
    """What a run showed: its output, its value or error, and where the error happened."""

    output: str
    end: str
    trace: tuple[tuple[str, int, int, int], ...]


def compile_unchecked(text: str) -> Chunk:
    """Compile a text that the static checker might refuse."""
    source = Source("test.harn", text)
    registry = Registry()
    environment = Environment(registry.names, frozenset(registry.globals) | {"argv", "harness"}, {})
    chunk = compile_program(parse(source), source, environment, kind="entry")
    verify(chunk)
    return chunk


def run_chunk(chunk: Chunk, *, fast: bool) -> Seen:
    """Run a chunk in one of the tiers."""
    pieces: list[str] = []
    vm = Vm(Host(pieces.append, pieces.append), Registry(), code_loader=load_translated if fast else load_interpreted)
    trace: tuple[Any, ...] = ()
    try:
        end = f"value {display(vm.execute_sync(chunk))}"
    except GuestError as error:
        end = f"{error.kind}: {error.message}"
        if error.kind == "thrown":
            end += f" {display(error.value)}"
        trace = tuple((entry.function, entry.line, entry.start, entry.end) for entry in error.trace)
    except HardExit as error:
        end = f"{type(error).__name__} {error}"
    return Seen("".join(pieces), end, trace)


def run_both(text: str) -> Seen:
    """Run a text in both tiers and assert that nothing differs; gives what was seen."""
    chunk = compile_unchecked(text)
    plain = run_chunk(chunk, fast=False)
    assert run_chunk(chunk, fast=True) == plain
    return plain
