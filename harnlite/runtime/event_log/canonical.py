"""Canonical JSON: the one text of a JSON value that record hashes are taken over (docs/reference/event-log-file.md).

Takes values in JSON form, gives text: keys sorted, no spaces, non-ASCII characters as they are, floats in the
shortest digits that read back the same. Knows nothing of topics or files.
"""

from __future__ import annotations

import json
import re
from json.encoder import encode_basestring
from typing import Any

__all__ = ["canonical_json", "number_text"]

_fast = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, sort_keys=True, separators=(",", ":")
)
_encode = _fast.encode
#: Python writes an exponent exactly where our form of a float may differ from Python's.
_may_hold_exponent = re.compile(r"\de[-+]\d").search


def canonical_json(value: Any) -> str:
    """Give the canonical text of a value in JSON form.

    :raises TypeError: when something in it is not in JSON form.
    """
    try:
        text = _encode(value)
    except (ValueError, RecursionError):
        # Not finite, which becomes null, or deeper than the C encoder goes.
        return _slow_text(value)
    if _may_hold_exponent(text) is None:
        return text
    return _slow_text(value)


def number_text(number: float) -> str:
    """Give a float's text: decimal for 0.00001 <= |x| < 1e16, else ``1.5e-7``; not finite gives ``null``."""
    text = repr(number)
    if text[-1] in "fn":
        return "null"
    mantissa, has_exponent, exponent = text.partition("e")
    if not has_exponent:
        return text
    power = int(exponent)
    if power == -5:
        sign = "-" if mantissa[0] == "-" else ""
        return f"{sign}0.0000{mantissa.lstrip('-').replace('.', '')}"
    return f"{mantissa}e{power:+d}"


def _slow_text(value: Any) -> str:
    """Write with a stack of our own, so that depth costs no Python frames."""
    parts: list[str] = []
    # Entries are ready text (wrapped, so that strings of the value are not mistaken for it) or values to write.
    pending: list[tuple[bool, Any]] = [(False, value)]
    while pending:
        ready, item = pending.pop()
        if ready:
            parts.append(item)
        elif type(item) is float:
            parts.append(number_text(item))
        elif type(item) is dict:
            entries: list[tuple[bool, Any]] = [(True, "{")]
            for key in sorted(item):
                entries.append((True, ("," if len(entries) > 1 else "") + encode_basestring(key) + ":"))
                entries.append((False, item[key]))
            entries.append((True, "}"))
            pending.extend(reversed(entries))
        elif type(item) is list or type(item) is tuple:
            entries = [(True, "[")]
            for member in item:
                if len(entries) > 1:
                    entries.append((True, ","))
                entries.append((False, member))
            entries.append((True, "]"))
            pending.extend(reversed(entries))
        else:
            parts.append(_encode(item))
    return "".join(parts)
