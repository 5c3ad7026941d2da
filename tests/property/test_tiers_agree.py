"""Whatever a program does, both tiers do it: output, value, error, and where it happened."""

from __future__ import annotations

import pytest

from tests.property.generator import generate
from tests.two_tiers import run_both

_BATCH = 20
_DEFAULT_BATCHES = 10
_SLOW_BATCHES = 500


def _run_batch(batch: int) -> None:
    for seed in range(batch * _BATCH, (batch + 1) * _BATCH):
        text = generate(seed)
        try:
            run_both(text)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}:\n{text}\n{error}") from None


@pytest.mark.parametrize("batch", range(_DEFAULT_BATCHES))
def test_generated_programs(batch: int) -> None:
    """Two hundred programs at every run."""
    _run_batch(batch)


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(_DEFAULT_BATCHES, _SLOW_BATCHES))
def test_many_generated_programs(batch: int) -> None:
    """Ten thousand more when asked for."""
    _run_batch(batch)


def test_generator_covers_the_language() -> None:
    """The programs are worth running: most get to their end, and all constructs occur."""
    texts = [generate(seed) for seed in range(100)]
    everything = "\n".join(texts)
    for piece in ("catch", "finally", "defer", "match", "break", "continue", "while", "for ", "return", "throw", "->"):
        assert piece in everything
    finished = sum(run_both(text).end.startswith("value") for text in texts[:40])
    assert finished > 10
