"""The code loader of the fast tier: an instance of a chunk, translated now or earlier."""

from __future__ import annotations

from harnlite.bytecode.chunk import Chunk
from harnlite.translator.code_cache import recall, remember
from harnlite.translator.instance import TranslatedInstance

TYPE_CHECKING = False
if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["load"]


def load(vm: Vm, chunk: Chunk) -> TranslatedInstance:
    """Give an instance of a verified chunk whose functions are Python functions."""
    translation = recall(chunk)
    if translation is None:
        from harnlite.translator.translate import translate

        translation = translate(chunk)
        remember(chunk, translation)
    return TranslatedInstance(vm, chunk, translation)
