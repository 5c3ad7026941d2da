"""The light named tuples and enumerations behave as Python's own."""

from __future__ import annotations

import enum
import typing

import pytest

from harnlite import records


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
