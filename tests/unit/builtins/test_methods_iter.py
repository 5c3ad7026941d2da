"""Iterators and the stream namespace: builtins.md 11.4 to 11.6."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from harnlite.builtins.methods.iterators import IterHandle, iterator_of
from harnlite.values.display import display, type_name
from harnlite.values.equality import equal
from harnlite.values.errors import GuestError
from harnlite.values.types import Handle, Pair, RangeValue
from tests.unit.builtins.methods_fixture import FakeVm, call, make_set, run, same


def over(*items: Any) -> IterHandle:
    return IterHandle.over(items)


def even(number: int) -> bool:
    return number % 2 == 0


@pytest.mark.parametrize(
    ("items", "name", "arguments", "expected"),
    [
        ((1, 2), "map", (lambda x: x + 1,), ("iter", [2, 3])),
        ((1, 2, 4), "filter", (even,), ("iter", [2, 4])),
        ((1, 2), "flat_map", (lambda x: [x] * x,), ("iter", [1, 2, 2])),
        (("ab", "c"), "flat_map", (lambda x: x,), ("iter", ["a", "b", "c"])),
        ((2, 4, 5, 6), "take_while", (even,), ("iter", [2, 4])),
        ((2, 4, 5, 6), "skip_while", (even,), ("iter", [5, 6])),
        ((2, 4), "skip_while", (even,), ("iter", [])),
        ((1, 2, 3), "take", (2,), ("iter", [1, 2])),
        ((1, 2, 3), "take", (0,), ("iter", [])),
        ((1, 2, 3), "skip", (2,), ("iter", [3])),
        ((1,), "skip", (5,), ("iter", [])),
        ((1, 2, 3), "chunks", (2,), ("iter", [[1, 2], [3]])),
        ((1, 2, 3), "windows", (2,), ("iter", [[1, 2], [2, 3]])),
        ((1,), "windows", (2,), ("iter", [])),
        ((1, 2), "zip", (["a"],), ("iter", [("pair", 1, "a")])),
        ((1, 2), "zip", ({"k": 5},), ("iter", [("pair", 1, ("pair", "k", 5))])),
        ((1,), "chain", ("ab",), ("iter", [1, "a", "b"])),
        (("x",), "enumerate", (), ("iter", [("pair", 0, "x")])),
        ((1, 2), "to_list", (), [1, 2]),
        ((1, 1.0, 2), "to_set", (), ("set", [1, 2])),
        ((Pair("b", 1), Pair("a", 2)), "to_dict", (), {"a": 2, "b": 1}),
        ((1, 2), "count", (), 2),
        ((1, 2), "sum", (), 3),
        ((1, 0.5), "sum", (), 1.5),
        ((), "sum", (), 0),
        ((2**63 - 1, 1), "sum", (), -(2**63)),
        ((2, 1), "min", (), 1),
        ((), "min", (), None),
        ((2, 3), "max", (), 3),
        ((5, 6), "first", (), 5),
        ((), "first", (), None),
        ((5, 6), "last", (), 6),
        ((), "last", (), None),
        ((1, 2), "reduce", (10, lambda a, x: a * x), 20),
        ((1, 2), "find", (even,), 2),
        ((1,), "find", (even,), None),
        ((1, 2), "any", (even,), True),
        ((1, 2), "all", (even,), False),
        ((), "all", (even,), True),
        ((1,), "for_each", (even,), None),
    ],
)
def test_iterator_methods(items: tuple[Any, ...], name: str, arguments: tuple[Any, ...], expected: Any) -> None:
    same(call("iter", name, over(*items), *arguments), expected)


@pytest.mark.parametrize(
    ("items", "name", "arguments", "message"),
    [
        ((1,), "map", (), "iter.map: expected callable"),
        ((1,), "filter", (5,), "iter.filter: expected callable"),
        ((1,), "take_while", (), "iter.take_while: expected callable"),
        ((1,), "take", (-1,), "iter.take: expected non-negative int"),
        ((1,), "take", ("x",), "iter.take: expected non-negative int"),
        ((1,), "skip", (), "iter.skip: expected non-negative int"),
        ((1,), "chunks", (0,), "iter.chunks: chunk size must be positive"),
        ((1,), "windows", (0,), "iter.windows: window size must be positive"),
        ((1,), "zip", (5,), "iter.zip: expected iterable argument"),
        ((1,), "chain", (), "iter.chain: expected iterable argument"),
        ((1,), "to_dict", (), "iter.to_dict: expected pair, got int"),
        ((Pair(1, 2),), "to_dict", (), "iter.to_dict: expected string key, got int"),
        (("x",), "sum", (), "iter.sum: expected number, got string"),
        ((1,), "reduce", (even, 1), "iter.reduce: expected (init, fn)"),
    ],
)
def test_iterator_errors(items: tuple[Any, ...], name: str, arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(GuestError) as caught:
        call("iter", name, over(*items), *arguments)
    assert (caught.value.kind, caught.value.message) == ("type", message)


def test_flat_map_needs_iterable_results() -> None:
    lazy = call("iter", "flat_map", over(1), lambda x: x)
    with pytest.raises(GuestError, match="iter: value of type int is not iterable"):
        lazy.pull()


def test_combinators_are_lazy_and_share_the_handle() -> None:
    seen: list[int] = []
    source = over(1, 2, 3)
    lazy = call("iter", "map", source, lambda x: seen.append(x) or x)
    assert seen == []
    assert call("iter", "to_list", call("iter", "take", lazy, 2)) == [1, 2]
    assert seen == [1, 2]
    assert call("iter", "to_list", lazy) == [3]
    assert call("iter", "to_list", source) == []


def test_display_does_not_pull() -> None:
    source = over(1)
    assert (display(source), type_name(source)) == ("<iter>", "iter")
    assert list(source) == [1]
    assert display(source) == "<iter (exhausted)>"


def test_an_iterator_equals_only_itself() -> None:
    source = over(1)
    assert equal(source, source)
    assert not equal(source, over(1))


def test_an_error_of_a_callback_does_not_end_the_iterator() -> None:
    def check(number: int) -> int:
        if number == 2:
            raise GuestError("thrown", "two", "two")
        return number

    lazy = call("iter", "map", over(1, 2, 3), check)
    assert lazy.pull() == 1
    with pytest.raises(GuestError, match="two"):
        lazy.pull()
    assert list(lazy) == [3]


def test_any_and_find_pull_no_further_than_needed() -> None:
    for name in ("any", "find"):
        source = over(1, 2, 3)
        call("iter", name, source, even)
        assert list(source) == [3]


class Numbers(Handle):
    """A handle as the VM's generators are: its iterator goes on where the last one stopped."""

    __slots__ = ("items",)
    type_name = "generator"

    def __init__(self) -> None:
        self.items = iter([1, 2])

    def iterate(self) -> Iterator[Any]:
        return self.items


def test_generators_give_items_one_by_one_and_as_iterators() -> None:
    numbers = Numbers()
    assert call("generator", "next", numbers) == {"done": False, "value": 1}
    same(call("generator", "iter", numbers), ("iter", [2]))
    assert call("generator", "next", numbers) == {"done": True, "value": None}
    same(run("iter", Numbers()), ("iter", [1, 2]))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([1, 2], [1, 2]),
        ("hé", ["h", "é"]),
        ({"b": 1, "a": 2}, [("pair", "a", 2), ("pair", "b", 1)]),
        (make_set(3, 1), [3, 1]),
        (RangeValue(1, 2, False), [1, 2]),
    ],
)
def test_what_can_be_iterated(value: Any, expected: list[Any]) -> None:
    same(run("iter", value), ("iter", expected))


@pytest.mark.parametrize("value", [None, 1, True, b"x", Handle()])
def test_what_cannot(value: Any) -> None:
    assert iterator_of(value) is None


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("map", ([1, 2], lambda x: x * 2), ("iter", [2, 4])),
        ("filter", ([1, 2], even), ("iter", [2])),
        ("tap", ([1, 2], lambda _: None), ("iter", [1, 2])),
        ("scan", ([1, 2, 3], 0, lambda a, x: a + x), ("iter", [1, 3, 6])),
        ("take", ([1, 2, 3], 2), ("iter", [1, 2])),
        ("take_until", ([1, 2, 3], even), ("iter", [1])),
        ("fold", ([1, 2, 3], 0, lambda a, x: a + x), 6),
        ("first", ([5, 6],), 5),
        ("first", ([],), None),
        ("collect", ([1, 2],), [1, 2]),
        ("collect", ([1, 2], 2), [1, 2]),
        ("collect", ([1, 2], {"max": 2}), [1, 2]),
        ("merge", ([1, 2], [3, 4]), ("iter", [1, 3, 2, 4])),
        ("interleave", ([1, 2, 3], [4]), ("iter", [1, 4, 2, 3])),
        ("zip", ([1, 2], [3, 4]), ("iter", [("pair", 1, 3), ("pair", 2, 4)])),
        ("race", ([], [1, 2], [3]), ("iter", [1, 2])),
        ("broadcast", ([1, 2], 2), [("iter", [1, 2]), ("iter", [1, 2])]),
    ],
)
def test_stream_functions(name: str, arguments: tuple[Any, ...], expected: Any) -> None:
    same(run(f"stream.{name}", *arguments), expected)


@pytest.mark.parametrize(
    ("name", "arguments", "kind", "message"),
    [
        ("map", ([1], 5), "type", "stream.map: argument 2 must be callable, got int"),
        ("fold", ([1], 0, None), "type", "stream.fold: argument 3 must be callable, got nil"),
        ("take", ([1], -1), "type", "stream.take: argument 2 must be a non-negative int, got int"),
        ("take", ([1],), "type", "stream.take: missing argument 2"),
        ("map", (), "type", "stream.map: missing argument 1"),
        ("zip", ([1],), "type", "stream.zip: expected 2 streams, got 1"),
        ("interleave", ([1],), "type", "stream.interleave: expected at least two streams"),
        ("collect", ([1, 2, 3], 2), "runtime", "stream.collect: max cap 2 exceeded"),
        ("first", (5,), "type", "iter: value of type int is not iterable"),
    ],
)
def test_stream_errors(name: str, arguments: tuple[Any, ...], kind: str, message: str) -> None:
    with pytest.raises(GuestError) as caught:
        run(f"stream.{name}", *arguments)
    assert (caught.value.kind, caught.value.message) == (kind, message)


class TimedVm(FakeVm):
    """A VM whose clock only moves by sleeping, and by what a test's source does."""

    class Clock:
        now = 0

        def monotonic_ms(self) -> int:
            return self.now

    class Sleeper:
        @staticmethod
        def function(vm: Any, milliseconds: int) -> None:
            vm.clock.now += milliseconds

    class Names:
        @staticmethod
        def builtin(name: str) -> Any:
            assert name == "sleep"
            return TimedVm.Sleeper

    registry = Names  # type: ignore[assignment]  # only what throttle asks for

    def __init__(self) -> None:
        self.clock = self.Clock()


def stream(name: str) -> Any:
    return FakeVm.registry.builtin(f"stream.{name}").function


def test_throttle_keeps_items_apart() -> None:
    vm = TimedVm()
    lazy = stream("throttle")(vm, [1, 2, 3], 4)
    times = []
    while lazy.pull() in (1, 2, 3):
        times.append(vm.clock.now)
    assert times == [0, 250, 500]


def test_debounce_keeps_the_last_of_a_burst() -> None:
    vm = TimedVm()

    def slowly() -> Iterator[int]:
        for number, pause in ((1, 0), (2, 1), (3, 100), (4, 2)):
            vm.clock.now += pause
            yield number

    assert list(stream("debounce")(vm, IterHandle.over(slowly()), 50)) == [2, 4]
    assert list(stream("debounce")(vm, [1, 2, 3], 50)) == [3]
