"""Regular expressions: builtins.md 12.3."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harnlite.builtins import patterns
from harnlite.builtins.regex_syntax import PatternError, translate
from harnlite.values.types import Duration
from tests.unit.builtins.library_fixture import Library

MATCHES = [
    (r"\d+", "a1b22", "[1, 22]"),
    ("z", "abc", "nil"),
    ("(a)(b)?", "ab a", "[ab, a]"),
    ("", "ab", "[, , ]"),
    ("|a", "a", "[, ]"),
    ("a**", "aaa", "[aaa]"),
    ("a{2}?", "aaa", "[aa]"),
    ("(?U)a+", "aa", "[a, a]"),
    ("(?i)ABC", "abc", "[abc]"),
    ("a(?i)b|c", "aB C", "[aB, C]"),
    ("(?i:a)b", "Ab AB", "[Ab]"),
    ("(?i)a(?-i)b", "Ab AB", "[Ab]"),
    ("(?i)straße", "STRASSE", "nil"),
    ("^b$", "b\n", "nil"),
    ("(?m)^b$", "a\nb\nc", "[b]"),
    (".", "\n", "nil"),
    ("(?s).", "\n", "[\n]"),
    ("(?x) a b # c\n c", "abc", "[abc]"),
    (r"a\z", "a", "[a]"),
    (r"\p{L}+", "héllo wörld", "[héllo, wörld]"),
    (r"\pL", "a", "[a]"),
    (r"\P{Greek}+", "aβc", "[a, c]"),
    (r"\d", "٣", "[٣]"),
    (r"(?-u)\d", "٣", "nil"),
    (r"\s", "\x1c", "nil"),
    (r"\x41\u{42}\U00000043", "ABC", "[ABC]"),
    ("(?P<n>a)(?<m>b)", "ab", "[ab]"),
    ("[[:alpha:]&&[^b]]+", "abcd", "[a, cd]"),
    ("[a-z--[c]]+", "abcd", "[ab, d]"),
    ("[a-c~~b-d]+", "abcd", "[a, d]"),
    ("[^[a-c]]", "ad", "[d]"),
    ("[[:^digit:]]", "1a", "[a]"),
    ("[]a]", "]", "[]]"),
    ("[a-]", "-", "[-]"),
    (r"[\d_]+", "1_2", "[1_2]"),
    (r"[\n]", "\n", "[\n]"),
    (r"\b{start}\w", "ab cd", "[a, c]"),
    (r"\&\-\~\#", "&-~#", "[&-~#]"),
]

MISTAKES = [
    ("[", "[", "^", "unclosed character class"),
    ("x[ab", "x[ab", " ^", "unclosed character class"),
    ("x[^a-", "x[^a-", " ^^", "unclosed character class"),
    ("(?=a)", "(?=a)", "^^^", "look-around, including look-ahead and look-behind, is not supported"),
    ("a(?<!b)", "a(?<!b)", " ^^^^", "look-around, including look-ahead and look-behind, is not supported"),
    (r"(a)\1", r"(a)\1", "   ^^", "backreferences are not supported"),
    ("(a", "(a", "^", "unclosed group"),
    ("a)", "a)", " ^", "unopened group"),
    ("*a", "*a", "^", "repetition operator missing expression"),
    ("a|{2}", "a|{2}", "  ^", "repetition operator missing expression"),
    ("a{2,1}", "a{2,1}", " ^^^^^", "invalid repetition count range, the start must be <= the end"),
    ("a{x}", "a{x}", "  ^", "repetition quantifier expects a valid decimal"),
    ("a{1", "a{1", " ^^", "unclosed counted repetition"),
    ("[z-a]", "[z-a]", " ^^^", "invalid character class range, the start must be <= the end"),
    (r"[\d-a]", r"[\d-a]", " ^^", "invalid range boundary, must be a literal"),
    (r"[\b]", r"[\b]", " ^^", "invalid escape sequence found in character class"),
    (r"\q", r"\q", "^^", "unrecognized escape sequence"),
    ("a\\", "a\\", " ^", "incomplete escape sequence, reached end of pattern prematurely"),
    (r"\xZ1", r"\xZ1", "  ^", "invalid hexadecimal digit"),
    (r"\x{D800}", r"\x{D800}", "   ^^^^", "hexadecimal literal is not a Unicode scalar value"),
    (r"\p{Foo}", r"\p{Foo}", "^^^^^^^", "Unicode property not found"),
    ("(?P<a>x)(?P<a>y)", "(?P<a>x)(?P<a>y)", "    ^       ^", "duplicate capture group name"),
    ("(?P<1>x)", "(?P<1>x)", "    ^", "invalid capture group character"),
    ("(?P<>x)", "(?P<>x)", "    ^", "empty capture group name"),
    ("(?q)", "(?q)", "  ^", "unrecognized flag"),
    ("(?ii)", "(?ii)", "  ^^", "duplicate flag"),
    ("(?i-)", "(?i-)", "   ^", "dangling flag negation operator"),
]


@pytest.mark.parametrize(("pattern", "text", "expected"), MATCHES)
def test_match(pattern: str, text: str, expected: str) -> None:
    assert Library().show("regex_match", pattern, text) == expected


@pytest.mark.parametrize(("pattern", "line", "carets", "kind"), MISTAKES)
def test_mistakes_are_drawn(pattern: str, line: str, carets: str, kind: str) -> None:
    expected = f"!! Invalid regex: regex parse error:\n    {line}\n    {carets}\nerror: {kind}"
    assert Library().show("regex_match", pattern, "x") == expected


def test_mistake_in_a_pattern_of_several_lines() -> None:
    shown = Library().show("regex_match", "a\n(b", "x")
    rule = "~" * 79
    assert shown == f"!! Invalid regex: regex parse error:\n{rule}\n1: a\n2: (b\n   ^\n{rule}\nerror: unclosed group"


@pytest.mark.parametrize(
    ("flags", "pattern", "text", "expected"),
    [
        ("i", "B", "abc", "[b]"),
        ("m", "^b", "a\nb", "[b]"),
        ("s", "a.b", "a\nb", "[a\nb]"),
        ("x", "a b", "ab", "[ab]"),
        ("im", "^B", "a\nb", "[b]"),
        ("q", "a", "a", "!! Invalid regex: unsupported regex flag 'q', expected one of i/m/s/x"),
    ],
)
def test_flags(flags: str, pattern: str, text: str, expected: str) -> None:
    assert Library().show("regex_match", pattern, text, flags) == expected


@pytest.mark.parametrize(
    ("pattern", "replacement", "text", "expected"),
    [
        (r"\d+", "N", "a1b22", "aNbN"),
        (r"(\w+) (\w+)", "$2 $1", "hello world", "world hello"),
        (r"(?P<n>\d+)", "<$n>", "a12", "a<12>"),
        ("(a)", "$1x", "ab", "b"),
        ("(a)", "${1}x", "ab", "axb"),
        ("(a)", "$$1", "ab", "$1b"),
        ("(a)", "$", "ab", "$b"),
        ("(a)", r"\1", "ab", r"\1b"),
        ("(a)|b", "[$1]", "ab", "[a][]"),
        ("a", "$0$9", "a", "a"),
        ("x*", "-", "abc", "-a-b-c-"),
        ("x*", "-", "abxd", "-a-b-d-"),
    ],
)
def test_replace(pattern: str, replacement: str, text: str, expected: str) -> None:
    library = Library()
    assert library.run("regex_replace", pattern, replacement, text) == expected
    assert library.run("regex_replace_all", pattern, replacement, text) == expected


def test_captures_and_split() -> None:
    library = Library()
    assert library.show("regex_captures", r"(\d+)-(\w+)", "12-ab 34-cd") == (
        "[{groups: [12, ab], match: 12-ab}, {groups: [34, cd], match: 34-cd}]"
    )
    assert library.show("regex_captures", "(?P<y>a)|(b)", "ab") == (
        "[{groups: [a, nil], match: a, y: a}, {groups: [nil, b], match: b}]"
    )
    assert library.run("regex_captures", "z", "abc") == []
    assert library.run("regex_split", "a1b22c", r"\d+") == ["a", "b", "c"]
    assert library.run("regex_split", "aXbxc", "x", "i") == ["a", "b", "c"]
    assert library.run("regex_split", "ab", "") == ["", "a", "b", ""]
    assert library.run("regex_split", "ab", "(b)") == ["a", ""]


def test_too_few_arguments() -> None:
    library = Library()
    assert library.run("regex_match", "a") is None
    assert library.run("regex_replace", "a", "b") is None
    assert library.run("regex_split") is None
    assert library.run("regex_captures", "a") == []


def test_a_pattern_that_takes_too_long_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "_TIME_LIMIT", 0.05)
    shown = Library().show("regex_match", "(a|aa)+$", "a" * 60 + "b")
    assert shown == "!! Runtime error: regex: the pattern took longer than 0.05 seconds"


def test_a_deadline_ends_a_search() -> None:
    library = Library()
    deadline = library.vm.enter_deadline(Duration(50))
    assert library.show("regex_match", "(a|aa)+$", "a" * 60 + "b") == "!! Deadline exceeded"
    library.vm.leave_deadline(deadline)
    assert library.show("regex_match", "a", "a") == "[a]"


def test_a_pattern_that_would_compile_to_too_much_is_an_error() -> None:
    shown = Library().show("regex_match", "((a{1000}){1000}){1000}", "a")
    assert shown == "!! Invalid regex: Compiled regex exceeds size limit of 10485760 bytes."


@given(st.text(alphabet="ab(|)[]{}*+?^$.\\-:<>P=!i&~,1d#\n ", max_size=15), st.text(alphabet="ab1-\n", max_size=8))
def test_any_pattern_compiles_or_is_refused_in_words(pattern: str, text: str) -> None:
    """What passes our check also passes the engine's, and searching it ends."""
    shown = Library().show("regex_match", pattern, text)
    assert not shown.startswith("!!") or shown.startswith("!! Invalid regex: regex parse error:")


def test_translation_knows_its_names() -> None:
    translation = translate("(a)(?P<x.y>b)(?:c)(?<z>d)", "", lambda _name: True)
    assert translation.names == {"x.y": 2, "z": 3}
    with pytest.raises(PatternError, match="unclosed group"):
        translate("(", "", lambda _name: True)
