"""In-place updates happen exactly when nobody else holds the value."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from harnlite.values.access import set_path_in_place
from harnlite.values.ownership import CELL_COUNT, LOCAL_COUNT, getrefcount

KEPT: list[Any] = []


def owned(value: list[Any]) -> bool:
    return getrefcount(value) == LOCAL_COUNT


def owned_after_a_call(value: list[Any]) -> bool:
    len(value)
    return owned_second(0, value)


def owned_second(_depth: int, value: list[Any]) -> bool:
    return getrefcount(value) == LOCAL_COUNT


@pytest.mark.skipif(LOCAL_COUNT is None, reason="this Python does not tell how often a value is held")
def test_a_fresh_value_is_owned() -> None:
    value = [1]
    assert getrefcount(value) == LOCAL_COUNT
    # Outside the assertion, which would hold the argument while it is evaluated.
    results = [owned([1]), owned_second(0, [1, 2].copy())]
    assert results == [True, True]


def test_a_value_that_is_held_elsewhere_is_never_owned() -> None:
    value = [1]
    other = value
    assert getrefcount(value) != LOCAL_COUNT
    assert not owned(value)
    assert not owned_after_a_call(other)
    KEPT.append([2])
    kept = KEPT[-1]
    assert getrefcount(kept) != LOCAL_COUNT
    assert not owned(KEPT[-1])
    arguments = ([3],)
    assert not owned(*arguments)
    captured = [4]
    assert (lambda: not owned(captured))()


def test_a_cell_owns_what_only_it_holds() -> None:
    slots: list[Any] = [[1], [2]]
    cell = slots[0]
    single = getrefcount(cell) == CELL_COUNT
    slots[1] = cell
    assert getrefcount(cell) != CELL_COUNT
    assert single is (CELL_COUNT is not None)


@pytest.mark.skipif(CELL_COUNT is None, reason="this Python does not tell how often a value is held")
def test_a_path_update_keeps_the_levels_that_only_it_holds() -> None:
    root = {"a": [[1], [2]]}
    inner = id(root["a"][0])
    middle = id(root["a"])
    set_path_in_place(root, ("a", None, None), (0, 0), 9)
    assert root == {"a": [[9], [2]]}
    assert (id(root["a"]), id(root["a"][0])) == (middle, inner)


def test_a_list_twice_in_one_list_is_two_values() -> None:
    row = [0]
    grid = [row, row]
    del row
    set_path_in_place(grid, (None, None), (0, 0), 5)
    assert grid == [[5], [0]]


@pytest.mark.skipif(not hasattr(sys, "getrefcount"), reason="no reference counts at all")
def test_calibration_succeeds_on_supported_versions() -> None:
    if sys.implementation.name == "cpython" and sys.version_info < (3, 14):
        assert LOCAL_COUNT is not None
        assert CELL_COUNT is not None
