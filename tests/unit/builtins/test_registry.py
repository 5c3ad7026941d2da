"""Signature texts, the registry and its generated index: builtins.md 3.1."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from harnlite.builtins import index
from harnlite.builtins.generate import collect, render
from harnlite.builtins.registry import Registry, builtin, method
from harnlite.builtins.signatures import Parameter, argument_check, parse_signature
from harnlite.values.errors import GuestError
from harnlite.values.types import Builtin, Closure, Handle
from tests.unit.builtins.methods_fixture import REGISTRY


def test_parse_signature() -> None:
    signature = parse_signature(
        "a.b(x: list<string> | nil, f?: fn(int, int) -> bool, y, ...rest: {k: int}) -> dict<string, int> | nil"
    )
    assert signature.name == "a.b"
    assert signature.parameters == (
        Parameter("x", ("list<string>", "nil"), False, False),
        Parameter("f", ("fn(int, int) -> bool",), True, False),
        Parameter("y", ("any",), False, False),
        Parameter("rest", ("{k: int}",), False, True),
    )
    assert signature.result == "dict<string, int> | nil"
    assert (signature.minimum, signature.maximum) == (2, -1)
    bare = parse_signature("f()")
    assert (bare.parameters, bare.result, bare.minimum, bare.maximum) == ((), "any", 0, 0)


@pytest.mark.parametrize("text", ["f", "f(", "f(a b)", "f(...a, b)", "f(a:)"])
def test_what_is_no_signature(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a|rest parameter"):
        parse_signature(text)


class Generator(Handle):
    type_name = "generator"


CLOSURE = Closure(None, (), None, lambda: None, 0)


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("f(a: any)", [object()]),
        ("f(a: float)", [1]),
        ("f(a: number)", [1.5]),
        ("f(a?: int)", []),
        ("f(a?: int)", [None]),
        ("f(a: closure)", [CLOSURE]),
        ("f(a: closure)", [Builtin("len", len, 1, 1, None)]),
        ("f(a: Generator | int)", [Generator()]),
        ("f(a: list<int>)", [["x"]]),
        ("f(...a: int)", []),
        ("f(...a: int)", [1, 2, 3]),
    ],
)
def test_arguments_that_fit(text: str, arguments: list[Any]) -> None:
    argument_check(parse_signature(text))(arguments)


@pytest.mark.parametrize(
    ("text", "arguments", "kind", "message"),
    [
        ("f(a: int)", [], "arity", "'f' expects 1 argument, got 0"),
        ("f()", [1], "arity", "'f' expects 0 arguments, got 1"),
        ("f(a, b)", [1], "arity", "'f' expects 2 arguments, got 1"),
        ("f(a, b?)", [1, 2, 3], "arity", "'f' expects 1..=2 arguments, got 3"),
        ("f(a, ...b)", [], "arity", "'f' expects at least 1 argument, got 0"),
        ("f(a: int)", [1.5], "argument", "'f' parameter `a` expects int, got float"),
        ("f(a: int)", [True], "argument", "'f' parameter `a` expects int, got bool"),
        ("f(a: int | nil)", ["x"], "argument", "'f' parameter `a` expects int | nil, got string"),
        ("f(a, b?: string)", [1, 2], "argument", "'f' parameter `b` expects string, got int"),
        ("f(a: closure)", [1], "argument", "'f' parameter `a` expects closure, got int"),
        ("f(a: stream)", [Generator()], "argument", "'f' parameter `a` expects stream, got generator"),
        ("f(a, ...b: int)", [1, 2, "x"], "argument", "'f' parameter `b` expects int, got string"),
    ],
)
def test_arguments_that_do_not(text: str, arguments: list[Any], kind: str, message: str) -> None:
    with pytest.raises(GuestError) as caught:
        argument_check(parse_signature(text))(arguments)
    assert (caught.value.kind, caught.value.message) == (kind, message)


def test_a_builtin_is_one_object() -> None:
    found = REGISTRY.builtin("len")
    assert found is REGISTRY.builtin("len")
    assert (found.name, found.minimum, found.maximum) == ("len", 1, 1)
    assert found.check is not None
    assert REGISTRY.builtin("type_of").check is None
    assert REGISTRY.is_loose("type_of")
    assert not REGISTRY.is_loose("len")
    with pytest.raises(KeyError):
        REGISTRY.builtin("no_such_builtin")


def test_names_and_globals() -> None:
    assert {"len", "set", "Ok", "assert_eq"} <= REGISTRY.names
    assert not any("." in name for name in REGISTRY.names)
    values = REGISTRY.globals
    assert (round(values["pi"], 5), round(values["e"], 5)) == (3.14159, 2.71828)
    collect_builtin = values["stream"]["collect"]
    assert collect_builtin is REGISTRY.builtin("stream.collect")
    assert collect_builtin.function(None, [1, 2]) == [1, 2]
    assert values is not REGISTRY.globals


def test_methods_by_type() -> None:
    assert REGISTRY.methods["list"]["map"] is REGISTRY.method("list", "map")
    assert REGISTRY.method("list", "nope") is None
    assert REGISTRY.method("no such type", "map") is None
    assert REGISTRY.method_signature("string", "replace").minimum == 2


def test_an_embedder_adds_and_replaces_builtins() -> None:
    registry = Registry()

    @builtin("len(value: any) -> string", area="host")
    @builtin("shout(text: string) -> string", area="host", aliases=("yell",))
    def shout(_vm: Any, text: str) -> str:
        return f"{text}!"

    registry.add(shout)
    assert {"shout", "yell"} <= registry.names
    for name in ("shout", "yell", "len"):
        assert registry.builtin(name).function(None, "a") == "a!"
        assert registry.signature(name).result == "string"
    assert REGISTRY.builtin("len").function(None, "a") == 1


def test_one_method_function_may_serve_several_types() -> None:
    @method(("a", "b"), "m(x?: int)", aliases=("n",))
    def m(_vm: Any, _receiver: Any, _x: Any = None) -> None:
        """Nothing."""

    marks = m.__harn_declarations__  # type: ignore[attr-defined]  # set by the decorator
    assert [(mark.receiver, mark.signature) for mark in marks] == [
        ("a", "m(x?: int)"),
        ("a", "n(x?: int)"),
        ("b", "m(x?: int)"),
        ("b", "n(x?: int)"),
    ]


def test_the_index_is_up_to_date() -> None:
    problems: list[str] = []
    text = render(*collect(problems))
    assert problems == []
    with open(index.__file__, encoding="utf-8") as file:
        assert file.read() == text, "run python -m harnlite.builtins.generate"


def test_reading_signatures_imports_no_area() -> None:
    script = (
        "import sys; from harnlite.builtins.registry import Registry; r = Registry();"
        "r.signature('len'); r.method_signature('list', 'map'); r.names; r.globals;"
        "areas = [m for m in sys.modules if m.startswith('harnlite.builtins.')];"
        "print(sorted(areas)); print([m for m in ('attrs', 'attr', 'lark', 'trio') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines() == [
        "['harnlite.builtins.index', 'harnlite.builtins.registry', 'harnlite.builtins.signatures']",
        "[]",
    ]
