"""``harnlite run --resume AGENT [-- INPUT]``: let an agent go on that an earlier run left suspended.

A script of a few lines does it, so everything that a run has, options and finish included, is there
(docs/reference/runtime.md 4.4, 4.5 and 10.1).
"""

from __future__ import annotations

from harnlite.source import Source

__all__ = ["resume_source"]

_SCRIPT = """\
import { resume_agent, wait_agent } from "std/agents"

pipeline resume() {
  let input = if len(argv) > 1 { join(argv.slice(1), " ") } else { nil }
  let begun = try { resume_agent(argv[0], input) }
  if is_err(begun) { return begun }
  let agent = wait_agent(unwrap(begun))
  if agent.error != nil { return Err("agent ${agent.id} has ${agent.status}: ${agent.error}") }
  println(agent.result?.visible_text ?? "")
  if agent.status != "completed" { eprintln("agent ${agent.id} is ${agent.status}: ${agent.suspension?.reason}") }
}
"""


def resume_source() -> Source:
    """Give the script; its first argument is the agent's id or snapshot file, the others are the input."""
    return Source("<resume>", _SCRIPT)
