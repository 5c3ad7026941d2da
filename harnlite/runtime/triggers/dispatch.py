"""The life of one event at one binding: cancelled, skipped, tried, retried, succeeded or given up.

Takes a delivery, runs the handler through ``handlers.py``, writes every step through ``records.py`` and gives the
outcome. Knows no registry and no builtin (docs/reference/runtime.md 2.4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from harnlite.runtime.event_log.service import EventLogService
from harnlite.runtime.inbox import CANCEL_KIND, CANCEL_TOPIC
from harnlite.runtime.rfc3339 import rfc3339
from harnlite.runtime.triggers.binding import Metrics, callable_name
from harnlite.runtime.triggers.flow import Flow, Refusal
from harnlite.runtime.triggers.handlers import HandlerError, failure_text, run_handler
from harnlite.runtime.triggers.records import Delivery, TriggerRecords
from harnlite.values.errors import GuestError
from harnlite.values.json_form import from_json_form, to_json_form
from harnlite.values.types import EnumValue

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["Dispatcher", "Outcome"]


@frozen
class Outcome:
    """How a dispatch ended.

    :param status: ``dispatched`` (succeeded or skipped), ``dlq``, ``cancelled`` or ``waiting``.
    :param result: the guest value the handler gave, or nil.
    :param error: the text of the last failure, or None.
    """

    status: str
    result: Any = None
    error: str | None = None


class Dispatcher:
    """Dispatches deliveries in one VM."""

    def __init__(self, vm: Vm, records: TriggerRecords) -> None:
        self._vm = vm
        self._records = records
        self._logs = vm.service(EventLogService)
        self._cancelled: set[tuple[str, str]] = set()
        self._cancel_cursor = 0

    def dispatch(self, delivery: Delivery) -> Outcome:
        """Bring a delivery to its end.

        :raises GuestError: when the event log cannot be written to. The handler's own errors become the outcome.
        """
        metrics = delivery.binding.metrics
        metrics.received += 1
        metrics.last_received_ms = self._vm.clock.now_ms()
        metrics.in_flight += 1
        try:
            outcome = self._run(delivery)
        finally:
            metrics.in_flight -= 1
        if outcome.status == "dispatched":
            metrics.dispatched += 1
        elif outcome.status == "dlq":
            metrics.dlq += 1
        self._records.action_graph(delivery, outcome.status)
        return outcome

    def _run(self, delivery: Delivery) -> Outcome:
        if self._is_cancelled(delivery):
            return Outcome("cancelled", error="trigger dispatch cancelled")
        if delivery.binding.when is not None:
            skipped = self._ask_predicate(delivery)
            if skipped is not None:
                return skipped
        flow = delivery.binding.flow
        if flow is None:
            return self._attempts(delivery)
        refusal = flow.enter(self._vm)
        if refusal is not None:
            return self._refused(delivery, refusal)
        self._count_decision(delivery.binding.metrics, flow)
        try:
            return self._attempts(delivery)
        finally:
            flow.leave(self._vm)

    def _refused(self, delivery: Delivery, refusal: Refusal) -> Outcome:
        """Record that a limit keeps a handler from running."""
        if refusal.action == "fail":
            return self._give_up(delivery, 0, f"trigger budget is exhausted: {refusal.limit}")
        if refusal.action == "skip":
            result = {"predicate": None, "reason": refusal.limit, "skipped": True}
            self._records.outbox("dispatch_skipped", delivery, 0, result=result)
            return Outcome("dispatched", result)
        self._records.attempt("budget_deferred", delivery, 0, limit=refusal.limit)
        self._records.lifecycle("DispatchWaiting", delivery, 0, limit=refusal.limit)
        self._records.outbox("dispatch_waiting", delivery, 0, limit=refusal.limit)
        return Outcome("waiting", error=f"trigger budget is exhausted: {refusal.limit}")

    def _count_decision(self, metrics: Metrics, flow: Flow) -> None:
        if flow.decisions:
            now_ms = self._vm.clock.now_ms()
            metrics.autonomous_decisions_total += 1
            for window in flow.decisions:
                if window.name.endswith("hour"):
                    metrics.autonomous_decisions_hour = window.count(now_ms)
                else:
                    metrics.autonomous_decisions_today = window.count(now_ms)

    def _attempts(self, delivery: Delivery) -> Outcome:
        records, binding = self._records, delivery.binding
        attempt = 1
        while True:
            started_at = self._now()
            records.lifecycle("DispatchStarted", delivery, attempt)
            records.outbox("dispatch_started", delivery, attempt)
            try:
                result = run_handler(self._vm, delivery, attempt)
            except HandlerError as failure:
                error, is_final = failure.text, failure.is_final
            else:
                stored = to_json_form(result)
                records.attempt(
                    "attempt_recorded",
                    delivery,
                    attempt,
                    completed_at=self._now(),
                    error=None,
                    outcome="success",
                    started_at=started_at,
                )
                records.lifecycle("DispatchSucceeded", delivery, attempt)
                records.outbox("dispatch_succeeded", delivery, attempt, dispatch_metadata={}, result=stored)
                return Outcome("dispatched", result)
            binding.metrics.failed += 1
            records.attempt(
                "attempt_recorded",
                delivery,
                attempt,
                completed_at=self._now(),
                error=error,
                outcome="failed",
                started_at=started_at,
            )
            records.lifecycle("DispatchFailed", delivery, attempt, error=error)
            records.outbox("dispatch_failed", delivery, attempt, error=error)
            if is_final or attempt >= binding.retry.attempts:
                return self._give_up(delivery, attempt, error)
            self._wait_before_retry(delivery, attempt)
            if self._is_cancelled(delivery):
                return Outcome("cancelled", error=error)
            attempt += 1

    def _wait_before_retry(self, delivery: Delivery, attempt: int) -> None:
        wait_ms = delivery.binding.retry.wait_ms(attempt)
        self._records.lifecycle("RetryScheduled", delivery, attempt, delay_ms=wait_ms)
        self._records.attempt("retry_scheduled", delivery, attempt, delay_ms=wait_ms)
        if wait_ms > 0:
            import trio

            self._vm.wait(trio.sleep, wait_ms / 1000)

    def _give_up(self, delivery: Delivery, attempt: int, error: str) -> Outcome:
        self._records.lifecycle("DlqMoved", delivery, attempt, error=error)
        payload = {
            "attempts": attempt,
            "binding_key": delivery.binding.key,
            "error": error,
            "event": delivery.envelope,
            "event_id": delivery.event_id,
            "trigger_id": delivery.binding.id,
        }
        self._records.dead_letter("dlq_moved", delivery, payload)
        return Outcome("dlq", error=error)

    def _ask_predicate(self, delivery: Delivery) -> Outcome | None:
        """Give the outcome when the binding's ``when`` declines or fails, None when the handler shall run."""
        predicate = delivery.binding.when
        name = callable_name(predicate)
        try:
            answer = self._vm.call(predicate, [from_json_form(delivery.envelope)])
        except GuestError as error:
            return self._give_up(delivery, 0, f"predicate `{name}` failed: {failure_text(error)}")
        if type(answer) is EnumValue and answer.enum == "Result" and answer.variant == "Ok":
            answer = answer.fields[0]
        if type(answer) is not bool:
            return self._give_up(delivery, 0, f"predicate `{name}` must return a bool")
        if answer:
            return None
        result = {"predicate": name, "reason": None, "skipped": True}
        self._records.outbox("dispatch_skipped", delivery, 0, result=result)
        return Outcome("dispatched", result)

    def _is_cancelled(self, delivery: Delivery) -> bool:
        """Tell whether somebody asked to cancel this event at this binding; a replay cannot be cancelled."""
        if delivery.replay_of is not None:
            return False
        for event in self._logs.read(CANCEL_TOPIC, self._cancel_cursor):
            self._cancel_cursor = event.event_id
            if event.kind == CANCEL_KIND and isinstance(event.payload, dict):
                key, event_id = event.payload.get("binding_key"), event.payload.get("event_id")
                if isinstance(key, str) and isinstance(event_id, str):
                    self._cancelled.add((key, event_id))
        return (delivery.binding.key, delivery.event_id) in self._cancelled

    def _now(self) -> str:
        return rfc3339(self._vm.clock.now_ms())
