"""A form of the syntax tree that can be compared: what was written, without where.

For tests of the formatter and of the parser; works without recursion, since trees may be very deep.
"""

from __future__ import annotations

from typing import Any

from harnlite.records import field_names
from harnlite.syntax.tree import Node

__all__ = ["same_tree", "shape"]


def shape(root: Node) -> list[Any]:
    """Give a flat list that is equal for two trees exactly when they differ in nothing but spans.

    Each node becomes its class's name, then its fields in order; tuples are written with their length, so that no two
    trees share a list.
    """
    flat: list[Any] = []
    pending: list[Any] = [root]
    while pending:
        value = pending.pop()
        if isinstance(value, Node):
            flat.append(type(value).__name__)
            names = [name for name in field_names(type(value)) if name != "span"]
            pending.extend(getattr(value, name) for name in reversed(names))
        elif isinstance(value, (tuple, list)):
            flat.append((type(value).__name__, len(value)))
            pending.extend(reversed(value))
        else:
            # The type counts: 1, 1.0 and True are equal in Python. So does the sign of zero, seen in the text only.
            flat.append((type(value).__name__, repr(value)))
    return flat


def same_tree(left: Node, right: Node) -> bool:
    """Whether two trees differ in nothing but spans."""
    return shape(left) == shape(right)
