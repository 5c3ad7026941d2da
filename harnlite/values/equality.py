"""Equality, ordering, hash keys, truth and sorting (docs/reference/builtins.md 2.3 to 2.5).

Takes any values, gives bools, -1/0/1 or fresh lists. Safe for deeply nested values. Must not know the VM: a handle
compares itself.
"""

from __future__ import annotations

import struct
from functools import cmp_to_key

from harnlite.values.display import display, type_name
from harnlite.values.types import (
    Builtin,
    Duration,
    EnumValue,
    Handle,
    HarnSet,
    Pair,
    RangeValue,
    StructValue,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any


__all__ = [
    "compare",
    "equal",
    "find_member",
    "hash_key",
    "hash_text",
    "index_of",
    "make_set",
    "naturally_ordered",
    "set_by_equality",
    "sort_by_keys",
    "sort_values",
    "truthy",
]

#: Whether a value counts as true; Python's own truth test gives the same (``types.py``).
truthy: Callable[[Any], bool] = bool

#: Types whose Python equality is the language's, as long as both sides have the same one.
_PLAIN = frozenset({int, str, bool, type(None), float, bytes})

#: Below this magnitude different ints are different floats.
_EXACT = 2**53


def equal(a: Any, b: Any) -> bool:
    """``a == b``: structural, int and float numerically, NaN and closures never."""
    kind = type(a)
    other = type(b)
    if kind is other:
        if kind in _PLAIN:
            return a == b  # type: ignore[no-any-return]  # both operands are plain Python values of one type
        if kind is EnumValue and not (a.fields or b.fields):
            return a.variant == b.variant and a.enum == b.enum  # type: ignore[no-any-return]  # strings
    elif kind in _PLAIN and other in _PLAIN:
        return _equal_numbers(a, b)
    return _equal_deep(a, b)


def _equal_numbers(a: Any, b: Any) -> bool:
    """Compare plain values of different types: only an int and a float can be equal."""
    kind = type(a)
    if kind is int:
        return type(b) is float and float(a) == b
    return kind is float and type(b) is int and a == float(b)


def _equal_deep(a: Any, b: Any) -> bool:
    pending = [(a, b)]
    while pending:
        a, b = pending.pop()
        kind = type(a)
        if kind is not type(b):
            if kind in _PLAIN and type(b) in _PLAIN and _equal_numbers(a, b):
                continue
            if isinstance(a, Handle) and a.equals(b):
                continue
            return False
        if kind in _PLAIN:
            if a != b:
                return False
        elif kind is list:
            if len(a) != len(b):
                return False
            for x, y in zip(a, b, strict=True):
                if type(x) is type(y) and type(x) in _PLAIN:
                    if x != y:
                        return False
                else:
                    pending.append((x, y))
        elif kind is dict:
            if a.keys() != b.keys():
                return False
            pending.extend((value, b[key]) for key, value in a.items())
        elif kind is StructValue:
            if a.type.name != b.type.name or a.fields.keys() != b.fields.keys():
                return False
            pending.extend((value, b.fields[key]) for key, value in a.fields.items())
        elif kind is EnumValue:
            if a.enum != b.enum or a.variant != b.variant or len(a.fields) != len(b.fields):
                return False
            pending.extend(zip(a.fields, b.fields, strict=True))
        elif kind is Pair:
            pending.append((a.second, b.second))
            pending.append((a.first, b.first))
        elif kind is HarnSet:
            if len(a.members) != len(b.members):
                return False
            for key, member in a.members.items():
                if key in b.members:
                    pending.append((member, b.members[key]))
                elif not find_member(b.members, member):
                    return False
        elif not _equal_simple(a, b):
            return False
    return True


def _equal_simple(a: Any, b: Any) -> bool:
    """Compare two values of one type that hold no others."""
    kind = type(a)
    if kind is RangeValue:
        return a.start == b.start and a.end == b.end and a.exclusive is b.exclusive
    if kind is Duration:
        return a.milliseconds == b.milliseconds  # type: ignore[no-any-return]  # ints
    if kind is Builtin:
        return a.name == b.name  # type: ignore[no-any-return]  # strings
    return isinstance(a, Handle) and a.equals(b)


def compare(a: Any, b: Any) -> int:
    """Order two values: -1, 0 or 1; whatever has no order (unlike types, NaN, lists ...) compares as 0."""
    pending = [(a, b)]
    while pending:
        a, b = pending.pop()
        kind = type(a)
        other = type(b)
        if kind is other:
            if kind is int or kind is float or kind is str:
                if a < b:
                    return -1
                if a > b:
                    return 1
            elif kind is Pair:
                pending.append((a.second, b.second))
                pending.append((a.first, b.first))
        elif (kind is int and other is float) or (kind is float and other is int):
            if float(a) < float(b):
                return -1
            if float(a) > float(b):
                return 1
    return 0


def _float_key(number: float) -> tuple[str, bytes]:
    return ("f", struct.pack(">d", number) if number == number else b"NaN")


def hash_key(value: Any) -> Any:
    """Give a hashable key, equal for two values exactly when ``set``, ``unique`` and ``hash_value`` see them as one.

    Type-tagged: ``1``, ``1.0`` and ``true`` differ, NaN equals itself.
    """
    kind = type(value)
    if kind is int or kind is str or kind is bytes or value is None:
        return value
    if kind is float:
        return _float_key(value)
    if kind is bool:
        return ("b", value)
    # Text, because a nested tuple would be hashed recursively in C, however deep it is.
    return (hash_text(value),)


def _leaf_hash_text(value: Any) -> str:
    kind = type(value)
    if kind is int:
        return f"i{value};"
    if kind is str:
        return f"s{len(value.encode())}:{value}"
    if kind is bool:
        return "T" if value else "F"
    if value is None:
        return "N"
    if kind is float:
        return f"f{struct.unpack('>Q', struct.pack('>d', value))[0]};"
    if kind is bytes:
        return f"b{value.hex()};"
    if kind is Duration:
        return f"d{value.milliseconds};"
    name = type_name(value)
    text = display(value)
    return f"o{len(name)}:{name}{len(text.encode())}:{text}"


class _Frame:
    """A container whose hash text is being built: what is left of it, what is done of it."""

    __slots__ = ("is_set", "labels", "rest", "texts")

    def __init__(self, rest: list[Any], labels: list[str] | None, is_set: bool) -> None:
        rest.reverse()
        self.rest = rest
        self.labels = labels
        self.is_set = is_set
        self.texts: list[str] = []

    def finish(self) -> str:
        if self.is_set:
            return "S" + "".join(f"{text}," for text in sorted(self.texts)) + "}"
        if self.labels is None:
            return "L" + "".join(f"{text}," for text in self.texts) + "]"
        return "D" + "".join(f"{label}{text}," for label, text in zip(self.labels, self.texts, strict=True)) + "}"


_CONTAINERS = frozenset({list, dict, HarnSet})


def _open_frame(value: Any) -> _Frame | None:
    kind = type(value)
    if kind is list:
        return _Frame(list(value), None, False)
    if kind is dict:
        keys = sorted(value)
        return _Frame([value[key] for key in keys], [f"{len(key.encode())}:{key}=" for key in keys], False)
    if kind is HarnSet:
        return _Frame(list(value.members.values()), None, True)
    return None


def hash_text(value: Any) -> str:
    """Give the key text behind ``hash_value`` (grammar: builtins.md 5)."""
    if type(value) is list and not any(type(item) in _CONTAINERS for item in value):
        return f"L{''.join([f'{_leaf_hash_text(item)},' for item in value])}]"
    frame = _open_frame(value)
    if frame is None:
        return _leaf_hash_text(value)
    outer: list[_Frame] = []
    while True:
        if frame.rest:
            item = frame.rest.pop()
            inner = _open_frame(item)
            if inner is None:
                frame.texts.append(_leaf_hash_text(item))
            else:
                outer.append(frame)
                frame = inner
        else:
            text = frame.finish()
            if not outer:
                return text
            frame = outer.pop()
            frame.texts.append(text)


def make_set(items: Sequence[Any]) -> HarnSet:
    """Give the set of some items by hash key; of equal ones the first stays."""
    members = _plain_members(items)
    if members is None:
        members = {}
        for item in items:
            members.setdefault(hash_key(item), item)
    return HarnSet(members)


def set_by_equality(items: Sequence[Any]) -> HarnSet:
    """Give the set of some items by ``==``; of equal ones the first stays."""
    members = _plain_members(items)
    if members is None:
        members = {}
        for item in items:
            if not find_member(members, item):
                members[hash_key(item)] = item
    return HarnSet(members)


def _plain_members(items: Sequence[Any]) -> dict[Any, Any] | None:
    """Give the members of a set of only ints or only strings, which are their own keys; None for other items."""
    kinds = set(map(type, items))
    return dict(zip(items, items, strict=True)) if kinds <= {int} or kinds == {str} else None


def find_member(members: dict[Any, Any], item: Any) -> bool:
    """Tell whether one of a set's members ``==`` an item."""
    key = hash_key(item)
    if key in members and equal(members[key], item):
        return True
    kind = type(item)
    if kind in _PLAIN:
        if kind is int:
            if item == 0:
                return _float_key(0.0) in members or _float_key(-0.0) in members
            return _float_key(float(item)) in members
        if kind is not float or item != item:
            return False
        if item == 0.0:
            return 0 in members or _float_key(-item) in members
        if -_EXACT < item < _EXACT:
            return item.is_integer() and int(item) in members
    return any(equal(member, item) for member in members.values())


def index_of(items: list[Any], item: Any) -> int:
    """Give the index of the first of ``items`` that ``==`` an item, or -1."""
    kind = type(item)
    if kind is str or (kind is int and -_EXACT < item < _EXACT):
        # Python's equality can only err towards True here (True for 1), so its "absent" is final.
        try:
            index = items.index(item)
        except ValueError:
            return -1
        if type(items[index]) is not bool:
            return index
    for index, candidate in enumerate(items):
        if equal(candidate, item):
            return index
    return -1


def naturally_ordered(keys: Sequence[Any]) -> bool:
    """Tell whether Python's own order of these keys is the language's; so it is when there are none."""
    kinds = set(map(type, keys))
    if kinds <= {int} or kinds == {str}:
        return True
    return kinds <= {int, float} and all(-_EXACT < key < _EXACT for key in keys)


def _sorted_indices(keys: Sequence[Any]) -> list[int]:
    indices = list(range(len(keys)))
    if naturally_ordered(keys):
        indices.sort(key=keys.__getitem__)
    elif len(keys) <= 20:
        # Unlike types compare as equal, which is no order: the result is that of insertion sort (builtins.md 2.4).
        for position in range(1, len(indices)):
            moving = indices[position]
            at = position
            while at and compare(keys[moving], keys[indices[at - 1]]) < 0:
                indices[at] = indices[at - 1]
                at -= 1
            indices[at] = moving
    else:
        by_order = cmp_to_key(compare)
        indices.sort(key=lambda index: by_order(keys[index]))
    return indices


def sort_values(values: Sequence[Any]) -> list[Any]:
    """Give a sorted copy: stable, ascending."""
    if naturally_ordered(values):
        return sorted(values)
    return [values[index] for index in _sorted_indices(values)]


def sort_by_keys(items: Sequence[Any], keys: Sequence[Any]) -> list[Any]:
    """Give the items in the order of their keys: stable, ascending."""
    return [items[index] for index in _sorted_indices(keys)]
