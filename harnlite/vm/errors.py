"""What an error is to guest code and at the top level (docs/reference/language.md 7).

Takes :class:`GuestError` objects, gives values and texts. Must not know frames or tasks.
"""

from __future__ import annotations

from harnlite.values.display import display
from harnlite.values.errors import GuestError, arity_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


__all__ = [
    "caught_value",
    "cross_boundary",
    "depth_error",
    "error_text",
    "top_level_text",
    "undefined_function",
    "undefined_variable",
    "wrong_arity",
]

_PREFIXES = {
    "thrown": "Thrown: ",
    "type": "Type error: ",
    "argument": "Type error: ",
    "arity": "Arity mismatch: ",
    "runtime": "Runtime error: ",
}
#: Kinds whose text has no prefix until the error passes a boundary, where they become runtime errors.
_PLAIN_KINDS = frozenset({"zero_division", "undefined_variable", "undefined_function", "immutable", "depth"})
_LINE_KINDS = frozenset({"type", "runtime"})


def error_text(error: GuestError) -> str:
    """The text of an error without a line: what ``parallel settle`` puts into an ``Err``."""
    if error.kind == "thrown":
        return "Thrown: " + display(error.value)
    if error.kind == "category":
        return f"Error [{error.value}]: {error.message}"
    return _PREFIXES.get(error.kind, "") + error.message


def caught_value(error: GuestError) -> Any:
    """What ``catch (e)`` binds and ``Result.Err`` holds: the thrown value, or the text of any other error."""
    return error.value if error.kind == "thrown" else error_text(error)


def cross_boundary(error: GuestError) -> None:
    """Note that an error leaves a nested run: a callback, an ``impl`` method, a task or the program itself.

    The line is that of the innermost frame of the run that is left; an error that met no guest frame since the
    last boundary stays as it is.
    """
    trace = error.trace
    if error.crossed >= len(trace):
        return
    line = trace[error.crossed].line
    error.crossed = len(trace)
    if error.kind in _PLAIN_KINDS:
        error.kind = "runtime"
    elif error.kind not in _LINE_KINDS:
        return
    error.message = f"{error.message} (line {line})"


def top_level_text(error: GuestError) -> str:
    """The text of an uncaught error (language.md 7.2), which has already crossed its last boundary."""
    if error.kind in _PLAIN_KINDS:
        return "Runtime error: " + error.message
    return error_text(error)


def depth_error() -> GuestError:
    """One nested call too many."""
    return GuestError("depth", "Stack overflow: too many nested calls")


def undefined_variable(name: str, suggestion: str | None) -> GuestError:
    """A name that means nothing where it is read; ``suggestion`` is a near name that does, if there is one."""
    return _undefined("undefined_variable", f"Undefined variable: {name}", suggestion)


def undefined_function(name: str, suggestion: str | None) -> GuestError:
    """A called name that stands for no function."""
    return _undefined("undefined_function", f"Undefined builtin: {name}", suggestion)


def _undefined(kind: str, message: str, suggestion: str | None) -> GuestError:
    if suggestion is None:
        return GuestError(kind, message)
    return GuestError("runtime", f"{message} (did you mean `{suggestion}`?)")


def wrong_arity(name: str, least: int, most: int, got: int) -> GuestError:
    """The arity error of a function that takes ``least`` to ``most`` arguments, -1 being any number."""
    expected = f"at least {least}" if most < 0 else str(least) if least == most else f"{least}..={most}"
    return arity_error(name, expected, got)
