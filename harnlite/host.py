"""The port to the outside: output, input, clock, random, identifiers (files and processes: ``host_files.py``).

Everything a run sees of the world comes through a :class:`Host`, so that a simulated one makes a run repeatable.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable

__all__ = ["Host"]


class Host:
    """The real outside world.

    :param write_out: receives guest output; default: standard output.
    :param write_err: receives warnings and ``eprint``; default: standard error.
    :param environment: environment variables; default: those of the process.
    :param working_directory: what relative paths start from; default: the process's.
    """

    def __init__(
        self,
        write_out: Callable[[str], object] | None = None,
        write_err: Callable[[str], object] | None = None,
        environment: dict[str, str] | None = None,
        working_directory: str | None = None,
    ) -> None:
        self.write_out: Callable[[str], object] = write_out or sys.stdout.write
        self.write_err: Callable[[str], object] = write_err or sys.stderr.write
        self.environment = environment
        self.working_directory = working_directory
        self.random: random.Random = random.SystemRandom()

    def wall_ms(self) -> int:
        """Milliseconds since the Unix epoch."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Seconds on a clock that never goes backwards."""
        return time.monotonic()

    def getenv(self, name: str) -> str | None:
        """An environment variable, or None."""
        source = os.environ if self.environment is None else self.environment
        return source.get(name)

    def current_directory(self) -> str:
        """The directory that relative paths start from, absolute."""
        return self.working_directory or os.getcwd()

    def read_line(self) -> str | None:
        """The next line of standard input without its end, or None at its end."""
        line = sys.stdin.readline()
        return line.rstrip("\n").rstrip("\r") if line else None

    def read_all(self) -> str:
        """The rest of standard input."""
        return sys.stdin.read()

    def uuid7(self) -> str:
        """A time-ordered UUID, version 7, from the wall clock and this host's random source."""
        stamp = self.wall_ms() & ((1 << 48) - 1)
        bits = self.random.getrandbits(74)
        number = (stamp << 80) | (0x7 << 76) | ((bits >> 62) << 64) | (0b10 << 62) | (bits & ((1 << 62) - 1))
        text = f"{number:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def uuid4(self) -> str:
        """A random UUID, version 4."""
        bits = self.random.getrandbits(128)
        number = (bits & ~(0xF << 76) & ~(0x3 << 62)) | (0x4 << 76) | (0b10 << 62)
        text = f"{number:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
