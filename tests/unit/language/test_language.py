"""The language rule by rule (docs/reference/language.md): small programs, what they print, how they fail; both tiers.

A ``.cases`` file holds programs: a title after ``===``, the program, ``--- file NAME`` with a module beside it, ``---``
and the output, ``--- stderr`` with parts of standard error, ``--- exit N`` with the exit code if it is not 0.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from harnlite.diagnostics.render import render
from harnlite.engine import RunOptions, run_source
from harnlite.host import Host
from harnlite.source import Source

FOLDER = Path(__file__).parent
TIERS = ("interpreter", "fast")


class Case(NamedTuple):
    """A program and what it must do."""

    program: str
    files: dict[str, str]
    output: str
    errors: list[str]
    code: int


def _read(name: str) -> list[object]:
    text = (FOLDER / f"{name}.cases").read_text(encoding="utf-8")
    found: list[object] = []
    for part in re.split(r"(?m)^=== ", text)[1:]:
        title, _, rest = part.partition("\n")
        program, *sections = re.split(r"(?m)^---(?: (file \S+|stderr|exit \d+))?\n", rest)
        files: dict[str, str] = {}
        output, errors, code = "", [], 0
        for label, body in zip(sections[::2], sections[1::2], strict=True):
            if label is None:
                output = body
            elif label == "stderr":
                errors = body.splitlines()
            elif label.startswith("exit "):
                code = int(label[5:])
            else:
                files[label[5:]] = body
        case = Case(program, files, output, errors, code)
        found += [pytest.param(tier, case, id=f"{tier} {name} {title}") for tier in TIERS]
    return found


CASES = [case for path in sorted(FOLDER.glob("*.cases")) for case in _read(path.stem)]


def test_there_are_cases() -> None:
    assert len(CASES) > 1000


@pytest.mark.parametrize(("tier", "case"), CASES)
def test_language(tier: str, case: Case, tmp_path: Path) -> None:
    for name, text in case.files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    output: list[str] = []
    errors: list[str] = []
    host = Host(output.append, errors.append, environment={}, working_directory=str(tmp_path))
    options = RunOptions(tier=tier, event_log="memory", use_cache=False)
    outcome = run_source(Source("main.harn", case.program), str(tmp_path / "main.harn"), options, host=host)
    errors += [render(finding) for finding in outcome.diagnostics]
    errors.append(outcome.message)
    shown = "".join(errors)
    assert "".join(output) == case.output
    assert [part for part in case.errors if part not in shown] == [], shown
    assert outcome.exit_code == case.code
