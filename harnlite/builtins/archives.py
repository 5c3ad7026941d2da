"""Compression and archives of bytes (docs/reference/builtins.md 13)."""

from __future__ import annotations

import io

from harnlite.builtins.codecs import utf8
from harnlite.builtins.limits import LARGEST_TEXT, check_size, extra
from harnlite.builtins.registry import builtin
from harnlite.values.display import display, type_name
from harnlite.values.errors import runtime_error, type_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from harnlite.vm.machine import Vm


def _bytes(name: str, value: Any) -> bytes:
    if type(value) is bytes:
        return value
    if type(value) is str:
        return utf8(value)
    raise type_error(f"{name}: expected bytes or string, got {type_name(value)}")


@builtin("gzip_encode(data: string | bytes) -> bytes", area="archives")
def gzip_encode(_vm: Vm, data: str | bytes) -> bytes:
    """Compress with gzip; the same data always gives the same bytes."""
    import gzip

    return gzip.compress(utf8(data), mtime=0)


@builtin("gzip_decode(data: bytes) -> bytes", area="archives")
def gzip_decode(_vm: Vm, data: bytes) -> bytes:
    """Decompress what gzip made."""
    import gzip
    import zlib

    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            return _bounded("gzip_decode", file.read(LARGEST_TEXT + 1))
    except EOFError:
        raise runtime_error("gzip_decode: unexpected end of file") from None
    except OSError:
        raise runtime_error("gzip_decode: invalid gzip header") from None
    except zlib.error:
        raise runtime_error("gzip_decode: corrupt deflate stream") from None


def _bounded(name: str, data: bytes) -> bytes:
    check_size(name, len(data))
    return data


@builtin("zstd_encode(data?: any) -> bytes", area="archives", loose=True)
def zstd_encode(_vm: Vm, data: Any = b"") -> bytes:
    """Compress with Zstandard."""
    with extra("zstd_encode", "zstandard", "formats"):
        import zstandard
    return zstandard.ZstdCompressor().compress(_bytes("zstd_encode", data))


@builtin("zstd_decode(data?: any) -> bytes", area="archives", loose=True)
def zstd_decode(_vm: Vm, data: Any = b"") -> bytes:
    """Decompress what Zstandard made."""
    with extra("zstd_decode", "zstandard", "formats"):
        import zstandard
    source = io.BytesIO(_bytes("zstd_decode", data))
    try:
        with zstandard.ZstdDecompressor().stream_reader(source) as reader:
            return _bounded("zstd_decode", reader.read(LARGEST_TEXT + 1))
    except zstandard.ZstdError as error:
        raise runtime_error(f"zstd_decode: {error}") from None


@builtin("brotli_encode(data: string | bytes) -> bytes", area="archives")
def brotli_encode(_vm: Vm, data: str | bytes) -> bytes:
    """Compress with Brotli."""
    with extra("brotli_encode", "Brotli", "formats"):
        import brotli  # type: ignore[import-untyped]  # Brotli has no type information
    return bytes(brotli.compress(utf8(data)))


@builtin("brotli_decode(data: bytes) -> bytes", area="archives")
def brotli_decode(_vm: Vm, data: bytes) -> bytes:
    """Decompress what Brotli made."""
    with extra("brotli_decode", "Brotli", "formats"):
        import brotli
    decoder = brotli.Decompressor()
    out = bytearray()
    try:
        for start in range(0, len(data), 1024):
            out += decoder.process(data[start : start + 1024])
            check_size("brotli_decode", len(out))
        if not decoder.is_finished():
            raise runtime_error("brotli_decode: unexpected end of data")
    except brotli.error as error:
        raise runtime_error(f"brotli_decode: {error}") from None
    return bytes(out)


def _entries(name: str, entries: Any) -> list[tuple[str, bytes]]:
    """The paths and contents to put into an archive: from a dict, or a list of ``{path, content}``."""
    if type(entries) is dict:
        return [(path, _bytes(name, entries[path])) for path in sorted(entries)]
    if type(entries) is not list:
        raise type_error(f"{name}: expected a list of entries, got {type_name(entries)}")
    out: list[tuple[str, bytes]] = []
    for entry in entries:
        if type(entry) is not dict or "path" not in entry:
            raise runtime_error(f"{name}: each entry needs a path")
        out.append((display(entry["path"]), _bytes(name, entry.get("content", ""))))
    return out


@builtin("tar_create(entries?: any) -> bytes", area="archives", loose=True)
def tar_create(_vm: Vm, entries: Any = None) -> bytes:
    """A tar archive of ``{path, content}`` entries."""
    import tarfile

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, content in _entries("tar_create", entries):
            header = tarfile.TarInfo(path)
            header.size = len(content)
            archive.addfile(header, io.BytesIO(content))
    return buffer.getvalue()


@builtin("tar_extract(data?: any) -> list", area="archives", loose=True)
def tar_extract(_vm: Vm, data: Any = b"") -> list[dict[str, Any]]:
    """The files in a tar archive as ``{path, content}`` entries; nothing is written."""
    import tarfile

    out: list[dict[str, Any]] = []
    try:
        with tarfile.open(fileobj=io.BytesIO(_bytes("tar_extract", data)), mode="r:") as archive:
            for member in archive:
                content = archive.extractfile(member) if member.isreg() else None
                if content is not None:
                    path = member.name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
                    out.append({"path": path, "content": _bounded("tar_extract", content.read(LARGEST_TEXT + 1))})
    except (tarfile.TarError, OSError, EOFError) as error:
        raise runtime_error(f"tar_extract: {error}") from None
    return out


@builtin("zip_create(entries?: any) -> bytes", area="archives", loose=True)
def zip_create(_vm: Vm, entries: Any = None) -> bytes:
    """A zip archive of ``{path, content}`` entries."""
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in _entries("zip_create", entries):
            # A fixed date: the same entries always give the same bytes.
            archive.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


@builtin("zip_extract(data?: any) -> list", area="archives", loose=True)
def zip_extract(_vm: Vm, data: Any = b"") -> list[dict[str, Any]]:
    """The files in a zip archive as ``{path, content}`` entries; nothing is written."""
    import zipfile
    import zlib

    out: list[dict[str, Any]] = []
    total = 0
    try:
        with zipfile.ZipFile(io.BytesIO(_bytes("zip_extract", data))) as archive:
            for member in archive.infolist():
                if not member.is_dir():
                    with archive.open(member) as file:
                        content = file.read(LARGEST_TEXT + 1)
                    total += len(content)
                    check_size("zip_extract", total)
                    out.append({"path": member.filename, "content": content})
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError, ValueError) as error:
        raise runtime_error(f"zip_extract: {error}") from None
    return out
