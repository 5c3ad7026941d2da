"""Mailboxes: channels by name and scope (docs/reference/more.md 1.1)."""

from __future__ import annotations

from harnlite.builtins.registry import builtin
from harnlite.builtins.shared_state import SharedState
from harnlite.values.errors import runtime_error
from harnlite.values.types import MISSING
from harnlite.vm.channels import CLOSED, Channel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from harnlite.vm.machine import Vm

__all__ = ["Mailbox", "Mailboxes"]

_DEFAULT_CAPACITY = 256


class Mailbox:
    """A channel with counts."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.sent = self.received = self.failed = 0


class Mailboxes:
    """The mailboxes of a VM by resolved scope and key."""

    def __init__(self, vm: Vm) -> None:
        self._vm = vm
        self.boxes: dict[tuple[str, str], Mailbox] = {}

    def open(self, target: Any, capacity: Any) -> dict[str, Any]:
        """The handle of a mailbox, made when first opened."""
        handle, options = self._vm.service(SharedState).open("mailbox_open", "mailbox", target)
        place = handle["scope"], handle["key"]
        if place not in self.boxes:
            room = options.get("capacity", capacity)
            size = room if type(room) is int else _DEFAULT_CAPACITY
            self.boxes[place] = Mailbox(Channel(self._vm.scheduler, handle["key"], size))
        return handle

    def find(self, name: str, target: Any) -> Mailbox | None:
        """The mailbox that an operation means, or None if it was never opened."""
        return self.boxes.get(self._vm.service(SharedState).place(name, "mailbox", target))

    def lookup(self, target: Any) -> dict[str, Any] | None:
        """The handle of an opened mailbox."""
        scope, key = self._vm.service(SharedState).place("mailbox_lookup", "mailbox", target)
        return {"_type": "mailbox", "key": key, "scope": scope} if (scope, key) in self.boxes else None

    def metrics(self, box: Mailbox | None) -> dict[str, Any]:
        """What ``mailbox_metrics`` shows; all zero for an unknown one."""
        return {
            "capacity": 0 if box is None else box.channel.capacity,
            "closed": box is not None and box.channel.closed,
            "depth": 0 if box is None else len(box.channel.queue),
            "failed_send_count": 0 if box is None else box.failed,
            "received_count": 0 if box is None else box.received,
            "sent_count": 0 if box is None else box.sent,
        }


@builtin("mailbox_open(target: any, capacity?: int) -> dict", area="mailboxes", loose=True)
def mailbox_open(vm: Vm, target: Any = MISSING, capacity: Any = None) -> dict[str, Any]:
    """Open a mailbox by name or options ``{name, capacity, scope}``; an existing one stays as it is."""
    if target is MISSING:
        raise runtime_error("mailbox_open: key/name is required")
    return vm.service(Mailboxes).open(target, capacity)


@builtin("mailbox_lookup(name: any) -> dict | nil", area="mailboxes", loose=True)
def mailbox_lookup(vm: Vm, name: Any = None) -> dict[str, Any] | None:
    """The handle of a mailbox, or nil if it was never opened."""
    return vm.service(Mailboxes).lookup(name)


@builtin("mailbox_send(mailbox: any, value: any) -> bool", area="mailboxes", loose=True)
def mailbox_send(vm: Vm, mailbox: Any = None, value: Any = None) -> bool:
    """Put a value in, waiting for room; false when it is closed or unknown."""
    box = vm.service(Mailboxes).find("mailbox_send", mailbox)
    if box is None:
        return False
    if box.channel.send(value):
        box.sent += 1
        return True
    box.failed += 1
    return False


def _received(box: Mailbox, value: Any) -> Any:
    if value is CLOSED:
        return None
    box.received += 1
    return value


@builtin("mailbox_receive(mailbox: any) -> any", area="mailboxes", loose=True)
def mailbox_receive(vm: Vm, mailbox: Any = None) -> Any:
    """The next value, waiting for one; nil when it is closed and empty, or unknown."""
    box = vm.service(Mailboxes).find("mailbox_receive", mailbox)
    return None if box is None else _received(box, box.channel.take())


@builtin("mailbox_try_receive(mailbox: any) -> any", area="mailboxes", loose=True)
def mailbox_try_receive(vm: Vm, mailbox: Any = None) -> Any:
    """The next value, or nil when there is none now."""
    box = vm.service(Mailboxes).find("mailbox_try_receive", mailbox)
    return None if box is None else _received(box, box.channel.take_now())


@builtin("mailbox_close(mailbox: any) -> bool", area="mailboxes", loose=True)
def mailbox_close(vm: Vm, mailbox: Any = None) -> bool:
    """Let nothing more in; true the first time."""
    box = vm.service(Mailboxes).find("mailbox_close", mailbox)
    if box is None or box.channel.closed:
        return False
    box.channel.close()
    return True


@builtin("mailbox_metrics(mailbox: any) -> dict", area="mailboxes", loose=True)
def mailbox_metrics(vm: Vm, mailbox: Any = None) -> dict[str, Any]:
    """Counts of a mailbox."""
    boxes = vm.service(Mailboxes)
    return boxes.metrics(boxes.find("mailbox_metrics", mailbox))
