"""Diagnostics: what is wrong with a program, as data, and how it is shown.

``codes.py`` is the one table of codes, ``examples.py`` shows them; ``diagnostic.py`` is the data; ``render.py`` turns
it into text, colour or JSON; ``suggest.py`` finds near names. Nothing else here knows the language: passes hand in
spans and words.
"""

from __future__ import annotations

from harnlite.diagnostics.codes import CODES, Code
from harnlite.diagnostics.diagnostic import Diagnostic, Note, ProgramError, Severity

__all__ = ["CODES", "Code", "Diagnostic", "Note", "ProgramError", "Severity"]
