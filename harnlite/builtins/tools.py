"""Tool registries: ``{_type: "tool_registry", tools: [...]}`` dicts (docs/reference/language.md 3, more.md 6)."""

from __future__ import annotations

from harnlite.builtins.registry import builtin
from harnlite.values.display import display
from harnlite.values.types import Builtin, Closure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from harnlite.vm.machine import Vm


def _entries(registry: dict[str, Any]) -> list[dict[str, Any]]:
    tools = registry.get("tools")
    return [entry for entry in tools if type(entry) is dict] if type(tools) is list else []


def _with(registry: dict[str, Any], tools: list[dict[str, Any]]) -> dict[str, Any]:
    return {**registry, "_type": "tool_registry", "tools": tools}


@builtin("tool_registry() -> dict", area="tools", loose=True)
def tool_registry(_vm: Vm) -> dict[str, Any]:
    """A registry without tools."""
    return _with({}, [])


@builtin(
    "tool_define(registry: dict | closure, name: string, description: string, options?: dict | closure) -> dict",
    area="tools",
)
def tool_define(vm: Vm, registry: Any, name: str, description: str, options: Any = None) -> dict[str, Any]:
    """A registry with one more tool; one of the same name is replaced. Options: parameters, handler …"""
    base = registry if type(registry) is dict else vm.call(registry, [])
    given = {"handler": options} if type(options) in (Closure, Builtin) else options or {}
    entry = {
        "annotations": {},
        "executor": "harn",
        "handler": None,
        "outputSchema": None,
        "parameters": {},
        **given,
        "description": description,
        "name": name,
    }
    known = base if type(base) is dict else {}
    return _with(known, [tool for tool in _entries(known) if tool.get("name") != name] + [entry])


@builtin("tool_list(registry: dict) -> list", area="tools")
def tool_list(_vm: Vm, registry: dict[str, Any]) -> list[dict[str, Any]]:
    """The tools of a registry."""
    return _entries(registry)


@builtin("tool_count(registry: dict) -> int", area="tools")
def tool_count(_vm: Vm, registry: dict[str, Any]) -> int:
    """How many tools a registry has."""
    return len(_entries(registry))


@builtin("tool_find(registry: dict, name: string) -> dict | nil", area="tools")
def tool_find(_vm: Vm, registry: dict[str, Any], name: str) -> dict[str, Any] | None:
    """The tool of this name, or nil."""
    return next((tool for tool in _entries(registry) if tool.get("name") == name), None)


@builtin("tool_remove(registry: dict, name: string) -> dict", area="tools")
def tool_remove(_vm: Vm, registry: dict[str, Any], name: str) -> dict[str, Any]:
    """A registry without the tool of this name."""
    return _with(registry, [tool for tool in _entries(registry) if tool.get("name") != name])


@builtin("tool_select(registry: dict, names: list) -> dict", area="tools")
def tool_select(_vm: Vm, registry: dict[str, Any], names: list[Any]) -> dict[str, Any]:
    """A registry with only the tools of these names."""
    return _with(registry, [tool for tool in _entries(registry) if tool.get("name") in names])


@builtin("tool_describe(registry: dict) -> string", area="tools")
def tool_describe(_vm: Vm, registry: dict[str, Any]) -> str:
    """The tools of a registry as text, one line each."""
    return "\n".join(
        f"- {display(tool.get('name'))}: {display(tool.get('description') or '')}" for tool in _entries(registry)
    )
