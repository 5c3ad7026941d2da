"""Whatever a program does, both tiers do it: output, value, error, and where it happened."""

from __future__ import annotations

import pytest

from harnlite.translator.translate import translate
from tests.property.generator import generate
from tests.property.prelude import MODULES
from tests.two_tiers import compile_unchecked, run_both

_BATCH = 50
_DEFAULT_PROGRAMS = 2_000
_SLOW_PROGRAMS = 20_000
#: Why Python's compiler may refuse a function; any other reason is a text that is no Python.
_LIMITS = ("too many", "maximum recursion")


def _run_batch(first: int) -> None:
    for seed in range(first, first + _BATCH):
        text = generate(seed)
        try:
            run_both(text, MODULES)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}:\n{text}\n{error}") from None


@pytest.mark.parametrize("first", range(0, _DEFAULT_PROGRAMS, _BATCH))
def test_generated_programs(first: int) -> None:
    """Two thousand programs at every run."""
    _run_batch(first)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(_DEFAULT_PROGRAMS, _SLOW_PROGRAMS, _BATCH))
def test_many_generated_programs(first: int) -> None:
    """Twenty thousand when asked for."""
    _run_batch(first)


@pytest.mark.filterwarnings("error::SyntaxWarning")
def test_translations_are_python() -> None:
    """What is left to the interpreter is left to it for a reason, not because its text is wrong."""
    for seed in range(100):
        declined = translate(compile_unchecked(generate(seed), MODULES)).declined
        refused = [reason for reason in declined.values() if "Python" in reason]
        assert all(any(limit in reason for limit in _LIMITS) for reason in refused), f"seed {seed}: {refused}"


_PIECES = (
    "catch", "finally", "defer", "match", "break", "continue", "while", "for ", "return", "throw", "->", "yield", "spawn",
    "await", "parallel", "channel", "select", "mutex", "deadline", "retry", "guard", "require", "import", "interface",
    "impl", "<T>", "...", "?.", "??", "|>", "try {", "set(", ".iter()",
)  # fmt: skip


def test_generator_covers_the_language() -> None:
    """The programs are worth running: many get to their end, and all constructs occur."""
    texts = [generate(seed) for seed in range(100)]
    everything = "\n".join(texts)
    assert [piece for piece in _PIECES if piece not in everything] == []
    finished = sum(run_both(text, MODULES).end.startswith("value") for text in texts[:40])
    assert finished > 10
