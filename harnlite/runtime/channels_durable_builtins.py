"""The builtins of durable channels (docs/reference/runtime.md 2.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harnlite.builtins.registry import builtin
from harnlite.runtime.channels_durable import DurableChannels

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm


@builtin("emit_channel(name: string, payload?: any, options?: dict) -> dict", area="channels")
def emit_channel(vm: Vm, name: str, payload: Any = None, options: dict[str, Any] | None = None) -> dict[str, Any]:
    """Append to a durable channel and run the triggers that listen to it; an ``id`` makes it happen once."""
    return vm.service(DurableChannels).emit(name, payload, options or {})


@builtin("channel_events(name: string, options?: dict) -> list", area="channels")
def channel_events(vm: Vm, name: str, options: dict[str, Any] | None = None) -> list[Any]:
    """What was emitted on a durable channel, oldest first."""
    return vm.service(DurableChannels).events(name, options or {})
