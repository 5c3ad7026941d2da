"""How services tell session hooks that something happens, without knowing who keeps the hooks.

The keeper (``lifecycle/hooks.py``) plugs itself in when the first hook is registered; before that every event is
simply allowed, and nothing of the lifecycle is imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from attrs import define, field, frozen

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["ALLOW", "Allow", "Block", "Control", "Decision", "HookKeeper", "HookPort", "Modify"]


@frozen
class Allow:
    """Go on."""


@frozen
class Block:
    """Do not do it."""

    reason: str


@frozen
class Modify:
    """Do it with another payload (in JSON form)."""

    payload: Any


@frozen
class Decision:
    """An answer to a permission question: allow, deny or ask."""

    decision: str
    reason: str | None = None


Control: TypeAlias = Allow | Block | Modify | Decision

ALLOW = Allow()


class HookKeeper(Protocol):
    """What plugs in: the keeper of the registered hooks."""

    def fire(self, event: str, payload: dict[str, Any]) -> Control:
        """Run the hooks of an event and give their combined control."""

    def notify(self, event: str, payload: dict[str, Any]) -> None:
        """Run the hooks of an event that nobody can stop or change any more."""


@define
class HookPort:
    """The place where the keeper of session hooks plugs in."""

    _vm: Vm
    keeper: HookKeeper | None = field(default=None, init=False)

    @staticmethod
    def fire(vm: Vm, event: str, payload: dict[str, Any]) -> Control:
        """Let the hooks of ``event`` see ``payload`` and say what to do (docs/reference/lifecycle.md 8).

        :param payload: in JSON form.
        :raises GuestError: when a hook fails or returns something malformed.
        """
        keeper = vm.service(HookPort).keeper if vm.has_service(HookPort) else None
        return ALLOW if keeper is None else keeper.fire(event, payload)

    @staticmethod
    def notify(vm: Vm, event: str, payload: dict[str, Any]) -> None:
        """Tell the hooks of ``event`` what has happened; what they return does not matter.

        :param payload: in JSON form.
        :raises GuestError: when a hook fails.
        """
        keeper = vm.service(HookPort).keeper if vm.has_service(HookPort) else None
        if keeper is not None:
            keeper.notify(event, payload)
