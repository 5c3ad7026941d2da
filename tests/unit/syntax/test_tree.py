"""Walking the tree: the shortcut over fields without nodes misses none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harnlite.records import field_names
from harnlite.source import Source
from harnlite.syntax.parser import parse
from harnlite.syntax.tree import Node, children, walk
from tests.unit.syntax.syntax_support import PARSING


def _below(value: Any) -> list[Node]:
    if isinstance(value, Node):
        return [value]
    return [node for part in value for node in _below(part)] if isinstance(value, tuple) else []


@pytest.mark.parametrize("path", PARSING[::7], ids=lambda path: path.name)
def test_children_are_all_nodes_of_all_fields(path: Path) -> None:
    program = parse(Source(path.name, path.read_text(encoding="utf-8")))
    nodes = list(walk(program))
    for node in nodes:
        assert children(node) == [part for name in field_names(type(node)) for part in _below(getattr(node, name))]
    assert len(nodes) == 1 + sum(len(children(node)) for node in nodes)


def test_parents_come_first_and_in_the_order_of_the_text() -> None:
    program = parse(Source("x", "fn f(a) { return a + 1 }\nlet b = f(2)\n"))
    assert [type(node).__name__ for node in walk(program)] == [
        "Program",
        "FunctionDeclaration",
        "Parameter",
        "Block",
        "Return",
        "Binary",
        "Name",
        "IntLiteral",
        "Binding",
        "NamePattern",
        "Call",
        "Name",
        "IntLiteral",
    ]
