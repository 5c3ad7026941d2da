"""What attempts to write expressions have shown, so that none is made twice.

Whether an expression can stand inside a larger one shows when it is written: it may need statements before it, or
rescue, or be no name. It is then taken back and written in another way. Inside one another such attempts would double
from level to level, were they not remembered. Takes and gives tree nodes; must not know texts.
"""

from __future__ import annotations

from harnlite.translator.tree import Expression

__all__ = ["Attempts"]


class Attempts:
    """The outcomes of attempts in one function.

    :ivar overtaking: by the last of some operands, how many of them must be statements because one behind them is.
    :ivar not_atoms: nodes whose text is no name or literal.
    :ivar unsafe: nodes whose text may raise a Python error.
    :ivar statements: nodes that cannot be written without statements before them.
    :ivar apart: nodes whose effects must be computed by statements of their own.
    """

    __slots__ = ("apart", "not_atoms", "overtaking", "statements", "unsafe")

    def __init__(self) -> None:
        self.overtaking: dict[Expression, int] = {}
        self.not_atoms: set[Expression] = set()
        self.unsafe: set[Expression] = set()
        self.statements: set[Expression] = set()
        self.apart: set[Expression] = set()
