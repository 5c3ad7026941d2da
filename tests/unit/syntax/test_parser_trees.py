"""The tree of each construct, against ``trees.golden``.

The golden file holds programs, each followed by ``=>`` and its tree or its errors, separated by ``---``. After a wanted
change, regenerate it with ``python tests/unit/syntax/test_parser_trees.py`` and read the difference.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from harnlite.source import Source
from harnlite.syntax import tree
from harnlite.syntax.compare import same_tree
from harnlite.syntax.parser import parse
from harnlite.syntax.tree import walk
from tests.unit.syntax.syntax_support import PARSING, tree_of

GOLDEN = Path(__file__).with_name("trees.golden")
HEADER = "# Regenerate with: python tests/unit/syntax/test_parser_trees.py\n"


def _cases() -> list[tuple[str, str]]:
    text = GOLDEN.read_text(encoding="utf-8").removeprefix(HEADER)
    return [
        (program, wanted.rstrip("\n")) for program, _, wanted in (c.partition("\n=> ") for c in text.split("\n---\n"))
    ]


@pytest.mark.parametrize(("program", "wanted"), _cases())
def test_tree(program: str, wanted: str) -> None:
    assert tree_of(program) == wanted


@pytest.mark.parametrize("path", PARSING, ids=lambda path: path.stem)
def test_program_parses_with_sound_spans(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    program = parse(Source(path.name, text))
    for node in walk(program):
        assert 0 <= node.span.start <= node.span.end <= len(text)
        if isinstance(node, tree.Name):
            assert text[node.span.start : node.span.end] == node.name
        if isinstance(node, tree.Block | tree.If | tree.Match | tree.FunctionDeclaration):
            assert text[node.span.end - 1] == "}"


def test_comparison_sees_every_difference_but_spans() -> None:
    texts = ["1", "1.0", "-1", "0.0", "true", "[1, 2]", "[[1], 2]", "f(1)", "f()", "a.b", "a?.b", '"x"', 'r"x"', "x"]
    for left in texts:
        for right in texts:
            assert same_tree(parse(Source("a", left)), parse(Source("b", f"\n  {right} "))) is (left == right)


if __name__ == "__main__":
    GOLDEN.write_text(HEADER + "\n---\n".join(f"{program}\n=> {tree_of(program)}" for program, _ in _cases()) + "\n")
