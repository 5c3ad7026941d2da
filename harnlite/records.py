"""``NamedTuple`` and ``IntEnum`` for modules that a cached run needs: to type checkers they are Python's own.

At run time they do without ``typing`` and ``enum``, which take as long to import as everything else that a short
cached run does after Python's own start. For the same reason such modules set ``TYPE_CHECKING`` themselves, as type
checkers allow.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from enum import IntEnum
    from typing import NamedTuple
else:
    from collections import namedtuple

    #: What a class body holds beside what its author wrote.
    _OWN_ENTRIES = frozenset({"__module__", "__qualname__", "__annotations__"})

    class _NamedTupleMaker(type):
        """Makes the class of an annotated body a named tuple, its annotations being the fields."""

        def __new__(cls, name, bases, body):
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = body["__annotations__"]
            defaults = [body[field] for field in fields if field in body]
            made = namedtuple(name, fields, defaults=defaults, module=body["__module__"])  # noqa: PYI024
            for key, value in body.items():
                if key not in fields and key not in _OWN_ENTRIES:
                    setattr(made, key, value)
            return made

    class NamedTuple(metaclass=_NamedTupleMaker):
        """As ``typing.NamedTuple`` in its class form; fields with defaults come last."""

    class _IntEnumMaker(type):
        """Makes the ints of a class body its members."""

        def __new__(cls, name, bases, body):
            made = super().__new__(cls, name, bases, {k: v for k, v in body.items() if type(v) is not int})
            made._members = {}
            for key, number in body.items():
                if type(number) is int:
                    member = int.__new__(made, number)
                    member.name = key
                    made._members[number] = member
                    setattr(made, key, member)
            return made

        def __call__(cls, number):
            try:
                return cls._members[number]
            except KeyError:
                raise ValueError(f"{number} is not a valid {cls.__name__}") from None

        def __iter__(cls):
            return iter(cls._members.values())

    class IntEnum(int, metaclass=_IntEnumMaker):
        """As ``enum.IntEnum``, of members with values of their own: ``name``, iteration, and the call by value."""


__all__ = ["IntEnum", "NamedTuple"]
