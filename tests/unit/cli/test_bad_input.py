"""Bad input gives a diagnostic and the right exit code, never a Python traceback, never a hang."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command_line import CommandLine, clean_environment

PROGRAMS = [
    ("empty", "", 0, ""),
    ("only a comment", "// nothing", 0, ""),
    ("a million brackets", "(" * 1_000_000, 1, "HARN-PAR-006"),
    ("unterminated string", 'let a = "x', 1, "HARN-PAR-004"),
    ("unterminated triple string", 'let a = """x\n', 1, "HARN-PAR-004"),
    ("unterminated comment", "/* x", 1, "HARN-PAR-005"),
    ("unterminated block", "fn f() {", 1, "HARN-PAR-002"),
    ("unterminated list", "let a = [1, 2", 1, "HARN-PAR-002"),
    ("unterminated call", "println(1", 1, "HARN-PAR-002"),
    ("unterminated interpolation", 'println("${1 ', 1, "error[HARN-PAR"),
    ("single quotes", "println('x')", 1, "HARN-PAR-003"),
    ("control character", "let a = \x00 1", 1, "HARN-PAR-003"),
    ("unknown std module", 'import "std/nope"', 1, "Unknown stdlib module: std/nope"),
    ("missing module", 'import "./nope"', 1, "Import error: cannot read '././nope.harn'"),
    ("unknown name of a module", 'import { nope } from "std/math"', 1, "'nope' is not defined in <stdlib>/math.harn"),
    ("endless recursion", "fn f(n) { return 1 + f(n) }\nf(1)", 1, "Stack overflow: too many nested calls"),
    ("endless mutual calls", "fn f(n) { return [n].map(g) }\nfn g(n) { return f(n) + 1 }\nf(1)", 1, "Stack overflow"),
    ("callback of wrong arity", "println([1].map({ a, b -> a }))", 1, "'<closure>' expects 2 arguments, got 1"),
    ("huge repetition", 'println("a" * 9223372036854775807)', 1, "too long"),
    ("huge list", "println((1 to 9223372036854775807).to_list())", 1, "items is too large"),
    ("huge padding", 'println("a".pad_left(9223372036854775807))', 1, "error"),
    ("catastrophic pattern", 'println(regex_match("(a|a)*$", "' + "a" * 40 + 'b"))', 1, "the pattern took longer than"),
    ("break outside a loop", "break", 1, "break outside of loop"),
    ("deadlock", 'let c = channel("c")\nreceive(c)', 1, "deadlock"),
    ("lone surrogate", 'println(json_parse("\\"\\\\ud800\\""))', None, ""),
]  # fmt: skip


@pytest.mark.parametrize("tier", ["fast", "interpreter"])
@pytest.mark.parametrize(("text", "code", "piece"), [row[1:] for row in PROGRAMS], ids=[row[0] for row in PROGRAMS])
def test_program(text: str, code: int | None, piece: str, tier: str, tmp_path: Path, command_line: CommandLine) -> None:
    """The program ends with this code and says this."""
    (tmp_path / "bad.harn").write_text(text, encoding="utf-8")
    done = command_line.run(["run", "--tier", tier, "bad.harn"], cwd=tmp_path, home=tmp_path, timeout=20)
    assert done.code == code if code is not None else done.code in (0, 1), done.err
    assert piece in done.err
    assert "Traceback" not in done.err
    assert "harnlite itself failed" not in done.err


@pytest.mark.parametrize(
    ("argv", "code", "piece"),
    [
        (["run", "missing.harn"], 1, "no such file"),
        (["run", "mian.harn"], 1, "did you mean `main.harn`?"),
        (["run", "."], 1, "it is a directory"),
        (["run", "latin.harn"], 1, "not UTF-8 text (byte 0xe9 in line 2)"),
        (["run"], 2, "give either a file or -e CODE"),
        (["run", "main.harn", "-e", "1"], 2, "give either a file or -e CODE"),
        (["run", "--nope", "main.harn"], 2, "unrecognized arguments: --nope"),
        (["rnu", "main.harn"], 2, "did you mean `harnlite run`?"),
        (["main.harn"], 2, "did you mean `harnlite run main.harn`?"),
        (["explain", "HARN-PAR-009"], 2, "did you mean HARN-PAR-00"),
        (["fmt", "missing.harn"], 1, "no such file"),
        (["test", "main.harn"], 2, "there is no test to run"),
        (["dis", "broken.harn"], 1, "HARN-PAR-001"),
        (["run", "main.harn", "extra"], 2, "follow `--`: harnlite run FILE -- ARGUMENTS"),
        (["run", "main.harn", "--fuel", "0"], 2, "argument --fuel: takes a whole number from 1, not 0"),
        (["run", "main.harn", "--time-limit", "-1"], 2, "takes a number of seconds above 0, not -1"),
        (["run", "main.harn", "--time-limit", "soon"], 2, "takes a number of seconds above 0, not soon"),
        (["run", "main.harn", "--deny", "printn"], 2, "did you mean `print`?"),
        (["run", "main.harn", "--allow", "len, qqqqqqqq"], 2, "there is no builtin `qqqqqqqq`"),
        (["bench", "main.harn", "--rounds", "0"], 2, "takes a whole number from 1"),
        (["test", "main.harn", "--timeout", "-5"], 2, "takes a whole number from 1"),
        (["help", "rnu"], 2, "did you mean `harnlite run`?"),
        (["run", "--event-log", "nope:x", "main.harn"], 2, "--event-log takes memory or sqlite:PATH, not nope:x"),
    ],
)
def test_command_line(argv: list[str], code: int | None, piece: str, tmp_path: Path, command_line: CommandLine) -> None:
    """Wrong usage and unreadable files are told in one line with a hint."""
    (tmp_path / "main.harn").write_text('harness.emit_audit("k", 1)', encoding="utf-8")
    (tmp_path / "broken.harn").write_text("let = 1", encoding="utf-8")
    (tmp_path / "latin.harn").write_bytes(b'// a\nlet a = "\xe9"\n')
    done = command_line.run(argv, cwd=tmp_path, home=tmp_path)
    assert done.code == code if code is not None else done.code in (1, 2), done.err
    assert piece in done.err
    assert "Traceback" not in done.err


def test_a_value_nested_100_000_deep_prints_and_compares(tmp_path: Path, command_line: CommandLine) -> None:
    """Neither display nor equality recurse."""
    text = (
        "var x = []\nvar y = []\nfor i in 1 to 100000 { x = [x]\ny = [y] }\nprintln(x == y)\nprintln(len(to_string(x)))"
    )
    (tmp_path / "deep.harn").write_text(text, encoding="utf-8")
    done = command_line.run(["run", "deep.harn"], cwd=tmp_path, home=tmp_path)
    assert done.out == "true\n200002\n"
    assert done.code == 0


def test_an_expression_of_10_000_terms_works(tmp_path: Path, command_line: CommandLine) -> None:
    """Left-deep chains are no nesting."""
    (tmp_path / "chain.harn").write_text("println(" + "+".join(["1"] * 10_000) + ")", encoding="utf-8")
    assert command_line.run(["run", "chain.harn"], cwd=tmp_path, home=tmp_path).out == "10000\n"


def test_cyclic_imports_are_bound_late(tmp_path: Path, command_line: CommandLine) -> None:
    """Two modules may call each other."""
    (tmp_path / "even.harn").write_text(
        'import "./odd"\npub fn is_even(n) { if n == 0 { return true }\nreturn is_odd(n - 1) }', encoding="utf-8"
    )
    (tmp_path / "odd.harn").write_text(
        'import "./even"\npub fn is_odd(n) { if n == 0 { return false }\nreturn is_even(n - 1) }', encoding="utf-8"
    )
    (tmp_path / "main.harn").write_text('import "./even"\nprintln(is_even(10))', encoding="utf-8")
    assert command_line.run(["run", "main.harn"], cwd=tmp_path, home=tmp_path).out == "true\n"


#: ``python -m harnlite`` that hears Ctrl-C even where the shell ignores it for what runs in its background.
_MAIN = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("harnlite", run_name="__main__", alter_sys=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals and full devices are POSIX")
class TestProcesses:
    """What needs a real process."""

    @pytest.fixture(autouse=True)
    def _leave_nothing_running(self) -> Iterator[None]:
        """End what a failed test has started."""
        self.started: list[subprocess.Popen[bytes]] = []
        yield
        for process in self.started:
            with process:
                process.kill()

    def shell(self, command: str, folder: Path, given: bytes = b"", **more: str) -> subprocess.CompletedProcess[bytes]:
        """Run a line of shell in which ``harnlite`` is the command line."""
        return subprocess.run(
            ["/bin/sh", "-c", command.replace("harnlite", f"'{sys.executable}' -m harnlite")],
            cwd=folder,
            env={**clean_environment(folder), **more},
            input=given,
            capture_output=True,
            check=False,
            timeout=60,
        )

    def start(self, text: str, folder: Path, **more: object) -> subprocess.Popen[bytes]:
        """Start a script."""
        (folder / "main.harn").write_text(text, encoding="utf-8")
        started = subprocess.Popen(
            [sys.executable, "-c", _MAIN, "run", "main.harn"],
            cwd=folder,
            env={**clean_environment(folder), **more.pop("env", {})},  # type: ignore[dict-item]  # a dict of strings
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.started.append(started)
        return started

    @pytest.mark.parametrize("body", ["while true { }", "sleep(30s)", 'receive(channel("c"))\n'])
    def test_control_c_ends_with_130(self, body: str, tmp_path: Path) -> None:
        """Busy or waiting, the run ends without running its clean-ups, and without a traceback."""
        if "channel" in body:
            body = 'let other = spawn { sleep(30s) }\nyield_now()\nreceive(channel("c"))'
        process = self.start(f'println("up")\ntry {{ {body} }} finally {{ println("never") }}', tmp_path)
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
        assert process.returncode == 130, err
        assert b"never" not in out
        assert b"Traceback" not in err

    def test_a_closed_pipe_ends_quietly(self, tmp_path: Path) -> None:
        """``harnlite run x | head -1``."""
        process = self.start('for i in 1 to 100000 { println("line ${i}") }', tmp_path)
        assert process.stdout is not None
        assert process.stdout.readline() == b"line 1\n"
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        assert process.wait(timeout=10) in (0, 141)

    @pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
    def test_a_full_disk_for_the_cache_is_no_error(self, tmp_path: Path) -> None:
        """The program runs; nothing is cached."""
        (tmp_path / "cache").write_text("a file where the directory should be", encoding="utf-8")
        process = self.start("println(1)", tmp_path, env={"HARN_CACHE_DIR": str(tmp_path / "cache")})
        out, err = process.communicate(timeout=20)
        assert (out, err, process.returncode) == (b"1\n", b"", 0)

    def test_the_streams_speak_utf_8_in_every_locale(self, tmp_path: Path) -> None:
        """So does standard input, and what the script wrote to standard error."""
        plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
        text = 'println("k\u00e4se \u2713"); eprintln("\u2717"); println(read_line())'
        (tmp_path / "main.harn").write_text(text, encoding="utf-8")
        done = self.shell("harnlite run main.harn", tmp_path, "\u00fc\n".encode(), **plain)
        assert (done.stdout.decode(), done.stderr.decode(), done.returncode) == (
            "k\u00e4se \u2713\n\u00fc\n",
            "\u2717\n",
            0,
        )
        done = self.shell("harnlite run -", tmp_path, 'println("\u00fc")'.encode(), **plain)
        assert (done.stdout.decode(), done.stderr) == ("\u00fc\n", b"")

    @pytest.mark.parametrize("command", ["run", "fmt", "fmt --check"])
    def test_a_script_on_standard_input_that_is_no_text(self, command: str, tmp_path: Path) -> None:
        """It is refused as a file would be."""
        done = self.shell(f"harnlite {command} -", tmp_path, b"let a = 1\nlet b = \xff")
        assert (done.returncode, done.stdout) == (1, b"")
        assert b"cannot read standard input: not UTF-8 text (byte 0xff in line 2)" in done.stderr

    @pytest.mark.parametrize(
        ("closed", "out", "code"),
        [
            (">&-", b"", 3),
            ("2>&-", b"1\n", 3),
            ("<&-", b"1\n", 3),
        ],
    )
    def test_a_closed_stream_is_no_error(self, closed: str, out: bytes, code: int, tmp_path: Path) -> None:
        """What would go there goes nowhere."""
        done = self.shell(f"harnlite run -e 'println(1); eprintln(2); read_line(); 3' {closed}", tmp_path)
        assert (done.stdout, done.returncode) == (out, code)
        assert b"Traceback" not in done.stderr

    @pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
    @pytest.mark.parametrize("command", ["run -e 'println(1)'", "run -e 'while true { println(1) }'", "explain"])
    def test_a_full_disk_for_the_output_is_told(self, command: str, tmp_path: Path) -> None:
        """It is no bug of harnlite, and no success."""
        done = self.shell(f"harnlite {command} >/dev/full", tmp_path)
        assert done.returncode == 1
        assert done.stderr == b"error[HARN-CLI-001]: cannot write the output: No space left on device\n"
