"""Chains of operators that nest on the left, such as ``a + b + c``, taken apart without recursion.

Takes the outermost node, gives what stands at the left end and the links from the inside out. It knows nothing of
types: a chain may be longer than Python nests calls.
"""

from __future__ import annotations

from typing import TypeVar

from harnlite.syntax import tree

__all__ = ["left_chain"]

_Operator = TypeVar("_Operator", tree.Binary, tree.Logical, tree.Coalesce)


def left_chain(node: _Operator) -> tuple[tree.Expression, list[_Operator]]:
    """Give the operand at the left end of a chain of one kind of operator, and the chain's links, innermost first."""
    links = [node]
    left = node.left
    while isinstance(left, type(node)):
        links.append(left)
        left = left.left
    links.reverse()
    return left, links
