"""Where a run keeps what outlives it (docs/reference/runtime.md 10.3)."""

from __future__ import annotations

import os

from harnlite.builtins.registry import builtin
from harnlite.runtime.event_log.configuration import base_directory, state_directory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__: list[str] = []


@builtin("runtime_paths() -> dict", area="environment")
def runtime_paths(vm: Vm) -> dict[str, str]:
    """The directories of a run: execution_root, asset_root (the project's or script's), state_root, run_root."""
    execution_root = str(vm.host.current_directory())
    script_directory = vm.source_directory or execution_root
    asset_root = base_directory(script_directory)
    return {
        "asset_root": asset_root,
        "execution_root": execution_root,
        "run_root": os.path.join(asset_root, vm.host.getenv("HARN_RUN_DIR") or ".harn-runs"),
        "state_root": state_directory(vm.host.getenv, script_directory),
    }
