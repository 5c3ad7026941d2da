"""What the tests of the library areas share: a VM with a simulated world, in which builtins are called directly."""

from __future__ import annotations

from typing import Any

from harnlite.builtins.registry import Registry
from harnlite.policy import Policy
from harnlite.testing import SimulatedHost
from harnlite.values.display import display
from harnlite.values.errors import GuestError
from harnlite.vm.errors import caught_value
from harnlite.vm.machine import Vm


class Library:
    """Calls builtins as the VM does.

    :param directory: the working directory; files may be touched there and nowhere else, programs are not started.
    """

    def __init__(self, directory: str | None = None, **host: Any) -> None:
        self.host = SimulatedHost(**host)
        self.host.working_directory = directory
        self.host.policy = Policy.nothing() if directory is None else Policy([directory], [directory])
        self.vm = Vm(self.host, Registry(), source_directory=directory)

    def run(self, name: str, *arguments: Any) -> Any:
        """Call a builtin: checked when strict, surplus arguments dropped when loose."""
        builtin = self.vm.registry.builtin(name)
        given: tuple[Any, ...] = arguments
        if builtin.check is not None:
            builtin.check(list(arguments))
        elif builtin.maximum >= 0:
            given = arguments[: builtin.maximum]
        return builtin.function(self.vm, *given)

    def show(self, name: str, *arguments: Any) -> str:
        """Call a builtin; the display text of its value, or of what ``catch`` gets after ``!! ``."""
        try:
            return display(self.run(name, *arguments))
        except GuestError as error:
            return f"!! {display(caught_value(error))}"
