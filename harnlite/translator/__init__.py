"""The fast tier: a verified chunk becomes Python functions.

``blocks.py`` reads bytecode into trees (``tree.py``), ``facts.py`` finds out what is known of every expression
(``lattice.py``), ``emit_*.py`` write one Python function per guest function, ``translate.py`` puts them together into a
:class:`~harnlite.translator.translation.Translation`, which ``instance.py`` runs in a VM. What generated code calls is
in ``runtime_support.py``. Functions beyond the limits of Python's compiler run in the interpreter beside it.

The entry is :func:`harnlite.translator.load.load`, the code loader of the tier.
"""

from __future__ import annotations
