"""Generators and streams as handles (docs/reference/language.md 10).

A handle wraps a Python iterator whose ``next`` runs guest code up to the next ``yield``: a suspended frame of the
interpreter, a Python generator made by the translator, or the results of a parallel stream. Nothing runs before the
first pull, nothing runs ahead of the consumer, and a dropped handle runs nothing.
"""

from __future__ import annotations

from harnlite.values.errors import GuestError, runtime_error
from harnlite.values.types import Handle
from harnlite.vm.calls import FRESH_STACK_DEPTH
from harnlite.vm.errors import cross_boundary
from harnlite.vm.trace import harvest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Final

    from harnlite.vm.machine import Vm
    from harnlite.vm.task_state import Deadline

__all__ = ["END", "GeneratorHandle"]


class _End:
    __slots__ = ()


#: What :meth:`GeneratorHandle.pull` gives when there is nothing more.
END: Final = _End()


def _next(_depth: int, source: Iterator[Any]) -> Any:
    # A StopIteration must not leave the greenlet it was raised in.
    return next(source, END)


class GeneratorHandle(Handle):
    """A generator (``kind`` ``generator``) or stream (``stream``).

    :param vm: the VM it runs in.
    :param kind: what ``type_of`` and the display call it.
    :param source: gives the values; consumed.
    """

    __slots__ = ("_deadlines", "_running", "_source", "_vm", "done", "type_name")

    def __init__(self, vm: Vm, kind: str, source: Iterator[Any]) -> None:
        self.type_name = kind
        self._vm = vm
        self._source: Iterator[Any] | None = source
        self._deadlines: list[Deadline] = []
        self._running = False
        self.done = False

    def display(self) -> str:
        """``<generator>`` or ``<generator (done)>``."""
        return f"<{self.type_name} (done)>" if self.done else f"<{self.type_name}>"

    def pull(self) -> Any:
        """The next value, or :data:`END`.

        :raises GuestError: the body failed, which also ends it; or it is being pulled already.
        """
        source = self._source
        if source is None:
            return END
        if self._running:
            raise runtime_error(f"{self.type_name} is already running")
        vm = self._vm
        depth = vm.depth
        # A deadline inside the body counts for the task that pulls, and only while the body runs.
        deadlines = vm.scheduler.current.deadlines
        outside = len(deadlines)
        if self._deadlines:
            deadlines += self._deadlines
        self._running = True
        try:
            if depth - vm.stack_base > FRESH_STACK_DEPTH:
                value = vm.scheduler.on_fresh_stack(_next, depth, (source,))
                if value is END:
                    self._finish()
                    return END
            else:
                value = next(source)
            if self._deadlines or len(deadlines) > outside:
                self._deadlines = deadlines[outside:]
                del deadlines[outside:]
            return value
        except StopIteration:
            self._finish()
            return END
        except GuestError as error:
            self._finish()
            harvest(error, vm.frame_lookup)
            cross_boundary(error)
            raise
        except BaseException:
            self._finish()
            raise
        finally:
            self._running = False
            vm.depth = depth

    def _finish(self) -> None:
        self.done = True
        self._source = None

    def iterate(self) -> Iterator[Any]:
        """What ``for`` pulls from."""
        return iter(self.pull, END)
