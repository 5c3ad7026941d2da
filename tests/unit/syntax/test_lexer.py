"""The lexer: token kinds, texts, comments, errors (docs/reference/language.md 1)."""

from __future__ import annotations

import pytest

from harnlite.source import Source
from harnlite.syntax.lexer import MAXIMUM_NESTING, tokenize
from harnlite.syntax.tokens import KEYWORDS, OPERATORS


def lex(text: str) -> list[tuple[str, str]]:
    stream = tokenize(Source("test.harn", text))
    assert not stream.errors
    return [(token.kind, token.text) for token in stream.tokens[:-1]]


def errors(text: str) -> list[tuple[str, str]]:
    return [(error.code, error.message) for error in tokenize(Source("test.harn", text)).errors]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", []),
        ("  \t\r\n ", []),
        ("1 1.5 5ms 5 s", [("INT", "1"), ("FLOAT", "1.5"), ("DURATION", "5ms"), ("INT", "5"), ("NAME", "s")]),
        ("1.5s", [("FLOAT", "1.5"), ("NAME", "s")]),
        ("5mx", [("INT", "5"), ("NAME", "mx")]),
        ("5m", [("DURATION", "5m")]),
        ("1e5", [("INT", "1"), ("NAME", "e5")]),
        ("5.", [("INT", "5"), ("DOT", ".")]),
        ("42.name", [("INT", "42"), ("DOT", "."), ("NAME", "name")]),
        ("...xs", [("ELLIPSIS", "..."), ("NAME", "xs")]),
        ("a|>b", [("NAME", "a"), ("PIPE", "|>"), ("NAME", "b")]),
        ("a?.b??c", [("NAME", "a"), ("OPTIONAL_DOT", "?."), ("NAME", "b"), ("COALESCE", "??"), ("NAME", "c")]),
        ("a**=b", [("NAME", "a"), ("POWER", "**"), ("ASSIGN", "="), ("NAME", "b")]),
        ("étude _x a²", [("NAME", "étude"), ("NAME", "_x"), ("NAME", "a²")]),
        ('r"a\\" "b\\"c"', [("RAW_STRING", 'r"a\\"'), ("STRING", '"b\\"c"')]),
        ("red", [("NAME", "red")]),
        ('"$5 $x"', [("STRING", '"$5 $x"')]),
        ('"\\${x}"', [("STRING", '"\\${x}"')]),
        ('"""a"b"""', [("STRING", '"""a"b"""')]),
        ('"""\\${a}"""', [("STRING", '"""\\${a}"""')]),
        ('""', [("STRING", '""')]),
        ('"${x}"', [("STRING_BEGIN", '"${'), ("NAME", "x"), ("STRING_END", '}"')]),
        (
            '"a${x}b${y}c"',
            [
                ("STRING_BEGIN", '"a${'),
                ("NAME", "x"),
                ("STRING_MIDDLE", "}b${"),
                ("NAME", "y"),
                ("STRING_END", '}c"'),
            ],
        ),
        ("a \\\n b", [("NAME", "a"), ("NAME", "b")]),
        ("\ufeff#!/bin/x\na", [("NAME", "a")]),
        ("a /* /* */ */ b // c\n///d", [("NAME", "a"), ("NAME", "b")]),
    ],
)
def test_tokens(text: str, wanted: list[tuple[str, str]]) -> None:
    assert lex(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        '"${d["k"]}"',
        '"${"in ${1}"}"',
        '"${"}"}"',
        '"${"{"}"}',
        '"${{a: 1}.a}"',
        '"${ f({ x -> "${x}" }) }"',
        '"${\n1\n}"',
    ],
)
def test_interpolations_nest_with_their_quotes_and_braces(text: str) -> None:
    tokens = tokenize(Source("test.harn", text + " after")).tokens
    assert tokens[0].kind == "STRING_BEGIN"
    assert tokens[-2].text == "after"


def test_even_backslashes_do_not_escape_an_interpolation() -> None:
    assert [kind for kind, _ in lex('"""\\\\${a}"""')] == ["STRING_BEGIN", "NAME", "STRING_END"]
    assert [kind for kind, _ in lex('"\\\\${a}"')] == ["STRING_BEGIN", "NAME", "STRING_END"]


def test_every_keyword_and_operator_is_one_token() -> None:
    for text, kind in {**KEYWORDS, **OPERATORS}.items():
        if text in ")]}":
            continue
        assert [token.kind for token in tokenize(Source("test.harn", text)).tokens[:1]] == [kind]
    assert len(KEYWORDS) == 51


def test_newlines_are_noted_on_the_token_behind() -> None:
    tokens = tokenize(Source("test.harn", "a // x\n/* y\n */ b c\n\n\nd")).tokens
    assert [(token.text, token.newline) for token in tokens] == [
        ("a", False),
        ("b", True),
        ("c", False),
        ("d", True),
        ("", False),
    ]


def test_comments_are_kept() -> None:
    comments = tokenize(Source("test.harn", "#!x\n a // b\r\n  /* c\n */ d")).comments
    assert [(comment.text, comment.own_line) for comment in comments] == [
        ("#!x", True),
        ("// b", False),
        ("/* c\n */", True),
    ]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a\nb `x`", [("HARN-PAR-003", "Unexpected character '`' at 2:3")]),
        ("'it'", [("HARN-PAR-003", "Unexpected character ''' at 1:1")]),
        ("é #", [("HARN-PAR-003", "Unexpected character '#' at 1:3")]),
        ("a \\ b", [("HARN-PAR-003", "Unexpected character '\\' at 1:3")]),
        ("\x00", [("HARN-PAR-003", "Unexpected character '\\u{0}' at 1:1")]),
        ("²", [("HARN-PAR-003", "Unexpected character '²' at 1:1")]),
        ('"${}"', [("HARN-PAR-003", "Unexpected character '}' at 1:4")]),
        ('"${ /* c */ }"', [("HARN-PAR-003", "Unexpected character '}' at 1:13")]),
        ('"open\nx', [("HARN-PAR-004", "Unterminated string at 1:1")]),
        ('x r"open', [("HARN-PAR-004", "Unterminated string at 1:3")]),
        ('"""a\nb', [("HARN-PAR-004", "Unterminated string at 1:1")]),
        ('"a ${b', [("HARN-PAR-004", "Unterminated string at 1:1")]),
        ('"a ${b} c', [("HARN-PAR-004", "Unterminated string at 1:1")]),
        ('"a ${"b} c', [("HARN-PAR-004", "Unterminated string at 1:1")]),
        ("a /* /* */", [("HARN-PAR-005", "Unterminated block comment at 1:3")]),
        (
            "^\n~",
            [("HARN-PAR-003", "Unexpected character '^' at 1:1"), ("HARN-PAR-003", "Unexpected character '~' at 2:1")],
        ),
    ],
)
def test_errors(text: str, wanted: list[tuple[str, str]]) -> None:
    assert errors(text) == wanted


def test_nesting_ends_the_scan_at_the_limit() -> None:
    assert errors("(" * MAXIMUM_NESTING + ")" * MAXIMUM_NESTING) == []
    code, message = errors("(" * 10_000_000)[0]
    assert (code, message) == ("HARN-PAR-006", "Brackets nested more than 256 deep at 1:257")
    assert errors('"${' * 300)[0][0] == "HARN-PAR-006"


def test_blanks_at_the_end_are_no_characters() -> None:
    assert errors("a ") == errors("a\t") == errors("a \r\n ") == []
