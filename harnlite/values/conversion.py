"""Python values to guest values and back, at the border between an embedder and a run.

================================  =============================  ==============================
Python                            guest                          back in Python
================================  =============================  ==============================
``None bool str bytes float``     nil bool string bytes float    the same
``int``                           int (64 bits, else an error)   ``int``
``list``, ``tuple``               list                           ``list``
``dict`` (keys become strings)    dict                           ``dict``, keys sorted
``set``, ``frozenset``            set                            ``set``; ``list`` when not hashable
``range`` with step 1             range                          ``range``
``datetime.timedelta``            duration                       ``datetime.timedelta``
a callable                        builtin                        :class:`~harnlite.values.types.Builtin`
any guest value                   itself                         see below
================================  =============================  ==============================

A pair comes back as a ``tuple``, a struct as a ``dict`` of its fields; enum values, closures and handles come back as
they are and may be handed in again. Collections are copied both ways: nobody outside can change a guest's value.
"""

from __future__ import annotations

from typing import Any

from harnlite.values.display import display
from harnlite.values.errors import HarnliteError
from harnlite.values.types import (
    Builtin,
    Closure,
    Duration,
    EnumValue,
    Handle,
    HarnSet,
    Pair,
    RangeValue,
    StructValue,
)

__all__ = ["ConversionError", "from_guest", "to_guest"]

_LOWEST, _HIGHEST = -(2**63), 2**63 - 1
_SAME = (Closure, Builtin, EnumValue, StructValue, HarnSet, RangeValue, Pair, Duration, Handle)
#: Types whose values cross as they are; asked first, for most values are of them.
_PLAIN = frozenset({type(None), bool, float, str, bytes})
_DEEPEST = 200


class ConversionError(HarnliteError, TypeError):
    """A Python value has no guest form."""


def to_guest(value: Any, _depth: int = 0) -> Any:
    """Give the guest form of a Python value (table above).

    :raises ConversionError: it has none, an int does not fit 64 bits, a string is no Unicode text, or it is nested
        deeper than 200.
    """
    kind = type(value)
    if kind is str:
        return value if value.isascii() else _text(value)
    if kind in _PLAIN or isinstance(value, _SAME):
        return value
    if _depth > _DEEPEST:
        raise ConversionError(f"a value nested deeper than {_DEEPEST} (or in itself) cannot be handed to a script")
    if isinstance(value, int):
        if not _LOWEST <= value <= _HIGHEST:
            raise ConversionError(f"{value} does not fit the 64 bits of a Harn int")
        return int(value)
    if isinstance(value, list | tuple):
        return [to_guest(item, _depth + 1) for item in value]
    if isinstance(value, dict):
        return {
            (to_guest(key) if type(key) is str else display(to_guest(key))): to_guest(item, _depth + 1)
            for key, item in value.items()
        }
    return _other_to_guest(value, _depth)


def _text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ConversionError("a string with a lone surrogate is no Unicode text") from None
    return value


def _other_to_guest(value: Any, depth: int) -> Any:
    # Of a subclass, such as an enumeration's member, only the plain value crosses.
    if isinstance(value, str):
        return _text(str.__str__(value))
    if isinstance(value, float):
        return float(value)
    if isinstance(value, bytes):
        return bytes(value)
    if isinstance(value, set | frozenset):
        from harnlite.values.equality import hash_key

        members = [to_guest(item, depth + 1) for item in value]
        return HarnSet({hash_key(member): member for member in members})
    if isinstance(value, range) and value.step == 1:
        return RangeValue(value.start, value.stop, exclusive=True)
    from datetime import timedelta

    if isinstance(value, timedelta):
        return Duration(value // timedelta(milliseconds=1))
    what = "a range with a step other than 1" if isinstance(value, range) else f"a value of type {type(value).__name__}"
    raise ConversionError(f"{what} has no Harn form")


def from_guest(value: Any, _depth: int = 0) -> Any:
    """Give the Python form of a guest value (table above).

    :raises ConversionError: it is nested deeper than 200.
    """
    kind = type(value)
    if kind in _PLAIN or kind is int:
        return value
    if _depth > _DEEPEST:
        raise ConversionError(f"a value nested deeper than {_DEEPEST} cannot be handed to Python")
    if kind is list:
        return [from_guest(item, _depth + 1) for item in value]
    if kind is dict:
        return {key: from_guest(value[key], _depth + 1) for key in sorted(value)}
    if kind is StructValue:
        return {name: from_guest(value.fields[name], _depth + 1) for name in sorted(value.fields)}
    if kind is HarnSet:
        members = [from_guest(item, _depth + 1) for item in value.members.values()]
        try:
            return set(members)
        except TypeError:
            return members
    if kind is RangeValue:
        return value.as_range()
    if kind is Pair:
        return (from_guest(value.first, _depth + 1), from_guest(value.second, _depth + 1))
    if kind is Duration:
        from datetime import timedelta

        return timedelta(milliseconds=value.milliseconds)
    return value
