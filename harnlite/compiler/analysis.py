"""Questions about the tree that compilation asks beforehand.

Takes nodes, gives names and yes-or-no answers, without recursion; must not know slots or instructions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harnlite.syntax import tree

__all__ = [
    "FileFacts",
    "FunctionFacts",
    "bound_names",
    "contains_assignment",
    "declared_names",
    "has_placeholder",
    "root_of",
    "same_function",
]

_FUNCTIONS = (
    tree.Closure,
    tree.FunctionExpression,
    tree.FunctionDeclaration,
    tree.ToolDeclaration,
    tree.Spawn,
    tree.Parallel,
)
_TYPE_DECLARATIONS = (
    tree.StructDeclaration,
    tree.EnumDeclaration,
    tree.TypeDeclaration,
    tree.InterfaceDeclaration,
)
#: The kinds of nodes from which :class:`FileFacts` learns anything.
_NOTED: frozenset[type] = frozenset({tree.Assignment, tree.Yield, tree.Emit, *_TYPE_DECLARATIONS, *_FUNCTIONS})
_OPAQUE_TO_PLACEHOLDERS = (*_FUNCTIONS, tree.Interpolation, tree.Block)


class FunctionFacts:
    """What is known of a function's own code, nested functions left out.

    :ivar assigned: names that it assigns.
    :ivar yields: whether it yields or emits, which makes it a generator (language.md 10).
    """

    __slots__ = ("assigned", "yields")

    def __init__(self) -> None:
        self.assigned: set[str] = set()
        self.yields = False


class FileFacts:
    """What one walk over a file finds: its type declarations, and the facts of each function."""

    def __init__(self, program: tree.Program) -> None:
        self.declarations: list[tree.Statement] = []
        self._functions: dict[int, FunctionFacts] = {}
        pending: list[tuple[tree.Node, FunctionFacts]] = [(program, FunctionFacts())]
        while pending:
            node, facts = pending.pop()
            # A checker takes the method `__hash__` of a node for that of its class.
            kind: Any = type(node)
            if kind not in _NOTED:
                pending += [(part, facts) for part in tree.children(node)]
                continue
            if isinstance(node, tree.Assignment):
                root = root_of(node.target)
                if isinstance(root, tree.Name):
                    facts.assigned.add(root.name)
            elif isinstance(node, tree.Yield | tree.Emit):
                facts.yields = True
            elif isinstance(node, _TYPE_DECLARATIONS):
                self.declarations.append(node)
                continue
            inner = facts
            if isinstance(node, _FUNCTIONS):
                inner = self._functions[id(node)] = FunctionFacts()
            if isinstance(node, tree.Parallel):
                pending.append((node.body, inner))
                pending += [(part, facts) for part in tree.children(node) if part is not node.body]
            else:
                pending += [(part, inner) for part in tree.children(node)]

    def of(self, node: tree.Node) -> FunctionFacts:
        """Give the facts of a function of the file by its node."""
        return self._functions[id(node)]


def same_function(root: tree.Node) -> Iterator[tree.Node]:
    """Yield the nodes below a node that stand in the same function."""
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, tree.Parallel):
            pending += [part for part in tree.children(node) if part is not node.body]
        elif not isinstance(node, _FUNCTIONS):
            pending += tree.children(node)


def root_of(target: tree.Expression) -> tree.Expression:
    """Give the expression at the left end of a path of members and indices."""
    while isinstance(target, tree.Member | tree.Index):
        target = target.object
    return target


def contains_assignment(node: tree.Node) -> bool:
    """Tell whether evaluating a node may assign a variable of the function it stands in."""
    return any(isinstance(part, tree.Assignment) for part in same_function(node))


def bound_names(pattern: tree.Pattern) -> Iterator[str]:
    """Yield the names that a pattern binds, ``_`` left out."""
    names: list[str | None]
    if isinstance(pattern, tree.NamePattern):
        names = [pattern.name]
    elif isinstance(pattern, tree.PairPattern):
        names = [pattern.first, pattern.second]
    elif isinstance(pattern, tree.DictPattern):
        names = [*(field.alias or field.key for field in pattern.fields), pattern.rest]
    else:
        names = [*(item.key for item in pattern.items), pattern.rest]
    for name in names:
        if name is not None and name != "_":
            yield name


def declared_names(statements: tuple[tree.Statement, ...]) -> dict[str, bool]:
    """Give the names that statements declare in their own scope, with whether each is plainly a function."""
    names: dict[str, bool] = {}
    for statement in statements:
        if isinstance(statement, tree.Binding):
            is_function = isinstance(statement.value, tree.Closure | tree.FunctionExpression)
            for name in bound_names(statement.pattern):
                names[name] = is_function
        elif isinstance(statement, tree.FunctionDeclaration):
            names[statement.name] = True
    return names


def has_placeholder(function: tree.Expression) -> bool:
    """Tell whether the right side of ``|>`` is a function of ``_`` (language.md 4, the row on pipes)."""
    pending: list[tree.Node] = [function]
    while pending:
        node = pending.pop()
        if isinstance(node, tree.Name) and node.name == "_":
            return True
        if not isinstance(node, _OPAQUE_TO_PLACEHOLDERS):
            pending.extend(tree.children(node))
    return False
