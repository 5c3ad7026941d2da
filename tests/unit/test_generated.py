"""What is generated is up to date: run the named command when one of these fails."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from harnlite.builtins.docs import builtins_page
from harnlite.diagnostics import CODES
from harnlite.diagnostics.docs import diagnostics_page

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("page", "text", "command"),
    [
        ("docs/builtins.md", builtins_page, "python -m harnlite.builtins.docs"),
        ("docs/diagnostics.md", diagnostics_page, "python -m harnlite.diagnostics.docs"),
    ],
)
def test_page_is_up_to_date(page: str, text: object, command: str) -> None:
    """The committed page is what its generator gives."""
    assert callable(text)
    assert (ROOT / page).read_text(encoding="utf-8") == text(), f"run {command}"


def test_every_code_that_is_used_is_in_the_table() -> None:
    """A diagnostic never carries a code that nobody can look up."""
    import re

    used = set()
    for path in (ROOT / "harnlite").rglob("*.py"):
        if path.name != "codes.py":
            used.update(re.findall(r'"(HARN-[A-Z]{3}-\d{3})"', path.read_text(encoding="utf-8")))
    known = set(CODES)
    lifecycle = {code for code in used if code.split("-")[1] in ("SUS", "RMD", "POL", "DRN")}
    assert used - lifecycle <= known


def test_ci_runs_the_readmes_command() -> None:
    """The CI script finds exactly one test command in the README."""
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    commands = [line for line in lines if line.startswith("python3 -m venv")]
    assert len(commands) == 2
    assert commands[0].endswith("harnlite run examples/finish_callback.harn")
    assert "pytest" in commands[1]
    done = subprocess.run(["bash", "-n", str(ROOT / ".ci" / "run")], check=False)
    assert done.returncode == 0
