"""The directory of compiled chunks.

Two kinds of files. An *index*, named by the digest of a source text with everything else known before parsing, lists
the modules that the source imports, directly or not. A *chunk*, named by the digest of that and of the modules' own
texts, holds the bytecode. So a cached file is found from its text alone, without parsing, and a change in any module
it imports leads to another chunk.

What is in the directory is never trusted: each file carries a digest of its content and chunks are verified when
loaded; anything damaged or foreign counts as absent and is written anew. That nothing can be written is no error.
Stays light to import.
"""

from __future__ import annotations

import os
import sys

from harnlite.bytecode.chunk import Chunk
from harnlite.bytecode.opcodes import OPCODE_TABLE_VERSION
from harnlite.bytecode.serialise import dump, load
from harnlite.bytecode.verifier import BadChunk
from harnlite.digests import DIGEST_SIZE, digest, text_digest
from harnlite.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


__all__ = ["BytecodeCache", "CachedImport", "default_directory", "read_file", "write_file"]


class CachedImport(NamedTuple):
    """A module that a source imports: its path as written, its identity, the digest of its text."""

    path: str
    resolved: str
    digest: str


def default_directory() -> str | None:
    """Give the directory for chunks, or None when caching is off.

    ``HARN_BYTECODE_CACHE=0`` turns it off; ``HARN_CACHE_DIR`` names the directory; else it is the platform's place
    for such files.
    """
    environment = os.environ
    if environment.get("HARN_BYTECODE_CACHE") == "0":
        return None
    chosen = environment.get("HARN_CACHE_DIR")
    if chosen:
        return os.path.join(chosen, "bytecode")
    if sys.platform == "win32":
        base = environment.get("LOCALAPPDATA") or os.path.expanduser("~\\AppData\\Local")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = environment.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "harnlite", "bytecode") if os.path.isabs(base) else None


class BytecodeCache:
    """A directory of chunks.

    :param directory: where; None caches nothing.
    :param version: of harnlite.
    """

    def __init__(self, directory: str | None, version: str) -> None:
        self._directory = directory
        python = f"{sys.implementation.name} {'.'.join(map(str, sys.version_info[:3]))}"
        built = "" if directory is None else _compiler_state()
        self._versions = f"{version}\0{OPCODE_TABLE_VERSION}\0{python}\0{built}"

    def find(self, text: str, place: str, digest_of: Callable[[str, str], str | None]) -> Chunk | None:
        """Give the chunk of a source, or None when it must be compiled.

        :param text: the source text.
        :param place: whatever else the chunk depends on: the source's directory (imports are relative to it), its
            kind and identity, the set of builtins.
        :param digest_of: called with path and identity of each recorded import, gives the present digest of the
            module's text, or None when the path means something else now.
        """
        if self._directory is None:
            return None
        key = self._key(text, place)
        index = read_file(os.path.join(self._directory, key + ".index"))
        if index is None:
            return None
        imports = _parse_index(index)
        if imports is None:
            return None
        current = []
        for path, resolved, _ in imports:
            present = digest_of(path, resolved)
            if present is None:
                return None
            current.append(CachedImport(path, resolved, present))
        stem = os.path.join(self._directory, _chunk_key(key, current))
        data = read_file(stem + ".chunk")
        if data is None:
            return None
        try:
            chunk = load(data)
        except BadChunk:
            return None
        chunk.cache_stem = stem
        return chunk

    def store(self, text: str, place: str, imports: Iterable[CachedImport], chunk: Chunk) -> None:
        """Keep a chunk.

        :param imports: all modules it depends on, with the digests of the texts it was compiled against.
        """
        if self._directory is None:
            return
        key = self._key(text, place)
        listed = list(imports)
        fields = [field for entry in listed for field in entry]
        if any("\0" in field for field in fields):
            return
        stem = os.path.join(self._directory, _chunk_key(key, listed))
        if write_file(stem + ".chunk", dump(chunk)):
            chunk.cache_stem = stem
            write_file(os.path.join(self._directory, key + ".index"), _encode("\0".join(fields)))

    def _key(self, text: str, place: str) -> str:
        return text_digest("\0\0".join((self._versions, place, text)))


def read_file(path: str) -> bytes | None:
    """Give a cache file's content, or None when there is none that is whole."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except (OSError, ValueError):
        return None
    content = data[DIGEST_SIZE:]
    return content if digest(content) == data[:DIGEST_SIZE] else None


def write_file(path: str, content: bytes) -> bool:
    """Put a cache file into place in one step; tell whether that worked."""
    temporary = f"{path}.{os.getpid()}.{os.urandom(4).hex()}.tmp"
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    except (OSError, ValueError):
        return False
    try:
        with open(descriptor, "wb") as file:
            file.write(digest(content) + content)
        os.replace(temporary, path)
    except OSError:
        _remove(temporary)
        return False
    return True


def _compiler_state() -> str:
    """Tell one state of the compiler's own files from another, for whoever works on them."""
    compiler = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "compiler")
    try:
        with os.scandir(compiler) as entries:
            return str(max((entry.stat().st_mtime_ns for entry in entries if entry.name.endswith(".py")), default=0))
    except OSError:
        return ""


def _remove(path: str) -> None:
    try:
        os.remove(path)
    except OSError:
        # It stays behind; nothing ever reads it.
        return


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _chunk_key(key: str, imports: Iterable[CachedImport]) -> str:
    return text_digest("\0".join((key, *(field for entry in imports for field in entry))))


def _parse_index(content: bytes) -> list[CachedImport] | None:
    if not content:
        return []
    try:
        fields = content.decode("utf-8", "surrogatepass").split("\0")
    except UnicodeDecodeError:
        return None
    if len(fields) % 3:
        return None
    return [CachedImport(*fields[start : start + 3]) for start in range(0, len(fields), 3)]
