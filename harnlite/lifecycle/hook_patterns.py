"""Which payloads a hook wants to see: its pattern (docs/reference/lifecycle.md 8)."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Any

from harnlite.values.equality import truthy
from harnlite.values.json_text import stringify

__all__ = ["pattern_matches"]

#: Seconds after which a pattern that backtracks without end counts as not matching.
_REGEX_LIMIT = 1.0

_COMPARISON = re.compile("=~|==|!=")


def pattern_matches(pattern: str, payload: Any) -> bool:
    """Tell whether a hook with this pattern is called for this payload.

    :param payload: the event's payload in JSON form.
    """
    if pattern in ("", "*"):
        return True
    target = payload.get("target") if isinstance(payload, dict) else None
    if isinstance(target, str) and fnmatchcase(target, pattern):
        return True
    comparison = _COMPARISON.search(pattern)
    if comparison is not None:
        found = _lookup(payload, pattern[: comparison.start()])
        text = found if isinstance(found, str) else stringify(found)
        operand = _unquoted(pattern[comparison.end() :])
        if comparison[0] == "=~":
            return _search(operand, text)
        return (text == operand) is (comparison[0] == "==")
    if "." in pattern:
        return truthy(_lookup(payload, pattern))
    name = _lookup(payload, "tool.name")
    return bool(name) and isinstance(name, str) and fnmatchcase(name, pattern)


def _lookup(payload: Any, path: str) -> Any:
    value = payload
    for name in path.strip().split("."):
        if not isinstance(value, dict) or name not in value:
            return ""
        value = value[name]
    return value


def _unquoted(text: str) -> str:
    stripped = text.strip()
    if len(stripped) >= 2 and stripped[0] == stripped[-1] and stripped[0] in "'\"":
        return stripped[1:-1]
    return stripped


def _search(expression: str, text: str) -> bool:
    # Loaded for the few hooks with such a pattern only: it is the largest module a run could need.
    import regex

    try:
        return regex.search(expression, text, timeout=_REGEX_LIMIT) is not None
    except (regex.error, TimeoutError):
        return False
