"""Constant folding keeps the meaning of every operator (docs/reference/language.md 5.4)."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.compiling import compile_text, instructions


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("2 ** 10", 1024),
        ("7 / 2", 3),
        ("-7 % 3", -1),
        ("-5", -5),
        ('"a" + "b"', "ab"),
        ('"ab" * 2', "abab"),
        ("1 + 2.5", 3.5),
        ("9223372036854775807 + 1", -(2**63)),
        ("1.0 / 0", math.inf),
    ],
)
def test_constants_are_folded(text: str, value: Any) -> None:
    chunk = compile_text(f"return {text}")
    (op, index, _), (end, _, _) = chunk.functions[0].instructions
    assert (op, end) == (3, 91)
    assert chunk.constants[index] == value
    assert type(chunk.constants[index]) is type(value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 < 2", ["TRUE", "RETURN"]),
        ("1 == 1.0", ["TRUE", "RETURN"]),
        ("!nil", ["TRUE", "RETURN"]),
        ("!!5", ["TRUE", "RETURN"]),
        ("1 / 0", ["CONST 1", "CONST 0", "DIV", "RETURN"]),
        ('1 + "a"', ["CONST 1", 'CONST "a"', "ADD", "RETURN"]),
        ("-nil", ["NIL", "NEG", "RETURN"]),
        ('"a" * 100000', ['CONST "a"', "CONST 100000", "MUL", "RETURN"]),
        ("2 ** 100000", ["CONST 2", "CONST 100000", "POW", "RETURN"]),
        ("5s == 5s", ['CONST ("duration", 5000)', 'CONST ("duration", 5000)', "EQ", "RETURN"]),
        ("pi + 1 + 2", ["LOAD_GLOBAL pi", "CONST 1", "ADD", "CONST 2", "ADD", "RETURN"]),
        (
            "(pi ? 1 : 2) + 3",
            ["LOAD_GLOBAL pi", "IF 1", "CONST 1", "ELSE", "CONST 2", "END", "CONST 3", "ADD", "RETURN"],
        ),
    ],
)
def test_what_fails_or_bloats_is_left_to_the_run(text: str, expected: list[str]) -> None:
    assert instructions(compile_text(f"return {text}")) == expected


def test_like_constants_are_not_confused() -> None:
    chunk = compile_text("return [1, 1.0, true, 0.0, -0.0, 0.0 / 0.0]")
    plain = [value for value in chunk.constants if type(value) is not tuple]
    assert [repr(value) for value in plain] == ["1", "1.0", "0.0", "-0.0", "nan"]
