"""Modules: finding imported files, their interfaces for the compiler, their chunks for the VM.

A module's identity (``resolved``) is ``std/name`` for the modules shipped with harnlite, else the absolute path of
its file (docs/reference/language.md 9). One :class:`ModuleLoader` serves one run; it reads each file once.
"""

from __future__ import annotations

import os

from harnlite.bytecode.cache import BytecodeCache, CachedImport
from harnlite.digests import text_digest
from harnlite.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from harnlite.builtins.registry import Registry
    from harnlite.bytecode.chunk import Chunk
    from harnlite.compiler.interfaces import Environment, ModuleInterface
    from harnlite.diagnostics import Diagnostic
    from harnlite.syntax.tree import Program

__all__ = ["STDLIB_DIRECTORY", "ImportFailure", "ModuleLoader"]

STDLIB_DIRECTORY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "stdlib")
#: Globals that each run adds to those of the registry.
_RUN_GLOBALS = frozenset({"argv", "harness", "skills"})
_SUFFIX = ".harn"
_PACKAGES = os.path.join(".harn", "packages")


class ImportFailure(Exception):  # noqa: N818 - the language's word is "import error", which is another thing
    """An imported module cannot be had; the text is what the user sees."""


class ModuleLoader:
    """Finds, reads, parses and compiles the modules of one run.

    :param registry: the builtins that modules may call.
    :param cache: where compiled chunks are kept, or None.
    """

    def __init__(self, registry: Registry, cache: BytecodeCache | None = None) -> None:
        self.registry = registry
        self.cache = cache
        #: Warnings found while compiling, by every file compiled in this run.
        self.warnings: list[Diagnostic] = []
        self._sources: dict[str, Source] = {}
        self._programs: dict[str, Program] = {}
        self._interfaces: dict[str, ModuleInterface] = {}
        self._loading: set[str] = set()
        self._chunks: dict[str, Chunk] = {}

    # --- finding ---------------------------------------------------------------------------------

    def resolve(self, path: str, importer: str) -> str:
        """Give the identity of the module that ``importer`` means by ``path``.

        :param path: as written in the import.
        :param importer: identity of the importing file; ``""`` for code without a file.
        :raises ImportFailure: there is no such module.
        """
        if path.startswith("std/"):
            if self._stdlib_file(path) is None:
                raise ImportFailure(f"Unknown stdlib module: {path}")
            return path
        folder, shown_folder = self._folder(importer)
        name = path if path.endswith(_SUFFIX) else path + _SUFFIX
        direct = os.path.normpath(os.path.join(folder, name))
        if os.path.isfile(direct):
            if direct not in self._sources:
                self._sources[direct] = self._read(direct, _shown(direct))
            return direct
        package = self._in_packages(path, folder)
        if package is not None:
            return package
        raise ImportFailure(f"Import error: cannot read '{shown_folder}/{name}': {_reason(direct)}")

    def _folder(self, importer: str) -> tuple[str, str]:
        """Give the directory an import starts from, and how messages write it."""
        if importer.startswith("std/"):
            return STDLIB_DIRECTORY, "<stdlib>"
        if not importer:
            return os.getcwd(), "."
        shown = os.path.dirname(self._sources[importer].name) if importer in self._sources else ""
        return os.path.dirname(importer), shown or "."

    def _stdlib_file(self, path: str) -> str | None:
        file = os.path.join(STDLIB_DIRECTORY, *path.removeprefix("std/").split("/")) + _SUFFIX
        inside = os.path.normpath(file).startswith(STDLIB_DIRECTORY + os.sep)
        return file if inside and os.path.isfile(file) else None

    def _in_packages(self, path: str, folder: str) -> str | None:
        """Look in ``.harn/packages`` from the importer's directory up to the nearest project root."""
        while True:
            base = os.path.join(folder, _PACKAGES, *path.split("/"))
            for candidate in (base + _SUFFIX, os.path.join(base, "lib.harn")):
                if os.path.isfile(candidate):
                    return os.path.normpath(candidate)
            parent = os.path.dirname(folder)
            if parent == folder or os.path.exists(os.path.join(folder, "harn.toml")):
                return None
            folder = parent

    # --- reading ---------------------------------------------------------------------------------

    def add_source(self, resolved: str, source: Source) -> None:
        """Make the text of an already read file known under its identity."""
        self._sources[resolved] = source

    def source(self, resolved: str) -> Source:
        """Give a module's text.

        :raises ImportFailure: it cannot be read or is not UTF-8.
        """
        found = self._sources.get(resolved)
        if found is None:
            if resolved.startswith("std/"):
                file = self._stdlib_file(resolved)
                if file is None:
                    raise ImportFailure(f"Unknown stdlib module: {resolved}")
                found = self._read(file, f"<stdlib>/{resolved.removeprefix('std/')}{_SUFFIX}")
            else:
                found = self._read(resolved, _shown(resolved))
            self._sources[resolved] = found
        return found

    def share_sources(self, other: ModuleLoader) -> None:
        """Know the texts that another loader has read."""
        self._sources.update(other._sources)

    def source_named(self, name: str) -> Source | None:
        """Give the text that diagnostics call by this name, if this run has read it."""
        for source in self._sources.values():
            if source.name == name:
                return source
        return None

    def _read(self, file: str, shown: str) -> Source:
        try:
            with open(file, "rb") as stream:
                return Source(shown, stream.read().decode("utf-8"))
        except OSError as error:
            raise ImportFailure(f"Import error: cannot read '{shown}': {error.strerror or error}") from None
        except UnicodeDecodeError:
            raise ImportFailure(f"Import error: cannot read '{shown}': stream did not contain valid UTF-8") from None

    def digest(self, resolved: str) -> str | None:
        """Give the digest of a module's text, or None when it cannot be read."""
        try:
            text = self.source(resolved).text
        except ImportFailure:
            return None
        return text_digest(text)

    # --- compiling -------------------------------------------------------------------------------

    def interface(self, resolved: str) -> ModuleInterface:
        """Give what importers may know of a module; one that is just being read (a cycle) shows its own names only.

        :raises ImportFailure: it cannot be read.
        :raises harnlite.diagnostics.ProgramError: it does not parse.
        """
        from harnlite.compiler.interfaces import interface_of

        found = self._interfaces.get(resolved)
        if found is not None:
            return found
        program = self.program(resolved)
        if resolved in self._loading:
            return interface_of(program, resolved, {})
        self._loading.add(resolved)
        try:
            found = interface_of(program, resolved, self.imports_of(program, resolved, public_only=True))
        finally:
            self._loading.discard(resolved)
        self._interfaces[resolved] = found
        return found

    def program(self, resolved: str) -> Program:
        """Give a module's syntax tree, parsed once."""
        from harnlite.syntax.parser import parse

        found = self._programs.get(resolved)
        if found is None:
            found = self._programs[resolved] = parse(self.source(resolved))
        return found

    def imports_of(
        self, program: Program, importer: str, *, public_only: bool = False
    ) -> dict[str, ModuleInterface | str]:
        """Give the interfaces of a program's imports by path as written, or why one cannot be had."""
        from harnlite.syntax import tree

        found: dict[str, ModuleInterface | str] = {}
        for node in program.statements:
            if isinstance(node, tree.Import) and (node.public or not public_only):
                try:
                    found[node.path] = self.interface(self.resolve(node.path, importer))
                except ImportFailure as failure:
                    found[node.path] = str(failure)
        return found

    def environment(self, program: Program, importer: str) -> Environment:
        """Give what exists around a file: builtins, globals, imports."""
        from harnlite.compiler.interfaces import Environment

        names = frozenset(self.registry.globals) | _RUN_GLOBALS
        return Environment(self.registry.names, names, self.imports_of(program, importer))

    def chunk(self, resolved: str) -> Chunk:
        """Give a module's chunk, from the cache or compiled now.

        :raises ImportFailure: it cannot be read.
        :raises harnlite.diagnostics.ProgramError: it is refused.
        """
        found = self._chunks.get(resolved)
        if found is None:
            source = self.source(resolved)
            found = self.cached(source, resolved, "module")
            if found is None:
                found = self.compile(self.program(resolved), source, resolved, kind="module")
            self._chunks[resolved] = found
        return found

    def cached(self, source: Source, importer: str, kind: str) -> Chunk | None:
        """Give the cached chunk of a text, when it and everything it imports are unchanged."""
        if self.cache is None:
            return None

        def digest(path: str, resolved: str) -> str | None:
            if path and self._resolves_elsewhere(path, importer, resolved):
                return None
            return self.digest(resolved)

        return self.cache.find(source.text, self._place(source, importer, kind), digest)

    def _resolves_elsewhere(self, path: str, importer: str, resolved: str) -> bool:
        try:
            return self.resolve(path, importer) != resolved
        except ImportFailure:
            return True

    def _place(self, source: Source, importer: str, kind: str) -> str:
        """Give what a chunk depends on beside its text: where it stands, what it is called, what it may call."""
        return "\0".join((kind, importer, source.name, self.registry.fingerprint))

    def compile(self, program: Program, source: Source, resolved: str, *, kind: Literal["entry", "module"]) -> Chunk:
        """Compile a parsed file and remember the chunk in the cache."""
        from harnlite.compiler.program import compile_program

        environment = self.environment(program, resolved)
        chunk = compile_program(program, source, environment, kind=kind, module=resolved if kind == "module" else "")
        self.remember(chunk, source, resolved)
        return chunk

    def remember(self, chunk: Chunk, source: Source, importer: str) -> None:
        """Keep a chunk in the cache, with the digests of all that its meaning depends on."""
        if self.cache is None:
            return
        imports = []
        for path, resolved in self._reachable(chunk):
            digest = self.digest(resolved)
            if digest is None:
                return
            imports.append(CachedImport(path, resolved, digest))
        self.cache.store(source.text, self._place(source, importer, chunk.kind), imports, chunk)

    def _reachable(self, chunk: Chunk) -> list[tuple[str, str]]:
        """Give every module that a chunk imports: path and identity of the direct ones, "" and identity of those
        behind them, for a re-export may change what a name means."""
        found = {reference.resolved: reference.path for reference in chunk.imports}
        pending = list(found)
        while pending:
            importer = pending.pop()
            for path in self._import_paths(importer):
                try:
                    resolved = self.resolve(path, importer)
                except ImportFailure:
                    continue
                if resolved not in found:
                    found[resolved] = ""
                    pending.append(resolved)
        return [(path, resolved) for resolved, path in found.items()]

    def _import_paths(self, resolved: str) -> list[str]:
        from harnlite.syntax import tree

        program = self._programs.get(resolved)
        return [n.path for n in program.statements if isinstance(n, tree.Import)] if program else []


def _shown(file: str) -> str:
    """Give what messages call a module's file: its path from the working directory when it lies below that."""
    start = os.path.join(os.getcwd(), "")
    return file.removeprefix(start)


def _reason(file: str) -> str:
    if os.path.isdir(file):
        return "Is a directory (os error 21)"
    return "No such file or directory (os error 2)"
