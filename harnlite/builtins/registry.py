"""How builtins and methods are declared and found.

A builtin is a Python function ``f(vm, *arguments)`` under :func:`builtin`, a method ``f(vm, receiver, *arguments)``
under :func:`method`. The decorators only mark functions. ``python -m harnlite.builtins.generate`` collects the marks
of all area modules into the table ``index.py``, so that a :class:`Registry` imports an area when one of its builtins
is first used, and never before.
"""

from __future__ import annotations

import math
from functools import cache
from importlib import import_module
from types import ModuleType

from harnlite.values.errors import categorised_error
from harnlite.values.types import Builtin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, TypeVar

    from harnlite.builtins.signatures import Signature

    _Function = TypeVar("_Function", bound=Callable[..., Any])

__all__ = [
    "BuiltinRow",
    "Declaration",
    "Method",
    "MethodRow",
    "Registry",
    "builtin",
    "declarations",
    "method",
]

#: Rows of the index: module, attribute, signature, loose, minimum, maximum, area; of a method without loose and area.
BuiltinRow = tuple[str, str, str, bool, int, int, str]
MethodRow = tuple[str, str, str, int, int]

#: The attribute of a function under which the decorators leave their marks.
_MARK = "__harn_declarations__"

#: Globals that are plain constants (builtins.md 5).
_CONSTANTS: dict[str, Any] = {"pi": math.pi, "e": math.e}


class Declaration:
    """One mark: the receiver type ("" for a builtin), the signature text, the area, whether it is loose."""

    __slots__ = ("area", "loose", "receiver", "signature")

    def __init__(self, receiver: str, signature: str, area: str, loose: bool) -> None:
        self.receiver = receiver
        self.signature = signature
        self.area = area
        self.loose = loose


class Method:
    """A method of a core type.

    :param function: ``function(vm, receiver, *arguments)``.
    :param minimum: with fewer arguments there is no such method (builtins.md 8.1).
    :param maximum: the caller drops further arguments; -1 when any number is taken.
    """

    __slots__ = ("function", "maximum", "minimum")

    def __init__(self, function: Callable[..., Any], minimum: int, maximum: int) -> None:
        self.function = function
        self.minimum = minimum
        self.maximum = maximum


def _mark(function: Any, marks: list[Declaration]) -> None:
    setattr(function, _MARK, (*getattr(function, _MARK, ()), *marks))


def builtin(
    signature: str, *, area: str, loose: bool = False, aliases: tuple[str, ...] = ()
) -> Callable[[_Function], _Function]:
    """Declare a function to be a builtin.

    :param signature: its signature text (``signatures.py``); a name with a dot becomes an entry of a global dict.
    :param area: the heading under which the builtin is documented.
    :param loose: no checks: missing arguments take the Python defaults, surplus ones are dropped.
    :param aliases: further names, with the same signature.
    """

    def mark(function: _Function) -> _Function:
        _, opening, rest = signature.partition("(")
        texts = [signature, *(alias + opening + rest for alias in aliases)]
        _mark(function, [Declaration("", text, area, loose) for text in texts])
        return function

    return mark


def method(
    receiver: str | tuple[str, ...], signature: str, *, aliases: tuple[str, ...] = ()
) -> Callable[[_Function], _Function]:
    """Declare a function to be a method of one or several types (names as ``type_of`` gives them).

    :param receiver: the type or types of the receiver.
    :param signature: the signature text without the receiver.
    :param aliases: further names, with the same signature.
    """
    receivers = (receiver,) if isinstance(receiver, str) else receiver

    def mark(function: _Function) -> _Function:
        _, opening, rest = signature.partition("(")
        texts = [signature, *(alias + opening + rest for alias in aliases)]
        _mark(function, [Declaration(name, text, "methods", False) for name in receivers for text in texts])
        return function

    return mark


def declarations(module: ModuleType) -> Iterator[tuple[str, Callable[..., Any], Declaration]]:
    """Give attribute, function and mark of everything that a module itself declares."""
    for attribute, value in vars(module).items():
        if getattr(value, "__module__", None) == module.__name__:
            for declaration in getattr(value, _MARK, ()):
                yield attribute, value, declaration


@cache
def _signature(text: str) -> Signature:
    # Not imported earlier: many runs call nothing but builtins without checks.
    from harnlite.builtins.signatures import parse_signature

    return parse_signature(text)


def _check(signature: Signature) -> Callable[[list[Any] | tuple[Any, ...]], None]:
    from harnlite.builtins.signatures import argument_check

    return argument_check(signature)


class _MethodTables(dict[str, dict[str, Method]]):
    """Method tables by type name, each made when first asked for; a type without methods has an empty one."""

    def __init__(self, rows: dict[str, dict[str, MethodRow]]) -> None:
        super().__init__()
        self._rows = rows

    def __missing__(self, type_name: str) -> dict[str, Method]:
        table = {}
        for name, (module, attribute, _, minimum, maximum) in self._rows.get(type_name, {}).items():
            table[name] = Method(getattr(import_module(module), attribute), minimum, maximum)
        self[type_name] = table
        return table


#: What ``--allow`` never takes away (runtime.md 10.1).
_ALWAYS_ALLOWED = frozenset(
    {
        "println", "print", "log", "type_of", "to_string", "to_int", "to_float", "len", "assert", "assert_eq",
        "assert_ne", "json_parse", "json_stringify", "runtime_context", "runtime_context_get", "runtime_context_set",
        "runtime_context_clear", "runtime_context_values", "task_current",
    }
)  # fmt: skip


def _refusal(name: str) -> Callable[..., Any]:
    def refuse(_vm: Any, *_arguments: Any) -> Any:
        raise categorised_error("tool_rejected", f"Tool '{name}' is not permitted.")

    return refuse


class Registry:
    """The builtins and methods that one VM knows; starts with those of the index, and an embedder may add more.

    :ivar methods: ``methods[type_name][name]`` is a :class:`Method`.
    """

    def __init__(self) -> None:
        from harnlite.builtins.index import BUILTINS, METHODS

        self._rows = BUILTINS
        self._method_rows = METHODS
        self._builtins: dict[str, Builtin] = {}
        self._added: dict[str, Signature] = {}
        self.methods: dict[str, dict[str, Method]] = _MethodTables(METHODS)

    @property
    def names(self) -> frozenset[str]:
        """The names that a script may call, without the members of namespaces."""
        return frozenset(name for name in (*self._rows, *self._added) if "." not in name)

    @property
    def fingerprint(self) -> str:
        """What compiled code depends on beyond the index: the names that an embedder added."""
        return " ".join(sorted(self._added))

    @property
    def globals(self) -> dict[str, Any]:
        """A fresh dict of the global values: constants, and a dict of builtins per namespace."""
        values = dict(_CONSTANTS)
        for full_name in sorted(name for name in (*self._rows, *self._added) if "." in name):
            namespace, _, name = full_name.partition(".")
            values.setdefault(namespace, {"_namespace": namespace})[name] = self._lazy(full_name)
        return values

    def builtin(self, name: str) -> Builtin:
        """Give a builtin, always the same object for one name.

        :raises KeyError: there is none.
        """
        found = self._builtins.get(name)
        if found is None:
            found = self._builtins[name] = self._load(name, self._rows[name])
        return found

    def signature(self, name: str) -> Signature:
        """Give a builtin's signature without importing what implements it.

        :raises KeyError: there is no such builtin.
        """
        added = self._added.get(name)
        return added if added is not None else _signature(self._rows[name][2])

    def is_loose(self, name: str) -> bool:
        """Tell whether a builtin takes any number of arguments of any type (builtins.md 3.1)."""
        row = self._rows.get(name)
        return row is not None and row[3]

    def evaluate(self, name: str, arguments: list[Any]) -> Any:
        """Call a builtin that needs no VM, before the run (language.md 3.6).

        :raises KeyError: there is no such builtin.
        :raises GuestError: as the call does in a run.
        """
        found = self.builtin(name)
        if found.check is not None:
            found.check(arguments)
        elif 0 <= found.maximum < len(arguments):
            arguments = arguments[: found.maximum]
        return found.function(None, *arguments)

    def method_signature(self, type_name: str, name: str) -> Signature:
        """Give a method's signature, without its receiver and without importing what implements it.

        :raises KeyError: there is no such method.
        """
        return _signature(self._method_rows[type_name][name][2])

    def method(self, type_name: str, name: str) -> Method | None:
        """Give a method of a core type, or None."""
        return self.methods[type_name].get(name)

    def add(self, function: Callable[..., Any]) -> None:
        """Add the builtins that a decorated function declares; a known name is replaced."""
        for declaration in getattr(function, _MARK, ()):
            signature = _signature(declaration.signature)
            check = None if declaration.loose else _check(signature)
            minimum = 0 if declaration.loose else signature.minimum
            self._added[signature.name] = signature
            self._builtins[signature.name] = Builtin(signature.name, function, minimum, signature.maximum, check)

    def restrict(self, denied: frozenset[str], allowed: frozenset[str] | None) -> None:
        """Refuse builtins from now on: those denied, and all that are not allowed when there is such a list.

        A refused one still exists; calling it is a guest error of category ``tool_rejected`` (runtime.md 10.1).
        """
        for name in (*self._rows, *self._added):
            plain = name.rpartition(".")[2]
            refused = name in denied or plain in denied
            if allowed is not None and not refused:
                refused = name not in allowed and plain not in allowed and name not in _ALWAYS_ALLOWED
            if refused:
                self._builtins[name] = Builtin(name, _refusal(name), 0, -1, None)

    def unknown(self, names: frozenset[str]) -> list[str]:
        """Give the names for which :meth:`restrict` would find no builtin, sorted."""
        known = {*self._rows, *self._added}
        return sorted(names - known - {name.rpartition(".")[2] for name in known})

    def _load(self, name: str, row: BuiltinRow) -> Builtin:
        module, attribute, text, loose, minimum, maximum, _ = row
        check = None if loose else _check(_signature(text))
        return Builtin(name, getattr(import_module(module), attribute), minimum, maximum, check)

    def _lazy(self, name: str) -> Builtin:
        """Give a builtin whose area is imported at the first call: most runs never use most namespaces."""
        known = self._builtins.get(name)
        if known is not None:
            return known
        row = self._rows[name]
        _, _, text, loose, minimum, maximum, _ = row

        def load_and_call(vm: Any, *arguments: Any) -> Any:
            lazy.function = self._load(name, row).function
            return lazy.function(vm, *arguments)

        def load_and_check(arguments: list[Any] | tuple[Any, ...]) -> None:
            lazy.check = _check(_signature(text))
            lazy.check(arguments)

        lazy = Builtin(name, load_and_call, minimum, maximum, None if loose else load_and_check)
        self._builtins[name] = lazy
        return lazy
