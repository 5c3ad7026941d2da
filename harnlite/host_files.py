"""Files and directories of the real outside world, behind the host's policy.

Paths are absolute or relative to the host's working directory. Failures are ``OSError``; refusals of the policy are
guest errors. Names that are not Unicode text come out with U+FFFD in them.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat as stat_bits
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from harnlite.host import Host

__all__ = ["Entry", "Files", "Status"]


class Entry(NamedTuple):
    """Something met while walking a directory tree."""

    path: str
    depth: int
    is_dir: bool
    is_file: bool


class Status(NamedTuple):
    """What ``stat`` tells: kind, seconds since the epoch, bytes."""

    is_dir: bool
    is_file: bool
    modified: float
    readonly: bool
    size: int


def _readable(name: str) -> str:
    return name if name.isascii() else name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


class Files:
    """File operations of one host.

    :param host: says the working directory and the policy.
    """

    def __init__(self, host: Host) -> None:
        self._host = host

    def absolute(self, path: str) -> str:
        """A path from the root; only joined, not normalised.

        :raises OSError: for a path that cannot name a file.
        """
        if "\0" in path:
            raise OSError(errno.EINVAL, "file name contained an unexpected NUL byte", path)
        try:
            path.encode()
        except UnicodeEncodeError:
            raise OSError(errno.EILSEQ, "file name is not Unicode text") from None
        return os.path.join(self._host.current_directory(), path)

    def _to_read(self, path: str) -> str:
        absolute = self.absolute(path)
        self._host.policy.check_read(absolute)
        return absolute

    def _to_write(self, path: str) -> str:
        absolute = self.absolute(path)
        self._host.policy.check_write(absolute)
        return absolute

    def read_bytes(self, path: str) -> bytes:
        """The content of a file."""
        with open(self._to_read(path), "rb") as file:
            return file.read()

    def read_text(self, path: str) -> str:
        """The content of a UTF-8 file, line ends as they are.

        :raises OSError: also when it is not UTF-8.
        """
        try:
            return self.read_bytes(path).decode("utf-8")
        except UnicodeDecodeError:
            raise OSError(errno.EILSEQ, "stream did not contain valid UTF-8", path) from None

    def write_bytes(self, path: str, data: bytes, *, append: bool = False) -> None:
        """Write or extend a file; its directory must exist."""
        with open(self._to_write(path), "ab" if append else "wb") as file:
            file.write(data)

    def write_text(self, path: str, text: str, *, append: bool = False) -> None:
        """Write or extend a file in UTF-8; what cannot be encoded becomes a question mark."""
        self.write_bytes(path, text.encode("utf-8", "replace"), append=append)

    def exists(self, path: str) -> bool:
        """Whether a file or directory is there."""
        try:
            return os.path.exists(self._to_read(path))
        except OSError:
            return False

    def is_dir(self, path: str) -> bool:
        """Whether a directory is there."""
        try:
            return os.path.isdir(self._to_read(path))
        except OSError:
            return False

    def delete(self, path: str) -> None:
        """Delete a file, or a directory with all that is in it; of a symbolic link only the link."""
        absolute = self._to_write(path)
        if os.path.isdir(absolute) and not os.path.islink(absolute):
            shutil.rmtree(absolute)
        else:
            os.remove(absolute)

    def make_directory(self, path: str) -> None:
        """Make a directory and those above it; one that exists is fine."""
        os.makedirs(self._to_write(path), exist_ok=True)

    def copy(self, source: str, target: str) -> None:
        """Copy a file with its permissions."""
        shutil.copy(self._to_read(source), self._to_write(target))

    def move(self, source: str, target: str) -> None:
        """Rename a file or directory, across file systems if need be."""
        shutil.move(self._to_write(source), self._to_write(target))

    def names(self, path: str) -> list[str]:
        """The sorted names in a directory."""
        return sorted(map(_readable, os.listdir(self._to_read(path))))

    def status(self, path: str) -> Status:
        """Kind, time and size of a file or directory."""
        found = os.stat(self._to_read(path))
        return Status(
            stat_bits.S_ISDIR(found.st_mode),
            stat_bits.S_ISREG(found.st_mode),
            found.st_mtime,
            not found.st_mode & 0o222,
            found.st_size,
        )

    def walk(self, root: str, *, max_depth: int | None = None, follow_links: bool = False) -> Iterator[Entry]:
        """Everything below a directory and the directory itself, parents first, names sorted.

        A directory that cannot be read counts as empty, a linked directory is entered at most once on each way down.
        """
        top = self._to_read(root)
        pending: list[tuple[str, str, int, tuple[str, ...]]] = [(top, root, 0, (os.path.realpath(top),))]
        while pending:
            absolute, shown, depth, ancestors = pending.pop()
            is_dir = os.path.isdir(absolute)
            yield Entry(_readable(shown), depth, is_dir, os.path.isfile(absolute))
            if not is_dir or (max_depth is not None and depth >= max_depth):
                continue
            if depth and os.path.islink(absolute) and not follow_links:
                continue
            try:
                self._host.policy.check_read(absolute)
                names = sorted(os.listdir(absolute), reverse=True)
            except OSError:
                continue
            for name in names:
                child = os.path.join(absolute, name)
                real = os.path.realpath(child)
                if real not in ancestors:
                    pending.append((child, os.path.join(shown, name), depth + 1, (*ancestors, real)))
