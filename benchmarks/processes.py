"""Fresh processes: one measurement each, or the wall time of a whole command."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def clean_environment(extra: dict[str, str] | None = None, checkout: Path = ROOT) -> dict[str, str]:
    """Give the environment without this project's variables, with a checkout first on the path."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("HARN_", "HARNLITE_"))}
    # Installed packages have their modules compiled; without this a checkout would compile them at every start.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment["PYTHONPATH"] = str(checkout)
    environment.update(extra or {})
    return environment


def measure(kind: str, *arguments: str, checkout: Path = ROOT, timeout: float = 600) -> dict[str, Any]:
    """Run one measurement of ``worker.py`` in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.worker", kind, *arguments],
        cwd=ROOT,
        env=clean_environment(checkout=checkout),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{kind} {' '.join(arguments)} failed:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def wall_seconds(command: Sequence[str], *, extra: dict[str, str] | None = None, checkout: Path = ROOT) -> float:
    """Give the wall time of a whole process in seconds."""
    environment = clean_environment(extra, checkout)
    started = time.perf_counter()
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True, stdin=subprocess.DEVNULL)
    return time.perf_counter() - started


def peer_seconds(command: str, file: Path, timeout: float = 600) -> tuple[float, str]:
    """Time an external runtime: ``command`` with ``{file}`` filled in; give wall seconds and what it printed."""
    words = [word.replace("{file}", str(file)) for word in shlex.split(command)]
    started = time.perf_counter()
    done = subprocess.run(words, capture_output=True, text=True, timeout=timeout, check=False)
    return time.perf_counter() - started, done.stdout
