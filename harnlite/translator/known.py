"""What builtins and methods of core types give, as facts.

Takes facts of receiver and arguments, gives the fact of the result; says which of them neither keep nor change their
arguments. It repeats what ``builtins/`` does (docs/reference/builtins.md), only where generated code profits; whatever
is missing here counts as able to do anything. Must not know trees.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from harnlite.translator.lattice import (
    BOOL_FACT,
    DICT,
    FLOAT,
    FLOAT_FACT,
    INT,
    INT_FACT,
    LIST,
    NIL,
    NIL_FACT,
    NOTHING,
    NUMBER,
    OTHER,
    RANGE,
    STRING_FACT,
    TEXT,
    Fact,
    Forget,
    dict_fact,
    int_fact,
    join,
    list_fact,
    plain,
    without,
)

__all__ = [
    "BUILTINS",
    "CALLBACKS",
    "KEEPING_BUILTINS",
    "KNOWN_BUILTINS",
    "LENGTH",
    "METHODS",
    "Callback",
    "entry_values",
    "nullable",
]

#: A length or an index: far from where ints wrap.
LENGTH: Final = int_fact(0, 2**53)
_POSITION: Final = int_fact(-1, 2**53)

#: Gives the result from the facts of the arguments (a method's receiver first).
Result = Callable[[Sequence[Fact], Forget], Fact]


def nullable(fact: Fact, forget: Forget) -> Fact:
    """The fact's values, or nil."""
    return join(fact, NIL_FACT, forget)


def entry_values(fact: Fact, forget: Forget) -> Fact:
    """What any entry of a dict may hold."""
    values = fact.rest
    for field in fact.fields.values():
        values = join(values, field, forget)
    return values


def _always(fact: Fact) -> Result:
    return lambda _arguments, _forget: fact


def _numeric_mask(fact: Fact) -> int:
    return fact.mask & NUMBER


def _to_float(arguments: Sequence[Fact], _forget: Forget) -> Fact:
    if arguments and arguments[0].mask and not arguments[0].mask & ~NUMBER:
        return FLOAT_FACT
    return plain(FLOAT | NIL)


def _to_int(arguments: Sequence[Fact], _forget: Forget) -> Fact:
    if arguments and arguments[0].mask == INT:
        return arguments[0]
    if arguments and arguments[0].mask and not arguments[0].mask & ~NUMBER:
        return INT_FACT
    return plain(INT | NIL)


def _square_root(arguments: Sequence[Fact], forget: Forget) -> Fact:
    return _to_float(arguments, forget)


def _extreme(arguments: Sequence[Fact], _forget: Forget) -> Fact:
    if len(arguments) != 2:
        return plain(NUMBER | NIL)
    a, b = arguments
    if a.mask == INT and b.mask == INT:
        return int_fact(min(a.low, b.low), max(a.high, b.high))
    if not (a.mask | b.mask) & ~NUMBER:
        return FLOAT_FACT if FLOAT in (a.mask, b.mask) else plain(NUMBER)
    return plain(NUMBER | NIL)


def _absolute(arguments: Sequence[Fact], _forget: Forget) -> Fact:
    if arguments and arguments[0].mask == INT and arguments[0].low >= -(2**62):
        fact = arguments[0]
        return int_fact(0, max(abs(fact.low), abs(fact.high)))
    return FLOAT_FACT if arguments and arguments[0].mask == FLOAT else plain(NUMBER)


def _to_list(arguments: Sequence[Fact], forget: Forget) -> Fact:
    fact = arguments[0] if arguments else NIL_FACT
    if fact.mask == LIST:
        return fact
    if fact.mask & (LIST | OTHER):
        forget(fact)
        return plain(LIST)
    return list_fact(fact, forget)


def _length(arguments: Sequence[Fact], _forget: Forget) -> Fact:
    return INT_FACT if not arguments or arguments[0].mask & RANGE else LENGTH


_TEXTS = list_fact(STRING_FACT, lambda _: None)

#: Builtins whose result is known; they keep none of their arguments and call no guest code.
BUILTINS: Final[dict[str, Result]] = {
    "abs": _absolute,
    "ceil": _always(INT_FACT),
    "contains": _always(BOOL_FACT),
    "cos": _to_float,
    "ends_with": _always(BOOL_FACT),
    "floor": _always(INT_FACT),
    "is_err": _always(BOOL_FACT),
    "is_ok": _always(BOOL_FACT),
    "join": _always(STRING_FACT),
    "keys": _always(_TEXTS),
    "len": _length,
    "lowercase": _always(STRING_FACT),
    "max": _extreme,
    "min": _extreme,
    "print": _always(NIL_FACT),
    "println": _always(NIL_FACT),
    "sin": _to_float,
    "sqrt": _square_root,
    "starts_with": _always(BOOL_FACT),
    "to_float": _to_float,
    "to_int": _to_int,
    "to_string": _always(STRING_FACT),
    "type_of": _always(STRING_FACT),
    "uppercase": _always(STRING_FACT),
}
#: Builtins whose result is known but holds their argument.
KEEPING_BUILTINS: Final[dict[str, Result]] = {
    "to_list": _to_list,
}
#: Builtins whose meaning facts rely on.
KNOWN_BUILTINS: Final = frozenset({*BUILTINS, *KEEPING_BUILTINS, "Ok", "Err"})


def _receiver(arguments: Sequence[Fact], _forget: Forget) -> Fact:
    return arguments[0]


def _element(arguments: Sequence[Fact], forget: Forget) -> Fact:
    return nullable(arguments[0].element, forget)


def _list_end(arguments: Sequence[Fact], forget: Forget) -> Fact:
    return (
        _element(arguments, forget) if len(arguments) == 1 else join(arguments[0], _element(arguments, forget), forget)
    )


def _push(arguments: Sequence[Fact], forget: Forget) -> Fact:
    item = arguments[1] if len(arguments) > 1 else NIL_FACT
    return list_fact(join(arguments[0].element, item, forget), forget, arguments[0].least + 1)


def _shorter(arguments: Sequence[Fact], forget: Forget) -> Fact:
    return list_fact(arguments[0].element, forget)


def _sum(arguments: Sequence[Fact], _forget: Forget) -> Fact:
    mask = arguments[0].element.mask
    return INT_FACT if not mask & FLOAT else plain(NUMBER)


def _enumerate(arguments: Sequence[Fact], forget: Forget) -> Fact:
    return list_fact(
        dict_fact({"index": LENGTH, "value": arguments[0].element}, NOTHING, forget), forget, arguments[0].least
    )


def _zip(arguments: Sequence[Fact], forget: Forget) -> Fact:
    if len(arguments) < 2 or arguments[1].mask & ~LIST:
        for argument in arguments:
            forget(argument)
        return plain(LIST)
    return list_fact(list_fact(join(arguments[0].element, arguments[1].element, forget), forget), forget)


def _nested(arguments: Sequence[Fact], forget: Forget) -> Fact:
    return list_fact(list_fact(arguments[0].element, forget), forget)


def _compact(arguments: Sequence[Fact], forget: Forget) -> Fact:
    return list_fact(without(arguments[0].element, NIL), forget)


def _dict_values(arguments: Sequence[Fact], forget: Forget) -> Fact:
    return list_fact(entry_values(arguments[0], forget), forget)


def _entries(arguments: Sequence[Fact], forget: Forget) -> Fact:
    return list_fact(
        dict_fact({"key": STRING_FACT, "value": entry_values(arguments[0], forget)}, NOTHING, forget), forget
    )


def _get(arguments: Sequence[Fact], forget: Forget) -> Fact:
    default = arguments[2] if len(arguments) > 2 else NIL_FACT
    return join(entry_values(arguments[0], forget), default, forget)


def _merge(arguments: Sequence[Fact], forget: Forget) -> Fact:
    if len(arguments) < 2 or arguments[1].mask & ~DICT:
        for argument in arguments:
            forget(argument)
        return plain(DICT)
    values = join(entry_values(arguments[0], forget), entry_values(arguments[1], forget), forget)
    return dict_fact({}, values, forget)


def _remove(arguments: Sequence[Fact], forget: Forget) -> Fact:
    return dict_fact({}, entry_values(arguments[0], forget), forget)


def _range_list(arguments: Sequence[Fact], forget: Forget) -> Fact:
    return list_fact(arguments[0].element, forget, arguments[0].least)


#: Methods by the type of the receiver; each neither calls guest code nor keeps the receiver itself.
METHODS: Final[dict[int, dict[str, Result]]] = {
    TEXT: {
        "char_at": _always(plain(TEXT | NIL)),
        "chars": _always(_TEXTS),
        "contains": _always(BOOL_FACT),
        "count": _always(LENGTH),
        "empty": _always(BOOL_FACT),
        "ends_with": _always(BOOL_FACT),
        "index_of": _always(_POSITION),
        "last_index_of": _always(_POSITION),
        "len": _always(LENGTH),
        "lines": _always(_TEXTS),
        "lower": _always(STRING_FACT),
        "lowercase": _always(STRING_FACT),
        "pad_left": _always(STRING_FACT),
        "pad_right": _always(STRING_FACT),
        "repeat": _always(STRING_FACT),
        "replace": _always(STRING_FACT),
        "reverse": _always(STRING_FACT),
        "split": _always(_TEXTS),
        "starts_with": _always(BOOL_FACT),
        "substring": _always(STRING_FACT),
        "to_lower": _always(STRING_FACT),
        "to_upper": _always(STRING_FACT),
        "trim": _always(STRING_FACT),
        "trim_end": _always(STRING_FACT),
        "trim_start": _always(STRING_FACT),
        "upper": _always(STRING_FACT),
        "uppercase": _always(STRING_FACT),
    },
    LIST: {
        "chunk": _nested,
        "compact": _compact,
        "contains": _always(BOOL_FACT),
        "count": _always(LENGTH),
        "each_cons": _nested,
        "each_slice": _nested,
        "empty": _always(BOOL_FACT),
        "enumerate": _enumerate,
        "first": _list_end,
        "index_of": _always(_POSITION),
        "join": _always(STRING_FACT),
        "last": _list_end,
        "max": _element,
        "min": _element,
        "pop": _shorter,
        "push": _push,
        "reverse": _receiver,
        "skip": _shorter,
        "slice": _shorter,
        "sliding_window": _nested,
        "sort": _receiver,
        "sum": _sum,
        "take": _shorter,
        "to_list": _receiver,
        "unique": _shorter,
        "window": _nested,
        "zip": _zip,
    },
    DICT: {
        "count": _always(LENGTH),
        "entries": _entries,
        "get": _get,
        "has": _always(BOOL_FACT),
        "keys": _always(_TEXTS),
        "merge": _merge,
        "remove": _remove,
        "to_dict": _receiver,
        "to_list": _entries,
        "values": _dict_values,
    },
    RANGE: {
        "contains": _always(BOOL_FACT),
        "count": _always(INT_FACT),
        "empty": _always(BOOL_FACT),
        "first": _element,
        "last": _element,
        "len": _always(INT_FACT),
        "to_list": _range_list,
    },
}


class Callback(NamedTuple):
    """A method that calls its last argument.

    :param arguments: how many arguments the method must have.
    :param given: the facts that the callback gets, from those of the receiver and the arguments.
    :param result: the method's result, from receiver, arguments and the fact of what the callback gives.
    """

    arguments: int
    given: Callable[[Sequence[Fact], Fact, Forget], tuple[Fact, ...]]
    result: Callable[[Sequence[Fact], Fact, Forget], Fact]


def _one(arguments: Sequence[Fact], _result: Fact, _forget: Forget) -> tuple[Fact, ...]:
    return (arguments[0].element,)


def _gives(fact: Fact) -> Callable[[Sequence[Fact], Fact, Forget], Fact]:
    return lambda _arguments, _result, _forget: fact


def _same(arguments: Sequence[Fact], _result: Fact, _forget: Forget) -> Fact:
    return arguments[0]


def _some(arguments: Sequence[Fact], _result: Fact, forget: Forget) -> Fact:
    return list_fact(arguments[0].element, forget)


def _parts(arguments: Sequence[Fact], result: Fact, forget: Forget) -> Fact:
    return list_fact(_some(arguments, result, forget), forget, 2)


def _mapped(arguments: Sequence[Fact], result: Fact, forget: Forget) -> Fact:
    return list_fact(result, forget, arguments[0].least)


def _found(arguments: Sequence[Fact], _result: Fact, forget: Forget) -> Fact:
    return nullable(arguments[0].element, forget)


def _flat_map(_arguments: Sequence[Fact], result: Fact, forget: Forget) -> Fact:
    items = without(result, LIST)
    return list_fact(join(items, result.element, forget) if result.mask & LIST else items, forget)


def _reduce_given(arguments: Sequence[Fact], result: Fact, forget: Forget) -> tuple[Fact, ...]:
    return (join(arguments[1], result, forget), arguments[0].element)


def _groups(arguments: Sequence[Fact], _result: Fact, forget: Forget) -> Fact:
    return dict_fact({}, list_fact(arguments[0].element, forget), forget)


def _one_value(arguments: Sequence[Fact], _result: Fact, forget: Forget) -> tuple[Fact, ...]:
    return (entry_values(arguments[0], forget),)


CALLBACKS: Final[dict[int, dict[str, Callback]]] = {
    LIST: {
        "all": Callback(1, _one, _gives(BOOL_FACT)),
        "any": Callback(1, _one, _gives(BOOL_FACT)),
        "every": Callback(1, _one, _gives(BOOL_FACT)),
        "filter": Callback(1, _one, _some),
        "find": Callback(1, _one, _found),
        "find_index": Callback(1, _one, _gives(_POSITION)),
        "flat_map": Callback(1, _one, _flat_map),
        "group_by": Callback(1, _one, _groups),
        "map": Callback(1, _one, _mapped),
        "max_by": Callback(1, _one, _found),
        "min_by": Callback(1, _one, _found),
        "none": Callback(1, _one, _gives(BOOL_FACT)),
        "partition": Callback(
            1, _one, lambda arguments, _result, forget: list_fact(_some(arguments, _result, forget), forget, 2)
        ),
        "reduce": Callback(2, _reduce_given, lambda arguments, result, forget: join(arguments[1], result, forget)),
        "sort_by": Callback(1, _one, _same),
    },
    DICT: {
        "filter": Callback(1, _one_value, lambda arguments, _result, forget: _remove(arguments, forget)),
        "map_values": Callback(1, _one_value, lambda _arguments, result, forget: dict_fact({}, result, forget)),
    },
}
