"""The front end: source text in, syntax tree out (docs/reference/language.md 1 and 2).

The way of a program through this package:

1. ``lexer.py`` cuts the text into tokens and comments; interpolated strings become several tokens.
2. ``token_filter.py`` settles by look-ahead what LALR(1) cannot see: line ends, commas, the kind of each ``{ ( [ < ?``.
3. ``harn.lark`` is the one definition of the syntax. Lark compiles it, once, into the tables that ship with the
   package (``build_tables.py``, ``tables.py``).
4. ``parser.py`` runs those tables; the ``build_*.py`` modules make the nodes of ``tree.py``.
5. ``checks.py`` judges what the grammar accepts but the language does not.

The entry point is :func:`harnlite.syntax.parser.parse`; ``formatter.py`` goes the way back.
"""

from __future__ import annotations
