"""The README's own programs and code run and print what it says."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import harnlite

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_first_script() -> None:
    """The body runs first, then the callback decides the value."""
    result = harnlite.run(_blocks("harn")[0])
    assert result.value == 42
    assert result.output.startswith("body\nunsettled work: ")


def test_the_embedding_examples() -> None:
    """Both print what the text around them says."""
    printed = []
    for code in _blocks("python"):
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            exec(code, {"__name__": "__main__"})
        printed.append(output.getvalue())
    assert printed == ["42 {'price': 3}\n", "ada is 40\n"]


def test_every_command_is_described() -> None:
    """The table of commands has them all."""
    from harnlite.cli import COMMANDS

    for command in COMMANDS:
        assert f"harnlite {command}" in README or command == "version", command
