"""Following a topic: its history first, then what is appended, with no gap and nothing twice.

A subscription is a cursor into the log, so the log itself is its buffer: a slow reader loses nothing and slows nobody
down. Takes a log, gives records; :func:`follow` waits on trio, a script's stream waits in its own way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator

from harnlite.runtime.event_log.patience import patiently_async
from harnlite.runtime.event_log.port import EventLog, StoredEvent

__all__ = ["POLL_SECONDS", "Subscription", "follow"]

#: How often a waiting reader of a shared log looks for records of other processes.
POLL_SECONDS = 0.1


class Subscription:
    """A place in a topic.

    :param log: where to read.
    :param topic: what to read.
    :param after: the number of the last record already known; 0 from the start.
    :param kind_prefix: only records whose kind starts like this.
    :param depth: how many records to read at once.
    """

    __slots__ = ("_depth", "_kind_prefix", "_ready", "cursor", "log", "topic")

    def __init__(self, log: EventLog, topic: str, after: int = 0, kind_prefix: str = "", depth: int = 128) -> None:
        self.log = log
        self.topic = topic
        self.cursor = after
        self._kind_prefix = kind_prefix
        self._depth = depth
        self._ready: deque[StoredEvent] = deque()

    def take(self) -> StoredEvent | None:
        """Give the next record, or None when there is none yet; raises as :meth:`EventLog.read_range` does."""
        while not self._ready:
            batch = self.log.read_range(self.topic, self.cursor, self._depth)
            if not batch:
                return None
            self.cursor = batch[-1].event_id
            self._ready.extend(event for event in batch if event.kind.startswith(self._kind_prefix))
        return self._ready.popleft()


async def follow(subscription: Subscription) -> AsyncIterator[StoredEvent]:
    """Give the records of a subscription for ever, waiting on trio for new ones."""
    import trio

    log = subscription.log
    while True:
        appended = trio.Event()
        stop = log.listen(subscription.topic, appended.set)
        try:
            event = await patiently_async(subscription.take)
            if event is None:
                with trio.move_on_after(POLL_SECONDS if log.shared else float("inf")):
                    await appended.wait()
                continue
        finally:
            stop()
        yield event
