"""``harnlite run --resume``: an agent goes on in a later run (docs/reference/runtime.md 4.5 and 10.1)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command_line import CommandLine

PARKING = """
import { agent_loop } from "std/agent/loop"

pipeline main() {
  llm_mock({tool_calls: [{name: "agent_await_resumption", arguments: {reason: "needs a human"}}]})
  println(agent_loop("book a table", nil, {provider: "mock"}).handle.id)
}
"""

PARK_AGAIN = {"tool_calls": [{"name": "agent_await_resumption", "arguments": {"reason": "for how many?"}}]}


@pytest.fixture
def agent(tmp_path: Path, command_line: CommandLine) -> str:
    """The id of an agent that an earlier run in the folder left suspended."""
    (tmp_path / "park.harn").write_text(PARKING, encoding="utf-8")
    return command_line.run(["run", "park.harn"], tmp_path, tmp_path).out.strip()


def answers(folder: Path, *replies: object) -> list[str]:
    """Give the options that make a run's model answer so."""
    (folder / "replies.jsonl").write_text("".join(json.dumps(reply) + "\n" for reply in replies), encoding="utf-8")
    return ["--llm-mock", "replies.jsonl"]


def test_an_agent_goes_on(tmp_path: Path, command_line: CommandLine, agent: str) -> None:
    """By id it parks once more, by its file it ends; the words after ``--`` are its next task."""
    options = answers(tmp_path, {**PARK_AGAIN, "match": "*at eight*"})
    done = command_line.run(["run", "--resume", agent, *options, "--", "at", "eight"], tmp_path, tmp_path)
    assert (done.out, done.err, done.code) == ("\n", f"agent {agent} is suspended: for how many?\n", 0)
    file = f".harn/workers/{agent}.json"
    done = command_line.run(["run", "--resume", file, *answers(tmp_path, {"text": "booked"})], tmp_path, tmp_path)
    assert (done.out, done.err, done.code) == ("booked\n", "", 0)
    snapshot = json.loads((tmp_path / file).read_text(encoding="utf-8"))
    assert (snapshot["status"], snapshot["history"]) == ("completed", ["book a table", "at eight", "at eight"])


def test_an_agent_that_fails(tmp_path: Path, command_line: CommandLine, agent: str) -> None:
    options = answers(tmp_path, {"error": {"category": "auth", "message": "no key"}})
    done = command_line.run(["run", "--resume", agent, *options], tmp_path, tmp_path)
    assert (done.out, done.code) == ("", 1)
    assert done.err.startswith(f"agent {agent} has failed: ")
    assert "no key" in done.err


def test_agents_that_cannot_go_on(tmp_path: Path, command_line: CommandLine, agent: str) -> None:
    command_line.run(["run", "--resume", agent, *answers(tmp_path, {"text": "booked"})], tmp_path, tmp_path)
    for handle, text in ((agent, "HARN-SUS-003"), ("nobody", "HARN-SUS-004"), ("nowhere.json", "HARN-SUS-004")):
        done = command_line.run(["run", "--resume", handle], tmp_path, tmp_path)
        assert (done.out, done.code) == ("", 1)
        assert done.err.startswith(f"Runtime error: {text}: resume_agent: ")
    done = command_line.run(["run", "--resume", agent, "park.harn"], tmp_path, tmp_path)
    assert (done.err.splitlines()[0], done.code) == (
        "error[HARN-CLI-002]: give either a file or -e CODE or --resume AGENT",
        2,
    )
