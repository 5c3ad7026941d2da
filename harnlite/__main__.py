"""The program: ``python -m harnlite``, and what the installed command ``harnlite`` calls."""

from __future__ import annotations

import gc
import sys

from harnlite.cli import main

__all__ = ["program"]

#: Python's own 700 new containers between two looks for garbage are too few for programs that build trees and lists.
_GARBAGE_THRESHOLD = 20_000


def program() -> int:
    """Run the command line of this process and give its exit code."""
    gc.set_threshold(_GARBAGE_THRESHOLD)
    code = main()
    # The process ends: looking through everything that is alive once more would free nothing in time.
    gc.freeze()
    return code


if __name__ == "__main__":
    sys.exit(program())
