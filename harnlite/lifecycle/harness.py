"""The harness: what ``main`` and the finish callback get to act on the run (docs/reference/lifecycle.md 3).

Only the handles and their properties. What their methods do is in ``harness_methods.py`` (the run's unsettled work) and
``sub_handles.py`` (``harness.stdio`` and so on), which are loaded when a script first calls one.
"""

from __future__ import annotations

from harnlite.values.types import MISSING, Handle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


__all__ = ["Harness", "SubHandle"]

_SUB_HANDLES = {
    "stdio": "HarnessStdio",
    "clock": "HarnessClock",
    "fs": "HarnessFs",
    "env": "HarnessEnv",
    "random": "HarnessRandom",
    "net": "HarnessNet",
    "system": "HarnessSystem",
}


class SubHandle(Handle):
    """One group of the harness's capabilities, such as ``harness.stdio``.

    :param type_name: what ``type_of`` says of it.
    """

    __slots__ = ("type_name",)

    def __init__(self, type_name: str) -> None:
        self.type_name = type_name


class Harness(Handle):
    """The handle itself. It holds nothing: everything it tells or does concerns the VM that calls it."""

    __slots__ = ()
    type_name = "Harness"

    def get_field(self, name: str) -> Any:
        """Give a sub-handle, or MISSING."""
        type_name = _SUB_HANDLES.get(name)
        return MISSING if type_name is None else SubHandle(type_name)

    def missing_field(self, name: str) -> str:
        """The message for reading a property that the harness does not have."""
        exposed = ", ".join(f"`{group}`" for group in _SUB_HANDLES)
        return f"cannot access property `{name}` on Harness — Harness exposes {exposed}"
