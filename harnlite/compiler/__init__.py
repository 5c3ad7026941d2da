"""The compiler: syntax tree in, bytecode out (docs/reference/language.md 3, 4, 6, 9).

``program.py`` decides what of a file runs and in which order. ``scopes.py`` says what a name means where it stands;
``names.py`` reads, calls and assigns names. ``expressions.py``, ``statements.py``, ``control.py``, ``patterns.py``,
``functions.py`` and ``declarations.py`` each emit one kind of construct, through ``emitter.py``, which drops what
cannot be reached. ``interfaces.py`` is all that one file knows of another. ``checker/`` judges types and runs before.

The entry point is :func:`compile_program`.
"""

from __future__ import annotations

from harnlite.compiler.interfaces import Environment, FunctionSignature, ModuleInterface, interface_of
from harnlite.compiler.program import compile_program

__all__ = ["Environment", "FunctionSignature", "ModuleInterface", "compile_program", "interface_of"]
