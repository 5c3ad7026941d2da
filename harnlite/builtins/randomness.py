"""Random numbers (docs/reference/builtins.md 7): the host's own, or a seeded generator that repeats itself.

The seeded generator is ChaCha with 12 rounds, and numbers are drawn from its words as the reference draws them, so
that a seed gives the same sequence here and there.
"""

from __future__ import annotations

from harnlite.builtins.registry import builtin
from harnlite.values.errors import type_error
from harnlite.values.types import Handle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from harnlite.vm.machine import Vm

_MASK32: Final = (1 << 32) - 1
_MASK64: Final = (1 << 64) - 1
_CONSTANTS: Final = (0x61707865, 0x3320646E, 0x79622D32, 0x6B206574)
_QUARTER_ROUNDS: Final = (
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
    (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
)  # fmt: skip


class SeededRandom(Handle):
    """What ``rng_seed`` gives.

    :param seed: any 64-bit integer; stretched to a key by a small generator of its own (PCG).
    """

    __slots__ = ("_counter", "_key", "_words")
    type_name = "rng"

    def __init__(self, seed: int) -> None:
        key: list[int] = []
        state = seed & _MASK64
        for _ in range(8):
            state = (state * 6364136223846793005 + 11634580027462260723) & _MASK64
            mixed = (((state >> 18) ^ state) >> 27) & _MASK32
            rotation = state >> 59
            key.append(((mixed >> rotation) | (mixed << (-rotation & 31))) & _MASK32)
        self._key = key
        self._counter = 0
        self._words: list[int] = []

    def word(self) -> int:
        """The next 32 bits."""
        if not self._words:
            self._words = self._block()
            self._words.reverse()
        return self._words.pop()

    def _block(self) -> list[int]:
        start = [*_CONSTANTS, *self._key, self._counter & _MASK32, self._counter >> 32, 0, 0]
        self._counter += 1
        w = start.copy()
        for _ in range(6):
            for a, b, c, d in _QUARTER_ROUNDS:
                for first, second in ((16, 12), (8, 7)):
                    w[a] = (w[a] + w[b]) & _MASK32
                    x = w[d] ^ w[a]
                    w[d] = ((x << first) & _MASK32) | (x >> (32 - first))
                    w[c] = (w[c] + w[d]) & _MASK32
                    x = w[b] ^ w[c]
                    w[b] = ((x << second) & _MASK32) | (x >> (32 - second))
        return [(x + y) & _MASK32 for x, y in zip(w, start, strict=True)]

    def long_word(self) -> int:
        """The next 64 bits."""
        low = self.word()
        return low | self.word() << 32

    def real(self) -> float:
        """A float in [0, 1)."""
        return float(self.long_word() >> 11) * 2.0**-53

    def below(self, bound: int, bits: int = 32) -> int:
        """An integer in [0, bound), from one or two words of this many bits."""
        mask = (1 << bits) - 1
        draw = self.word if bits == 32 else self.long_word
        if bound > mask:
            return draw()
        product = draw() * bound
        result, rest = product >> bits, product & mask
        # Only where a single word would favour some results, another word decides about the last unit.
        if rest > -bound & mask and rest + (draw() * bound >> bits) > mask:
            result += 1
        return result

    def shuffled(self, items: list[Any]) -> list[Any]:
        """A copy in random order; one random word serves several steps as long as it can."""
        out = items.copy()
        chunk, remaining = 0, 1
        for index in range(len(out)):
            size = index + 1
            if remaining == 0:
                bound, following = size, size + 1
                while bound * following <= _MASK32:
                    bound *= following
                    following += 1
                chunk, remaining = self.below(bound), following - size
            remaining -= 1
            chunk, other = (chunk, chunk) if remaining == 0 else divmod(chunk, size)
            out[index], out[other] = out[other], out[index]
        return out


def _split(arguments: tuple[Any, ...]) -> tuple[SeededRandom | None, tuple[Any, ...]]:
    """The generator, if the first argument is one, and the other arguments."""
    if arguments and type(arguments[0]) is SeededRandom:
        return arguments[0], arguments[1:]
    return None, arguments


@builtin("rng_seed(seed?: any) -> rng", area="randomness", loose=True)
def rng_seed(_vm: Vm, seed: Any = None) -> SeededRandom:
    """A random generator that gives the same sequence for the same seed."""
    if type(seed) is not int:
        raise type_error("rng_seed: seed must be an integer")
    return SeededRandom(seed)


@builtin("random(rng?: any) -> float", area="randomness", loose=True)
def random_(vm: Vm, rng: Any = None) -> float:
    """A random float in [0, 1), of a generator if one is given."""
    return rng.real() if type(rng) is SeededRandom else vm.host.random.random()


@builtin("random_int(...arguments: any) -> int | nil", area="randomness", loose=True)
def random_int(vm: Vm, *arguments: Any) -> int | None:
    """``random_int(low, high)`` with both bounds included, nil when low > high; ``random_int(rng, low, high)``."""
    rng, bounds = _split(arguments)
    low, high = (*bounds, None, None)[:2]
    for name, bound in (("min", low), ("max", high)):
        if type(bound) is not int:
            raise type_error(f"random_int: {name} must be an integer")
    if low > high:
        return None
    if rng is None:
        return vm.host.random.randint(low, high)
    number: int = low + rng.below(high - low + 1, 64)
    return number


@builtin("random_choice(...arguments: any) -> any", area="randomness", loose=True)
def random_choice(vm: Vm, *arguments: Any) -> Any:
    """``random_choice(items)``, nil of an empty list; ``random_choice(rng, items)``."""
    rng, rest = _split(arguments)
    items = rest[0] if rest else None
    if type(items) is not list or not items:
        return None
    return items[vm.host.random.randrange(len(items)) if rng is None else rng.below(len(items))]


@builtin("random_shuffle(...arguments: any) -> list | nil", area="randomness", loose=True)
def random_shuffle(vm: Vm, *arguments: Any) -> list[Any] | None:
    """``random_shuffle(items)``, a copy in random order; ``random_shuffle(rng, items)``."""
    rng, rest = _split(arguments)
    items = rest[0] if rest else None
    if type(items) is not list:
        return None
    if rng is not None:
        return rng.shuffled(items)
    out = items.copy()
    vm.host.random.shuffle(out)
    return out
