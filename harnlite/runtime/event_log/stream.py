"""The stream that ``event_log.subscribe`` gives a script: the history of a topic, then what is appended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harnlite.runtime.event_log.port import StoredEvent
from harnlite.runtime.event_log.service import EventLogService
from harnlite.runtime.event_log.subscription import POLL_SECONDS, Subscription
from harnlite.values.json_form import from_json_form
from harnlite.vm.generators import GeneratorHandle

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["EventStream", "event_value"]


def event_value(event: StoredEvent) -> dict[str, Any]:
    """Give a record as scripts see it (docs/reference/runtime.md 1.5)."""
    return {
        "cursor": event.event_id,
        "headers": dict(event.headers),
        "id": event.event_id,
        "kind": event.kind,
        "occurred_at_ms": event.occurred_at_ms,
        "payload": from_json_form(event.payload),
        "topic": event.topic,
    }


class EventStream(GeneratorHandle):
    """A topic being followed. It never ends by itself, and an error while waiting (a deadline) does not end it."""

    __slots__ = ("_subscription",)

    def __init__(self, vm: Vm, subscription: Subscription) -> None:
        super().__init__(vm, "stream", iter(()))
        self._subscription = subscription

    def pull(self) -> dict[str, Any]:
        """Give the next record; while there is none, other tasks run."""
        service = self._vm.service(EventLogService)
        while True:
            event = service.patiently(self._subscription.take)
            if event is not None:
                return event_value(event)
            self._wait()

    def _wait(self) -> None:
        """Park the task until this process appends, or it is time to look for what other processes appended."""
        log, scheduler = self._subscription.log, self._vm.scheduler
        task = scheduler.current

        def wake() -> None:
            stop()
            scheduler.unpark(task, None)

        stop = log.listen(self._subscription.topic, wake)
        try:
            scheduler.park(POLL_SECONDS * 1000 if log.shared else None)
        finally:
            stop()
