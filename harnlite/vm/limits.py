"""Limits of a run: turns, time, output. Reaching one is a hard exit: no handler and no clean-up of the guest runs."""

from __future__ import annotations

from harnlite.values.errors import HardExit

__all__ = ["Budget", "LimitReached", "Limits"]


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


class Budget:
    """What is left of the limits while a run goes on.

    :param limits: the whole of it.
    :param now: when the run begins, in seconds on the clock of ``time.monotonic``.
    :ivar fuel: turns and calls that are left, or None.
    :ivar output: characters that may still be printed, or None.
    :ivar ends: when the time is over, or None.
    """

    __slots__ = ("_limits", "ends", "fuel", "output")

    def __init__(self, limits: Limits, now: float) -> None:
        self._limits = limits
        self.fuel = limits.fuel
        self.output = limits.output
        self.ends = None if limits.seconds is None else now + limits.seconds

    def turn(self) -> None:
        """Count a loop turn or call.

        :raises LimitReached: it is one too many.
        """
        if self.fuel is not None:
            self.fuel -= 1
            if self.fuel < 0:
                raise LimitReached(f"the limit of {self._limits.fuel} loop turns and calls is reached")

    def printed(self, characters: int) -> None:
        """Count guest output, before it is written.

        :raises LimitReached: it is more than may be printed.
        """
        if self.output is not None:
            self.output -= characters
            if self.output < 0:
                raise LimitReached(f"the output limit of {self._limits.output} characters is reached")

    def time_over(self, now: float) -> LimitReached | None:
        """Give what a run whose time is over raises, once; None before and after."""
        if self.ends is None or self.ends > now:
            return None
        self.ends = None
        return LimitReached(f"the time limit of {self._limits.seconds:g} s is reached")
