"""Channels (docs/reference/runtime.md 9.5, more.md 7)."""

from __future__ import annotations

from harnlite.builtins.registry import builtin
from harnlite.values.display import display
from harnlite.values.errors import thrown
from harnlite.vm.channels import CLOSED, Channel, select
from harnlite.vm.task_state import milliseconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from harnlite.vm.machine import Vm

__all__: list[str] = []

_DEFAULT_CAPACITY = 256


def _channel(name: str, value: Any) -> Channel:
    if not isinstance(value, Channel):
        raise thrown(f"{name}: first argument must be a channel")
    return value


@builtin("channel(name?: any, capacity?: int) -> channel", area="channels")
def channel(vm: Vm, name: Any = None, capacity: int | None = None) -> Channel:
    """A channel with room for that many values, at least one."""
    return Channel(
        vm.scheduler,
        "default" if name is None else display(name),
        _DEFAULT_CAPACITY if capacity is None else capacity,
    )


@builtin("send(channel?: channel, value?: any) -> bool", area="channels", loose=True)
def send(_vm: Vm, channel: Any = None, value: Any = None) -> bool:
    """Put a value into a channel, waiting for room; false when it is closed."""
    return _channel("send", channel).send(value)


@builtin("receive(channel?: channel) -> any", area="channels", loose=True)
def receive(_vm: Vm, channel: Any = None) -> Any:
    """The next value of a channel, waiting for one; nil when it is closed and empty."""
    value = _channel("receive", channel).take()
    return None if value is CLOSED else value


@builtin("try_receive(channel?: channel) -> any", area="channels", loose=True)
def try_receive(_vm: Vm, channel: Any = None) -> Any:
    """The next value of a channel, or nil when there is none now."""
    value = _channel("try_receive", channel).take_now()
    return None if value is CLOSED else value


@builtin("close_channel(channel: channel) -> nil", area="channels")
def close_channel(_vm: Vm, channel: Channel) -> None:
    """Let nothing more into a channel; what is in it can still be received."""
    channel.close()


@builtin("channel_is_closed(channel: channel) -> bool", area="channels")
def channel_is_closed(_vm: Vm, channel: Channel) -> bool:
    """Whether a channel was closed."""
    return channel.closed


def _channels(name: str, values: list[Any]) -> list[Channel]:
    if not all(isinstance(value, Channel) for value in values):
        raise thrown(f"{name}: channel list must contain only channels")
    return values


@builtin("channel_select(channels: list, timeout?: int | duration) -> dict | nil", area="channels")
def channel_select(vm: Vm, channels: list[Any], timeout: Any = None) -> dict[str, Any] | None:
    """The first channel of a list that has a value, with the value; nil when the time is over."""
    found = select(vm.scheduler, _channels("channel_select", channels), milliseconds(timeout)) if channels else None
    if found is None:
        return None
    index, value = found
    return {"channel": channels[index].name, "index": index, "value": value}


def _selected(name: str, vm: Vm, channels: list[Any], timeout_ms: int | None) -> dict[str, Any]:
    found = select(vm.scheduler, _channels(name, channels), timeout_ms) if channels else None
    if found is None:
        return {"channel": None, "index": -1, "value": None}
    index, value = found
    return {"channel": channels[index].name, "index": index, "value": value}


@builtin("__select_try(channels: list) -> dict", area="channels")
def select_try(vm: Vm, channels: list[Any]) -> dict[str, Any]:
    """The first ready channel of a list now."""
    return _selected("__select_try", vm, channels, 0)


@builtin("__select_timeout(channels: list, timeout: int | duration) -> dict", area="channels")
def select_timeout(vm: Vm, channels: list[Any], timeout: Any) -> dict[str, Any]:
    """The first ready channel of a list within a time."""
    return _selected("__select_timeout", vm, channels, milliseconds(timeout))


@builtin("__select_list(channels: list) -> dict", area="channels")
def select_list(vm: Vm, channels: list[Any]) -> dict[str, Any]:
    """The first channel of a list that becomes ready."""
    return _selected("__select_list", vm, channels, None)
