"""How long to try again while another process holds the log: a few milliseconds at first, five seconds in all.

The waits are taken on trio's clock inside a run and by sleeping in the command line's own process; both follow
:data:`DELAYS`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from harnlite.runtime.event_log.port import LogBusyError

__all__ = ["DELAYS", "patiently", "patiently_async"]

T = TypeVar("T")

#: Seconds between one try and the next: doubling from 1 ms to 50 ms, 5 s in total (the reference's busy timeout).
DELAYS: tuple[float, ...] = (0.001, 0.002, 0.004, 0.008, 0.016, 0.032) + (0.05,) * 99


def patiently(operation: Callable[[], T]) -> T:
    """Do a log operation, sleeping while the log is busy; raises :class:`LogBusyError` at last."""
    for delay in DELAYS:
        try:
            return operation()
        except LogBusyError:
            time.sleep(delay)
    return operation()


async def patiently_async(operation: Callable[[], T]) -> T:
    """Do a log operation, letting other trio tasks run while the log is busy; raises :class:`LogBusyError` at last."""
    import trio

    for delay in DELAYS:
        try:
            return operation()
        except LogBusyError:
            await trio.sleep(delay)
    return operation()
