"""The tools of an agent loop: reading a registry, and the tool with which a model parks itself (more.md 6)."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from harnlite.values.display import display, type_name
from harnlite.values.errors import argument_error
from harnlite.values.json_form import to_json_form
from harnlite.values.types import Builtin, Closure

__all__ = ["RESUMPTION_TOOL", "Tool", "lifecycle_tools", "read_tools", "resumption_tool"]

RESUMPTION_TOOL = "agent_await_resumption"

#: What a model is told of a tool.
_DESCRIBED = ("annotations", "description", "name", "outputSchema", "parameters")


@frozen
class Tool:
    """A tool: what the model is told of it, in JSON form, and the closure that runs it, if any."""

    name: str
    description: dict[str, Any]
    handler: Any


def read_tools(given: Any) -> dict[str, Tool]:
    """Give the tools of a registry (``{_type: "tool_registry", tools}``) or of a list of tool dicts, by name."""
    entries = given.get("tools") if isinstance(given, dict) else given
    tools = {}
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, dict) or entry.get("name") is None:
            continue
        name = display(entry["name"])
        handler = entry.get("handler")
        described = {key: to_json_form(entry[key]) for key in _DESCRIBED if entry.get(key) is not None}
        tools[name] = Tool(name, described, handler if isinstance(handler, Closure | Builtin) else None)
    return tools


def resumption_tool() -> dict[str, Any]:
    """Give what a model is told of ``agent_await_resumption``."""
    return {
        "description": "Suspend this agent until it is resumed. Say why, and optionally under which conditions.",
        "name": RESUMPTION_TOOL,
        "parameters": {
            "properties": {"conditions": {"type": "object"}, "reason": {"type": "string"}},
            "required": ["reason"],
            "type": "object",
        },
    }


def lifecycle_tools(registry: Any) -> dict[str, Any]:
    """Give a registry with the given one's tools and ``agent_await_resumption``, once.

    :raises GuestError: when ``registry`` is not a dict.
    """
    if registry is not None and not isinstance(registry, dict):
        raise argument_error("tool_define", "registry", "dict | closure", type_name(registry))
    given = [] if registry is None else registry.get("tools")
    entries = [entry for entry in given if isinstance(entry, dict)] if isinstance(given, list) else []
    if all(known.get("name") != RESUMPTION_TOOL for known in entries):
        entry: dict[str, Any] = {"annotations": {}, "executor": "harn_builtin", "handler": None, "outputSchema": None}
        entries.append({**entry, **resumption_tool()})
    return {**(registry or {}), "_type": "tool_registry", "tools": entries}
