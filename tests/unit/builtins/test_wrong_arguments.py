"""Whatever a script hands to a builtin, it gets a value or an error of the language, never a Python exception."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from harnlite.builtins.index import BUILTINS
from harnlite.builtins.randomness import SeededRandom
from harnlite.builtins.registry import Registry
from harnlite.values.display import display, type_name
from harnlite.values.equality import make_set
from harnlite.values.errors import ExitRequest, GuestError
from harnlite.values.types import Duration, EnumValue, Pair, RangeValue, StructType, StructValue
from tests.unit.builtins.library_fixture import Library

AREAS = (
    "archives bytes cases codecs csv dates environment errors files hashes ids json logs math output paths patterns "
    "randomness schemas stores templates text toml tools traces urls yaml"
).split()
MODULES = {f"harnlite.builtins.{area}" for area in AREAS}
NAMES = sorted(name for name, row in BUILTINS.items() if row[0] in MODULES)
REGISTRY = Registry()


def deep(levels: int = 3000) -> list[Any]:
    """A list nested deeper than Python's own stack."""
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    2**63 - 1,
    -(2**63),
    1.5,
    -0.0,
    math.nan,
    math.inf,
    "",
    "a",
    "[",
    "\ud800",
    "\0",
    "{{ for x in y }}",
    "%Y %q %",
    [],
    [1, "a", None],
    [[], {}],
    deep(),
    {},
    {"a": 1, "timestamp": math.inf, "type": ["x", 5], "$ref": 5, "mode": "bar", "path": 1, "scheme": "http"},
    {"type": "dict", "properties": {"a": 5}, "required": [[]], "enum": {}, "union": [1], "year": 2**62, "month": -1},
    {"year": 2024, "month": 1, "day": 1, "headers": True, "delimiter": 5, "max_depth": -1, "key": deep()},
    b"",
    b"\xff\x00",
    make_set([1, "a"]),
    RangeValue(0, 2**62, False),
    Pair(1, "x"),
    Duration(-(2**62)),
    EnumValue("Result", "Ok", (1,)),
    StructValue(StructType("P", ("x",)), {"x": 1}),
    REGISTRY.builtin("len"),
    SeededRandom(1),
]
#: A harmless argument for each declared type.
PLAUSIBLE: dict[str, Any] = {
    "string": "a",
    "int": 1,
    "float": 1.5,
    "number": 1,
    "bool": True,
    "list": ["a"],
    "dict": {"a": "b"},
    "bytes": b"a",
    "duration": Duration(5),
    "any": "a",
    "closure": REGISTRY.builtin("to_string"),
}


def attempts(name: str) -> list[tuple[Any, ...]]:
    """Argument lists: too few, too many, the same odd value everywhere, one odd value among plausible ones."""
    signature = REGISTRY.signature(name)
    plausible = [PLAUSIBLE.get(parameter.types[0], "a") for parameter in signature.parameters]
    count = len(plausible) + 1
    lists: list[tuple[Any, ...]] = [tuple(["a"] * n) for n in range(count + 1)]
    for value in VALUES:
        lists += [tuple([value] * n) for n in range(1, count)]
        for index in range(len(plausible)):
            lists.append((*plausible[:index], value, *plausible[index + 1 :]))
            lists.append((*plausible[:index], value))
    return lists


@pytest.mark.parametrize("name", NAMES)
def test_any_arguments_give_a_value_or_an_error_of_the_language(name: str, tmp_path: Path) -> None:
    """Every value comes out as one that the language can name and show."""
    library = Library(str(tmp_path), input_text="line\n" * 10_000)
    for arguments in attempts(name):
        try:
            result = library.run(name, *arguments)
        except GuestError as error:
            assert isinstance(error.message, str)
            assert error.kind in ("thrown", "type", "runtime", "arity", "argument", "category"), error.kind
        except ExitRequest:
            assert name == "exit"
        else:
            assert type_name(result)
            display(result)
