"""The values of literals: escapes, triple-quote dedent, numbers, durations (docs/reference/language.md 1.3 and 1.4).

Takes the text of tokens, gives plain Python values.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["LARGEST_INTEGER", "duration_value", "integer_value", "plain_text", "triple_texts"]

_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", "\\": "\\", '"': '"', "$": "$"}
_ESCAPED_INTERPOLATION: Final = re.compile(r"(\\+)\$\{")
_UNITS: Final = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
LARGEST_INTEGER: Final = 2**63 - 1
_LARGEST_DURATION: Final = 2**64 - 1
_MOST_DIGITS: Final = 20


def integer_value(digits: str) -> int | float:
    """Give the value of an integer literal: a float when it does not fit 64 bits."""
    if len(digits) < _MOST_DIGITS:
        value = int(digits)
        if value <= LARGEST_INTEGER:
            return value
    return float(digits)


def duration_value(text: str) -> int:
    """Give the milliseconds of a duration literal, at most 2**64 - 1."""
    digits = text.rstrip("mshdw")
    unit = _UNITS[text[len(digits) :]]
    digits = digits.lstrip("0") or "0"
    if len(digits) > _MOST_DIGITS:
        return _LARGEST_DURATION
    return min(int(digits) * unit, _LARGEST_DURATION)


def plain_text(raw: str) -> str:
    """Resolve the escapes of a plain string; an unknown one keeps its backslash."""
    if "\\" not in raw:
        return raw
    return _ESCAPE.sub(lambda found: _ESCAPES.get(found.group(1), found.group()), raw)


def triple_texts(raw: list[str]) -> list[str]:
    """Dedent the literal parts of a triple-quoted string, between which its expressions stand.

    A line end directly behind the opening quotes and one directly before the closing ones are dropped. The smallest
    indentation of the lines that are not blank is taken off every line; an expression counts as text of its line.
    """
    parts = list(raw)
    if parts[0].startswith("\r\n"):
        parts[0] = parts[0][2:]
    elif parts[0].startswith("\n"):
        parts[0] = parts[0][1:]
    lines = "x".join(parts).split("\n")
    indent = min((len(line) - len(line.lstrip(" \t")) for line in lines if line.strip(" \t\r")), default=0)
    last = len(parts) - 1
    parts = [_dedent(part, indent, at == 0, at == last) for at, part in enumerate(parts)]
    if parts[last].endswith("\n"):
        parts[last] = parts[last][:-1].removesuffix("\r")
    return [_ESCAPED_INTERPOLATION.sub(_unescape, part) for part in parts]


def _dedent(part: str, indent: int, first: bool, last: bool) -> str:
    """Dedent the lines that begin in a part; only there does indentation stand."""
    lines = part.split("\n")
    end = len(lines) - 1
    for at, line in enumerate(lines):
        if at == 0 and not first:
            continue
        if not line.strip(" \t\r") and (at < end or last):
            lines[at] = ""
        else:
            lines[at] = line[indent:]
    return "\n".join(lines)


def _unescape(found: re.Match[str]) -> str:
    slashes = found.group(1)
    return slashes[:-1] + "${" if len(slashes) % 2 else found.group()
