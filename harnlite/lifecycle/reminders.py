"""Reminders: short texts for an agent's next turn that hooks and tool hooks leave behind.

Takes what a hook returned or a script gave; gives checked specifications. Who receives them is decided in
``runtime/agent_sessions.py`` (docs/reference/lifecycle.md 2.3).
"""

from __future__ import annotations

from typing import Any

from harnlite.runtime.agent_sessions import ReminderSpec
from harnlite.values.display import type_name
from harnlite.values.errors import GuestError, runtime_error

__all__ = ["ReminderSpec", "extract_reminders", "parse_reminder"]

_SPEC_KEYS = ("body", "tags", "dedupe_key", "ttl_turns", "preserve_on_compact", "propagate", "role_hint")
_EFFECT_KEYS = ("reminder", "effects", "then")
_ACTION_KEYS = ("deny", "args", "result", "output", "modify", "block", "decision", "action")
_PROPAGATION = ("all", "session", "none")
_ROLES = ("system", "developer", "user_block", "ephemeral_cache")


def extract_reminders(event: str, value: Any) -> tuple[Any, list[ReminderSpec]]:
    """Take the reminders out of a hook's return value.

    :return: the action that is left for control parsing, and the reminders.
    :raises GuestError: when a reminder is malformed.
    """
    prefix = f"{event} hook reminder"
    if isinstance(value, list):
        if not value or not all(_is_effect(item) or _is_bare_spec(item) for item in value):
            return value, []
        return None, [_effect_spec(prefix, item) for item in value]
    if not isinstance(value, dict):
        return value, []
    if _is_bare_spec(value) or ("spec" in value and _is_effect(value)):
        return None, [_effect_spec(prefix, value)]
    effects: list[Any] = []
    if "reminder" in value:
        effects.append({"reminder": value["reminder"]})
    given = value.get("effects")
    if given is not None:
        effects.extend(given if isinstance(given, list) else [given])
    reminders = [_effect_spec(prefix, effect) for effect in effects]
    if "then" in value:
        return value["then"], reminders
    if not reminders:
        return value, []
    rest = {key: item for key, item in value.items() if key not in _EFFECT_KEYS}
    return (rest if any(key in rest for key in _ACTION_KEYS) else None), reminders


def parse_reminder(prefix: str, spec: Any) -> ReminderSpec:
    """Check one reminder specification.

    :param prefix: what messages begin with.
    :raises GuestError: naming the option that is wrong.
    """
    if not isinstance(spec, dict):
        raise _wrong(prefix, f"a reminder must be a dict, got {type_name(spec)}")
    unknown = sorted(key for key in spec if key not in _SPEC_KEYS)
    if unknown:
        raise _wrong(prefix, f"HARN-RMD-001: unknown reminder option(s): {', '.join(unknown)}")
    body = spec.get("body")
    if not isinstance(body, str) or not body.strip():
        raise _wrong(prefix, "`body` must be a non-empty string")
    ttl_turns = spec.get("ttl_turns")
    if ttl_turns is not None and (type(ttl_turns) is not int or ttl_turns <= 0):
        raise _wrong(prefix, "`ttl_turns` must be a positive int")
    tags = spec.get("tags")
    if tags is not None and not (isinstance(tags, list) and all(isinstance(tag, str) for tag in tags)):
        raise _wrong(prefix, "`tags` must be a list of strings")
    dedupe_key = spec.get("dedupe_key")
    if dedupe_key is not None and (not isinstance(dedupe_key, str) or not dedupe_key):
        raise _wrong(prefix, "`dedupe_key` must be a non-empty string")
    preserve = spec.get("preserve_on_compact")
    if preserve is not None and not isinstance(preserve, bool):
        raise _wrong(prefix, "`preserve_on_compact` must be a bool")
    propagate = spec.get("propagate")
    if propagate is not None and propagate not in _PROPAGATION:
        raise _wrong(prefix, "HARN-RMD-005: `propagate` must be one of all, session, or none")
    role_hint = spec.get("role_hint")
    if role_hint is not None and role_hint not in _ROLES:
        raise _wrong(prefix, "`role_hint` must be one of system, developer, user_block, or ephemeral_cache")
    return ReminderSpec(
        body=body,
        tags=tuple(tags or ()),
        dedupe_key=dedupe_key,
        ttl_turns=ttl_turns,
        preserve_on_compact=bool(preserve),
        propagate=propagate or "session",
        role_hint=role_hint or "system",
    )


def _effect_spec(prefix: str, effect: Any) -> ReminderSpec:
    if isinstance(effect, dict):
        if "reminder" in effect:
            return parse_reminder(prefix, effect["reminder"])
        if effect.get("type", effect.get("kind")) == "reminder":
            return parse_reminder(prefix, effect.get("spec"))
    return parse_reminder(prefix, effect)


def _is_effect(item: Any) -> bool:
    return isinstance(item, dict) and ("reminder" in item or item.get("type", item.get("kind")) == "reminder")


def _is_bare_spec(item: Any) -> bool:
    if not isinstance(item, dict) or "body" not in item:
        return False
    return not any(key in item for key in (*_ACTION_KEYS, "control", "reminder", "effects"))


def _wrong(prefix: str, why: str) -> GuestError:
    return runtime_error(f"{prefix}: {why}")
