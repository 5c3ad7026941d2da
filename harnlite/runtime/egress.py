"""Which hosts a run may send requests to, by environment variables (docs/reference/runtime.md 10.3, 10.4).

``HARN_EGRESS_DENY`` and ``HARN_EGRESS_ALLOW`` are lists of hosts separated by commas: ``api.example.com``,
``*.example.com`` (the domain itself not included), ``*``; each may end in ``:PORT``. What is denied is blocked; what
is neither denied nor allowed follows ``HARN_EGRESS_DEFAULT``, ``allow`` or ``deny``; without that it is blocked exactly
when there is a list of what is allowed.
"""

from __future__ import annotations

from harnlite.runtime.event_log.service import EventLogService
from harnlite.values.errors import GuestError, thrown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from harnlite.vm.machine import Vm

__all__ = ["check_egress"]

_AUDIT_TOPIC: Final = "connectors.egress.audit"


def _patterns(text: str | None) -> list[str]:
    return [part.strip().lower() for part in (text or "").split(",") if part.strip()]


def _fits(pattern: str, host: str, port: int) -> bool:
    name, colon, digits = pattern.rpartition(":")
    if colon and digits.isdigit():
        if int(digits) != port:
            return False
        pattern = name
    return pattern == "*" or pattern == host or (pattern.startswith("*.") and host.endswith(pattern[1:]))


def _objection(vm: Vm, host: str, port: int) -> str | None:
    """Why a host is blocked, or None."""
    if any(_fits(pattern, host, port) for pattern in _patterns(vm.host.getenv("HARN_EGRESS_DENY"))):
        return "denied by HARN_EGRESS_DENY"
    allowed = _patterns(vm.host.getenv("HARN_EGRESS_ALLOW"))
    if any(_fits(pattern, host, port) for pattern in allowed):
        return None
    default = (vm.host.getenv("HARN_EGRESS_DEFAULT") or "").strip().lower()
    if default == "deny":
        return "denied by HARN_EGRESS_DEFAULT"
    return "not in HARN_EGRESS_ALLOW" if allowed and default != "allow" else None


def check_egress(vm: Vm, surface: str, url: str, host: str, port: int) -> None:
    """Refuse a request to a blocked host, and record that in the event log.

    :param surface: the builtin that would send it.
    :raises GuestError: the dict of runtime.md 10.4, of category ``egress_blocked``, is thrown.
    """
    reason = _objection(vm, host, port)
    if reason is not None:
        raise _blocked(vm, surface, url, host, port, reason)


def _blocked(vm: Vm, surface: str, url: str, host: str, port: int, reason: str) -> GuestError:
    block: dict[str, Any] = {
        "type": "EgressBlocked",
        "category": "egress_blocked",
        "host": host,
        "port": port,
        "reason": reason,
        "surface": surface,
        "url": url,
        "message": f"{surface}: egress to {host}:{port} is blocked: {reason}",
    }
    vm.service(EventLogService).append_if_active(_AUDIT_TOPIC, "egress_blocked", block, {}, "egress block")
    return thrown(block)
