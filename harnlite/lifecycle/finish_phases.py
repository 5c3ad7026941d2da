"""The phases of finishing, for a run that has a callback or hooks (docs/reference/lifecycle.md 2)."""

from __future__ import annotations

from collections.abc import Awaitable
from inspect import isawaitable, iscoroutinefunction
from typing import TYPE_CHECKING, Any

from harnlite.lifecycle.harness import Harness
from harnlite.lifecycle.hooks import Hooks
from harnlite.lifecycle.snapshot import snapshot_unsettled
from harnlite.lifecycle.state import LifecycleState
from harnlite.runtime.hook_port import Block
from harnlite.values.conversion import from_guest, to_guest
from harnlite.values.errors import runtime_error
from harnlite.values.json_form import to_json_form

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["run_finish"]


def run_finish(vm: Vm, value: Any) -> Any:
    """Run the finish phases on the body's value and give the final value.

    :raises GuestError: from a hook or the callback, or when PreFinish or OnUnsettledDetected blocks.
    """
    callback = vm.service(LifecycleState).take_callback()
    hooks = vm.service(Hooks) if vm.has_service(Hooks) and vm.service(Hooks).has_session_hooks else None
    if hooks is None:
        # Nobody would see the snapshot: the callback's harness takes live ones.
        return value if callback is None else _call_back(vm, callback, value)
    snapshot = snapshot_unsettled(vm)
    unsettled = snapshot.to_json()
    hooks.fire_finish_event(
        "PreFinish",
        {
            "event": "PreFinish",
            "has_on_finish": callback is not None,
            "return_value": to_json_form(value),
            "unsettled": unsettled,
        },
        _refuse_pre_finish,
    )
    if not snapshot.is_empty:
        hooks.fire_finish_event(
            "OnUnsettledDetected", {"event": "OnUnsettledDetected", "unsettled": unsettled}, _refuse_unsettled
        )
    final = value if callback is None else _call_back(vm, callback, value)
    hooks.fire_finish_event(
        "PostFinish",
        {"event": "PostFinish", "return_value": to_json_form(final), "unsettled": unsettled},
        _ignore,
    )
    return final


def _call_back(vm: Vm, callback: Any, value: Any) -> Any:
    if vm.is_callable(callback):
        return vm.call(callback, [Harness(), value])
    from harnlite.lifecycle.host_harness import HostHarness

    harness, given = HostHarness(vm), from_guest(value)
    result = vm.wait(callback, harness, given) if iscoroutinefunction(callback) else callback(harness, given)
    return to_guest(vm.wait(_awaited, result) if isawaitable(result) else result)


async def _awaited(result: Awaitable[Any]) -> Any:
    return await result


def _refuse_pre_finish(block: Block) -> None:
    raise runtime_error(
        f"PreFinish hook returned block, which is not a valid control: {block.reason}. To delay pipeline finish "
        "until unsettled work clears, use OnFinish.block_until_settled (std/lifecycle) or return Modify/Allow "
        "from PreFinish."
    )


def _refuse_unsettled(block: Block) -> None:
    raise runtime_error(f"OnUnsettledDetected hook blocked pipeline finish: {block.reason}")


def _ignore(_block: Block) -> None:
    """The value is final: PostFinish hooks cannot stop anything."""
