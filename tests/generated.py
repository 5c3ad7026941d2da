"""How many examples hypothesis generates."""

from __future__ import annotations

from hypothesis import settings

__all__ = ["examples"]

#: What hypothesis makes when nobody asks for another number.
_USUAL = 100


def examples(count: int) -> settings:
    """Ask for a number of examples; where the profile wants few (``tests/conftest.py``), no more than it wants."""
    wanted = settings.default.max_examples
    return settings(max_examples=min(count, wanted) if wanted < _USUAL else count)
