"""A chunk that belongs to a VM: its module variables, its imports, its functions in one tier."""

from __future__ import annotations

from harnlite.bytecode.chunk import Chunk, StructReference
from harnlite.values.errors import GuestError
from harnlite.values.types import MISSING, Closure, LateCell, StructType
from harnlite.vm.errors import undefined_function, undefined_variable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from harnlite.vm.machine import Vm

__all__ = ["Instance"]


class Instance:
    """What both tiers keep of a loaded chunk; each tier subclasses it with its :meth:`make_closure`.

    :param vm: the VM it runs in.
    :param chunk: the verified chunk.
    """

    def __init__(self, vm: Vm, chunk: Chunk) -> None:
        self.vm = vm
        self.chunk = chunk
        #: The variables of a module, one per name of ``chunk.module_names``.
        self.state: list[Any] = [MISSING] * len(chunk.module_names)
        #: The imported modules in the order of ``chunk.imports``.
        self.imports: list[Instance] = []

    def make_closure(self, index: int, captured: tuple[Any, ...]) -> Closure:
        """A closure of function ``index`` with its captured values."""
        raise NotImplementedError

    def struct_type(self, reference: tuple[str, str, tuple[str, ...]]) -> StructType:
        """The struct type that a constant ``(module, name, fields)`` names."""
        return self.vm.struct_type(StructReference(*reference))

    def load_module(self, index: int, is_call: bool) -> Any:
        """The value of a module variable; an error while it is unbound."""
        value = self.state[index]
        if value is MISSING:
            raise self.undefined(self.chunk.module_names[index], is_call)
        return value

    def load_import(self, index: int, name: str) -> Any:
        """An exported function of an imported module; an error as long as an import cycle keeps it from being there."""
        if index < len(self.imports):
            module = self.imports[index]
            slot = module.chunk.exports.get(name)
            if slot is not None:
                value = module.state[slot]
                if value is not MISSING:
                    return value
        raise self.undefined(name, True)

    def undefined(self, name: str, is_call: bool) -> GuestError:
        """The error for a name that means nothing."""
        suggestion = self.chunk.suggestions.get(name)
        return undefined_function(name, suggestion) if is_call else undefined_variable(name, suggestion)

    def load_dynamic(self, name: str, is_call: bool) -> Any:
        """A closure of that name in a caller that publishes it, else the builtin (language.md 6.3)."""
        vm = self.vm
        for published, variables in reversed(vm.late_frames):
            for slot in published.get(name, ()):
                value = variables[slot]
                if type(value) is LateCell:
                    value = value.value
                if type(value) is Closure:
                    return value
        builtin = vm.find_builtin(name)
        if builtin is None:
            raise self.undefined(name, is_call)
        return builtin
