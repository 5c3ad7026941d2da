"""The run-time types that Python does not already have (docs/reference/language.md 5.1).

``nil bool int float string bytes list dict`` are ``None bool int float str bytes list dict``; everything else is
a class of this file. Lists, dicts, sets and structs are values: nobody changes one that somebody else can see
(``ownership.py``). These classes hold data only; display, equality and operators live beside them.

Python's truth test of any of these values is the language's (builtins.md 2.5), so ``if value:`` is all it takes;
a new class must not get a length or a truth of its own by accident.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Final, Protocol

    class FunctionLike(Protocol):
        """What a closure needs to know of its function; ``bytecode.chunk.FunctionCode`` is the one there is."""

        name: str
        parameter_names: tuple[str, ...]


__all__ = [
    "MISSING",
    "Builtin",
    "Closure",
    "Duration",
    "EnumValue",
    "FunctionLike",
    "Handle",
    "HarnSet",
    "LateCell",
    "Missing",
    "Pair",
    "RangeValue",
    "StructType",
    "StructValue",
    "err",
    "is_result",
    "ok",
]


class Missing:
    """The type of :data:`MISSING`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"


#: Stands in a parameter's slot when no argument was given; never seen by guest code.
MISSING: Final = Missing()


class HarnSet:
    """A set in insertion order; ``members`` maps each member's hash key to the member (builtins.md 2.3)."""

    __slots__ = ("members",)

    def __init__(self, members: dict[Any, Any]) -> None:
        self.members = members

    def __bool__(self) -> bool:
        return bool(self.members)


class RangeValue:
    """``start to end``, or half-open when ``exclusive``."""

    __slots__ = ("end", "exclusive", "start")

    def __init__(self, start: int, end: int, exclusive: bool) -> None:
        self.start = start
        self.end = end
        self.exclusive = exclusive

    def as_range(self) -> range:
        """Give the Python range of the same items."""
        return range(self.start, self.end if self.exclusive else self.end + 1)


class Pair:
    """Two values."""

    __slots__ = ("first", "second")

    def __init__(self, first: Any, second: Any) -> None:
        self.first = first
        self.second = second


class Duration:
    """A length of time in whole milliseconds."""

    __slots__ = ("milliseconds",)

    def __init__(self, milliseconds: int) -> None:
        self.milliseconds = milliseconds

    def __bool__(self) -> bool:
        return self.milliseconds != 0


class EnumValue:
    """``Enum.Variant(fields...)``."""

    __slots__ = ("enum", "fields", "variant")

    def __init__(self, enum: str, variant: str, fields: tuple[Any, ...] = ()) -> None:
        self.enum = enum
        self.variant = variant
        self.fields = fields

    def __repr__(self) -> str:
        fields = ", ".join(map(repr, self.fields))
        return f"{self.enum}.{self.variant}({fields})" if fields else f"{self.enum}.{self.variant}"


def ok(value: Any) -> EnumValue:
    """``Result.Ok(value)``."""
    return EnumValue("Result", "Ok", (value,))


def err(value: Any) -> EnumValue:
    """``Result.Err(value)``."""
    return EnumValue("Result", "Err", (value,))


def is_result(value: Any) -> bool:
    """Tell whether a value is a Result."""
    return type(value) is EnumValue and value.enum == "Result"


class StructType:
    """A declared struct: one object per VM and declaration; ``methods`` is filled when its ``impl`` runs.

    :param name: the struct's name.
    :param fields: its field names in order of declaration.
    """

    __slots__ = ("fields", "methods", "name")

    def __init__(self, name: str, fields: tuple[str, ...]) -> None:
        self.name = name
        self.fields = fields
        self.methods: dict[str, Closure] = {}


class StructValue:
    """An instance; ``fields`` holds the fields that are set."""

    __slots__ = ("fields", "type")

    def __init__(self, type: StructType, fields: dict[str, Any]) -> None:  # noqa: A002 - the language's own word
        self.type = type
        self.fields = fields


class Closure:
    """A guest function with its captured values.

    :param code: the function's bytecode.
    :param captured: the captured values, in the order of ``code.captures``.
    :param module: the state of the imported module it belongs to, or None in an entry file.
    :param function: the Python function that runs it: ``function(depth, *arguments)``. The interpreter and the
        translator both provide one, so a call never asks which tier it is in. ``depth`` is the number of guest
        calls around it; missing trailing arguments stand for parameters with defaults.
    :param arity: the exact number of arguments, or -1 when there are defaults or a rest parameter.
    """

    __slots__ = ("arity", "captured", "code", "function", "module")

    def __init__(
        self, code: Any, captured: tuple[Any, ...], module: Any, function: Callable[..., Any], arity: int
    ) -> None:
        self.code = code
        self.captured = captured
        self.module = module
        self.function = function
        self.arity = arity


class LateCell:
    """Where a function name that is declared later will be found (language.md 6.3); value MISSING until then."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value: Any = MISSING


class Builtin:
    """A reference to a builtin as a value; equal by name.

    :param name: its name.
    :param function: ``function(vm, *arguments)``, unchecked.
    :param minimum: the least number of arguments.
    :param maximum: the largest number of arguments, or -1 when any number is taken.
    :param check: ``check(arguments)`` raises the arity or argument error of a strict builtin; None for a loose one.
    """

    __slots__ = ("check", "function", "maximum", "minimum", "name")

    def __init__(
        self,
        name: str,
        function: Callable[..., Any],
        minimum: int,
        maximum: int,
        check: Callable[[list[Any] | tuple[Any, ...]], None] | None,
    ) -> None:
        self.name = name
        self.function = function
        self.minimum = minimum
        self.maximum = maximum
        self.check = check


class Handle:
    """Base of everything shared by reference: iterators, generators, tasks, channels, atomics, the harness.

    Subclasses say ``type_name`` and ``display``; ``equals`` defaults to never equal, ``get_field`` to no fields at
    all and ``iterate`` to nothing that can be iterated.
    """

    __slots__ = ()
    type_name = "handle"

    def display(self) -> str:
        """The text that ``println`` shows."""
        return f"<{self.type_name}>"

    def equals(self, other: Any) -> bool:  # noqa: ARG002 - the default answer needs no operand
        """``self == other``; most handles are never equal, themselves included."""
        return False

    def get_field(self, name: str) -> Any:  # noqa: ARG002 - a handle without fields needs no name
        """``self.name``, or :data:`MISSING` when reading it is an error."""
        return MISSING

    def missing_field(self, name: str) -> str | None:  # noqa: ARG002 - the default answer needs no name
        """The message of the type error for a field that is not there; None: the general message."""
        return None

    def iterate(self) -> Iterator[Any] | None:
        """The Python iterator that ``for`` and the iterator methods pull from; None: not iterable."""
        return None

    def drop(self) -> None:
        """``drop(handle)``: give up what it stands for; most handles stand for nothing that could be."""
