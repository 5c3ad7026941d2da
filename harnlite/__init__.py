"""harnlite: a small, readable, fast implementation of the core of Harn in Python."""

from __future__ import annotations

__version__ = "0.1.0"
