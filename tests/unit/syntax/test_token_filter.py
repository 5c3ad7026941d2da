"""The token filter: separators, commas and the kinds of brackets and marks (language.md 2.4 to 2.9)."""

from __future__ import annotations

from pathlib import Path

import pytest

from harnlite.source import Source
from harnlite.syntax.lexer import tokenize
from harnlite.syntax.token_filter import filter_tokens
from harnlite.syntax.tokens import Token
from tests.unit.syntax.syntax_support import PARSING, kinds_of


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        # Line ends.
        ("a\nb", "NAME SEPARATOR NAME"),
        ("\n\na\n\n\nb\n", "NAME SEPARATOR NAME"),
        ("a\n+ b", "NAME PLUS NAME"),
        ("a +\nb", "NAME PLUS NAME"),
        ("a\n- b", "NAME SEPARATOR MINUS NAME"),
        ("a\n.b", "NAME DOT NAME"),
        ("a\n? b : c", "NAME QUESTION_TERNARY NAME COLON NAME"),
        ("f\n(a)", "NAME SEPARATOR GROUP_OPEN NAME PAREN_CLOSE"),
        ("f\n[a]", "NAME SEPARATOR LIST_OPEN NAME BRACKET_CLOSE"),
        ("return\na", "RETURN SEPARATOR NAME"),
        ("break\na", "BREAK SEPARATOR NAME"),
        ("(a\n+ b\n)", "GROUP_OPEN NAME PLUS NAME PAREN_CLOSE"),
        ("a;;b", "NAME SEPARATOR SEPARATOR NAME"),
        # Commas.
        ("f(a b)", "NAME CALL_OPEN NAME COMMA NAME PAREN_CLOSE"),
        ("[1\n-2]", "LIST_OPEN INT COMMA MINUS INT BRACKET_CLOSE"),
        ("[1 -2]", "LIST_OPEN INT MINUS INT BRACKET_CLOSE"),
        ("[a [b]]", "LIST_OPEN NAME INDEX_OPEN NAME BRACKET_CLOSE BRACKET_CLOSE"),
        ("[a\n[b]]", "LIST_OPEN NAME COMMA LIST_OPEN NAME BRACKET_CLOSE BRACKET_CLOSE"),
        ("[a b\nc]", "LIST_OPEN NAME COMMA NAME COMMA NAME BRACKET_CLOSE"),
        ("f(x not in y)", "NAME CALL_OPEN NAME NOT_IN NAME PAREN_CLOSE"),
        ("f(g()(1))", "NAME CALL_OPEN NAME CALL_OPEN PAREN_CLOSE COMMA GROUP_OPEN INT PAREN_CLOSE PAREN_CLOSE"),
        # Braces.
        ("{}", "DICT_OPEN BRACE_CLOSE"),
        ("{ -> 1 }", "CLOSURE_OPEN ARROW INT BRACE_CLOSE"),
        ("{a: { -> 1 }}", "DICT_OPEN NAME COLON CLOSURE_OPEN ARROW INT BRACE_CLOSE BRACE_CLOSE"),
        ("if a { }", "IF NAME BLOCK_OPEN BRACE_CLOSE"),
        ("if A { }", "IF NAME STRUCT_OPEN BRACE_CLOSE"),
        ("if A\n{ }", "IF NAME BLOCK_OPEN BRACE_CLOSE"),
        ("if A { x }", "IF NAME BLOCK_OPEN NAME BRACE_CLOSE"),
        ("P {x: 1}", "NAME STRUCT_OPEN NAME COLON INT BRACE_CLOSE"),
        ("p {x: 1}", "NAME DICT_OPEN NAME COLON INT BRACE_CLOSE"),
        ("a.P {x: 1}", "NAME DOT NAME DICT_OPEN NAME COLON INT BRACE_CLOSE"),
        (
            "if if a { b } else { c } { d }",
            "IF IF NAME BLOCK_OPEN NAME BRACE_CLOSE ELSE BLOCK_OPEN NAME BRACE_CLOSE BLOCK_OPEN NAME BRACE_CLOSE",
        ),
        ("match a { b -> { c } }", "MATCH NAME BODY_OPEN NAME ARROW BLOCK_OPEN NAME BRACE_CLOSE BRACE_CLOSE"),
        ("guard a else { }", "GUARD NAME GUARD_ELSE BLOCK_OPEN BRACE_CLOSE"),
        ("struct P { x: int }", "STRUCT NAME BODY_OPEN NAME COLON NAME BRACE_CLOSE"),
        ("let {a} = b", "LET PATTERN_OPEN NAME BRACE_CLOSE ASSIGN NAME"),
        ("parallel 2 { i -> i }", "PARALLEL INT CLOSURE_OPEN NAME ARROW NAME BRACE_CLOSE"),
        ("parallel 2 { i }", "PARALLEL INT BLOCK_OPEN NAME BRACE_CLOSE"),
        ("let x: {a: int} = b", "LET NAME COLON SHAPE_OPEN NAME COLON NAME BRACE_CLOSE ASSIGN NAME"),
        # Question marks.
        ("a?", "NAME QUESTION_PROPAGATE"),
        ("a ? b : c", "NAME QUESTION_TERNARY NAME COLON NAME"),
        ("a?[0]", "NAME OPTIONAL_INDEX_OPEN INT BRACKET_CLOSE"),
        ("a ? [0] : b", "NAME QUESTION_TERNARY LIST_OPEN INT BRACKET_CLOSE COLON NAME"),
        ("a ? f()? : b", "NAME QUESTION_TERNARY NAME CALL_OPEN PAREN_CLOSE QUESTION_PROPAGATE COLON NAME"),
        (
            "{a: f()?\nb: c}",
            "DICT_OPEN NAME COLON NAME CALL_OPEN PAREN_CLOSE QUESTION_PROPAGATE COMMA NAME COLON NAME BRACE_CLOSE",
        ),
        ("let x: int? = a", "LET NAME COLON NAME QUESTION_OPTIONAL ASSIGN NAME"),
        # Less-than and type arguments.
        ("a < b", "NAME LESS NAME"),
        ("a<b>(c)", "NAME ANGLE_OPEN NAME ANGLE_CLOSE CALL_OPEN NAME PAREN_CLOSE"),
        ("a < b > (c)", "NAME ANGLE_OPEN NAME ANGLE_CLOSE CALL_OPEN NAME PAREN_CLOSE"),
        ("a < b >= (c)", "NAME LESS NAME GREATER_EQUAL GROUP_OPEN NAME PAREN_CLOSE"),
        ("f(a < b, c > d)", "NAME CALL_OPEN NAME LESS NAME COMMA NAME GREATER NAME PAREN_CLOSE"),
        ("let x: l<int>= y", "LET NAME COLON NAME ANGLE_OPEN NAME ANGLE_CLOSE ASSIGN NAME"),
        # Words that are keywords only in some places.
        ("gen fn f() { }", "GEN FN NAME PARAMETERS_OPEN PAREN_CLOSE BLOCK_OPEN BRACE_CLOSE"),
        ("let gen = with", "LET NAME ASSIGN NAME"),
        ("a.match.if", "NAME DOT NAME DOT NAME"),
        ("{if: 1}", "DICT_OPEN NAME COLON INT BRACE_CLOSE"),
        (
            "parallel each a { x -> x } as stream",
            "PARALLEL EACH NAME CLOSURE_OPEN NAME ARROW NAME BRACE_CLOSE AS STREAM",
        ),
        ("let default = timeout", "LET NAME ASSIGN NAME"),
        ("try* f()", "TRY_STAR NAME CALL_OPEN PAREN_CLOSE"),
        # A statement's keyword at a line's start ends what was left open.
        ("f(a,\nlet b = 1", "NAME CALL_OPEN NAME COMMA SEPARATOR LET NAME ASSIGN INT"),
    ],
)
def test_kinds(text: str, wanted: str) -> None:
    assert kinds_of(text) == wanted


@pytest.mark.parametrize("path", PARSING[::9], ids=lambda path: path.stem)
def test_filter_is_a_pure_function(path: Path) -> None:
    tokens = tokenize(Source(path.name, path.read_text(encoding="utf-8"))).tokens
    before = [_facts(token) for token in tokens]
    first = [_facts(token) for token in filter_tokens(tokens)]
    assert [_facts(token) for token in tokens] == before
    assert [_facts(token) for token in filter_tokens(tokens)] == first


def _facts(token: Token) -> tuple[object, ...]:
    return (token.kind, token.text, token.start, token.end, token.newline, token.depth, token.frame)
