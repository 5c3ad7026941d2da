"""Files that outlive a run, written and read through the run's file builtins, so that its sandbox policy holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["call_file_builtin", "replace_file"]


def call_file_builtin(vm: Vm, builtin: str, *arguments: Any) -> Any:
    """Call a file builtin as a script would.

    :raises GuestError: what a script would see.
    """
    return vm.call(vm.registry.builtin(builtin), list(arguments))


def replace_file(vm: Vm, path: str, text: str) -> None:
    """Write a file anew; whoever reads it, also after a crash, finds the old text or the new one, never a part.

    :raises GuestError: the file cannot be written.
    """
    beside = f"{path}.new"
    call_file_builtin(vm, "write_file", beside, text)
    call_file_builtin(vm, "move_file", beside, path)
