"""``python -m harnlite``."""

from __future__ import annotations

import sys

from harnlite.cli import main

if __name__ == "__main__":
    sys.exit(main())
