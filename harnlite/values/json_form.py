"""The JSON form of a value (docs/reference/lifecycle.md, header): what event logs, snapshots and envelopes store.

Takes any value, gives one made of nil, bools, ints, floats, strings, lists and dicts with sorted keys; and back.
Iterative, since values may be nested deeper than Python's stack.
"""

from __future__ import annotations

import base64
from typing import Any

from harnlite.values.display import display
from harnlite.values.operators import MAX_INT, MIN_INT
from harnlite.values.types import StructValue

__all__ = ["BYTES_KEY", "from_json_form", "to_json_form"]

#: The only key of the dict that stands for bytes.
BYTES_KEY = "$bytes_b64"

_LEAVES = frozenset({type(None), bool, int, float, str})


def _open(value: Any, pending: list[tuple[Any, Any]]) -> Any:
    """Give the form of a value; the items of a container are left in ``pending`` with the cells they go to."""
    kind = type(value)
    if kind in _LEAVES:
        return value
    if kind is list:
        items = list(value)
        pending.append((items, range(len(items))))
        return items
    if kind is dict or kind is StructValue:
        fields = value if kind is dict else value.fields
        entries = {key: fields[key] for key in sorted(fields)}
        pending.append((entries, list(entries)))
        return entries
    if kind is bytes:
        return {BYTES_KEY: base64.b64encode(value).decode("ascii")}
    return display(value)


def to_json_form(value: Any) -> Any:
    """Give a fresh JSON form: bytes become ``{"$bytes_b64": ...}``, structs dicts, everything else its display."""
    pending: list[tuple[Any, Any]] = []
    result = _open(value, pending)
    while pending:
        cells, keys = pending.pop()
        for key in keys:
            item = cells[key]
            if type(item) not in _LEAVES:
                cells[key] = _open(item, pending)
    return result


def _open_guest(data: Any, pending: list[tuple[Any, Any]]) -> Any:
    kind = type(data)
    if kind is list:
        items = list(data)
        pending.append((items, range(len(items))))
        return items
    if kind is dict:
        encoded = data.get(BYTES_KEY)
        if len(data) == 1 and type(encoded) is str:
            try:
                return base64.b64decode(encoded, validate=True)
            except ValueError:
                pass
        entries = dict(data)
        pending.append((entries, list(entries)))
        return entries
    return data


def from_json_form(data: Any) -> Any:
    """Give the guest value of parsed JSON: bytes come back, an int beyond 64 bits becomes a float."""
    pending: list[tuple[Any, Any]] = []
    result = _guest_number(_open_guest(data, pending))
    while pending:
        cells, keys = pending.pop()
        for key in keys:
            cells[key] = _guest_number(_open_guest(cells[key], pending))
    return result


def _guest_number(value: Any) -> Any:
    if type(value) is int and not MIN_INT <= value <= MAX_INT:
        try:
            return float(value)
        except OverflowError:
            return float("inf") if value > 0 else float("-inf")
    return value
