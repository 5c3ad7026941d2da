"""Every recorded program, on both tiers, as a user would run it: standard output, exit code, a piece of standard error.

``tests/conformance/README.md`` tells what the files mean. Programs that do not pass yet are listed in
``known_failures.toml`` with a reason each; a listed one that passes fails the run.
"""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import CommandLine, InProcess, Runner

ROOT = Path(__file__).parent / "conformance"
KNOWN: dict[str, Any] = tomllib.loads((ROOT / "known_failures.toml").read_text(encoding="utf-8"))
TIERS = ("fast", "interpreter")


def _is_case(program: Path) -> bool:
    return any(program.with_suffix(suffix).exists() for suffix in (".expected", ".exit", ".stderr_has"))


CASES = sorted(str(p.relative_to(ROOT).with_suffix("")) for p in ROOT.rglob("*.harn") if _is_case(p))


def run_case(name: str, tier: str, folder: Path, runner: Runner) -> list[str]:
    """Run one program in a fresh copy of its folder; give what differs from the recording."""
    program = (ROOT / name).with_suffix(".harn")
    work = folder / "work"
    if program.name == "main.harn":
        shutil.copytree(program.parent, work)
    else:
        work.mkdir()
        shutil.copy(program, work)
    done = runner.run(["run", "--tier", tier, program.name], cwd=work, home=folder)
    found: list[str] = []
    expected, code, piece = (program.with_suffix(s) for s in (".expected", ".exit", ".stderr_has"))
    if expected.exists() and done.out != expected.read_text(encoding="utf-8"):
        found.append(f"output differs: expected\n{expected.read_text(encoding='utf-8')}\ngot\n{done.out}")
    wanted_code = int(code.read_text().strip() or 0) if code.exists() else 0
    if done.code != wanted_code:
        found.append(f"exit code {done.code}, expected {wanted_code}")
    if piece.exists() and piece.read_text(encoding="utf-8").strip() not in done.err:
        found.append(f"standard error lacks: {piece.read_text(encoding='utf-8').strip()}")
    return [*found, f"standard error:\n{done.err}"] if found else []


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("name", CASES)
def test_recorded_program(name: str, tier: str, tmp_path: Path, command_line: CommandLine) -> None:
    """The program does what the reference runtime did."""
    _check(name, tier, tmp_path, command_line)


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("name", CASES)
def test_recorded_program_in_one_process(name: str, tier: str, tmp_path: Path) -> None:
    """It does so too in a process in which others ran before: none leaves anything behind."""
    _check(name, tier, tmp_path, InProcess())


def _check(name: str, tier: str, folder: Path, runner: Runner) -> None:
    differences = run_case(name, tier, folder, runner)
    if name in KNOWN:
        assert differences, f"{name} passes now: take it out of known_failures.toml"
    else:
        assert not differences, "\n".join(differences)


def test_known_failures_exist_and_have_reasons() -> None:
    """A line of the list names a program that is there, and says why it fails."""
    for name, entry in KNOWN.items():
        assert name in CASES
        assert entry["reason"].strip()
