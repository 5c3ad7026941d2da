"""Calling a language model: in-flight registry, rate limit, retries (docs/reference/runtime.md 6.1, 6.3).

Only the mock model is built in; an embedder may install other providers. A call is *in flight* from when it is
accepted until it is answered, refused or cancelled: that is the bucket ``in_flight_llm_calls``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen

from harnlite.runtime.llm_messages import LlmFailure, LlmReply, LlmRequest
from harnlite.runtime.llm_mock import MockModel, fixture
from harnlite.runtime.llm_rates import RateLimits

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["LlmCalls"]

#: Retries wait this long, doubled each time, unless the script says otherwise.
DEFAULT_BACKOFF_MS = 250


@frozen
class _InFlight:
    """A call that is not answered yet."""

    call_id: str
    model: str
    role: str
    started_at_ms: int


@define
class LlmCalls:
    """The model calls of a VM."""

    _vm: Vm
    _in_flight: dict[str, _InFlight] = field(factory=dict, init=False)
    _providers: dict[str, Callable[[LlmRequest], LlmReply]] = field(factory=dict, init=False)
    _recording: list[dict[str, Any]] | None = field(default=None, init=False)

    def install_provider(self, name: str, provider: Callable[[LlmRequest], LlmReply]) -> None:
        """Let the embedder answer the calls of a provider.

        :param provider: gives a reply or raises :class:`LlmFailure`; it may wait through ``vm.wait``.
        """
        self._providers[name] = provider

    def record(self) -> list[dict[str, Any]]:
        """Keep every answer from now on; give the growing list of entries as a fixture file has them."""
        self._recording = []
        return self._recording

    def default_provider(self) -> str:
        """Give the provider of calls that name none.

        ``HARN_LLM_PROVIDER``, else the first one installed, else the mock if the script has prepared replies: a
        script that expects a real model must not get made-up answers. Empty when there is none.
        """
        named = self._vm.host.getenv("HARN_LLM_PROVIDER") or next(iter(self._providers), "")
        return named or ("mock" if self._vm.has_service(MockModel) else "")

    def default_model(self, provider: str) -> str:
        """Give the model of calls that name none."""
        return self._vm.host.getenv("HARN_LLM_MODEL") or provider

    def call(self, request: LlmRequest, retries: int = 0, backoff_ms: int = DEFAULT_BACKOFF_MS) -> LlmReply:
        """Send a request; transient failures are tried again.

        :param retries: how often to try again.
        :param backoff_ms: the first wait between tries; the mock model's tries do not wait.
        :raises LlmFailure: when the last try failed.
        """
        with self._observed(request):
            attempt = 0
            while True:
                self._vm.service(RateLimits).acquire(request.provider)
                try:
                    reply = self._answer(request)
                    self._keep(request, reply)
                    return reply
                except LlmFailure as failure:
                    self._keep(request, failure)
                    attempt += 1
                    if not failure.is_transient or attempt > retries:
                        raise
                    self._wait_for_retry(request, failure, attempt, retries, backoff_ms)

    def unsettled_items(self) -> list[dict[str, Any]]:
        """Give the bucket ``in_flight_llm_calls``, by call id (lifecycle.md 4.4)."""
        now_ms = self._vm.clock.now_ms()
        return [
            {
                "age_ms": max(0, now_ms - call.started_at_ms),
                "call_id": call.call_id,
                "model": call.model,
                "role": call.role,
                "started_at_ms": call.started_at_ms,
            }
            for _, call in sorted(self._in_flight.items())
        ]

    @contextmanager
    def _observed(self, request: LlmRequest) -> Iterator[None]:
        """Have the call in the in-flight registry during the block, however it is left."""
        call_id = f"llm_call_{self._vm.host.uuid7()}"
        self._in_flight[call_id] = _InFlight(call_id, request.model, request.role, self._vm.clock.now_ms())
        try:
            yield
        finally:
            del self._in_flight[call_id]

    def _answer(self, request: LlmRequest) -> LlmReply:
        if request.provider == "mock" or self._has_fixtures():
            return self._vm.service(MockModel).answer(request)
        provider = self._providers.get(request.provider)
        if provider is None:
            what = (
                f"the model provider '{request.provider}' is not installed" if request.provider else "no model provider"
            )
            raise LlmFailure("not_found", f'{what}; pass provider: "mock" or set HARN_LLM_PROVIDER')
        if self._vm.host.getenv("HARN_LLM_CALLS_DISABLED") == "1":
            raise LlmFailure("generic", "LLM calls are disabled (HARN_LLM_CALLS_DISABLED=1)")
        return provider(request)

    def _keep(self, request: LlmRequest, answer: LlmReply | LlmFailure) -> None:
        if self._recording is not None:
            self._recording.append(fixture(request, answer))

    def _has_fixtures(self) -> bool:
        return self._vm.has_service(MockModel) and self._vm.service(MockModel).fixtures is not None

    def _wait_for_retry(
        self, request: LlmRequest, failure: LlmFailure, attempt: int, retries: int, backoff_ms: int
    ) -> None:
        wait_ms = 0
        if request.provider != "mock":
            wait_ms = failure.retry_after_ms or backoff_ms * 2 ** (attempt - 1)
        self._vm.warn(
            f"[harn] warning: LLM call failed (Error [{failure.category}]: {failure.message}), "
            f"retrying in {wait_ms}ms (attempt {attempt}/{retries})"
        )
        if wait_ms > 0:
            self._vm.scheduler.park(wait_ms, "a retry")
