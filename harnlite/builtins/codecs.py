"""Text encodings of bytes: base64, base64url, base32, hexadecimal (docs/reference/builtins.md 13).

The decoding functions raise :class:`DecodeError` with the place of the mistake; Python's own decoders skip or do not
locate bad characters.
"""

from __future__ import annotations

import base64

from harnlite.builtins.registry import builtin
from harnlite.values.errors import runtime_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from harnlite.vm.machine import Vm

_STANDARD: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
_URL_SAFE: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
_BASE32: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
_HEX: Final = frozenset(b"0123456789abcdefABCDEF")
#: How many characters of the last group of eight may carry data.
_BASE32_TAILS: Final = (0, 2, 4, 5, 7)


class DecodeError(ValueError):
    """Text that is not in the encoding it should be in."""


def utf8(value: str | bytes) -> bytes:
    """Bytes as they are, a string in UTF-8; half of a surrogate pair becomes a question mark."""
    return value if type(value) is bytes else str(value).encode("utf-8", "replace")


def text(data: bytes) -> str:
    """UTF-8 as a string; bad bytes become U+FFFD."""
    return data.decode("utf-8", "replace")


def decode_base64(encoded: str, *, url_safe: bool = False) -> bytes:
    """Decode base64: the standard alphabet with padding, or the URL-safe one without.

    :raises DecodeError: with the reference's text.
    """
    raw = utf8(encoded)
    alphabet = _URL_SAFE if url_safe else _STANDARD
    symbols = raw.rstrip(b"=")
    for offset, byte in enumerate(symbols):
        if byte not in alphabet:
            raise DecodeError(f"Invalid symbol {byte}, offset {offset}.")
    padding = len(raw) - len(symbols)
    tail = len(symbols) % 4
    if padding and tail < 2:
        raise DecodeError(f"Invalid symbol 61, offset {len(symbols)}.")
    if tail == 1:
        raise DecodeError(f"Invalid input length: {len(raw)}")
    if padding != (0 if url_safe else -tail % 4):
        raise DecodeError("Invalid padding")
    decoder = base64.urlsafe_b64decode if url_safe else base64.b64decode
    decoded = decoder(symbols + b"=" * (-tail % 4))
    if tail and encode_base64(decoded, url_safe=True) != symbols.translate(bytes.maketrans(b"+/", b"-_")).decode():
        raise DecodeError(f"Invalid last symbol {symbols[-1]}, offset {len(symbols) - 1}.")
    return decoded


def encode_base64(data: bytes, *, url_safe: bool = False) -> str:
    """Encode as standard base64 with padding, or as URL-safe base64 without."""
    if url_safe:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
    return base64.b64encode(data).decode("ascii")


def decode_base32(encoded: str) -> bytes:
    """Decode padded base32.

    :raises DecodeError: with the reference's text.
    """
    raw = utf8(encoded)
    if len(raw) % 8:
        raise DecodeError(f"invalid length at {len(raw) - len(raw) % 8}")
    symbols = raw.rstrip(b"=")
    for offset, byte in enumerate(symbols):
        if byte not in _BASE32:
            raise DecodeError(f"invalid symbol at {offset}")
    if len(raw) - len(symbols) >= 8 or len(symbols) % 8 not in _BASE32_TAILS:
        raise DecodeError(f"invalid padding length at {len(symbols)}")
    decoded = base64.b32decode(raw)
    if base64.b32encode(decoded) != raw:
        raise DecodeError(f"non-zero trailing bits at {len(symbols) - 1}")
    return decoded


def decode_hex(encoded: str) -> bytes:
    """Decode hexadecimal digits.

    :raises DecodeError: with the reference's text.
    """
    raw = utf8(encoded)
    if len(raw) % 2:
        raise DecodeError("Odd number of digits")
    for position, byte in enumerate(raw):
        if byte not in _HEX:
            raise DecodeError(f"Invalid character '{chr(byte)}' at position {position}")
    return bytes.fromhex(raw.decode("ascii"))


@builtin("base64_encode(value: string | bytes) -> string", area="codecs")
def base64_encode(_vm: Vm, value: str | bytes) -> str:
    """A string or bytes as base64 with padding."""
    return encode_base64(utf8(value))


@builtin("base64_decode(text: string) -> string", area="codecs")
def base64_decode(_vm: Vm, encoded: str) -> str:
    """The text in base64; bytes that are not UTF-8 become U+FFFD."""
    try:
        return text(decode_base64(encoded))
    except DecodeError as error:
        raise runtime_error(f"base64 decode error: {error}") from None


@builtin("base64url_encode(value: string | bytes) -> string", area="codecs")
def base64url_encode(_vm: Vm, value: str | bytes) -> str:
    """A string or bytes as URL-safe base64 without padding."""
    return encode_base64(utf8(value), url_safe=True)


@builtin("base64url_decode(text: string) -> string", area="codecs")
def base64url_decode(_vm: Vm, encoded: str) -> str:
    """The text in URL-safe base64 without padding."""
    try:
        return text(decode_base64(encoded, url_safe=True))
    except DecodeError as error:
        raise runtime_error(f"base64url decode error: {error}") from None


@builtin("base32_encode(value: string | bytes) -> string", area="codecs")
def base32_encode(_vm: Vm, value: str | bytes) -> str:
    """A string or bytes as base32 with padding."""
    return base64.b32encode(utf8(value)).decode("ascii")


@builtin("base32_decode(text: string) -> string", area="codecs")
def base32_decode(_vm: Vm, encoded: str) -> str:
    """The text in padded base32."""
    try:
        return text(decode_base32(encoded))
    except DecodeError as error:
        raise runtime_error(f"base32 decode error: {error}") from None


@builtin("hex_encode(value: string | bytes) -> string", area="codecs")
def hex_encode(_vm: Vm, value: str | bytes) -> str:
    """A string or bytes as hexadecimal digits."""
    return utf8(value).hex()


@builtin("hex_decode(text: string) -> string", area="codecs")
def hex_decode(_vm: Vm, encoded: str) -> str:
    """The text in hexadecimal digits."""
    try:
        return text(decode_hex(encoded))
    except DecodeError as error:
        raise runtime_error(f"hex decode error: {error}") from None
