"""Free functions on strings (docs/reference/builtins.md 8.2); the methods are in ``methods/``."""

from __future__ import annotations

import re

from harnlite.builtins.limits import check_size
from harnlite.builtins.registry import builtin
from harnlite.values.display import display
from harnlite.values.equality import equal
from harnlite.values.errors import runtime_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from harnlite.vm.machine import Vm

#: The characters of Unicode's White_Space property; Python's own notion has four control characters more.
WHITE_SPACE: Final = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"  # noqa: E501 - one string
_FIELD: Final = re.compile(r"\{([^{}]*)\}")


@builtin("trim(text?: any) -> string", area="text", loose=True)
def trim(_vm: Vm, text: Any = "") -> str:
    """The display text of the argument without white space around it."""
    return display(text).strip(WHITE_SPACE)


@builtin("uppercase(text?: any) -> string", area="text", loose=True)
def uppercase(_vm: Vm, text: Any = "") -> str:
    """The display text of the argument in upper case."""
    return display(text).upper()


@builtin("lowercase(text: string) -> string", area="text")
def lowercase(_vm: Vm, text: str) -> str:
    """A string in lower case."""
    return text.lower()


@builtin("replace(text?: any, old?: any, new?: any) -> string", area="text", loose=True)
def replace(_vm: Vm, text: Any = "", old: Any = None, new: Any = None) -> str:
    """Replace every occurrence of a text; an empty one stands between all characters."""
    subject, pattern, replacement = display(text), display(old), display(new)
    if len(replacement) > len(pattern):
        check_size("replace", len(subject) + (subject.count(pattern)) * (len(replacement) - len(pattern)))
    return subject.replace(pattern, replacement)


@builtin("starts_with(text?: any, prefix?: any) -> bool", area="text", loose=True)
def starts_with(_vm: Vm, text: Any = "", prefix: Any = None) -> bool:
    """Whether a text begins with another."""
    return display(text).startswith(display(prefix))


@builtin("ends_with(text: string, suffix: string) -> bool", area="text")
def ends_with(_vm: Vm, text: str, suffix: str) -> bool:
    """Whether a string ends with another."""
    return text.endswith(suffix)


def split_text(text: str, separator: str) -> list[str]:
    """Split at a separator; an empty one gives every character between two empty strings."""
    return text.split(separator) if separator else ["", *text, ""]


@builtin("split(text?: any, separator?: any) -> list", area="text", loose=True)
def split(_vm: Vm, text: Any = "", separator: Any = " ") -> list[Any]:
    """The parts of a text between separators (a blank unless given)."""
    parts: list[Any] = list(split_text(display(text), display(separator)))
    return parts


@builtin("contains(haystack: string | list, needle: any) -> bool", area="text")
def contains(_vm: Vm, haystack: str | list[Any], needle: Any) -> bool:
    """Whether a string has a text in it, or a list an equal item."""
    if type(haystack) is str:
        return display(needle) in haystack
    return any(equal(item, needle) for item in haystack)


@builtin("join(items: list, separator?: string) -> string", area="text")
def join(_vm: Vm, items: list[Any], separator: str | None = None) -> str:
    """The display texts of a list's items with a separator (nothing unless given) between them."""
    return (separator or "").join([item if type(item) is str else display(item) for item in items])


@builtin("substring(text?: any, start?: any, length?: any) -> string", area="text", loose=True)
def substring(_vm: Vm, text: Any = "", start: Any = 0, length: Any = None) -> str:
    """A part of a text from a position on, of a length; the method of that name takes an end instead."""
    subject = display(text)
    first = max(start, 0) if type(start) is int else 0
    count = max(length, 0) if type(length) is int else len(subject)
    return subject[first : first + count]


@builtin("format(template: string, ...arguments: any) -> string", area="text")
def format_(_vm: Vm, template: str, *arguments: Any) -> str:
    """Fill ``{key}`` from a dict, or each ``{}`` with the next argument."""
    if arguments and type(arguments[0]) is dict:
        fields = arguments[0]
        return _FIELD.sub(lambda found: display(fields[found[1]]) if found[1] in fields else found[0], template)
    parts = template.split("{}")
    out = [parts[0]]
    for index, part in enumerate(parts[1:]):
        out.append(display(arguments[index]) if index < len(arguments) else "{}")
        out.append(part)
    return "".join(out)


@builtin("str_pad(text?: any, width?: any, fill?: any, side?: any) -> string", area="text", loose=True)
def str_pad(_vm: Vm, text: Any = "", width: Any = 0, fill: Any = " ", side: Any = "right") -> str:
    """Pad a text to a number of graphemes, with blanks unless given, on the side ``left``, ``right`` or ``both``."""
    subject, filler, where = display(text), display(fill), display(side)
    if where not in ("left", "right", "both"):
        raise runtime_error("str_pad: side must be left, right, or both")
    missing = (width if type(width) is int else 0) - (len(subject) if subject.isascii() else len(graphemes(subject)))
    if missing <= 0:
        return subject
    check_size("str_pad", missing)
    left = missing if where == "left" else missing // 2 if where == "both" else 0
    return _filled(filler, left) + subject + _filled(filler, missing - left)


def _filled(fill: str, width: int) -> str:
    parts = graphemes(fill) or [" "]
    return "".join(parts * (width // len(parts)) + parts[: width % len(parts)])


def graphemes(text: str) -> list[str]:
    """The extended grapheme clusters of a text."""
    if text.isascii() and "\r\n" not in text:
        return list(text)
    import regex

    return regex.findall(r"\X", text)


@builtin("unicode_graphemes(text?: any) -> list", area="text", loose=True)
def unicode_graphemes(_vm: Vm, text: Any = "") -> list[str]:
    """What a reader sees as the characters of a text."""
    return graphemes(display(text))


@builtin("unicode_normalize(text?: any, form?: any) -> string", area="text", loose=True)
def unicode_normalize(_vm: Vm, text: Any = "", form: Any = "NFC") -> str:
    """A text in Unicode normal form NFC, NFD, NFKC or NFKD."""
    name = display(form).upper()
    if name not in ("NFC", "NFD", "NFKC", "NFKD"):
        raise runtime_error("unicode_normalize: form must be NFC, NFD, NFKC, or NFKD")
    import unicodedata

    return unicodedata.normalize(name, display(text))  # type: ignore[arg-type]  # one of the four
