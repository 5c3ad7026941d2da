"""Methods of generators and streams (docs/reference/builtins.md 11.5). The handles themselves belong to the VM."""

from __future__ import annotations

from harnlite.builtins.methods.iterators import IterHandle, require_iterator
from harnlite.builtins.registry import method
from harnlite.values.types import MISSING, Handle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


__all__: list[str] = []

_RECEIVERS = ("generator", "stream")


@method(_RECEIVERS, "next() -> dict")
def generator_next(_vm: Any, producer: Handle) -> dict[str, Any]:
    """``{done: false, value}`` with the next item, ``{done: true, value: nil}`` when there is none."""
    items = producer.iterate()
    item = MISSING if items is None else next(items, MISSING)
    return {"done": True, "value": None} if item is MISSING else {"done": False, "value": item}


@method(_RECEIVERS, "iter() -> iter")
def generator_iter(_vm: Any, producer: Handle) -> IterHandle:
    """An iterator over what is still to come."""
    return require_iterator(producer)
