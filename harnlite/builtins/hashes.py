"""Digests and message authentication (docs/reference/builtins.md 13).

Bytes are hashed as they are, all else as text.
"""

from __future__ import annotations

import hashlib
import hmac

from harnlite.builtins import blake3_digest
from harnlite.builtins.codecs import encode_base64, utf8
from harnlite.builtins.registry import builtin
from harnlite.values.display import display

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from harnlite.vm.machine import Vm


def _data(value: Any) -> bytes:
    return value if type(value) is bytes else utf8(display(value))


@builtin("md5(value?: any) -> string", area="hashes", loose=True)
def md5(_vm: Vm, value: Any = "") -> str:
    """The MD5 digest in hexadecimal digits; not for security."""
    return hashlib.md5(_data(value), usedforsecurity=False).hexdigest()


@builtin("sha224(value?: any) -> string", area="hashes", loose=True)
def sha224(_vm: Vm, value: Any = "") -> str:
    """The SHA-224 digest in hexadecimal digits."""
    return hashlib.sha224(_data(value)).hexdigest()


@builtin("sha256(value?: any) -> string", area="hashes", loose=True)
def sha256(_vm: Vm, value: Any = "") -> str:
    """The SHA-256 digest in hexadecimal digits."""
    return hashlib.sha256(_data(value)).hexdigest()


@builtin("sha384(value?: any) -> string", area="hashes", loose=True)
def sha384(_vm: Vm, value: Any = "") -> str:
    """The SHA-384 digest in hexadecimal digits."""
    return hashlib.sha384(_data(value)).hexdigest()


@builtin("sha512(value?: any) -> string", area="hashes", loose=True)
def sha512(_vm: Vm, value: Any = "") -> str:
    """The SHA-512 digest in hexadecimal digits."""
    return hashlib.sha512(_data(value)).hexdigest()


@builtin("sha512_256(value?: any) -> string", area="hashes", loose=True)
def sha512_256(_vm: Vm, value: Any = "") -> str:
    """The SHA-512/256 digest in hexadecimal digits."""
    return hashlib.new("sha512_256", _data(value)).hexdigest()


@builtin("sha3_256(value?: any) -> string", area="hashes", loose=True)
def sha3_256(_vm: Vm, value: Any = "") -> str:
    """The SHA3-256 digest in hexadecimal digits."""
    return hashlib.sha3_256(_data(value)).hexdigest()


@builtin("sha3_512(value?: any) -> string", area="hashes", loose=True)
def sha3_512(_vm: Vm, value: Any = "") -> str:
    """The SHA3-512 digest in hexadecimal digits."""
    return hashlib.sha3_512(_data(value)).hexdigest()


@builtin("blake3(value: string | bytes) -> string", area="hashes")
def blake3(_vm: Vm, value: str | bytes) -> str:
    """The BLAKE3 digest in hexadecimal digits."""
    return blake3_digest.blake3(utf8(value)).hex()


@builtin("hmac_sha256(key: string | bytes, message: string | bytes) -> string", area="hashes")
def hmac_sha256(_vm: Vm, key: str | bytes, message: str | bytes) -> str:
    """The HMAC-SHA-256 of a message in hexadecimal digits."""
    return hmac.new(utf8(key), utf8(message), hashlib.sha256).hexdigest()


@builtin("hmac_sha256_base64(key: string | bytes, message: string | bytes) -> string", area="hashes")
def hmac_sha256_base64(_vm: Vm, key: str | bytes, message: str | bytes) -> str:
    """The HMAC-SHA-256 of a message in base64."""
    return encode_base64(hmac.new(utf8(key), utf8(message), hashlib.sha256).digest())


@builtin("hmac_sha1(key: string | bytes, message: string | bytes) -> string", area="hashes")
def hmac_sha1(_vm: Vm, key: str | bytes, message: str | bytes) -> str:
    """The HMAC-SHA-1 of a message in hexadecimal digits."""
    return hmac.new(utf8(key), utf8(message), hashlib.sha1).hexdigest()


@builtin("sha256_base64url(value: string | bytes) -> string", area="hashes")
def sha256_base64url(_vm: Vm, value: str | bytes) -> str:
    """The SHA-256 digest in URL-safe base64 without padding."""
    return encode_base64(hashlib.sha256(utf8(value)).digest(), url_safe=True)


@builtin("constant_time_eq(a: string | bytes, b: string | bytes) -> bool", area="hashes")
def constant_time_eq(_vm: Vm, a: str | bytes, b: str | bytes) -> bool:
    """Whether two secrets are the same; takes the same time whatever they hold."""
    return hmac.compare_digest(utf8(a), utf8(b))
