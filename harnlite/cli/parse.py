"""``harnlite parse FILE``."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from harnlite.cli.common import read_source, write_json
from harnlite.records import field_names
from harnlite.syntax import tree

SUMMARY = "print the syntax tree of a script"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("file", help="the script")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the tree, a node a line, children indented below their parent."""
    from harnlite.syntax.parser import parse

    source = read_source(arguments.file)
    program = parse(source)
    if arguments.json:
        write_json(_data(program))
        return 0
    pending: list[tuple[int, str, tree.Node]] = [(0, "", program)]
    while pending:
        depth, label, node = pending.pop()
        position = source.position(node.span.start)
        plain = ", ".join(f"{k}={v!r}" for k, v in _plain_fields(node))
        sys.stdout.write(f"{'  ' * depth}{label}{type(node).__name__}({plain}) {position.line}:{position.column}\n")
        pending.extend((depth + 1, name, child) for name, child in reversed(list(_labelled(node))))
    return 0


def _plain_fields(node: tree.Node) -> list[tuple[str, Any]]:
    found = []
    for name in field_names(type(node)):
        value = getattr(node, name)
        if name != "span" and not isinstance(value, tree.Node) and not _has_node(value) and value not in (None, ()):
            found.append((name, value))
    return found


def _has_node(value: Any) -> bool:
    return isinstance(value, tree.Node) or (isinstance(value, tuple) and any(_has_node(part) for part in value))


def _labelled(node: tree.Node) -> list[tuple[str, tree.Node]]:
    found: list[tuple[str, tree.Node]] = []

    def add(name: str, value: Any) -> None:
        if isinstance(value, tree.Node):
            found.append((f"{name}: ", value))
        elif isinstance(value, tuple) and not hasattr(value, "_fields"):
            for part in value:
                add(name, part)

    for name in field_names(type(node)):
        add(name, getattr(node, name))
    return found


def _data(value: Any) -> Any:
    if isinstance(value, tree.Node):
        fields = {name: _data(getattr(value, name)) for name in field_names(type(value))}
        return {"node": type(value).__name__, **fields}
    if isinstance(value, tuple | list):
        return [_data(part) for part in value]
    return value
