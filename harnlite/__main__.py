"""The program: ``python -m harnlite``, and what the installed command ``harnlite`` calls."""

from __future__ import annotations

import gc
import io
import os
import sys

from harnlite.cli import main

__all__ = ["program"]

#: Python's own 700 new containers between two looks for garbage are too few for programs that build trees and lists.
_GARBAGE_THRESHOLD = 20_000


def program() -> int:
    """Run the command line of this process and give its exit code."""
    gc.set_threshold(_GARBAGE_THRESHOLD)
    _prepare_streams()
    code = main()
    # The process ends: looking through everything that is alive once more would free nothing in time.
    gc.freeze()
    return code


def _prepare_streams() -> None:
    """Make the standard streams speak UTF-8 whatever the locale says; one that is closed reads or keeps nothing.

    Output leaves by the line, into pipes and files too, as the reference's does: who watches a run sees it live, and a
    diagnostic never stands before what was printed earlier (docs/reference/runtime.md 0, rule 10).
    """
    for name, mode, errors in (
        ("stdin", "r", "replace"),
        ("stdout", "w", "backslashreplace"),
        ("stderr", "w", "backslashreplace"),
    ):
        stream = getattr(sys, name)
        if stream is None:
            nowhere = open(os.devnull, mode, encoding="utf-8")  # noqa: SIM115 - open until the process ends
            setattr(sys, name, nowhere)
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors=errors, line_buffering=mode == "w")


if __name__ == "__main__":
    sys.exit(program())
