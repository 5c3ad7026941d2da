"""Wall-clock milliseconds as RFC 3339 text in UTC: ``2023-11-14T22:13:20Z``, ``2023-11-14T22:13:20.5Z``."""

from __future__ import annotations

import time

__all__ = ["rfc3339"]


def rfc3339(milliseconds: int) -> str:
    """Give the text of a moment; the fraction of a second is written without trailing zeros, or not at all."""
    seconds, fraction = divmod(milliseconds, 1000)
    moment = time.gmtime(seconds)
    digits = f".{fraction:03d}".rstrip("0") if fraction else ""
    return (
        f"{moment.tm_year:04d}-{moment.tm_mon:02d}-{moment.tm_mday:02d}"
        f"T{moment.tm_hour:02d}:{moment.tm_min:02d}:{moment.tm_sec:02d}{digits}Z"
    )
