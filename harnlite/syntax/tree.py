"""The syntax tree: one class per construct of docs/reference/language.md 2.2.

Every node has a ``span``. The tree says what was written, not what it means: ``match`` patterns are plain
expressions, assignment targets are any postfix expression, and later passes judge them. Nodes carry no parents
and are never changed once built.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Final, Literal

from harnlite.records import Record, field_names
from harnlite.source import Span

__all__ = [
    "Assignment",
    "AssociatedType",
    "Attribute",
    "Binary",
    "Binding",
    "Block",
    "BoolLiteral",
    "Break",
    "Call",
    "CatchClause",
    "Closure",
    "Coalesce",
    "Continue",
    "CostRoute",
    "Deadline",
    "Defer",
    "DictEntry",
    "DictLiteral",
    "DictPattern",
    "DurationLiteral",
    "Emit",
    "EnumDeclaration",
    "ErrorStatement",
    "EvalPackDeclaration",
    "Expression",
    "ExpressionStatement",
    "FloatLiteral",
    "For",
    "FunctionDeclaration",
    "FunctionExpression",
    "FunctionType",
    "Guard",
    "HumanCall",
    "If",
    "ImplDeclaration",
    "Import",
    "Index",
    "IntLiteral",
    "InterfaceDeclaration",
    "InterfaceMethod",
    "Interpolation",
    "IntersectionType",
    "ListLiteral",
    "ListPattern",
    "ListType",
    "LiteralType",
    "Logical",
    "Match",
    "MatchArm",
    "Member",
    "MethodCall",
    "Mutex",
    "Name",
    "NamePattern",
    "NamedType",
    "NilLiteral",
    "Node",
    "OptionalType",
    "OverrideDeclaration",
    "PairPattern",
    "Parallel",
    "Parameter",
    "Pattern",
    "PatternField",
    "Pipe",
    "PipelineDeclaration",
    "Program",
    "Propagate",
    "RangeExpression",
    "Require",
    "Retry",
    "Return",
    "Select",
    "SelectCase",
    "SelectTimeout",
    "ShapeField",
    "ShapeType",
    "SkillDeclaration",
    "Slice",
    "Spawn",
    "Spread",
    "Statement",
    "StringLiteral",
    "StructDeclaration",
    "StructField",
    "StructLiteral",
    "Ternary",
    "Throw",
    "ToolDeclaration",
    "Try",
    "TryStar",
    "TypeDeclaration",
    "TypeExpression",
    "TypeParameter",
    "Unary",
    "UnionType",
    "Variant",
    "WhereBound",
    "While",
    "Yield",
    "children",
    "walk",
]


class Node(Record):
    """Any part of the tree; ``span`` covers its text."""

    span: Span


class Expression(Node):
    """Anything that gives a value."""


class Statement(Node):
    """Anything that stands in a block."""


class TypeExpression(Node):
    """Anything written where a type is expected."""


# --- Types ---------------------------------------------------------------------------------------


class NamedType(TypeExpression):
    """``int``, ``list<T>``, ``P``; ``nil``, ``true`` and ``false`` are names too."""

    name: str
    arguments: tuple[TypeExpression, ...] = ()


class ListType(TypeExpression):
    """``[T]``."""

    element: TypeExpression


class FunctionType(TypeExpression):
    """``fn(A, B) -> R``."""

    parameters: tuple[TypeExpression, ...]
    result: TypeExpression


class ShapeField(Node):
    """``name?: T`` inside a shape."""

    name: str
    optional: bool
    type: TypeExpression


class ShapeType(TypeExpression):
    """``{a: int, b?: string}``."""

    fields: tuple[ShapeField, ...]


class LiteralType(TypeExpression):
    """``"a"`` or ``-3`` used as a type."""

    value: str | int


class UnionType(TypeExpression):
    """``A | B``."""

    members: tuple[TypeExpression, ...]


class IntersectionType(TypeExpression):
    """``A & B``."""

    members: tuple[TypeExpression, ...]


class OptionalType(TypeExpression):
    """``T?``, the same as ``T | nil``."""

    inner: TypeExpression


# --- Shared parts --------------------------------------------------------------------------------


class Block(Node):
    """``{ statements }`` of a body; its value, where one is asked for, is that of the last statement."""

    statements: tuple[Statement, ...]


class Parameter(Node):
    """``...name: T = default``."""

    name: str
    annotation: TypeExpression | None = None
    default: Expression | None = None
    rest: bool = False


class TypeParameter(Node):
    """``T``, ``in T`` or ``out T`` between angle brackets; variance is ``""``, ``"in"`` or ``"out"``."""

    name: str
    variance: str = ""


class WhereBound(Node):
    """``T: Interface`` of a ``where`` clause."""

    parameter: str
    interface: str


class Attribute(Node):
    """``@name(argument, key: argument)``; argument values are the plain Python form of the literal."""

    name: str
    arguments: tuple[tuple[str | None, Any], ...] = ()


# --- Literals and names --------------------------------------------------------------------------


class NilLiteral(Expression):
    """``nil``."""


class BoolLiteral(Expression):
    """``true`` or ``false``."""

    value: bool


class IntLiteral(Expression):
    """An integer that fits 64 bits; a larger one is a :class:`FloatLiteral` (language.md 1.3)."""

    value: int


class FloatLiteral(Expression):
    """``1.5``, or an integer that does not fit."""

    value: float


class DurationLiteral(Expression):
    """``5s``; the value is in milliseconds."""

    milliseconds: int


class StringLiteral(Expression):
    """A string without interpolation, escapes resolved and triple quotes dedented."""

    value: str
    form: Literal["plain", "raw", "triple"] = "plain"


class Interpolation(Expression):
    """A string with ``${...}``: literal texts (escapes resolved) and expressions in order."""

    parts: tuple[str | Expression, ...]
    form: Literal["plain", "triple"] = "plain"


class Name(Expression):
    """A name that is read; ``_`` is one too (pipe slot, match wildcard)."""

    name: str


class Spread(Expression):
    """``...value`` in a list, a dict or an argument list."""

    value: Expression


class ListLiteral(Expression):
    """``[a, ...b]``."""

    items: tuple[Expression, ...]


class DictEntry(Node):
    """``key: value``; the key is its text, or an expression when written ``[key]``."""

    key: str | Expression
    value: Expression


class DictLiteral(Expression):
    """``{a: 1, "b": 2, [k]: 3, ...d}``."""

    entries: tuple[DictEntry | Spread, ...]


class StructLiteral(Expression):
    """``P {x: 1}``."""

    name: str
    fields: tuple[DictEntry, ...]


# --- Operators -----------------------------------------------------------------------------------


class Unary(Expression):
    """``!a`` or ``-a``."""

    operator: Literal["!", "-"]
    operand: Expression


class Binary(Expression):
    """An operator that evaluates both sides: ``+ - * / % ** == != < > <= >= in`` and ``not in``."""

    operator: str
    left: Expression
    right: Expression


class Logical(Expression):
    """``a && b`` or ``a || b``."""

    operator: Literal["&&", "||"]
    left: Expression
    right: Expression


class Coalesce(Expression):
    """``a ?? b``."""

    left: Expression
    right: Expression


class Ternary(Expression):
    """``condition ? then : otherwise``."""

    condition: Expression
    then: Expression
    otherwise: Expression


class RangeExpression(Expression):
    """``a to b`` or ``a to b exclusive``."""

    start: Expression
    end: Expression
    exclusive: bool = False


class Pipe(Expression):
    """``value |> function``."""

    value: Expression
    function: Expression


class Propagate(Expression):
    """``operand?``: unwrap ``Ok``, return ``Err`` from the function."""

    operand: Expression


class TryStar(Expression):
    """``try* operand``."""

    operand: Expression


# --- Access and calls ----------------------------------------------------------------------------


class Member(Expression):
    """``object.name`` or ``object?.name``."""

    object: Expression
    name: str
    optional: bool = False


class Index(Expression):
    """``object[index]`` or ``object?[index]``."""

    object: Expression
    index: Expression
    optional: bool = False


class Slice(Expression):
    """``object[start:end]``; a missing bound is None."""

    object: Expression
    start: Expression | None
    end: Expression | None


class Call(Expression):
    """``name<T>(arguments)``; the callee is always a name (language.md 2.8)."""

    callee: Name
    arguments: tuple[Expression, ...]
    type_arguments: tuple[TypeExpression, ...] = ()


class MethodCall(Expression):
    """``object.name(arguments)`` or ``object?.name(arguments)``."""

    object: Expression
    name: str
    arguments: tuple[Expression, ...]
    optional: bool = False


class HumanCall(Expression):
    """``ask_user(...)``, ``request_approval(...)`` and their like: a keyword with named arguments."""

    keyword: str
    arguments: tuple[tuple[str | None, Expression], ...]


# --- Functions and blocks as values --------------------------------------------------------------


class Closure(Expression):
    """``{ a, b -> statements }``."""

    parameters: tuple[Parameter, ...]
    body: Block


class FunctionExpression(Expression):
    """``fn(a, b) { statements }``."""

    parameters: tuple[Parameter, ...]
    body: Block


class If(Expression):
    """``if condition {...} else ...``."""

    condition: Expression
    then: Block
    otherwise: Block | If | None = None


class MatchArm(Node):
    """``pattern | pattern if guard -> {...}``."""

    patterns: tuple[Expression, ...]
    guard: Expression | None
    body: Block


class Match(Expression):
    """``match subject { arms }``."""

    subject: Expression
    arms: tuple[MatchArm, ...]


class CatchClause(Node):
    """``catch (name: T) {...}``; both the name and the type may be missing."""

    name: str | None
    annotation: TypeExpression | None
    body: Block


class Try(Expression):
    """``try {...} catch {...} finally {...}``; without ``catch`` and ``finally`` it gives a Result."""

    body: Block
    catch: CatchClause | None = None
    cleanup: Block | None = None


class Retry(Expression):
    """``retry count {...}``."""

    count: Expression
    body: Block


class Deadline(Expression):
    """``deadline duration {...}``."""

    duration: Expression
    body: Block


class Parallel(Expression):
    """``parallel [each|settle] subject [with {max_concurrent: n}] { variable -> ... } [as stream]``."""

    kind: Literal["count", "each", "settle"]
    subject: Expression
    body: Block
    variable: str | None = None
    max_concurrent: Expression | None = None
    as_stream: bool = False


class Spawn(Expression):
    """``spawn {...}``."""

    body: Block


class CostRoute(Expression):
    """``cost_route { key: value }``: parsed, not executed (a host feature)."""

    entries: tuple[DictEntry, ...]


# --- Simple statements ---------------------------------------------------------------------------


class NamePattern(Node):
    """A plain name on the left of ``=``; ``_`` discards."""

    name: str


class PatternField(Node):
    """``key: alias = default`` of a dict pattern, ``name = default`` of a list pattern (alias None)."""

    key: str
    alias: str | None = None
    default: Expression | None = None


class DictPattern(Node):
    """``{a, b: c = 1, ...rest}``."""

    fields: tuple[PatternField, ...]
    rest: str | None = None


class ListPattern(Node):
    """``[a, b = 1, ...rest]``."""

    items: tuple[PatternField, ...]
    rest: str | None = None


class PairPattern(Node):
    """``(a, b)`` of a ``for``."""

    first: str
    second: str


Pattern = NamePattern | DictPattern | ListPattern | PairPattern


class Binding(Statement):
    """``let``, ``var`` or ``const`` with its initialiser."""

    keyword: Literal["let", "var", "const"]
    pattern: NamePattern | DictPattern | ListPattern
    annotation: TypeExpression | None
    value: Expression


class Assignment(Statement):
    """``target = value``; ``operator`` is ``""`` or the arithmetic sign of a compound form."""

    target: Expression
    operator: Literal["", "+", "-", "*", "/", "%"]
    value: Expression


class ExpressionStatement(Statement):
    """An expression that stands as a statement."""

    expression: Expression


class For(Statement):
    """``for pattern in iterable {...}``."""

    pattern: Pattern
    iterable: Expression
    body: Block


class While(Statement):
    """``while condition {...}``."""

    condition: Expression
    body: Block


class Guard(Statement):
    """``guard condition else {...}``."""

    condition: Expression
    body: Block


class Require(Statement):
    """``require condition, message``."""

    condition: Expression
    message: Expression | None = None


class SelectCase(Node):
    """``name from channel {...}``."""

    name: str
    channel: Expression
    body: Block


class SelectTimeout(Node):
    """``timeout duration {...}``."""

    duration: Expression
    body: Block


class Select(Statement):
    """``select { cases }`` with at most one of timeout and default."""

    cases: tuple[SelectCase, ...]
    timeout: SelectTimeout | None = None
    default: Block | None = None


class Mutex(Statement):
    """``mutex {...}``."""

    body: Block


class Defer(Statement):
    """``defer {...}``."""

    body: Block


class Return(Statement):
    """``return value``."""

    value: Expression | None = None


class Throw(Statement):
    """``throw value``."""

    value: Expression


class Yield(Statement):
    """``yield value``."""

    value: Expression | None = None


class Emit(Statement):
    """``emit value``."""

    value: Expression


class Break(Statement):
    """``break``."""


class Continue(Statement):
    """``continue``."""


class ErrorStatement(Statement):
    """What stands for a statement that did not parse, so that later ones still do."""


# --- Declarations --------------------------------------------------------------------------------


class Import(Statement):
    """``import "path"`` (names None), ``import {a, b} from "path"``, ``import a::b::{c}`` (path ``a/b``)."""

    path: str
    names: tuple[str, ...] | None
    public: bool = False


class FunctionDeclaration(Statement):
    """``pub gen fn name<T>(parameters) -> R where T: I {...}``."""

    name: str
    parameters: tuple[Parameter, ...]
    body: Block
    type_parameters: tuple[TypeParameter, ...] = ()
    result: TypeExpression | None = None
    where: tuple[WhereBound, ...] = ()
    public: bool = False
    generator: bool = False
    attributes: tuple[Attribute, ...] = ()


class ToolDeclaration(Statement):
    """``tool name(parameters) -> R { description "..." body }``."""

    name: str
    parameters: tuple[Parameter, ...]
    result: TypeExpression | None
    description: str | None
    body: Block
    public: bool = False
    attributes: tuple[Attribute, ...] = ()


class SkillDeclaration(Statement):
    """``skill name { key value }``: parsed, not executed (a host feature)."""

    name: str
    entries: tuple[tuple[str, Expression], ...]
    public: bool = False
    attributes: tuple[Attribute, ...] = ()


class EvalPackDeclaration(Statement):
    """``eval_pack name {...}``: parsed, not executed (a host feature)."""

    name: str
    entries: tuple[tuple[str, Expression], ...]
    public: bool = False
    attributes: tuple[Attribute, ...] = ()


class PipelineDeclaration(Statement):
    """``pub pipeline name(parameters) -> R extends parent {...}``."""

    name: str
    parameters: tuple[str, ...]
    result: TypeExpression | None
    parent: str | None
    body: Block
    public: bool = False
    attributes: tuple[Attribute, ...] = ()


class OverrideDeclaration(Statement):
    """``override name(parameters) {...}``."""

    name: str
    parameters: tuple[str, ...]
    body: Block


class TypeDeclaration(Statement):
    """``type name<T> = type``."""

    name: str
    type_parameters: tuple[TypeParameter, ...]
    type: TypeExpression
    public: bool = False
    attributes: tuple[Attribute, ...] = ()


class Variant(Node):
    """``Name(parameters)`` of an enum."""

    name: str
    parameters: tuple[Parameter, ...] = ()


class EnumDeclaration(Statement):
    """``enum name<T> { variants }``."""

    name: str
    type_parameters: tuple[TypeParameter, ...]
    variants: tuple[Variant, ...]
    public: bool = False
    attributes: tuple[Attribute, ...] = ()


class StructField(Node):
    """``name?: T`` of a struct."""

    name: str
    optional: bool = False
    annotation: TypeExpression | None = None


class StructDeclaration(Statement):
    """``struct name<T> { fields }``."""

    name: str
    type_parameters: tuple[TypeParameter, ...]
    fields: tuple[StructField, ...]
    public: bool = False
    attributes: tuple[Attribute, ...] = ()


class InterfaceMethod(Node):
    """``fn name(parameters) -> R`` of an interface."""

    name: str
    type_parameters: tuple[TypeParameter, ...]
    parameters: tuple[Parameter, ...]
    result: TypeExpression | None = None


class AssociatedType(Node):
    """``type name = T`` of an interface."""

    name: str
    type: TypeExpression | None = None


class InterfaceDeclaration(Statement):
    """``interface name<T> { members }``."""

    name: str
    type_parameters: tuple[TypeParameter, ...]
    methods: tuple[InterfaceMethod, ...]
    types: tuple[AssociatedType, ...] = ()
    public: bool = False
    attributes: tuple[Attribute, ...] = ()


class ImplDeclaration(Statement):
    """``impl struct { methods }``."""

    struct: str
    methods: tuple[FunctionDeclaration, ...]
    attributes: tuple[Attribute, ...] = ()


class Program(Node):
    """A whole file."""

    statements: tuple[Statement, ...]


# --- Walking and comparing -----------------------------------------------------------------------


#: How fields are annotated that never hold nodes, beside those that are literals.
_PLAIN: Final = frozenset(
    {"Span", "str", "int", "bool", "float", "str | None", "str | int", "tuple[str, ...]", "tuple[str, ...] | None"}
)


def children(node: Node) -> list[Node]:
    """Give the direct children of a node, in the order of its fields."""
    found: list[Node] = []
    # A checker takes the method `__hash__` of a node for that of its class.
    kind: Any = type(node)
    for name in _node_fields(kind):
        value = getattr(node, name)
        if type(value) is tuple:
            _add_nodes(value, found)
        elif isinstance(value, Node):
            found.append(value)
    return found


@cache
def _node_fields(kind: type[Node]) -> tuple[str, ...]:
    annotations: dict[str, str] = {}
    for base in kind.__mro__:
        annotations |= vars(base).get("__annotations__", {})
    plain = {name for name, text in annotations.items() if text in _PLAIN or text.startswith("Literal[")}
    return tuple(name for name in field_names(kind) if name not in plain)


def _add_nodes(values: tuple[Any, ...], found: list[Node]) -> None:
    for value in values:
        if isinstance(value, Node):
            found.append(value)
        elif type(value) is tuple:
            _add_nodes(value, found)


def walk(root: Node) -> Iterator[Node]:
    """Yield a node and all below it, parents first, without recursion (trees may be very deep)."""
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        below = children(node)
        below.reverse()
        pending += below
