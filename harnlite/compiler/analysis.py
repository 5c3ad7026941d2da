"""Questions about the tree that a function's compilation asks beforehand.

Takes nodes, gives names and yes-or-no answers, without recursion; must not know slots or instructions.
"""

from __future__ import annotations

from collections.abc import Iterator

from harnlite.syntax import tree

__all__ = [
    "assigned_names",
    "bound_names",
    "contains_assignment",
    "contains_yield",
    "declared_names",
    "has_placeholder",
    "root_of",
]

_FUNCTIONS = (
    tree.Closure,
    tree.FunctionExpression,
    tree.FunctionDeclaration,
    tree.ToolDeclaration,
    tree.Spawn,
    tree.Parallel,
)
_OPAQUE_TO_PLACEHOLDERS = (*_FUNCTIONS, tree.Interpolation, tree.Block)


def _own(nodes: tuple[tree.Node, ...]) -> Iterator[tree.Node]:
    """Yield the nodes that a function evaluates itself; bodies of nested functions are left out."""
    pending: list[tree.Node] = list(reversed(nodes))
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, tree.Parallel):
            pending.append(node.subject)
            if node.max_concurrent is not None:
                pending.append(node.max_concurrent)
        elif not isinstance(node, _FUNCTIONS):
            pending.extend(tree.children(node))


def root_of(target: tree.Expression) -> tree.Expression:
    """Give the expression at the left end of a path of members and indices."""
    while isinstance(target, tree.Member | tree.Index):
        target = target.object
    return target


def assigned_names(nodes: tuple[tree.Node, ...]) -> frozenset[str]:
    """Give the names that the code assigns, nested functions left out."""
    found = set()
    for node in _own(nodes):
        if isinstance(node, tree.Assignment):
            root = root_of(node.target)
            if isinstance(root, tree.Name):
                found.add(root.name)
    return frozenset(found)


def contains_assignment(node: tree.Node) -> bool:
    """Tell whether evaluating a node may assign a variable of the function it stands in."""
    return any(isinstance(part, tree.Assignment) for part in _own((node,)))


def contains_yield(body: tree.Block) -> bool:
    """Tell whether a body makes its function a generator (language.md 10)."""
    return any(isinstance(part, tree.Yield | tree.Emit) for part in _own((body,)))


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
