"""Flow control and budgets of a trigger: how many dispatches at once, how many in a time (docs/triggers.md).

Pure but for waiting; the dispatcher records what is decided here (docs/reference/runtime.md 2.4, step 5).
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from attrs import define, field

from harnlite.runtime.parking import park_in, wake_all
from harnlite.values.errors import runtime_error

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm
    from harnlite.vm.task_state import Task

__all__ = ["Flow", "Refusal", "Window", "parse_flow"]

_HOUR_MS = 3_600_000
#: What is done with an event for which the budget does not last.
_EXHAUSTED = ("fail", "skip", "retry_later")


@define
class Window:
    """At most so many in any stretch of a length.

    :param name: what the limit is called.
    :param most: how many.
    :param length_ms: of the stretch, in milliseconds.
    """

    name: str
    most: int
    length_ms: int
    _moments: deque[int] = field(factory=deque, init=False)

    def count(self, now_ms: int) -> int:
        """Give how many there were in the stretch that ends now."""
        while self._moments and self._moments[0] <= now_ms - self.length_ms:
            self._moments.popleft()
        return len(self._moments)

    def has_room(self, now_ms: int) -> bool:
        """Tell whether one more may be."""
        return self.count(now_ms) < self.most

    def add(self, now_ms: int) -> None:
        """Count one more."""
        self._moments.append(now_ms)


@define
class Refusal:
    """An event that is not handled now.

    :param action: ``skip``, ``fail`` or ``retry_later``.
    :param limit: the name of the limit that was reached.
    """

    action: str
    limit: str


@define
class Flow:
    """The limits of one trigger.

    :param concurrent: dispatches at once; further ones wait in line. None: any number.
    :param rate: dispatches in a time; further ones are skipped.
    :param decisions: dispatches in an hour and in a day; ``exhausted`` says what becomes of further ones.
    """

    concurrent: int | None
    rate: Window | None
    decisions: tuple[Window, ...]
    exhausted: str
    _running: int = field(default=0, init=False)
    _waiting: list[Task] = field(factory=list, init=False)

    def enter(self, vm: Vm) -> Refusal | None:
        """Wait for the turn of a dispatch and count it; :meth:`leave` ends it.

        :return: None, or why it may not be; then there is nothing to leave.
        """
        while self.concurrent is not None and self._running >= self.concurrent:
            park_in(vm, self._waiting, "the turn of a trigger")
        now_ms = vm.clock.now_ms()
        if self.rate is not None and not self.rate.has_room(now_ms):
            return Refusal("skip", self.rate.name)
        for window in self.decisions:
            if not window.has_room(now_ms):
                return Refusal(self.exhausted, window.name)
        for window in self.decisions:
            window.add(now_ms)
        if self.rate is not None:
            self.rate.add(now_ms)
        self._running += 1
        return None

    def leave(self, vm: Vm) -> None:
        """End a dispatch that was let in."""
        self._running -= 1
        wake_all(vm, self._waiting)


def parse_flow(config: dict[str, Any], where: str) -> Flow | None:
    """Read the limits in a table of the manifest; None when it sets none.

    :param where: the trigger, for messages.
    """
    budget = _table(config, "budget", where)
    decisions = tuple(
        Window(name, most, length_ms)
        for name, length_ms in (
            ("max_autonomous_decisions_per_hour", _HOUR_MS),
            ("max_autonomous_decisions_per_day", 24 * _HOUR_MS),
        )
        if (most := _positive(budget, name, f"{where}: budget")) is not None
    )
    exhausted = budget.get("on_budget_exhausted", "fail")
    if exhausted not in _EXHAUSTED:
        raise runtime_error(f"{where}: `budget.on_budget_exhausted` must be one of {', '.join(_EXHAUSTED)}")
    rate = _table(config, "rate_limit", where)
    most, seconds = (_positive(rate, name, f"{where}: rate_limit") for name in ("max", "seconds"))
    if (most is None) != (seconds is None):
        raise runtime_error(f"{where}: `rate_limit` needs both `max` and `seconds`")
    window = None if most is None or seconds is None else Window("rate_limit", most, seconds * 1000)
    concurrent = _positive(config, "max_concurrent", where)
    if concurrent is None and window is None and not decisions:
        return None
    return Flow(concurrent, window, decisions, exhausted)


def _table(config: dict[str, Any], name: str, where: str) -> dict[str, Any]:
    value = config.get(name, {})
    if not isinstance(value, dict):
        raise runtime_error(f"{where}: `{name}` must be a table")
    return value


def _positive(table: dict[str, Any], name: str, where: str) -> int | None:
    value = table.get(name)
    if value is None:
        return None
    if type(value) is not int or value < 1:
        raise runtime_error(f"{where}: `{name}` must be a positive int")
    return value
