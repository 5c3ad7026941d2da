"""A binding: which events go to which handler, under which policy; and how a registration becomes one.

Takes a script's registration dict, gives :class:`Binding` data with its state and metrics. Runs nothing and writes
nothing (docs/reference/runtime.md 2.2, 2.5, 2.6).
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any, TypeAlias

from attrs import asdict, define, field, frozen

from harnlite.runtime.event_log.canonical import canonical_json
from harnlite.runtime.inbox import binding_key_for
from harnlite.runtime.triggers.flow import Flow
from harnlite.values.errors import runtime_error
from harnlite.values.json_form import to_json_form
from harnlite.values.types import Builtin, Closure

__all__ = [
    "Binding",
    "Handler",
    "HostHandler",
    "LocalHandler",
    "Metrics",
    "RetryPolicy",
    "UriHandler",
    "VariantHandler",
    "parse_registration",
]

#: Waits before the second, third ... attempt, in milliseconds; the last one repeats.
_SVIX_WAITS_MS = (5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 36_000_000)
_DEFAULT_ATTEMPTS = 7
#: Handler variants that std/triggers makes, by the name in their ``kind``.
_VARIANTS = ("spawn_to_pool", "reminder_inject", "interrupt_and_suspend")


@frozen
class RetryPolicy:
    """How often a failing event is tried and how long to wait in between."""

    attempts: int = _DEFAULT_ATTEMPTS
    backoff: str = "svix"

    def wait_ms(self, failed_attempts: int) -> int:
        """Give the wait before the next attempt, in milliseconds."""
        if self.backoff == "immediate":
            return 0
        return _SVIX_WAITS_MS[min(failed_attempts, len(_SVIX_WAITS_MS)) - 1]


@frozen
class LocalHandler:
    """A closure of the script, called with the envelope."""

    kind = "local"
    target_uri = None
    function: Any

    @property
    def definition(self) -> str:
        """What stands for the handler in the binding's fingerprint."""
        return f"local:{callable_name(self.function)}"


@frozen
class UriHandler:
    """A handler elsewhere: ``worker://queue`` or ``a2a://...``."""

    kind: str
    target_uri: str

    @property
    def address(self) -> str:
        """What follows the scheme."""
        return self.target_uri.partition("://")[2]

    @property
    def definition(self) -> str:
        """What stands for the handler in the binding's fingerprint."""
        return self.target_uri


@frozen
class VariantHandler:
    """A handler described by a dict of std/triggers."""

    target_uri = None
    kind: str
    options: dict[str, Any]

    @property
    def definition(self) -> str:
        """What stands for the handler in the binding's fingerprint."""
        return f"{self.kind}:{canonical_json(to_json_form(self.options))}"


@frozen
class HostHandler:
    """A function of the runtime itself, such as the one that resumes a suspended worker."""

    target_uri = None
    kind: str
    function: Callable[[dict[str, Any]], Any]
    definition: str


Handler: TypeAlias = LocalHandler | UriHandler | VariantHandler | HostHandler


@define
class Metrics:
    """Counters of a binding, as scripts see them."""

    autonomous_decisions_hour: int = 0
    autonomous_decisions_today: int = 0
    autonomous_decisions_total: int = 0
    cost_hour_usd_micros: int = 0
    cost_today_usd_micros: int = 0
    cost_total_usd_micros: int = 0
    dispatched: int = 0
    dlq: int = 0
    failed: int = 0
    in_flight: int = 0
    last_received_ms: int | None = None
    received: int = 0


@define(eq=False)
class Binding:
    """A registered trigger.

    :param events: the event kinds it subscribes to, as channel fan-out needs them.
    :param when: a closure that must agree before the handler runs, or None.
    :param flow: how many dispatches may be, of a trigger of the manifest.
    :param state: ``registering``, ``active``, ``paused``, ``draining`` or ``terminated``.
    """

    id: str
    kind: str
    provider: str
    handler: Handler
    fingerprint: str
    events: tuple[str, ...] = ()
    when: Any = None
    retry: RetryPolicy = field(factory=RetryPolicy)
    priority: str = "normal"
    autonomy_tier: str = "act_auto"
    budget: dict[str, Any] = field(factory=dict)
    flow: Flow | None = None
    version: int = 0
    state: str = "registering"
    source: str = "dynamic"
    metrics: Metrics = field(factory=Metrics)

    @property
    def key(self) -> str:
        """The binding key, ``<id>@v<version>``."""
        return binding_key_for(self.id, self.version)

    def to_dict(self) -> dict[str, Any]:
        """Give the binding dict that scripts see."""
        budget = self.budget
        return {
            "autonomy_tier": self.autonomy_tier,
            "daily_cost_usd": budget.get("daily_cost_usd"),
            "handler_kind": self.handler.kind,
            "hourly_cost_usd": budget.get("hourly_cost_usd"),
            "id": self.id,
            "kind": self.kind,
            "max_autonomous_decisions_per_day": budget.get("max_autonomous_decisions_per_day"),
            "max_autonomous_decisions_per_hour": budget.get("max_autonomous_decisions_per_hour"),
            "metrics": asdict(self.metrics),
            "on_budget_exhausted": budget.get("on_budget_exhausted", "fail"),
            "provider": self.provider,
            "source": self.source,
            "state": self.state,
            "version": self.version,
        }


def callable_name(function: Any) -> str:
    """Give the name of a closure or builtin, ``<closure>`` for an anonymous one."""
    if type(function) is Builtin:
        return function.name
    name = function.code.name if type(function) is Closure else ""
    return name or "<closure>"


def parse_registration(
    config: dict[str, Any], default_id: Callable[[], str], where: str = "trigger_register"
) -> Binding:
    """Make a binding of what a script gave to ``trigger_register``; its version is not known yet.

    :param config: guest values.
    :param default_id: makes the id when the script gives none.
    :param where: who describes it, for messages.
    :raises GuestError: when something is missing or of the wrong form.
    """
    kind, provider = _required(config, "kind", where), _required(config, "provider", where)
    handler = _handler(config.get("handler"), where)
    when = config.get("when")
    if when is not None and not isinstance(when, (Closure, Builtin)):
        raise runtime_error(f"{where}: `when` must be a closure")
    budget = config.get("budget")
    identifier = config.get("id")
    match = config.get("match")
    events = config.get("events")
    if events is None and isinstance(match, dict):
        events = match.get("events")
    described = {name: to_json_form(value) for name, value in config.items() if name not in ("id", "handler", "when")}
    described["handler"] = handler.definition
    described["when"] = None if when is None else callable_name(when)
    return Binding(
        id=identifier if isinstance(identifier, str) and identifier else default_id(),
        kind=kind,
        provider=provider,
        handler=handler,
        fingerprint=sha256(canonical_json(described).encode("utf-8", "replace")).hexdigest(),
        events=tuple(name for name in events if isinstance(name, str)) if isinstance(events, list) else (),
        when=when,
        retry=_retry(config.get("retry"), where),
        priority=_choice(config, "priority", ("high", "normal", "low"), "normal", where),
        autonomy_tier=_choice(config, "autonomy_tier", (), "act_auto", where),
        budget=dict(budget) if isinstance(budget, dict) else {},
    )


def _handler(given: Any, where: str) -> Handler:
    if given is None:
        raise runtime_error(f"{where}: missing `handler`")
    if isinstance(given, (Closure, Builtin)):
        return LocalHandler(given)
    if isinstance(given, str):
        scheme, separator, _ = given.partition("://")
        if not separator or scheme not in ("worker", "a2a"):
            raise runtime_error(f"{where}: `handler` string must use `a2a://` or `worker://` URI syntax")
        return UriHandler(scheme, given)
    if isinstance(given, dict):
        variant = given.get("kind")
        if variant not in _VARIANTS:
            raise runtime_error(
                f"{where}: unsupported handler variant '{variant}'; "
                "expected 'spawn_to_pool', 'reminder_inject', or 'interrupt_and_suspend'"
            )
        return VariantHandler(variant, given)
    raise runtime_error(f"{where}: `handler` must be a closure, a URI string or a handler of std/triggers")


def _retry(given: Any, where: str) -> RetryPolicy:
    if given is None:
        return RetryPolicy()
    if not isinstance(given, dict):
        raise runtime_error(f"{where}: `retry` must be a dict")
    attempts = given.get("max", _DEFAULT_ATTEMPTS)
    if type(attempts) is not int or attempts < 1:
        raise runtime_error(f"{where}: `retry.max` must be a positive int")
    backoff = given.get("backoff", "svix")
    if backoff not in ("svix", "immediate"):
        raise runtime_error(f"{where}: unsupported retry backoff '{backoff}'; expected 'svix' or 'immediate'")
    return RetryPolicy(attempts, backoff)


def _required(config: dict[str, Any], name: str, where: str) -> str:
    value = config.get(name)
    if not isinstance(value, str):
        raise runtime_error(f"{where}: missing `{name}`")
    return value


def _choice(config: dict[str, Any], name: str, choices: tuple[str, ...], default: str, where: str) -> str:
    value = config.get(name)
    if value is None:
        return default
    if not isinstance(value, str) or (choices and value not in choices):
        raise runtime_error(f"{where}: unsupported `{name}`")
    return value
