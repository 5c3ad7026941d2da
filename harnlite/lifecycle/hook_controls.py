"""What a hook's return value asks for: a control, and reminders beside it (docs/reference/lifecycle.md 2.2, 2.3)."""

from __future__ import annotations

from typing import Any

from harnlite.lifecycle.reminders import ReminderSpec, extract_reminders
from harnlite.runtime.hook_port import ALLOW, Block, Control, Decision, Modify
from harnlite.values.display import display, type_name
from harnlite.values.equality import truthy
from harnlite.values.errors import GuestError, runtime_error
from harnlite.values.json_form import to_json_form

__all__ = ["parse_hook_return"]

_DECISIONS = ("allow", "deny", "ask")


def parse_hook_return(event: str, value: Any) -> tuple[Control, list[ReminderSpec]]:
    """Split a hook's return value into what to do and what to remind of.

    :param event: the event's CamelCase name, for messages.
    :raises GuestError: when the value is not a control, or a reminder in it is malformed.
    """
    action, reminders = extract_reminders(event, value)
    return _parse_control(event, action), reminders


def _parse_control(event: str, value: Any) -> Control:
    if value is None or value is True:
        return ALLOW
    if value is False:
        return Block(f"{event} hook returned false")
    if not isinstance(value, dict):
        raise runtime_error(f"{event} hook must return nil, bool, or a control dict; got {type_name(value)}")
    if "decision" in value:
        return _parse_decision(event, value)
    if truthy(value.get("block")):
        return Block(display(value["reason"]) if "reason" in value else f"{event} hook blocked the operation")
    if "modify" in value:
        return Modify(to_json_form(value["modify"]))
    return ALLOW


def _parse_decision(event: str, value: dict[str, Any]) -> Decision:
    raw = display(value["decision"])
    decision = raw.strip().lower()
    if decision not in _DECISIONS:
        raise _bad_decision(event, raw)
    return Decision(decision, display(value["reason"]) if "reason" in value else None)


def _bad_decision(event: str, raw: str) -> GuestError:
    return runtime_error(f'{event} hook `decision` must be "allow", "deny", or "ask"; got "{raw}"')
