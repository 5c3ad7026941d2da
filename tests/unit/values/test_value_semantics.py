"""Value semantics of in-place updates, against a model that copies everything always."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from harnlite.values import access, operators
from harnlite.values.equality import equal
from harnlite.values.errors import GuestError
from harnlite.values.ownership import CELL_COUNT, getrefcount
from harnlite.values.types import StructType, StructValue
from tests.generated import examples

SLOTS = 4
POINT = StructType("P", ("a", "b"))

SLOT = st.integers(0, SLOTS - 1)
STEP = st.sampled_from([None, "a", "b"])
INDEX = st.sampled_from([0, 1, -1, "a", "b", 7])

#: A program is a list of statements on a few variables.
STATEMENT = st.one_of(
    st.tuples(st.just("copy"), SLOT, SLOT),
    st.tuples(st.just("literal"), SLOT, st.sampled_from(["list", "dict", "struct"]), SLOT, SLOT),
    st.tuples(st.just("read"), SLOT, SLOT, INDEX),
    st.tuples(st.just("append"), SLOT, SLOT),
    st.tuples(st.just("add"), SLOT, SLOT),
    st.tuples(st.just("path"), SLOT, st.lists(st.tuples(STEP, INDEX), min_size=1, max_size=3), SLOT),
)


def literal(kind: str, a: Any, b: Any) -> Any:
    if kind == "list":
        return [a, b]
    return {"a": a, "b": b} if kind == "dict" else StructValue(POINT, {"a": a, "b": b})


class Machine:
    """Runs statements as the interpreter does: variables are cells of a list, updated in place when they own."""

    def __init__(self) -> None:
        self.slots: list[Any] = list(range(SLOTS))

    def run(self, statement: tuple[Any, ...]) -> None:
        kind, slot, *operands = statement
        slots = self.slots
        if kind == "copy":
            slots[slot] = slots[operands[0]]
        elif kind == "literal":
            slots[slot] = literal(operands[0], slots[operands[1]], slots[operands[2]])
        elif kind == "read":
            slots[slot] = access.get_index(slots[operands[0]], operands[1])
        elif kind == "append":
            self.append(slot, slots[operands[0]])
        elif kind == "add":
            self.add(slot, slots[operands[0]])
        else:
            steps = tuple(step for step, _ in operands[0])
            indices = [index for step, index in operands[0] if step is None]
            self.set_path(slot, steps, indices, slots[operands[1]])

    def append(self, slot: int, item: Any) -> None:
        target = self.slots[slot]
        if type(target) is list:
            if getrefcount(target) == CELL_COUNT:
                target.append(item)
            else:
                self.slots[slot] = [*target, item]

    def add(self, slot: int, other: Any) -> None:
        target = self.slots[slot]
        if type(target) in (list, dict) and getrefcount(target) == CELL_COUNT:
            self.slots[slot] = access.add_owned(target, other)
        else:
            self.slots[slot] = operators.add(target, other)

    def set_path(self, slot: int, steps: tuple[Any, ...], indices: list[Any], value: Any) -> None:
        target = self.slots[slot]
        if getrefcount(target) == CELL_COUNT:
            access.set_path_in_place(target, steps, indices, value)
        else:
            self.slots[slot] = access.set_path(target, steps, indices, value)


class Model(Machine):
    """The same, with every variable given a copy of its own, all the way down, after every statement."""

    def run(self, statement: tuple[Any, ...]) -> None:
        self.slots = [copy.deepcopy(value, {id(POINT): POINT}) for value in self.slots]
        super().run(statement)
        self.slots = [copy.deepcopy(value, {id(POINT): POINT}) for value in self.slots]

    def append(self, slot: int, item: Any) -> None:
        if type(self.slots[slot]) is list:
            self.slots[slot] = [*self.slots[slot], item]

    def add(self, slot: int, other: Any) -> None:
        self.slots[slot] = operators.add(self.slots[slot], other)

    def set_path(self, slot: int, steps: tuple[Any, ...], indices: list[Any], value: Any) -> None:
        self.slots[slot] = access.set_path(self.slots[slot], steps, indices, value)


def outcome(machine: Machine, statement: tuple[Any, ...]) -> str:
    try:
        machine.run(statement)
    except GuestError as error:
        return error.message
    return ""


@examples(300)
@given(st.lists(STATEMENT, max_size=14))
def test_updates_in_place_are_never_seen_by_others(program: list[tuple[Any, ...]]) -> None:
    machine, model = Machine(), Model()
    for statement in program:
        assert outcome(machine, statement) == outcome(model, statement)
        assert all(equal(a, b) for a, b in zip(machine.slots, model.slots, strict=True))
