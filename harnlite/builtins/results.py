"""Results and assertions (docs/reference/builtins.md 6)."""

from __future__ import annotations

from harnlite.builtins.registry import builtin
from harnlite.values.display import display
from harnlite.values.equality import equal
from harnlite.values.errors import runtime_error, thrown
from harnlite.values.types import MISSING, EnumValue, err, is_result, ok

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


__all__: list[str] = []


@builtin("Ok(value?: any) -> Result", area="results")
def make_ok(_vm: Any, value: Any = None) -> EnumValue:
    """``Result.Ok(value)``."""
    return ok(value)


@builtin("Err(value?: any) -> Result", area="results")
def make_err(_vm: Any, value: Any = None) -> EnumValue:
    """``Result.Err(value)``."""
    return err(value)


@builtin("is_ok(value: any) -> bool", area="results")
def is_ok(_vm: Any, value: Any) -> bool:
    """Whether it is an Ok; false for what is no Result."""
    return is_result(value) and value.variant == "Ok"


@builtin("is_err(value: any) -> bool", area="results")
def is_err(_vm: Any, value: Any) -> bool:
    """Whether it is an Err; false for what is no Result."""
    return is_result(value) and value.variant == "Err"


def _payload(value: EnumValue) -> Any:
    return value.fields[0] if value.fields else None


@builtin("unwrap(value?: any) -> any", area="results", loose=True)
def unwrap(_vm: Any, value: Any = None) -> Any:
    """The payload of an Ok; what is no Result as it is; an Err is an error."""
    if not is_result(value):
        return value
    if value.variant != "Ok":
        raise runtime_error(f"unwrap called on Err: {display(_payload(value))}")
    return _payload(value)


@builtin("unwrap_or(value?: any, default?: any) -> any", area="results", loose=True)
def unwrap_or(_vm: Any, value: Any = None, default: Any = None) -> Any:
    """The payload of an Ok, the default for an Err; what is no Result as it is."""
    if not is_result(value):
        return value
    return _payload(value) if value.variant == "Ok" else default


@builtin("unwrap_err(value?: any) -> any", area="results", loose=True)
def unwrap_err(_vm: Any, value: Any = None) -> Any:
    """The payload of an Err; an error for anything else."""
    if not is_err(_vm, value):
        raise runtime_error("unwrap_err called on non-Err")
    return _payload(value)


@builtin("assert(condition: any, message?: string) -> nil", area="assertions")
def assert_(_vm: Any, condition: Any, message: Any = MISSING) -> None:
    """Throw the message when a condition is falsy."""
    if not condition:
        raise thrown("Assertion failed" if message is MISSING else display(message))


@builtin("assert_eq(actual: any, expected: any, message?: string) -> nil", area="assertions")
def assert_eq(_vm: Any, actual: Any, expected: Any, message: Any = MISSING) -> None:
    """Throw when two values are not ``==``."""
    if not equal(actual, expected):
        text = f"Assertion failed: expected {display(expected)}, got {display(actual)}"
        raise thrown(text if message is MISSING else display(message))


@builtin("assert_ne(actual: any, expected: any, message?: string) -> nil", area="assertions")
def assert_ne(_vm: Any, actual: Any, expected: Any, message: Any = MISSING) -> None:
    """Throw when two values are ``==``."""
    if equal(actual, expected):
        text = f"Assertion failed: values should not be equal: {display(actual)}"
        raise thrown(text if message is MISSING else display(message))
