"""The BLAKE3 hash function, by its published specification; bytes in, 32 bytes out.

Written out because names of durable pools and a builtin need it and Python has none. The package ``blake3`` is some
hundred times faster and is used where it is installed; nothing else depends on it.
"""

from __future__ import annotations

from struct import pack, unpack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["blake3"]

_IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
_PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
_ROUNDS = 7
#: Four columns, then four diagonals of the 4 x 4 state.
_QUARTERS = (
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
    (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
)  # fmt: skip
_BLOCK, _CHUNK = 64, 1024
_CHUNK_START, _CHUNK_END, _PARENT, _ROOT = 1, 2, 4, 8
_MASK = 0xFFFFFFFF


def blake3(data: bytes) -> bytes:
    """Give the digest of 32 bytes."""
    try:
        import blake3 as package
    except ImportError:
        return pack("<8I", *_tree(data, 0, _ROOT))
    return bytes(package.blake3(data).digest())


def _tree(data: bytes, first_chunk: int, root: int) -> Sequence[int]:
    """The chaining value of a subtree: of one chunk, or of a left side of the largest power of two and the rest."""
    if len(data) <= _CHUNK:
        return _chunk(data, first_chunk, root)
    left = 1 << ((len(data) - 1) // _CHUNK).bit_length() - 1
    sides = (
        *_tree(data[: left * _CHUNK], first_chunk, 0),
        *_tree(data[left * _CHUNK :], first_chunk + left, 0),
    )
    return _compress(_IV, sides, 0, _BLOCK, _PARENT | root)


def _chunk(data: bytes, index: int, root: int) -> Sequence[int]:
    value: Sequence[int] = _IV
    last = max(0, (len(data) - 1) // _BLOCK)
    for number in range(last + 1):
        block = data[number * _BLOCK : (number + 1) * _BLOCK]
        flags = (_CHUNK_START if number == 0 else 0) | (_CHUNK_END | root if number == last else 0)
        value = _compress(value, unpack("<16I", block.ljust(_BLOCK, b"\0")), index, len(block), flags)
    return value


def _compress(value: Sequence[int], block: Sequence[int], counter: int, length: int, flags: int) -> list[int]:
    """Mix a block into a chaining value."""
    state = [*value, *_IV[:4], counter & _MASK, counter >> 32, length, flags]
    words = list(block)
    for _ in range(_ROUNDS):
        for number, quarter in enumerate(_QUARTERS):
            _mix(state, *quarter, words[2 * number], words[2 * number + 1])
        words = [words[place] for place in _PERMUTATION]
    return [low ^ high for low, high in zip(state[:8], state[8:], strict=True)]


def _mix(state: list[int], a: int, b: int, c: int, d: int, first: int, second: int) -> None:
    for word, turn_d, turn_b in ((first, 16, 12), (second, 8, 7)):
        state[a] = (state[a] + state[b] + word) & _MASK
        state[d] = _turned(state[d] ^ state[a], turn_d)
        state[c] = (state[c] + state[d]) & _MASK
        state[b] = _turned(state[b] ^ state[c], turn_b)


def _turned(word: int, bits: int) -> int:
    return (word >> bits | word << (32 - bits)) & _MASK
