"""Where builtins are declared: the packages whose modules ``generate.py`` looks through."""

from __future__ import annotations

__all__ = ["AREA_PACKAGES"]

AREA_PACKAGES = (
    "harnlite.builtins",
    "harnlite.runtime",
    "harnlite.lifecycle",
)
