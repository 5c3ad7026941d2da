"""What the tests of methods and basics share: a VM that calls Python functions, and values as plain data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harnlite.builtins.methods.iterators import IterHandle
from harnlite.builtins.registry import Registry
from harnlite.values.types import EnumValue, HarnSet, Pair, RangeValue

REGISTRY = Registry()


class FakeVm:
    """Just enough of a VM for callbacks: every Python function is callable."""

    registry = REGISTRY
    #: Nothing is ever cancelled.
    poll = False

    def is_callable(self, value: Any) -> bool:
        return callable(value)

    def caller(self, function: Callable[..., Any]) -> Callable[..., Any]:
        assert callable(function)
        return function


def call(receiver_type: str, name: str, receiver: Any, *arguments: Any) -> Any:
    """Call a method as the VM does: surplus arguments are dropped."""
    method = REGISTRY.method(receiver_type, name)
    assert method is not None, f"{receiver_type} has no method {name}"
    assert len(arguments) >= method.minimum
    given = arguments if method.maximum < 0 else arguments[: method.maximum]
    return method.function(FakeVm(), receiver, *given)


def run(name: str, *arguments: Any) -> Any:
    """Call a builtin as the VM does: checked when strict, surplus arguments dropped when loose."""
    builtin = REGISTRY.builtin(name)
    given: tuple[Any, ...] = arguments
    if builtin.check is not None:
        builtin.check(list(arguments))
    elif builtin.maximum >= 0:
        given = arguments[: builtin.maximum]
    return builtin.function(FakeVm(), *given)


def plain(value: Any) -> Any:
    """Give a value as data that ``==`` and ``repr`` tell apart, type by type; an iterator as its remaining items."""
    if type(value) is HarnSet:
        return ("set", [plain(member) for member in value.members.values()])
    if type(value) is Pair:
        return ("pair", plain(value.first), plain(value.second))
    if type(value) is RangeValue:
        return ("range", value.start, value.end, value.exclusive)
    if type(value) is EnumValue:
        return (f"{value.enum}.{value.variant}", *map(plain, value.fields))
    if type(value) is IterHandle:
        return ("iter", [plain(item) for item in value])
    if type(value) is list:
        return [plain(item) for item in value]
    if type(value) is dict:
        return {key: plain(item) for key, item in sorted(value.items())}
    return value


def same(value: Any, expected: Any) -> None:
    """Assert equality that also tells 1, 1.0 and True apart."""
    assert repr(plain(value)) == repr(expected)


def make_set(*members: Any) -> HarnSet:
    """A set of ints and strings."""
    return HarnSet({member: member for member in members})
