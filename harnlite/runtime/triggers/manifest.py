"""The triggers of a project: the tables ``[[triggers]]`` of the ``harn.toml`` in its base directory.

A table has the keys of ``trigger_register``; ``handler`` and ``when`` name functions as ``file.harn::function``, the
file as seen from the manifest. Only here may a trigger have flow control and budgets that count (docs/triggers.md).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from harnlite.runtime.event_log.configuration import base_directory
from harnlite.runtime.stored_files import call_file_builtin
from harnlite.runtime.triggers.binding import Binding, parse_registration
from harnlite.runtime.triggers.flow import parse_flow
from harnlite.values.errors import GuestError, runtime_error, thrown
from harnlite.values.types import Closure
from harnlite.vm.errors import caught_value

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["manifest_bindings"]

_NAME = "harn.toml"
_FUNCTION = "::"


def manifest_bindings(vm: Vm) -> list[Binding]:
    """Give the bindings that a run's manifest describes; none without a manifest.

    :raises GuestError: the manifest is no TOML, a trigger is malformed, or a function is not there.
    """
    directory = base_directory(vm.source_directory) if vm.source_directory else ""
    path = os.path.join(directory, _NAME)
    if not directory or not os.path.isfile(path):
        return []
    try:
        document = call_file_builtin(vm, "toml_parse", call_file_builtin(vm, "read_file", path))
    except GuestError as error:
        if error.value == "tool_rejected":
            return []
        raise thrown(f"{_NAME}: {caught_value(error)}") from error
    tables = document.get("triggers", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise runtime_error(f"{_NAME}: `triggers` must be tables, written [[triggers]]")
    return [_binding(vm, directory, number, table) for number, table in enumerate(tables, 1)]


def _binding(vm: Vm, directory: str, number: int, table: dict[str, Any]) -> Binding:
    where = f"{_NAME}: trigger {table.get('id', number)}"
    config = dict(table)
    for name in ("handler", "when"):
        if isinstance(value := config.get(name), str) and _FUNCTION in value:
            config[name] = _function(vm, directory, where, value)
    binding = parse_registration(config, lambda: f"trigger_{number}", where)
    binding.source = "manifest"
    binding.flow = parse_flow(config, where)
    return binding


def _function(vm: Vm, directory: str, where: str, reference: str) -> Closure:
    file, _, name = reference.partition(_FUNCTION)
    path = os.path.normpath(os.path.join(directory, file if file.endswith(".harn") else f"{file}.harn"))
    if not os.path.isfile(path):
        raise runtime_error(f"{where}: there is no file {path}")
    function = vm.import_function(path, name)
    if not isinstance(function, Closure):
        raise runtime_error(f"{where}: {path} exports no function `{name}`")
    return function
