"""Typed parameters: language.md 7.4."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from harnlite.values.errors import GuestError
from harnlite.values.parameter_checks import check_parameter
from harnlite.values.types import Builtin, Closure, EnumValue, HarnSet, StructType, StructValue

POINT = StructType("P", ("x",))
SPEAKER = StructType("Dog", ())
SPEAKER.methods["speak"] = Closure(SimpleNamespace(parameter_names=("self",)), (), None, lambda *_: None, 1)


def named(name: str) -> tuple[str, str, str]:
    return ("type", name, name)


INT = named("int")
STRING = named("string")
UNION = ("union", (INT, STRING), "int | string")
LITERALS = ("literal", ("a", "b"), '"a" | "b"')
SHAPE = ("shape", (("name", False, STRING), ("age", True, INT)), "{name: string, age?: int}")
INTERFACE = ("interface", "S", ("speak",), "S")


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (("any", "any"), None),
        (INT, 1),
        (INT, 1.5),
        (named("float"), 1),
        (STRING, "x"),
        (named("bool"), True),
        (named("list"), []),
        (named("dict"), {}),
        (named("set"), HarnSet({})),
        (named("nil"), None),
        (named("bytes"), b""),
        (named("closure"), Closure(None, (), None, lambda: None, 0)),
        (named("closure"), Builtin("len", len, 1, 1, None)),
        (UNION, "x"),
        (LITERALS, "b"),
        (("literal", (1,), "1"), 1.0),
        (("list", INT, "list<int>"), [1, 2.0]),
        (("dict", INT, "dict<string, int>"), {"a": 1}),
        (SHAPE, {"name": "n", "extra": 1}),
        (SHAPE, {"name": "n", "age": None}),
        (SHAPE, StructValue(POINT, {"name": "n"})),
        (("struct", "P", "P"), StructValue(POINT, {})),
        (("enum", "E", "E"), EnumValue("E", "V")),
        (INTERFACE, StructValue(SPEAKER, {})),
        (("each", INT, "int"), [1, 2]),
    ],
)
def test_what_fits(check: Any, value: Any) -> None:
    check_parameter("f", "a", check, value)


@pytest.mark.parametrize(
    ("check", "value", "kind", "message"),
    [
        (INT, "x", "runtime", "TypeError: parameter 'a' expected int, got string (x)"),
        (INT, True, "runtime", "TypeError: parameter 'a' expected int, got bool (true)"),
        (named("list"), None, "runtime", "TypeError: parameter 'a' expected list, got nil (nil)"),
        (named("closure"), 5, "runtime", "TypeError: parameter 'a' expected closure, got int (5)"),
        (UNION, [], "runtime", "TypeError: parameter 'a' expected int|string, got list ([])"),
        (LITERALS, "c", "runtime", "TypeError: parameter 'a': value must be one of [a, b]"),
        (
            ("list", INT, "list<int>"),
            [1, "x"],
            "runtime",
            "TypeError: parameter 'a': at root[1]: expected type 'int', got 'string'",
        ),
        (
            ("list", ("list", INT, "list<int>"), "list<list<int>>"),
            [[1], [2, "x"]],
            "runtime",
            "TypeError: parameter 'a': at root[1][1]: expected type 'int', got 'string'",
        ),
        (("list", INT, "list<int>"), 5, "runtime", "TypeError: parameter 'a' expected list<int>, got int (5)"),
        (
            SHAPE,
            {"age": 3},
            "type",
            "parameter 'a': missing field 'name' (string) — available fields: age",
        ),
        (
            SHAPE,
            {"age": 3, "nam": 1},
            "type",
            "parameter 'a': missing field 'name' (string), did you mean 'nam'? — available fields: age, nam",
        ),
        (SHAPE, {"name": 3}, "type", "parameter 'a': field 'name' expected string, got int"),
        (SHAPE, {"name": "n", "age": "x"}, "type", "parameter 'a': field 'age' expected int, got string"),
        (SHAPE, 5, "type", "parameter 'a': expected dict or struct, got int"),
        (
            ("dict", INT, "dict<string, int>"),
            {"k": "x"},
            "type",
            "parameter 'a': field 'k' expected int, got string",
        ),
        (("struct", "P", "P"), {}, "argument", "'f' parameter `a` expects P, got dict"),
        (("enum", "E", "E"), EnumValue("F", "V"), "argument", "'f' parameter `a` expects E, got enum"),
        (
            INTERFACE,
            5,
            "runtime",
            "TypeError: parameter 'a': expected value satisfying interface 'S', got int",
        ),
        (("each", INT, "int"), [1, "x"], "runtime", "TypeError: parameter 'a' expected int, got string (x)"),
    ],
)
def test_what_does_not(check: Any, value: Any, kind: str, message: str) -> None:
    with pytest.raises(GuestError) as caught:
        check_parameter("f", "a", check, value)
    assert (caught.value.kind, caught.value.message) == (kind, message)
