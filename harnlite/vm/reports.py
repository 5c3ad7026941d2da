"""Operations that tell instruments where an interpreted frame is; decoded only for those who want to know."""

from __future__ import annotations

from harnlite.vm.instruments import Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from harnlite.bytecode.chunk import FunctionCode
    from harnlite.vm.instance import Instance

    _Stack = list[Any]
    _Captured = tuple[Any, ...]

__all__ = ["report_call", "report_instruction", "report_return"]


def report_instruction(
    instance: Instance, _stack: _Stack, slots: _Stack, _captured: _Captured, code: FunctionCode, index: int
) -> None:
    """An instruction is about to run."""
    vm = instance.vm
    step = Step(code, index, vm.depth, slots)
    for instrument in vm.instruments:
        if instrument.wants_instructions:
            instrument.instruction(step)


def report_call(
    instance: Instance, _stack: _Stack, slots: _Stack, _captured: _Captured, code: FunctionCode, index: int
) -> None:
    """A function begins."""
    vm = instance.vm
    step = Step(code, index, vm.depth, slots)
    for instrument in vm.instruments:
        if instrument.wants_calls:
            instrument.called(step)


def report_return(
    instance: Instance,
    stack: _Stack,
    slots: _Stack,
    _captured: _Captured,
    code: FunctionCode,
    where: tuple[int, int],
) -> None:
    """A function is about to give the value that has ``where[1]`` values above it."""
    index, above = where
    vm = instance.vm
    step = Step(code, index, vm.depth, slots)
    for instrument in vm.instruments:
        if instrument.wants_calls:
            instrument.returned(step, stack[-1 - above])
