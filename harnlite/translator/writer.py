"""Python text under construction, with the guest instruction that each of its lines comes from.

A *mark* inside a piece of text says that the call that follows may raise an error at that instruction; the writer
breaks lines so that no Python line has two of them, since a traceback only knows lines. Must not know trees.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["HIDDEN", "Atom", "Writer", "bracketed", "in_parentheses", "marked", "unmarked"]

#: The origin of lines whose frame does not count in a guest traceback.
HIDDEN: Final = -1

_MARK = re.compile("\0(-?[0-9]+)\1")


class Atom(str):
    """A text that needs no parentheses inside a larger one."""

    __slots__ = ()


def in_parentheses(text: str) -> str:
    """Give a text that can be an operand of anything."""
    return text if type(text) is Atom else Atom(f"({text})")


def marked(at: int, text: str) -> str:
    """Say that a call, which ``text`` begins with, may raise an error at an instruction."""
    return f"\0{at}\1{text}"


def bracketed(text: str) -> str:
    """Give a text whose marks, if it has any, are inside brackets."""
    return f"({text})" if "\0" in text else text


def unmarked(text: str) -> str:
    """Give a text as Python reads it."""
    return _MARK.sub("", text)


class Writer:
    """Lines of Python with their origins, an instruction's index or :data:`HIDDEN`."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.origins: list[int] = []
        self.level = 0
        self.deepest = 0

    def position(self) -> int:
        """Where the next line will be."""
        return len(self.lines)

    def cut(self, position: int) -> None:
        """Take back everything from a position on."""
        del self.lines[position:]
        del self.origins[position:]

    def line(self, text: str, at: int = HIDDEN) -> None:
        """Write a line without marks."""
        self.lines.append("    " * self.level + text)
        self.origins.append(at)

    def expression(
        self, head: str, text: str, tail: str, at: int, *, raises: bool = False, grouped: bool = False
    ) -> None:
        """Write ``head text tail``, where ``text`` is an expression that may have marks.

        :param raises: the statement itself raises as well, at ``at``.
        :param grouped: ``text`` is a statement whose marks all are inside brackets.
        """
        parts = _MARK.split(text)
        origins = set(parts[1::2])
        if len(origins) <= 1 and not (raises and origins and origins != {str(at)}):
            self.line(head + "".join(parts[::2]) + tail, int(parts[1]) if origins else at)
            return
        current = at
        opening, closing = ("", "") if grouped else ("(", ")")
        pending = f"{head}{opening}{parts[0]}"
        for origin, part in zip(parts[1::2], parts[2::2], strict=True):
            if int(origin) != current:
                self.line(pending, current)
                pending = ""
                current = int(origin)
            pending += part
        self.line(f"{pending}{closing}{tail}", current)

    def insert(self, position: int, text: str) -> None:
        """Write a line, one level further in, at an earlier position."""
        self.lines.insert(position, "    " * (self.level + 1) + text)
        self.origins.insert(position, HIDDEN)

    def indent(self) -> None:
        """Write what follows one level further in."""
        self.level += 1
        self.deepest = max(self.deepest, self.level)

    def dedent(self) -> None:
        """End an indented part."""
        self.level -= 1
