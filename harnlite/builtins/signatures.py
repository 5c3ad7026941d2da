"""Signature texts of builtins and methods, and the checks of strict builtins (docs/reference/builtins.md 3.1).

Takes texts such as ``join(items: list, separator?: string) -> string``, gives :class:`Signature` data and checking
functions. Knows no builtin and imports none, so that the static checker may read signatures for free.

The notation: ``name(parameter: type | type, parameter?: type, ...rest: type) -> type``. ``any`` takes everything,
``number`` is int or float, ``float`` takes an int too, ``closure`` also a builtin, an optional parameter also nil;
of ``list<T>`` only the list is checked.
"""

from __future__ import annotations

from harnlite.records import NamedTuple
from harnlite.values.display import type_name
from harnlite.values.errors import argument_error, arity_error
from harnlite.values.types import Builtin, Closure, Duration, HarnSet, Pair, RangeValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any


__all__ = ["Parameter", "Signature", "argument_check", "parse_signature"]


class Parameter(NamedTuple):
    """A parameter: its name, the types it takes, whether it may be left out, whether it takes all that is left."""

    name: str
    types: tuple[str, ...]
    optional: bool
    rest: bool


class Signature(NamedTuple):
    """The parameters and the result type (text, ``any`` when not declared) of a builtin or method."""

    name: str
    parameters: tuple[Parameter, ...]
    result: str

    @property
    def minimum(self) -> int:
        """The least number of arguments."""
        return sum(1 for parameter in self.parameters if not parameter.optional and not parameter.rest)

    @property
    def maximum(self) -> int:
        """The largest number of arguments, -1 for any number."""
        return -1 if self.parameters and self.parameters[-1].rest else len(self.parameters)


_OPENING = "<([{"
_CLOSING = ">)]}"


def _split(text: str, separator: str) -> list[str]:
    """Split at separators outside brackets; empty parts are dropped."""
    parts = [""]
    depth = 0
    for character in text.replace("->", "\0"):
        depth += (character in _OPENING) - (character in _CLOSING)
        if character == separator and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip().replace("\0", "->") for part in parts if part.strip()]


def _parameter(text: str) -> Parameter:
    head, colon, types = text.partition(":")
    name = head.strip()
    rest = name.startswith("...")
    optional = name.endswith("?")
    name = name.removeprefix("...").removesuffix("?")
    if not name.isidentifier() or bool(colon) is not bool(types.strip()):
        raise ValueError(f"not a parameter: {text!r}")
    return Parameter(name, tuple(_split(types or "any", "|")), optional, rest)


def _closing(text: str, opening: int) -> int:
    """Give the offset of the parenthesis that closes the one at an offset, -1 when none does."""
    depth = 0
    for offset in range(opening, len(text)):
        depth += (text[offset] == "(") - (text[offset] == ")")
        if depth == 0:
            return offset
    return -1


def parse_signature(text: str) -> Signature:
    """Parse a signature text.

    :raises ValueError: the text is not in the module's notation; an error of the implementation, not of a user.
    """
    name, opening, _ = text.partition("(")
    closing = _closing(text, len(name)) if opening else -1
    arrow, _, result = text[closing + 1 :].strip().partition(" ")
    if closing < 0 or not all(part.isidentifier() for part in name.split(".")) or arrow not in ("", "->"):
        raise ValueError(f"not a signature: {text!r}")
    parameters = tuple(_parameter(part) for part in _split(text[len(name) + 1 : closing], ","))
    if any(parameter.rest for parameter in parameters[:-1]):
        raise ValueError(f"a rest parameter must be last: {text!r}")
    return Signature(name, parameters, result.strip() or "any")


#: What each declared type accepts by Python type; other names (handles) are compared with ``type_of``.
_ACCEPTED: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (float, int),
    "number": (int, float),
    "string": (str,),
    "bool": (bool,),
    "nil": (type(None),),
    "bytes": (bytes,),
    "list": (list,),
    "dict": (dict,),
    "set": (HarnSet,),
    "range": (RangeValue,),
    "pair": (Pair,),
    "duration": (Duration,),
    "closure": (Closure, Builtin),
}


class _Check:
    """What one parameter takes: by Python type (None: anything), else by ``type_of`` in lower case."""

    __slots__ = ("accepted", "named", "parameter")

    def __init__(self, parameter: Parameter) -> None:
        heads = [name.partition("<")[0] for name in parameter.types]
        accepted = {kind for head in heads for kind in _ACCEPTED.get(head, ())}
        if parameter.optional:
            accepted.add(type(None))
        self.parameter = parameter
        self.accepted = None if "any" in heads else frozenset(accepted)
        self.named = frozenset(head.lower() for head in heads if head not in _ACCEPTED)


def _arity_text(minimum: int, maximum: int) -> str:
    if maximum < 0:
        return f"at least {minimum}"
    return str(minimum) if minimum == maximum else f"{minimum}..={maximum}"


def argument_check(signature: Signature) -> Callable[[Sequence[Any]], None]:
    """Give the function that raises the arity or argument error of a strict builtin's arguments."""
    name = signature.name
    minimum = signature.minimum
    maximum = signature.maximum
    limit = maximum if maximum >= 0 else 2**63
    checks = [_Check(parameter) for parameter in signature.parameters]
    fixed = len([check for check in checks if not check.parameter.rest])
    checked = [
        (index, check, check.accepted) for index, check in enumerate(checks[:fixed]) if check.accepted is not None
    ]
    rest = [(check, check.accepted) for check in checks[fixed:] if check.accepted is not None]

    def refuse(check: _Check, value: Any) -> None:
        actual = type_name(value)
        if actual.lower() not in check.named:
            raise argument_error(name, check.parameter.name, " | ".join(check.parameter.types), actual)

    def check_none(arguments: Sequence[Any]) -> None:
        if arguments:
            raise arity_error(name, _arity_text(minimum, maximum), len(arguments))

    def check_one(arguments: Sequence[Any]) -> None:
        if len(arguments) != 1:
            raise arity_error(name, _arity_text(minimum, maximum), len(arguments))
        if type(arguments[0]) not in only_accepted:
            refuse(only, arguments[0])

    if maximum == 0:
        return check_none
    if minimum == maximum == 1 and len(checked) == 1:
        _, only, only_accepted = checked[0]
        return check_one

    def check_arguments(arguments: Sequence[Any]) -> None:
        count = len(arguments)
        if not minimum <= count <= limit:
            raise arity_error(name, _arity_text(minimum, maximum), count)
        for index, check, accepted in checked:
            if index < count and type(arguments[index]) not in accepted:
                refuse(check, arguments[index])
        for check, accepted in rest:
            for value in arguments[fixed:]:
                if type(value) not in accepted:
                    refuse(check, value)

    return check_arguments
