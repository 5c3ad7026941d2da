"""The one limit on how large a text a builtin makes, so that a slip in a count ends in an error, not in swapping."""

from __future__ import annotations

from typing import Final

from harnlite.values.errors import runtime_error

__all__ = ["LARGEST_TEXT", "check_size"]

#: Characters or bytes (256 Mi).
LARGEST_TEXT: Final = 1 << 28


def check_size(name: str, size: int) -> None:
    """Refuse a result of this many characters or bytes when it is unreasonably large.

    :raises GuestError: ``name: result of N characters is too large``.
    """
    if size > LARGEST_TEXT:
        raise runtime_error(f"{name}: result of {size} characters is too large")
