"""The virtual machine: runs verified chunks.

``machine.py`` holds :class:`Vm`, what builtins and services get as their first argument. ``decode.py`` turns
structured bytecode into jumps, ``interpreter.py`` runs it with an explicit frame stack; the translator
provides a faster tier with the same calling convention (``calls.py``, ``instance.py``). ``scheduler.py`` runs
guest tasks, one at a time, as greenlets in first-in first-out order; ``bridge.py``, the only file that imports
trio, takes over as soon as a guest waits for the host. ``errors.py`` and ``trace.py`` say what an error looks
like to a ``catch`` and at the top level; ``finisher.py`` is the seam to the pipeline-finish lifecycle.
"""

from __future__ import annotations
