"""What the halves of the facts analysis share: states, slots, and the questions that only its driver can answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from harnlite.bytecode.chunk import Chunk
from harnlite.bytecode.opcodes import Op
from harnlite.translator.lattice import (
    Fact,
    join,
    restrict,
)
from harnlite.translator.tree import Expression, Local

__all__ = ["BaseFacts", "State", "exact_bounds"]


class State:
    """What is known at one point of a function.

    :ivar facts: by slot.
    :ivar owned: bits of the slots that surely are the only holder of their value.
    """

    __slots__ = ("facts", "owned")

    def __init__(self, facts: list[Fact], owned: int) -> None:
        self.facts = facts
        self.owned = owned

    def copy(self) -> State:
        """Give a state that can go another way."""
        return State(self.facts.copy(), self.owned)


def exact_bounds(op: Op, a: Fact, b: Fact) -> tuple[int, int]:
    """Bounds of ``a op b`` of ints for + - *, before wrapping."""
    if op is Op.ADD:
        return a.low + b.low, a.high + b.high
    if op is Op.SUB:
        return a.low - b.high, a.high - b.low
    corners = (a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high)
    return min(corners), max(corners)


class BaseFacts(ABC):
    """States and slots; subclasses know the function at hand and all others."""

    chunk: Chunk
    #: States of handlers that the code at hand is protected by.
    watchers: list[State]
    #: Facts of the captured values of the function at hand.
    captures: list[Fact]
    #: The number of the function at hand, and its slots whose value is moved when read.
    function_index: int
    moved: set[int]

    @abstractmethod
    def call_functions(self, functions: frozenset[int], arguments: Sequence[Fact]) -> Fact:
        """Note a call of guest functions; gives what they may return."""

    @abstractmethod
    def results_of(self, functions: frozenset[int]) -> Fact:
        """What guest functions may return, as far as seen."""

    @abstractmethod
    def late_fact(self, holder: Fact) -> Fact:
        """What a late cell holds."""

    @abstractmethod
    def fill_cell(self, holder: Fact, value: Fact) -> None:
        """Note that a late cell gets a value."""

    @abstractmethod
    def yielded(self, fact: Fact) -> None:
        """Note what the generator at hand yields."""

    @abstractmethod
    def make_closure(self, index: int, state: State) -> Fact:
        """Note that a closure of a function is made."""

    @abstractmethod
    def value(self, node: Expression, state: State) -> Fact:
        """The fact of an expression whose value somebody keeps."""

    @abstractmethod
    def look(self, node: Expression, state: State) -> Fact:
        """The fact of an expression whose value is only looked at."""

    @abstractmethod
    def read_unset(self, slot: int, state: State) -> None:
        """A local is read that may not be assigned yet."""

    @abstractmethod
    def forget(self, fact: Fact) -> None:
        """Let the functions of closures in a fact be called by anyone with anything."""

    # ----------------------------------------------------------------------------------------------- variables

    def set_slot(self, state: State, slot: int, fact: Fact, owned: bool) -> None:
        """A slot gets a value."""
        state.facts[slot] = fact
        bit = 1 << slot
        state.owned = state.owned | bit if owned else state.owned & ~bit
        for watcher in self.watchers:
            watcher.facts[slot] = join(watcher.facts[slot], fact, self.forget)
            if not owned:
                watcher.owned &= ~bit

    def share_slot(self, state: State, slot: int) -> None:
        """Somebody else holds a slot's value from now on."""
        bit = 1 << slot
        state.owned &= ~bit
        for watcher in self.watchers:
            watcher.owned &= ~bit

    def join_states(self, a: State | None, b: State | None) -> State | None:
        """What is known when control comes from either of two places."""
        if a is None or b is None:
            return b if a is None else a
        forget = self.forget
        facts = [x if x is y else join(x, y, forget) for x, y in zip(a.facts, b.facts, strict=True)]
        return State(facts, a.owned & b.owned)

    def narrow(self, state: State, slot: int, fact: Fact) -> State | None:
        if not fact.mask and state.facts[slot].mask:
            return None
        state.facts[slot] = fact
        return state

    def succeeded(self, node: Expression, state: State, mask: int) -> None:
        """An operation did not fail, so a local among its operands is of certain types."""
        if type(node) is Local:
            fact = restrict(state.facts[node.slot], mask)
            if fact.mask:
                state.facts[node.slot] = fact

    def merged_fields(self, a: Fact, b: Fact) -> tuple[dict[str, Fact], Fact]:
        """What ``a + b`` of dicts holds."""
        rest = join(a.rest, b.rest, self.forget)
        fields = dict(b.fields)
        for key, fact in a.fields.items():
            if key not in fields:
                fields[key] = join(fact, b.rest, self.forget)
        return fields, rest
