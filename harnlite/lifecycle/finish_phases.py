"""The phases of finishing, for a run that has a callback or hooks (docs/reference/lifecycle.md 2)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import isawaitable, iscoroutinefunction
from typing import TYPE_CHECKING, Any

from harnlite.lifecycle.finish import HOOKS_MODULE, in_use
from harnlite.lifecycle.harness import Harness
from harnlite.lifecycle.state import LifecycleState
from harnlite.values.conversion import from_guest, to_guest
from harnlite.values.errors import runtime_error
from harnlite.values.json_form import to_json_form

if TYPE_CHECKING:
    from harnlite.lifecycle.hooks import Hooks
    from harnlite.lifecycle.snapshot import UnsettledSnapshot
    from harnlite.runtime.hook_port import Block
    from harnlite.vm.machine import Vm

__all__ = ["run_finish"]


def run_finish(vm: Vm, value: Any) -> Any:
    """Run the finish phases on the body's value and give the final value.

    :raises GuestError: from a hook or the callback, or when PreFinish or OnUnsettledDetected blocks.
    """
    callback = vm.service(LifecycleState).take_callback()
    vm.note("lifecycle.callback_taken", callback is not None)
    hooks = _session_hooks(vm)
    if hooks is None and not vm.instruments:
        # Nobody would see the snapshot: the callback's harness takes live ones.
        _note_body_end(vm, None)
        return value if callback is None else _call_back(vm, callback, value)
    from harnlite.lifecycle.snapshot import snapshot_unsettled

    snapshot = snapshot_unsettled(vm)
    _note_body_end(vm, snapshot)
    unsettled = snapshot.to_json()
    vm.note("lifecycle.snapshot", unsettled)
    if hooks is None:
        return value if callback is None else _call_back(vm, callback, value)
    payload = {"has_on_finish": callback is not None, "return_value": to_json_form(value), "unsettled": unsettled}
    _fire(vm, hooks, "PreFinish", payload, _refuse_pre_finish)
    if not snapshot.is_empty:
        _fire(vm, hooks, "OnUnsettledDetected", {"unsettled": unsettled}, _refuse_unsettled)
    final = value if callback is None else _call_back(vm, callback, value)
    _fire(vm, hooks, "PostFinish", {"return_value": to_json_form(final), "unsettled": unsettled}, _ignore)
    return final


def _session_hooks(vm: Vm) -> Hooks | None:
    if not in_use(vm, HOOKS_MODULE, "Hooks"):
        return None
    from harnlite.lifecycle.hooks import Hooks

    hooks = vm.service(Hooks)
    return hooks if hooks.has_session_hooks else None


def _note_body_end(vm: Vm, snapshot: UnsettledSnapshot | None) -> None:
    """Remember what is open for the record of the run, if there may be one."""
    if vm.options is not None and vm.options.record_as is not None:
        from harnlite.lifecycle.run_end import RunEnd

        vm.service(RunEnd).body_ended(snapshot)


def _fire(vm: Vm, hooks: Hooks, event: str, payload: dict[str, Any], on_block: Callable[[Block], None]) -> None:
    with vm.service(LifecycleState).acting(f"{event} hook"):
        hooks.fire_finish_event(event, {"event": event, **payload}, on_block)


def _call_back(vm: Vm, callback: Any, value: Any) -> Any:
    with vm.service(LifecycleState).acting("callback"):
        return _called_back(vm, callback, value)


def _called_back(vm: Vm, callback: Any, value: Any) -> Any:
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
