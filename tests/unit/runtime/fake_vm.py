"""As much of a VM as the services of ``harnlite.runtime`` need: a host with a set clock, services, direct calls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import trio

from harnlite.host import Host
from harnlite.values.types import Builtin


class FixedHost(Host):
    """A host whose wall clock stands still until a test moves it."""

    def __init__(self, environment: dict[str, str] | None = None, directory: str = ".") -> None:
        super().__init__(environment=environment or {}, working_directory=directory)
        self.now = 1_000_000

    def wall_ms(self) -> int:
        return self.now


class FakeTask:
    def __init__(self, parent: FakeTask | None = None) -> None:
        self.id = "task_root"
        self.parent = parent


class FakeVm:
    """Runs builtins given as Python functions; waits really wait."""

    def __init__(
        self, option: str | None = "memory", *, environment: dict[str, str] | None = None, directory: Path | str = "."
    ) -> None:
        self.host = FixedHost(environment, str(directory))
        self.options = SimpleNamespace(event_log=option, record_as=None)
        self.running = True
        self.source_directory = str(directory)
        self.clock = SimpleNamespace(now_ms=lambda: self.host.now)
        self.task = FakeTask()
        self.warnings: list[str] = []
        self.waits = 0
        self._services: dict[type, Any] = {}

    def service(self, kind: type) -> Any:
        if kind not in self._services:
            self._services[kind] = kind(self)
        return self._services[kind]

    def has_service(self, kind: type) -> bool:
        return kind in self._services

    def call(self, function: Builtin, arguments: list[Any]) -> Any:
        return function.function(self, *arguments)

    def wait(self, async_function: Callable[..., Any], *arguments: Any) -> Any:
        self.waits += 1
        return trio.run(async_function, *arguments)

    def note(self, kind: str, data: Any) -> None:
        """Nobody listens."""

    def warn(self, text: str) -> None:
        self.warnings.append(text)


def closure(function: Callable[..., Any], name: str = "handler") -> Builtin:
    """A guest function made of a Python one that takes no VM."""
    return Builtin(name, lambda _vm, *arguments: function(*arguments), 0, -1, None)
