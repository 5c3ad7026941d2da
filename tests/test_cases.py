"""Programs of our own with their expected output, run in both tiers inside the test's process.

``tests/cases`` holds what no recorded program shows: ``lifecycle`` and ``runtime`` follow the texts of
``docs/reference/{lifecycle,runtime,more}.md`` row by row (a leading number is that of the reference's list),
``programs`` are whole programs. ``NAME.expected`` is the output; where the program fails, its last line is the error.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from harnlite.engine import exit_code_of
from harnlite.values.errors import GuestError
from harnlite.vm.errors import top_level_text
from tests.scripts import Run

ROOT = Path(__file__).parent / "cases"
CASES = sorted(str(path.relative_to(ROOT).with_suffix("")) for path in ROOT.rglob("*.harn"))


def shown(program: Path, directory: Path, tier: str) -> str:
    """Run a program; give its output, and below it the error or an exit code that is not 0."""
    run = Run(directory, tier=tier)
    try:
        code, _message = exit_code_of(run.execute(program.read_text(encoding="utf-8")))
    except GuestError as error:
        return f"{run.output}error: {top_level_text(error)}\n"
    return f"{run.output}exit code {code}\n" if code else run.output


@pytest.mark.parametrize("tier", ["fast", "interpreter"])
@pytest.mark.parametrize("name", CASES)
def test_case(name: str, tier: str, tmp_path: Path) -> None:
    """The output, and how the run ends, is what the text of the reference says."""
    program = (ROOT / name).with_suffix(".harn")
    assert shown(program, tmp_path, tier) == program.with_suffix(".expected").read_text(encoding="utf-8")
