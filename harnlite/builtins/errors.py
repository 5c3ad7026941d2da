"""Errors by category (docs/reference/builtins.md 6, language.md 7.7)."""

from __future__ import annotations

import re

from harnlite.builtins.registry import builtin
from harnlite.values.display import display
from harnlite.values.errors import thrown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from harnlite.vm.machine import Vm

CATEGORIES: Final = frozenset(
    {
        "auth",
        "budget_exceeded",
        "cancelled",
        "circuit_open",
        "egress_blocked",
        "generic",
        "not_found",
        "overloaded",
        "rate_limit",
        "schema_stream_aborted",
        "schema_validation",
        "server_error",
        "timeout",
        "tool_error",
        "tool_rejected",
        "transient_network",
    }
)

_STATUS_NUMBER: Final = re.compile(r"(?<![0-9A-Za-z_])[45][0-9][0-9](?![0-9A-Za-z_])")
_BY_STATUS: Final = {
    **dict.fromkeys(("401", "403"), "auth"),
    **dict.fromkeys(("404", "410"), "not_found"),
    **dict.fromkeys(("408", "504", "522", "524"), "timeout"),
    "429": "rate_limit",
    **dict.fromkeys(("503", "529"), "overloaded"),
    **dict.fromkeys(("500", "502"), "server_error"),
}
_BY_TEXT: Final = (
    ("Deadline exceeded", "timeout"),
    ("context deadline exceeded", "timeout"),
    ("overloaded_error", "overloaded"),
    ("api_error", "server_error"),
    ("insufficient_quota", "rate_limit"),
    ("billing_hard_limit_reached", "rate_limit"),
    ("invalid_api_key", "auth"),
    ("authentication_error", "auth"),
    ("not_found_error", "not_found"),
    ("model_not_found", "not_found"),
    ("circuit_open", "circuit_open"),
)
_NETWORK: Final = re.compile(
    r"connection (reset|refused|closed)|broken pipe|dns error|stream error|unexpected eof", re.IGNORECASE
)


def classify(text: str) -> str:
    """The category of an error text, by status numbers and well-known words; ``generic`` if none fits."""
    for number in _STATUS_NUMBER.findall(text):
        if number in _BY_STATUS:
            return _BY_STATUS[number]
    lowered = text.lower()
    if "cancelled" in lowered or "canceled" in lowered:
        return "cancelled"
    for part, category in _BY_TEXT:
        if part in text:
            return category
    return "transient_network" if _NETWORK.search(text) else "generic"


def category_of(error: Any) -> str:
    """The category of any caught error value."""
    if type(error) is dict:
        category = error.get("category")
        return category if type(category) is str else "generic"
    return classify(error) if type(error) is str else "generic"


@builtin("throw_error(message?: any, category?: any) -> never", area="errors", loose=True)
def throw_error(_vm: Vm, message: Any = "", category: Any = None) -> None:
    """Throw a dict ``{category, message}``; an unknown category becomes ``generic``."""
    named = category if type(category) is str and category in CATEGORIES else "generic"
    raise thrown({"category": named, "message": display(message)})


@builtin("error_category(error: any) -> string", area="errors")
def error_category(_vm: Vm, error: Any) -> str:
    """The category of a caught error: its own, or found from its text."""
    return category_of(error)


@builtin("is_timeout(error: any) -> bool", area="errors")
def is_timeout(_vm: Vm, error: Any) -> bool:
    """Whether a caught error is of category timeout."""
    return category_of(error) == "timeout"


@builtin("is_rate_limited(error: any) -> bool", area="errors")
def is_rate_limited(_vm: Vm, error: Any) -> bool:
    """Whether a caught error is of category rate_limit."""
    return category_of(error) == "rate_limit"
