"""Rate limits of providers: at most so many calls in any minute of real time (docs/reference/runtime.md 6.1)."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from attrs import define, field

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["RateLimits"]

_WINDOW_SECONDS = 60.0


@define
class RateLimits:
    """The limits of a VM's providers and when they were last called."""

    _vm: Vm
    _per_minute: dict[str, int] = field(factory=dict, init=False)
    _calls: dict[str, deque[float]] = field(factory=dict, init=False)

    def limit(self, provider: str) -> int | None:
        """Give the calls a minute a provider may get, by script or ``HARN_RATE_LIMIT_<PROVIDER>``; None: any."""
        known = self._per_minute.get(provider)
        if known is not None:
            return known
        text = self._vm.host.getenv(f"HARN_RATE_LIMIT_{provider.upper().replace('-', '_')}")
        return int(text) if text is not None and text.isdecimal() and int(text) > 0 else None

    def set_limit(self, provider: str, per_minute: int) -> None:
        """Set a provider's limit; calls made before count."""
        self._per_minute[provider] = per_minute

    def acquire(self, provider: str) -> None:
        """Wait until a call of the provider is allowed, and count it."""
        calls = self._calls.setdefault(provider, deque())
        told = False
        while True:
            limit = self.limit(provider)
            now = self._vm.host.monotonic()
            while calls and calls[0] <= now - _WINDOW_SECONDS:
                calls.popleft()
            if limit is None or len(calls) < limit:
                calls.append(now)
                return
            wait_ms = max(1, int((calls[-limit] + _WINDOW_SECONDS - now) * 1000) + 1)
            if not told:
                told = True
                self._vm.host.write_err(
                    f"[DEBUG] [llm.rate_limit] Rate limit for '{provider}': throttling for {wait_ms}ms\n"
                )
            self._vm.scheduler.park(wait_ms, "a rate limit")
