"""Channels between tasks, and waiting for several at once (docs/reference/runtime.md 9.5).

Both sides are served first come, first served. Room that a receiver frees belongs to the sender that has waited
longest, a value that arrives to the receiver that has; each goes on when its turn comes and only then puts its value
in, or takes one out. Closing wakes everybody who waits.
"""

from __future__ import annotations

from collections import deque

from harnlite.values.types import Handle
from harnlite.vm.scheduler import Scheduler
from harnlite.vm.task_state import Task

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any, Final


__all__ = ["CLOSED", "Channel", "select"]


class _Closed:
    __slots__ = ()


#: What :meth:`Channel.take` gives when the channel is closed and drained.
CLOSED: Final = _Closed()


class _Sender:
    """A task that waits for room."""

    __slots__ = ("granted", "task")

    def __init__(self, task: Task) -> None:
        self.task = task
        #: Whether room was set aside for it.
        self.granted = False


class _Receiver:
    """A task that waits on one or several channels."""

    __slots__ = ("channels", "source", "task")

    def __init__(self, task: Task, channels: Sequence[Channel]) -> None:
        self.task = task
        self.channels = channels
        #: The channel that woke it and holds a value for it.
        self.source: Channel | None = None

    def leave(self) -> None:
        """Stop waiting everywhere."""
        for channel in self.channels:
            channel._receivers = [other for other in channel._receivers if other is not self]
        if self.source is not None:
            self.source._claimed -= 1


class Channel(Handle):
    """A queue of values with room for ``capacity`` of them, at least one."""

    __slots__ = ("_claimed", "_receivers", "_room", "_scheduler", "_senders", "capacity", "closed", "name", "queue")
    type_name = "channel"

    def __init__(self, scheduler: Scheduler, name: str, capacity: int) -> None:
        self._scheduler = scheduler
        self.name = name
        self.capacity = max(capacity, 1)
        self.closed = False
        self.queue: deque[Any] = deque()
        #: Places neither taken nor set aside for a sender.
        self._room = self.capacity
        #: Values held for receivers that are already woken.
        self._claimed = 0
        self._senders: deque[_Sender] = deque()
        self._receivers: list[_Receiver] = []

    def display(self) -> str:
        """``<channel:NAME>``."""
        return f"<channel:{self.name}>"

    def iterate(self) -> Iterator[Any]:
        """Values until it is closed and drained."""
        return iter(self.take, CLOSED)

    @property
    def ready(self) -> bool:
        """Whether a value can be taken without waiting."""
        return len(self.queue) > self._claimed

    @property
    def drained(self) -> bool:
        """Whether no further value will ever be there to take."""
        return self.closed and not self.ready

    def send(self, value: Any) -> bool:
        """Put a value in, waiting for room; false when the channel is or becomes closed."""
        if self.closed:
            return False
        if self._room > 0:
            self._room -= 1
        else:
            sender = _Sender(self._scheduler.current)
            self._senders.append(sender)
            try:
                self._scheduler.park(waiting_for=f"room in the channel {self.name}")
            except BaseException:
                if sender.granted:
                    self._free_place()
                elif sender in self._senders:
                    self._senders.remove(sender)
                raise
            if self.closed:
                return False
        self.queue.append(value)
        for instrument in self._scheduler.instruments:
            instrument.channel_sent(self, value)
        self._wake_receiver()
        return True

    def take_now(self) -> Any:
        """The next value without waiting, or :data:`CLOSED` when there is none."""
        return self._pop() if self.ready else CLOSED

    def take(self) -> Any:
        """The next value, waiting for one; :data:`CLOSED` when the channel is closed and drained."""
        if self.ready:
            return self._pop()
        if self.closed:
            return CLOSED
        source = self._wait([self], None)
        return CLOSED if source is None else source._pop()

    def drop(self) -> None:
        """The same as :meth:`close`."""
        self.close()

    def close(self) -> None:
        """Let nothing more in; who waits is woken."""
        if self.closed:
            return
        self.closed = True
        for instrument in self._scheduler.instruments:
            instrument.channel_closed(self)
        for sender in self._senders:
            self._scheduler.unpark(sender.task)
            sender.granted = True
        self._senders.clear()
        for receiver in list(self._receivers):
            if receiver.source is None and all(channel.drained for channel in receiver.channels):
                self._scheduler.unpark(receiver.task)

    def _pop(self) -> Any:
        value = self.queue.popleft()
        for instrument in self._scheduler.instruments:
            instrument.channel_received(self, value)
        self._free_place()
        return value

    def _free_place(self) -> None:
        while self._senders:
            sender = self._senders.popleft()
            if self._scheduler.unpark(sender.task):
                sender.granted = True
                return
        self._room += 1

    def _wake_receiver(self) -> None:
        for receiver in self._receivers:
            if receiver.source is None and self._scheduler.unpark(receiver.task):
                receiver.source = self
                self._claimed += 1
                return

    def _wait(self, channels: Sequence[Channel], timeout_ms: float | None) -> Channel | None:
        """Wait until one of several channels has a value; None: time is over, or all are closed."""
        receiver = _Receiver(self._scheduler.current, channels)
        for channel in channels:
            channel._receivers.append(receiver)
        try:
            self._scheduler.park(timeout_ms, "a value on a channel")
        except BaseException:
            source = receiver.source
            receiver.leave()
            if source is not None:
                # The value that was held for it goes to the next.
                source._wake_receiver()
            raise
        receiver.leave()
        return receiver.source


def select(scheduler: Scheduler, channels: Sequence[Channel], timeout_ms: float | None) -> tuple[int, Any] | None:
    """Take from the first channel, in order, that has a value.

    :param timeout_ms: None waits until one has, 0 or less looks once.
    :returns: its index and the value; None when there was none in time, or all are closed and drained.
    """
    for index, channel in enumerate(channels):
        if channel.ready:
            return index, channel.take_now()
    if timeout_ms is not None and timeout_ms <= 0:
        return None
    if all(channel.closed for channel in channels):
        if timeout_ms is not None:
            scheduler.park(timeout_ms, "a select")
        return None
    source = channels[0]._wait(channels, timeout_ms)
    if source is None:
        return None
    return next(index for index, channel in enumerate(channels) if channel is source), source._pop()
