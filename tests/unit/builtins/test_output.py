"""Output, input, logging, tracing: builtins.md 4 and 14.2, more.md 4."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from harnlite.builtins.tracing import Tracing
from harnlite.engine import RunOptions, run_source
from harnlite.source import Source
from harnlite.testing import SimulatedHost
from harnlite.values.errors import ExitRequest
from harnlite.values.types import Duration
from tests.scripts import run_script
from tests.unit.builtins.library_fixture import Library


@pytest.mark.parametrize(
    ("name", "arguments", "written"),
    [
        ("print", ([1, "a"], "ignored"), "[1, a]"),
        ("print", (), ""),
        ("println", ("a", "b"), "a\n"),
        ("println", (), "\n"),
        ("println", (None,), "nil\n"),
        ("log", (1.0,), "[harn] 1.0\n"),
        ("progress", ("p", "m"), "[p] m\n"),
        ("progress", ("p", "m", 3), "[p] m (3%)\n"),
        ("progress", ("p", "m", 3, 5), "[p] m (3/5)\n"),
        ("progress", ("b", "m", {"mode": "bar", "current": 3, "total": 5}), "[b] [######----] m (3/5)\n"),
        ("progress", ("b", "m", {"mode": "bar", "current": 1, "total": 0}), "[b] [----------] m (1/0)\n"),
        ("progress", ("b", "m", {"mode": "bar", "current": 9, "total": 3, "width": 1}), "[b] [###] m (9/3)\n"),
        ("progress", ("s", "m", {"mode": "spinner", "step": 5}), "[s] / m\n"),
    ],
)
def test_output(name: str, arguments: tuple[Any, ...], written: str) -> None:
    library = Library()
    assert library.run(name, *arguments) is None
    assert library.host.output == written


def test_standard_error_and_its_capture() -> None:
    library = Library()
    library.run("eprintln", "direct")
    library.run("capture_stderr_start")
    library.run("eprint", "a")
    library.run("eprintln", [1])
    assert library.run("capture_stderr_take") == "a[1]\n"
    assert library.run("capture_stderr_take") == ""
    assert library.host.errors == "direct\n"


def test_log_lines() -> None:
    library = Library(start_ms=1_705_314_600_123)
    library.run("log_info", "m", {"z": 1.0, "a": [1], "b": None, "c": "q", "d": True, "e": Duration(5)})
    assert library.host.output == (
        '{"ts":"2024-01-15T10:30:00.123Z","level":"info","msg":"m","a":"[1]","b":null,"c":"q","d":true,"e":"5ms","z":1}\n'
    )


def test_log_level() -> None:
    library = Library()
    library.run("log_set_level", "warn")
    for level in ("debug", "info", "warn", "error"):
        library.run(f"log_{level}", level)
    written = [json.loads(line)["level"] for line in library.host.output.splitlines()]
    assert written == ["warn", "error"]
    expected = "!! log_set_level: invalid level 'bad'. Expected debug, info, warn, or error"
    assert library.show("log_set_level", "bad") == expected


def test_log_json() -> None:
    library = Library(start_ms=0)
    library.run("log_json", "k", 1.5)
    assert library.host.output == '{"ts":"1970-01-01T00:00:00.000Z","key":"k","value":1.5}\n'


@pytest.mark.parametrize(
    ("mode", "environment", "is_tty", "expected"),
    [
        ("auto", {}, False, "x"),
        ("auto", {}, True, "\x1b[31mx\x1b[0m"),
        ("auto", {"NO_COLOR": ""}, True, "x"),
        ("auto", {"FORCE_COLOR": "1"}, False, "\x1b[31mx\x1b[0m"),
        ("always", {"NO_COLOR": "1"}, False, "\x1b[31mx\x1b[0m"),
        ("never", {"FORCE_COLOR": "1"}, True, "x"),
    ],
)
def test_colors(mode: str, environment: dict[str, str], is_tty: bool, expected: str) -> None:
    library = Library(environment=environment)
    library.run("mock_tty", "stdout", is_tty)
    library.run("set_color_mode", mode)
    assert library.run("color", "x", "red") == expected


def test_color_names_and_modes() -> None:
    library = Library()
    library.run("set_color_mode", "always")
    assert library.run("color", "x", "bright_black") == "\x1b[90mx\x1b[0m"
    assert library.run("color", "x", "grey") == "\x1b[90mx\x1b[0m"
    assert library.run("color", "x", "nope") == "x"
    assert library.run("bold", 1) == "\x1b[1m1\x1b[0m"
    assert library.run("dim", 1) == "\x1b[2m1\x1b[0m"
    expected = "!! set_color_mode: invalid mode 'bad'. Expected 'auto', 'always', or 'never'."
    assert library.show("set_color_mode", "bad") == expected


def test_input() -> None:
    library = Library(input_text="one\ntwo\nrest\nof it")
    assert library.run("read_line") == "one"
    assert library.run("prompt_user", "? ") == "two"
    assert library.host.output == "? "
    assert library.run("read_stdin") == "rest\nof it"
    assert library.run("read_line") is None
    assert library.run("read_stdin") == ""
    assert library.run("prompt_user") == ""


def test_mocked_input() -> None:
    library = Library(input_text="real\n")
    library.run("mock_stdin", "l1\r\nl2")
    assert [library.run("read_line") for _ in range(3)] == ["l1", "l2", None]
    library.run("mock_stdin", "all\ntext")
    assert library.run("read_stdin") == "all\ntext"
    assert library.run("read_line") is None
    library.run("unmock_stdin")
    assert library.run("read_line") == "real"


def test_mocked_terminals() -> None:
    library = Library()
    library.run("mock_tty", "stderr", True)
    assert library.run("is_stderr_tty") is True
    library.run("unmock_tty")
    assert library.run("is_stdin_tty") in (True, False)
    assert library.show("mock_tty", "screen", True).startswith("!! mock_tty: unknown stream 'screen'")


def test_exit_ends_the_run() -> None:
    with pytest.raises(ExitRequest) as caught:
        Library().run("exit", 3)
    assert caught.value.code == 3
    with pytest.raises(ExitRequest) as caught:
        Library().run("exit")
    assert caught.value.code == 0


def test_timers() -> None:
    library = Library(start_ms=1000)
    timer = library.run("timer_start", "work")
    assert timer == {"name": "work", "start_ms": 1000}
    library.host.advance(250)
    assert library.run("timer_end", timer) == 250
    assert library.host.output == "[timer] work: 250ms\n"
    assert library.run("timer_start")["name"] == "default"
    assert library.show("timer_end", 5) == "!! timer_end: argument must be a timer dict from timer_start"


def test_lines_of_timers_come_after_all_other_output(tmp_path: Path) -> None:
    run = run_script(tmp_path, 'let ms = timer_end(timer_start("a"))\nprintln("b ${ms >= 0}")')
    first, second = run.lines
    assert first == "b true"
    assert second.startswith("[timer] a: ")


def test_traces_name_log_lines() -> None:
    library = Library()
    assert library.run("trace_id") is None
    outer = library.run("trace_start", "a")
    inner = library.run("trace_start", "b")
    assert library.run("trace_id") == outer["trace_id"] == inner["trace_id"]
    library.run("log_info", "m")
    line = json.loads(library.host.output)
    assert (line["trace_id"], line["span_id"]) == (inner["trace_id"], inner["span_id"])
    library.run("trace_end", inner)
    library.run("trace_end", outer)
    assert library.run("trace_id") is None
    assert json.loads(library.host.output.splitlines()[-1])["duration_ms"] == 0


def test_spans() -> None:
    library = Library()
    tracing = library.vm.service(Tracing)
    assert tracing.begin("fn_call", "off") is None
    tracing.end(None)
    assert library.run("trace_summary") == "No spans recorded."
    library.run("enable_tracing")
    outer = tracing.begin("parallel", "outer")
    library.host.advance(5)
    inner = tracing.begin("fn_call", "inner", {"k": 1})
    library.host.advance(7)
    tracing.end(inner)
    tracing.end(outer)
    assert outer is not None
    first, second = library.run("trace_spans")
    assert (first["name"], first["parent_id"], first["duration_ms"], first["start_ms"]) == (
        "inner",
        outer.span_id,
        7,
        5,
    )
    assert first["metadata"] == {"k": 1}
    assert "links" not in first
    assert "metadata" not in second
    assert len(second["trace_id"]) == 42
    assert library.run("trace_summary") == ("Trace: 2 spans, 12ms total\n\nparallel outer 12ms\n  fn_call inner 7ms")
    library.run("enable_tracing", False)
    assert tracing.begin("fn_call", "off") is None
    assert len(library.run("trace_spans")) == 2
    library.run("enable_tracing", True)
    assert library.run("trace_spans") == []


def test_other_tasks_go_on_while_a_line_is_awaited() -> None:
    """The line only comes after another task has written something."""
    written = threading.Event()

    class Patient(SimulatedHost):
        def read_line(self) -> str | None:
            return "in time" if written.wait(10) else "too late"

    host = Patient()
    collect = host.write_out

    def write_out(text: str) -> None:
        collect(text)
        written.set()

    host.write_out = write_out
    text = """
pipeline default(task) {
  let other = spawn { println("other") }
  println(read_line())
  await(other)
}
"""
    run_source(Source("main.harn", text), None, RunOptions(use_cache=False, event_log="memory"), host=host)
    assert host.output == "other\nin time\n"


def test_parallel_and_spawn_are_spans() -> None:
    host = SimulatedHost()
    text = """
pipeline default(task) {
  enable_tracing()
  parallel each [1, 2] { x ->
    await(spawn { x })
  }
  for s in trace_spans() { println([s.kind, s.name, s.parent_id]) }
}
"""
    run_source(Source("main.harn", text), None, RunOptions(use_cache=False, event_log="memory"), host=host)
    assert host.output == "[spawn, spawn, 1]\n[spawn, spawn, 1]\n[parallel, parallel, nil]\n"
