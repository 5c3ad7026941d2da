"""A chunk that passes the verifier runs, whatever it is: no Python error comes out, and both tiers do the same."""

from __future__ import annotations

import copy
import random
from collections import defaultdict

import pytest

from harnlite.bytecode.chunk import Chunk, Instruction
from harnlite.bytecode.opcodes import OPCODES, Op, OperandKind
from harnlite.bytecode.verifier import BadChunk, verify
from tests.property.generator import generate
from tests.property.prelude import MODULES
from tests.two_tiers import compile_unchecked, run_chunk

_MUTANTS = 50
#: Mutants may loop for ever.
_FUEL = 5_000


def _families() -> dict[tuple[int, int], list[Op]]:
    """The instructions by what they take from the stack and put there."""
    families: dict[tuple[int, int], list[Op]] = defaultdict(list)
    for op, info in OPCODES.items():
        families[info.pops, info.pushes].append(op)
    return families


_FAMILIES = _families()


def _mutant(chunk: Chunk, choose: random.Random) -> Chunk:
    """Give the chunk with up to three instructions of one function changed or exchanged."""
    number = choose.randrange(len(chunk.functions))
    function = copy.copy(chunk.functions[number])
    instructions = list(function.instructions)
    for _ in range(choose.randint(1, 3)):
        place = choose.randrange(len(instructions))
        if choose.random() < 0.2:
            other = choose.randrange(len(instructions))
            instructions[place], instructions[other] = instructions[other], instructions[place]
        else:
            instructions[place] = _changed(chunk, instructions[place], choose)
    function.instructions = tuple(instructions)
    mutant = copy.copy(chunk)
    mutant.translation = None
    mutant.functions = (*chunk.functions[:number], function, *chunk.functions[number + 1 :])
    return mutant


def _changed(chunk: Chunk, instruction: Instruction, choose: random.Random) -> Instruction:
    op, a, b = instruction
    if choose.random() < 0.5:
        return op, max(0, a + choose.choice((-1, 0, 1))), max(0, b + choose.choice((-1, 0, 0, 1)))
    info = OPCODES[Op(op)]
    other = choose.choice(_FAMILIES[info.pops, info.pushes])
    kinds = OPCODES[other]
    if choose.random() < 0.5 and (kinds.a, kinds.b) == (info.a, info.b):
        return int(other), a, b
    return int(other), _operand(chunk, kinds.a, choose), _operand(chunk, kinds.b, choose)


def _operand(chunk: Chunk, kind: OperandKind, choose: random.Random) -> int:
    if kind is OperandKind.NONE:
        return 0
    limit = (
        len(chunk.constants) if kind is OperandKind.CONSTANT else len(chunk.names) if kind is OperandKind.NAME else 4
    )
    return choose.randrange(max(1, limit))


def _run_mutants(seed: int) -> int:
    """Run the sound ones among some mutants of a generated program; gives how many there were."""
    choose = random.Random(seed)
    chunk = compile_unchecked(generate(seed), MODULES)
    sound = 0
    for number in range(_MUTANTS):
        mutant = _mutant(chunk, choose)
        try:
            verify(mutant)
        except BadChunk:
            continue
        sound += 1
        plain = run_chunk(mutant, fast=False, modules=MODULES, fuel=_FUEL)
        fast = run_chunk(mutant, fast=True, modules=MODULES, fuel=_FUEL)
        if "LimitReached" not in plain.end + fast.end:
            # The tiers count fuel in their own ways.
            assert fast == plain, f"mutant {number} of seed {seed}"
    return sound


def test_mutants() -> None:
    """A hundred sound mutants or more, of programs of all kinds."""
    assert sum(map(_run_mutants, range(10))) > 100


@pytest.mark.slow
@pytest.mark.parametrize("first", range(10, 400, 10))
def test_many_mutants(first: int) -> None:
    """Several thousand when asked for."""
    for seed in range(first, first + 10):
        _run_mutants(seed)
