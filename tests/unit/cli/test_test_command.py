"""``harnlite test``: which pipelines run, what is reported, in which forms."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.command_line import InProcess

SCRIPT = """
fn double(x) { return x * 2 }
pipeline test_double() {
  println("checking")
  assert_eq(double(2), 4)
}
pipeline test_wrong() {
  println("before <&>")
  assert_eq(double(2), 5)
}
@test
pipeline marked() { tool_hooks_emit_audit("k", 1) }
pipeline test_fresh() { assert_eq(len(pipeline_lifecycle_audit_log_snapshot()), 0) }
pipeline default() { throw "not a test" }
"""


@pytest.fixture
def command_line() -> InProcess:
    """Inside this process, so that coverage sees the command."""
    return InProcess()


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A folder with one script of tests."""
    (tmp_path / "some.harn").write_text(SCRIPT, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("tier", ["fast", "interpreter"])
def test_report(script: Path, command_line: InProcess, tier: str) -> None:
    """A line a test, the output and the report of failing ones, a count, exit code 1."""
    done = command_line.run(["test", "--tier", tier, "."], cwd=script, home=script)
    assert done.code == 1
    assert [line.split()[:2] for line in done.out.splitlines() if line.startswith(("  PASS", "  FAIL"))] == [
        ["PASS", "test_double"],
        ["FAIL", "test_wrong"],
        ["PASS", "marked"],
        ["PASS", "test_fresh"],
    ]
    assert "before <&>" in done.out
    assert "checking" not in done.out
    assert "Assertion failed: expected 5, got 4" in done.out
    assert "3 passed, 1 failed, 4 total" in done.out


def test_filter_and_verbose(script: Path, command_line: InProcess) -> None:
    """Only what matches runs; -v shows the output of passing tests too."""
    done = command_line.run(["test", "--filter", "double", "-v", "some.harn"], cwd=script, home=script)
    assert done.code == 0
    assert "checking" in done.out
    assert "1 passed, 0 failed, 1 total" in done.out


def test_json_and_junit(script: Path, command_line: InProcess) -> None:
    """Both forms say the same as the text."""
    done = command_line.run(["test", "--json", "--junit", "out.xml", "."], cwd=script, home=script)
    data = json.loads(done.out)
    assert (data["passed"], data["failed"]) == (3, 1)
    assert [test["name"] for test in data["tests"] if not test["passed"]] == ["test_wrong"]
    suite = ElementTree.parse(script / "out.xml").getroot()
    assert suite.attrib["tests"] == "4"
    assert [case.attrib["name"] for case in suite if case.find("failure") is not None] == ["test_wrong"]


def test_a_test_that_never_ends_is_stopped(script: Path, command_line: InProcess) -> None:
    """--timeout is in milliseconds."""
    (script / "endless.harn").write_text("pipeline test_endless() { while true { } }", encoding="utf-8")
    done = command_line.run(["test", "--timeout", "200", "endless.harn"], cwd=script, home=script)
    assert done.code == 1
    assert "0 passed, 1 failed" in done.out


def test_a_script_that_does_not_parse_fails(script: Path, command_line: InProcess) -> None:
    """Its diagnostics are shown, the other files still run."""
    (script / "broken.harn").write_text("pipeline test_x( {", encoding="utf-8")
    done = command_line.run(["test", "."], cwd=script, home=script)
    assert done.code == 1
    assert "HARN-PAR" in done.err
    assert "3 passed, 2 failed, 5 total" in done.out


def test_a_script_that_is_refused_fails_once(script: Path, command_line: InProcess) -> None:
    """Not by each of its tests; one without tests is not looked at."""
    (script / "refused.harn").write_text(
        "pipeline test_x() { nope() }\npipeline test_y() { assert(true) }", encoding="utf-8"
    )
    (script / "no_tests.harn").write_text("nope()", encoding="utf-8")
    done = command_line.run(["test", "--junit", "out.xml", "."], cwd=script, home=script)
    assert done.code == 1
    assert done.err.count("HARN-NAM-002") == 1
    assert "  FAIL  (file) [./refused.harn]\n" in done.out
    assert "3 passed, 2 failed, 5 total" in done.out
    failure = ElementTree.parse(script / "out.xml").getroot().find("testcase[@name='(file)']/failure")
    assert failure is not None
    assert "refused.harn:1:21" in (failure.text or "")


def test_a_returned_err_is_a_failure(script: Path, command_line: InProcess) -> None:
    """As in a run, whose exit code would be 1; any other value is none."""
    (script / "values.harn").write_text(
        'pipeline test_err() { return Err("no stock") }\npipeline test_ok() { return Ok(1) }\npipeline test_5() { 5 }',
        encoding="utf-8",
    )
    done = command_line.run(["test", "values.harn"], cwd=script, home=script)
    assert done.code == 1
    assert "returned Err: no stock" in done.out
    assert "2 passed, 1 failed, 3 total" in done.out


def test_no_test_is_wrong_usage_in_every_form(script: Path, command_line: InProcess) -> None:
    """A filter that matches nothing must not look like success."""
    for more in ([], ["--json"]):
        done = command_line.run(["test", "--filter", "nothing", *more, "."], cwd=script, home=script)
        assert done.code == 2
        assert "there is no test to run" in done.err
        assert bool(done.out) == bool(more)
