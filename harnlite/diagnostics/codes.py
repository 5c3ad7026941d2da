"""The one table of diagnostic codes: every code this project can print, with its meaning.

Codes are those of the reference runtime where it has one for the condition (docs/reference/language.md 8).
``harnlite explain CODE`` and ``docs/diagnostics.md`` are made from this table.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["CODES", "Code"]


class Code(NamedTuple):
    """A code's one-line title and the explanation that ``harnlite explain`` prints."""

    title: str
    explanation: str


CODES: dict[str, Code] = {
    "HARN-PAR-001": Code(
        "unexpected token", "The parser met a token that cannot stand here. The message says what could."
    ),
    "HARN-PAR-002": Code(
        "unexpected end of file", "The file ends inside a construct; a closing bracket or brace is missing."
    ),
    "HARN-PAR-003": Code(
        "unexpected character", "A character that begins no token. Strings are written with double quotes."
    ),
    "HARN-PAR-004": Code(
        "unterminated string", "A string that is never closed; only triple-quoted strings may span lines."
    ),
    "HARN-PAR-005": Code("unterminated block comment", "A `/*` without its `*/`; block comments nest."),
    "HARN-PAR-006": Code("nesting too deep", "More than 256 brackets are open at once; the parser stops there."),
    "HARN-TYP-002": Code(
        "operator applied to wrong types", "Both operand types are known and the operator does not take them."
    ),
    "HARN-TYP-003": Code("string added to another type", '`+` does not convert: use interpolation, "${value}".'),
    "HARN-TYP-004": Code("wrong return type", "The returned value does not fit the declared return type."),
    "HARN-TYP-005": Code("wrong type assigned", "The variable has a known type and the value does not fit it."),
    "HARN-TYP-006": Code("wrong argument type", "The argument does not fit the parameter's type."),
    "HARN-TYP-007": Code("wrong type in a binding", "The initialiser does not fit the binding's annotation."),
    "HARN-TYP-009": Code(
        "wrong field in a struct literal", "The field's value does not fit, or a required field is missing."
    ),
    "HARN-TYP-012": Code("variance violated", "A type parameter declared `in` or `out` stands where it may not."),
    "HARN-TYP-013": Code("wrong number of type arguments", "The type takes another number of type arguments."),
    "HARN-TYP-015": Code(
        "interface not satisfied", "The type given does not satisfy the interface of the `where` clause."
    ),
    "HARN-TYP-020": Code("unknown struct type", "A struct literal names a struct that is not declared or imported."),
    "HARN-TYP-025": Code("access on nil", "The value is or may be nil; use `?.` or test for nil first."),
    "HARN-NAM-001": Code(
        "undefined variable", "No binding of this name is visible here; reading it will fail when the program runs."
    ),
    "HARN-NAM-002": Code(
        "unknown call target", "The called name is no builtin, not declared in the file and not imported."
    ),
    "HARN-NAM-003": Code("unknown attribute", "The attribute has no meaning; it is ignored."),
    "HARN-NAM-004": Code("unknown field", "The type is known and has no such field."),
    "HARN-NAM-009": Code("deprecated", "The function is marked `@deprecated`."),
    "HARN-NAM-011": Code(
        "attribute on the wrong declaration", "The attribute does not apply to this kind of declaration."
    ),
    "HARN-NAM-012": Code("wrong attribute arguments", "The attribute's arguments are not what it takes."),
    "HARN-NAM-101": Code("bad main signature", "`main` takes exactly one parameter, `harness: Harness`."),
    "HARN-MAT-001": Code("match not exhaustive", "A possible value has no arm; add the missing ones or `_`."),
    "HARN-MAT-003": Code(
        "pattern not allowed here", "Alternatives joined by `|` must be literals or `_`; or a pattern can never match."
    ),
    "HARN-ORC-001": Code(
        "wrong number of arguments", "A declared function is called with another number of arguments."
    ),
    "HARN-ORC-002": Code("emit or yield in the wrong place", "`emit` belongs inside `gen fn`, `yield` outside it."),
    "HARN-ORC-008": Code("unreachable code", "Control never gets here."),
    "HARN-OWN-001": Code(
        "assignment to an immutable binding",
        "Bindings made with `let` and `const`, parameters and functions cannot be assigned.",
    ),
    "HARN-RCV-002": Code("try* outside a function", "`try*` rethrows to its function; at module level there is none."),
    "HARN-MET-001": Code(
        "const initialiser not constant", "The initialiser of a `const` must be foldable before the run."
    ),
    "HARN-CST-001": Code("const step limit", "Folding the initialiser took more than 100,000 steps."),
    "HARN-CST-002": Code("const depth limit", "The initialiser is nested deeper than 256."),
    "HARN-CST-003": Code("const operation failed", "An operation in the initialiser fails for its operands."),
    "HARN-CST-004": Code("const call refused", "Only a few pure builtins may be called in a const initialiser."),
    "HARN-STD-003": Code(
        "wrong number of arguments for a builtin", "The builtin takes another number of arguments; the call will fail."
    ),
    "HARN-LNT-001": Code(
        "await without parentheses", "Commas are optional, so `f(await task)` calls `f` with two arguments."
    ),
    "HARN-LNT-002": Code(
        "lost value", "Lists, dicts, sets and strings are values: a method gives a new one and changes nothing."
    ),
    "HARN-CMP-001": Code("compile error", "The program parsed but cannot be compiled, such as `break` outside a loop."),
    "HARN-IMP-001": Code("module not found", "The import path names no file and no std module."),
    "HARN-IMP-002": Code("name not exported", "The module has no function of this name."),
    "HARN-IMP-003": Code("import collision", "Two imports bring in the same name."),
    "HARN-FMT-002": Code("not formatted", "The file differs from its formatted form."),
    "HARN-CLI-001": Code("file cannot be read", "The file is missing, unreadable, a directory or not UTF-8 text."),
    "HARN-CLI-002": Code("wrong usage", "The command line is not understood."),
    "HARN-CLI-003": Code("extra missing", "The feature needs a package of an optional extra that is not installed."),
}
