"""The port to the outside: output, input, clock, random, identifiers; files, processes and network are in the modules
``host_files.py``, ``host_processes.py`` and ``host_network.py``, made when first used.

Everything a run sees of the world comes through a :class:`Host`, so that a simulated one makes a run repeatable.
"""

from __future__ import annotations

import os
import sys
import time
from functools import cached_property

from harnlite.policy import Policy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random
    from typing import TextIO

    from harnlite.host_files import Files
    from harnlite.host_network import Network
    from harnlite.host_processes import Processes

__all__ = ["Host"]


def _is_text(value: str) -> bool:
    """Whether a string from the system is Unicode text; Python smuggles other bytes in as lone surrogates."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


#: Seconds after which a sleeping run looks whether another thread asked it to end.
_LONGEST_NAP = 0.05


class Host:
    """The real outside world.

    :cvar simulated: whether time passes only when it is made to: then nobody really sleeps.

    :param write_out: receives guest output; default: standard output.
    :param write_err: receives warnings and ``eprint``; default: standard error.
    :param environment: environment variables; default: those of the process.
    :param working_directory: what relative paths start from; default: the process's.
    :param policy: what may be touched; default: everything.
    :param read_from: what the script reads as standard input, whatever the policy says; default: the process's.
    """

    simulated = False

    def __init__(
        self,
        write_out: Callable[[str], object] | None = None,
        write_err: Callable[[str], object] | None = None,
        environment: dict[str, str] | None = None,
        working_directory: str | None = None,
        policy: Policy | None = None,
        read_from: TextIO | None = None,
    ) -> None:
        self.write_out: Callable[[str], object] = write_out or sys.stdout.write
        self.write_err: Callable[[str], object] = write_err or sys.stderr.write
        given = {"stdin": read_from, "stdout": write_out, "stderr": write_err}
        self._redirected = frozenset(stream for stream, target in given.items() if target is not None)
        self.environment = environment
        self.working_directory = working_directory
        self.policy = policy or Policy.everything()
        self._read_from = read_from
        self._last_stamp = -1
        self._last_bits = 0
        self._files: Files | None = None
        self._processes: Processes | None = None
        self._network: Network | None = None

    @cached_property
    def random(self) -> Random:
        """The source of everything random."""
        from random import SystemRandom

        return SystemRandom()

    @property
    def files(self) -> Files:
        """Files and directories."""
        if self._files is None:
            from harnlite.host_files import Files

            self._files = Files(self)
        return self._files

    @property
    def processes(self) -> Processes:
        """Other programs."""
        if self._processes is None:
            from harnlite.host_processes import Processes

            self._processes = Processes(self)
        return self._processes

    @property
    def network(self) -> Network:
        """Connections to servers."""
        if self._network is None:
            from harnlite.host_network import Network

            self._network = Network(self)
        return self._network

    def wall_ms(self) -> int:
        """Milliseconds since the Unix epoch."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Seconds on a clock that never goes backwards."""
        return time.monotonic()

    def nap(self, seconds: float) -> None:
        """Let time pass, at most so much; the caller looks at the clock again."""
        time.sleep(min(seconds, _LONGEST_NAP))

    def getenv(self, name: str) -> str | None:
        """An environment variable, or None."""
        source = os.environ if self.environment is None else self.environment
        if source is os.environ and not self.policy.shows_variable(name):
            return None
        try:
            value = source.get(name)
        except ValueError:  # a name that no variable can have
            return None
        return value if value is None or value.isascii() or _is_text(value) else None

    def is_terminal(self, stream: str) -> bool:
        """Whether ``stdin``, ``stdout`` or ``stderr`` is a terminal.

        Output that goes elsewhere is none, nor is input that comes from elsewhere or may not be read.
        """
        if stream in self._redirected or (stream == "stdin" and not self.policy.standard_input):
            return False
        found = {"stdin": sys.stdin, "stdout": sys.stdout, "stderr": sys.stderr}[stream]
        return found is not None and not found.closed and found.isatty()

    def current_directory(self) -> str:
        """The directory that relative paths start from, absolute."""
        return self.working_directory or os.getcwd()

    def read_line(self) -> str | None:
        """The next line of standard input without its end, or None at its end.

        :raises GuestError: the policy refuses it.
        """
        line = self._input_stream().readline()
        return line.rstrip("\n").rstrip("\r") if line else None

    def read_all(self) -> str:
        """The rest of standard input.

        :raises GuestError: the policy refuses it.
        """
        return self._input_stream().read()

    def _input_stream(self) -> TextIO:
        if self._read_from is not None:
            return self._read_from
        self.policy.check_standard_input()
        # Whoever is asked to type sees the question first.
        sys.stdout.flush()
        return sys.stdin

    def uuid7(self) -> str:
        """A time-ordered UUID, version 7; of one host, a later one is always the larger text."""
        stamp = self.wall_ms() & ((1 << 48) - 1)
        if stamp <= self._last_stamp:
            # Within one millisecond, and when the clock went backwards, the random part counts upwards.
            stamp = self._last_stamp
            bits = self._last_bits + 1 + self.random.getrandbits(32)
        else:
            bits = self.random.getrandbits(73)
        self._last_stamp, self._last_bits = stamp, bits
        number = (stamp << 80) | (0x7 << 76) | ((bits >> 62) << 64) | (0b10 << 62) | (bits & ((1 << 62) - 1))
        text = f"{number:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def uuid4(self) -> str:
        """A random UUID, version 4."""
        bits = self.random.getrandbits(128)
        number = (bits & ~(0xF << 76) & ~(0x3 << 62)) | (0x4 << 76) | (0b10 << 62)
        text = f"{number:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
