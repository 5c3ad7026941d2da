"""Channels between tasks, and waiting for several at once (docs/reference/runtime.md 9.5).

Values go straight from a sender to the task that has waited longest, so order is first in, first out on both sides.
Closing wakes everybody who waits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, Final

from harnlite.values.types import Handle
from harnlite.vm.scheduler import TIMED_OUT, Scheduler, Task

__all__ = ["CLOSED", "Channel", "select"]


class _Closed:
    __slots__ = ()


#: What :meth:`Channel.take` gives when the channel is closed and drained.
CLOSED: Final = _Closed()


class _Receiver:
    """A task that waits on one or several channels; the first value, or the last closing, ends its wait."""

    __slots__ = ("channels", "task")

    def __init__(self, task: Task, channels: Sequence[Channel]) -> None:
        self.task = task
        self.channels = channels

    def leave(self) -> None:
        """Stop waiting everywhere."""
        for channel in self.channels:
            channel.receivers = deque(other for other in channel.receivers if other is not self)


class Channel(Handle):
    """A queue of values with room for ``capacity`` of them."""

    __slots__ = ("_scheduler", "_senders", "capacity", "closed", "name", "queue", "receivers")
    type_name = "channel"

    def __init__(self, scheduler: Scheduler, name: str, capacity: int) -> None:
        self._scheduler = scheduler
        self.name = name
        self.capacity = max(capacity, 1)
        self.closed = False
        self.queue: deque[Any] = deque()
        self._senders: deque[tuple[Task, Any]] = deque()
        self.receivers: deque[_Receiver] = deque()

    def display(self) -> str:
        """``<channel:NAME>``."""
        return f"<channel:{self.name}>"

    def iterate(self) -> Iterator[Any]:
        """Values until it is closed and drained."""
        return iter(self.take, CLOSED)

    @property
    def drained(self) -> bool:
        """Whether nothing can be received any more."""
        return self.closed and not self.queue

    def send(self, value: Any) -> bool:
        """Put a value in, waiting for room; false when the channel is or becomes closed."""
        if self.closed:
            return False
        while self.receivers:
            receiver = self.receivers.popleft()
            receiver.leave()
            if self._scheduler.unpark(receiver.task, (self, value)):
                return True
        if len(self.queue) < self.capacity:
            self.queue.append(value)
            return True
        place = (self._scheduler.current, value)
        self._senders.append(place)
        try:
            return bool(self._scheduler.park(waiting_for=f"room in the channel {self.name}"))
        except BaseException:
            # By identity: values may be anything, and comparing them would run their equality.
            self._senders = deque(other for other in self._senders if other is not place)
            raise

    def take_now(self) -> Any:
        """The next value without waiting, or :data:`CLOSED` when there is none."""
        if not self.queue:
            return CLOSED
        value = self.queue.popleft()
        while self._senders:
            sender, waiting = self._senders.popleft()
            if self._scheduler.unpark(sender, True):
                self.queue.append(waiting)
                break
        return value

    def take(self) -> Any:
        """The next value, waiting for one; :data:`CLOSED` when the channel is closed and drained."""
        if self.queue:
            return self.take_now()
        if self.closed:
            return CLOSED
        received = wait_for_any(self._scheduler, [self], None)
        return CLOSED if received is None else received[1]

    def close(self) -> None:
        """Let nothing more in; who waits is woken."""
        if self.closed:
            return
        self.closed = True
        for sender, _ in self._senders:
            self._scheduler.unpark(sender, False)
        self._senders.clear()
        for receiver in list(self.receivers):
            if all(channel.drained for channel in receiver.channels):
                receiver.leave()
                self._scheduler.unpark(receiver.task, None)


def wait_for_any(
    scheduler: Scheduler, channels: Sequence[Channel], timeout_ms: float | None
) -> tuple[Channel, Any] | None:
    """Wait until a value arrives on one of several empty channels; None: time is over, or all are closed."""
    receiver = _Receiver(scheduler.current, channels)
    for channel in channels:
        channel.receivers.append(receiver)
    try:
        received = scheduler.park(timeout_ms, "a value on a channel")
    finally:
        receiver.leave()
    return None if received is TIMED_OUT else received  # type: ignore[no-any-return]  # what send hands over


def select(scheduler: Scheduler, channels: Sequence[Channel], timeout_ms: float | None) -> tuple[int, Any] | None:
    """Take from the first channel, in order, that has a value.

    :param timeout_ms: None waits until one has, 0 or less looks once.
    :returns: its index and the value; None when there was none in time, or all are closed and drained.
    """
    for index, channel in enumerate(channels):
        if channel.queue:
            return index, channel.take_now()
    if (timeout_ms is not None and timeout_ms <= 0) or (channels and all(channel.closed for channel in channels)):
        return None
    received = wait_for_any(scheduler, channels, timeout_ms)
    if received is None:
        return None
    return next(index for index, channel in enumerate(channels) if channel is received[0]), received[1]
