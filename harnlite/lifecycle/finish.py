"""The order in which a successful run finishes (docs/reference/lifecycle.md 2).

Take the callback; build one snapshot; PreFinish; OnUnsettledDetected if anything is open; the callback with a harness
and the value; PostFinish. The VM is given a :class:`LifecycleFinisher`, which loads the rest of the lifecycle only
for a run that has something to finish.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from harnlite.vm.machine import Vm

__all__ = ["HOOKS_MODULE", "LifecycleFinisher", "in_use"]

_STATE_MODULE = "harnlite.lifecycle.state"
HOOKS_MODULE = "harnlite.lifecycle.hooks"
_LOGS_MODULE = "harnlite.runtime.event_log.service"


class LifecycleFinisher:
    """What a VM needs to know of the lifecycle: finish a value, clear after a failure, register a callback."""

    __slots__ = ()

    def register(self, vm: Vm, callback: Any) -> None:
        """Fill the callback slot: a closure, or a Python function ``(harness, value) -> value``, sync or async."""
        from harnlite.lifecycle.state import LifecycleState

        vm.service(LifecycleState).set_callback(callback)

    def finish(self, vm: Vm, value: Any) -> Any:
        """Finish a run whose body gave ``value``.

        :return: the final value.
        :raises GuestError: from a hook or the callback, or when a hook blocks; the callback is then taken already.
        """
        if in_use(vm, _STATE_MODULE, "LifecycleState") or in_use(vm, HOOKS_MODULE, "Hooks"):
            from harnlite.lifecycle.finish_phases import run_finish

            value = run_finish(vm, value)
        _conclude(vm)
        return value

    def clear(self, vm: Vm) -> object | None:
        """Forget callback, audits, handoffs and disposition of a failed run.

        :return: what there was (``ClearedState``), or None.
        """
        _conclude(vm)
        if not in_use(vm, _STATE_MODULE, "LifecycleState"):
            return None
        from harnlite.lifecycle.state import LifecycleState

        return vm.service(LifecycleState).clear()


def _conclude(vm: Vm) -> None:
    """Look at what is left open, if anybody wants to know: the log that has the run, or ``--fail-on-unsettled``."""
    if vm.options is None or not (vm.options.fail_on_unsettled or _is_entered(vm)):
        return
    from harnlite.lifecycle.run_end import RunEnd

    vm.service(RunEnd).conclude()


def _is_entered(vm: Vm) -> bool:
    if not in_use(vm, _LOGS_MODULE, "EventLogService"):
        return False
    from harnlite.runtime.event_log.service import EventLogService

    return vm.service(EventLogService).run_number is not None


def in_use(vm: Vm, module_name: str, class_name: str) -> bool:
    """Tell whether this VM uses a service, without importing the module that nobody imported yet."""
    module = sys.modules.get(module_name)
    return module is not None and vm.has_service(getattr(module, class_name))
