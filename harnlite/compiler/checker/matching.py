"""``match``: what its arms bind, and whether a known set of values is covered (language.md 4.2, 8.1)."""

from __future__ import annotations

from harnlite.compiler.checker.access import tags_of
from harnlite.compiler.checker.context import Checker
from harnlite.compiler.checker.types import (
    ANY,
    FLOAT,
    NIL,
    DictType,
    EnumType,
    ListType,
    LiteralType,
    ShapeType,
    Type,
    UnionType,
    is_primitive,
    union,
    widen,
)
from harnlite.records import evolve
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
    values = {p.value for p in patterns if isinstance(p, tree.StringLiteral | tree.IntLiteral)}
    if isinstance(node.subject, tree.Member) and _tagged_object(checker, node.subject):
        missing = [str(member) for member in literals if member.value not in values]
        _report_missing(checker, node, "tagged shape union: missing variants", missing)
    elif len(literals) == len(subject.members):
        missing = [str(member) for member in literals if member.value not in values]
        _report_missing(checker, node, "literal union: missing", missing)
    elif (tag := _common_tag(subject)) is not None:
        _report_missing(checker, node, "tagged shape union: missing variants", _missing_tags(subject, tag, patterns))
    elif all(_is_literal(p) or isinstance(p, tree.ListLiteral | tree.DictLiteral) for p in patterns):
        kinds = {_pattern_kind(checker, pattern) for pattern in patterns}
        covered = [m for m in subject.members if _kind_name(m) in kinds or (m == FLOAT and "int" in kinds)]
        missing = [str(m) for m in subject.members if m not in covered and getattr(m, "value", None) not in values]
        _report_missing(checker, node, "union type: missing", missing)


def _report_missing(checker: Checker, node: tree.Match, what: str, missing: list[str]) -> None:
    if missing:
        checker.report(
            "MAT-001",
            f"Non-exhaustive match on {what} {', '.join(missing)}",
            node.span,
            hint="add the missing arms, or `_ -> { ... }`",
        )


def _tagged_object(checker: Checker, subject: tree.Member) -> bool:
    variable = checker.scope.find(subject.object.name) if isinstance(subject.object, tree.Name) else None
    return variable is not None and bool(tags_of(variable.type, subject.name))


def _common_tag(subject: UnionType) -> str | None:
    first = subject.members[0]
    names = [field.name for field in first.fields] if isinstance(first, ShapeType) else []
    return next((name for name in names if tags_of(subject, name)), None)


def _missing_tags(subject: UnionType, tag: str, patterns: list[tree.Expression]) -> list[str]:
    covered: set[object] = set()
    for pattern in patterns:
        if not isinstance(pattern, tree.DictLiteral):
            continue
        tests = {e.key: e.value for e in pattern.entries if isinstance(e, tree.DictEntry) and isinstance(e.key, str)}
        value = tests.pop(tag, None)
        if not all(isinstance(test, tree.Name) for test in tests.values()):
            continue
        if not isinstance(value, tree.StringLiteral | tree.IntLiteral):
            return []
        covered.add(value.value)
    return [str(member) for member in tags_of(subject, tag) if member.value not in covered]


def _pattern_kind(checker: Checker, pattern: tree.Expression) -> str:
    if isinstance(pattern, tree.ListLiteral):
        return "list"
    return "dict" if isinstance(pattern, tree.DictLiteral) else str(widen(checker.infer(pattern)))


def _kind_name(member: Type) -> str:
    if isinstance(member, ListType):
        return "list"
    return "dict" if isinstance(member, DictType | ShapeType) else str(member)


def what_remains(checker: Checker, node: tree.Match, subject: Type, arm: tree.MatchArm) -> Type:
    """Give the type that the subject can still have when an arm is tried; not known when nothing can be left."""
    before = node.arms[: node.arms.index(arm)]
    patterns = [pattern for earlier in before if earlier.guard is None for pattern in earlier.patterns]
    if isinstance(subject, EnumType):
        declaration = checker.declarations.enums.get(subject.name)
        names = [variant.name for variant in declaration.variants] if declaration else ["Ok", "Err"]
        covered = {_variant_of(pattern, subject.name) for pattern in patterns}
        return subject if any(name not in covered for name in names) else ANY
    if not isinstance(subject, UnionType):
        return subject
    values = {p.value for p in patterns if isinstance(p, tree.StringLiteral | tree.IntLiteral)}
    no_nil = any(isinstance(pattern, tree.NilLiteral) for pattern in patterns)
    return union(
        [
            member
            for member in subject.members
            if not (isinstance(member, LiteralType) and member.value in values) and not (member == NIL and no_nil)
        ]
    )


def bind_arm(checker: Checker, node: tree.Match, arm: tree.MatchArm, subject: Type) -> None:
    """Bind the names of an arm's patterns and warn of a literal that can never be equal."""
    for pattern in arm.patterns:
        match pattern:
            case tree.Name(name=name):
                rest = what_remains(checker, node, subject, arm)
                if name != "_":
                    checker.bind(name, widen(rest))
                if isinstance(node.subject, tree.Name):
                    _narrow_to(checker, node.subject.name, rest)
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
        if literal in subject.members:
            _narrow_to(checker, name, literal)


def _narrow_to(checker: Checker, name: str, kind: Type) -> None:
    variable = checker.scope.find(name)
    if variable is not None and variable.declared != ANY and not checker.at_top_level:
        checker.scope.names[name] = evolve(variable, type=kind)


def _bind_inner(checker: Checker, pattern: tree.Expression) -> None:
    if isinstance(pattern, tree.Name):
        checker.bind(pattern.name, ANY)
    else:
        checker.infer(pattern)
