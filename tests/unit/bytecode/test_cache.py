"""The cache finds what was stored and never trusts, nor fails on, what it finds on disk."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harnlite.bytecode.cache import BytecodeCache, CachedImport, default_directory
from harnlite.bytecode.serialise import dump
from tests.compiling import compile_text

TEXT = "println(1)"
LIB = CachedImport("lib", "/lib.harn", "d1")
DEEP = CachedImport("deep", "/deep.harn", "d2")


@pytest.fixture
def cache(tmp_path: Path) -> BytecodeCache:
    return BytecodeCache(str(tmp_path / "cache"), "1.0")


def _found(cache: BytecodeCache, text: str = TEXT, place: str = "here", **digests: str) -> bytes | None:
    chunk = cache.find(text, place, lambda path, _resolved: digests.get(path))
    return None if chunk is None else dump(chunk)


def _files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "cache").iterdir())


def test_what_is_stored_is_found(cache: BytecodeCache) -> None:
    chunk = compile_text(TEXT)
    assert _found(cache) is None
    cache.store(TEXT, "here", [], chunk)
    assert _found(cache) == dump(chunk)


@pytest.mark.parametrize(("text", "place"), [("println(2)", "here"), (TEXT, "there"), ("", "here")])
def test_other_texts_and_places_have_nothing(cache: BytecodeCache, text: str, place: str) -> None:
    cache.store(TEXT, "here", [], compile_text(TEXT))
    assert _found(cache, text, place) is None


def test_other_versions_have_nothing(tmp_path: Path) -> None:
    BytecodeCache(str(tmp_path), "1.0").store(TEXT, "", [], compile_text(TEXT))
    assert _found(BytecodeCache(str(tmp_path), "1.0"), place="") is not None
    assert _found(BytecodeCache(str(tmp_path), "1.1"), place="") is None


def test_a_changed_import_needs_another_chunk(cache: BytecodeCache) -> None:
    old, new = compile_text("1"), compile_text("2")
    cache.store(TEXT, "here", [LIB, DEEP], old)
    assert _found(cache, lib="d1", deep="d2") == dump(old)
    assert _found(cache, lib="d1", deep="changed") is None
    cache.store(TEXT, "here", [LIB, DEEP._replace(digest="changed")], new)
    assert _found(cache, lib="d1", deep="changed") == dump(new)
    assert _found(cache, lib="d1", deep="d2") == dump(old)


def test_an_import_that_is_gone_or_means_another_file(cache: BytecodeCache) -> None:
    cache.store(TEXT, "here", [LIB], compile_text("1"))
    asked: list[tuple[str, str]] = []
    assert cache.find(TEXT, "here", lambda *names: asked.append(names)) is None
    assert asked == [("lib", "/lib.harn")]


@pytest.mark.parametrize("suffix", [".index", ".chunk"])
@pytest.mark.parametrize("damage", [b"", b"short", b"x" * 4000, None])
def test_damaged_files_are_ignored_and_rewritten(
    cache: BytecodeCache, tmp_path: Path, suffix: str, damage: bytes | None
) -> None:
    chunk = compile_text(TEXT)
    cache.store(TEXT, "here", [LIB], chunk)
    (file,) = (path for path in _files(tmp_path) if path.suffix == suffix)
    if damage is None:
        whole = bytearray(file.read_bytes())
        whole[-1] ^= 1
        damage = bytes(whole)
    file.write_bytes(damage)
    assert _found(cache, lib="d1") is None
    cache.store(TEXT, "here", [LIB], chunk)
    assert _found(cache, lib="d1") == dump(chunk)


def test_a_foreign_chunk_with_a_right_digest_is_ignored(cache: BytecodeCache, tmp_path: Path) -> None:
    import hashlib

    cache.store(TEXT, "here", [], compile_text(TEXT))
    (file,) = (path for path in _files(tmp_path) if path.suffix == ".chunk")
    for content in (b"", b"HARNLITE", b"\x80\x04]q\x00."):
        file.write_bytes(hashlib.sha256(content).digest() + content)
        assert _found(cache) is None


def test_files_are_the_owners_and_complete(cache: BytecodeCache, tmp_path: Path) -> None:
    cache.store(TEXT, "here", [], compile_text(TEXT))
    assert sorted(path.suffix for path in _files(tmp_path)) == [".chunk", ".index"]
    if os.name == "posix":
        assert {path.stat().st_mode & 0o077 for path in [tmp_path / "cache", *_files(tmp_path)]} == {0}


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    for directory in (blocked, blocked / "below", Path("\0")):
        cache = BytecodeCache(str(directory), "1.0")
        cache.store(TEXT, "here", [], compile_text(TEXT))
        assert _found(cache) is None


@pytest.mark.parametrize("name", ["write", "replace", "open"])
def test_a_full_disk_leaves_no_litter(
    cache: BytecodeCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    cache.store("other", "here", [], compile_text("1"))
    before = _files(tmp_path)
    if name == "write":
        monkeypatch.setattr("builtins.open", fail)
    else:
        monkeypatch.setattr(os, name, fail)
    cache.store(TEXT, "here", [], compile_text(TEXT))
    monkeypatch.undo()
    assert [path for path in _files(tmp_path) if path.suffix != ".tmp"] == before
    assert _found(cache) is None


def test_no_directory_caches_nothing() -> None:
    cache = BytecodeCache(None, "1.0")
    cache.store(TEXT, "here", [], compile_text(TEXT))
    assert _found(cache) is None


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"HARN_BYTECODE_CACHE": "0", "HARN_CACHE_DIR": "/c"}, None),
        ({"HARN_CACHE_DIR": "/c"}, os.path.join("/c", "bytecode")),
        ({"HARN_BYTECODE_CACHE": "1", "HARN_CACHE_DIR": "/c"}, os.path.join("/c", "bytecode")),
    ],
)
def test_the_directory(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str | None) -> None:
    for name in ("HARN_BYTECODE_CACHE", "HARN_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert default_directory() == expected


def test_the_platforms_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HARN_BYTECODE_CACHE", "HARN_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_directory() == str(tmp_path / "harnlite" / "bytecode")


def test_starting_from_the_cache_imports_little() -> None:
    heavy = "('attr', 'attrs', 'lark', 'trio', 'json', 'pathlib', 'tempfile', 'dataclasses', 'inspect')"
    code = f"import sys, harnlite.bytecode.cache\nprint([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
