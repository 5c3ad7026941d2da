"""``composition_execute`` and what its snippets' calls become (docs/reference/more.md 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harnlite.builtins.registry import builtin
from harnlite.runtime.composition import Binding, Composition, CompositionOptions, Compositions
from harnlite.values.display import display, type_name
from harnlite.values.errors import GuestError, runtime_error
from harnlite.values.json_form import to_json_form
from harnlite.values.json_text import stringify

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm


@builtin("composition_execute(snippet: string, manifest: dict, options?: dict) -> dict", area="composition")
def composition_execute(
    vm: Vm, snippet: str, manifest: dict[str, Any], options: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Run a small program text that may call the manifest's bindings, and give a report of the run."""
    checked = _options(vm, options or {})
    composition = Composition(vm, snippet, manifest, _bindings(manifest), checked)
    return vm.service(Compositions).execute(composition)


@builtin("__host_composition_call(run_id: string, name: string, ...arguments: any) -> any", area="composition")
def host_composition_call(vm: Vm, run_id: str, name: str, *arguments: Any) -> Any:
    """Answer a binding call of a running composition."""
    return vm.service(Compositions).call(run_id, name, list(arguments))


def _bindings(manifest: dict[str, Any]) -> dict[str, Binding]:
    given = manifest.get("bindings", [])
    if not isinstance(given, list):
        raise _invalid(f"invalid type: {_described(given)}, expected a sequence")
    bindings = {}
    for entry in given:
        if not isinstance(entry, dict):
            raise _invalid(f"invalid type: {_described(entry)}, expected a binding")
        name = entry.get("name")
        if not isinstance(name, str) or not name:
            raise _invalid("missing field `name`")
        level = entry.get("side_effect_level")
        bindings[name] = Binding(
            name,
            to_json_form(entry.get("annotations")),
            level if isinstance(level, str) else Binding(name).side_effect_level,
        )
    return bindings


def _options(vm: Vm, given: dict[str, Any]) -> CompositionOptions:
    dispatcher = given.get("dispatcher")
    if dispatcher is not None and not vm.is_callable(dispatcher):
        raise runtime_error(f"composition_execute: dispatcher must be a closure, got {type_name(dispatcher)}")
    limits = {}
    for name in ("max_operations", "timeout_ms", "max_output_bytes"):
        value = given.get(name)
        if value is None:
            continue
        if type(value) is not int or value < 0:
            raise runtime_error(f"composition_execute: {name} must be a non-negative int")
        limits[name] = value
    return CompositionOptions(
        dispatcher=dispatcher,
        run_id=display(given["run_id"]) if given.get("run_id") is not None else vm.host.uuid7(),
        **limits,
    )


def _described(value: Any) -> str:
    """Name a value in the words of the message for a wrong type."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"boolean `{stringify(value)}`"
    if isinstance(value, int):
        return f"integer `{value}`"
    if isinstance(value, float):
        return f"floating point `{stringify(value)}`"
    if isinstance(value, str):
        return f"string {stringify(value)}"
    return "map" if isinstance(value, dict) else "sequence" if isinstance(value, list) else type_name(value)


def _invalid(why: str) -> GuestError:
    return runtime_error(f"composition_execute: invalid manifest: {why}")
