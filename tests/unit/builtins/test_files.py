"""Files, paths, environment, programs, stores: builtins.md 14.3 to 14.5 and 17, and the sandbox policy."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from harnlite.builtins.registry import Registry
from harnlite.engine import RunOptions, run_source
from harnlite.host import Host
from harnlite.policy import Policy
from harnlite.source import Source
from harnlite.testing import SimulatedHost
from tests.unit.builtins.library_fixture import Library

MISSING = "No such file or directory (os error 2)"

PATHS: list[tuple[str, tuple[Any, ...], str]] = [
    ("path_join", ("a", "b", "c.txt"), "a/b/c.txt"),
    ("path_join", ("a", "/b"), "/b"),
    ("path_join", ("a", ""), "a/"),
    ("dirname", ("/a/b/c.txt",), "/a/b"),
    ("dirname", ("c.txt",), ""),
    ("dirname", ("/",), ""),
    ("dirname", ("/a",), "/"),
    ("dirname", ("/a/b/",), "/a"),
    ("basename", ("/a/b/",), "b"),
    ("basename", ("/",), ""),
    ("basename", ("a/..",), ""),
    ("extname", ("a.tar.gz",), ".gz"),
    ("extname", (".bashrc",), ""),
    ("extname", ("a.",), "."),
    ("extname", ("x",), ""),
    ("path_parts", ("/a/b/c.txt",), "{dir: /a/b, ext: .txt, file: c.txt, segments: [a, b, c.txt], stem: c}"),
    ("path_parts", ("a\\b",), "{dir: a, ext: , file: b, segments: [a, b], stem: b}"),
    ("path_parent", ("/",), "/"),
    ("path_parent", ("a",), ""),
    ("path_parent", ("C:/a",), "C:/"),
    ("path_basename", ("a/b/",), "b"),
    ("path_stem", ("a.tar.gz",), "a.tar"),
    ("path_stem", (".env",), ".env"),
    ("path_extension", ("x.tar.gz",), ".gz"),
    ("path_with_extension", ("a/b.txt", "md"), "a/b.md"),
    ("path_with_extension", ("a/b.txt", ".md"), "a/b.md"),
    ("path_with_extension", ("a/b.txt", ""), "a/b"),
    ("path_with_stem", ("a/b.txt", "c"), "a/c.txt"),
    ("path_is_absolute", ("C:/a",), "true"),
    ("path_is_relative", ("/a",), "false"),
    ("path_normalize", ("a/./b/../c//d/",), "a/c/d"),
    ("path_normalize", ("../a/../..",), "../.."),
    ("path_normalize", ("",), ""),
    ("path_normalize", ("a/..",), "."),
    ("path_normalize", ("/../a",), "/a"),
    ("path_relative_to", ("/a/b/c", "/a/x"), "../b/c"),
    ("path_relative_to", ("a/b", "a/b"), "."),
    ("path_relative_to", ("a", "/a"), "nil"),
    ("path_to_posix", ("a\\b",), "a/b"),
    ("path_to_native", ("a\\b",), "a/b"),
    ("path_segments", ("/a/b//c",), "[a, b, c]"),
    ("path_workspace_normalize", ("/w/a/../b", "/w"), "b"),
    ("path_workspace_normalize", ("../x", "/w"), "nil"),
]


@pytest.mark.parametrize(("name", "arguments", "expected"), PATHS)
def test_path(name: str, arguments: tuple[Any, ...], expected: str) -> None:
    assert Library().show(name, *arguments) == expected


def test_files(tmp_path: Path) -> None:
    library = Library(str(tmp_path))
    assert library.run("write_file", "a.txt", "one\r\ntwo\n") is None
    library.run("append_file", "a.txt", "three")
    assert library.run("read_file", str(tmp_path / "a.txt")) == "one\r\ntwo\nthree"
    assert library.run("read_lines", "a.txt") == ["one", "two", "three"]
    assert library.run("read_file_bytes", "a.txt") == b"one\r\ntwo\nthree"
    assert library.show("read_file_result", "a.txt") == "Result.Ok(one\r\ntwo\nthree)"
    assert library.show("read_file_result", "z") == f"Result.Err(Failed to read file {tmp_path}/z: {MISSING})"
    library.run("write_file", "v", [1, "x"])
    assert library.run("read_file", "v") == "[1, x]"
    library.run("write_file_bytes", "b", b"\xff")
    expected = f"!! Failed to read file {tmp_path}/b: stream did not contain valid UTF-8"
    assert library.show("read_file", "b") == expected
    library.run("mkdir", "d/e/f")
    library.run("mkdir", "d/e/f")
    library.run("copy_file", "a.txt", "d/c.txt")
    library.run("move_file", "d/c.txt", "d/m.txt")
    assert library.run("list_dir", "d") == ["e", "m.txt"]
    assert library.run("list_dir") == ["a.txt", "b", "d", "v"]
    status = library.run("stat", "d/m.txt")
    assert (status["is_file"], status["is_dir"], status["size"], status["readonly"]) == (True, False, 14, False)
    assert isinstance(status["modified"], float)
    assert library.run("file_exists", "d") is True
    library.run("delete_file", "d")
    assert library.run("file_exists", "d") is False


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("read_file", ("z",), "Failed to read file {0}/z: " + MISSING),
        ("read_lines", ("z",), "read_lines: {0}/z: " + MISSING),
        ("write_file", ("no/z", ""), "Failed to write file {0}/no/z: " + MISSING),
        ("append_file", ("no/z", ""), "Failed to append to file {0}/no/z: " + MISSING),
        ("delete_file", ("z",), "Failed to delete file {0}/z: " + MISSING),
        ("list_dir", ("z",), "Failed to list directory {0}/z: " + MISSING),
        ("stat", ("z",), "Failed to stat {0}/z: " + MISSING),
        ("move_file", ("z", "y"), "move_file: copy failed: " + MISSING),
        ("copy_file", ("z", "y"), "Failed to copy {0}/z to {0}/y: " + MISSING),
        ("read_file", ("a\0b",), "Failed to read file {0}/a\0b: file name contained an unexpected NUL byte"),
        ("glob", (), "glob: pattern is required"),
        ("walk_dir", ("z",), "walk_dir: {0}/z: " + MISSING),
    ],
)
def test_file_errors(name: str, arguments: tuple[Any, ...], message: str, tmp_path: Path) -> None:
    assert Library(str(tmp_path)).show(name, *arguments) == "!! " + message.format(tmp_path)


def test_glob_and_walk(tmp_path: Path) -> None:
    for name in ("a.txt", "s/b.txt", "s/t/c.md", ".hidden"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("", "utf-8")
    library = Library(str(tmp_path))

    def found(pattern: str) -> list[str]:
        return [os.path.relpath(path, tmp_path) for path in library.run("glob", pattern, str(tmp_path))]

    assert found("*.txt") == ["a.txt", "s/b.txt"]
    assert found("?.{txt,md}") == ["a.txt"]
    assert found("s/[!a]*.txt") == ["s/b.txt"]
    assert found("**/c.md") == ["s/t/c.md"]
    assert found("**/a.txt") == ["a.txt"]
    assert found("[a-b].txt") == ["a.txt"]
    assert found(r"\*") == []
    assert library.run("glob", "*.txt") == ["./a.txt", "./s/b.txt"]
    entries = library.run("walk_dir", ".")
    assert [(entry["path"], entry["depth"]) for entry in entries] == [
        (".", 0), ("./.hidden", 1), ("./a.txt", 1), ("./s", 1), ("./s/b.txt", 2), ("./s/t", 2), ("./s/t/c.md", 3),
    ]  # fmt: skip
    assert len(library.run("walk_dir", ".", {"max_depth": 1})) == 4


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_links_do_not_lead_in_circles(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "up").symlink_to(tmp_path)
    library = Library(str(tmp_path))
    assert len(library.run("walk_dir", ".", {"follow_symlinks": True})) == 2
    library.run("delete_file", "d/up")
    assert (tmp_path / "d").is_dir()


def test_the_policy_follows_links_and_names_what_it_refuses(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (outside / "secret").write_text("x", "utf-8")
    (inside / "link").symlink_to(outside)
    library = Library(str(inside))
    for path in ("../out/secret", "link/secret", str(outside / "secret")):
        shown = library.show("read_file", path)
        full = os.path.join(inside, path)
        assert shown == f"!! Error [tool_rejected]: the sandbox policy does not allow reading {full}"
    assert library.show("write_file", "../new", "").startswith("!! Error [tool_rejected]: ")
    # The category is read off the text, and the name of a test's folder may hold a number such as 404.
    message = library.run("read_file_result", "no").fields[0].replace(str(inside), "folder")
    assert library.show("error_category", message) == "generic"
    assert (
        library.show("exec", "echo", "x") == "!! Error [tool_rejected]: the sandbox policy does not allow running echo"
    )


def test_a_policy_of_nothing_and_of_everything(tmp_path: Path) -> None:
    library = Library(str(tmp_path))
    library.host.policy = Policy.nothing()
    assert library.show("file_exists", "x").startswith("!! Error [tool_rejected]: ")
    library.host.policy = Policy.everything()
    assert library.run("file_exists", "x") is False
    Policy.everything().check_network("example.org")


def test_environment(tmp_path: Path) -> None:
    library = Library(str(tmp_path), environment={"A": "1", "HOME": "/h", "USER": "u", "BAD": "\udcff"})
    assert library.run("env", "A") == "1"
    assert library.run("env", "NO") is None
    assert library.run("env", "BAD") is None
    assert library.run("env_or", "NO", 5) == 5
    assert library.run("home_dir") == "/h"
    assert library.run("username") == "u"
    assert library.run("cwd") == library.run("execution_root") == library.run("source_dir") == str(tmp_path)
    assert library.run("temp_dir") == "/tmp"
    assert library.run("platform") in ("linux", "darwin", "windows")
    assert library.run("pid") == os.getpid()
    assert library.run("arch")
    assert library.run("hostname")


def test_the_policy_hides_variables_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARN_TEST_A", "1")
    monkeypatch.setenv("HARN_TEST_B", "2")
    host = Host(policy=Policy(environment=["HARN_TEST_A"]))
    assert (host.getenv("HARN_TEST_A"), host.getenv("HARN_TEST_B")) == ("1", None)
    assert Host(environment={"X": "1"}, policy=Policy.nothing()).getenv("X") == "1"
    assert Host().getenv("HARN_TEST_B") == "2"


@pytest.mark.parametrize(
    ("environment", "state", "runs"),
    [({}, ".harn", ".harn-runs"), ({"HARN_STATE_DIR": "s", "HARN_RUN_DIR": "/r"}, "s", "/r")],
)
def test_runtime_paths(environment: dict[str, str], state: str, runs: str, tmp_path: Path) -> None:
    """State and runs lie beside the nearest harn.toml unless the environment says otherwise."""
    (tmp_path / "harn.toml").write_text("", encoding="utf-8")
    (tmp_path / "scripts").mkdir()
    library = Library(str(tmp_path / "scripts"), environment=environment)
    assert library.run("runtime_paths") == {
        "asset_root": str(tmp_path),
        "execution_root": str(tmp_path / "scripts"),
        "run_root": str(tmp_path / runs),
        "state_root": str(tmp_path / state),
    }


def test_project_root(tmp_path: Path) -> None:
    (tmp_path / "harn.toml").write_text("", "utf-8")
    (tmp_path / "a").mkdir()
    library = Library(str(tmp_path))
    library.host.policy = Policy.everything()
    library.vm.source_directory = str(tmp_path / "a")
    assert library.run("project_root") == str(tmp_path)


def script(text: str, directory: Path) -> str:
    """Run a program in a directory with everything allowed; give its output."""
    host = SimulatedHost()
    host.environment = dict(os.environ)
    host.working_directory = str(directory)
    path = str(directory / "main.harn")
    run_source(Source(path, text), path, RunOptions(use_cache=False, event_log="memory"), host=host)
    return host.output


@pytest.mark.skipif(os.name == "nt", reason="uses a POSIX shell")
def test_programs(tmp_path: Path) -> None:
    output = script(
        """
pipeline default(task) {
  println(exec("echo", "hi", 5))
  println(shell("echo out; echo err >&2; exit 3"))
  println(shell("kill -9 $$").status)
  println(exec_at("sub", "pwd").stdout.ends_with("/sub\\n"))
  println(shell_at("sub", "cat; pwd").stdout.ends_with("/sub\\n"))
  println(try { exec("no-such-program-zz") })
  println(try { exec_at("nowhere", "pwd") })
  println(try { exec() })
  println(try { shell("") })
  println(try { deadline 100ms { shell("sleep 20") } })
  let done = parallel each ["0.05", "0.01"] { t -> shell("sleep " + t).success }
  println(done)
}
""",
        _with_directory(tmp_path, "sub"),
    )
    assert output == (
        "{status: 0, stderr: , stdout: hi 5\n, success: true}\n"
        "{status: 3, stderr: err\n, stdout: out\n, success: false}\n"
        "-1\ntrue\ntrue\n"
        f"Result.Err(exec failed: process spawn failed: {MISSING})\n"
        f"Result.Err(exec_at failed: process spawn failed: {MISSING})\n"
        "Result.Err(exec: command is required)\n"
        "Result.Err(shell: command string is required)\n"
        "Result.Err(Deadline exceeded)\n"
        "[true, true]\n"
    )


def _with_directory(parent: Path, name: str) -> Path:
    (parent / name).mkdir()
    return parent


def test_stores_outlive_a_run(tmp_path: Path) -> None:
    first = Library(str(tmp_path))
    value = {"x": 1.0, "y": [None, b"\xff"]}
    assert first.run("store_get", "a") is None
    first.run("store_set", "b", value)
    first.run("store_set", "a", 1)
    first.run("checkpoint", "step", "done")
    second = Library(str(tmp_path))
    assert second.run("store_get", "b") == value
    assert second.run("store_list") == ["a", "b"]
    assert second.run("checkpoint_get", "step") == "done"
    assert second.run("checkpoint_exists", "step") is True
    assert second.run("checkpoint_list") == ["step"]
    second.run("store_delete", "a")
    second.run("store_delete", "zz")
    assert second.run("store_list") == ["b"]
    second.run("store_clear")
    second.run("checkpoint_delete", "step")
    second.run("checkpoint_clear")
    third = Library(str(tmp_path))
    assert third.run("store_list") == third.run("checkpoint_list") == []
    assert sorted(os.listdir(tmp_path / ".harn")) == ["checkpoints.json", "store.json"]


def test_a_damaged_store_is_told_and_kept(tmp_path: Path) -> None:
    (tmp_path / ".harn").mkdir()
    (tmp_path / ".harn" / "store.json").write_text("{", "utf-8")
    library = Library(str(tmp_path))
    message = f"!! Runtime error: cannot read {tmp_path}/.harn/store.json: "
    assert library.show("store_set", "a", 1).startswith(message + "EOF while parsing an object")
    assert (tmp_path / ".harn" / "store.json").read_text("utf-8") == "{"
    (tmp_path / ".harn" / "store.json").write_text("[]", "utf-8")
    assert library.show("store_list") == message + "it holds no JSON object"


def test_every_builtin_has_a_line_of_documentation() -> None:
    registry = Registry()
    missing = [name for name in registry.names if not registry.builtin(name).function.__doc__]
    assert missing == []
