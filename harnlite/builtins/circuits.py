"""Circuit breakers (docs/reference/more.md 7); they use real time."""

from __future__ import annotations

from harnlite.builtins.registry import builtin
from harnlite.values.display import display

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from harnlite.vm.machine import Vm

__all__: list[str] = []


class _Circuit:
    __slots__ = ("failures", "opened_at", "reset_ms", "threshold")

    def __init__(self, threshold: int, reset_ms: int) -> None:
        self.threshold = threshold
        self.reset_ms = reset_ms
        self.failures = 0
        #: Monotonic seconds, or None while it is closed.
        self.opened_at: float | None = None


class Circuits:
    """The breakers of a VM by name."""

    def __init__(self, vm: Vm) -> None:
        self._host = vm.host
        self._circuits: dict[str, _Circuit] = {}

    def define(self, name: str, threshold: int, reset_ms: int) -> None:
        """Make a breaker, closed; an existing one is replaced."""
        self._circuits[name] = _Circuit(threshold, reset_ms)

    def state(self, name: str) -> str:
        """``closed``, ``open`` or ``half_open``; an unknown one is closed."""
        circuit = self._circuits.get(name)
        if circuit is None or circuit.opened_at is None:
            return "closed"
        waited_ms = (self._host.monotonic() - circuit.opened_at) * 1000
        return "half_open" if waited_ms >= circuit.reset_ms else "open"

    def fail(self, name: str) -> bool:
        """Count a failure; tells whether it opened the breaker."""
        circuit = self._circuits.get(name)
        if circuit is None:
            return False
        half_open = self.state(name) == "half_open"
        circuit.failures += 1
        if half_open or (circuit.opened_at is None and circuit.failures >= circuit.threshold):
            circuit.opened_at = self._host.monotonic()
            return True
        return False

    def close(self, name: str) -> None:
        """Close a breaker and forget its failures."""
        circuit = self._circuits.get(name)
        if circuit is not None:
            circuit.failures = 0
            circuit.opened_at = None


@builtin("circuit_breaker(name: any, threshold?: int, reset_ms?: int) -> string", area="circuits")
def circuit_breaker(vm: Vm, name: Any, threshold: int | None = None, reset_ms: int | None = None) -> str:
    """Make a breaker that opens after so many failures and tries again after a time; gives its name."""
    shown = display(name)
    vm.service(Circuits).define(shown, 5 if threshold is None else threshold, 30_000 if reset_ms is None else reset_ms)
    return shown


@builtin("circuit_check(name: any) -> string", area="circuits")
def circuit_check(vm: Vm, name: Any) -> str:
    """``closed``, ``open`` or ``half_open``."""
    return vm.service(Circuits).state(display(name))


@builtin("circuit_record_failure(name: any) -> bool", area="circuits")
def circuit_record_failure(vm: Vm, name: Any) -> bool:
    """Count a failure; true exactly when it opens the breaker."""
    return vm.service(Circuits).fail(display(name))


@builtin("circuit_record_success(name: any) -> nil", area="circuits")
def circuit_record_success(vm: Vm, name: Any) -> None:
    """Close the breaker."""
    vm.service(Circuits).close(display(name))


@builtin("circuit_reset(name: any) -> nil", area="circuits")
def circuit_reset(vm: Vm, name: Any) -> None:
    """Close the breaker."""
    vm.service(Circuits).close(display(name))
