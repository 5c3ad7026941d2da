"""What interpreted code is to the rest of the VM: instances, closures, suspended generators.

None of them knows the loop that runs them (``interpreter.py``); an instance is given it.
"""

from __future__ import annotations

from harnlite.bytecode.chunk import Chunk
from harnlite.values.types import Closure, Duration
from harnlite.vm.calls import DEPTH_LIMIT, bind_arguments
from harnlite.vm.decode import decode
from harnlite.vm.decoded import DecodedFunction
from harnlite.vm.errors import depth_error
from harnlite.vm.generators import GeneratorHandle
from harnlite.vm.instance import Instance

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from harnlite.vm.handlers import HandlerEntry

__all__ = ["InterpretedFunction", "InterpretedInstance", "Suspension", "make_closure"]


class InterpretedFunction:
    """What ``Closure.function`` is in this tier: called from outside, it starts a nested loop."""

    __slots__ = ("captured", "decoded")

    def __init__(self, decoded: DecodedFunction, captured: tuple[Any, ...]) -> None:
        self.decoded = decoded
        self.captured = captured

    def __call__(self, depth: int, *arguments: Any) -> Any:
        decoded = self.decoded
        if decoded.arity >= 0:
            slots = [*arguments, *decoded.padding]
        else:
            slots = bind_arguments(decoded.code, arguments)
            slots += decoded.padding
        return decoded.instance.run(decoded, self.captured, slots, depth)


class InterpretedGeneratorFunction:
    """What ``Closure.function`` is for a function that yields: it gives a handle and runs nothing yet."""

    __slots__ = ("captured", "decoded")

    def __init__(self, decoded: DecodedFunction, captured: tuple[Any, ...]) -> None:
        self.decoded = decoded
        self.captured = captured

    def __call__(self, depth: int, *arguments: Any) -> GeneratorHandle:  # noqa: ARG002 - the puller's depth counts
        decoded = self.decoded
        slots = bind_arguments(decoded.code, arguments)
        slots += decoded.padding
        return GeneratorHandle(decoded.instance.vm, decoded.code.generator, Suspension(decoded, self.captured, slots))


class Suspension:
    """A generator's frame between two pulls; an iterator whose ``next`` runs it up to its next ``yield``.

    Dropping it runs no guest code; a mutex it holds is released because its permit is dropped with it.
    """

    __slots__ = ("captured", "decoded", "handlers", "pc", "slots", "stack", "yielded")

    def __init__(self, decoded: DecodedFunction, captured: tuple[Any, ...], slots: list[Any]) -> None:
        self.decoded = decoded
        self.captured = captured
        self.slots = slots
        self.pc = 0
        self.stack: list[Any] = []
        self.handlers: list[HandlerEntry] = []
        self.yielded = False

    def __iter__(self) -> Suspension:
        return self

    def __next__(self) -> Any:
        self.yielded = False
        vm = self.decoded.instance.vm
        depth = vm.depth + 1
        if depth > DEPTH_LIMIT:
            raise depth_error()
        value = self.decoded.instance.run(self.decoded, self.captured, self.slots, depth, self)
        if not self.yielded:
            raise StopIteration
        return value


class InterpretedInstance(Instance):
    """A chunk in this tier.

    :param run: the loop that runs its functions, see ``interpreter.run``.
    """

    def __init__(self, vm: Any, chunk: Chunk, run: Callable[..., Any]) -> None:
        super().__init__(vm, chunk)
        self.run = run
        #: Whether some instrument wants to see calls, or every instruction; functions are then decoded with reports.
        self.reports_calls = any(instrument.wants_calls for instrument in vm.instruments)
        self.reports_instructions = any(instrument.wants_instructions for instrument in vm.instruments)
        #: The chunk's constants as run-time values.
        self.constants = tuple(_constant(value) for value in chunk.constants)
        self._decoded: list[DecodedFunction | None] = [None] * len(chunk.functions)

    def function(self, index: int) -> DecodedFunction:
        """The decoded function of that number, decoded when first asked for."""
        found = self._decoded[index]
        if found is None:
            found = self._decoded[index] = decode(self, self.chunk.functions[index])
        return found

    def make_closure(self, index: int, captured: tuple[Any, ...]) -> Closure:
        """A closure of function ``index`` with its captured values."""
        return make_closure(self.function(index), captured)


def _constant(value: Any) -> Any:
    return Duration(value[1]) if type(value) is tuple and len(value) == 2 and value[0] == "duration" else value


def make_closure(decoded: DecodedFunction, captured: tuple[Any, ...]) -> Closure:
    """A closure of a decoded function."""
    code = decoded.code
    kind = InterpretedGeneratorFunction if code.generator else InterpretedFunction
    return Closure(code, captured, decoded.instance, kind(decoded, captured), decoded.arity)
