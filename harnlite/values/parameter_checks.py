"""Run-time checks of typed parameters (docs/reference/language.md 7.4).

Takes a *check*, a nested tuple made by the compiler so that it can be a chunk constant; the last element of each is
the annotation's text, for messages:

========================================================  ==============================================
``("any", text)``                                         nothing is enforced
``("type", name, text)``                                  ``int float string bool list dict set nil closure bytes``
``("union", (check, ...), text)``                         one of them holds
``("literal", (value, ...), text)``                       the value is one of these
``("list", check, text)``                                 a list, each item as checked
``("dict", check, text)``                                 a dict or struct, each entry's value as checked
``("shape", ((name, optional, check), ...), text)``       a dict or struct with these fields
``("struct", name, text)`` ``("enum", name, text)``       by declared name
``("interface", name, (method, ...), text)``              a struct that has these methods
``("each", check, text)``                                 each item of a rest parameter
========================================================  ==============================================
"""

from __future__ import annotations

from harnlite.values.display import display, type_name
from harnlite.values.equality import equal
from harnlite.values.errors import GuestError, argument_error, runtime_error, type_error
from harnlite.values.types import EnumValue, StructValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Check = tuple[Any, ...]

__all__ = ["check_parameter"]

_NUMBERS = (int, float)
_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "int": _NUMBERS,
    "float": _NUMBERS,
    "string": (str,),
    "bool": (bool,),
    "list": (list,),
    "dict": (dict,),
    "nil": (type(None),),
    "bytes": (bytes,),
}


def check_parameter(function: str, parameter: str, check: Check, value: Any) -> None:
    """Raise the error of an argument that does not fit its parameter's annotation.

    :param function: the callee's name, for the nominal messages.
    :param parameter: the parameter's name.
    :param check: see the module's table.
    :param value: the argument, or the list of arguments of a rest parameter.
    :raises GuestError: of kind ``runtime``, ``type`` or ``argument``.
    """
    kind = check[0]
    if kind == "type":
        # Before everything else, because nearly every annotation is one of these names.
        if type(value) in _PYTHON_TYPES.get(check[1], ()) or _has_type(check[1], value):
            return
        raise _mismatch(parameter, check, value)
    if kind == "each":
        for item in value:
            check_parameter(function, parameter, check[1], item)
        return
    if _fits(check, value):
        return
    raise _failure(function, parameter, check, value)


def _has_type(name: str, value: Any) -> bool:
    expected = _PYTHON_TYPES.get(name)
    if expected is not None:
        return type(value) in expected
    actual = type_name(value)
    return actual == name or (name == "closure" and actual == "builtin")


def _fits(check: Check, value: Any) -> bool:
    kind = check[0]
    if kind == "type":
        return _has_type(check[1], value)
    if kind == "union":
        return any(_fits(member, value) for member in check[1])
    if kind == "literal":
        return any(equal(value, literal) for literal in check[1])
    if kind == "list":
        return type(value) is list and all(_fits(check[1], item) for item in value)
    if kind == "dict":
        fields = _fields(value)
        return fields is not None and all(_fits(check[1], item) for item in fields.values())
    if kind == "shape":
        fields = _fields(value)
        return fields is not None and all(_field_fits(field, fields) for field in check[1])
    if kind == "struct":
        return type(value) is StructValue and value.type.name == check[1]
    if kind == "enum":
        return type(value) is EnumValue and value.enum == check[1]
    if kind == "interface":
        return type(value) is StructValue and all(method in value.type.methods for method in check[2])
    return True


def _fields(value: Any) -> dict[str, Any] | None:
    if type(value) is dict:
        return value
    return value.fields if type(value) is StructValue else None


def _field_fits(field: tuple[str, bool, Check], fields: dict[str, Any]) -> bool:
    name, optional, check = field
    if name not in fields:
        return optional
    return (optional and fields[name] is None) or _fits(check, fields[name])


def _mismatch(parameter: str, check: Check, value: Any) -> GuestError:
    expected = check[-1].replace(" ", "")
    return runtime_error(
        f"TypeError: parameter '{parameter}' expected {expected}, got {type_name(value)} ({display(value)})"
    )


def _failure(function: str, parameter: str, check: Check, value: Any) -> GuestError:
    kind = check[0]
    if kind == "literal":
        allowed = ", ".join(display(literal) for literal in check[1])
        return runtime_error(f"TypeError: parameter '{parameter}': value must be one of [{allowed}]")
    if kind == "list" and type(value) is list:
        return runtime_error(f"TypeError: parameter '{parameter}': {_item_failure(check, value, 'root')}")
    if kind == "shape" or kind == "dict":
        return type_error(f"parameter '{parameter}': {_field_failure(check, value)}")
    if kind == "struct" or kind == "enum":
        return argument_error(function, parameter, check[1], type_name(value))
    if kind == "interface":
        return runtime_error(
            f"TypeError: parameter '{parameter}': expected value satisfying interface '{check[1]}', "
            f"got {type_name(value)}"
        )
    return _mismatch(parameter, check, value)


def _item_failure(check: Check, items: list[Any], path: str) -> str:
    """Describe the first item of a list that does not fit, by its path."""
    item_check = check[1]
    for index, item in enumerate(items):
        if _fits(item_check, item):
            continue
        here = f"{path}[{index}]"
        if item_check[0] == "list" and type(item) is list:
            return _item_failure(item_check, item, here)
        if item_check[0] == "literal":
            allowed = ", ".join(display(literal) for literal in item_check[1])
            return f"at {here}: value must be one of [{allowed}]"
        expected = "list" if item_check[0] == "list" else item_check[-1].replace(" ", "")
        return f"at {here}: expected type '{expected}', got '{type_name(item)}'"
    raise AssertionError("every item fits")


def _field_failure(check: Check, value: Any) -> str:
    """Describe the first field of a dict or struct that does not fit its shape or dict type."""
    fields = _fields(value)
    if fields is None:
        return f"expected dict or struct, got {type_name(value)}"
    entries = check[1] if check[0] == "shape" else [(name, False, check[1]) for name in sorted(fields)]
    for name, optional, field_check in entries:
        if name not in fields:
            if not optional:
                return _missing_field(name, field_check, fields)
        elif not _field_fits((name, optional, field_check), fields):
            return f"field '{name}' expected {field_check[-1]}, got {type_name(fields[name])}"
    raise AssertionError("every field fits")


def _missing_field(name: str, check: Check, fields: dict[str, Any]) -> str:
    # Imported here because the diagnostics package costs more to load than a whole run that has no error.
    from harnlite.diagnostics.suggest import distance

    # Stricter than for variables: `age` is no misspelt `name`.
    limit = max(1, len(name) // 3)
    near = [(distance(name, field, limit), field) for field in sorted(fields)]
    closest = min(near, default=(limit + 1, ""))
    hint = f", did you mean '{closest[1]}'?" if closest[0] <= limit else ""
    available = f" — available fields: {', '.join(sorted(fields))}" if fields else ""
    return f"missing field '{name}' ({check[-1]}){hint}{available}"
