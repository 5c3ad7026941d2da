"""A translated chunk in a VM, and the way from its Python frames back to guest positions."""

from __future__ import annotations

from harnlite.bytecode.chunk import Chunk
from harnlite.translator.binding import bind_builtin, bind_deep_builtin, bind_method
from harnlite.translator.runtime_support import FIXED_NAMES, bound_names
from harnlite.translator.translation import (
    BUILTIN,
    CODE,
    CONSTANT,
    DEEP_BUILTIN,
    METHOD,
    STRUCT_TYPE,
    Translation,
)
from harnlite.values.errors import TraceEntry
from harnlite.values.types import Closure, Duration
from harnlite.vm.calls import DEPTH_LIMIT
from harnlite.vm.errors import depth_error
from harnlite.vm.instance import Instance

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType
    from typing import Any

    from harnlite.vm.interpreted import InterpretedInstance
    from harnlite.vm.machine import Vm

__all__ = ["FrameTable", "TranslatedInstance"]


class FrameTable:
    """Finds guest positions for frames of translated code; one per VM, its ``frame_lookup``."""

    def __init__(self) -> None:
        self._instances: dict[str, tuple[Translation, Chunk]] = {}

    def add(self, translation: Translation, chunk: Chunk) -> None:
        """Make a translation's frames known."""
        self._instances[translation.file_name] = (translation, chunk)

    def __call__(self, code: CodeType, line: int) -> TraceEntry | None:
        found = self._instances.get(code.co_filename)
        if found is None:
            return None
        translation, chunk = found
        origin = translation.origins[line - 1]
        if origin < 0 or code.co_name.startswith("<"):
            # A comprehension is part of the function around it.
            return None
        function = chunk.functions[translation.owners[line - 1]]
        start, end = function.spans[origin]
        return TraceEntry(function.name, chunk.source_name, function.lines[origin], start, end)

    def nearest(self, frame: FrameType) -> TraceEntry | None:
        """As a call, for a running frame: where its line comes from no instruction, the line before counts."""
        code = frame.f_code
        if code.co_filename not in self._instances:
            return None
        # Python gives the jump at the end of a loop no line.
        lines = [line for start, _, line in code.co_lines() if start <= frame.f_lasti and line is not None]
        for line in range(frame.f_lineno or lines[-1], code.co_firstlineno - 1, -1):
            entry = self(code, line)
            if entry is not None:
                return entry
        return None


class TranslatedInstance(Instance):
    """A chunk in the fast tier; functions that were not translated run in the interpreter beside it."""

    def __init__(self, vm: Vm, chunk: Chunk, translation: Translation) -> None:
        super().__init__(vm, chunk)
        self.translation = translation
        self._plain: InterpretedInstance | None = None
        lookup = vm.frame_lookup
        if not isinstance(lookup, FrameTable):
            lookup = vm.frame_lookup = FrameTable()
        lookup.add(translation, chunk)
        namespace = FIXED_NAMES | bound_names(self)
        namespace["instance"] = self
        for name, kind, index, text, receiver, count in translation.bindings:
            if kind == BUILTIN:
                namespace[name] = bind_builtin(self, text, count)
            elif kind == DEEP_BUILTIN:
                namespace[name] = bind_deep_builtin(self, text, count)
            elif kind == METHOD:
                namespace[name] = bind_method(self, receiver, text, count)
            elif kind == CONSTANT:
                namespace[name] = _constant(chunk.constants[index])
            elif kind == STRUCT_TYPE:
                namespace[name] = self.struct_type(chunk.constants[index])
            else:
                assert kind == CODE
                namespace[name] = chunk.functions[index]
        for index in translation.declined:
            namespace[f"make_{index}"] = self._interpreted(index)
        exec(translation.code, namespace)
        self._namespace = namespace

    def make_closure(self, index: int, captured: tuple[Any, ...]) -> Closure:
        """A closure of function ``index`` with its captured values."""
        closure: Closure = self._namespace[f"make_{index}"](*captured)
        return closure

    def _interpreted(self, index: int) -> Callable[..., Closure]:
        """What makes closures of a function that was not translated."""

        def make(*captured: Any) -> Closure:
            closure = self._beside().make_closure(index, captured)
            function = closure.function

            def enter(depth: int, *arguments: Any) -> Any:
                # Translated callers leave the limit to the callee.
                if depth > DEPTH_LIMIT:
                    raise depth_error()
                return function(depth, *arguments)

            closure.function = enter
            return closure

        return make

    def _beside(self) -> InterpretedInstance:
        """The same chunk, with the same variables, in the interpreter."""
        if self._plain is None:
            # Most runs never need it, and it is the largest module there is.
            from harnlite.vm.interpreter import load

            self._plain = load(self.vm, self.chunk)
            self._plain.state = self.state
            self._plain.imports = self.imports
        return self._plain


def _constant(value: Any) -> Any:
    """The run-time value of a chunk's constant."""
    return Duration(value[1]) if type(value) is tuple and len(value) == 2 and value[0] == "duration" else value
