"""What can be known of a value without running the program: the lattice of facts.

A :class:`Fact` describes a set of values: which types it may have, the bounds of its ints, what a container holds,
which functions a closure may be. :data:`NOTHING` is the empty set, :data:`ANY` every value. Facts are immutable.
Because lists, dicts and structs are values that nobody else changes, a fact about what a variable holds inside stays
true until the variable itself is assigned. Must not know the syntax of chunks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from harnlite.values.operators import MAX_INT, MIN_INT

__all__ = [
    "ALL",
    "ANY",
    "BOOL",
    "BOOL_FACT",
    "CLOSURE",
    "CONTAINERS",
    "DICT",
    "ENUM",
    "FLOAT",
    "FLOAT_FACT",
    "INT",
    "INT_FACT",
    "LIST",
    "MISSING_BIT",
    "NIL",
    "NIL_FACT",
    "NOTHING",
    "NUMBER",
    "OTHER",
    "RANGE",
    "STRING_FACT",
    "STRUCT",
    "TEXT",
    "CellName",
    "Fact",
    "cell_fact",
    "closure_fact",
    "dict_fact",
    "enum_fact",
    "fact_of_constant",
    "int_fact",
    "join",
    "list_fact",
    "plain",
    "range_fact",
    "restrict",
    "same",
    "struct_fact",
    "widen",
    "without",
]

NIL: Final = 1
BOOL: Final = 2
INT: Final = 4
FLOAT: Final = 8
TEXT: Final = 16
LIST: Final = 32
DICT: Final = 64
STRUCT: Final = 128
ENUM: Final = 256
CLOSURE: Final = 512
RANGE: Final = 1024
#: Every other guest type: sets, bytes, pairs, durations, builtins, handles.
OTHER: Final = 2048
#: No value yet: a parameter without argument, a local before its first assignment.
MISSING_BIT: Final = 4096

ALL: Final = 4095
NUMBER: Final = INT | FLOAT
#: Types whose values can be changed in place.
CONTAINERS: Final = LIST | DICT | STRUCT
_FIELDED = DICT | STRUCT
_SEQUENCES = LIST | RANGE

#: Facts nested deeper, dicts with more known keys and closures of more functions are not told apart any further.
_MAX_DEPTH = 5
_MAX_FIELDS = 32
_MAX_FUNCTIONS = 6

_NO_FIELDS: Mapping[str, Fact] = {}


class CellName(NamedTuple):
    """A late cell by the place that makes it: the function's number and the slot."""

    function: int
    slot: int


#: Variant names with the facts of their fields.
Variants = Mapping[str, tuple["Fact", ...]]
#: Called with a fact whose functions are about to be forgotten.
Forget = Callable[["Fact"], None]


class Fact:
    """A set of values.

    :ivar mask: the types they may have.
    :ivar low, high: bounds of the ints among them.
    :ivar element: what lists and ranges among them hold.
    :ivar least: how many items each of these has at the least.
    :ivar fields: what dicts and structs among them surely have under these names.
    :ivar rest: what dicts and structs may have under any other name.
    :ivar name: the enum or struct they are of, as ``(module, name, ...)`` for a struct, or the late cell that they
        are; None: any.
    :ivar functions: numbers of the functions that closures among them are of; None: any.
    :ivar variants: the variants that enum values among them may be of, with what their fields hold; None: any.
    """

    __slots__ = ("depth", "element", "fields", "functions", "high", "least", "low", "mask", "name", "rest", "variants")

    element: Fact
    rest: Fact

    def __init__(
        self,
        mask: int,
        low: int = MIN_INT,
        high: int = MAX_INT,
        element: Fact | None = None,
        fields: Mapping[str, Fact] = _NO_FIELDS,
        rest: Fact | None = None,
        name: Any = None,
        functions: frozenset[int] | None = None,
        variants: Variants | None = None,
        least: int = 0,
    ) -> None:
        self.mask = mask
        self.low = low
        self.high = high
        self.element = element or self
        self.fields = fields
        self.rest = rest or self
        self.name = name
        self.functions = functions
        self.variants = variants
        self.least = least
        depth = 0
        if element is not None and mask & _SEQUENCES:
            depth = element.depth + 1
        if rest is not None and mask & _FIELDED:
            depth = max(depth, rest.depth + 1, *(fact.depth + 1 for fact in fields.values()))
        if variants:
            depth = max(depth, *(fact.depth + 1 for facts in variants.values() for fact in facts), 1)
        self.depth: int = depth

    def __repr__(self) -> str:
        names = ("nil", "bool", "int", "float", "string", "list", "dict", "struct", "enum", "closure", "range", "other")
        parts = [name for bit, name in enumerate((*names, "missing")) if self.mask >> bit & 1]
        if self.mask & INT:
            parts.append(f"{self.low}..{self.high}")
        if self.mask & _SEQUENCES and self.element is not ANY:
            parts.append(f"of {self.element}")
        if self.mask & _FIELDED and self.rest is not ANY:
            parts.append(f"with {dict(self.fields)} rest {self.rest}")
        return f"<{' '.join(parts)}>" if self.mask != ALL else "<any>"


ANY: Final = Fact(ALL)
NOTHING: Final = Fact(0)


def _simple(mask: int) -> Fact:
    return Fact(mask, element=ANY, rest=ANY)


_PLAIN = {mask: _simple(mask) for mask in (NIL, BOOL, INT, FLOAT, TEXT, LIST, DICT, NUMBER, CLOSURE, OTHER)}
NIL_FACT: Final = _PLAIN[NIL]
BOOL_FACT: Final = _PLAIN[BOOL]
INT_FACT: Final = _PLAIN[INT]
FLOAT_FACT: Final = _PLAIN[FLOAT]
STRING_FACT: Final = _PLAIN[TEXT]


def plain(mask: int) -> Fact:
    """All values of the given types."""
    if mask == ALL:
        return ANY
    if not mask:
        return NOTHING
    return _PLAIN.get(mask) or _simple(mask)


@lru_cache(maxsize=4096)
def int_fact(low: int, high: int) -> Fact:
    """Ints within bounds; bounds outside 64 bits mean that the value wraps, so nothing is known."""
    if low < MIN_INT or high > MAX_INT:
        return INT_FACT
    return Fact(INT, low, high, ANY, rest=ANY) if low > MIN_INT or high < MAX_INT else INT_FACT


def list_fact(element: Fact, forget: Forget, least: int = 0) -> Fact:
    """Lists of such elements, each of at least so many."""
    return Fact(LIST, element=_shallow(element, forget), rest=ANY, least=least)


def range_fact(low: int, high: int, least: int = 0) -> Fact:
    """Ranges whose items lie within bounds, each of at least so many."""
    return Fact(RANGE, element=int_fact(low, high) if low <= high else NOTHING, rest=ANY, least=least)


def dict_fact(fields: Mapping[str, Fact], rest: Fact, forget: Forget) -> Fact:
    """Dicts that surely have some fields, and others of the fact ``rest``."""
    return _fielded(DICT, fields, rest, None, forget)


def struct_fact(name: Any, fields: Mapping[str, Fact], rest: Fact, forget: Forget) -> Fact:
    """Values of a struct type, which surely have some fields."""
    return _fielded(STRUCT, fields, rest, name, forget)


def _fielded(mask: int, fields: Mapping[str, Fact], rest: Fact, name: Any, forget: Forget) -> Fact:
    if len(fields) > _MAX_FIELDS:
        for fact in fields.values():
            rest = join(rest, fact, forget)
        fields = _NO_FIELDS
    fields = {key: _shallow(fact, forget) for key, fact in fields.items()}
    return Fact(mask, element=ANY, fields=fields, rest=_shallow(rest, forget), name=name)


def enum_fact(name: str | None, variants: Variants | None = None, forget: Forget | None = None) -> Fact:
    """Values of an enum; ``forget`` must be given with ``variants``."""
    if variants is not None and forget is not None:
        variants = {key: tuple(_shallow(fact, forget) for fact in facts) for key, facts in variants.items()}
    return Fact(ENUM, element=ANY, rest=ANY, name=name, variants=variants)


def cell_fact(name: CellName) -> Fact:
    """The late cells that one place makes."""
    return Fact(OTHER, element=ANY, rest=ANY, name=name)


def closure_fact(function: int) -> Fact:
    """Closures of one function."""
    return Fact(CLOSURE, element=ANY, rest=ANY, functions=frozenset((function,)))


def fact_of_constant(value: Any) -> Fact:
    """What is known of a constant."""
    kind = type(value)
    if kind is int:
        return int_fact(value, value)
    if value is None:
        return NIL_FACT
    mask = {bool: BOOL, float: FLOAT, str: TEXT}.get(kind, OTHER)
    return plain(mask)


def _shallow(fact: Fact, forget: Forget) -> Fact:
    if fact.depth < _MAX_DEPTH:
        return fact
    forget(fact)
    return plain(fact.mask & ALL)


def same(a: Fact, b: Fact) -> bool:
    """Whether two facts describe the same values."""
    if a is b:
        return True
    if a.mask != b.mask or a.name != b.name or a.functions != b.functions:
        return False
    if a.mask & INT and (a.low != b.low or a.high != b.high):
        return False
    if a.mask & ENUM and a.variants is not b.variants and not _same_variants(a.variants, b.variants):
        return False
    if a.mask & _SEQUENCES and (a.least != b.least or not same(a.element, b.element)):
        return False
    if not a.mask & _FIELDED or (a.fields is b.fields and a.rest is b.rest):
        return True
    if a.fields.keys() != b.fields.keys() or not same(a.rest, b.rest):
        return False
    return all(same(fact, b.fields[key]) for key, fact in a.fields.items())


def _same_variants(a: Variants | None, b: Variants | None) -> bool:
    if a is None or b is None or a.keys() != b.keys():
        return False
    return all(
        len(facts) == len(b[key]) and all(same(x, y) for x, y in zip(facts, b[key], strict=True))
        for key, facts in a.items()
    )


def join(a: Fact, b: Fact, forget: Forget) -> Fact:
    """The values of either fact. ``forget`` is told of closures that can no longer be followed."""
    if a is b or not b.mask:
        return a
    if not a.mask:
        return b
    if a is ANY or b is ANY:
        forget(b if a is ANY else a)
        return ANY if not (a.mask | b.mask) & MISSING_BIT else Fact(ALL | MISSING_BIT, element=ANY, rest=ANY)
    if same(a, b):
        return a
    return _merge(a, b, forget, _hull)


def widen(old: Fact, new: Fact, forget: Forget) -> Fact:
    """A fact that includes both and, repeated, soon stops growing: moving bounds jump to far ones."""
    if old is new or not new.mask or same(old, new):
        return old
    if not old.mask:
        return new
    if old is ANY or new is ANY:
        return join(old, new, forget)
    return _merge(old, new, forget, _jump)


def _hull(a: Fact, b: Fact) -> tuple[int, int]:
    return min(a.low, b.low), max(a.high, b.high)


_HIGH_STOPS = (2**31 - 1, 2**53 - 1, 2**62)
_LOW_STOPS = (0, -(2**31), -(2**62))


def _jump(old: Fact, new: Fact) -> tuple[int, int]:
    low, high = old.low, old.high
    if new.high > high:
        high = next((stop for stop in _HIGH_STOPS if stop >= new.high), MAX_INT)
    if new.low < low:
        low = next((stop for stop in _LOW_STOPS if stop <= new.low), MIN_INT)
    return low, high


def _merge(a: Fact, b: Fact, forget: Forget, bounds: Callable[[Fact, Fact], tuple[int, int]]) -> Fact:
    combine = join if bounds is _hull else widen
    mask = a.mask | b.mask
    low, high = MIN_INT, MAX_INT
    if mask & INT:
        if a.mask & b.mask & INT:
            low, high = bounds(a, b)
        else:
            holder = a if a.mask & INT else b
            low, high = holder.low, holder.high
    element = ANY
    least = 0
    if mask & _SEQUENCES:
        if not a.mask & _SEQUENCES:
            element, least = b.element, b.least
        elif not b.mask & _SEQUENCES:
            element, least = a.element, a.least
        else:
            element = combine(a.element, b.element, forget)
            if combine is join or b.least >= a.least:
                least = min(a.least, b.least)
    fields: Mapping[str, Fact] = _NO_FIELDS
    rest = ANY
    if mask & _FIELDED:
        if not a.mask & _FIELDED:
            fields, rest = b.fields, b.rest
        elif not b.mask & _FIELDED:
            fields, rest = a.fields, a.rest
        else:
            fields, rest = _merge_fields(a, b, forget, combine)
    functions = None
    if mask & CLOSURE:
        functions = _merge_functions(a, b, forget)
    name = a.name
    if a.name != b.name:
        named = STRUCT | ENUM | OTHER
        name = b.name if not a.mask & named else a.name if not b.mask & named else None
        if name is None:
            # What late cells hold can no longer be followed.
            forget(a)
            forget(b)
    elif mask & STRUCT and mask & ENUM:
        name = None
    variants = None
    if mask & ENUM:
        if not a.mask & ENUM:
            variants = b.variants
        elif not b.mask & ENUM:
            variants = a.variants
        else:
            variants = _merge_variants(a, b, forget, combine)
    return Fact(mask, low, high, element, fields, rest, name, functions, variants, least)


def _merge_variants(a: Fact, b: Fact, forget: Forget, combine: Callable[[Fact, Fact, Forget], Fact]) -> Variants | None:
    if a.variants is None or b.variants is None or a.name != b.name:
        forget(a)
        forget(b)
        return None
    merged = dict(a.variants)
    for key, facts in b.variants.items():
        known = merged.get(key)
        if known is None:
            merged[key] = facts
        else:
            size = max(len(known), len(facts))
            padded = (fields + (NIL_FACT,) * (size - len(fields)) for fields in (known, facts))
            merged[key] = tuple(combine(x, y, forget) for x, y in zip(*padded, strict=True))
    return merged


def _merge_fields(
    a: Fact, b: Fact, forget: Forget, combine: Callable[[Fact, Fact, Forget], Fact]
) -> tuple[Mapping[str, Fact], Fact]:
    rest = combine(a.rest, b.rest, forget)
    fields: dict[str, Fact] = {}
    for key, fact in a.fields.items():
        other = b.fields.get(key)
        if other is not None:
            fields[key] = combine(fact, other, forget)
        else:
            rest = combine(rest, fact, forget)
    for key, fact in b.fields.items():
        if key not in a.fields:
            rest = combine(rest, fact, forget)
    return fields, rest


def _merge_functions(a: Fact, b: Fact, forget: Forget) -> frozenset[int] | None:
    if not a.mask & CLOSURE:
        return b.functions
    if not b.mask & CLOSURE:
        return a.functions
    if a.functions is None or b.functions is None or len(a.functions | b.functions) > _MAX_FUNCTIONS:
        forget(a)
        forget(b)
        return None
    return a.functions | b.functions


def restrict(fact: Fact, mask: int) -> Fact:
    """The values of a fact that have one of the given types."""
    kept = fact.mask & mask
    if kept == fact.mask:
        return fact
    if not kept:
        return NOTHING
    is_simple = fact.element is ANY and fact.rest is ANY and fact.functions is None and fact.name is None
    if is_simple and not kept & (INT | STRUCT | ENUM):
        return plain(kept)
    if kept == ALL and fact.element is ANY and fact.rest is ANY:
        return ANY
    return Fact(
        kept,
        fact.low,
        fact.high,
        fact.element if kept & _SEQUENCES else ANY,
        fact.fields if kept & _FIELDED else _NO_FIELDS,
        fact.rest if kept & _FIELDED else ANY,
        fact.name if kept & (STRUCT | ENUM | OTHER) else None,
        fact.functions if kept & CLOSURE else None,
        fact.variants if kept & ENUM else None,
        fact.least if kept & _SEQUENCES else 0,
    )


def without(fact: Fact, mask: int) -> Fact:
    """The values of a fact that have none of the given types."""
    return restrict(fact, ~mask)
