"""Methods of strings (docs/reference/builtins.md 8.1). Lengths and positions count characters."""

from __future__ import annotations

from harnlite.builtins.methods.iterators import IterHandle
from harnlite.builtins.registry import method
from harnlite.values.display import display
from harnlite.values.operators import repeat_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


__all__ = ["WHITE_SPACE"]

#: What Unicode calls White_Space; Python's ``strip()`` would also take U+001C to U+001F.
WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)


def _text(value: Any) -> str:
    return value if type(value) is str else display(value)


@method("string", "count() -> int", aliases=("len",))
def string_count(_vm: Any, text: str) -> int:
    """Number of characters."""
    return len(text)


@method("string", "empty() -> bool")
def string_empty(_vm: Any, text: str) -> bool:
    """Whether there are no characters."""
    return not text


@method("string", "contains(part?: any) -> bool")
def string_contains(_vm: Any, text: str, part: Any = "") -> bool:
    """Whether the display of ``part`` occurs."""
    return _text(part) in text


@method("string", "starts_with(prefix?: any) -> bool")
def string_starts_with(_vm: Any, text: str, prefix: Any = "") -> bool:
    """Whether the text starts with the display of ``prefix``."""
    return text.startswith(_text(prefix))


@method("string", "ends_with(suffix?: any) -> bool")
def string_ends_with(_vm: Any, text: str, suffix: Any = "") -> bool:
    """Whether the text ends with the display of ``suffix``."""
    return text.endswith(_text(suffix))


@method("string", "replace(old: any, new: any) -> string")
def string_replace(_vm: Any, text: str, old: Any, new: Any) -> str:
    """All occurrences replaced; an empty ``old`` stands between all characters."""
    return text.replace(_text(old), _text(new))


@method("string", "split(separator?: any) -> list<string>")
def string_split(_vm: Any, text: str, separator: Any = ",") -> list[str]:
    """Parts between separators; an empty separator gives the characters with an empty text on either side."""
    by = _text(separator)
    return text.split(by) if by else ["", *text, ""]


@method("string", "trim() -> string")
def string_trim(_vm: Any, text: str) -> str:
    """Without white space at either end."""
    return text.strip(WHITE_SPACE)


@method("string", "trim_start() -> string")
def string_trim_start(_vm: Any, text: str) -> str:
    """Without white space at the start."""
    return text.lstrip(WHITE_SPACE)


@method("string", "trim_end() -> string")
def string_trim_end(_vm: Any, text: str) -> str:
    """Without white space at the end."""
    return text.rstrip(WHITE_SPACE)


@method("string", "lowercase() -> string", aliases=("lower", "to_lower"))
def string_lowercase(_vm: Any, text: str) -> str:
    """In lower case."""
    return text.lower()


@method("string", "uppercase() -> string", aliases=("upper", "to_upper"))
def string_uppercase(_vm: Any, text: str) -> str:
    """In upper case."""
    return text.upper()


@method("string", "substring(start?: int, end?: int) -> string")
def string_substring(_vm: Any, text: str, start: Any = 0, end: Any = -1) -> str:
    """From ``start`` up to ``end``; a negative start is 0, a negative end the text's."""
    first = max(start, 0) if type(start) is int else 0
    return text[first : end if type(end) is int and end >= 0 else None]


@method("string", "index_of(part?: any) -> int")
def string_index_of(_vm: Any, text: str, part: Any = "") -> int:
    """Position of the first occurrence, or -1."""
    return text.find(_text(part))


@method("string", "last_index_of(part?: any) -> int")
def string_last_index_of(_vm: Any, text: str, part: Any = "") -> int:
    """Position of the last occurrence, or -1."""
    return text.rfind(_text(part))


@method("string", "chars() -> list<string>")
def string_chars(_vm: Any, text: str) -> list[str]:
    """The characters."""
    return list(text)


@method("string", "char_at(index?: int) -> string | nil")
def string_char_at(_vm: Any, text: str, index: Any = 0) -> str | None:
    """A character; nil when there is none there, or the index is negative."""
    position = index if type(index) is int else 0
    return text[position] if 0 <= position < len(text) else None


@method("string", "repeat(count?: int) -> string")
def string_repeat(_vm: Any, text: str, count: Any = 1) -> str:
    """The text so many times."""
    return repeat_text(text, count if type(count) is int else 1)


@method("string", "reverse() -> string")
def string_reverse(_vm: Any, text: str) -> str:
    """The characters backwards."""
    return text[::-1]


def _padding(text: str, width: Any, fill: Any) -> str:
    missing = width - len(text) if type(width) is int else 0
    return repeat_text(_text(fill)[:1] or " ", missing)


@method("string", "pad_left(width?: int, fill?: any) -> string")
def string_pad_left(_vm: Any, text: str, width: Any = 0, fill: Any = " ") -> str:
    """Filled up on the left to ``width`` with the first character of ``fill``."""
    return _padding(text, width, fill) + text


@method("string", "pad_right(width?: int, fill?: any) -> string")
def string_pad_right(_vm: Any, text: str, width: Any = 0, fill: Any = " ") -> str:
    """Filled up on the right to ``width`` with the first character of ``fill``."""
    return text + _padding(text, width, fill)


@method("string", "lines() -> list<string>")
def string_lines(_vm: Any, text: str) -> list[str]:
    """The lines without their ends (LF, or CR LF); a final line end begins no line."""
    parts = text.split("\n")
    last = parts.pop()
    lines = [part.removesuffix("\r") for part in parts]
    if last:
        lines.append(last)
    return lines


@method("string", "iter() -> iter")
def string_iter(_vm: Any, text: str) -> IterHandle:
    """An iterator over the characters."""
    return IterHandle.over(text)
