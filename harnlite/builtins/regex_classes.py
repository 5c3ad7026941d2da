"""Character classes and escapes of a regular expression, rewritten so that each matches exactly one character.

Set operations (``&&``, ``--``, ``~~``, nested sets), which the ``regex`` package knows only together with other
rules, become look-aheads in front of a plain set. Used by ``regex_syntax.py``.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final


__all__ = ["DEEPEST", "ClassReader", "MistakeError", "behind_space", "quote_literal"]

#: How deep groups and sets may be nested.
DEEPEST: Final = 250

_CONTROL: Final = {"a": "\x07", "f": "\x0c", "t": "\t", "n": "\n", "r": "\r", "v": "\x0b"}
_HEX_WIDTH: Final = {"x": 2, "u": 4, "U": 8}
_HEX_DIGITS: Final = frozenset("0123456789abcdefABCDEF")
_ASCII_PERL: Final = {"d": "0-9", "s": r"\t\n\x0b\x0c\r\x20", "w": "0-9A-Za-z_"}
_ASCII_CLASSES: Final = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t\x20",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": r"\x20-~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\x0b\x0c\r\x20",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_ASCII_CLASS: Final = re.compile(r"\[:(\^?)([a-z]+):\]")
_PROPERTY: Final = re.compile(r"[A-Za-z0-9_ -]+(?:[=:][A-Za-z0-9_ -]+)?")
_UNCLOSED: Final = "unclosed character class"
_TOO_SHORT: Final = "incomplete escape sequence, reached end of pattern prematurely"


class MistakeError(Exception):
    """A mistake in a pattern.

    :param start: index of the first offending character.
    :param end: index after the last one.
    :param kind: what is wrong.
    :param earlier: a second place that belongs to it.
    """

    def __init__(self, start: int, end: int, kind: str, earlier: tuple[int, int] | None = None) -> None:
        super().__init__(kind)
        self.start = start
        self.end = end
        self.kind = kind
        self.earlier = earlier


def quote_literal(character: str) -> str:
    """One character as itself, inside a set or outside."""
    if character == "_" or not character.isascii() or character.isalnum():
        return character
    return f"\\x{ord(character):02x}"


def behind_space(pattern: str, position: int) -> int:
    """Pass the white space and comments of a verbose pattern; give the index of what is behind them."""
    while position < len(pattern):
        if pattern[position].isspace():
            position += 1
        elif pattern[position] == "#":
            end = pattern.find("\n", position)
            position = len(pattern) if end < 0 else end + 1
        else:
            break
    return position


class ClassReader:
    """Reads one ``[...]`` or one escape; ``position`` is the index of the next character.

    :param property_exists: tells whether ``\\p{name}`` is known to the engine.
    """

    def __init__(
        self, pattern: str, position: int, *, verbose: bool, unicode: bool, property_exists: Callable[[str], bool]
    ) -> None:
        self.pattern = pattern
        self.position = position
        self.verbose = verbose
        self.unicode = unicode
        self.property_exists = property_exists
        self._open: list[tuple[int, int]] = []

    def char(self) -> str:
        return self.pattern[self.position : self.position + 1]

    def skip_space(self) -> None:
        if self.verbose:
            self.position = behind_space(self.pattern, self.position)

    # -- sets

    def set(self) -> str:
        """Read a set from its ``[`` to its ``]``."""
        start = self.position
        if len(self._open) >= DEEPEST:
            raise MistakeError(
                start, start + 1, f"exceed the maximum number of nested parentheses/brackets ({DEEPEST})"
            )
        self.position += 1
        self._need_more(start)
        negated = self.char() == "^"
        if negated:
            self.position += 1
            self._need_more(start)
        plain: list[str] = []
        while self.char() == "-":
            plain.append("\\-")
            self.position += 1
            self._need_more(start)
        if not plain and self.char() == "]":
            plain.append("\\]")
            self.position += 1
            self._need_more(start)
        self._open.append((start, self.position))
        text, body = self._members(plain)
        self._open.pop()
        if not negated:
            return text
        return f"[^{body}]" if body else f"(?:(?!{text})(?s:.))"

    def _need_more(self, start: int) -> None:
        self.skip_space()
        if not self.char():
            raise MistakeError(start, self.position, _UNCLOSED)

    def _members(self, plain: list[str]) -> tuple[str, str]:
        """Read up to the ``]``; give the text and, when a plain set says it all, what stands in its brackets."""
        left = ""
        operator = ""
        nested: list[str] = []
        while True:
            self.skip_space()
            character = self.char()
            if not character:
                raise MistakeError(*self._open[-1], _UNCLOSED)
            if character == "[":
                found = _ASCII_CLASS.match(self.pattern, self.position)
                if found is not None and found[2] in _ASCII_CLASSES:
                    self.position = found.end()
                    members = _ASCII_CLASSES[found[2]]
                    if found[1]:
                        nested.append(f"[^{members}]")
                    else:
                        plain.append(members)
                else:
                    nested.append(self.set())
            elif character == "]" or self.pattern[self.position : self.position + 2] in ("&&", "--", "~~"):
                right = _union(plain, nested)
                text = _combined(left, operator, right)
                if character == "]":
                    self.position += 1
                    return text, "" if operator or nested else "".join(plain)
                left, operator, plain, nested = text, character, [], []
                self.position += 2
            else:
                self._range(plain)

    def _range(self, plain: list[str]) -> None:
        start = self.position
        low = self._member()
        self.skip_space()
        if not self.char():
            raise MistakeError(*self._open[-1], _UNCLOSED)
        after = self._after_dash()
        if self.char() != "-" or after in ("]", "-"):
            plain.append(low if len(low) > 1 else quote_literal(low))
            return
        middle = self.position
        self.position += 1
        self.skip_space()
        if not self.char():
            raise MistakeError(*self._open[-1], _UNCLOSED)
        second = self.position
        high = self._member()
        for text, first, last in ((low, start, middle), (high, second, self.position)):
            if len(text) > 1:
                raise MistakeError(first, last, "invalid range boundary, must be a literal")
        if low > high:
            raise MistakeError(start, self.position, "invalid character class range, the start must be <= the end")
        plain.append(f"{quote_literal(low)}-{quote_literal(high)}")

    def _after_dash(self) -> str:
        here = self.position
        self.position += 1
        self.skip_space()
        character = self.char()
        self.position = here
        return character

    def _member(self) -> str:
        """One character, or the longer text of a class escape."""
        character = self.char()
        if character != "\\":
            self.position += 1
            return character
        start = self.position
        if self.pattern[start + 1 : start + 2] in tuple("AzbB<>"):
            raise MistakeError(start, start + 2, "invalid escape sequence found in character class")
        return self.escape()

    # -- escapes

    def escape(self) -> str:
        """Read an escape from its backslash: a bare character, or a class as the ``regex`` package writes it."""
        start = self.position
        self.position += 1
        character = self.char()
        if not character:
            raise MistakeError(start, self.position, _TOO_SHORT)
        self.position += 1
        if character in "0123456789":
            raise MistakeError(start, self.position, "backreferences are not supported")
        if character in "dswDSW":
            if self.unicode:
                return f"\\{character}"
            # A negated ASCII class cannot stand inside a set, so the engine's own ASCII form is not available here.
            members = _ASCII_PERL[character.lower()]
            return members if character.islower() else f"\\{character}"
        if character in "pP":
            return self._property(start, character)
        if character in _HEX_WIDTH:
            return self._hexadecimal(_HEX_WIDTH[character])
        if character in _CONTROL:
            return _CONTROL[character]
        if character.isascii() and not character.isalnum() and character not in "<>":
            return character
        raise MistakeError(start, self.position, "unrecognized escape sequence")

    def _property(self, start: int, letter: str) -> str:
        character = self.char()
        if not character:
            raise MistakeError(self.position, self.position, _TOO_SHORT)
        if character == "{":
            end = self.pattern.find("}", self.position)
            if end < 0:
                raise MistakeError(len(self.pattern), len(self.pattern), _TOO_SHORT)
            name = self.pattern[self.position + 1 : end]
            self.position = end + 1
        else:
            if character == "\\":
                raise MistakeError(self.position, self.position + 1, "invalid Unicode character class")
            name = character
            self.position += 1
        if "!=" in name:
            name = name.replace("!=", "=", 1)
            letter = "p" if letter == "P" else "P"
        if _PROPERTY.fullmatch(name) is None or not self.property_exists(name):
            raise MistakeError(start, self.position, "Unicode property not found")
        return f"\\{letter}{{{name}}}"

    def _hexadecimal(self, width: int) -> str:
        opening = self.position
        if not self.char():
            raise MistakeError(opening, opening, _TOO_SHORT)
        braced = self.char() == "{"
        if braced:
            self.position += 1
        start = self.position
        while (character := self.char()) and character != "}" and (braced or self.position < start + width):
            if character not in _HEX_DIGITS:
                raise MistakeError(self.position, self.position + 1, "invalid hexadecimal digit")
            self.position += 1
        digits = self.pattern[start : self.position]
        end = self.position
        if braced:
            if not self.char():
                raise MistakeError(opening, self.position, _TOO_SHORT)
            self.position += 1
            if not digits:
                raise MistakeError(opening, self.position, "hexadecimal literal empty")
        elif len(digits) < width:
            if self.char():
                raise MistakeError(self.position, self.position + 1, "invalid hexadecimal digit")
            raise MistakeError(self.position, self.position, _TOO_SHORT)
        number = int(digits, 16) if len(digits.lstrip("0")) <= 8 else 0x110000
        if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
            raise MistakeError(start, end, "hexadecimal literal is not a Unicode scalar value")
        return chr(number)


def _union(plain: list[str], nested: list[str]) -> str:
    parts = ([f"[{''.join(plain)}]"] if plain else []) + nested
    if len(parts) == 1:
        return parts[0]
    return f"(?:{'|'.join(parts)})" if parts else "(?!)"


def _combined(left: str, operator: str, right: str) -> str:
    if operator == "&":
        return f"(?:(?={left}){right})"
    if operator == "-":
        return f"(?:(?!{right}){left})"
    if operator == "~":
        return f"(?:(?!{right}){left}|(?!{left}){right})"
    return right
