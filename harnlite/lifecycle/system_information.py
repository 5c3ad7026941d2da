"""What ``harness.system`` tells of the machine; whatever cannot be found out is nil or an empty list."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from harnlite.builtins.registry import method

if TYPE_CHECKING:
    from harnlite.lifecycle.harness import SubHandle
    from harnlite.vm.machine import Vm


@method("HarnessSystem", "cpu()")
def cpu(_vm: Vm, _handle: SubHandle) -> dict[str, Any]:
    """Give the number of processors and the load of the last minute."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {"count": os.cpu_count(), "load": load}


@method("HarnessSystem", "memory()")
def memory(_vm: Vm, _handle: SubHandle) -> dict[str, Any]:
    """Give the total and available memory in bytes."""
    return {"available_bytes": _pages("SC_AVPHYS_PAGES"), "total_bytes": _pages("SC_PHYS_PAGES")}


@method("HarnessSystem", "gpus()")
def gpus(_vm: Vm, _handle: SubHandle) -> list[Any]:
    """Give the graphics processors: none are looked for."""
    return []


@method("HarnessSystem", "gpu()")
def gpu(_vm: Vm, _handle: SubHandle) -> None:
    """Give the first graphics processor: none are looked for."""
    return


@method("HarnessSystem", "temperature()")
def temperature(_vm: Vm, _handle: SubHandle) -> None:
    """Give the processor's temperature: it is not measured."""
    return


@method("HarnessSystem", "platform()")
def platform(_vm: Vm, _handle: SubHandle) -> dict[str, Any]:
    """Give the operating system and the processor architecture."""
    import platform as machine

    return {"arch": machine.machine(), "os": sys.platform, "version": machine.release()}


@method("HarnessSystem", "processes()")
def processes(_vm: Vm, _handle: SubHandle) -> list[dict[str, Any]]:
    """Give the processes a script may know of: its own."""
    return [{"name": "harnlite", "pid": os.getpid()}]


def _pages(name: str) -> int | None:
    try:
        return os.sysconf(name) * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None
