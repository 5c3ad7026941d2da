"""JSON text: two writers and a parser whose messages name the exact place (docs/reference/builtins.md 12.1).

Takes and gives run-time values; knows nothing of the VM. Everything here is iterative or falls back to something
iterative, so the depth of a value or text is limited by memory only.
"""

from __future__ import annotations

import json
import math
import re

from harnlite.values.display import display, display_float_digits
from harnlite.values.types import HarnSet, RangeValue, StructValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Final

__all__ = [
    "JsonError",
    "float_text",
    "float_text_short",
    "parse",
    "quote",
    "stringify",
    "stringify_exact",
    "stringify_pretty",
]


class JsonError(ValueError):
    """Text that is not JSON.

    :param message: what is wrong, without the place.
    :param line: line number from 1.
    :param column: number of bytes of that line up to and including the offending one.
    """

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(f"{message} at line {line} column {column}")
        self.message = message
        self.line = line
        self.column = column


# ---------------------------------------------------------------------------------------------- writing

_COMPACT_SPECIAL: Final = re.compile(r'["\\\x00-\x1f\x7f-\x9f]')
_PRETTY_SPECIAL: Final = re.compile(r'["\\\x00-\x1f]')
_COMPACT_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_PRETTY_ESCAPES: Final = _COMPACT_ESCAPES | {"\b": "\\b", "\f": "\\f"}


def quote(text: str) -> str:
    """A JSON string literal as ``json_stringify`` writes it."""
    if _COMPACT_SPECIAL.search(text) is None:
        return f'"{text}"'
    return '"' + _COMPACT_SPECIAL.sub(_escape_compact, text) + '"'


def _escape_compact(found: re.Match[str]) -> str:
    character = found[0]
    return _COMPACT_ESCAPES.get(character) or f"\\u{ord(character):04x}"


def _quote_pretty(text: str) -> str:
    if _PRETTY_SPECIAL.search(text) is None:
        return f'"{text}"'
    return '"' + _PRETTY_SPECIAL.sub(_escape_pretty, text) + '"'


def _escape_pretty(found: re.Match[str]) -> str:
    character = found[0]
    return _PRETTY_ESCAPES.get(character) or f"\\u{ord(character):04x}"


def float_text(number: float) -> str:
    """A float in positional notation without a trailing ``.0``; what JSON cannot say becomes ``null``."""
    if not math.isfinite(number):
        return "null"
    return display_float_digits(number)


def float_text_short(number: float) -> str:
    """A float with ``.0`` where it is whole; from 1e16 on and below 1e-5 with an exponent (``1e+16``, ``1.5e-7``)."""
    if not math.isfinite(number):
        return "null"
    text = repr(number)
    mantissa, _, exponent = text.partition("e")
    if not exponent:
        return text
    power = int(exponent)
    if power == -5:
        return display_float_digits(number)
    return f"{mantissa}e{power:+d}"


def stringify(value: Any) -> str:
    """Compact JSON: keys sorted, no spaces; values without a JSON form become ``null``."""
    kind = type(value)
    if kind is str:
        return quote(value)
    out: list[str] = []
    _write(value, out, _compact_scalar, quote, "", ":")
    return "".join(out)


def stringify_pretty(value: Any) -> str:
    """JSON indented by two; values without a JSON form become their display text."""
    out: list[str] = []
    _write(value, out, _pretty_scalar, _quote_pretty, "  ", ": ")
    return "".join(out)


def stringify_exact(value: Any) -> str:
    """Compact JSON with the value rules of :func:`stringify_pretty` (templates use it)."""
    out: list[str] = []
    _write(value, out, _pretty_scalar, _quote_pretty, "", ":")
    return "".join(out)


def _compact_scalar(value: Any) -> str:
    kind = type(value)
    if kind is str:
        return quote(value)
    if kind is int:
        return repr(value)
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if kind is float:
        return float_text(value)
    if kind is RangeValue:
        return quote(display(value))
    return "null"


def _pretty_scalar(value: Any) -> str:
    kind = type(value)
    if kind is str:
        return _quote_pretty(value)
    if kind is int:
        return repr(value)
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if kind is float:
        return float_text_short(value)
    return _quote_pretty(display(value))


def _container(value: Any) -> tuple[Iterator[Any], bool, int] | None:
    """Items, whether they are (key, value) pairs, and how many; None for what is no container."""
    kind = type(value)
    if kind is dict:
        return iter(sorted(value.items(), key=_first)), True, len(value)
    if kind is list:
        return iter(value), False, len(value)
    if kind is StructValue:
        return iter(sorted(value.fields.items(), key=_first)), True, len(value.fields)
    if kind is HarnSet:
        return iter(list(value.members.values())), False, len(value.members)
    if kind is bytes:
        import base64

        return iter([("$bytes_b64", base64.b64encode(value).decode("ascii"))]), True, 1
    return None


def _first(item: tuple[str, Any]) -> str:
    return item[0]


def _write(
    value: Any,
    out: list[str],
    scalar: Callable[[Any], str],
    string: Callable[[str], str],
    indent: str,
    colon: str,
) -> None:
    opened = _container(value)
    if opened is None:
        out.append(scalar(value))
        return
    stack: list[tuple[Iterator[Any], bool]] = []
    separator = _open(opened, out, indent, len(stack) + 1)
    stack.append(opened[:2])
    while stack:
        items, keyed = stack[-1]
        for item in items:
            out.append(separator)
            separator = ",\n" + indent * len(stack) if indent else ","
            if keyed:
                key, item = item
                out.append(string(key))
                out.append(colon)
            opened = _container(item)
            if opened is None:
                out.append(scalar(item))
                continue
            separator = _open(opened, out, indent, len(stack) + 1)
            stack.append(opened[:2])
            break
        else:
            stack.pop()
            # An empty container never wrote its opening line break, so it must not write the closing one either.
            if indent and separator[0] == ",":
                out.append("\n" + indent * len(stack))
            out.append("}" if keyed else "]")
            separator = ",\n" + indent * len(stack) if indent else ","


def _open(opened: tuple[Iterator[Any], bool, int], out: list[str], indent: str, depth: int) -> str:
    """Write the opening bracket and give what stands before the first item."""
    out.append("{" if opened[1] else "[")
    return "\n" + indent * depth if indent else ""


# ---------------------------------------------------------------------------------------------- parsing

_INT_MIN: Final = -(1 << 63)
_INT_MAX: Final = (1 << 63) - 1

#: Texts that hold one of these are read with the careful hooks; hexadecimal digests often look like ``3e``.
_CAREFUL: Final = re.compile(r"[0-9]{19}|-0|[0-9][eE]")
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")
_NUMBER: Final = re.compile(r"(-?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_PLAIN: Final = re.compile(r'[^"\\\x00-\x1f]*')
_SPACE: Final = re.compile(r"[ \t\n\r]*")
_HEX: Final = re.compile(r"[0-9a-fA-F]{4}")
_SIMPLE_ESCAPES: Final = {
    '"': '"',
    "\\": "\\",
    "/": "/",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
}
_WORDS: Final[dict[str, tuple[str, Any]]] = {"n": ("null", None), "t": ("true", True), "f": ("false", False)}


def _refuse(_text: str) -> Any:
    raise ValueError


def _integer(text: str) -> int | float:
    if len(text) < 19 and text != "-0":
        return int(text)
    if len(text) > 20:
        return _real(text)
    number = int(text)
    return number if _INT_MIN <= number <= _INT_MAX and text != "-0" else float(text)


def _real(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError
    return number


_fast: Final = json.JSONDecoder(parse_constant=_refuse).decode
_fast_careful: Final = json.JSONDecoder(parse_constant=_refuse, parse_int=_integer, parse_float=_real).decode


def parse(text: str) -> Any:
    """Parse one JSON document.

    Integers outside 64 bits, ``-0``, fractions and exponents become floats; the last of duplicate keys wins.

    :raises JsonError: with the reference's message, line and column (builtins.md 12.1).
    """
    if _SURROGATE.search(text) is None:
        decode = _fast if _CAREFUL.search(text) is None else _fast_careful
        try:
            return decode(text)
        except (ValueError, RecursionError):
            pass  # the slow parser knows the exact place, or reads what is too deep for the fast one
    return _Parser(text).document()


class _Parser:
    """The slow parser: explicit stack, exact messages. ``index`` is where the next character is read."""

    __slots__ = ("index", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.index = 0

    def document(self) -> Any:
        value = self.value()
        if self.peek():
            raise self.error_ahead("trailing characters")
        return value

    def error(self, message: str) -> JsonError:
        """An error at the last character read."""
        return self._error(message, self.index, 0)

    def error_ahead(self, message: str) -> JsonError:
        """An error at the character that comes next, or at the end."""
        if self.index >= len(self.text):
            return self._error(message, len(self.text), 0)
        if self.text[self.index] == "\n":
            return self._error(message, self.index + 1, 0)
        return self._error(message, self.index, 1)

    def _error(self, message: str, index: int, extra: int) -> JsonError:
        start = self.text.rfind("\n", 0, index) + 1
        column = len(self.text[start:index].encode("utf-8", "surrogatepass")) + extra
        return JsonError(message, 1 + self.text.count("\n", 0, start), column)

    def peek(self) -> str:
        """The next character after white space, or an empty string at the end."""
        found = _SPACE.match(self.text, self.index)
        assert found is not None
        self.index = found.end()
        return self.text[self.index : self.index + 1]

    def value(self) -> Any:
        # One entry per open container: the container and the key that waits for its value (None in a list).
        stack: list[tuple[Any, str | None]] = []
        while True:
            character = self.peek()
            if not character:
                raise self.error_ahead("EOF while parsing a value")
            result: Any
            if character in "[{":
                self.index += 1
                result = [] if character == "[" else {}
                stack.append((result, None))
                if self.next_item(stack, first=True):
                    continue
                stack.pop()
            else:
                result = self.scalar(character)
            while stack:
                container, key = stack[-1]
                if key is None:
                    container.append(result)
                else:
                    container[key] = result
                if self.next_item(stack, first=False):
                    break
                stack.pop()
                result = container
            else:
                return result

    def next_item(self, stack: list[tuple[Any, str | None]], *, first: bool) -> bool:
        """Read up to where the next value starts; False when the innermost container is closed instead."""
        container = stack[-1][0]
        in_list = type(container) is list
        character = self.peek()
        if not character:
            raise self.error_ahead("EOF while parsing a list" if in_list else "EOF while parsing an object")
        if character == ("]" if in_list else "}"):
            self.index += 1
            return False
        if not first:
            if character != ",":
                raise self.error_ahead("expected `,` or `]`" if in_list else "expected `,` or `}`")
            self.index += 1
            character = self.peek()
            if not character:
                raise self.error_ahead("EOF while parsing a value")
            if character == ("]" if in_list else "}"):
                raise self.error_ahead("trailing comma")
        if not in_list:
            if character != '"':
                raise self.error_ahead("key must be a string")
            self.index += 1
            key = self.string()
            character = self.peek()
            if character != ":":
                raise self.error_ahead("expected `:`" if character else "EOF while parsing an object")
            self.index += 1
            stack[-1] = (container, key)
        return True

    def scalar(self, character: str) -> Any:
        if character == '"':
            self.index += 1
            return self.string()
        if character in "-0123456789":
            return self.number()
        if character not in _WORDS:
            raise self.error_ahead("expected value")
        word, value = _WORDS[character]
        for expected in word:
            if self.index >= len(self.text):
                raise self.error("EOF while parsing a value")
            self.index += 1
            if self.text[self.index - 1] != expected:
                self.index -= 1
                raise self.error_ahead("expected ident")
        return value

    def number(self) -> int | float:
        found = _NUMBER.match(self.text, self.index)
        if found is None:
            self.index += 1
            raise self.error_ahead("invalid number" if self.index < len(self.text) else "EOF while parsing a value")
        whole, fraction, exponent = found.groups()
        self.index = found.end()
        following = self.text[self.index : self.index + 1]
        if (
            whole in ("0", "-0")
            and fraction is None
            and exponent is None
            and following.isascii()
            and following.isdigit()
        ):
            raise self.error_ahead("invalid number")
        if following == "." and fraction is None and exponent is None:
            self.index += 1
            raise self.error_ahead("invalid number" if self.index < len(self.text) else "EOF while parsing a value")
        if following and following in "eE" and exponent is None:
            self.index += 1
            if self.text[self.index : self.index + 1] in ("+", "-"):
                self.index += 1
            raise self.error_ahead("invalid number" if self.index < len(self.text) else "EOF while parsing a value")
        if fraction is None and exponent is None:
            try:
                return _integer(whole)
            except ValueError:
                raise self.error("number out of range") from None
        try:
            return _real(found[0])
        except ValueError:
            raise self.error("number out of range") from None

    def string(self) -> str:
        """The rest of a string whose opening quote was read."""
        text = self.text
        parts: list[str] = []
        while True:
            found = _PLAIN.match(text, self.index)
            assert found is not None
            parts.append(found[0])
            self.index = found.end()
            if self.index >= len(text):
                raise self.error("EOF while parsing a string")
            character = text[self.index]
            self.index += 1
            if character == '"':
                return "".join(parts)
            if character != "\\":
                raise self.error("control character (\\u0000-\\u001F) found while parsing a string")
            parts.append(self.escape())

    def escape(self) -> str:
        """The rest of an escape sequence whose backslash was read."""
        if self.index >= len(self.text):
            raise self.error("EOF while parsing a string")
        character = self.text[self.index]
        self.index += 1
        if character != "u":
            simple = _SIMPLE_ESCAPES.get(character)
            if simple is None:
                self.index -= 1
                raise self.error_ahead("invalid escape")
            return simple
        first = self.hex_digits()
        if 0xDC00 <= first <= 0xDFFF:
            raise self.error("lone leading surrogate in hex escape")
        if not 0xD800 <= first <= 0xDBFF:
            return chr(first)
        for expected in "\\u":
            if self.index >= len(self.text):
                raise self.error("EOF while parsing a string")
            if self.text[self.index] != expected:
                raise self.error_ahead("unexpected end of hex escape")
            self.index += 1
        second = self.hex_digits()
        if not 0xDC00 <= second <= 0xDFFF:
            raise self.error("lone leading surrogate in hex escape")
        return chr(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))

    def hex_digits(self) -> int:
        digits = self.text[self.index : self.index + 4]
        self.index += len(digits)
        if len(digits) < 4:
            raise self.error("EOF while parsing a string")
        if _HEX.fullmatch(digits) is None:
            raise self.error("invalid escape")
        return int(digits, 16)
