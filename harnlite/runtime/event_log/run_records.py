"""Runs as records of the log: a topic of harnlite's own that says which run wrote what.

A run is entered when it first writes to a log in a file, so one that writes nothing leaves no trace. Takes the run's
options, gives the record's payload; ``lifecycle/run_end.py`` adds what the run ended with
(docs/lifecycle-additions.md).
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from harnlite import __version__

if TYPE_CHECKING:
    from harnlite.runtime.event_log.port import EventLog

__all__ = [
    "AUDIT_TOPIC",
    "COMPLETED",
    "CRASHED",
    "EXITED",
    "FAILED",
    "INTERRUPTED",
    "OUTPUT_LOST",
    "RUNS_TOPIC",
    "RUN_FINISHED",
    "RUN_STARTED",
    "STOPPED",
    "UNSETTLED",
    "process_lives",
    "process_payload",
    "started_payload",
]

#: The topic of run records; the number of its ``run_started`` record is the run's number.
RUNS_TOPIC = "harnlite.runs"
RUN_STARTED = "run_started"
RUN_FINISHED = "run_finished"

#: How a run ended: with a value; by an uncaught error; by ``exit(n)``; by a limit or for want of memory; by Ctrl-C;
#: because its output could not be written; by a fault of harnlite; with work left over that nobody accounted for.
COMPLETED = "completed"
FAILED = "failed"
EXITED = "exited"
STOPPED = "stopped"
INTERRUPTED = "interrupted"
OUTPUT_LOST = "output lost"
CRASHED = "crashed"
UNSETTLED = "unsettled"

#: The topic that every lifecycle audit is appended to (docs/reference/lifecycle.md 5).
AUDIT_TOPIC = "pipeline.lifecycle.audit"


def started_payload(log: EventLog, options: Any) -> dict[str, Any]:
    """Give what a ``run_started`` record says.

    :param options: the run's ``RunOptions``.
    """
    return {
        "audits_after": log.latest(AUDIT_TOPIC) or 0,
        "handoff": None if options.handoff is None else options.handoff.number,
        "harnlite": __version__,
        **process_payload(),
        "pipeline": options.entry,
        "script": options.record_as,
    }


def process_payload() -> dict[str, Any]:
    """Give what a record says of the process that writes it: ``host``, ``pid``, and ``born``, which tells it from later
    processes of that number where the system can say so.
    """
    pid = os.getpid()
    return {"born": _birth(pid), "host": _host_name(), "pid": pid}


def process_lives(payload: dict[str, Any]) -> bool | None:
    """Tell whether the process of such a record is alive; None when that cannot be known from here."""
    pid = payload.get("pid")
    # On Windows, signal 0 would end the process.
    if sys.platform == "win32" or type(pid) is not int or pid <= 0 or payload.get("host") != _host_name():
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        # It is somebody else's.
        return True
    except OverflowError:
        return None
    born, found = payload.get("born"), _birth(pid)
    return found is None or not isinstance(born, str) or born == found


def _birth(pid: int) -> str | None:
    """Give a text that only this process has: Linux's name for the time since it booted, and when the process began."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            boot = file.read().strip()
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            # The fields after the name, which is in parentheses and may hold anything: the 22nd of all is the start.
            fields = file.read().rpartition(")")[2].split()
        return f"{boot}/{fields[19]}"
    except (OSError, IndexError):
        return None


def _host_name() -> str:
    # Loaded by the runs that write a record only: this module is imported by every run with a callback.
    import platform

    return platform.node()
