"""Fields, indices, slices, updates and iteration (docs/reference/language.md 4.1 and 5.5).

Takes values, gives values; an update gives a changed copy, its ``_in_place`` form changes a value that the caller
alone holds (``ownership.py`` tells). Must not know the VM.
"""

from __future__ import annotations

from harnlite.values.display import display, type_name
from harnlite.values.errors import GuestError, runtime_error, type_error
from harnlite.values.operators import add
from harnlite.values.ownership import CELL_COUNT, getrefcount
from harnlite.values.types import MISSING, EnumValue, Handle, HarnSet, Pair, RangeValue, StructValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any


__all__ = [
    "add_owned",
    "copy_container",
    "dict_rest",
    "enum_field",
    "get_field",
    "get_field_optional",
    "get_index",
    "get_index_optional",
    "iterate",
    "list_rest",
    "set_field",
    "set_field_in_place",
    "set_index",
    "set_index_in_place",
    "set_path",
    "set_path_in_place",
    "slice_value",
    "unknown_method",
]


# ---------------------------------------------------------------------------------------------------- reading


def get_field(obj: Any, name: str) -> Any:
    """``obj.name``; raises the errors of language.md 5.5."""
    kind = type(obj)
    if kind is dict:
        return obj.get(name)
    if kind is StructValue:
        return obj.fields.get(name)
    value = _find_field(obj, name)
    if value is MISSING:
        raise _field_error(obj, name)
    return value


def get_field_optional(obj: Any, name: str) -> Any:
    """``obj?.name``: nil where ``obj.name`` would be an error."""
    kind = type(obj)
    if kind is dict:
        return obj.get(name)
    if kind is StructValue:
        return obj.fields.get(name)
    value = _find_field(obj, name)
    return None if value is MISSING else value


def _find_field(obj: Any, name: str) -> Any:
    """Give a field of anything but a dict or struct; MISSING when reading it is an error."""
    kind = type(obj)
    if kind is list:
        return _list_field(obj, name)
    if kind is str:
        if name == "count":
            return len(obj)
        return not obj if name == "empty" else None
    if kind is EnumValue:
        if name == "variant":
            return obj.variant
        return list(obj.fields) if name == "fields" else None
    if kind is Pair:
        if name == "first":
            return obj.first
        return obj.second if name == "second" else MISSING
    return obj.get_field(name) if isinstance(obj, Handle) else MISSING


def _list_field(items: list[Any], name: str) -> Any:
    if name == "count":
        return len(items)
    if name == "empty":
        return not items
    if name == "first":
        return items[0] if items else None
    if name == "last":
        return items[-1] if items else None
    return None


def _field_error(obj: Any, name: str) -> GuestError:
    if obj is None:
        return type_error(
            f"cannot access property `{name}` on nil — use `?.{name}` for optional access, "
            "or narrow with a `!= nil` guard before reading fields"
        )
    if type(obj) is Pair:
        return type_error(f"cannot access property `{name}` on pair (expected `first` or `second`)")
    message = obj.missing_field(name) if isinstance(obj, Handle) else None
    if message is not None:
        return type_error(message)
    return type_error(
        f"cannot access property `{name}` on {type_name(obj)} — "
        "only dicts, structs, lists, strings, and pairs support property access"
    )


def get_index(obj: Any, index: Any) -> Any:
    """``obj[index]``: nil where there is nothing, an error for ranges and for what cannot be indexed."""
    kind = type(obj)
    if kind is list or kind is str:
        if type(index) is int:
            size = len(obj)
            return obj[index] if -size <= index < size else None
    elif kind is dict:
        return obj.get(index if type(index) is str else display(index))
    elif kind is RangeValue and type(index) is int:
        items = obj.as_range()
        size = range_length(obj)
        if -size <= index < size:
            return items[index]
        raise runtime_error(f"range index out of range: index {index} for range of length {size}")
    raise _index_error(obj, index)


def range_length(value: RangeValue) -> int:
    """Give the number of a range's items (Python's ``len`` fails beyond 63 bits)."""
    return max(0, value.end - value.start + (0 if value.exclusive else 1))


def _index_error(obj: Any, index: Any) -> GuestError:
    return type_error(f"cannot index into {type_name(obj)} with {type_name(index)}")


def get_index_optional(obj: Any, index: Any) -> Any:
    """``obj?[index]``: nil when ``obj`` is nil."""
    return None if obj is None else get_index(obj, index)


def slice_value(obj: Any, start: Any, end: Any, has_start: bool, has_end: bool) -> Any:
    """``obj[start:end]`` of a list or string; a bound that is not given is ignored."""
    kind = type(obj)
    if kind is not list and kind is not str:
        raise type_error(f"cannot slice {type_name(obj)}")
    if has_start and type(start) is not int:
        raise type_error(f"slice start must be an integer, got {type_name(start)}")
    if has_end and type(end) is not int:
        raise type_error(f"slice end must be an integer, got {type_name(end)}")
    return obj[start if has_start else None : end if has_end else None]


def iterate(value: Any) -> Iterator[Any]:
    """Give the items that ``for`` visits, a snapshot: nothing at all for what cannot be iterated (language.md 4)."""
    kind = type(value)
    if kind is list:
        return iter(value)
    if kind is RangeValue:
        return iter(value.as_range())
    if kind is dict:
        return iter([{"key": key, "value": value[key]} for key in sorted(value)])
    if kind is HarnSet:
        return iter(list(value.members.values()))
    if isinstance(value, Handle):
        items = value.iterate()
        if items is not None:
            return items
    return iter(())


#: Types whose unknown methods are run-time errors named as here; those of other types are type errors.
_METHOD_OWNERS = {
    "string": "string",
    "list": "list",
    "dict": "dict",
    "set": "set",
    "iter": "iter",
    "range": "iter",
    "generator": "Generator",
    "stream": "Stream",
}


def unknown_method(value: Any, name: str) -> GuestError:
    """Give the error of calling a method that a value does not have (builtins.md 3.2).

    The caller decides about ints and floats, where such a call gives nil instead.
    """
    owner = value.type.name if type(value) is StructValue else _METHOD_OWNERS.get(type_name(value))
    if owner is None:
        return type_error(f"value of type {type_name(value)} has no method `{name}`")
    return runtime_error(f"{owner} has no method `{name}`")


def enum_field(value: Any, index: int) -> Any:
    """``E.V(a, b)`` in a pattern: a field by its number; nil when there is none."""
    return value.fields[index] if type(value) is EnumValue and index < len(value.fields) else None


def dict_rest(value: Any, taken: Sequence[str]) -> dict[str, Any]:
    """``{a, b, ...rest}``: the entries whose keys were not taken; of what is no dict there are none."""
    return {key: item for key, item in value.items() if key not in taken} if type(value) is dict else {}


def list_rest(items: Any, taken: int) -> list[Any]:
    """``[a, b, ...rest]``: the items from number ``taken`` on; of what is no list there are none."""
    return items[taken:] if type(items) is list else []


# --------------------------------------------------------------------------------------------------- updating


def copy_container(value: Any) -> Any:
    """Give a copy of a list, dict or struct that shares its items; any other value as it is."""
    kind = type(value)
    if kind is list or kind is dict:
        return value.copy()
    if kind is StructValue:
        return StructValue(value.type, value.fields.copy())
    return value


def _check_list_index(items: list[Any], index: Any) -> None:
    if type(index) is not int:
        raise _index_error(items, index)
    if not -len(items) <= index < len(items):
        raise runtime_error(f"Index {index} out of bounds for list of length {len(items)}")


def _index_target_error(obj: Any) -> GuestError:
    return type_error(f"cannot assign to an index of {type_name(obj)}")


def _field_target_error(obj: Any, name: str) -> GuestError:
    return type_error(f"cannot set property `{name}` on {type_name(obj)}")


def set_index_in_place(obj: Any, index: Any, value: Any) -> None:
    """``obj[index] = value`` on a list or dict that the caller alone holds; raises as :func:`set_index`."""
    kind = type(obj)
    if kind is list:
        _check_list_index(obj, index)
        obj[index] = value
    elif kind is dict:
        obj[index if type(index) is str else display(index)] = value
    else:
        raise _index_target_error(obj)


def set_field_in_place(obj: Any, name: str, value: Any) -> None:
    """``obj.name = value`` on a dict or struct that the caller alone holds; raises as :func:`set_field`."""
    kind = type(obj)
    if kind is dict:
        obj[name] = value
    elif kind is StructValue:
        obj.fields[name] = value
    else:
        raise _field_target_error(obj, name)


def set_index(obj: Any, index: Any, value: Any) -> Any:
    """Give ``obj`` with ``obj[index] = value``.

    :raises GuestError: the index is no int or out of bounds (list), or ``obj`` is neither list nor dict.
    """
    updated = copy_container(obj)
    set_index_in_place(updated, index, value)
    return updated


def set_field(obj: Any, name: str, value: Any) -> Any:
    """Give ``obj`` with ``obj.name = value``.

    :raises GuestError: ``obj`` is neither dict nor struct.
    """
    updated = copy_container(obj)
    set_field_in_place(updated, name, value)
    return updated


def set_path(root: Any, steps: Sequence[str | None], indices: Sequence[Any], value: Any) -> Any:
    """Give ``root`` with the leaf at the end of a path set (``root.a[i].b = value``); copies every level of it.

    :param steps: a name for a field, None for the next of ``indices``.
    :raises GuestError: a level cannot be read, or the last one not be set.
    """
    updated = copy_container(root)
    _set_leaf(updated, steps, indices, value, always_copy=True)
    return updated


def set_path_in_place(root: Any, steps: Sequence[str | None], indices: Sequence[Any], value: Any) -> None:
    """:func:`set_path` on a root that the caller alone holds: copies only the levels that somebody else holds too."""
    _set_leaf(root, steps, indices, value, always_copy=False)


def _set_leaf(root: Any, steps: Sequence[str | None], indices: Sequence[Any], value: Any, *, always_copy: bool) -> None:
    current = root
    at = 0
    last = len(steps) - 1
    for step in steps[:last]:
        kind = type(current)
        # `cells` is what holds the level below in exactly one of its cells, under `key`.
        cells: Any = current.fields if kind is StructValue else current
        key: Any
        if step is not None:
            if kind is not dict and kind is not StructValue:
                raise _field_target_error(current, step)
            key = step
            child = cells.get(key)
        else:
            key = indices[at]
            at += 1
            if kind is list:
                _check_list_index(current, key)
                child = current[key]
            elif kind is dict:
                key = key if type(key) is str else display(key)
                child = current.get(key)
            else:
                raise _index_target_error(current)
        if child is not None and (always_copy or getrefcount(child) != CELL_COUNT):
            child = copy_container(child)
            cells[key] = child
        current = child
    name = steps[last]
    if name is None:
        set_index_in_place(current, indices[at], value)
    else:
        set_field_in_place(current, name, value)


def add_owned(x: Any, y: Any) -> Any:
    """Give ``x + y`` where the caller alone holds ``x`` and gives it up: a list or dict is extended."""
    kind = type(x)
    if kind is type(y):
        if kind is list:
            x += y
            return x
        if kind is dict:
            x.update(y)
            return x
    return add(x, y)
