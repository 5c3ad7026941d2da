"""Every example runs and prints what is written beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.harn") if path.with_suffix(".expected").exists())


@pytest.mark.parametrize("name", NAMES)
def test_example(name: str, tmp_path: Path) -> None:
    """Output and exit code are those beside the example."""
    program = EXAMPLES / f"{name}.harn"
    code = program.with_suffix(".exit")
    done = subprocess.run(
        [sys.executable, "-m", "harnlite", "run", str(program)],
        cwd=tmp_path,
        env={**os.environ, "HARN_STATE_DIR": str(tmp_path / "state")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == program.with_suffix(".expected").read_text(encoding="utf-8"), done.stderr
    assert done.returncode == (int(code.read_text()) if code.exists() else 0), done.stderr
