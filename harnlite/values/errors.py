"""What goes wrong in guest code, as Python exceptions (docs/reference/language.md 7); the base of the public ones.

A :class:`GuestError` can be caught by a script's ``catch``; a :class:`HardExit` cannot, and runs no ``finally``
or ``defer`` (the table of exits in docs/architecture.md). Operators and builtins raise guest errors with the
small constructors below; where and in which call chain it happened is added by the VM.
"""

from __future__ import annotations

from harnlite.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


__all__ = [
    "CancelledExit",
    "ExitRequest",
    "GuestError",
    "HardExit",
    "HarnliteError",
    "TraceEntry",
    "argument_error",
    "arity_error",
    "categorised_error",
    "runtime_error",
    "thrown",
    "type_error",
    "zero_division_error",
]


class HarnliteError(Exception):
    """Anything that harnlite raises on purpose for the embedding program (docs/embedding.md)."""


class TraceEntry(NamedTuple):
    """One guest frame of a failed call chain: the function's name and where it was."""

    function: str
    file: str
    line: int
    start: int
    end: int


class GuestError(Exception):
    """An error that guest code can catch.

    ``kind`` is one of ``thrown`` (``value`` is what was thrown), ``type``, ``runtime``, ``zero_division``,
    ``undefined_variable``, ``undefined_function``, ``immutable``, ``depth``, ``arity``, ``argument`` and
    ``category`` (``value`` is then the category's name).

    :param kind: see above.
    :param message: the text without prefix and without ``(line N)``.
    :param value: the thrown value or the category.
    """

    __slots__ = ("crossed", "kind", "message", "trace", "value")

    kind: str
    message: str
    value: Any
    #: Guest frames, innermost first; filled while the error travels outwards.
    trace: list[TraceEntry]
    #: How many entries of ``trace`` belong to nested runs that the error has left (language.md 7.1).
    crossed: int

    def __init__(self, kind: str, message: str, value: Any = None) -> None:
        Exception.__init__(self, message)
        self.kind = kind
        self.message = message
        self.value = value
        self.trace = []
        self.crossed = 0


class HardExit(BaseException):
    """Ends guest code without running its handlers and clean-ups."""


class ExitRequest(HardExit):
    """``exit(code)``: ends the run, never the embedding process."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class CancelledExit(HardExit):
    """The task was cancelled, by ``cancel(handle)`` or by the host."""


def thrown(value: Any) -> GuestError:
    """``throw value``; builtins use it with a plain string."""
    return GuestError("thrown", value if type(value) is str else "", value)


def type_error(message: str) -> GuestError:
    """``Type error: message``."""
    return GuestError("type", message)


def runtime_error(message: str) -> GuestError:
    """``Runtime error: message``."""
    return GuestError("runtime", message)


def zero_division_error() -> GuestError:
    """``Division by zero``."""
    return GuestError("zero_division", "Division by zero")


def argument_error(function: str, parameter: str, expected: str, got: str) -> GuestError:
    """A builtin's or typed parameter's argument of the wrong type (language.md 7.2, builtins.md 3.1)."""
    return GuestError("argument", f"'{function}' parameter `{parameter}` expects {expected}, got {got}")


def arity_error(function: str, expected: str, got: int) -> GuestError:
    """A wrong argument count; ``expected`` is ``2``, ``1..=2`` or ``at least 1``."""
    noun = "argument" if expected in ("1", "at least 1") else "arguments"
    return GuestError("arity", f"'{function}' expects {expected} {noun}, got {got}")


def categorised_error(category: str, message: str) -> GuestError:
    """``Error [category]: message`` (language.md 7.7)."""
    return GuestError("category", message, category)
