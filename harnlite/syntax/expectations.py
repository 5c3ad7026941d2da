"""The words of syntax errors: what was expected and what was found (docs/reference/language.md 2.10).

Takes the names of the terminals a parser state accepts and the tokens around the error; gives text. It knows the
terminals of ``harn.lark`` but nothing of states.
"""

from __future__ import annotations

from typing import Final

from harnlite.syntax.build_expressions import string_value
from harnlite.syntax.tokens import END, KEYWORDS, Token, kinds

__all__ = ["expected_words", "found_words", "hint"]

_LONGEST_TEXT: Final = 40

_OPERATORS: Final = kinds(
    "EQUAL NOT_EQUAL LESS GREATER LESS_EQUAL GREATER_EQUAL AND OR PIPE COALESCE PLUS STAR SLASH PERCENT POWER DOT "
    "OPTIONAL_DOT QUESTION_TERNARY QUESTION_PROPAGATE QUESTION_OPTIONAL INDEX_OPEN OPTIONAL_INDEX_OPEN CALL_OPEN "
    "METHOD_OPEN ANGLE_OPEN IN NOT_IN TO EXCLUSIVE AS STRUCT_OPEN"
)
"""What may follow an operand; never what is missing, unless nothing else is accepted."""

_AFTER: Final = {
    "LET": "variable name or destructuring pattern",
    "VAR": "variable name or destructuring pattern",
    "CONST": "constant name",
    "FOR": "variable name or destructuring pattern",
    "FN": "function name",
    "PIPELINE": "pipeline name",
    "TOOL": "tool name",
    "SKILL": "skill name",
    "EVAL_PACK": "eval_pack name",
    "OVERRIDE": "override name",
    "ENUM": "enum name",
    "STRUCT": "struct name",
    "INTERFACE": "interface name",
    "IMPL": "struct name",
    "TYPE": "type name",
    "EXTENDS": "pipeline name",
    "IMPORT": "import path string",
    "DOT": "member name",
    "OPTIONAL_DOT": "member name",
    "AT": "attribute name",
    "FROM": "import path string",
    "PUB": "declaration",
    "DESCRIPTION": "string",
    "STREAM": "stream",
}
"""What is missing behind a token that can be followed by hardly anything else."""

_RULES: Final = {
    "dict_entry": "dict key",
    "struct_entry": "field name",
    "variant": "variant name",
    "struct_field": "field name",
    "shape_field": "field name",
    "parameter": "parameter name",
    "names": "parameter name",
    "dict_pattern_field": "field name",
    "list_pattern_item": "variable name",
    "select_case": "select case",
    "interface_member": "interface member",
    "method": "fn",
    "attribute_value": "attribute argument",
    "type_parameter": "type parameter name",
    "type": "type",
    "intersection": "type",
    "named_entry": "entry name",
}
"""What is missing where a rule could begin, the first that could being named."""

_SIGNS: Final = {
    "PAREN_CLOSE": ")",
    "BRACKET_CLOSE": "]",
    "BLOCK_OPEN": "{",
    "BODY_OPEN": "{",
    "ASSIGN": "=",
    "COLON": ":",
    "ARROW": "->",
    "ANGLE_CLOSE": ">",
    "PARAMETERS_OPEN": "(",
    "CALL_OPEN": "(",
    "PATTERN_OPEN": "{",
    "DICT_OPEN": "{",
    "GUARD_ELSE": "else",
    "FROM": "from",
    "IN": "in",
    "STREAM": "stream",
    "MAX_CONCURRENT": "max_concurrent",
    "STRING_END": "}",
    "STRING_MIDDLE": "}",
    "BRACE_CLOSE": "}",
    "COMMA": ",",
    "STRING": "string",
    "INT": "int",
}
"""Marks in the order in which the first accepted one is named."""

_CLOSERS: Final = ("PAREN_CLOSE", "BRACKET_CLOSE", "BRACE_CLOSE")

_NAME_HINTS: Final = {
    "elif": "write `else if`",
    "elseif": "write `else if`",
    "elsif": "write `else if`",
    "and": "the operator is written `&&`",
    "or": "the operator is written `||`",
    "not": "the operator is written `!`",
    "is": "comparison is written `==`",
    "def": "functions are declared with `fn`",
    "func": "functions are declared with `fn`",
    "function": "functions are declared with `fn`",
    "null": "the empty value is `nil`",
    "loop": "write `while true { ... }`",
    "do": "write `while true { ... }`",
    "switch": "write `match value { pattern -> { ... } }`",
    "class": "write `struct` and `impl`",
    "except": "write `catch`",
    "async": "every function may wait; start a task with `spawn { ... }`",
    "lambda": "closures are written `{ x -> ... }`",
    "await": "a task is awaited with `await(task)`",
    "new": "a struct is made with `Name { field: value }`; any value can be thrown",
    "then": "the branches of an `if` are blocks: `if a { b } else { c }`",
}

_SEPARATOR: Final = "separator (`;` or newline)"

_CLOSURE: Final = "closures are written `{ x -> ... }`"

_SLIPS: Final = (
    ("", "->", "{", "the body of an arm is a block: `pattern -> { ... }`"),
    ("=", "", "{", "comparison is written `==`"),
    (":", "", "{", "a body stands in braces, a return type behind `->`"),
    ("[", "", "=", "a list type is written `list<int>`"),
    (",", "", "=", "several names are bound with a pattern: `let [a, b] = ...`"),
    ("let", "(", "", "a loop goes through values: `for i in 0 to 9 { ... }`"),
    ("var", "(", "", "a loop goes through values: `for i in 0 to 9 { ... }`"),
    ("/", "", ":", 'the path of an import is a string: `import "std/math"`'),
    ("as", "", _SEPARATOR, 'an import keeps its names: `import { name } from "path"`'),
    ("from", "", "expression", 'write `import { name } from "path"`'),
    ("for", "", "]", "there are no comprehensions: write `xs.map({ x -> ... })`"),
    ("->", ")", _SEPARATOR, _CLOSURE),
    ("}", "", _SEPARATOR, "no `{` is open here: this one closes nothing, or one above it closes too early"),
    ("=", "", _SEPARATOR, "an assignment is a statement of its own; comparison is written `==`"),
    (":", "", _SEPARATOR, "a variable is made with `let` or `var`"),
    ("?", "", _SEPARATOR, "this `?` unwraps a Result, since no `:` follows on the line"),
    ("", "?", _SEPARATOR, "this `?` unwraps a Result, since no `:` follows on the line"),
    (">", "<", "expression", "inequality is written `!=`"),
    ("&", "", "", "there are no bit operators; logic is written `&&` and `||`"),
    ("|", "", _SEPARATOR, "there are no bit operators; logic is written `&&` and `||`"),
    (";", ";", "expression", "one separator between two statements is enough"),
    ("default", "", "}", "a select has at most one `timeout` or `default`"),
    ("timeout", "", "}", "a select has at most one `timeout` or `default`"),
    ("(", "", _SEPARATOR, "only a name can be called: bind the value to a name first"),
    (",", "", ")", "there are no tuples: write a list, `[a, b]`"),
)
"""What people write out of habit: the token found, the one before it, what was expected ("": any), and the help."""

_TEXTS: Final = kinds("STRING RAW_STRING STRING_BEGIN")


def expected_words(
    accepted: set[str], rules: set[str], previous: Token | None, at_end: bool, at_line_start: bool
) -> str:
    """Name what could stand where the error is.

    :param accepted: the terminals that the parser would take.
    :param rules: the rules that could begin here (and terminals, which are ignored).
    :param previous: the last token taken, if nothing has been made of it yet.
    :param at_end: whether the file ends there.
    :param at_line_start: whether the unfitting token is the first of its line.
    """
    if at_end:
        for closer in _CLOSERS:
            if closer in accepted:
                return _SIGNS[closer]
    expression = "FLOAT" in accepted and "BANG" in accepted
    if previous is not None and previous.kind in _AFTER and not expression:
        return _AFTER[previous.kind]
    if expression:
        return "expression"
    for rule, words in _RULES.items():
        if rule in rules:
            return words
    if "SEPARATOR" in accepted:
        if at_line_start:
            # The line end did separate: what is missing is the next statement.
            return "expression"
        place = "top-level item" if END in accepted else "statement"
        return f"{place} {_SEPARATOR}"
    if "ENUM" in accepted:
        return "declaration"
    wanted = accepted - _OPERATORS
    for kind, words in _SIGNS.items():
        if kind in accepted and (kind in wanted or not wanted):
            return words
    return "identifier" if "NAME" in wanted else "expression"


def found_words(token: Token, name_needed: bool) -> str:
    """Spell a token as the reference does: ``id(x)``, ``str(x)``, ``int(1)``, ``'kw' (reserved keyword)``."""
    kind = token.kind
    text = token.text
    if kind == END:
        return "EOF"
    if kind == "NAME" or (text.isidentifier() and text not in KEYWORDS):
        return f"id({text})"
    if kind in ("STRING", "RAW_STRING"):
        value = string_value(token)
        return f"str({value if len(value) <= _LONGEST_TEXT else value[:_LONGEST_TEXT] + '...'})"
    if kind == "STRING_BEGIN":
        return "istr(...)"
    if kind in ("INT", "FLOAT", "DURATION"):
        return f"{kind.lower()}({text})"
    if text in KEYWORDS:
        return f"'{text}' (reserved keyword)" if name_needed else text
    if kind in ("STRING_MIDDLE", "STRING_END"):
        return "}"
    return text or "\\n"


def hint(token: Token, following: Token | None, previous: Token | None, expected: str) -> str:
    """Give a help line for an error at a token, or ``""``."""
    text = token.text
    before = previous.text if previous is not None else ""
    adjacent = previous is not None and previous.end == token.start
    wanted = _SEPARATOR if expected.endswith(_SEPARATOR) else expected
    if following is not None and token.text + following.text == "=>" and token.end == following.start:
        return _CLOSURE if before == ")" and wanted == _SEPARATOR else "an arrow is written `->`"
    for found, behind, missing, help_text in _SLIPS:
        if found in (text, "") and behind in (before, "") and missing in (wanted, ""):
            return help_text
    if text in KEYWORDS and expected.endswith(("name", "pattern", "identifier")):
        return f"`{text}` is a reserved word: choose another name"
    for word in (text, before):
        if word in _NAME_HINTS:
            return _NAME_HINTS[word]
    if previous is not None and previous.kind in ("INT", "FLOAT") and token.kind == "NAME" and adjacent:
        return "a number is digits, and a point with digits if it is a float"
    if previous is not None and previous.kind == "NAME" and token.kind in _TEXTS and wanted == _SEPARATOR:
        return "only `r` may stand before a string" if adjacent else f"a call has parentheses: `{before}(...)`"
    if before == text and text in ("+", "-") and expected == "expression":
        return f"there is no `{text}{text}`: write `{text}= 1`"
    if text == "=" and adjacent and before in ("==", "!=", "**", "??"):
        return f"there is no operator `{before}=`"
    if text == "." and following is not None and following.kind == "INT":
        return "a float needs digits on both sides of the point"
    return ""
