"""Runs ``harnlite`` command lines quickly: imports once, then forks a fresh process for each request.

Reads one JSON request a line (``argv``, ``cwd``, ``env``, ``timeout``), answers with one JSON line (``code``, ``out``,
``err``). The forked child does what ``python -m harnlite`` does; what it saves is only the imports. Single-threaded,
so that forking is safe. POSIX only.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import pkgutil
import signal
import sys
import tempfile
import time
from typing import Any

import harnlite


def _preload() -> None:
    for module in pkgutil.walk_packages(harnlite.__path__, "harnlite."):
        # A module that cannot be imported fails the test that uses it, not every other one.
        if not module.name.endswith("__main__"):
            with contextlib.suppress(Exception):
                importlib.import_module(module.name)
    importlib.import_module("trio")
    importlib.import_module("lark")


def _child(request: dict[str, Any], out: int, err: int) -> int:
    os.setsid()
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    sys.stdin = open(0, encoding="utf-8", closefd=False)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)
    from harnlite.cli import main

    try:
        return main(request["argv"])
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            code = 70
            try:
                code = _child(request, out.fileno(), err.fileno())
            except SystemExit as stop:
                code = int(stop.code or 0)
            except BaseException as error:
                os.write(2, f"Traceback: {error!r}\n".encode())
            finally:
                os._exit(code)
        status = _wait(child, request["timeout"])
        out.seek(0)
        err.seek(0)
        return {
            "code": os.waitstatus_to_exitcode(status),
            "out": out.read().decode("utf-8", "replace"),
            "err": err.read().decode("utf-8", "replace"),
        }


def _wait(child: int, timeout: float) -> int:
    limit = time.monotonic() + timeout
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        if time.monotonic() > limit:
            os.kill(child, signal.SIGKILL)
            return os.waitpid(child, 0)[1]
        time.sleep(0.002)


def main() -> None:
    """Serve requests until standard input ends."""
    _preload()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    for line in sys.stdin:
        answers.write(json.dumps(_answer(json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
