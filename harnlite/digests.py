"""Digests of contents, for the cache: 256 bits of BLAKE2b."""

from __future__ import annotations

try:
    # From where hashlib has it: importing hashlib loads OpenSSL, which takes as long as ten modules of ours.
    from _blake2 import blake2b
except ImportError:
    from hashlib import blake2b

__all__ = ["DIGEST_SIZE", "digest", "text_digest"]

DIGEST_SIZE = 32


def digest(content: bytes) -> bytes:
    """Give the digest of bytes."""
    return blake2b(content, digest_size=DIGEST_SIZE).digest()


def text_digest(text: str) -> str:
    """Give the digest of a text, lone surrogates and all, in hexadecimal digits."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=DIGEST_SIZE).hexdigest()
