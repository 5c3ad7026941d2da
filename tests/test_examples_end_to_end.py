"""Examples of several commands: each folder's ``session.txt`` is what a user would see at the terminal.

Lines that begin with ``$`` are commands; below each stands its standard output, then its standard error, then the exit
code if it is not 0. Times and process numbers are replaced by words. ``python -m tests.test_examples_end_to_end``
writes the sessions anew, keeping the commands.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.command_line import CommandLine

EXAMPLES = Path(__file__).parent.parent / "examples"
SESSIONS = sorted(path.parent.name for path in EXAMPLES.glob("*/session.txt"))


def play(name: str, folder: Path, command_line: CommandLine) -> str:
    """Run an example's commands in a fresh copy of its folder and give the session as it went."""
    work = folder / "work"
    shutil.copytree(EXAMPLES / name, work)
    lines: list[str] = []
    for line in (work / "session.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("$ harnlite "):
            done = command_line.run(line.split()[2:], cwd=work, home=folder)
            lines += [line, *done.out.splitlines(), *done.err.splitlines()]
            if done.code:
                lines.append(f"[exit code {done.code}]")
    text = "\n".join(lines) + "\n"
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME", text)
    return re.sub(r"process \d+", "process PID", text)


@pytest.mark.parametrize("name", SESSIONS)
def test_session(name: str, tmp_path: Path, command_line: CommandLine) -> None:
    """The example behaves as its session says."""
    assert play(name, tmp_path, command_line) == (EXAMPLES / name / "session.txt").read_text(encoding="utf-8")


def rewrite() -> None:
    """Write all sessions anew."""
    command_line = CommandLine()
    for name in SESSIONS:
        with tempfile.TemporaryDirectory() as folder:
            session = play(name, Path(folder), command_line)
        (EXAMPLES / name / "session.txt").write_text(session, encoding="utf-8")
    command_line.close()


if __name__ == "__main__":
    rewrite()
