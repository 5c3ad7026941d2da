"""The clock that guest code sees: real, or a stack of mocks (docs/reference/runtime.md 8)."""

from __future__ import annotations

from harnlite.host import Host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from harnlite.vm.instruments import Instrument

__all__ = ["Clock"]


class Clock:
    """Wall and monotonic time in whole milliseconds; deadlines, time-outs and ids never use it.

    :param host: where real time comes from.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._start = host.monotonic()
        #: Wall time at installation and time advanced since, per mock.
        self._mocks: list[list[int]] = []
        #: Those of the VM.
        self.instruments: tuple[Instrument, ...] = ()

    @property
    def mocked(self) -> bool:
        """Whether a mock is installed."""
        return bool(self._mocks)

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch."""
        if self._mocks:
            start, advanced = self._mocks[-1]
            return start + advanced
        return self._host.wall_ms()

    def monotonic_ms(self) -> int:
        """Milliseconds since the run began, or since the mock was installed."""
        if self._mocks:
            return self._mocks[-1][1]
        return int((self._host.monotonic() - self._start) * 1000)

    def push(self, wall_ms: int) -> None:
        """Install a mock whose wall time is given and whose monotonic time is 0."""
        self._mocks.append([wall_ms, 0])
        self._moved()

    def advance(self, milliseconds: int) -> int:
        """Move the topmost mock, never back; gives its wall time."""
        if milliseconds > 0:
            self._mocks[-1][1] += milliseconds
            self._moved()
        return self.now_ms()

    def pop(self) -> None:
        """Take the topmost mock away, if there is one."""
        if self._mocks:
            self._mocks.pop()
            self._moved()

    def _moved(self) -> None:
        for instrument in self.instruments:
            instrument.clock_moved(self.now_ms())
