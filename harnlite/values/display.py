"""Type names and display text (docs/reference/language.md 5.3, builtins.md 2.1 and 2.2).

Takes any value, gives text. Iterative, because guest values may be nested far deeper than Python's own stack.
Must not know the VM: a handle displays itself.
"""

from __future__ import annotations

from harnlite.values.types import (
    Builtin,
    Closure,
    Duration,
    EnumValue,
    Handle,
    HarnSet,
    Pair,
    RangeValue,
    StructValue,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


__all__ = ["display", "display_float", "display_float_digits", "type_name"]

#: Bytes beyond this many are only counted.
_SHOWN_BYTES = 32

_TYPE_NAMES: dict[type, str] = {
    type(None): "nil",
    bool: "bool",
    int: "int",
    float: "float",
    str: "string",
    bytes: "bytes",
    list: "list",
    dict: "dict",
    HarnSet: "set",
    RangeValue: "range",
    Pair: "pair",
    Duration: "duration",
    Closure: "closure",
    Builtin: "builtin",
    EnumValue: "enum",
    StructValue: "struct",
}


def type_name(value: Any) -> str:
    """Give what ``type_of`` says of a value."""
    name = _TYPE_NAMES.get(type(value))
    if name is not None:
        return name
    if isinstance(value, Handle):
        return value.type_name
    raise TypeError(f"{type(value).__name__} is no guest value")


def display_float_digits(number: float) -> str:
    """Give the shortest round-trip digits of a finite float, without exponent and without ``.0``."""
    text = repr(number)
    mantissa, _, exponent_text = text.partition("e")
    if not exponent_text:
        return text.removesuffix(".0")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.removeprefix("-").partition(".")
    digits = whole + fraction
    point = len(whole) + int(exponent_text)
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    if point >= len(digits):
        return sign + digits + "0" * (point - len(digits))
    return f"{sign}{digits[:point]}.{digits[point:]}"


def display_float(number: float) -> str:
    """Give the display text of a float: ``1.0``, ``0.0000001``, ``1000000000000000``, ``NaN``, ``-inf``."""
    if number != number:
        return "NaN"
    if -1e15 < number < 1e15 and number == int(number):
        return repr(number)
    if number in (float("inf"), float("-inf")):
        return "inf" if number > 0 else "-inf"
    return display_float_digits(number)


def _display_bytes(data: bytes) -> str:
    hidden = len(data) - _SHOWN_BYTES
    return f'b"{data[:_SHOWN_BYTES].hex()}{f"...+{hidden}" if hidden > 0 else ""}"'


def _display_range(value: RangeValue) -> str:
    return f"{value.start} to {value.end}{' exclusive' if value.exclusive else ''}"


def _display_duration(value: Duration) -> str:
    milliseconds = value.milliseconds
    if milliseconds:
        for unit, length in (("h", 3_600_000), ("m", 60_000), ("s", 1000)):
            if milliseconds % length == 0:
                return f"{milliseconds // length}{unit}"
    return f"{milliseconds}ms"


_LEAVES: dict[type, Callable[[Any], str]] = {
    str: str,
    int: int.__repr__,
    float: display_float,
    bool: lambda value: "true" if value else "false",
    type(None): lambda _: "nil",
    bytes: _display_bytes,
    RangeValue: _display_range,
    Duration: _display_duration,
    Closure: lambda value: f"<fn({', '.join(value.code.parameter_names)})>",
    Builtin: lambda value: f"<builtin {value.name}>",
}


def _expand(value: Any) -> tuple[list[Any], bool]:
    """Give a container's display in pieces, and whether some of them are containers still to be displayed."""
    kind = type(value)
    find = _LEAVES.get
    pieces: list[Any]
    nested = False
    if kind is list or kind is HarnSet or kind is EnumValue:
        if kind is list:
            pieces, closing, items = ["["], "]", value
        elif kind is HarnSet:
            pieces, closing, items = ["set("], ")", value.members.values()
        else:
            items = value.fields
            name = f"{value.enum}.{value.variant}"
            pieces, closing = ([name, "("], ")") if items else ([name], "")
        for item in items:
            leaf = find(type(item))
            if leaf is None:
                nested = True
                pieces.append(item)
            else:
                pieces.append(leaf(item))
            pieces.append(", ")
        if items:
            pieces.pop()
        pieces.append(closing)
    elif kind is dict or kind is StructValue:
        fields = value if kind is dict else value.fields
        pieces = ["{" if kind is dict else f"{value.type.name} {{"]
        for key in sorted(fields):
            item = fields[key]
            leaf = find(type(item))
            if leaf is None:
                nested = True
                pieces += (f"{key}: ", item, ", ")
            else:
                pieces.append(f"{key}: {leaf(item)}")
                pieces.append(", ")
        if fields:
            pieces.pop()
        pieces.append("}")
    elif kind is Pair:
        nested = True
        pieces = ["(", value.first, ", ", value.second, ")"]
    elif isinstance(value, Handle):
        pieces = [value.display()]
    else:
        raise TypeError(f"{kind.__name__} is no guest value")
    return pieces, nested


def display(value: Any) -> str:
    """Give the text that ``println``, interpolation, ``join`` and error messages show."""
    leaf = _LEAVES.get(type(value))
    if leaf is not None:
        return leaf(value)
    pending, nested = _expand(value)
    if not nested:
        return "".join(pending)
    find = _LEAVES.get
    parts: list[str] = []
    pending.reverse()
    while pending:
        item = pending.pop()
        leaf = find(type(item))
        if leaf is not None:
            # A finished piece is a string, which displays as itself.
            parts.append(leaf(item))
        else:
            pieces, nested = _expand(item)
            if nested:
                pieces.reverse()
                pending += pieces
            else:
                parts += pieces
    return "".join(parts)
