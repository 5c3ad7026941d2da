"""The commands that look at scripts: check, fmt, dis, tokens, parse, explain, bench, version, help; and the forms of run."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from harnlite import __version__
from harnlite.cli import COMMANDS, main, repl
from harnlite.diagnostics import CODES
from harnlite.engine import Outcome
from harnlite.source import Source

GOOD = """fn double(x: int) -> int {
  return x * 2
}

println(double(4))
"""
UGLY = "let   a=1 // one\nprintln( a )\n"
PRETTY = "let a = 1 // one\nprintln(a)\n"
BROKEN = "let = 1\n"
WARNS = "println(nowhere)\n"


@pytest.fixture(autouse=True)
def _folder(own_folder: Path) -> None:
    for name, text in (("good", GOOD), ("ugly", UGLY), ("broken", BROKEN), ("warns", WARNS)):
        Path(f"{name}.harn").write_text(text, encoding="utf-8")
    Path("below/.hidden").mkdir(parents=True)
    Path("below/deep.harn").write_text(GOOD, encoding="utf-8")
    Path("below/.hidden/x.harn").write_text(BROKEN, encoding="utf-8")
    Path("below/notes.txt").write_text(BROKEN, encoding="utf-8")


class Shown:
    """What a command line left: exit code, standard output and standard error."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *argv: str) -> None:
        capsys.readouterr()
        self.code = main(argv)
        self.out, self.err = capsys.readouterr()

    @property
    def json(self) -> Any:
        """Standard output as one JSON document."""
        return json.loads(self.out)


def test_check(capsys: pytest.CaptureFixture[str]) -> None:
    shown = Shown(capsys, "check", "good.harn", "warns.harn")
    assert (shown.code, shown.out) == (0, "good.harn: ok\nwarns.harn: ok\n")
    assert "warning[HARN-NAM-001]: variable `nowhere` is not defined here\n  --> warns.harn:1:9\n" in shown.err
    assert Shown(capsys, "check", "--strict", "good.harn").code == 0
    assert Shown(capsys, "check", "--strict", "warns.harn").code == 1
    shown = Shown(capsys, "check", "below", "broken.harn", "missing.harn")
    assert (shown.code, shown.out) == (1, "below/deep.harn: ok\n")
    assert "error[HARN-PAR-001]" in shown.err
    assert "error[HARN-CLI-001]: cannot read missing.harn: no such file\n" in shown.err


def test_check_finds_what_is_wrong_behind_imports(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("main.harn").write_text('import { a } from "./below/first"\na()\n', encoding="utf-8")
    Path("below/first.harn").write_text(
        'import { b } from "./second"\npub fn a() { return b() + 1 }\n', encoding="utf-8"
    )
    Path("below/second.harn").write_text("pub fn b() { return 1 / }\n", encoding="utf-8")
    shown = Shown(capsys, "check", "main.harn")
    assert (shown.code, shown.out) == (1, "")
    assert "error[HARN-PAR-001]: expected expression, found }\n  --> below/second.harn:1:25\n" in shown.err
    Path("below/second.harn").write_text("pub fn b() { return 1 / 0 }\n", encoding="utf-8")
    assert Shown(capsys, "check", "main.harn").code == 0
    # However often it runs, from the cache or not, the files are called the same.
    monkeypatch.delenv("HARN_BYTECODE_CACHE")
    monkeypatch.setenv("HARN_CACHE_DIR", "cache")
    for _ in range(3):
        shown = Shown(capsys, "run", "main.harn")
        assert "  --> below/second.harn:1:21\n" in shown.err
        assert "called from a at below/first.harn:2\n" in shown.err


def test_check_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    shown = Shown(capsys, "check", "--json", ".")
    assert (shown.code, shown.err) == (1, "")
    assert shown.json["ok"] is False
    assert shown.json["data"]["summary"] == {"ok": 3, "errors": 1, "warnings": 1}
    statuses = {file["path"]: file["status"] for file in shown.json["data"]["files"]}
    assert statuses == {
        "./below/deep.harn": "ok",
        "./broken.harn": "error",
        "./good.harn": "ok",
        "./ugly.harn": "ok",
        "./warns.harn": "warning",
    }
    found = next(one for file in shown.json["data"]["files"] for one in file["diagnostics"])
    assert (found["code"], found["span"]["start"]) == ("HARN-PAR-001", {"line": 1, "column": 5, "offset": 4})


def test_fmt(capsys: pytest.CaptureFixture[str]) -> None:
    shown = Shown(capsys, "fmt", "--check", "ugly.harn", "good.harn")
    assert (shown.code, shown.out, shown.err) == (1, "", "ugly.harn: HARN-FMT-002: would be reformatted\n")
    assert Path("ugly.harn").read_text(encoding="utf-8") == UGLY
    # A file that cannot be formatted keeps none of the others from it.
    shown = Shown(capsys, "fmt", "missing.harn", "broken.harn", "ugly.harn", "below")
    assert (shown.code, shown.out) == (1, "formatted ugly.harn\n")
    assert "error[HARN-CLI-001]" in shown.err
    assert "error[HARN-PAR-001]" in shown.err
    assert Path("ugly.harn").read_text(encoding="utf-8") == PRETTY
    shown = Shown(capsys, "fmt", "--check", "ugly.harn", "below")
    assert (shown.code, shown.out, shown.err) == (0, "", "")


def test_fmt_keeps_the_mode_and_follows_links(capsys: pytest.CaptureFixture[str]) -> None:
    Path("ugly.harn").chmod(0o755)
    Path("link.harn").symlink_to("ugly.harn")
    assert Shown(capsys, "fmt", "link.harn").code == 0
    assert Path("link.harn").is_symlink()
    assert Path("ugly.harn").read_text(encoding="utf-8") == PRETTY
    assert Path("ugly.harn").stat().st_mode & 0o777 == 0o755


def test_fmt_as_json_and_of_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Shown(capsys, "fmt", "--json", "ugly.harn", "good.harn")
    assert shown.json == {
        "files": [{"path": "ugly.harn", "changed": True}, {"path": "good.harn", "changed": False}],
    }
    monkeypatch.setattr(sys, "stdin", io.StringIO(UGLY))
    shown = Shown(capsys, "fmt", "-")
    assert (shown.code, shown.out) == (0, PRETTY)
    monkeypatch.setattr(sys, "stdin", io.StringIO(UGLY))
    shown = Shown(capsys, "fmt", "--check", "-")
    assert (shown.code, shown.out, shown.err) == (1, "", "-: HARN-FMT-002: would be reformatted\n")


def test_dis(capsys: pytest.CaptureFixture[str]) -> None:
    shown = Shown(capsys, "dis", "good.harn")
    assert shown.code == 0
    assert "function 1: double(x: int) -> int" in shown.out or "function 1: double" in shown.out
    assert "CALL_BUILTIN      println  1" in shown.out
    assert "     2 |   return x * 2" in shown.out or "     2 | return x * 2" in shown.out
    assert "def f1(d, s0):" in Shown(capsys, "dis", "--python", "good.harn").out
    assert len(Shown(capsys, "dis", "--json", "good.harn").json["functions"]) == 2


def test_tokens(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Shown(capsys, "tokens", "ugly.harn").out.splitlines()
    assert lines[:3] == ["1:1\tLET\t'let'", "1:7\tNAME\t'a'", "1:8\tASSIGN\t'='"]
    first = Shown(capsys, "tokens", "--json", "ugly.harn").json[0]
    assert (first["kind"], first["text"]) == ("LET", "let")
    Path("bad.harn").write_text("let a = ^", encoding="utf-8")
    shown = Shown(capsys, "tokens", "bad.harn")
    assert shown.code == 1
    assert "error[HARN-PAR-003]" in shown.err


def test_parse(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Shown(capsys, "parse", "good.harn").out.splitlines()
    assert lines[:2] == [
        "Program() 1:1",
        "  statements: FunctionDeclaration(name='double', public=False, generator=False) 1:1",
    ]
    assert Shown(capsys, "parse", "--json", "good.harn").json["node"] == "Program"
    assert Shown(capsys, "parse", "broken.harn").code == 1


def test_explain(capsys: pytest.CaptureFixture[str]) -> None:
    shown = Shown(capsys, "explain")
    assert [line.split()[0] for line in shown.out.splitlines()] == sorted(CODES)
    for name in ("HARN-PAR-001", "par-001"):
        assert Shown(capsys, "explain", name).out.startswith("HARN-PAR-001: unexpected token\n\n")
    assert Shown(capsys, "explain", "--json").json.keys() == CODES.keys()
    assert Shown(capsys, "explain", "--json", "PAR-001").json["code"] == "HARN-PAR-001"
    shown = Shown(capsys, "explain", "TYP-003")
    assert shown.out.endswith('For example:\n\n    println("count: " + 3)\n\nBetter:\n\n    println("count: ${3}")\n')
    assert Shown(capsys, "explain", "--json", "CLI-001").json["example"] is None
    assert Shown(capsys, "explain", "PAR-01").code == 2


def test_explain_a_builtin(capsys: pytest.CaptureFixture[str]) -> None:
    """A name gives the builtin and the methods called so; a wrong one a near one."""
    assert Shown(capsys, "explain", "dedup_by").out == (
        "dedup_by(items: list, callback: closure) -> list  (builtin)\n"
        "  The first item for each hash key of what the callback gives.\n"
    )
    kinds = [entry["kind"] for entry in Shown(capsys, "explain", "--json", "split").json]
    assert kinds == ["loose builtin", "method of string"]
    assert Shown(capsys, "explain", "every").out.count("(method of ") == 2
    unknown = Shown(capsys, "explain", "dedup_bi")
    assert (unknown.code, "did you mean dedup_by?" in unknown.err) == (2, True)


def test_bench(capsys: pytest.CaptureFixture[str]) -> None:
    shown = Shown(capsys, "bench", "--rounds", "2", "good.harn")
    assert [line.split()[0] for line in shown.out.splitlines()] == ["tier", "fast", "interpreter"]
    shown = Shown(capsys, "bench", "--rounds", "1", "--tiers", "interpreter", "--json", "good.harn")
    assert shown.json.keys() == {"interpreter"}
    assert shown.json["interpreter"]["rounds"] == 1
    shown = Shown(capsys, "bench", "broken.harn")
    assert (shown.code, shown.out) == (1, "")
    Path("fails.harn").write_text('throw "no"', encoding="utf-8")
    shown = Shown(capsys, "bench", "fails.harn")
    assert (shown.code, shown.out) == (1, "")
    assert "error: Thrown: no" in shown.err


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert __version__ in Shown(capsys, "--version").out
    shown = Shown(capsys, "--help")
    assert shown.code == 0
    assert all(f"\n  {name} " in shown.out for name in COMMANDS)
    assert Shown(capsys).code == 2
    for name in COMMANDS:
        shown = Shown(capsys, "help", name)
        assert (shown.code, shown.out.split()[:3]) == (0, ["usage:", "harnlite", name])


class TestRun:
    """The forms of ``harnlite run``."""

    def test_code_and_standard_input(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        assert Shown(capsys, "run", "-e", "println(argv)\n7", "--", "a", "-b").out == "[a, -b]\n"
        monkeypatch.setattr(sys, "stdin", io.StringIO(GOOD))
        shown = Shown(capsys, "run", "-")
        assert (shown.code, shown.out) == (0, "8\n")

    def test_output_comes_before_the_report(self, capfd: pytest.CaptureFixture[str]) -> None:
        assert main(["run", "-e", 'println("out")\neprintln("err")\nthrow "bad"']) == 1
        out, err = capfd.readouterr()
        assert out == "out\n"
        assert err.startswith("err\nerror: Thrown: bad\n  --> <eval>:3:1\n")

    def test_what_ended_the_run_is_told_last(self, capsys: pytest.CaptureFixture[str]) -> None:
        text = "fn f() {\n  let a = 1\n  let b = 1 / 0\n  a = 2\n}\nf()"
        shown = Shown(capsys, "run", "-e", text)
        assert [line.split("[")[0].split(":")[0] for line in shown.err.splitlines() if line[0] != " "] == [
            "warning",
            "error",
        ]

    def test_json(self, capsys: pytest.CaptureFixture[str]) -> None:
        def events(*argv: str) -> list[Any]:
            return [json.loads(line) for line in Shown(capsys, "run", "--json", *argv).out.splitlines()]

        first, second, last = events("-e", 'print("a")\neprintln("b")\n{x: [1]}')
        assert (first["data"]["event_type"], first["data"]["payload"], first["data"]["seq"]) == ("stdout", "a", 1)
        assert (second["data"]["event_type"], second["data"]["payload"]) == ("stderr", "b\n")
        assert (last["data"]["value"], last["data"]["exit_code"], last["ok"]) == ({"x": [1]}, 0, True)
        assert [one["data"]["event_type"] for one in events("--quiet", "-e", 'print("a")\n3')] == ["result"]
        assert events("-e", "exit(4)")[0]["data"]["exit_code"] == 4
        (failed,) = events("-e", 'throw "bad"')
        assert (failed["ok"], failed["error"]["code"], failed["error"]["message"]) == (False, "runtime", "Thrown: bad")
        (stopped,) = events("--fuel", "10", "-e", "while true { }")
        assert "the limit of 10 loop turns and calls is reached" in stopped["error"]["message"]
        assert events("broken.harn") == []

    @pytest.mark.parametrize(("tier", "turns"), [("fast", 3_000_000), ("interpreter", 300_000)])
    def test_profile(self, capsys: pytest.CaptureFixture[str], tier: str, turns: int) -> None:
        text = f"fn busy() {{\n  var i = 0\n  while i < {turns} {{ i += 1 }}\n  return i\n}}\nprintln(busy())\n"
        Path("busy.harn").write_text(text, encoding="utf-8")
        shown = Shown(capsys, "run", "--profile", "--tier", tier, "busy.harn")
        assert (shown.code, shown.out) == (0, f"{turns}\n")
        assert "busy (busy.harn)" in shown.err
        assert f"busy.harn:3  while i < {turns} {{ i += 1 }}" in shown.err

    @pytest.mark.parametrize(
        ("option", "value", "message"),
        [
            ("--fuel", "100", "error: the limit of 100 loop turns and calls is reached\n"),
            ("--time-limit", "0.05", "error: the time limit of 0.05 s is reached\n"),
        ],
    )
    def test_limits(self, capsys: pytest.CaptureFixture[str], option: str, value: str, message: str) -> None:
        shown = Shown(capsys, "run", option, value, "-e", "while true { }")
        assert (shown.code, shown.err) == (1, message)

    def test_denied_builtins(self, capsys: pytest.CaptureFixture[str]) -> None:
        shown = Shown(capsys, "run", "--deny", "now_ms, read_file", "-e", 'println(1)\nread_file("x")')
        assert (shown.code, shown.out) == (1, "1\n")
        assert "error: Error [tool_rejected]: Tool 'read_file' is not permitted." in shown.err
        shown = Shown(capsys, "run", "--allow", "abs", "-e", "println(now_ms())")
        assert "error: Error [tool_rejected]: Tool 'now_ms' is not permitted." in shown.err


class TestRepl:
    """``harnlite repl``, with its inputs from a pipe."""

    def session(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *lines: str) -> Shown:
        """Type the lines, then the end of the input."""
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        return Shown(capsys, "repl")

    @pytest.mark.parametrize(
        ("lines", "out"),
        [
            (["let a = 2", "a * 3", "_1 + 1"], "6\n7\n"),
            (["fn f(x) {", "  return x + 1", "}", "f(1)"], "2\n"),
            (["let xs = [", "1, 2", "]", "xs"], "[1, 2]\n"),
            (['let s = """', "a", '"""', "s"], "a\n"),
            (["/* a", "comment */ 1"], "1\n"),
            (['println("x")', 'println("y")'], "x\ny\n"),
            (["nil", "1"], "1\n"),
            (["let a = 1", ":list", ":undo", ":list", "2", ":reset", ":list"], "let a = 1\n2\n"),
            ([":nope"], "there is no command :nope; :help lists them\n"),
            (["1", ":quit", "2"], "1\n"),
            # An empty line ends an input that would go on.
            (["f(", "", "3"], "3\n"),
        ],
    )
    def test_session(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, lines: list[str], out: str
    ) -> None:
        shown = self.session(capsys, monkeypatch, *lines)
        assert (shown.code, shown.out) == (0, out)

    def test_what_fails_is_not_kept(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        lines = ["let a = 1", "a / 0", 'let b = "x', "nowhere", "let a = 2", "a", 'Err("e")']
        shown = self.session(capsys, monkeypatch, *lines)
        assert (shown.code, shown.out) == (0, "1\nResult.Err(e)\n")
        for part in ("Division by zero", "HARN-PAR-004", "Undefined variable: nowhere", "Cannot redeclare"):
            assert shown.err.count(part) == 1

    def test_exit_leaves(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        shown = self.session(capsys, monkeypatch, 'println("x")', "exit(4)", 'println("never")')
        assert (shown.code, shown.out) == (4, "x\n")

    def test_an_interrupted_input_is_no_part_of_the_session(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = repl.run_source

        def interrupted_by(source: Source, *rest: Any, **options: Any) -> Outcome:
            if "true" in source.text:
                raise KeyboardInterrupt
            return real(source, *rest, **options)

        monkeypatch.setattr(repl, "run_source", interrupted_by)
        shown = self.session(capsys, monkeypatch, "let a = 1", "while true { }", "a", ":list")
        assert (shown.code, shown.out.splitlines()[:3]) == (0, ["", "interrupted", "1"])
        assert "while" not in shown.out

    def test_help(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        assert ":undo" in self.session(capsys, monkeypatch, ":help").out


@pytest.mark.parametrize(
    ("terminal", "environment", "coloured"),
    [
        (True, {"TERM": "xterm"}, True),
        (True, {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (True, {"TERM": "dumb"}, False),
        (False, {"TERM": "xterm"}, False),
    ],
)
def test_colour_is_for_terminals_that_can(
    terminal: bool, environment: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stream(io.StringIO):
        def isatty(self) -> bool:
            return terminal

    for name in ("TERM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stream = Stream()
    monkeypatch.setattr(sys, "stderr", stream)
    assert main(["check", "broken.harn"]) == 1
    assert ("\x1b[" in stream.getvalue()) == coloured
