"""Under which conditions a suspended agent goes on by itself (docs/reference/lifecycle.md 9, HARN-SUS-002)."""

from __future__ import annotations

from typing import Any

from harnlite.values.display import display, type_name
from harnlite.values.errors import GuestError, runtime_error
from harnlite.values.json_form import to_json_form

__all__ = ["parse_resume_conditions"]

_ON_TIMEOUT = ("resume_with_summary", "resume_with_input", "fail")


def parse_resume_conditions(given: Any) -> dict[str, Any] | None:
    """Normalise ``{trigger?, timeout?: {duration_minutes, on_timeout?}, on_event?}``.

    :return: the conditions in JSON form; None when there are none.
    :raises GuestError: naming the field that is wrong.
    """
    if given is None:
        return None
    if not isinstance(given, dict):
        raise _invalid("root", f"expected a dict, got {type_name(given)}")
    conditions: dict[str, Any] = {}
    on_event = given.get("on_event")
    if on_event is not None:
        if not isinstance(on_event, str) or not on_event.strip():
            raise _invalid("on_event", "expected a non-empty string")
        conditions["on_event"] = on_event.strip()
    timeout = given.get("timeout")
    if timeout is not None:
        conditions["timeout"] = _timeout(timeout)
    trigger = given.get("trigger")
    if trigger is not None:
        if not isinstance(trigger, dict):
            raise _invalid("trigger", f"expected a dict, got {type_name(trigger)}")
        conditions["trigger"] = to_json_form(trigger)
    return conditions or None


def _timeout(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise _invalid("timeout", f"expected a dict, got {type_name(given)}")
    unknown = next((key for key in sorted(given) if key not in ("duration_minutes", "on_timeout")), None)
    if unknown is not None:
        raise _invalid(f"timeout.{unknown}", "unknown field")
    minutes = given.get("duration_minutes")
    if type(minutes) is not int or minutes <= 0:
        raise _invalid("timeout.duration_minutes", "expected a positive int")
    action = given.get("on_timeout", "resume_with_summary")
    if action not in _ON_TIMEOUT:
        raise _invalid("timeout.on_timeout", f"expected one of {', '.join(_ON_TIMEOUT)}, got {display(action)}")
    return {"duration_minutes": minutes, "on_timeout": action}


def _invalid(field: str, why: str) -> GuestError:
    return runtime_error(f"HARN-SUS-002: invalid ResumeConditions.{field}: {why}")
