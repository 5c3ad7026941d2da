"""The imported modules of one VM: each is run once, when it is first imported."""

from __future__ import annotations

from harnlite.values.errors import runtime_error
from harnlite.values.types import MISSING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from harnlite.bytecode.chunk import Chunk
    from harnlite.vm.instance import Instance
    from harnlite.vm.machine import Vm

__all__ = ["Imports"]


class Imports:
    """Loads chunks with what they import.

    :param vm: the VM; its ``module_loader`` gives the chunks of modules, its ``code_loader`` their instances.
    """

    def __init__(self, vm: Vm) -> None:
        self._vm = vm
        self._modules: dict[str, Instance] = {}

    def load(self, chunk: Chunk) -> Instance:
        """An instance of a verified chunk, its imports loaded and run."""
        instance = self._vm.code_loader(self._vm, chunk)
        self._bind(instance)
        return instance

    def _bind(self, instance: Instance) -> None:
        for reference in instance.chunk.imports:
            instance.imports.append(self._import(reference.resolved))

    def _import(self, resolved: str) -> Instance:
        """The instance of a module; in a cycle it is not complete yet."""
        found = self._modules.get(resolved)
        if found is not None:
            return found
        vm = self._vm
        if vm.module_loader is None:
            raise runtime_error(f"Import error: no module loader for {resolved}")
        instance = self._modules[resolved] = vm.code_loader(vm, vm.module_loader(resolved))
        self._bind(instance)
        instance.make_closure(0, ()).function(0)
        return instance

    def function(self, resolved: str, name: str) -> Any:
        """What a module exports under a name, MISSING when there is no such thing; it is loaded if need be."""
        module = self._import(resolved)
        slot = module.chunk.exports.get(name)
        return MISSING if slot is None else module.state[slot]
