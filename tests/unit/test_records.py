"""The light named tuples and enumerations behave as Python's own."""

from __future__ import annotations

import enum
import typing

import pytest

from harnlite import records
from harnlite.records import Record, evolve, field_names


def _row_class(base: type) -> typing.Any:
    class Row(base):  # type: ignore[misc,valid-type]  # the base is what is tested
        """A row."""

        name: str
        size: int = 3

        @property
        def double(self) -> int:
            return self.size * 2

    return Row


def _level_class(base: type) -> typing.Any:
    class Level(base):  # type: ignore[misc,valid-type]  # the base is what is tested
        """A level."""

        LOW = 1
        HIGH = 7

    return Level


@pytest.mark.parametrize("base", [typing.NamedTuple, records.NamedTuple])
def test_named_tuples(base: typing.Any) -> None:
    kind = _row_class(base)
    row = kind("a")
    assert (row, row.name, row.size, row.double) == (("a", 3), "a", 3, 6)
    assert kind("b", size=4)._replace(name="c") == ("c", 4)
    assert (kind._fields, kind.__doc__, kind.__name__, repr(row)) == (
        ("name", "size"),
        "A row.",
        "Row",
        "Row(name='a', size=3)",
    )
    assert kind.__module__ == __name__
    with pytest.raises(TypeError):
        kind()


@pytest.mark.parametrize("base", [enum.IntEnum, records.IntEnum])
def test_enumerations(base: typing.Any) -> None:
    kind = _level_class(base)
    assert [(member.name, int(member)) for member in kind] == [("LOW", 1), ("HIGH", 7)]
    assert kind(7) is kind.HIGH
    assert kind.LOW == 1
    assert {kind.LOW: "low"}[1] == "low"
    assert isinstance(kind.LOW, kind)
    assert f"{kind.HIGH}" == "7"
    with pytest.raises(ValueError, match="9 is not a valid"):
        kind(9)


class Shape(Record):
    """A record compared by identity."""

    name: str
    size: int = 3

    def double(self) -> int:
        """A method."""
        return self.size * 2


class Square(Shape):
    """It has a field of its own."""

    side: int = 1


class Circle(Shape):
    """It has none."""


class Value(Record, eq=True):
    """A record compared by value."""


class Number(Value):
    """So is a subclass."""

    value: int


def test_fields_of_records() -> None:
    square = Square("a", side=2)
    assert (square.name, square.size, square.side, square.double()) == ("a", 3, 2, 6)
    assert field_names(Square) == ("name", "size", "side")
    assert field_names(Circle) == ("name", "size")
    assert field_names(Value) == ()
    assert (Circle("c").size, Shape("s", 4).size, Square("t").side) == (3, 4, 1)
    assert not hasattr(square, "__dict__")


def test_records_want_their_fields() -> None:
    for _ in range(2):
        with pytest.raises(TypeError, match="name"):
            Circle()  # type: ignore[call-arg]  # that is the point
        with pytest.raises(TypeError, match="colour"):
            Circle("c", colour=1)  # type: ignore[call-arg]  # that is the point


def test_comparing_records() -> None:
    assert Shape("a") != Shape("a")
    assert len({Shape("a"), Shape("a")}) == 2
    assert Number(1) == Number(1)
    assert Number(1) != Number(2)
    assert Number(1) != Value()
    assert Value() == Value()
    assert len({Number(1), Number(1), Value(), Value()}) == 2
    assert repr(Number(1)) == "Number(value=1)"


def test_evolve_copies() -> None:
    square = Square("a", 5, 6)
    other = evolve(square, size=7)
    assert (other.name, other.size, other.side) == ("a", 7, 6)
    assert type(other) is Square
    assert square.size == 5


def test_records_match_patterns() -> None:
    match Square("a", 5, 6):
        case Square(name, size=size):
            assert (name, size) == ("a", 5)
