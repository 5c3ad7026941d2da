"""Pure library functions by the tables of builtins.md 4, 6, 7, 8.2, 12.1, 13: arguments and what a script sees."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.unit.builtins.library_fixture import Library

MAX = 2**63 - 1
MIN = -(2**63)

MATH: list[tuple[str, tuple[Any, ...], str]] = [
    ("abs", (-5,), "5"),
    ("abs", (-5.5,), "5.5"),
    ("abs", (MIN,), "9223372036854776000"),
    ("min", (1, 2), "1"),
    ("min", (1, 2.0), "1.0"),
    ("max", (1, 2.5), "2.5"),
    ("max", (1, 2, 3), "2"),
    ("max", (1,), "nil"),
    ("max", ([1, 2],), "nil"),
    ("max", ("a", "b"), "nil"),
    ("max", (True, 1), "nil"),
    ("floor", (-2.7,), "-3"),
    ("ceil", (2.1,), "3"),
    ("floor", (7,), "7"),
    ("floor", (1e30,), "!! Runtime error: float is outside the representable int range"),
    ("floor", (9.3e18,), "!! Runtime error: float is outside the representable int range"),
    ("ceil", (math.nan,), "!! Runtime error: cannot convert non-finite float to int"),
    ("floor", (-math.inf,), "!! Runtime error: cannot convert non-finite float to int"),
    ("round", (2.5,), "3"),
    ("round", (-2.5,), "-3"),
    ("round", (0.49999999999999994,), "0"),
    ("round", (4503599627370497.0,), "4503599627370497"),
    ("round", (2.567, 2), "3"),
    ("round", ("x",), "nil"),
    ("sqrt", (16,), "4.0"),
    ("sqrt", (-1,), "NaN"),
    ("sqrt", (None,), "nil"),
    ("pow", (2, 10), "1024"),
    ("pow", (2, 63), "9223372036854776000"),
    ("pow", (-2, 63), str(MIN)),
    ("pow", (2, -1), "0.5"),
    ("pow", (2.0, 3), "8.0"),
    ("pow", (0, 0), "1"),
    ("pow", (-1, MAX), "-1"),
    ("pow", (10, MAX), "inf"),
    ("pow", (0.0, -1), "inf"),
    ("pow", (-8, 0.5), "NaN"),
    ("pow", ("2", 1), "nil"),
    ("sin", (0,), "0.0"),
    ("sin", ("x",), "nil"),
    ("sin", (math.inf,), "NaN"),
    ("cos", (0,), "1.0"),
    ("asin", (2,), "NaN"),
    ("atan2", (0, -1), "3.141592653589793"),
    ("acos", (1,), "0.0"),
    ("atan", (1,), "0.7853981633974483"),
    ("tan", (0,), "0.0"),
    ("tan", (None,), "nil"),
    ("ln", (0,), "-inf"),
    ("ln", (-1,), "NaN"),
    ("log2", (8,), "3.0"),
    ("log10", (1000,), "3.0"),
    ("exp", (1000,), "inf"),
    ("sign", (-3,), "-1"),
    ("sign", (-0.0,), "0"),
    ("sign", (math.nan,), "NaN"),
    ("is_nan", (1,), "false"),
    ("is_infinite", (math.inf,), "true"),
    ("mean", ([],), "0.0"),
    ("mean", ([1, 2],), "1.5"),
    ("mean", (["x"],), "!! Type error: mean must be numeric"),
    ("median", ([3, 1, 2],), "2.0"),
    ("median", ([1, 2],), "1.5"),
    ("median", ([],), "!! Runtime error: median: items must not be empty"),
    ("median", (5,), "!! Type error: median: items must be a list"),
    ("percentile", ([1, 2, 3, 4], 90), "3.7"),
    ("percentile", ([1], 101), "!! Runtime error: percentile must be between 0 and 100"),
    ("variance", ([1, 2, 3, 4],), "1.25"),
    ("variance", ([1], True), "!! Runtime error: sample variance requires at least 2 values"),
    ("stddev", ([2, 4], True), "1.4142135623730951"),
    ("random_int", (5, 1), "nil"),
    ("random_int", ("a", 1), "!! Type error: random_int: min must be an integer"),
    ("random_int", (1, None), "!! Type error: random_int: max must be an integer"),
    ("random_choice", ([],), "nil"),
    ("random_shuffle", ([],), "[]"),
    ("random_shuffle", (5,), "nil"),
]

TEXT: list[tuple[str, tuple[Any, ...], str]] = [
    ("trim", (" \u2003a\t\n",), "a"),
    ("trim", ("\x1fa\x1c",), "\x1fa\x1c"),
    ("trim", (None,), "nil"),
    ("uppercase", ("straße",), "STRASSE"),
    ("uppercase", (5,), "5"),
    ("lowercase", ("ΑΣ",), "ας"),
    ("replace", ("abc", "", "-"), "-a-b-c-"),
    ("starts_with", (12, 1), "true"),
    ("ends_with", ("abc", "bc"), "true"),
    ("split", ("a b  c",), "[a, b, , c]"),
    ("split", ("ab", ""), "[, a, b, ]"),
    ("contains", ("a1b", 1), "true"),
    ("contains", ([1, [2]], [2.0]), "true"),
    ("contains", ({}, "a"), "!! Type error: 'contains' parameter `haystack` expects string | list, got dict"),
    ("join", (["x", 1, None, 2.0], "-"), "x-1-nil-2.0"),
    ("join", ([1, 2],), "12"),
    ("substring", ("hello", 1, 3), "ell"),
    ("substring", ("hello", -2, 2), "he"),
    ("substring", ("hello", 1, -1), ""),
    ("format", ("{a} {b} {", {"a": 1}), "1 {b} {"),
    ("format", ("{} {} {}", 1, "x"), "1 x {}"),
    ("format", ("{{}}", 1), "{1}"),
    ("format", ("{0}", 1), "{0}"),
    ("format", ("{}", {"a": 1}), "{}"),
    ("format", (), "!! Arity mismatch: 'format' expects at least 1 argument, got 0"),
    ("str_pad", ("ab", 5), "ab   "),
    ("str_pad", ("ab", 5, "*", "left"), "***ab"),
    ("str_pad", ("ab", 5, "*", "both"), "*ab**"),
    ("str_pad", ("e\u0301", 3, "-"), "e\u0301--"),
    ("str_pad", ("a", 3, " ", "middle"), "!! Runtime error: str_pad: side must be left, right, or both"),
    ("str_pad", ("a", MAX), f"!! Runtime error: str_pad: result of {MAX - 1} characters is too large"),
    ("unicode_normalize", ("e\u0301", "nfc"), "é"),
    ("unicode_normalize", ("a", "X"), "!! Runtime error: unicode_normalize: form must be NFC, NFD, NFKC, or NFKD"),
    ("unicode_graphemes", ("e\u0301👨\u200d👩\u200d👧a",), "[e\u0301, 👨\u200d👩\u200d👧, a]"),
    ("title_case", ("o'neil foo-bar  x",), "O'neil Foo-bar  X"),
    ("uppercase_first", ("éa",), "Éa"),
    ("lowercase_first", ("AB",), "aB"),
    ("snake_to_camel", ("_foo__bar_",), "fooBar"),
    ("snake_to_camel", ("FOO_BAR",), "fooBar"),
    ("snake_to_pascal", ("foo_bar",), "FooBar"),
    ("snake_to_kebab", ("foo_bar",), "foo-bar"),
    ("kebab_to_camel", ("foo-bar",), "fooBar"),
    ("kebab_to_snake", ("foo-bar",), "foo_bar"),
    ("camel_to_snake", ("HTTPServerName2X",), "http_server_name2_x"),
    ("camel_to_snake", ("fooBARBaz",), "foo_bar_baz"),
    ("camel_to_kebab", ("fooBarBaz",), "foo-bar-baz"),
    ("camel_to_pascal", ("fooBar",), "FooBar"),
    ("pascal_to_camel", ("FooBar",), "fooBar"),
    ("pascal_to_snake", ("FooBar",), "foo_bar"),
]

ERRORS: list[tuple[str, tuple[Any, ...], str]] = [
    ("throw_error", ("boom", "timeout"), "!! {category: timeout, message: boom}"),
    ("throw_error", ("boom", "weird"), "!! {category: generic, message: boom}"),
    ("throw_error", ("boom",), "!! {category: generic, message: boom}"),
    *[
        ("error_category", (text,), category)
        for text, category in {
            "HTTP 429 slow": "rate_limit",
            "status 404": "not_found",
            "got 503": "overloaded",
            "418 then 401": "auth",
            "504": "timeout",
            "500": "server_error",
            "4040": "generic",
            "it was Canceled": "cancelled",
            "Deadline exceeded": "timeout",
            "deadline exceeded": "generic",
            "overloaded_error": "overloaded",
            "invalid_api_key": "auth",
            "circuit_open": "circuit_open",
            "Connection Reset by peer": "transient_network",
            "plain": "generic",
        }.items()
    ],
    ("error_category", ({"category": "own"},), "own"),
    ("error_category", ({"message": "429"},), "generic"),
    ("error_category", (5,), "generic"),
    ("is_timeout", ({"category": "timeout"},), "true"),
    ("is_rate_limited", ("HTTP 429",), "true"),
]

JSON: list[tuple[str, tuple[Any, ...], str]] = [
    ("json_parse", ("[1",), "!! JSON parse error: EOF while parsing a list at line 1 column 2"),
    ("json_parse", (5,), "!! Type error: 'json_parse' parameter `text` expects string, got int"),
    ("json_extract", ('text {"a": {"b": "}"}} more', "a"), "{b: }}"),
    ("json_extract", ("[1] {}",), "{}"),
    ("json_extract", ("list [1, [2]] end",), "[1, [2]]"),
    ("json_extract", ('x\n```json\n{"a": 1}\n```\n{"a": 2}',), "{a: 1}"),
    ("json_extract", ('{"a": 1}', "z"), "!! json_extract: key 'z' not found"),
    ("json_extract", ("[1]", "z"), "!! json_extract: parsed value is not a dict, cannot extract key"),
    ("json_extract", ("x",), "!! json_extract: failed to parse JSON: expected value at line 1 column 1"),
    ("json_pointer", ({"a": {"b": [10, 20]}}, "/a/b/1"), "20"),
    ("json_pointer", ({"x/y": 1}, "/x~1y"), "1"),
    ("json_pointer", ({"m~n": 2}, "/m~0n"), "2"),
    ("json_pointer", ([1, 2], "/01"), "nil"),
    ("json_pointer", ([1, 2], ""), "[1, 2]"),
    ("json_pointer", ({}, "a"), "!! json_pointer: pointer must be empty or start with '/'"),
    ("json_pointer", ({}, "/~2"), "!! json_pointer: invalid escape '~2' in pointer"),
    ("json_pointer_set", ({}, "/a~", 1), "!! json_pointer_set: dangling '~' in pointer"),
    ("json_pointer_set", ({"a": [1]}, "/a/-", 2), "{a: [1, 2]}"),
    ("json_pointer_set", ({"a": [1]}, "/a/1", 2), "{a: [1, 2]}"),
    ("json_pointer_set", ({"a": [1]}, "/a/0", 2), "{a: [2]}"),
    ("json_pointer_set", ({"a": [1]}, "/a/5", 2), "{a: [1]}"),
    ("json_pointer_set", ({"a": 1}, "/b/c", 2), "{a: 1}"),
    ("json_pointer_set", ({"a": 1}, "", 2), "2"),
    ("json_pointer_delete", ({"a": [1, 2, 3]}, "/a/1"), "{a: [1, 3]}"),
    ("json_pointer_delete", ({"a": 1}, "/z"), "{a: 1}"),
    ("json_pointer_delete", ({"a": 1}, ""), "nil"),
]

_DATA = {"a": {"b": 2}, "l": [{"n": 1}, {"n": 2}]}
QUERIES = {
    ".": "[{a: {b: 2}, l: [{n: 1}, {n: 2}]}]",
    ".a.b": "[2]",
    '.["a"].b': "[2]",
    ".zz.y": "[nil]",
    ".[]": "[{b: 2}, [{n: 1}, {n: 2}]]",
    ".a.b | .[]": "[]",
    ".l[-1].n": "[2]",
    ".l[1:]": "[[{n: 2}]]",
    ".l | map(.n)": "[[1, 2]]",
    ".l | map(select(.n == 1))": "[[{n: 1}]]",
    ".l[].n > 1": "[false, true]",
    ".a.b, .l | length": "[2, 2]",
    '.. | select(type == "number")': "[2, 1, 2]",
    "keys": "[[a, l]]",
    '{x: .a.b, y: "s"}': "[{x: 2, y: s}]",
    ".a and .z": "[false]",
    ".a | not": "[false]",
    "[.l[].n]": "[[1, 2]]",
    "bad": "!! jq: unknown identifier 'bad'",
    ".a <= 1": "!! jq: expected expression near '= 1'",
    ".a + 1": "!! jq: unexpected input near '+ 1'",
    "": "!! jq: expected expression near ''",
    "(" * 1000: "!! jq: the expression is nested too deeply",
}

CODECS: list[tuple[str, tuple[Any, ...], str]] = [
    ("base64_encode", ("a",), "YQ=="),
    ("base64_encode", (b"\xff\xfe",), "//4="),
    ("base64_decode", ("//4=",), "\ufffd\ufffd"),
    ("base64_decode", ("!a",), "!! Runtime error: base64 decode error: Invalid symbol 33, offset 0."),
    ("base64_decode", ("YQ",), "!! Runtime error: base64 decode error: Invalid padding"),
    ("base64_decode", ("YR==",), "!! Runtime error: base64 decode error: Invalid last symbol 82, offset 1."),
    ("base64url_encode", (b"\xff\xfe",), "__4"),
    ("base64url_decode", ("__4=",), "!! Runtime error: base64url decode error: Invalid padding"),
    ("base64url_decode", ("YWI",), "ab"),
    ("base32_encode", ("foo",), "MZXW6==="),
    ("base32_decode", ("MZXW6===",), "foo"),
    ("base32_decode", ("A",), "!! Runtime error: base32 decode error: invalid length at 0"),
    ("hex_encode", ("hi",), "6869"),
    ("hex_decode", ("6869",), "hi"),
    ("hex_decode", ("a",), "!! Runtime error: hex decode error: Odd number of digits"),
    ("hex_decode", ("zz",), "!! Runtime error: hex decode error: Invalid character 'z' at position 0"),
    ("bytes_from_hex", ("ag",), "!! Runtime error: bytes_from_hex: Invalid character 'g' at position 1"),
    ("bytes_from_string", ("hé",), 'b"68c3a9"'),
    (
        "bytes_to_string",
        (b"\xff",),
        "!! Runtime error: bytes_to_string: invalid utf-8 sequence of 1 bytes from index 0",
    ),
    ("bytes_to_string_lossy", (b"a\xff",), "a\ufffd"),
    ("bytes_to_base64url", (b"\xff",), "_w"),
    ("bytes_slice", (b"abcd", 1, 99), 'b"626364"'),
    ("bytes_slice", (b"abcd", -3, -1), 'b""'),
    ("bytes_concat", (b"a", b"b"), 'b"6162"'),
    ("bytes_len", (b"abc",), "3"),
    ("bytes_eq", (b"a", b"a"), "true"),
    ("md5", ("a",), "0cc175b9c0f1b6a831c399e269772661"),
    ("sha256", (None,), "5da3a4c7f117944275b4c8629c4916403625d5a4a6573a01ecb03f0e9d2edbe6"),
    ("sha512_256", ("a",), "455e518824bc0601f9fb858ff5c37d417d67c2f8e0df2babe4808858aea830f8"),
    ("blake3", (b"a",), "17762fddd969a453925d65717ac3eea21320b66b54342fde15128d6caf21215f"),
    # FIPS 180-4 and FIPS 202, the message "abc"
    ("sha224", ("abc",), "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
    (
        "sha384",
        ("abc",),
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
    ),
    (
        "sha512",
        ("abc",),
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    ),
    ("sha3_256", ("abc",), "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"),
    (
        "sha3_512",
        ("abc",),
        "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e"
        "10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0",
    ),
    ("sha256_base64url", ("abc",), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"),
    # RFC 2202, test case 2
    ("hmac_sha1", ("Jefe", "what do ya want for nothing?"), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
    ("hmac_sha256_base64", ("Jefe", "what do ya want for nothing?"), "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="),
    ("bytes_to_hex", (b"\x00\xff",), "00ff"),
    ("bytes_to_base64", (b"\xff",), "/w=="),
    ("bytes_from_base64", ("/w==",), 'b"ff"'),
    # RFC 4231, test case 2
    (
        "hmac_sha256",
        ("Jefe", "what do ya want for nothing?"),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
    ("constant_time_eq", ("a", "b"), "false"),
    ("url_encode", ("a b/é~*",), "a%20b%2F%C3%A9~%2A"),
    ("url_decode", ("a+b%20%C3%A9%zz",), "a b é%zz"),
    ("query_parse", ("?a=1&b=%20x+y&a=",), "[{key: a, value: 1}, {key: b, value:  x y}, {key: a, value: }]"),
    ("query_stringify", ([{"key": "a b", "value": "&"}],), "a+b=%26"),
    ("uuid_nil", (), "00000000-0000-0000-0000-000000000000"),
    ("uuid_parse", ("{6BA7B810-9DAD-11D1-80B4-00C04FD430C8}",), "6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
    ("uuid_parse", ("6ba7b810-9dad-11d1-80b4-00c04fd430c",), "nil"),
    ("uuid_v5", ("dns", "python.org"), "886313e1-3b8a-5372-9b90-0c9aee199e5d"),
    ("uuid_v5", ("x", "y"), "!! Runtime error: uuid_v5: namespace must be a UUID or one of dns/url/oid/x500"),
    ("url_build", ({"host": "h"},), "!! url_build: 'scheme' is required"),
    ("url_build", ({"scheme": "http", "host": "h", "port": 8, "query": {"b": 1, "a": 2}},), "http://h:8/?a=2&b=1"),
]

URLS = {
    "https://User:Pw@EXAMPLE.com:443/a/../b c?x=1 2#f": {
        "scheme": "https", "username": "User", "password": "Pw", "host": "example.com", "port": None,
        "path": "/b%20c", "query": "x=1%202", "fragment": "f",
    },
    "http://[::1]:8080": {"scheme": "http", "host": "[::1]", "port": 8080, "path": "/"},
    "mailto:a@b": {"scheme": "mailto", "path": "a@b"},
    "file:///etc/x": {"scheme": "file", "path": "/etc/x"},
}  # fmt: skip
URL_ERRORS = {
    "x/y": "relative URL without a base",
    "http://": "empty host",
    "http://h:99999": "invalid port number",
    "http://[::1": "invalid IPv6 address",
}


@pytest.mark.parametrize(("name", "arguments", "expected"), MATH + TEXT + ERRORS + JSON + CODECS)
def test_function(name: str, arguments: tuple[Any, ...], expected: str) -> None:
    assert Library().show(name, *arguments) == expected


@pytest.mark.parametrize(("expression", "expected"), QUERIES.items())
def test_jq(expression: str, expected: str) -> None:
    assert Library().show("jq", _DATA, expression) == expected


def test_jq_first() -> None:
    library = Library()
    assert library.run("jq_first", [1, 2], ".[]") == 1
    assert library.run("jq_first", [], ".[]") is None


@pytest.mark.parametrize(("url", "parts"), URLS.items())
def test_url_parse(url: str, parts: dict[str, Any]) -> None:
    names = ("scheme", "username", "password", "host", "port", "path", "query", "fragment")
    assert Library().run("url_parse", url) == {**dict.fromkeys(names), **parts}


@pytest.mark.parametrize(("url", "message"), URL_ERRORS.items())
def test_url_parse_errors(url: str, message: str) -> None:
    assert Library().show("url_parse", url) == f"!! url_parse: {message}"


def test_a_seed_gives_the_reference_sequence() -> None:
    """The numbers that builtins.md 7 records for seed 42."""
    library = Library()
    rng = library.run("rng_seed", 42)
    assert library.run("random", rng) == 0.5265574090027738
    assert library.run("random_int", rng, 1, 100) == 55
    assert library.run("random_choice", rng, [1, 2, 3]) == 3
    assert library.run("random_shuffle", rng, [1, 2, 3, 4, 5]) == [5, 1, 2, 3, 4]
    assert library.show("rng_seed", "x") == "!! Type error: rng_seed: seed must be an integer"
    assert library.show("type_of", rng) == "rng"


@pytest.mark.parametrize("seed", [0, -1, MAX])
def test_seeded_numbers_stay_in_their_bounds(seed: int) -> None:
    library = Library()
    rng = library.run("rng_seed", seed)
    numbers = [library.run("random_int", rng, -3, 3) for _ in range(500)]
    assert set(numbers) == set(range(-3, 4))
    items = list(range(50))
    assert sorted(library.run("random_shuffle", rng, items)) == items
    assert MIN <= library.run("random_int", rng, MIN, MAX) <= MAX


@pytest.mark.parametrize("kind", ["gzip", "zstd", "brotli"])
def test_compression_round_trip(kind: str) -> None:
    library = Library()
    packed = library.run(f"{kind}_encode", "hello" * 1000)
    assert len(packed) < 200
    assert library.run(f"{kind}_decode", packed) == b"hello" * 1000
    assert library.show(f"{kind}_decode", b"nonsense").startswith(f"!! Runtime error: {kind}_decode: ")


@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_archive_round_trip(kind: str) -> None:
    library = Library()
    entries = [{"path": "a/b.txt", "content": "x"}, {"path": "é", "content": b"\xff"}]
    packed = library.run(f"{kind}_create", entries)
    assert library.run(f"{kind}_extract", packed) == [
        {"path": "a/b.txt", "content": b"x"},
        {"path": "é", "content": b"\xff"},
    ]
    assert library.show(f"{kind}_extract", b"nonsense").startswith(f"!! Runtime error: {kind}_extract: ")


def test_uuids_of_the_simulated_host_repeat() -> None:
    first, second = Library(seed=1), Library(seed=1)
    assert first.run("uuid") == second.run("uuid")
    assert first.run("uuid_v7") == second.run("uuid_v7")
    assert first.run("uuid")[14] == "4"
    assert first.run("uuid_v7")[14] == "7"


def test_tool_registries() -> None:
    library = Library()
    empty = library.run("tool_registry")
    assert empty == {"_type": "tool_registry", "tools": []}
    one = library.run("tool_define", empty, "add", "Adds.", {"parameters": {"a": {"type": "int"}}, "name": "ignored"})
    two = library.run("tool_define", one, "sub", "Subtracts.")
    again = library.run("tool_define", two, "add", "Adds again.")
    assert empty["tools"] == []
    assert [tool["name"] for tool in library.run("tool_list", again)] == ["sub", "add"]
    assert library.run("tool_find", one, "add")["parameters"] == {"a": {"type": "int"}}
    assert library.run("tool_find", one, "zz") is None
    assert library.run("tool_count", library.run("tool_remove", two, "add")) == 1
    assert library.run("tool_select", two, ["sub"])["tools"][0]["name"] == "sub"
    assert library.run("tool_describe", two) == "- add: Adds.\n- sub: Subtracts."
    expected = "!! Type error: 'tool_define' parameter `registry` expects dict | closure, got int"
    assert library.show("tool_define", 5, "a", "b") == expected
