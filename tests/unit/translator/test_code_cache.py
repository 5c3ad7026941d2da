"""Kept translations: used when whole and private, never trusted otherwise."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from harnlite.bytecode.chunk import Chunk
from harnlite.engine import RunOptions, compile_source, run_source
from harnlite.host import Host
from harnlite.source import Source
from harnlite.translator import code_cache
from harnlite.translator.code_cache import recall, remember
from harnlite.translator.translate import translate

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs owners and modes of files")

TEXT = "fn f(n) { return n < 2 ? n : f(n - 1) + f(n - 2) }\nprintln(f(10))\n1 / 0\n"


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An own cache."""
    monkeypatch.setenv("HARN_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("HARN_BYTECODE_CACHE", raising=False)
    return tmp_path / "bytecode"


def run() -> tuple[str, str]:
    """Run the program as the command line does; give output and error."""
    pieces: list[str] = []
    outcome = run_source(Source("x.harn", TEXT), None, RunOptions(event_log="memory"), host=Host(pieces.append))
    return "".join(pieces), outcome.diagnostics[-1].message


def kept_chunk() -> Chunk:
    """Give the chunk as the cache gives it."""
    return compile_source(Source("x.harn", TEXT), None, options=RunOptions()).chunk


def test_a_second_run_uses_what_the_first_kept(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Output, errors and lines are the same; nothing is translated."""
    first = run()
    assert len(list(directory.glob("*.code"))) == 1
    monkeypatch.setattr("harnlite.translator.translate.translate", None)
    assert run() == first == ("55\n", "Runtime error: Division by zero (line 3)")


@pytest.mark.parametrize("damage", ["cut", "changed", "foreign", "empty", "shared", "shared directory", "link"])
def test_a_doubtful_file_is_not_loaded_and_written_anew(directory: Path, damage: str) -> None:
    """Whatever is wrong with it, the program runs all the same."""
    first = run()
    (file,) = directory.glob("*.code")
    content = file.read_bytes()
    if damage == "cut":
        file.write_bytes(content[:-3])
    elif damage == "changed":
        file.write_bytes(content[:50] + bytes([content[50] ^ 1]) + content[51:])
    elif damage == "foreign":
        from harnlite.bytecode.cache import write_file

        write_file(str(file), b"\x00not marshal data")
    elif damage == "empty":
        file.write_bytes(b"")
    elif damage == "shared":
        file.chmod(0o666)
    elif damage == "shared directory":
        directory.chmod(0o777)
    else:
        target = file.with_suffix(".other")
        file.rename(target)
        file.symlink_to(target)
    assert recall(kept_chunk()) is None
    assert run() == first
    if damage == "shared directory":
        directory.chmod(0o700)
    else:
        assert recall(kept_chunk()) is not None


def test_another_translator_finds_nothing(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name of the file depends on the translator's own state."""
    run()
    assert directory.is_dir()
    monkeypatch.setattr(code_cache, "_translator_state", lambda: "another")
    assert recall(kept_chunk()) is None


def test_a_chunk_that_is_not_kept_has_no_translation_kept(directory: Path) -> None:
    """Without a cache nothing is written."""
    chunk = compile_source(Source("x.harn", TEXT), None, options=RunOptions(use_cache=False)).chunk
    remember(chunk, translate(chunk))
    assert recall(chunk) is None
    assert not os.path.exists(directory)
