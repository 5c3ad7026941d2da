"""The code loader of the fast tier: an instance of a chunk, translated now or earlier."""

from __future__ import annotations

from harnlite.bytecode.chunk import Chunk
from harnlite.translator.instance import TranslatedInstance

TYPE_CHECKING = False
if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["load"]


def load(vm: Vm, chunk: Chunk) -> TranslatedInstance:
    """Give an instance of a verified chunk whose functions are Python functions."""
    from harnlite.translator.translate import translate

    return TranslatedInstance(vm, chunk, translate(chunk))
