"""The event envelope: what a fired event becomes before a handler sees it and the log stores it.

Takes a dict in JSON form and where ids and times come from; gives the envelope of docs/reference/runtime.md 2.1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harnlite.values.errors import runtime_error

__all__ = ["make_envelope"]

#: Payload shapes of known providers: the fields that stay nil unless the event brings them.
_PROVIDER_FIELDS: dict[str, tuple[str, ...]] = {
    "github": ("action", "delivery_id", "event", "installation_id"),
    "slack": ("api_app_id", "channel_id", "event", "event_id", "team_id", "user_id"),
    "linear": ("action", "delivery_id", "event", "webhook_id"),
    "notion": ("entity", "event", "subscription_id", "workspace_id"),
    "cron": ("cron_id", "schedule", "tick_at"),
}


def make_envelope(given: Any, now: str, new_id: Callable[[], str], *, caller: str = "trigger_fire") -> dict[str, Any]:
    """Complete an event that a script fires.

    :param given: the script's dict, in JSON form; keys an envelope does not have stay in ``provider_payload.raw``.
    :param now: the time of receipt, RFC 3339.
    :param new_id: makes time-ordered ids.
    :param caller: the builtin that errors name.
    :raises GuestError: without ``provider`` or ``kind``.
    """
    if not isinstance(given, dict):
        raise runtime_error(f"{caller}: trigger event must be a dict")
    provider, kind = _required(given, "provider", caller), _required(given, "kind", caller)
    payload = given.get("provider_payload")
    headers = given.get("headers")
    status = given.get("signature_status")
    envelope = {
        "dedupe_key": _text(given.get("dedupe_key")) or f"synthetic:{provider}:{kind}:{new_id()}",
        "headers": {name: value for name, value in headers.items() if isinstance(value, str)}
        if isinstance(headers, dict)
        else {},
        "id": _text(given.get("id")) or f"trigger_evt_{new_id()}",
        "kind": kind,
        "occurred_at": _text(given.get("occurred_at")),
        "provider": provider,
        "provider_payload": payload if isinstance(payload, dict) else _provider_payload(provider, given),
        "received_at": _text(given.get("received_at")) or now,
        "signature_status": status if isinstance(status, dict) else {"state": "unsigned"},
        "tenant_id": _text(given.get("tenant_id")),
        "trace_id": _text(given.get("trace_id")) or f"trace_{new_id()}",
    }
    for name in ("batch", "raw_body"):
        if given.get(name) is not None:
            envelope[name] = given[name]
    return envelope


def _provider_payload(provider: str, given: dict[str, Any]) -> dict[str, Any]:
    if provider == "webhook":
        return {"content_type": "application/json", "provider": provider, "raw": given, "source": "trigger_fire"}
    fields = _PROVIDER_FIELDS.get(provider)
    if fields is None:
        return {"provider": provider, "raw": given, "schema_name": f"{provider}.event"}
    return {"provider": provider, "raw": given, **{name: given.get(name) for name in fields}}


def _required(given: dict[str, Any], name: str, caller: str) -> str:
    value = given.get(name)
    if not isinstance(value, str):
        raise runtime_error(f"{caller}: trigger event is missing string field `{name}`")
    return value


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
