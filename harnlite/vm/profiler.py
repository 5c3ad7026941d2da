"""A sampling profiler for guest code, the same for both tiers.

A thread looks at the running thread's Python stack up to a thousand times a second and finds the guest frames in it:
translated functions by the VM's frame look-up, interpreted ones in the locals of the interpreter's loop. The script
is not slowed down and runs as it does without. What a sample hits is charged with the time since the last sample.
"""

from __future__ import annotations

import sys
import threading
import time
from types import FrameType
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from harnlite.values.errors import TraceEntry
from harnlite.vm import interpreter

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["FunctionTime", "LineTime", "Profile", "Profiler"]

_INTERVAL = 0.001
_Key = TypeVar("_Key")


class FunctionTime(NamedTuple):
    """Seconds spent in a function itself, and in it with all it called."""

    function: str
    file: str
    own: float
    total: float


class LineTime(NamedTuple):
    """Seconds spent in a line itself."""

    file: str
    line: int
    own: float


class Profile(NamedTuple):
    """What was found: slowest first; ``elsewhere`` is time with no guest code on the stack (waits, start-up)."""

    seconds: float
    elsewhere: float
    functions: list[FunctionTime]
    lines: list[LineTime]


class Profiler:
    """Samples the thread that runs a VM.

    :param vm: the VM to watch.
    """

    def __init__(self, vm: Vm) -> None:
        self._vm = vm
        self._watched = threading.get_ident()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="harnlite profiler", daemon=True)
        self._seconds = 0.0
        self._elsewhere = 0.0
        self._own: dict[tuple[str, str], float] = {}
        self._total: dict[tuple[str, str], float] = {}
        self._lines: dict[tuple[str, int], float] = {}

    def start(self) -> None:
        """Begin to sample; called in the thread that will run the VM."""
        self._thread.start()

    def stop(self) -> Profile:
        """End sampling and give what was found."""
        self._done.set()
        self._thread.join()
        functions = [
            FunctionTime(name, file, self._own.get((name, file), 0.0), total)
            for (name, file), total in self._total.items()
        ]
        functions.sort(key=lambda row: (-row.own, row.function))
        lines = [LineTime(file, line, own) for (file, line), own in self._lines.items()]
        lines.sort(key=lambda row: (-row.own, row.file, row.line))
        return Profile(self._seconds, self._elsewhere, functions, lines)

    def _sample(self) -> None:
        last = time.perf_counter()
        while not self._done.wait(_INTERVAL):
            entries = self._guest_frames(sys._current_frames().get(self._watched))
            now = time.perf_counter()
            passed, last = now - last, now
            self._seconds += passed
            if not entries:
                self._elsewhere += passed
                continue
            inner = entries[0]
            _charge(self._own, (inner.function, inner.file), passed)
            _charge(self._lines, (inner.file, inner.line), passed)
            for key in {(entry.function, entry.file) for entry in entries}:
                _charge(self._total, key, passed)

    def _guest_frames(self, frame: FrameType | None) -> list[TraceEntry]:
        """Give the guest frames of a Python stack, innermost first."""
        entries: list[TraceEntry] = []
        lookup = self._vm.frame_lookup
        loop = interpreter.run.__code__
        while frame is not None:
            if frame.f_code is loop:
                entries += _interpreted_frames(frame)
            elif lookup is not None:
                entry = lookup.nearest(frame)
                if entry is not None:
                    entries.append(entry)
            frame = frame.f_back
        return entries


def _interpreted_frames(frame: FrameType) -> list[TraceEntry]:
    """Read the frame stack out of the loop's locals; it may be caught in the middle of a change."""
    found = frame.f_locals
    try:
        entries = [interpreter.trace_entry(found["decoded"], found["pc"])]
        entries += [interpreter.trace_entry(saved[0], saved[2]) for saved in reversed(found["frames"])]
    except (KeyError, IndexError):
        return []
    return entries


def _charge(times: dict[_Key, float], key: _Key, seconds: float) -> None:
    times[key] = times.get(key, 0.0) + seconds
