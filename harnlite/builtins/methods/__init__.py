"""Methods of the core types, one file per receiver type (docs/reference/language.md 12, builtins.md 8.1 to 11).

A method is a function ``f(vm, receiver, *arguments)``; it never changes its receiver, and calls guest functions only
through ``vm.caller``, from Python loops (never from a C function that recurses, such as ``sorted`` with a key).
``registry.Registry.methods`` finds them.
"""
