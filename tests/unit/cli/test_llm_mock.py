"""``harnlite run --llm-mock`` and ``--llm-mock-record``; the model that ``harnlite test`` uses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command_line import InProcess

SCRIPT = """
pipeline default() {
  llm_mock({text: "never used"})
  println(llm_call("hello there", nil, {provider: "some"}).text)
  println(unwrap_err(try { llm_call("again", nil, {provider: "mock"}) }).category)
  println(llm_call("*star [x]", nil, {provider: "mock", llm_retries: 1}).tool_calls)
}
"""

FIXTURES = """
{"match": "*hello*", "text": "from the file"}
{"error": {"category": "overloaded", "message": "busy"}}
{"text": "next", "tool_calls": [{"name": "t", "arguments": {"a": 1}}]}
"""

OUTPUT = "from the file\noverloaded\n[{arguments: {a: 1}, id: mock_call_1, name: t, type: tool_call}]\n"


@pytest.fixture
def command_line() -> InProcess:
    """Inside this process, so that coverage sees the command."""
    return InProcess()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a script and a file of fixtures."""
    (tmp_path / "s.harn").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "f.jsonl").write_text(FIXTURES, encoding="utf-8")
    return tmp_path


def test_a_recording_can_be_replayed(folder: Path, command_line: InProcess) -> None:
    """Fixtures answer every provider; what was recorded gives the same run again."""
    first = command_line.run(["run", "--llm-mock", "f.jsonl", "--llm-mock-record", "r.jsonl", "s.harn"], folder, folder)
    assert (first.out, first.err, first.code) == (OUTPUT, "", 0)
    recorded = [json.loads(line) for line in (folder / "r.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [entry["match"] for entry in recorded] == ["hello there\nuser", "again\nuser", "*star [x]\nuser"]
    again = command_line.run(["run", "--llm-mock", "r.jsonl", "s.harn"], folder, folder)
    assert (again.out, again.err, again.code) == (OUTPUT, "", 0)


def test_a_call_without_a_fixture_fails(folder: Path, command_line: InProcess) -> None:
    """The text names the prompt; what was answered before is recorded all the same."""
    (folder / "one.jsonl").write_text('{"match": "*hello*", "text": "only this", "consume_match": true}\n', "utf-8")
    (folder / "t.harn").write_text(
        'println(llm_call("hello", nil, {}).text)\nprintln(llm_call("hello", nil, {}).text)\n', encoding="utf-8"
    )
    done = command_line.run(["run", "--llm-mock", "one.jsonl", "--llm-mock-record", "r", "t.harn"], folder, folder)
    assert (done.out, done.code) == ("only this\n", 1)
    assert 'No --llm-mock fixture matched prompt: "hello"' in done.err
    assert len((folder / "r").read_text(encoding="utf-8").splitlines()) == 2


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--llm-mock", "nope.jsonl"], "cannot read nope.jsonl: no such file"),
        (["--llm-mock", "s.harn"], "cannot use s.harn: --llm-mock: line 2:"),
        (["--llm-mock-record", "nope/r.jsonl"], "cannot write nope/r.jsonl"),
    ],
)
def test_bad_files(folder: Path, command_line: InProcess, options: list[str], text: str) -> None:
    """One line says what is wrong with the file; the script does not run."""
    done = command_line.run(["run", *options, "s.harn"], folder, folder)
    assert (done.out, done.code) == ("", 1)
    assert text in done.err


def test_tests_use_the_mock_model(tmp_path: Path, command_line: InProcess) -> None:
    """``harnlite test`` names the mock as the default provider and forbids real ones."""
    (tmp_path / "t.harn").write_text(
        """
pipeline test_model() {
  assert_eq(llm_call("one two").text, "Mock response to 2-word prompt: one two")
  assert_eq(env("HARN_LLM_CALLS_DISABLED"), "1")
}
""",
        encoding="utf-8",
    )
    done = command_line.run(["test", "t.harn"], tmp_path, tmp_path)
    assert done.code == 0, done.out
