"""Did-you-mean: the nearest known name (docs/reference/language.md 7.2)."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["distance", "nearest"]


def distance(left: str, right: str, limit: int) -> int:
    """Give the Levenshtein distance of two names, or ``limit + 1`` as soon as it must be larger."""
    if abs(len(left) - len(right)) > limit:
        return limit + 1
    previous = list(range(len(right) + 1))
    for row, a in enumerate(left, 1):
        current = [row]
        for column, b in enumerate(right, 1):
            current.append(min(previous[column] + 1, current[-1] + 1, previous[column - 1] + (a != b)))
        if min(current) > limit:
            return limit + 1
        previous = current
    return previous[-1]


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """Give the candidate nearest to a name, or None when none is near.

    One edit is allowed up to two characters, two up to five, three beyond; ties go to the smaller difference in
    length, then to the alphabet. Names that start with ``__`` are never proposed.
    """
    limit = 1 if len(name) <= 2 else 2 if len(name) <= 5 else 3
    best: tuple[int, int, str] | None = None
    for candidate in candidates:
        if candidate == name or candidate.startswith("__"):
            continue
        found = distance(name, candidate, limit)
        if found <= limit:
            rank = (found, abs(len(candidate) - len(name)), candidate)
            if best is None or rank < best:
                best = rank
    return best[2] if best else None
