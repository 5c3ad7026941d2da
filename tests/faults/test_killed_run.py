"""A whole run killed without warning: what it had emitted is in the log, whole, and the next run goes on from there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

EMITTER = """
pipeline main(task) {
  event_log.emit("trigger.inbox.envelopes", "event_ingested", {event: {id: "left-over"}})
  for i in 1 to 100000 {
    println(event_log.emit("work", "step", {i: i}))
  }
}
"""

SUCCESSOR = """
pipeline main(task) {
  pipeline_on_finish({ h, v ->
    println(h.unsettled_state().queued_triggers.map({ t -> t.event_id }))
    println(event_log.emit("work", "step") == v + 1)
    0
  })
  event_log.latest("work")
}
"""


def harnlite(*arguments: str, folder: Path) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HARN")}
    command = [sys.executable, "-m", "harnlite", *arguments]
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_killed_run(tmp_path: Path) -> None:
    (tmp_path / "emitter.harn").write_text(EMITTER)
    (tmp_path / "successor.harn").write_text(SUCCESSOR)
    emitter = harnlite("run", "emitter.harn", folder=tmp_path)
    assert emitter.stdout is not None
    acknowledged = [int(emitter.stdout.readline()) for _ in range(100)]
    emitter.send_signal(signal.SIGKILL)
    whole_lines = emitter.stdout.read().split("\n")[:-1]
    acknowledged += [int(line) for line in whole_lines]
    emitter.wait()
    assert acknowledged == list(range(1, len(acknowledged) + 1))

    verify = harnlite("events", "verify", folder=tmp_path)
    assert verify.communicate() == ("2 topics, 0 faults\n", None)
    assert verify.returncode == 0
    listing, _ = harnlite("events", "ls", folder=tmp_path).communicate()
    stored = int(listing.splitlines()[1].split()[1])
    assert stored >= len(acknowledged)
    successor = harnlite("run", "successor.harn", folder=tmp_path)
    assert successor.communicate()[0] == "[left-over]\ntrue\n"
    assert successor.returncode == 0
