"""Translations kept beside the chunks they were made of, so that a cached run neither translates nor compiles.

Python code objects are trusted only as ``.pyc`` files are: the directory and the file belong to the user alone, and a
digest covers the whole file. Where that cannot be seen, or anything is odd, nothing is loaded and the chunk is
translated again. Stays light to import.
"""

from __future__ import annotations

import marshal
import os
import stat
import sys

from harnlite.bytecode.cache import read_file, write_file
from harnlite.bytecode.chunk import Chunk
from harnlite.digests import text_digest
from harnlite.translator.translation import Binding, Translation

__all__ = ["recall", "remember"]

_FORMAT = 1


def recall(chunk: Chunk) -> Translation | None:
    """Give the kept translation of a chunk, or None when it must be translated."""
    if not chunk.cache_stem:
        return None
    path = _path(chunk)
    if not _is_private(os.path.dirname(path)) or not _is_private(path):
        return None
    content = read_file(path)
    if content is None:
        return None
    try:
        file_name, code, owners, origins, bindings, assumed, declined = marshal.loads(content)
    except (EOFError, TypeError, ValueError):
        return None
    return Translation(
        file_name, "", code, owners, origins, [Binding(*binding) for binding in bindings], assumed, dict(declined)
    )


def remember(chunk: Chunk, translation: Translation) -> None:
    """Keep the translation of a chunk that the cache keeps; that it cannot be written is no error."""
    path = _path(chunk)
    if not chunk.cache_stem or not _is_private(os.path.dirname(path)):
        return
    content = marshal.dumps(
        (
            translation.file_name,
            translation.code,
            list(translation.owners),
            list(translation.origins),
            [tuple(binding) for binding in translation.bindings],
            list(translation.assumed),
            sorted(translation.declined.items()),
        )
    )
    write_file(path, content)


def _path(chunk: Chunk) -> str:
    """Name the file by everything that the text depends on beside the chunk: this translator, this Python."""
    key = text_digest(f"{_FORMAT}\0{sys.implementation.cache_tag}\0{sys.hexversion}\0{_translator_state()}")
    return f"{chunk.cache_stem}.{key[:16]}.code"


def _translator_state() -> str:
    """Tell one state of the translator's own files from another, for whoever works on them."""
    try:
        with os.scandir(os.path.dirname(os.path.abspath(__file__))) as entries:
            return str(max((entry.stat().st_mtime_ns for entry in entries if entry.name.endswith(".py")), default=0))
    except OSError:
        return ""


def _is_private(path: str) -> bool:
    """Tell whether a file or directory belongs to this user and nobody else may write to it."""
    owner = getattr(os, "getuid", None)
    if owner is None:
        return False
    try:
        found = os.lstat(path)
    except OSError:
        return False
    shared = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return found.st_uid == owner() and not shared and not stat.S_ISLNK(found.st_mode)
