"""What the fast tier takes for granted about builtins is looked at in each VM: replaced ones mean what they mean."""

from __future__ import annotations

from pathlib import Path

import pytest

import harnlite
from harnlite.builtins.registry import Registry, builtin
from harnlite.bytecode.chunk import Chunk
from harnlite.engine import RunOptions, compile_source
from harnlite.host import Host
from harnlite.source import Source
from harnlite.translator.known import KNOWN_BUILTINS
from harnlite.translator.load import load
from harnlite.translator.translate import translate
from harnlite.vm.machine import Vm
from tests.two_tiers import compile_unchecked, run_chunk

#: How a builtin is called; the others take one value of any type.
_CALLS = {
    "contains": '("ab", "a")',
    "ends_with": '("ab", "b")',
    "starts_with": '("ab", "a")',
    "join": '(["a"], "-")',
    "max": "(1, 2)",
    "min": "(1, 2)",
    "keys": "({a: 1})",
    "len": '("abc")',
    "lowercase": '("A")',
    "uppercase": '("a")',
}
_RESULT = "mine"


def _registry(name: str) -> Registry:
    parameters = "a: any, b: any" if "," in _CALLS.get(name, "") else "a: any"

    @builtin(f"{name}({parameters}) -> any", area="test")
    def replacement(_vm: object, *_arguments: object) -> str:
        return _RESULT

    registry = Registry()
    registry.add(replacement)
    return registry


def _output(chunk: Chunk, registry: Registry) -> str:
    pieces: list[str] = []
    vm = Vm(Host(pieces.append, pieces.append), registry, code_loader=load)
    vm.execute_sync(chunk)
    return "".join(pieces)


@pytest.mark.parametrize("name", sorted(KNOWN_BUILTINS - {"print", "println"}))
def test_a_replaced_builtin_is_called(name: str) -> None:
    """One compiled program runs on a VM with the library's builtin and on one with another, in either order."""
    call = f"{name}{_CALLS.get(name, '(4)')}"
    chunk = compile_unchecked(f'fn f() {{ return {call} }}\nprintln([f(), {call}, "${{{call}}}"])')
    usual = run_chunk(chunk, fast=False).output
    assert _output(chunk, Registry()) == usual
    assert _output(chunk, _registry(name)) == "[mine, mine, mine]\n" != usual
    assert _output(chunk, Registry()) == usual


@pytest.mark.parametrize("name", ["print", "println"])
def test_replaced_output_is_called(name: str) -> None:
    """Nothing is printed, for the replacement prints nothing."""
    chunk = compile_unchecked(f"{name}(1)")
    assert _output(chunk, Registry()).strip() == "1"
    assert _output(chunk, _registry(name)) == ""


def test_a_builtin_with_the_name_of_a_late_function() -> None:
    """A VM may have a builtin of which the compiler knew nothing; the function of the script comes first."""
    chunk = compile_unchecked("fn f(n) { return n > 0 ? late(n - 1) : 7 }\nfn late(n) { return f(n) }\nprintln(f(3))")
    assert "!late" in translate(chunk).assumed
    assert _output(chunk, Registry()) == _output(chunk, _registry("late")) == "7\n"


def test_a_kept_translation_is_looked_at_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies in the cache on disk was made where the builtins were the usual ones."""
    monkeypatch.setenv("HARN_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("HARN_BYTECODE_CACHE", raising=False)
    source = Source("x.harn", "println(abs(0 - 3))")

    def cached() -> Chunk:
        return compile_source(source, None, options=RunOptions()).chunk

    assert _output(cached(), Registry()) == "3\n"
    assert list(tmp_path.rglob("*.code"))
    assert _output(cached(), _registry("abs")) == "mine\n"
    assert _output(cached(), Registry()) == "3\n"


def test_builtins_of_an_embedder_are_those_of_one_vm() -> None:
    """An embedder's own builtin shadows the library's for one VM only."""
    program = harnlite.compile("println(abs(0 - 3))")
    vms = [harnlite.Vm(builtins=given) for given in (None, {"abs(x: any) -> any": lambda _: "other"}, None)]
    for vm in vms:
        vm.execute_sync(program)
    assert [vm.output for vm in vms] == ["3\n", "other\n", "3\n"]


def test_a_program_is_translated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Running it again, also on another VM, costs no translation."""
    chunk = compile_unchecked("println(1)")
    assert _output(chunk, Registry()) == "1\n"
    monkeypatch.setattr("harnlite.translator.translate.translate", None)
    assert _output(chunk, Registry()) == "1\n"
