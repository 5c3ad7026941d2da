"""Bytecode: what the compiler writes and both tiers run.

``opcodes.py`` is the one table of instructions; ``chunk.py`` the data of a compiled file. ``verifier.py`` proves that
a chunk keeps the table's promises, before anything runs it. ``serialise.py`` turns chunks into bytes and back,
``cache.py`` keeps those on disk by the digest of what they came from. ``disassembler.py`` shows a chunk to people,
``docs.py`` makes ``docs/opcodes.md``. All but the last two are needed at every start, so they import little.
"""
