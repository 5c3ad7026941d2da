"""Letter case and word style of identifiers (docs/reference/builtins.md 8.2, more.md 8)."""

from __future__ import annotations

import re

from harnlite.builtins.registry import builtin
from harnlite.builtins.text import WHITE_SPACE
from harnlite.values.display import display

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from harnlite.vm.machine import Vm

_SEPARATORS: Final = re.compile(r"[_-]+")


def _words(text: str) -> list[str]:
    return [word.lower() for word in _SEPARATORS.split(text) if word]


def _upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def _humped(text: str, separator: str) -> str:
    """Split a text at its humps, join by a separator, all in lower case."""
    out: list[str] = []
    for index, character in enumerate(text):
        if character.isupper() and index:
            before = text[index - 1]
            after = text[index + 1 : index + 2]
            if before.islower() or (before.isascii() and before.isdigit()) or (before.isupper() and after.islower()):
                out.append(separator)
        out.append(character.lower())
    return "".join(out)


def _pascal(text: str) -> str:
    return "".join(_upper_first(word) for word in _words(text))


@builtin("title_case(text?: any) -> string", area="cases", loose=True)
def title_case(_vm: Vm, text: Any = "") -> str:
    """Upper case at the start and after white space, lower case elsewhere."""
    out: list[str] = []
    at_start = True
    for character in display(text):
        out.append(character.upper() if at_start else character.lower())
        at_start = character in WHITE_SPACE
    return "".join(out)


@builtin("uppercase_first(text?: any) -> string", area="cases", loose=True)
def uppercase_first(_vm: Vm, text: Any = "") -> str:
    """The first character in upper case, the rest as it is."""
    return _upper_first(display(text))


@builtin("lowercase_first(text: string) -> string", area="cases")
def lowercase_first(_vm: Vm, text: str) -> str:
    """The first character in lower case, the rest as it is."""
    return _lower_first(text)


@builtin("camel_to_pascal(text: string) -> string", area="cases")
def camel_to_pascal(_vm: Vm, text: str) -> str:
    """``fooBar`` to ``FooBar``."""
    return _upper_first(text)


@builtin("pascal_to_camel(text?: any) -> string", area="cases", loose=True)
def pascal_to_camel(_vm: Vm, text: Any = "") -> str:
    """``FooBar`` to ``fooBar``."""
    return _lower_first(display(text))


@builtin("snake_to_camel(text?: any) -> string", area="cases", loose=True)
def snake_to_camel(_vm: Vm, text: Any = "") -> str:
    """``foo_bar`` to ``fooBar``."""
    return _lower_first(_pascal(display(text)))


@builtin("snake_to_pascal(text?: any) -> string", area="cases", loose=True)
def snake_to_pascal(_vm: Vm, text: Any = "") -> str:
    """``foo_bar`` to ``FooBar``."""
    return _pascal(display(text))


@builtin("snake_to_kebab(text?: any) -> string", area="cases", loose=True)
def snake_to_kebab(_vm: Vm, text: Any = "") -> str:
    """``foo_bar`` to ``foo-bar``."""
    return "-".join(_words(display(text)))


@builtin("kebab_to_camel(text: string) -> string", area="cases")
def kebab_to_camel(_vm: Vm, text: str) -> str:
    """``foo-bar`` to ``fooBar``."""
    return _lower_first(_pascal(text))


@builtin("kebab_to_snake(text: string) -> string", area="cases")
def kebab_to_snake(_vm: Vm, text: str) -> str:
    """``foo-bar`` to ``foo_bar``."""
    return "_".join(_words(text))


@builtin("camel_to_snake(text: string) -> string", area="cases")
def camel_to_snake(_vm: Vm, text: str) -> str:
    """``fooBar`` to ``foo_bar``."""
    return _humped(text, "_")


@builtin("camel_to_kebab(text: string) -> string", area="cases")
def camel_to_kebab(_vm: Vm, text: str) -> str:
    """``fooBar`` to ``foo-bar``."""
    return _humped(text, "-")


@builtin("pascal_to_snake(text?: any) -> string", area="cases", loose=True)
def pascal_to_snake(_vm: Vm, text: Any = "") -> str:
    """``FooBar`` to ``foo_bar``."""
    return _humped(display(text), "_")
