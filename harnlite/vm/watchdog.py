"""The thread that raises a VM's poll flag: for deadlines that pass in running code and for trio's slices."""

from __future__ import annotations

import time
from _thread import allocate_lock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from harnlite.vm.machine import Vm

__all__ = ["Watchdog"]

#: How often it looks, in seconds; a deadline in a busy loop is noticed that much late at most.
_TICK: Final = 0.01


class Watchdog:
    """Started when a run first has a deadline or uses trio; ends by itself when it has nothing to watch."""

    def __init__(self, vm: Vm) -> None:
        self._vm = vm
        self._lock = allocate_lock()
        self._running = False

    def start(self) -> None:
        """Watch from now on."""
        if self._running:
            return
        with self._lock:
            if not self._running:
                # Not imported earlier: most runs have nothing to watch.
                import threading

                self._running = True
                threading.Thread(target=self._watch, name="harnlite watchdog", daemon=True).start()

    def _watch(self) -> None:
        vm = self._vm
        while True:
            time.sleep(_TICK)
            if vm.needs_poll(time.monotonic()):
                vm.poll = True
            if not vm.is_watched():
                with self._lock:
                    if not vm.is_watched():
                        self._running = False
                        return
