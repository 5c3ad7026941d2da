"""Limits of a run: turns, time, output. Reaching one is a hard exit: no handler and no clean-up of the guest runs."""

from __future__ import annotations

from harnlite.values.errors import HardExit

__all__ = ["LimitReached", "Limits"]


class LimitReached(HardExit):
    """A limit of the run was reached; the text says which."""


class Limits:
    """What a run may use; None: as much as it likes.

    :param fuel: loop turns and calls, counted the same on every machine.
    :param seconds: real time.
    :param output: characters of guest output.
    """

    __slots__ = ("fuel", "output", "seconds")

    def __init__(self, fuel: int | None = None, seconds: float | None = None, output: int | None = None) -> None:
        self.fuel = fuel
        self.seconds = seconds
        self.output = output
