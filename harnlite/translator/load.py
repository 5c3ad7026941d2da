"""The code loader of the fast tier: an instance of a chunk, translated now or earlier."""

from __future__ import annotations

from harnlite.bytecode.chunk import Chunk
from harnlite.translator.code_cache import recall, remember
from harnlite.translator.instance import TranslatedInstance

TYPE_CHECKING = False
if TYPE_CHECKING:
    from harnlite.translator.translation import Translation
    from harnlite.vm.instance import Instance
    from harnlite.vm.machine import Vm

__all__ = ["load"]


def load(vm: Vm, chunk: Chunk) -> Instance:
    """Give an instance of a verified chunk whose functions are Python functions.

    Where the VM's builtins are not what translations count on, because an embedder has replaced some, the chunk
    runs in the interpreter.
    """
    translation: Translation = chunk.translation or _translation(chunk)
    if not _holds(vm, translation):
        from harnlite.vm.interpreter import load as interpret

        return interpret(vm, chunk)
    return TranslatedInstance(vm, chunk, translation)


def _translation(chunk: Chunk) -> Translation:
    translation = recall(chunk)
    if translation is None:
        from harnlite.translator.translate import translate

        translation = translate(chunk)
        remember(chunk, translation)
    chunk.translation = translation
    return translation


def _holds(vm: Vm, translation: Translation) -> bool:
    """Whether the builtins that a translation knows are the library's own, and others do not exist."""
    replaced = set(vm.registry.fingerprint.split())
    absent = [name[1:] for name in translation.assumed if name.startswith("!")]
    if absent and not vm.registry.names.isdisjoint(absent):
        return False
    return not replaced or replaced.isdisjoint(translation.assumed)
