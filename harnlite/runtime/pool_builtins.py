"""The builtins behind ``std/lifecycle/pool`` (docs/reference/runtime.md 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harnlite.builtins.registry import builtin
from harnlite.runtime.pools import Pools

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm


@builtin("__host_pool_create(options?: any) -> dict", area="pools")
def host_pool_create(vm: Vm, options: Any = None) -> dict[str, Any]:
    """Make a pool and give its snapshot."""
    return vm.service(Pools).create(options).snapshot()


@builtin("__host_pool_get(name: string) -> dict | nil", area="pools")
def host_pool_get(vm: Vm, name: str) -> dict[str, Any] | None:
    """Give the snapshot of the pool of this name or id, or nil."""
    pool = vm.service(Pools).find(name)
    return None if pool is None else pool.snapshot()


@builtin("__host_pool_list() -> list", area="pools")
def host_pool_list(vm: Vm) -> list[dict[str, Any]]:
    """Give the snapshots of all pools in order of creation."""
    return [pool.snapshot() for pool in vm.service(Pools).all()]


@builtin("__host_pool_snapshot(pool_id: string) -> dict", area="pools")
def host_pool_snapshot(vm: Vm, pool_id: str) -> dict[str, Any]:
    """Give a pool's snapshot."""
    return vm.service(Pools).get(pool_id).snapshot()


@builtin("__host_pool_size(pool_id: string) -> int", area="pools")
def host_pool_size(vm: Vm, pool_id: str) -> int:
    """Give how many tasks of a pool run or wait."""
    return vm.service(Pools).get(pool_id).size


@builtin("__host_pool_submit(pool_id: string, work: any, options?: any) -> dict", area="pools")
def host_pool_submit(vm: Vm, pool_id: str, work: Any, options: Any = None) -> dict[str, Any]:
    """Give a pool a closure to run, and get the task's handle."""
    return vm.service(Pools).get(pool_id).submit(work, options).handle()


@builtin("__host_pool_wait(tasks: any) -> any", area="pools")
def host_pool_wait(vm: Vm, tasks: Any) -> Any:
    """Wait for a task or a list of tasks, and give their snapshots."""
    return vm.service(Pools).wait(tasks)


@builtin("__host_pool_simulate_restart() -> nil", area="pools")
def host_pool_simulate_restart(vm: Vm) -> None:
    """Forget all pools."""
    vm.service(Pools).forget()
