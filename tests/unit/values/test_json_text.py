"""JSON text: number forms, escapes, places of errors: builtins.md 12.1."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harnlite.values.equality import make_set
from harnlite.values.json_text import JsonError, parse, stringify, stringify_exact, stringify_pretty
from harnlite.values.types import Duration, EnumValue, Pair, RangeValue, StructType, StructValue, ok


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (-5, "-5"),
        (1.0, "1"),
        (-0.0, "-0"),
        (2.5, "2.5"),
        (1e21, "1000000000000000000000"),
        (1e-7, "0.0000001"),
        (math.inf, "null"),
        (math.nan, "null"),
        ('a"\\/\n\r\t', '"a\\"\\\\/\\n\\r\\t"'),
        ("\b\f\x01\x7f\x9f\xa0é😀", '"\\u0008\\u000c\\u0001\\u007f\\u009f\xa0é😀"'),
        ([], "[]"),
        ({}, "{}"),
        ({"b": [1, {}], "a": None, "9": 0, "10": 0}, '{"10":0,"9":0,"a":null,"b":[1,{}]}'),
        (make_set([2, 1]), "[2,1]"),
        (StructValue(StructType("P", ("y", "x")), {"y": 1, "x": 2}), '{"x":2,"y":1}'),
        (RangeValue(1, 2, False), '"1 to 2"'),
        (b"hi", '{"$bytes_b64":"aGk="}'),
        ([Duration(5), ok(1), Pair(1, 2), EnumValue("E", "A")], "[null,null,null,null]"),
    ],
)
def test_compact(value: Any, text: str) -> None:
    assert stringify(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2.0, "2.0"),
        (1e15, "1000000000000000.0"),
        (1e16, "1e+16"),
        (1.25e17, "1.25e+17"),
        (1e-5, "0.00001"),
        (1e-7, "1e-7"),
        (1.5e300, "1.5e+300"),
        (-math.inf, "null"),
        ("\b\f\x01\x7f", '"\\b\\f\\u0001\x7f"'),
        ([ok(1), Duration(5000), RangeValue(1, 2, False)], '["Result.Ok(1)","5s","1 to 2"]'),
    ],
)
def test_exact(value: Any, text: str) -> None:
    assert stringify_exact(value) == text


def test_pretty_layout() -> None:
    value = {"b": [1, {"c": []}, [[]]], "a": {}}
    assert stringify_pretty(value) == json.dumps(value, indent=2, sort_keys=True)
    assert stringify_pretty([]) == "[]"
    assert stringify_pretty("x") == '"x"'


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ("9223372036854775808", 9223372036854775808.0),
        ("123456789012345678901234567890", 1.2345678901234568e29),
        ("1.0", 1.0),
        ("1e2", 100.0),
        ("-0", -0.0),
        ("1E-400", 0.0),
        (' \t\n\r{"a" : [ ] , "a":null}', {"a": None}),
        ('"\\u00e9\\ud83d\\ude00\\/\\b"', "é😀/\b"),
        ('"3e 1e9"', "3e 1e9"),
    ],
)
def test_parse(text: str, value: Any) -> None:
    found = parse(text)
    assert repr(found) == repr(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "EOF while parsing a value at line 1 column 0"),
        ("\n", "EOF while parsing a value at line 2 column 0"),
        ("nul", "EOF while parsing a value at line 1 column 3"),
        ("nulx", "expected ident at line 1 column 4"),
        ("[", "EOF while parsing a list at line 1 column 1"),
        ("[1,", "EOF while parsing a value at line 1 column 3"),
        ("{", "EOF while parsing an object at line 1 column 1"),
        ('{"a"', "EOF while parsing an object at line 1 column 4"),
        ('{"a":', "EOF while parsing a value at line 1 column 5"),
        ('"ab', "EOF while parsing a string at line 1 column 3"),
        ("x", "expected value at line 1 column 1"),
        ("\n\n  x", "expected value at line 3 column 3"),
        ('["é" x]', "expected `,` or `]` at line 1 column 7"),
        ("{a:1}", "key must be a string at line 1 column 2"),
        ('{"a" 1}', "expected `:` at line 1 column 6"),
        ("[1 2]", "expected `,` or `]` at line 1 column 4"),
        ('{"a":1 "b":2}', "expected `,` or `}` at line 1 column 8"),
        ("[1,]", "trailing comma at line 1 column 4"),
        ('{"a":1,}', "trailing comma at line 1 column 8"),
        ("1 2", "trailing characters at line 1 column 3"),
        ("01", "invalid number at line 1 column 2"),
        ("-x", "invalid number at line 1 column 2"),
        ("1.x", "invalid number at line 1 column 3"),
        ("1e999", "number out of range at line 1 column 5"),
        ('"\\q"', "invalid escape at line 1 column 3"),
        ('"a\nb"', "control character (\\u0000-\\u001F) found while parsing a string at line 2 column 0"),
        ('"\\ud800"', "unexpected end of hex escape at line 1 column 8"),
        ('"\\udc00"', "lone leading surrogate in hex escape at line 1 column 7"),
        ("NaN", "expected value at line 1 column 1"),
    ],
)
def test_parse_errors(text: str, message: str) -> None:
    with pytest.raises(JsonError) as caught:
        parse(text)
    assert str(caught.value) == message


@pytest.mark.large
def test_depth_is_limited_by_memory_only() -> None:
    text = "[" * 50_000 + "]" * 50_000
    assert stringify(parse(text)) == text
    assert stringify_exact(parse('{"a":' * 20_000 + "1" + "}" * 20_000)).startswith('{"a":{"a":')


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)


@given(_JSON)
def test_round_trip(value: Any) -> None:
    """The exact form comes back as it was; the compact one, too, but for floats that are whole."""
    assert repr(parse(stringify_exact(value))) == repr(json.loads(json.dumps(value, sort_keys=True)))
    if not _has_large_float(value):
        assert parse(stringify(value)) == value


def _has_large_float(value: Any) -> bool:
    """Whether a whole float is so large that its shortest digits, read as an int, are another number."""
    if isinstance(value, list | dict):
        return any(_has_large_float(item) for item in (value.values() if isinstance(value, dict) else value))
    return isinstance(value, float) and abs(value) > 2**53


def _as_number(digits: str) -> int | float:
    return int(digits) if -(2**63) <= int(digits) < 2**63 else float(digits)


@given(st.text(alphabet='[]{}",:0123456789.eE+-truefalsn\\ud8c \n'))
def test_both_parsers_agree_with_the_standard_library(text: str) -> None:
    """What Python's strict parser takes, ours takes too and the other way round, apart from lone surrogates."""

    def refuse(_text: str) -> Any:
        raise ValueError

    try:
        expected = json.loads(text, parse_constant=refuse, parse_int=_as_number)
    except ValueError:
        with pytest.raises(JsonError):
            parse(text)
        return
    try:
        found = parse(text)
    except JsonError as error:
        assert "surrogate" in error.message or "hex escape" in error.message or "out of range" in error.message
    else:
        assert found == expected
