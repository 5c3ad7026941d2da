"""YAML, TOML and CSV: builtins.md 12.2."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.builtins.library_fixture import Library

YAML_PARSE = [
    ("a: 1\nb:\n  - x\n  - 2.5\n  - true\n  - null\nc: yes\n", "{a: 1, b: [x, 2.5, true, nil], c: yes}"),
    ("a: 012\nb: 0x1F\nc: .inf\nd: 2024-01-01\ne: '5'\nf: !!str 5\ng: 0o17\n", None),
    ("1: x\ntrue: y\nnull: z\n", "{1: x, nil: z, true: y}"),
    ("a: &x [1]\nb: *x", "{a: [1], b: [1]}"),
    ("<<: {a: 1}", "{<<: {a: 1}}"),
    ("", "nil"),
    ("# nothing", "nil"),
    ("99999999999999999999", "100000000000000000000"),
    ("[1e3, -.5, +1, 1_000, ~]", "[1000.0, -0.5, 1, 1_000, nil]"),
    ("&a [*a]", "!! YAML parse error: unknown anchor"),
    ("a: 1\na: 2", '!! YAML parse error: duplicate entry with key "a"'),
    (
        "--- 1\n--- 2",
        "!! YAML parse error: deserializing from YAML containing more than one document is not supported",
    ),
    ("a: b: c", "!! YAML parse error: mapping values are not allowed in this context at line 1 column 5"),
]


@pytest.mark.parametrize(("text", "expected"), [row for row in YAML_PARSE if row[1] is not None])
def test_yaml_parse(text: str, expected: str) -> None:
    assert Library().show("yaml_parse", text) == expected


def test_yaml_scalars_keep_their_types() -> None:
    text = YAML_PARSE[1][0]
    assert Library().run("yaml_parse", text) == {
        "a": "012", "b": 31, "c": None, "d": "2024-01-01", "e": "5", "f": "5", "g": 15,
    }  # fmt: skip


def test_yaml_bombs_and_depth() -> None:
    library = Library()
    bomb = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12))
    assert library.show("yaml_parse", bomb) == "!! YAML parse error: repetition limit exceeded"
    assert library.show("yaml_parse", "[" * 20_000).startswith("!! YAML parse error: ")
    deep = "".join("  " * i + "-\n" for i in range(500)) + "  " * 500 + "- x"
    assert library.show("yaml_parse", deep).endswith("[x" + "]" * 501)


def test_yaml_stringify() -> None:
    value = {
        "b": 1,
        "a": ["x", None, 1.5, "true"],
        "c": {"d": "y: z"},
        "m": "l1\nl2",
        "n": "l\n",
        "o": [],
        "p": {},
        "q": [[1, [2]], {"a": 1, "b": [1]}],
        "s": ["", "123", "012", "- a", "it's", "#c", "a #c", "x:", " a", "\x01"],
        "z": 1e16,
    }
    expected = """a:
- x
- null
- 1.5
- 'true'
b: 1
c:
  d: 'y: z'
m: |-
  l1
  l2
n: |
  l
o: []
p: {}
q:
- - 1
  - - 2
- a: 1
  b:
  - 1
s:
- ''
- '123'
- '012'
- '- a'
- it's
- '#c'
- 'a #c'
- 'x:'
- ' a'
- "\\x01"
z: 1e+16
"""
    assert Library().run("yaml_stringify", value) == expected
    assert Library().run("yaml_stringify", "x") == "x\n"
    assert Library().run("yaml_stringify", []) == "[]\n"


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=12,
)


@given(_VALUES)
def test_yaml_round_trip(value: Any) -> None:
    library = Library()
    assert repr(library.run("yaml_parse", library.run("yaml_stringify", value))) == repr(_sorted(value))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


@given(st.text(alphabet="ab1:-[]{},&*!|>'\"#%@ \n\t.~", max_size=30))
def test_any_text_is_yaml_or_a_clear_error(text: str) -> None:
    shown = Library().show("yaml_parse", text)
    assert not shown.startswith("!!") or shown.startswith("!! YAML parse error: ")


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    expected = "!! Runtime error: yaml_parse needs the package PyYAML: install harnlite[yaml]"
    assert Library().show("yaml_parse", "a") == expected


def test_toml_parse() -> None:
    library = Library()
    assert library.run("toml_parse", 'a = 1\n[t]\nb = "x"\nc = [1, 2.5]\n') == {"a": 1, "t": {"b": "x", "c": [1, 2.5]}}
    assert library.run("toml_parse", "d = 2024-01-01T00:00:00Z\ne = 07:30:00") == {
        "d": {"$__toml_private_datetime": "2024-01-01T00:00:00Z"},
        "e": {"$__toml_private_datetime": "07:30:00"},
    }
    assert library.run("toml_parse", "") == {}


def test_toml_parse_errors() -> None:
    library = Library()
    shown = library.show("toml_parse", "x = 1\na = ?")
    assert shown.startswith(
        "!! TOML parse error: TOML parse error at line 2, column 5\n  |\n2 | a = ?\n  |     ^\ninvalid value"
    )
    assert library.show("toml_parse", "a = " + "[" * 5000).startswith("!! TOML parse error: ")
    assert library.show("toml_parse", "a = 99999999999999999999").startswith("!! TOML parse error: ")


def test_toml_stringify() -> None:
    library = Library()
    value = {
        "b": 1,
        "f": 1.0,
        "g": 1e21,
        "s p": "l\n\x01",
        "a": {"c": "x", "d": {"e": [1, "a"]}},
        "deep": {"er": {"k": True}},
        "em": {},
        "m": [[1], {"a": 1}],
        "r": [{"x": 1}, {"y": {"z": 2}}],
        "t": {"$__toml_private_datetime": "2024-01-01"},
    }
    text = library.run("toml_stringify", value)
    assert (
        text
        == """b = 1
f = 1.0
g = 1000000000000000000000.0
m = [[1], { a = 1 }]
"s p" = "l\\n\\u0001"
t = 2024-01-01

[a]
c = "x"

[a.d]
e = [1, "a"]

[deep.er]
k = true

[em]

[[r]]
x = 1

[[r]]

[r.y]
z = 2
"""
    )
    assert library.run("toml_parse", text) == value
    assert library.run("toml_stringify", {}) == ""
    assert library.show("toml_stringify", 5) == "!! toml_stringify: unsupported i64 type"
    assert library.show("toml_stringify", {"a": None}) == "!! toml_stringify: unsupported unit type"


@pytest.mark.parametrize("text", ["\x85", "a\x85b", "\u2028"])
def test_yaml_escapes_line_breaks_of_unicode(text: str) -> None:
    library = Library()
    assert library.run("yaml_parse", library.run("yaml_stringify", {text: text})) == {text: text}


def test_gzip_names_what_is_wrong_with_the_bytes() -> None:
    library = Library()
    packed = library.run("gzip_encode", "hello")
    assert library.run("gzip_decode", packed) == b"hello"
    assert library.show("gzip_decode", b"zz") == "!! Runtime error: gzip_decode: invalid gzip header"
    assert library.show("gzip_decode", packed[:-9]) == "!! Runtime error: gzip_decode: unexpected end of file"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("it's", '"it\'s"'),
        ('q"u', "'q\"u'"),
        ("C:\\x", "'C:\\x'"),
        ("a\tb", '"a\tb"'),
        ("'\"", '"\'\\""'),
        ("a\nb", '"""\na\nb"""'),
        ("a\n\\", "'''\na\n\\'''"),
        ('a\n"', "'''\na\n\"'''"),
        ("a\r\nb", '"a\\r\\nb"'),
    ],
)
def test_toml_writes_a_string_in_the_form_that_needs_no_escapes(text: str, written: str) -> None:
    library = Library()
    toml = library.run("toml_stringify", {"k": text})
    assert toml == f"k = {written}\n"
    assert library.run("toml_parse", toml) == {"k": text}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (('a,b\n1,"x,y"\n',), "[[a, b], [1, x,y]]"),
        (("a,b\n1,2\n3\n", {"headers": True}), "[{a: 1, b: 2}, {a: 3, b: }]"),
        (('a;"b""c";\r\n\r\nd\n\n', {"delimiter": ";"}), '[[a, b"c, ], [d]]'),
        (('"l1\nl2",x',), "[[l1\nl2, x]]"),
        (('a"b,c',), '[[a"b, c]]'),
        (('"open',), "[[open]]"),
        (("a,",), "[[a, ]]"),
        (("",), "[]"),
        (("a", {"delimiter": "ab"}), "!! csv_parse: delimiter must be a single character"),
    ],
)
def test_csv_parse(arguments: tuple[Any, ...], expected: str) -> None:
    assert Library().show("csv_parse", *arguments) == expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (([["a", "b,c"], [1, None]],), 'a,"b,c"\n1,nil\n'),
        (([{"a": 1, "b": 2}, {"b": 3}], {"headers": True}), "a,b\n1,2\n,3\n"),
        (([{"a": 1}],), "1\n"),
        (([[""]],), '""\n'),
        (([['"', "x\ny"]], {"delimiter": "\t"}), '""""\t"x\ny"\n'),
        (([],), ""),
        (([[1], {}],), "!! csv_stringify: mixed list/dict rows are not supported"),
        (([1],), "!! csv_stringify: each row must be a list of cells (or use dict rows)"),
    ],
)
def test_csv_stringify(arguments: tuple[Any, ...], expected: str) -> None:
    assert Library().show("csv_stringify", *arguments) == expected


@given(st.lists(st.lists(st.text(alphabet='ab,"\n\r; ', max_size=5), min_size=1, max_size=4), max_size=4))
def test_csv_round_trip(rows: list[list[str]]) -> None:
    library = Library()
    assert library.run("csv_parse", library.run("csv_stringify", rows)) == rows
