"""Check a regular expression of the linear-time kind and rewrite it for the ``regex`` package.

Takes a pattern of docs/reference/builtins.md 12.3, gives one with the same matches for ``regex`` (version 0 rules,
no flags but "ignore case"), or an error that points at the offending part. Imports nothing but the standard
library.
"""

from __future__ import annotations

from harnlite.builtins.regex_classes import DEEPEST, ClassReader, MistakeError, behind_space, quote_literal
from harnlite.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Final


__all__ = ["PatternError", "Translation", "translate"]

_WORD_STARTS: Final = {
    "start": r"(?<!\w)(?=\w)",
    "end": r"(?<=\w)(?!\w)",
    "start-half": r"(?<!\w)",
    "end-half": r"(?!\w)",
}
_LOOK_AROUND: Final = ("?=", "?!", "?<=", "?<!")
#: What a counted repetition may multiply to before the engine would refuse the compiled program.
_LARGEST: Final = 200_000


class PatternError(ValueError):
    """A pattern that cannot be used; the text is what follows ``Invalid regex: ``."""


class Translation(NamedTuple):
    """A pattern for ``regex``, whether it ignores case as a whole, and the numbers of its named groups."""

    pattern: str
    ignore_case: bool
    names: dict[str, int]


class _Flags(NamedTuple):
    """The state of ``(?imsxU)`` at one place."""

    i: bool = False
    m: bool = False
    s: bool = False
    x: bool = False
    U: bool = False
    u: bool = True
    R: bool = False


class _Item(NamedTuple):
    """One translated element: its text, whether it may be repeated, and how large it is when compiled."""

    text: str
    repeatable: bool
    size: int


def translate(pattern: str, flags: str, property_exists: Callable[[str], bool]) -> Translation:
    """Check a pattern and rewrite it.

    :param flags: any of ``i m s x``, on from the start.
    :param property_exists: tells whether ``\\p{name}`` is known to the engine.
    :raises PatternError: with the full text of the error.
    """
    translator = _Translator(pattern, _Flags()._replace(**dict.fromkeys(flags, True)), property_exists)
    try:
        return translator.run()
    except MistakeError as failure:
        raise PatternError(_drawn(pattern, failure)) from None


def _drawn(pattern: str, failure: MistakeError) -> str:
    """The text of an error: the pattern with carets below the offending part."""
    spans = sorted([(failure.start, failure.end), *([failure.earlier] if failure.earlier else [])])
    if "\n" not in pattern:
        return f"regex parse error:\n    {pattern}\n    {_carets(spans, 0)}\nerror: {failure.kind}"
    rule = "~" * 79
    lines = pattern.split("\n")
    width = len(str(len(lines)))
    shown: list[str] = []
    offset = 0
    for number, line in enumerate(lines, 1):
        shown.append(f"{number:>{width}}: {line}")
        here = [(a, min(b, offset + len(line))) for a, b in spans if offset <= a <= offset + len(line)]
        if here:
            shown.append(" " * (width + 2) + _carets(here, offset))
        offset += len(line) + 1
    return "\n".join(["regex parse error:", rule, *shown, rule, f"error: {failure.kind}"])


def _carets(spans: Iterable[tuple[int, int]], offset: int) -> str:
    out = ""
    for start, end in spans:
        out = out.ljust(start - offset) + "^" * max(end - start, 1)
    return out


class _Translator:
    """One pass over the pattern; ``position`` is the index of the next character."""

    def __init__(self, pattern: str, flags: _Flags, property_exists: Callable[[str], bool]) -> None:
        self.pattern = pattern
        self.property_exists = property_exists
        self.position = 0
        self.flags = flags
        self.base_ignores_case = flags.i
        self.names: dict[str, int] = {}
        self.name_spans: dict[str, tuple[int, int]] = {}
        self.group_count = 0
        self.groups_open = 0

    # -- reading

    def char(self) -> str:
        return self.pattern[self.position : self.position + 1]

    def skip_space(self) -> None:
        """In verbose mode, pass white space and comments."""
        if self.flags.x:
            self.position = behind_space(self.pattern, self.position)

    def take(self, text: str) -> bool:
        if self.pattern.startswith(text, self.position):
            self.position += len(text)
            return True
        return False

    # -- structure

    def run(self) -> Translation:
        if self.pattern.startswith("(?"):
            # A pattern that starts by ignoring case does so as a whole; single elements then need no wrapping.
            end = self.pattern.find(")")
            self.base_ignores_case |= "i" in self.pattern[2:end].split("-")[0] and self.pattern[2:end].isalpha()
        text, _ = self.alternation()
        if self.char():
            raise MistakeError(self.position, self.position + 1, "unopened group")
        return Translation(text, self.base_ignores_case, self.names)

    def alternation(self) -> tuple[str, int]:
        """Everything up to the end or a closing parenthesis, with its compiled size."""
        branches: list[str] = []
        items: list[_Item] = []
        size = 0
        while True:
            self.skip_space()
            character = self.char()
            if not character or character == ")":
                break
            start = self.position
            if character == "|":
                self.position += 1
                branches.append("".join(item.text for item in items))
                items = []
            elif character in "*+?":
                self.position += 1
                items.append(self.repeated(items, start, character, 1))
            elif character == "{":
                items.append(self.counted(items, start))
            elif character == "(":
                items.append(self.group(start))
            else:
                items.append(self.atom(character))
            if items:
                size += items[-1].size
                self.check_size(size)
        branches.append("".join(item.text for item in items))
        return "|".join(branches), size + 1

    def check_size(self, size: int) -> None:
        if size > _LARGEST:
            raise PatternError("Compiled regex exceeds size limit of 10485760 bytes.")

    def repeated(self, items: list[_Item], start: int, operator: str, factor: int) -> _Item:
        if not items or not items[-1].repeatable:
            raise MistakeError(start, start, "repetition operator missing expression")
        item = items.pop()
        lazy = self.take("?")
        if lazy != self.flags.U:
            operator += "?"
        size = item.size * factor
        self.check_size(size)
        return _Item(f"(?:{item.text}){operator}", True, size)

    def counted(self, items: list[_Item], start: int) -> _Item:
        if not items or not items[-1].repeatable:
            raise MistakeError(start, start, "repetition operator missing expression")
        self.position += 1
        unclosed = "unclosed counted repetition"
        if not self.char():
            raise MistakeError(start, self.position, unclosed)
        low = self.decimal()
        high: int | MistakeError | None = low
        if not self.char():
            raise MistakeError(start, self.position, unclosed)
        if self.take(","):
            self.skip_space()
            if not self.char():
                raise MistakeError(start, self.position, unclosed)
            high = None if self.char() == "}" else self.decimal()
            if isinstance(high, MistakeError) and not isinstance(low, MistakeError):
                raise high
        if isinstance(low, MistakeError):
            raise low
        if not self.take("}"):
            raise MistakeError(start, self.position, unclosed)
        assert not isinstance(high, MistakeError)
        if high is not None and high < low:
            end = self.position + (self.char() == "?")
            raise MistakeError(start, end, "invalid repetition count range, the start must be <= the end")
        bounds = f"{{{low}}}" if high == low else f"{{{low},{'' if high is None else high}}}"
        return self.repeated(items, start, bounds, max(low, high or 0, 1))

    def decimal(self) -> int | MistakeError:
        while self.char().isspace():
            self.position += 1
        start = self.position
        while self.char() and self.char() in "0123456789":
            self.position += 1
        digits = self.pattern[start : self.position]
        end = self.position
        while self.char().isspace():
            self.position += 1
        if not digits:
            return MistakeError(start, self.position, "repetition quantifier expects a valid decimal")
        if len(digits.lstrip("0")) > 10 or int(digits) >= 1 << 32:
            return MistakeError(start, end, "decimal literal invalid")
        return int(digits)

    def group(self, start: int) -> _Item:
        self.position += 1
        self.skip_space()
        if any(self.take(prefix) for prefix in _LOOK_AROUND):
            kind = "look-around, including look-ahead and look-behind, is not supported"
            raise MistakeError(start, self.position, kind)
        outer = self.flags
        opening = "("
        if self.take("?P<") or self.take("?<"):
            self.group_count += 1
            self.name()
        elif self.take("?"):
            if not self.char():
                raise MistakeError(start, start + 1, "unclosed group")
            empty = self.group_flags() == 0
            ending = self.char()
            self.position += 1
            if ending == ")":
                if empty:
                    raise MistakeError(start + 1, start + 1, "repetition operator missing expression")
                return _Item("", False, 0)
            opening = "(?:"
        else:
            self.group_count += 1
        self.groups_open += 1
        if self.groups_open > DEEPEST:
            kind = f"exceed the maximum number of nested parentheses/brackets ({DEEPEST})"
            raise MistakeError(start, start + 1, kind)
        text, size = self.alternation()
        if not self.take(")"):
            raise MistakeError(start, start + 1, "unclosed group")
        self.groups_open -= 1
        self.flags = outer
        return _Item(f"{opening}{text})", True, size)

    def name(self) -> None:
        """Read a group's name and its ``>``; the engine, which allows fewer names, never sees it."""
        start = self.position
        while (character := self.char()) and character != ">":
            letter = character == "_" or character.isalpha()
            if not (letter or (self.position > start and (character in ".[]" or character.isalnum()))):
                raise MistakeError(self.position, self.position + 1, "invalid capture group character")
            self.position += 1
        if not self.char():
            raise MistakeError(start, self.position, "unclosed capture group name")
        name = self.pattern[start : self.position]
        if not name:
            raise MistakeError(start, start, "empty capture group name")
        span = (start, self.position)
        if name in self.names:
            raise MistakeError(*span, "duplicate capture group name", self.name_spans[name])
        self.position += 1
        self.names[name] = self.group_count
        self.name_spans[name] = span

    def group_flags(self) -> int:
        """Read ``i-s`` up to ``:`` or ``)``, change the flags, give how many letters there were."""
        start = self.position
        seen: dict[str, int] = {}
        negation = -1
        while True:
            character = self.char()
            here = self.position
            if not character:
                raise MistakeError(here, here, "expected flag but got end of regex")
            if character in ":)":
                break
            if character == "-":
                if negation >= 0:
                    raise MistakeError(here, here + 1, "flag negation operator repeated", (negation, negation + 1))
                negation = here
            elif character not in "imsxUuR":
                raise MistakeError(here, here + 1, "unrecognized flag")
            elif character in seen:
                earlier = seen[character]
                raise MistakeError(here, here + 1, "duplicate flag", (earlier, earlier + 1))
            else:
                seen[character] = here
                self.flags = self.flags._replace(**{character: negation < 0})
            self.position += 1
        if negation >= 0 and negation == self.position - 1:
            raise MistakeError(negation, negation + 1, "dangling flag negation operator")
        return self.position - start

    # -- elements

    def atom(self, character: str) -> _Item:
        if character == "[":
            reader = self.class_reader(verbose=self.flags.x)
            text = reader.set()
            self.position = reader.position
            return self.wrapped(text)
        if character == "\\":
            return self.escape()
        self.position += 1
        if character == ".":
            if self.flags.s:
                return _Item("(?s:.)", True, 1)
            return _Item("[^\\r\\n]" if self.flags.R else "[^\\n]", True, 1)
        if character == "^":
            return _Item("(?m:^)" if self.flags.m else "\\A", True, 1)
        if character == "$":
            return _Item("(?m:$)" if self.flags.m else "\\Z", True, 1)
        return self.wrapped(quote_literal(character))

    def wrapped(self, text: str) -> _Item:
        if self.flags.i == self.base_ignores_case:
            return _Item(text, True, 1)
        return _Item(f"(?{'' if self.flags.i else '-'}i:{text})", True, 1)

    def escape(self) -> _Item:
        start = self.position
        self.position += 1
        character = self.char()
        if not character:
            kind = "incomplete escape sequence, reached end of pattern prematurely"
            raise MistakeError(start, self.position, kind)
        self.position += 1
        if character in "0123456789":
            raise MistakeError(start, self.position, "backreferences are not supported")
        if character == "b" and self.char() == "{":
            return self.word_boundary()
        if character in "Az":
            return _Item("\\A" if character == "A" else "\\Z", True, 1)
        if character in "bB":
            return _Item(f"\\{character}" if self.flags.u else f"(?a:\\{character})", True, 1)
        if character in "<>":
            return _Item(_WORD_STARTS["start" if character == "<" else "end"], True, 1)
        self.position = start
        reader = self.class_reader(verbose=False)
        text = reader.escape()
        self.position = reader.position
        if len(text) == 1:
            return self.wrapped(quote_literal(text))
        return self.wrapped(text if text.startswith("\\") else f"[{text}]")

    def class_reader(self, *, verbose: bool) -> ClassReader:
        return ClassReader(
            self.pattern,
            self.position,
            verbose=verbose,
            unicode=self.flags.u,
            property_exists=self.property_exists,
        )

    def word_boundary(self) -> _Item:
        end = self.pattern.find("}", self.position)
        name = self.pattern[self.position + 1 : end]
        if end < 0 or not name.replace("-", "").isalpha():
            # A counted repetition of a boundary, which the caller reads next.
            return _Item("\\b", True, 1)
        if name not in _WORD_STARTS:
            kind = "unrecognized special word boundary assertion, valid choices are: start, end, start-half or end-half"
            raise MistakeError(self.position + 1, end, kind)
        self.position = end + 1
        return _Item(_WORD_STARTS[name], True, 1)
