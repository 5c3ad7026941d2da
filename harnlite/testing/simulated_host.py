"""A host that is the same every time: output kept, time and randomness given."""

from __future__ import annotations

import math
import random

from harnlite.host import Host
from harnlite.policy import Policy

__all__ = ["SimulatedHost"]


class SimulatedHost(Host):
    """A repeatable outside world.

    :param seed: of everything random: ``random()``, identifiers, jitter.
    :param start_ms: what the wall clock says at first, in milliseconds since the Unix epoch.
    :param environment: the only environment variables there are.
    :param input_text: what standard input holds.
    :param policy: what may be touched of the real files and processes; default: everything.
    """

    simulated = True

    def __init__(
        self,
        seed: int = 0,
        start_ms: int = 1_700_000_000_000,
        environment: dict[str, str] | None = None,
        input_text: str = "",
        policy: Policy | None = None,
    ) -> None:
        self._output: list[str] = []
        self._errors: list[str] = []
        super().__init__(self._output.append, self._errors.append, environment or {}, policy=policy)
        self.random = random.Random(seed)
        self._now_ms = start_ms
        self._started_ms = start_ms
        self._input = input_text

    @property
    def output(self) -> str:
        """Everything written to standard output so far."""
        return "".join(self._output)

    @property
    def errors(self) -> str:
        """Everything written to standard error so far."""
        return "".join(self._errors)

    def advance(self, milliseconds: int) -> None:
        """Move the clock; a negative number moves the wall clock backwards, as a corrected clock does."""
        self._now_ms += milliseconds
        if milliseconds < 0:
            self._started_ms += milliseconds

    def wall_ms(self) -> int:
        """Milliseconds since the Unix epoch, as set and moved."""
        return self._now_ms

    def monotonic(self) -> float:
        """Seconds that the clock was moved forwards."""
        return (self._now_ms - self._started_ms) / 1000

    def nap(self, seconds: float) -> None:
        """Move the clock to the next whole millisecond, so that a sleeping script takes no time."""
        self.advance(max(1, math.ceil(seconds * 1000)))

    def read_line(self) -> str | None:
        """The next line of the given input."""
        if not self._input:
            return None
        line, _, self._input = self._input.partition("\n")
        return line.rstrip("\r")

    def read_all(self) -> str:
        """The rest of the given input."""
        rest, self._input = self._input, ""
        return rest
