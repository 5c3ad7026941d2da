"""The library: builtins and methods, one file per area.

A builtin is a Python function ``f(vm, *arguments)`` marked by ``registry.builtin``, a method of a core type one marked
by ``registry.method`` (``methods/``). Their signature texts (``signatures.py``) serve the checks of calls, the static
checker and the documentation. ``generate.py`` collects all marks, also those of the runtime and lifecycle services,
into the table ``index.py``; a ``registry.Registry`` reads that table and imports an area when it is first used.
"""
