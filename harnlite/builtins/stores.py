"""Small key-value stores that outlive a run: store_*, checkpoint_* (docs/reference/builtins.md 17, more.md 7).

Each is one JSON file under ``.harn`` beside the script, read at first use and written anew at each change.
"""

from __future__ import annotations

import os

from harnlite.builtins.files import reason
from harnlite.builtins.registry import builtin
from harnlite.values.display import display
from harnlite.values.errors import runtime_error
from harnlite.values.json_form import from_json_form, to_json_form
from harnlite.values.json_text import JsonError, parse, stringify_exact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from harnlite.vm.machine import Vm


class Store:
    """One file of keys and values.

    :param path: the file's path.
    """

    def __init__(self, vm: Vm, path: str) -> None:
        self._vm = vm
        self._path = path
        self._values: dict[str, Any] | None = None

    @property
    def values(self) -> dict[str, Any]:
        """The keys and values; a missing file counts as empty.

        :raises GuestError: when the file cannot be read or understood; nothing is overwritten then.
        """
        if self._values is None:
            self._values = self._read()
        return self._values

    def _read(self) -> dict[str, Any]:
        if not self._vm.host.files.exists(self._path):
            return {}
        try:
            found = parse(self._vm.host.files.read_text(self._path))
        except OSError as error:
            raise runtime_error(f"cannot read {self._path}: {reason(error)}") from None
        except JsonError as error:
            raise runtime_error(f"cannot read {self._path}: {error}") from None
        if type(found) is not dict:
            raise runtime_error(f"cannot read {self._path}: it holds no JSON object")
        return {key: from_json_form(value) for key, value in found.items()}

    def save(self, values: dict[str, Any]) -> None:
        """Replace everything, in memory and in the file, which is never seen half written."""
        files = self._vm.host.files
        temporary = f"{self._path}.{os.getpid()}.tmp"
        try:
            files.make_directory(os.path.dirname(self._path))
            files.write_text(temporary, stringify_exact(values))
            files.move(temporary, self._path)
        except OSError as error:
            raise runtime_error(f"cannot write {self._path}: {reason(error)}") from None
        self._values = values

    def set(self, key: str, value: Any) -> None:
        """Keep a value in its JSON form, as the next run will read it."""
        self.save({**self.values, key: from_json_form(to_json_form(value))})

    def delete(self, key: str) -> None:
        """Forget a key, if it is there."""
        if key in self.values:
            self.save({name: value for name, value in self.values.items() if name != key})


class Stores:
    """The two stores of a run."""

    def __init__(self, vm: Vm) -> None:
        folder = os.path.join(vm.source_directory, ".harn")
        self.general = Store(vm, os.path.join(folder, "store.json"))
        self.checkpoints = Store(vm, os.path.join(folder, "checkpoints.json"))


@builtin("store_get(key: string) -> any", area="stores")
def store_get(vm: Vm, key: str) -> Any:
    """A stored value, or nil."""
    return vm.service(Stores).general.values.get(key)


@builtin("store_set(key: string, value: any) -> nil", area="stores")
def store_set(vm: Vm, key: str, value: Any) -> None:
    """Keep a value beyond this run."""
    vm.service(Stores).general.set(key, value)


@builtin("store_delete(key: string) -> nil", area="stores")
def store_delete(vm: Vm, key: str) -> None:
    """Forget a stored value."""
    vm.service(Stores).general.delete(key)


@builtin("store_list() -> list", area="stores")
def store_list(vm: Vm) -> list[str]:
    """The sorted keys of stored values."""
    return sorted(vm.service(Stores).general.values)


@builtin("store_clear() -> nil", area="stores")
def store_clear(vm: Vm) -> None:
    """Forget all stored values."""
    vm.service(Stores).general.save({})


@builtin("checkpoint(key: any, value: any) -> nil", area="stores")
def checkpoint(vm: Vm, key: Any, value: Any) -> None:
    """Keep the result of a step beyond this run."""
    vm.service(Stores).checkpoints.set(display(key), value)


@builtin("checkpoint_get(key: any) -> any", area="stores")
def checkpoint_get(vm: Vm, key: Any) -> Any:
    """The kept result of a step, or nil."""
    return vm.service(Stores).checkpoints.values.get(display(key))


@builtin("checkpoint_exists(key: any) -> bool", area="stores")
def checkpoint_exists(vm: Vm, key: Any) -> bool:
    """Whether the result of a step was kept."""
    return display(key) in vm.service(Stores).checkpoints.values


@builtin("checkpoint_list() -> list", area="stores")
def checkpoint_list(vm: Vm) -> list[str]:
    """The sorted keys of kept steps."""
    return sorted(vm.service(Stores).checkpoints.values)


@builtin("checkpoint_delete(key: any) -> nil", area="stores")
def checkpoint_delete(vm: Vm, key: Any) -> None:
    """Forget the result of a step."""
    vm.service(Stores).checkpoints.delete(display(key))


@builtin("checkpoint_clear() -> nil", area="stores")
def checkpoint_clear(vm: Vm) -> None:
    """Forget all steps."""
    vm.service(Stores).checkpoints.save({})
