"""Runs as records of the log: a topic of harnlite's own that says which run wrote what.

A run is entered when it first writes to a log in a file, so one that writes nothing leaves no trace. Takes the run's
options, gives the record's payload; ``lifecycle/run_end.py`` adds what the run ended with
(docs/lifecycle-additions.md).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from harnlite import __version__

if TYPE_CHECKING:
    from harnlite.runtime.event_log.port import EventLog

__all__ = ["AUDIT_TOPIC", "RUNS_TOPIC", "RUN_FINISHED", "RUN_STARTED", "started_payload"]

#: The topic of run records; the number of its ``run_started`` record is the run's number.
RUNS_TOPIC = "harnlite.runs"
RUN_STARTED = "run_started"
RUN_FINISHED = "run_finished"
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
        "pid": os.getpid(),
        "pipeline": options.entry,
        "script": options.record_as,
    }
