"""The names that a translated module finds in its namespace: what is bound per VM.

Generated text must not depend on the VM it will run in, so constants that Python has no literal for, builtins, methods
and struct types are names; a list of :class:`Binding` says what each stands for. It is plain data, so it can be cached.
"""

from __future__ import annotations

from harnlite.bytecode.chunk import Chunk
from harnlite.translator.translation import BUILTIN, CODE, CONSTANT, DEEP_BUILTIN, METHOD, STRUCT_TYPE, Binding
from harnlite.translator.writer import Atom

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


__all__ = ["ModuleNames"]


class ModuleNames:
    """Collects the bindings of a chunk's module."""

    def __init__(self, chunk: Chunk) -> None:
        self._chunk = chunk
        self.bindings: dict[str, Binding] = {}
        #: Names that no builtin has: late names of which facts know the function.
        self.absent: set[str] = set()
        self._constants = {value: index for index, value in enumerate(chunk.constants) if type(value) is tuple}

    def _bind(self, binding: Binding) -> Atom:
        self.bindings[binding.name] = binding
        return Atom(binding.name)

    def constant(self, value: Any) -> Atom:
        """A constant of the chunk that is a tuple."""
        return self.constant_at(self._constants[value])

    def constant_at(self, index: int) -> Atom:
        """The chunk's constant of that number."""
        return self._bind(Binding(f"k{index}", CONSTANT, index))

    def struct_type(self, index: int) -> Atom:
        """The struct type that a constant of the chunk names."""
        return self._bind(Binding(f"S{index}", STRUCT_TYPE, index))

    def code(self, index: int) -> Atom:
        """A function's bytecode."""
        return self._bind(Binding(f"code{index}", CODE, index))

    def builtin(self, name: int, count: int) -> Atom:
        """``b(vm, *arguments)``: a builtin, by its number among the chunk's names, with so many arguments."""
        return self._bind(Binding(f"b{name}_{count}", BUILTIN, text=self._chunk.names[name], arguments=count))

    def deep_builtin(self, name: int, count: int) -> Atom:
        """``b(depth, *arguments)``: a builtin that may call guest code."""
        return self._bind(Binding(f"e{name}_{count}", DEEP_BUILTIN, text=self._chunk.names[name], arguments=count))

    def method(self, receiver: str, name: int, count: int) -> Atom:
        """``m(vm, receiver, *arguments)``: a method of a core type."""
        text = self._chunk.names[name]
        return self._bind(Binding(f"m{name}_{receiver}_{count}", METHOD, text=text, receiver=receiver, arguments=count))
