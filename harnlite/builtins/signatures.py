"""Signature texts of builtins and methods, and the checks of strict builtins (docs/reference/builtins.md 3.1).

Takes texts such as ``join(items: list, separator?: string) -> string``, gives :class:`Signature` data and checking
functions. Knows no builtin and imports none, so that the static checker may read signatures for free.

The notation: ``name(parameter: type | type, parameter?: type, ...rest: type) -> type``. ``any`` takes everything,
``number`` is int or float, ``float`` takes an int too, ``closure`` also a builtin, an optional parameter also nil;
of ``list<T>`` only the list is checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from harnlite.values.display import type_name
from harnlite.values.errors import argument_error, arity_error
from harnlite.values.types import Builtin, Closure, Duration, HarnSet, Pair, RangeValue

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


_SIGNATURE = re.compile(r"\s*([\w.]+)\s*\((.*)\)\s*(?:->\s*(.+?)\s*)?", re.DOTALL)
_PARAMETER = re.compile(r"(\.\.\.)?(\w+)(\?)?\s*(?::\s*(.+))?", re.DOTALL)
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


def parse_signature(text: str) -> Signature:
    """Parse a signature text.

    :raises ValueError: the text is not in the module's notation; an error of the implementation, not of a user.
    """
    match = _SIGNATURE.fullmatch(text)
    if match is None:
        raise ValueError(f"not a signature: {text!r}")
    parameters = []
    for part in _split(match[2], ","):
        found = _PARAMETER.fullmatch(part)
        if found is None:
            raise ValueError(f"not a parameter: {part!r} in {text!r}")
        types = tuple(_split(found[4] or "any", "|"))
        parameters.append(Parameter(found[2], types, found[3] is not None, found[1] is not None))
    if any(parameter.rest for parameter in parameters[:-1]):
        raise ValueError(f"a rest parameter must be last: {text!r}")
    return Signature(match[1], tuple(parameters), match[3] or "any")


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


class _ParameterCheck(NamedTuple):
    """``accepted`` is None when anything is; ``named`` are type names to compare with ``type_of``."""

    parameter: Parameter
    accepted: frozenset[type] | None
    named: frozenset[str]


def _parameter_check(parameter: Parameter) -> _ParameterCheck:
    heads = [name.partition("<")[0] for name in parameter.types]
    if "any" in heads:
        return _ParameterCheck(parameter, None, frozenset())
    accepted = {kind for head in heads for kind in _ACCEPTED.get(head, ())}
    if parameter.optional:
        accepted.add(type(None))
    named = frozenset(head.lower() for head in heads if head not in _ACCEPTED)
    return _ParameterCheck(parameter, frozenset(accepted), named)


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
    checks = [_parameter_check(parameter) for parameter in signature.parameters]
    positional = [check for check in checks if not check.parameter.rest]
    checked = [(index, check, check.accepted) for index, check in enumerate(positional) if check.accepted is not None]
    rest = checks[-1] if checks and checks[-1].parameter.rest and checks[-1].accepted is not None else None

    def refuse(check: _ParameterCheck, value: Any) -> None:
        actual = type_name(value)
        if actual.lower() not in check.named:
            raise argument_error(name, check.parameter.name, " | ".join(check.parameter.types), actual)

    def check_arguments(arguments: Sequence[Any]) -> None:
        count = len(arguments)
        if not minimum <= count <= limit:
            raise arity_error(name, _arity_text(minimum, maximum), count)
        for index, check, accepted in checked:
            if index < count and type(arguments[index]) not in accepted:
                refuse(check, arguments[index])
        if rest is not None and rest.accepted is not None:
            for value in arguments[len(positional) :]:
                if type(value) not in rest.accepted:
                    refuse(rest, value)

    return check_arguments
