"""Light-weight classes of data for what short runs need: records, named tuples, enumerations of ints.

``NamedTuple`` and ``IntEnum`` are Python's own to type checkers; at run time they do without ``typing`` and ``enum``,
which take as long to import as all else that a short cached run does after Python's own start. For the same reason
such modules set ``TYPE_CHECKING`` themselves, as type checkers allow. :class:`Record` is for the syntax tree and what
is made from it: a hundred classes that attrs would take half of an uncached start to make.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from enum import IntEnum
    from typing import Any, NamedTuple, TypeVar, dataclass_transform

    _Record = TypeVar("_Record", bound="Record")

    @dataclass_transform(eq_default=False, frozen_default=True)
    class Record:
        """A class whose annotations are its fields, slots and parameters, those of its base class first.

        :param eq: compare by fields, not by identity; holds for subclasses too.
        :param frozen: fields are not assigned; only type checkers watch over it.
        """

        def __init_subclass__(cls, *, eq: bool = False, frozen: bool = True) -> None: ...

else:
    from collections import namedtuple
    from operator import attrgetter

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
            # Python itself puts ints such as __firstlineno__ there, too.
            numbers = {key: value for key, value in body.items() if type(value) is int and not key.startswith("__")}
            made = super().__new__(cls, name, bases, {k: v for k, v in body.items() if k not in numbers})
            made._members = {}
            for key, number in numbers.items():
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

    class _RecordMaker(type):
        """Makes the annotations of a class body slots and, at the first instance, parameters."""

        def __new__(cls, name, bases, body, *, eq=False, frozen=True):  # noqa: ARG004 - for type checkers
            own = tuple(body.get("__annotations__", ()))
            base = bases[0] if bases else None
            defaults = {field: body.pop(field) for field in own if field in body}
            fields = own if base is None else base.__match_args__ + own
            body["__slots__"] = own
            body["__match_args__"] = fields
            body["_defaults"] = defaults if base is None else base._defaults | defaults
            body["__init__"] = _first_init
            if eq or (base is not None and base.__eq__ is not object.__eq__):
                _add_comparison(body, fields)
            return super().__new__(cls, name, bases, body)

    def _first_init(self, *arguments, **named):
        """Make the class's own ``__init__``; of many classes a run never makes an instance."""
        kind = type(self)
        parameters = [f"{f}=_defaults[{f!r}]" if f in kind._defaults else f for f in kind.__match_args__]
        lines = [f" self.{field} = {field}" for field in kind.__match_args__] or [" pass"]
        namespace = {"_defaults": kind._defaults}
        exec("\n".join([f"def __init__({', '.join(['self', *parameters])}):", *lines]), namespace)
        kind.__init__ = namespace["__init__"]
        kind.__init__(self, *arguments, **named)

    def _add_comparison(body, fields):
        values = attrgetter(*fields) if fields else type

        def equals(self, other):
            return type(self) is type(other) and values(self) == values(other)

        def digest(self):
            return hash((type(self), values(self)))

        def show(self):
            return f"{type(self).__name__}({', '.join(f'{field}={getattr(self, field)!r}' for field in fields)})"

        body |= {"__eq__": equals, "__hash__": digest, "__repr__": show}

    class Record(metaclass=_RecordMaker):
        """A class whose annotations are its fields, slots and parameters, those of its base class first."""


__all__ = ["IntEnum", "NamedTuple", "Record", "evolve", "field_names"]


def field_names(kind: type[Record]) -> tuple[str, ...]:
    """Give the names of a record class's fields in order."""
    names: tuple[str, ...] = kind.__match_args__  # type: ignore[attr-defined]  # it is there for records
    return names


def evolve(record: _Record, **changes: Any) -> _Record:
    """Give a copy with other values for some fields."""
    kind = type(record)
    return kind(**{name: getattr(record, name) for name in field_names(kind)} | changes)
