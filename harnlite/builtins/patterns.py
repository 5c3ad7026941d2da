"""Regular expressions (docs/reference/builtins.md 12.3)."""

from __future__ import annotations

import re
import time

from harnlite.builtins.limits import check_size
from harnlite.builtins.regex_syntax import PatternError, translate
from harnlite.builtins.registry import builtin
from harnlite.values.display import display
from harnlite.values.errors import runtime_error, thrown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Final

    import regex

    from harnlite.vm.machine import Vm

#: Seconds that one call may search; the engine backtracks, so some patterns would take for ever.
_TIME_LIMIT: Final = 2.0
_CACHE_SIZE: Final = 256
_REFERENCE: Final = re.compile(r"\$(?:(\$)|([0-9A-Za-z_]+)|\{([^}]*)\})")


class Pattern:
    """A checked and compiled pattern.

    :param vm: whose task's deadlines end a search.
    :param compiled: what the ``regex`` package made of it.
    :param names: the numbers of its named groups.
    """

    def __init__(self, vm: Vm, compiled: regex.Pattern[str], names: dict[str, int]) -> None:
        self._vm = vm
        self.compiled = compiled
        self.names = names

    def find_all(self, text: str) -> Iterator[regex.Match[str]]:
        """All matches from left to right; no empty one right after another match.

        :raises GuestError: when the search takes too long, or a deadline of the task passes.
        """
        now = time.monotonic()
        task = self._vm.task
        deadline = task.nearest_deadline()
        left = _TIME_LIMIT if deadline is None else min(_TIME_LIMIT, deadline - self._vm.scheduler.now())
        end_of_time = now + left
        start = 0
        last_end = -1
        try:
            for found in self.compiled.finditer(text, timeout=max(end_of_time - now, 0.001)):
                if found.end() == found.start():
                    break
                last_end = start = found.end()
                yield found
            else:
                return
            # From the first empty match on, look for each match anew: after one, the engine would first try for a
            # longer match at the same place.
            while start <= len(text):
                match = self.compiled.search(text, start, timeout=max(end_of_time - time.monotonic(), 0.001))
                if match is None:
                    return
                if match.end() == match.start() == last_end:
                    start += 1
                    continue
                last_end = start = match.end()
                yield match
        except TimeoutError:
            if left < _TIME_LIMIT:
                self._vm.scheduler.expire_nearest_deadline(task)
            raise runtime_error(f"regex: the pattern took longer than {_TIME_LIMIT:g} seconds") from None

    def matches(self, text: str) -> bool:
        """Whether the pattern matches anywhere."""
        return next(self.find_all(text), None) is not None


class Patterns:
    """The patterns of one run, compiled once each."""

    def __init__(self, vm: Vm) -> None:
        self._vm = vm
        self._compiled: dict[tuple[str, str], Pattern] = {}

    def compile(self, pattern: str, flags: str = "") -> Pattern:
        """Give a compiled pattern.

        :raises PatternError: when the pattern is wrong.
        """
        known = self._compiled.get((pattern, flags))
        if known is not None:
            return known
        import regex

        translation = translate(pattern, flags, _property_exists)
        try:
            compiled = regex.compile(translation.pattern, regex.IGNORECASE if translation.ignore_case else 0)
        except (regex.error, OverflowError, RecursionError, MemoryError) as error:
            raise PatternError(f"the pattern is too complex: {error}") from None
        made = Pattern(self._vm, compiled, translation.names)
        if len(self._compiled) >= _CACHE_SIZE:
            del self._compiled[next(iter(self._compiled))]
        self._compiled[pattern, flags] = made
        return made


def _property_exists(name: str) -> bool:
    import regex

    try:
        regex.compile(f"\\p{{{name}}}")
    except regex.error:
        return False
    return True


def compile_pattern(vm: Vm, pattern: Any, flags: Any = "") -> Pattern:
    """Compile a pattern argument.

    :raises GuestError: ``Invalid regex: …`` as a plain string.
    """
    chosen = display(flags)
    for flag in chosen:
        if flag not in "imsx":
            raise thrown(f"Invalid regex: unsupported regex flag '{flag}', expected one of i/m/s/x")
    try:
        found: Pattern = vm.service(Patterns).compile(display(pattern), chosen)
    except PatternError as error:
        raise thrown(f"Invalid regex: {error}") from None
    return found


@builtin("regex_match(pattern?: any, text?: any, flags?: any) -> list | nil", area="patterns", loose=True)
def regex_match(vm: Vm, pattern: Any = None, *arguments: Any) -> list[str] | None:
    """All whole matches of a pattern; nil if there is none."""
    if not arguments:
        return None
    compiled = compile_pattern(vm, pattern, *arguments[1:2])
    return [match[0] for match in compiled.find_all(display(arguments[0]))] or None


def _expand(template: str, pattern: Pattern, match: regex.Match[str]) -> str:
    def referenced(found: re.Match[str]) -> str:
        if found[1]:
            return "$"
        name = found[2] or found[3] or ""
        number = int(name) if name.isascii() and name.isdigit() and len(name) < 9 else pattern.names.get(name, -1)
        return (match[number] or "") if 0 <= number <= pattern.compiled.groups else ""

    return _REFERENCE.sub(referenced, template)


def _replace(vm: Vm, pattern: Any, arguments: tuple[Any, ...]) -> str | None:
    if len(arguments) < 2:
        return None
    compiled = compile_pattern(vm, pattern)
    template, text = display(arguments[0]), display(arguments[1])
    plain = "$" not in template
    out: list[str] = []
    size = last = 0
    for match in compiled.find_all(text):
        replacement = template if plain else _expand(template, compiled, match)
        out += (text[last : match.start()], replacement)
        size += len(replacement)
        check_size("regex_replace", size)
        last = match.end()
    out.append(text[last:])
    return "".join(out)


@builtin("regex_replace(pattern?: any, replacement?: any, text?: any) -> string", area="patterns", loose=True)
def regex_replace(vm: Vm, pattern: Any = None, *arguments: Any) -> str | None:
    """Replace all matches; ``$1``, ``$name``, ``${name}`` stand for groups, ``$$`` for a dollar sign."""
    return _replace(vm, pattern, arguments)


@builtin("regex_replace_all(pattern?: any, replacement?: any, text?: any) -> string", area="patterns", loose=True)
def regex_replace_all(vm: Vm, pattern: Any = None, *arguments: Any) -> str | None:
    """The same as ``regex_replace``."""
    return _replace(vm, pattern, arguments)


@builtin("regex_captures(pattern?: any, text?: any) -> list", area="patterns", loose=True)
def regex_captures(vm: Vm, pattern: Any = None, *arguments: Any) -> list[dict[str, Any]]:
    """One dict for each match: the match, its groups, and its named groups by name."""
    if not arguments:
        return []
    compiled = compile_pattern(vm, pattern)
    out: list[dict[str, Any]] = []
    for match in compiled.find_all(display(arguments[0])):
        entry: dict[str, Any] = {
            name: match[number] for name, number in compiled.names.items() if match[number] is not None
        }
        out.append(entry | {"match": match[0], "groups": list(match.groups())})
    return out


@builtin("regex_split(text?: any, pattern?: any, flags?: any) -> list | nil", area="patterns", loose=True)
def regex_split(vm: Vm, text: Any = None, *arguments: Any) -> list[str] | None:
    """The parts of a text between matches of a pattern."""
    if not arguments:
        return None
    compiled = compile_pattern(vm, *arguments[:2])
    subject = display(text)
    out: list[str] = []
    last = 0
    for match in compiled.find_all(subject):
        out.append(subject[last : match.start()])
        last = match.end()
    out.append(subject[last:])
    return out
