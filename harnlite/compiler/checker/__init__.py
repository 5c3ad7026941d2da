"""The gradual checker: what can be known of a program's types before it runs (docs/reference/language.md 8).

It takes the syntax tree, the interfaces of imported modules and the builtins' signatures, and gives diagnostics.
Whatever is not known statically is accepted. ``types.py`` is the algebra of types, ``declarations.py`` collects
what a file declares, ``annotations.py`` reads written types, ``expressions.py``, ``calls.py``, ``operators.py`` and
``statements.py`` walk the tree, ``narrowing.py`` follows conditions, ``matching.py`` tests ``match`` for gaps,
``generics.py`` type parameters, ``constants.py`` folds ``const``, ``access.py`` follows members and indices. The entry
point is :func:`check_program`.
"""

from __future__ import annotations

from harnlite.compiler.checker.program import check_program

__all__ = ["check_program"]
