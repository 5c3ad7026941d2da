"""Checking a value against a canonical schema, with the text of every error (docs/reference/builtins.md 15)."""

from __future__ import annotations

from harnlite.records import NamedTuple
from harnlite.values.display import display, display_float_digits, type_name
from harnlite.values.equality import equal
from harnlite.values.types import HarnSet, StructValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

    Search = Callable[[str, str], bool]


__all__ = ["Validator"]

_ABSENT: Final = object()
_DEFINITIONS: Final = (("#/definitions/", ("definitions",)), ("#/components/schemas/", ("components", "schemas")))
_DEEPEST: Final = 100
#: An error list longer than this helps nobody.
_MOST_ERRORS: Final = 10_000


class _Bound(NamedTuple):
    """A limit on a size: its key, whether it is a lower one, and how an error words it."""

    key: str
    lower: bool
    text: str


_LENGTHS: Final = (
    _Bound("min_length", True, "expected length >= {}, got {}"),
    _Bound("max_length", False, "expected length <= {}, got {}"),
)
_COUNTS: Final = (
    _Bound("min_items", True, "expected at least {} items, got {}"),
    _Bound("max_items", False, "expected at most {} items, got {}"),
)
_VALUES: Final = (
    _Bound("min", True, "expected value >= {}, got {}"),
    _Bound("max", False, "expected value <= {}, got {}"),
)


class Validator:
    """One check of one value.

    :param root: the whole schema, where ``$ref`` looks.
    :param search: ``search(pattern, text)`` tells whether a regular expression matches, or raises ``ValueError``.
    :param apply_defaults: whether :meth:`check` fills in missing properties that have a default.
    :ivar errors: what was found wrong, in order.
    """

    def __init__(self, root: dict[str, Any], search: Search, *, apply_defaults: bool = False) -> None:
        self.root = root
        self.search = search
        self.apply_defaults = apply_defaults
        self.errors: list[str] = []
        self.depth = 0
        self._references: set[tuple[str, str]] = set()

    def fail(self, path: str, message: str) -> None:
        if len(self.errors) < _MOST_ERRORS:
            self.errors.append(f"at {path}: {message}")

    def check(self, value: Any, schema: Any, path: str = "root") -> Any:
        """Check a value, add to ``errors``, give the value with defaults filled in."""
        if type(schema) is not dict:
            return value
        if self.depth >= _DEEPEST:
            self.fail(path, "value or schema is nested too deeply")
            return value
        self.depth += 1
        try:
            return self._check(value, schema, path)
        finally:
            self.depth -= 1

    def _check(self, value: Any, schema: dict[str, Any], path: str) -> Any:
        if "$ref" in schema:
            return self._referenced(value, display(schema["$ref"]), path)
        if value is None and schema.get("nullable") is True:
            return None
        if "const" in schema and not equal(value, schema["const"]):
            self.fail(path, f"expected constant {display(schema['const'])}, got {display(value)}")
        if type(schema.get("all_of")) is list:
            for branch in schema["all_of"]:
                value = self.check(value, branch, path)
        if type(schema.get("union")) is list:
            matched, value = self._union(value, schema["union"], path)
            if not matched:
                self.fail(path, "value did not match any union branch")
                return value
        expected = schema.get("type")
        if type(expected) is str and not _has_type(value, expected):
            self.fail(path, f"expected type '{expected}', got '{type_name(value)}'")
            return value
        return self._check_kind(value, schema, path)

    def _referenced(self, value: Any, reference: str, path: str) -> Any:
        target: Any = _ABSENT
        for prefix, keys in _DEFINITIONS:
            if reference.startswith(prefix):
                found: Any = self.root
                for key in keys:
                    found = found.get(key) if type(found) is dict else None
                if type(found) is dict:
                    target = found.get(reference.removeprefix(prefix), _ABSENT)
        if target is _ABSENT or (reference, path) in self._references:
            self.fail(path, f"unresolved schema reference '{reference}'")
            return value
        self._references.add((reference, path))
        try:
            # A reference is no level of its own.
            return self._check(value, target, path) if type(target) is dict else value
        finally:
            self._references.discard((reference, path))

    def _union(self, value: Any, branches: list[Any], path: str) -> tuple[bool, Any]:
        outer = self.errors
        try:
            for branch in branches:
                self.errors = []
                result = self.check(value, branch, path)
                if not self.errors:
                    return True, result
        finally:
            self.errors = outer
        return False, value

    def _check_kind(self, value: Any, schema: dict[str, Any], path: str) -> Any:
        choices = schema.get("enum")
        if type(choices) is list and not any(equal(value, choice) for choice in choices):
            self.fail(path, f"value must be one of {display(choices)}")
        kind = type(value)
        if kind is int or kind is float:
            self._bounds(value, _VALUES, schema, path)
        elif kind is str:
            self._bounds(len(value), _LENGTHS, schema, path)
            if type(schema.get("pattern")) is str:
                self._pattern(value, schema["pattern"], path)
        elif kind is list:
            self._bounds(len(value), _COUNTS, schema, path)
            return self._items(value, schema, path)
        elif kind is HarnSet:
            members = list(value.members.values())
            self._bounds(len(members), _COUNTS, schema, path)
            self._items(members, schema, path)
        elif kind is dict:
            return self._fields(value, schema, path)
        elif kind is StructValue:
            self._fields(value.fields, schema, path)
        return value

    def _bounds(self, size: float, bounds: tuple[_Bound, ...], schema: dict[str, Any], path: str) -> None:
        for key, lower, text in bounds:
            limit = schema.get(key)
            if (type(limit) is int or type(limit) is float) and (size < limit if lower else size > limit):
                self.fail(path, text.format(_number(limit), _number(size)))

    def _pattern(self, value: str, pattern: str, path: str) -> None:
        try:
            if not self.search(pattern, value):
                self.fail(path, f"value does not match pattern '{pattern}'")
        except ValueError as error:
            self.fail(path, f"invalid regex pattern '{pattern}': {error}")

    def _items(self, items: list[Any], schema: dict[str, Any], path: str) -> list[Any]:
        inner = schema.get("items")
        if type(inner) is not dict:
            return items
        checked = [self.check(item, inner, f"{path}[{index}]") for index, item in enumerate(items)]
        return checked if self.apply_defaults else items

    def _fields(self, fields: dict[str, Any], schema: dict[str, Any], path: str) -> dict[str, Any]:
        properties = schema.get("properties")
        if type(properties) is not dict:
            properties = {}
        filled = dict(fields)
        if self.apply_defaults:
            for name, inner in properties.items():
                if name not in filled and type(inner) is dict and "default" in inner:
                    filled[name] = inner["default"]
        required = schema.get("required")
        for name in required if type(required) is list else ():
            if display(name) not in filled:
                self.fail(path, f"missing required key '{display(name)}'")
        for name in sorted(properties):
            if name in filled:
                filled[name] = self.check(filled[name], properties[name], _child(path, name))
        extras = schema.get("additional_properties")
        if extras is False or type(extras) is dict:
            for name in sorted(filled.keys() - properties.keys()):
                if extras is False:
                    self.fail(path, f"unexpected key '{name}'")
                else:
                    filled[name] = self.check(filled[name], extras, _child(path, name))
        return filled if self.apply_defaults else fields


def _child(path: str, name: str) -> str:
    return name if path == "root" else f"{path}.{name}"


def _has_type(value: Any, expected: str) -> bool:
    actual = type_name(value)
    return expected in ("any", actual) or (expected == "dict" and actual == "struct")


def _number(value: float) -> str:
    number = float(value)
    return display_float_digits(number) if number - number == 0 else display(number)
