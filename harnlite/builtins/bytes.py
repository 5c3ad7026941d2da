"""Byte strings (docs/reference/builtins.md 13)."""

from __future__ import annotations

import hmac

from harnlite.builtins.codecs import DecodeError, decode_base64, decode_hex, encode_base64, text, utf8
from harnlite.builtins.registry import builtin
from harnlite.values.errors import runtime_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from harnlite.vm.machine import Vm


@builtin("bytes_from_string(text: string) -> bytes", area="bytes")
def bytes_from_string(_vm: Vm, string: str) -> bytes:
    """A string in UTF-8."""
    return utf8(string)


@builtin("bytes_to_string(bytes: bytes) -> string", area="bytes")
def bytes_to_string(_vm: Vm, data: bytes) -> str:
    """UTF-8 as a string; bad bytes are an error."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            raise runtime_error(f"bytes_to_string: incomplete utf-8 byte sequence from index {error.start}") from None
        length = error.end - error.start
        raise runtime_error(
            f"bytes_to_string: invalid utf-8 sequence of {length} bytes from index {error.start}"
        ) from None


@builtin("bytes_to_string_lossy(bytes: bytes) -> string", area="bytes")
def bytes_to_string_lossy(_vm: Vm, data: bytes) -> str:
    """UTF-8 as a string; bad bytes become U+FFFD."""
    return text(data)


@builtin("bytes_from_hex(text: string) -> bytes", area="bytes")
def bytes_from_hex(_vm: Vm, encoded: str) -> bytes:
    """The bytes written as hexadecimal digits."""
    try:
        return decode_hex(encoded)
    except DecodeError as error:
        raise runtime_error(f"bytes_from_hex: {error}") from None


@builtin("bytes_to_hex(bytes: bytes) -> string", area="bytes")
def bytes_to_hex(_vm: Vm, data: bytes) -> str:
    """Bytes as hexadecimal digits."""
    return data.hex()


@builtin("bytes_from_base64(text: string) -> bytes", area="bytes")
def bytes_from_base64(_vm: Vm, encoded: str) -> bytes:
    """The bytes written as base64."""
    try:
        return decode_base64(encoded)
    except DecodeError as error:
        raise runtime_error(f"bytes_from_base64: {error}") from None


@builtin("bytes_to_base64(bytes: bytes) -> string", area="bytes")
def bytes_to_base64(_vm: Vm, data: bytes) -> str:
    """Bytes as base64 with padding."""
    return encode_base64(data)


@builtin("bytes_to_base64url(bytes: bytes) -> string", area="bytes")
def bytes_to_base64url(_vm: Vm, data: bytes) -> str:
    """Bytes as URL-safe base64 without padding."""
    return encode_base64(data, url_safe=True)


@builtin("bytes_len(bytes: bytes) -> int", area="bytes")
def bytes_len(_vm: Vm, data: bytes) -> int:
    """The number of bytes."""
    return len(data)


@builtin("bytes_concat(a: bytes, b: bytes) -> bytes", area="bytes")
def bytes_concat(_vm: Vm, a: bytes, b: bytes) -> bytes:
    """Two byte strings one after the other."""
    return a + b


@builtin("bytes_slice(bytes: bytes, start: int, end?: int) -> bytes", area="bytes")
def bytes_slice(_vm: Vm, data: bytes, start: int, end: int | None = None) -> bytes:
    """The bytes from a position up to another, both clamped to what there is."""
    return data[max(start, 0) : len(data) if end is None else max(end, 0)]


@builtin("bytes_eq(a: bytes, b: bytes) -> bool", area="bytes")
def bytes_eq(_vm: Vm, a: bytes, b: bytes) -> bool:
    """Whether two byte strings are the same; takes the same time whatever they hold."""
    return hmac.compare_digest(a, b)
