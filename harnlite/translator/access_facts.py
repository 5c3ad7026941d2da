"""What reading from containers gives, and what containers are once something in them was set."""

from __future__ import annotations

from typing import Final

from harnlite.bytecode.opcodes import Op
from harnlite.translator.base_facts import State
from harnlite.translator.condition_facts import ConditionFacts
from harnlite.translator.known import LENGTH, entry_values, nullable
from harnlite.translator.lattice import (
    ANY,
    BOOL_FACT,
    CONTAINERS,
    DICT,
    ENUM,
    INT,
    LIST,
    NIL,
    NOTHING,
    OTHER,
    RANGE,
    STRING_FACT,
    STRUCT,
    TEXT,
    Fact,
    dict_fact,
    join,
    list_fact,
    plain,
    restrict,
    struct_fact,
)
from harnlite.translator.tree import Constant, Operation

__all__ = ["AccessFacts", "is_within", "shorter"]

#: What has fields, and what has items, at all.
_FIELD_HOLDERS: Final = CONTAINERS | TEXT | ENUM | OTHER
_INDEXED: Final = LIST | DICT | TEXT | RANGE | OTHER


def is_within(fact: Fact, key: Fact) -> bool:
    """Whether an index surely means an item of a list."""
    return fact.mask == LIST and key.mask == INT and -fact.least <= key.low and key.high < fact.least


def shorter(fact: Fact) -> Fact:
    """The same types and items, but maybe fewer of them."""
    return fact if not fact.least else Fact(fact.mask, fact.low, fact.high, fact.element, fact.fields, fact.rest)


class AccessFacts(ConditionFacts):
    """Fields, indices, slices and updates."""

    def field(self, node: Operation, state: State) -> Fact:
        holder = node.operands[0]
        fact = self.look(holder, state)
        if node.op is Op.GET_FIELD:
            fact = restrict(fact, _FIELD_HOLDERS)
            self.succeeded(holder, state, _FIELD_HOLDERS)
        return self.field_of(fact, self.chunk.names[node.a])

    def field_of(self, fact: Fact, name: str) -> Fact:
        """What reading a field gives, when it does not fail."""
        found = NOTHING
        if fact.mask & (DICT | STRUCT):
            known = fact.fields.get(name)
            found = known if known is not None else nullable(fact.rest, self.forget)
        if fact.mask & LIST:
            if name == "count":
                found = join(found, LENGTH, self.forget)
            elif name in ("first", "last"):
                found = join(found, fact.element, self.forget)
        if fact.mask & (LIST | TEXT):
            if name == "empty":
                found = join(found, BOOL_FACT, self.forget)
            elif name == "count":
                found = join(found, LENGTH, self.forget)
            found = nullable(found, self.forget)
        if fact.mask & ENUM:
            found = join(found, STRING_FACT if name == "variant" else plain(LIST | NIL), self.forget)
        if fact.mask & (OTHER | RANGE):
            return ANY
        if fact.mask & ~(CONTAINERS | TEXT | ENUM):
            # An optional access gives nil here, a plain one fails.
            found = nullable(found, self.forget)
        return found

    def index(self, node: Operation, state: State) -> Fact:
        fact = self.look(node.operands[0], state)
        key = node.operands[1]
        key_fact = self.look(key, state)
        if node.op is Op.GET_INDEX:
            self.succeeded(node.operands[0], state, _INDEXED)
        found = NOTHING
        if is_within(fact, key_fact):
            found = fact.element
        elif fact.mask & LIST:
            found = nullable(fact.element, self.forget)
        elif fact.mask & RANGE:
            found = fact.element
        if fact.mask & DICT:
            if type(key) is Constant and type(key.value) is str:
                known = fact.fields.get(key.value)
                entry = known if known is not None else nullable(fact.rest, self.forget)
            else:
                entry = nullable(entry_values(fact, self.forget), self.forget)
            found = join(found, entry, self.forget)
        if fact.mask & TEXT and key_fact.mask & INT:
            found = join(found, plain(TEXT | NIL), self.forget)
        if node.op is Op.GET_INDEX_OPT and fact.mask & NIL:
            found = nullable(found, self.forget)
        return found

    def slice(self, node: Operation, state: State) -> Fact:
        fact = self.look(node.operands[0], state)
        for operand in node.operands[1:]:
            self.look(operand, state)
        sliced = restrict(fact, LIST | TEXT)
        return list_fact(fact.element, self.forget) if sliced.mask == LIST else shorter(sliced)

    def set_index(self, node: Operation, state: State) -> Fact:
        value = self.value(node.operands[0], state)
        before = self.look(node.operands[1], state)
        key = node.operands[2]
        self.look(key, state)
        name = key.value if type(key) is Constant and type(key.value) is str else None
        return self.with_index(before, name, value)

    def set_field(self, node: Operation, state: State) -> Fact:
        value = self.value(node.operands[0], state)
        before = self.look(node.operands[1], state)
        return self.with_entry(restrict(before, DICT | STRUCT), self.chunk.names[node.a], value)

    def set_path(self, node: Operation, state: State) -> Fact:
        value = self.value(node.operands[0], state)
        before = self.look(node.operands[1], state)
        for operand in node.operands[2:]:
            self.look(operand, state)
        return self.with_path(before, self.chunk.constants[node.a], value)

    def with_entry(self, fact: Fact, name: str | None, value: Fact) -> Fact:
        """A dict or struct with an entry set; the name None means some entry."""
        if name is not None:
            fields = {**fact.fields, name: value}
            rest = fact.rest
        else:
            fields = {key: join(known, value, self.forget) for key, known in fact.fields.items()}
            rest = join(fact.rest, value, self.forget)
        if fact.mask == DICT:
            return dict_fact(fields, rest, self.forget)
        if fact.mask == STRUCT:
            return struct_fact(fact.name, fields, rest, self.forget)
        self.forget(value)
        return plain(fact.mask & CONTAINERS)

    def with_index(self, fact: Fact, name: str | None, value: Fact) -> Fact:
        """A list or dict with an item set."""
        fact = restrict(fact, LIST | DICT)
        if fact.mask == LIST:
            return list_fact(join(fact.element, value, self.forget), self.forget, fact.least)
        return self.with_entry(fact, name, value)

    def with_path(self, fact: Fact, steps: tuple[str | None, ...], value: Fact) -> Fact:
        """A container with the end of a path set."""
        fact = restrict(fact, CONTAINERS)
        if fact.mask not in (LIST, DICT, STRUCT):
            self.forget(value)
            return plain(fact.mask)
        step = steps[0]
        if fact.mask == LIST:
            inner = value if len(steps) == 1 else self.with_path(fact.element, steps[1:], value)
            return list_fact(join(fact.element, inner, self.forget), self.forget, fact.least)
        old = fact.fields.get(step) if step is not None else None
        if old is None:
            old = entry_values(fact, self.forget)
        inner = value if len(steps) == 1 else self.with_path(old, steps[1:], value)
        return self.with_entry(fact, step, inner)
