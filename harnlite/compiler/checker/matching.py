"""``match``: what its arms bind, and whether a known set of values is covered (language.md 4.2, 8.1)."""

from __future__ import annotations

from harnlite.compiler.checker.context import Checker
from harnlite.compiler.checker.types import ANY, EnumType, LiteralType, Type, UnionType, is_primitive, widen
from harnlite.syntax import tree

__all__ = ["bind_arm", "check_match"]

_OR_PATTERN = (
    "Or-pattern alternatives must be literal patterns (string, int, float, bool, nil, or `_`). "
    "Identifier bindings and destructuring patterns are not allowed inside `|`."
)
_LITERALS = (
    tree.StringLiteral,
    tree.IntLiteral,
    tree.FloatLiteral,
    tree.BoolLiteral,
    tree.NilLiteral,
    tree.DurationLiteral,
)


def check_match(checker: Checker, node: tree.Match, subject: Type) -> None:
    """Report missing arms for an enum or a union of literals, and bad alternatives."""
    for arm in node.arms:
        if len(arm.patterns) > 1:
            for pattern in arm.patterns:
                if not _is_literal(pattern):
                    checker.report("MAT-003", _OR_PATTERN, pattern.span, label="here")
    if any(arm.guard is None and _covers_all(pattern) for arm in node.arms for pattern in arm.patterns):
        return
    patterns = [pattern for arm in node.arms if arm.guard is None for pattern in arm.patterns]
    if isinstance(subject, EnumType):
        _check_enum(checker, node, subject, patterns)
    elif isinstance(subject, UnionType):
        _check_union(checker, node, subject, patterns)


def _is_literal(pattern: tree.Expression) -> bool:
    if isinstance(pattern, tree.Name):
        return pattern.name == "_"
    if isinstance(pattern, tree.Unary):
        return pattern.operator == "-" and isinstance(pattern.operand, tree.IntLiteral | tree.FloatLiteral)
    return isinstance(pattern, _LITERALS)


def _covers_all(pattern: tree.Expression) -> bool:
    return isinstance(pattern, tree.Name)


def _check_enum(checker: Checker, node: tree.Match, subject: EnumType, patterns: list[tree.Expression]) -> None:
    declaration = checker.declarations.enums.get(subject.name)
    names = [variant.name for variant in declaration.variants] if declaration else []
    if subject.name == "Result":
        names = ["Ok", "Err"]
    covered = {_variant_of(pattern, subject.name) for pattern in patterns}
    missing = [name for name in names if name not in covered]
    if missing and names:
        listed = ", ".join(f'"{name}"' for name in missing)
        checker.report(
            "MAT-001",
            f"Non-exhaustive match on enum {subject.name}: missing variants {listed}",
            node.span,
            hint="add the missing arms, or `_ -> { ... }`",
        )


def _variant_of(pattern: tree.Expression, enum: str) -> str:
    if isinstance(pattern, tree.Member | tree.MethodCall) and isinstance(pattern.object, tree.Name):
        return pattern.name if pattern.object.name == enum else ""
    return ""


def _check_union(checker: Checker, node: tree.Match, subject: UnionType, patterns: list[tree.Expression]) -> None:
    literals = [member for member in subject.members if isinstance(member, LiteralType)]
    if len(literals) != len(subject.members):
        return
    values: set[object] = {
        pattern.value for pattern in patterns if isinstance(pattern, tree.StringLiteral | tree.IntLiteral)
    }
    missing = [str(member) for member in literals if member.value not in values]
    if missing:
        checker.report(
            "MAT-001",
            f"Non-exhaustive match on literal union: missing {', '.join(missing)}",
            node.span,
            hint="add the missing arms, or `_ -> { ... }`",
        )


def bind_arm(checker: Checker, node: tree.Match, arm: tree.MatchArm, subject: Type) -> None:
    """Bind the names of an arm's patterns and warn of a literal that can never be equal."""
    for pattern in arm.patterns:
        match pattern:
            case tree.Name(name=name):
                checker.bind(name, widen(subject) if name != "_" else ANY)
            case tree.MethodCall(arguments=arguments):
                for argument in arguments:
                    _bind_inner(checker, argument)
            case tree.DictLiteral(entries=entries):
                for entry in entries:
                    if isinstance(entry, tree.DictEntry):
                        _bind_inner(checker, entry.value)
            case tree.ListLiteral(items=items):
                for item in items:
                    _bind_inner(checker, item)
            case tree.Member():
                pass
            case _:
                kind = widen(checker.infer(pattern))
                known = is_primitive(kind) and is_primitive(subject)
                if known and kind != widen(subject) and {str(kind), str(widen(subject))} != {"int", "float"}:
                    checker.report(
                        "MAT-003",
                        f"Match pattern type mismatch: matching {widen(subject)} against {kind} literal",
                        pattern.span,
                        warning=True,
                    )
    if isinstance(node.subject, tree.Name) and len(arm.patterns) == 1:
        _narrow_subject(checker, node.subject.name, arm.patterns[0], subject)


def _narrow_subject(checker: Checker, name: str, pattern: tree.Expression, subject: Type) -> None:
    if isinstance(subject, UnionType) and isinstance(pattern, tree.StringLiteral | tree.IntLiteral):
        literal = LiteralType(pattern.value)
        variable = checker.scope.find(name)
        if literal in subject.members and variable is not None and not checker.at_top_level:
            narrowed = type(variable)(literal, variable.declared, variable.mutable, variable.inferred)
            checker.scope.names[name] = narrowed


def _bind_inner(checker: Checker, pattern: tree.Expression) -> None:
    if isinstance(pattern, tree.Name):
        checker.bind(pattern.name, ANY)
    else:
        checker.infer(pattern)
