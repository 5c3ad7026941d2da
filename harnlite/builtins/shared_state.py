"""State that all tasks of a run share: cells, maps and mailboxes by name and scope (docs/reference/more.md 1).

A handle is a plain dict ``{_type, key, scope}``; operations also take a bare name, resolved in the caller's scope.
"""

from __future__ import annotations

from harnlite.builtins.runtime_context import RuntimeContext
from harnlite.values.display import display
from harnlite.values.equality import equal
from harnlite.values.errors import runtime_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from harnlite.vm.machine import Vm

__all__ = ["Shared", "SharedCell", "SharedMap", "SharedState"]

_TASK_GROUP: Final = frozenset({"task_group", "task-group", "workflow", "workflow_local"})
_RUN: Final = frozenset({"run", "workflow_run"})
_DURABLE: Final = frozenset({"durable", "event_log"})
_EXTERNAL: Final = frozenset({"external", "host"})


class Shared:
    """What cells and maps count."""

    def __init__(self) -> None:
        self.version = 0
        self.reads = self.writes = self.stale = self.swaps = self.failed_swaps = 0

    def metrics(self) -> dict[str, Any]:
        """What ``shared_metrics`` shows."""
        return {
            "cas_failure_count": self.failed_swaps,
            "cas_success_count": self.swaps,
            "read_count": self.reads,
            "stale_read_count": self.stale,
            "version": self.version,
            "write_count": self.writes,
        }

    def matches(self, current: Any, expected: Any) -> bool:
        """Whether a compare-and-set may go on; a snapshot must have the present version too."""
        if type(expected) is dict and expected.get("_type") == "shared_snapshot":
            if expected.get("version") != self.version:
                self.stale += 1
                return False
            expected = expected.get("value")
        return equal(current, expected)

    def swapped(self, done: bool) -> bool:
        """Count a compare-and-set."""
        if done:
            self.swaps += 1
        else:
            self.failed_swaps += 1
        return done

    def snapshot(self, value: Any) -> dict[str, Any]:
        """A value with the present version."""
        self.reads += 1
        return {"_type": "shared_snapshot", "value": value, "version": self.version}


class SharedCell(Shared):
    """One value."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value

    def set(self, value: Any) -> Any:
        """Set the value; gives the old one."""
        before, self.value = self.value, value
        self.version += 1
        self.writes += 1
        return before


class SharedMap(Shared):
    """Values by key, with one version for all."""

    def __init__(self, entries: dict[str, Any]) -> None:
        super().__init__()
        self.entries = entries

    def set(self, key: str, value: Any) -> Any:
        """Set an entry; gives the old value."""
        before = self.entries.get(key)
        self.entries[key] = value
        self.version += 1
        self.writes += 1
        return before

    def delete(self, key: str) -> Any:
        """Take an entry out; gives its value. One that was not there, or nil, changes no version."""
        before = self.entries.pop(key, None)
        if before is not None:
            self.version += 1
            self.writes += 1
        return before


class SharedState:
    """The cells, maps and mailboxes of a VM, by resolved scope and key; mailboxes are in ``mailboxes.py``."""

    def __init__(self, vm: Vm) -> None:
        self._vm = vm
        self.cells: dict[tuple[str, str], SharedCell] = {}
        self.maps: dict[tuple[str, str], SharedMap] = {}

    def resolve(self, name: str, scope: str, tenant: Any) -> str:
        """The resolved text of a scope.

        :param name: the builtin, for messages.
        :param scope: as the script wrote it.
        :param tenant: the option ``tenant_id``, or None.
        """
        context = self._vm.service(RuntimeContext).identity()
        root = context["root_task_id"]
        if scope in _TASK_GROUP:
            return f"{scope}:{context['task_group_id'] or context['run_id'] or root}"
        if scope in ("task", "task_local"):
            return f"{scope}:{context['task_id']}"
        if scope == "root_task":
            return f"{scope}:{root}"
        if scope in _RUN:
            return f"{scope}:{context['run_id'] or context['task_group_id'] or root}"
        if scope in ("agent_session", "session"):
            return f"{scope}:{context['agent_session_id'] or root}"
        if scope == "tenant":
            identity = tenant if tenant is not None else context["tenant_id"]
            if identity is None:
                raise runtime_error(f"{name}: tenant scope requires tenant_id in options or runtime context")
            return f"{scope}:{display(identity)}"
        if scope == "global":
            return "global:process"
        if scope in _DURABLE:
            raise runtime_error(f"{name}: durable shared state is explicit; use store_* or agent_state_* APIs")
        if scope in _EXTERNAL:
            raise runtime_error(f"{name}: external shared state must be provided by a host/connector builtin")
        return f"{scope}:{scope}"

    def open(self, name: str, kind: str, target: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The handle that opening by a name or an options dict gives, and the options."""
        options = target if type(target) is dict else {"key": display(target)}
        key = options.get("key")
        if key is None:
            key = options.get("name")
        text = "" if key is None else display(key)
        if not text:
            raise runtime_error(f"{name}: key/name is required")
        scope = options.get("scope")
        resolved = self.resolve(name, "task_group" if scope is None else display(scope), options.get("tenant_id"))
        return {"_type": kind, "key": text, "scope": resolved}, options

    def place(self, name: str, kind: str, target: Any) -> tuple[str, str]:
        """The scope and key that an operation's handle or bare name means."""
        if type(target) is dict:
            key, scope = target.get("key"), target.get("scope")
            if target.get("_type") != kind or type(key) is not str or type(scope) is not str:
                raise runtime_error(f"{name}: expected {kind} handle")
            return scope, key
        text = display(target)
        if not text:
            raise runtime_error(f"{name}: name must not be empty")
        return self.resolve(name, "task_group", None), text

    def cell(self, name: str, target: Any) -> SharedCell:
        """The cell an operation means; an unknown name makes one that holds nil."""
        place = self.place(name, "shared_cell", target)
        return self.cells.setdefault(place, SharedCell(None))

    def map(self, name: str, target: Any) -> SharedMap:
        """The map an operation means; an unknown name makes an empty one."""
        place = self.place(name, "shared_map", target)
        return self.maps.setdefault(place, SharedMap({}))
