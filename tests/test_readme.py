"""The programs and code in the README and in docs/embedding.md run and print what the text says."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import harnlite

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
EMBEDDING = (ROOT / "docs" / "embedding.md").read_text(encoding="utf-8")


def _blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def _printed(code: str) -> str:
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(code, {"__name__": "__main__", "harnlite": harnlite})
    return output.getvalue()


def test_the_first_script() -> None:
    """The body runs first, then the callback decides the value."""
    result = harnlite.run(_blocks("harn")[0])
    assert result.value == 42
    assert result.output.startswith("body\nunsettled work: ")


def test_the_embedding_examples() -> None:
    """Both print what the text around them says."""
    assert [_printed(code) for code in _blocks("python")] == ["42 {'price': 3}\n", "ada is 40\n"]


def test_the_page_on_embedding() -> None:
    """Its pieces of code run, its table of names is complete."""
    builtins, values, policy, watching = _blocks("python", EMBEDDING)
    given = "PRICES = {}\nlookup = len\nclass shop:\n    is_open = staticmethod(bool)\n"
    assert _printed(given + builtins) == _printed(policy) == ""
    shown = _printed(values).rstrip("\n")
    assert f"prints `{shown}`" in EMBEDDING
    assert f"prints: {_printed(watching)}" in EMBEDDING
    for name in harnlite.__all__:
        assert f"`{name}" in EMBEDDING or name == "__version__", name


def test_every_example_is_listed() -> None:
    """The page beside the examples names each file that can be run and each folder."""
    folder = ROOT / "examples"
    page = (folder / "README.md").read_text(encoding="utf-8")
    for path in folder.iterdir():
        if path.name.startswith("."):
            continue
        assert path.suffix in (".expected", ".exit", ".md") or f"`{path.name}{'/' * path.is_dir()}`" in page, path


def test_every_command_is_described() -> None:
    """The table of commands has them all."""
    from harnlite.cli import COMMANDS

    for command in COMMANDS:
        assert f"harnlite {command}" in README or command == "version", command
