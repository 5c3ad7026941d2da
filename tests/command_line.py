"""How tests run the command line: in a fresh process (forked by a server where that can be), or inside their own."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol
from unittest import mock

from harnlite.cli import main

#: The text of ``python -m harnlite``, for ``python -c``, that hears Ctrl-C even where the shell ignores it for what runs
#: in its background.
INTERRUPTIBLE = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("harnlite", run_name="__main__", alter_sys=True)
"""


class Finished(NamedTuple):
    """What a command left."""

    code: int
    out: str
    err: str


def clean_environment(home: Path, extra: dict[str, str] | None = None) -> dict[str, str]:
    """Give the environment without this project's and Python's own variables, with a home of its own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HARN_", "HARNLITE_", "PYTHON", "XDG_"))}
    return {**kept, "HOME": str(home), "NO_COLOR": "1", **(extra or {})}


class Runner(Protocol):
    """Runs ``harnlite`` command lines with an empty standard input and a home of their own."""

    def run(self, argv: Sequence[str], cwd: Path, home: Path) -> Finished:
        """Run one command line."""
        ...


class InProcess:
    """Runs command lines inside the test's process: coverage sees them, and so does whatever the last one left behind."""

    def run(self, argv: Sequence[str], cwd: Path, home: Path) -> Finished:
        """Run one command line."""
        out, err = io.StringIO(), io.StringIO()
        with (
            mock.patch.dict(os.environ, clean_environment(home), clear=True),
            mock.patch.object(sys, "stdin", io.StringIO()),
            contextlib.chdir(cwd),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = main(argv)
        return Finished(code, out.getvalue(), err.getvalue())


def run_statements(body: str, options: Sequence[str] = (), *, imports: str = "", name: str = "test.harn") -> int:
    """Run statements as the pipeline of a file in the working directory, inside the test's process.

    :param options: those of ``harnlite run``.
    :return: the exit code; output goes to the test's own streams.
    """
    Path(name).write_text(f"{imports}\npipeline default() {{\n{body}\n}}\n", encoding="utf-8")
    return main(["run", *options, name])


class CommandLine:
    """Runs ``harnlite`` command lines in fresh processes."""

    def __init__(self) -> None:
        self._server: subprocess.Popen[str] | None = None
        if hasattr(os, "fork"):
            self._server = subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("fork_server.py"))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
            )

    def run(self, argv: Sequence[str], cwd: Path, home: Path, timeout: float = 60) -> Finished:
        """Run one command line; a timeout shows as a negative code."""
        environment = clean_environment(home)
        if self._server is None:
            return self._run_plainly(argv, cwd, environment, timeout)
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        request = {"argv": list(argv), "cwd": str(cwd), "env": environment, "timeout": timeout}
        self._server.stdin.write(json.dumps(request) + "\n")
        self._server.stdin.flush()
        return Finished(**json.loads(self._server.stdout.readline()))

    @staticmethod
    def _run_plainly(argv: Sequence[str], cwd: Path, environment: dict[str, str], timeout: float) -> Finished:
        done = subprocess.run(
            [sys.executable, "-m", "harnlite", *argv],
            cwd=cwd,
            env=environment,
            capture_output=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return Finished(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))

    def close(self) -> None:
        """End the server."""
        if self._server is not None:
            assert self._server.stdin is not None
            self._server.stdin.close()
            self._server.wait(10)
