"""The form in which the translator sees a guest function: expression trees inside structured statements.

``blocks.py`` makes it from bytecode, ``facts.py`` writes down what it finds out (``fact``, ``owned``), the emitting
modules read it. ``at`` is always the index of the instruction that a node comes from. Nodes hold data only.
"""

from __future__ import annotations

from typing import Any

from harnlite.bytecode.opcodes import Op
from harnlite.translator.lattice import NOTHING, Fact

__all__ = [
    "Assign",
    "Block",
    "BranchUnless",
    "Branching",
    "CheckParameter",
    "Cleanup",
    "Coalesce",
    "Conditional",
    "Constant",
    "Evaluate",
    "Expression",
    "ForLoop",
    "Handler",
    "Jump",
    "Leave",
    "Local",
    "Loop",
    "Operation",
    "Scoped",
    "SelectCase",
    "Statement",
    "Update",
    "parts_of",
]


class Expression:
    """Anything that gives one value; ``fact`` is what is known of it."""

    __slots__ = ("at", "depth", "fact")

    def __init__(self, at: int, depth: int) -> None:
        self.at = at
        self.depth = depth
        self.fact: Fact = NOTHING


class Constant(Expression):
    """nil, a bool, int, float, string, or a duration as ``("duration", ms)``."""

    __slots__ = ("value",)

    def __init__(self, at: int, value: Any) -> None:
        super().__init__(at, 0)
        self.value = value


class Local(Expression):
    """The value of a slot; slots behind those of the function are the translator's own.

    :ivar shared: whether somebody else holds the value afterwards.
    """

    __slots__ = ("shared", "slot")

    def __init__(self, at: int, slot: int) -> None:
        super().__init__(at, 0)
        self.slot = slot
        self.shared = False


class Operation(Expression):
    """An instruction that takes operands and gives a value; ``a`` and ``b`` as in the instruction."""

    __slots__ = ("a", "b", "op", "operands")

    def __init__(self, at: int, op: Op, a: int, b: int, operands: list[Expression]) -> None:
        super().__init__(at, 1 + max((operand.depth for operand in operands), default=0))
        self.op = op
        self.a = a
        self.b = b
        self.operands = operands


class Conditional(Expression):
    """``IF`` with a result whose parts are plain expressions."""

    __slots__ = ("condition", "otherwise", "then")

    def __init__(self, at: int, condition: Expression, then: Expression, otherwise: Expression) -> None:
        super().__init__(at, 1 + max(condition.depth, then.depth, otherwise.depth))
        self.condition = condition
        self.then = then
        self.otherwise = otherwise


class Coalesce(Expression):
    """``IF_NIL`` whose part is a plain expression."""

    __slots__ = ("otherwise", "value")

    def __init__(self, at: int, value: Expression, otherwise: Expression) -> None:
        super().__init__(at, 1 + max(value.depth, otherwise.depth))
        self.value = value
        self.otherwise = otherwise


class Statement:
    """Anything that is run for its effect."""

    __slots__ = ("at",)

    def __init__(self, at: int) -> None:
        self.at = at


Block = list[Statement]


class Assign(Statement):
    """Sets a slot; ``owned`` says whether the slot then surely is the only holder of its value."""

    __slots__ = ("owned", "slot", "value")

    def __init__(self, at: int, slot: int, value: Expression) -> None:
        super().__init__(at)
        self.slot = slot
        self.value = value
        self.owned = False


class Evaluate(Statement):
    """Evaluates an expression and drops its value; also for operations that give none (cells, module state)."""

    __slots__ = ("value",)

    def __init__(self, at: int, value: Expression) -> None:
        super().__init__(at)
        self.value = value


class Update(Statement):
    """``ADD_LOCAL`` and its kin: changes the value of a slot, in place when the slot alone holds it.

    :ivar owned: whether the slot surely is the only holder before the update.
    :ivar before, after: what is known of the slot's value.
    """

    __slots__ = ("after", "before", "in_loop", "op", "operand", "operands", "owned", "slot")

    def __init__(self, at: int, op: Op, slot: int, operand: int, operands: list[Expression], in_loop: bool) -> None:
        super().__init__(at)
        self.op = op
        self.slot = slot
        self.operand = operand
        self.operands = operands
        self.in_loop = in_loop
        self.owned = False
        self.before: Fact = NOTHING
        self.after: Fact = NOTHING


class CheckParameter(Statement):
    """Checks a parameter's type; ``fact`` is what is known of it before."""

    __slots__ = ("check", "fact", "slot")

    def __init__(self, at: int, slot: int, check: int) -> None:
        super().__init__(at)
        self.slot = slot
        self.check = check
        self.fact: Fact = NOTHING


class Branching(Statement):
    """``IF``: the first part whose condition holds, else ``otherwise``.

    An ``IF`` that is all there is in an ``ELSE`` becomes one more arm, so chains of them stay flat.
    """

    __slots__ = ("arms", "otherwise")

    def __init__(self, at: int, condition: Expression, then: Block, otherwise: Block) -> None:
        super().__init__(at)
        self.arms: list[tuple[Expression, Block]] = [(condition, then)]
        self.otherwise = otherwise


class Loop(Statement):
    """``LOOP``; ``end`` is its ``END``, where it polls. ``targets`` says whether a ``CONTINUE`` names it."""

    __slots__ = ("body", "continued", "end", "head")

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.body: Block = []
        self.end = at
        self.continued = False
        #: What the facts analysis keeps of the loop between visits.
        self.head: Any = None


class ForLoop(Loop):
    """``FOR``: ``slot`` gets each item."""

    __slots__ = ("iterable", "slot")

    def __init__(self, at: int, slot: int, iterable: Expression) -> None:
        super().__init__(at)
        self.slot = slot
        self.iterable = iterable


class Jump(Statement):
    """``BREAK`` or ``CONTINUE`` of the loop that is ``levels`` loops further out."""

    __slots__ = ("is_break", "levels")

    def __init__(self, at: int, is_break: bool, levels: int) -> None:
        super().__init__(at)
        self.is_break = is_break
        self.levels = levels


class BranchUnless(Statement):
    """``BREAK_UNLESS``."""

    __slots__ = ("condition", "levels")

    def __init__(self, at: int, levels: int, condition: Expression) -> None:
        super().__init__(at)
        self.levels = levels
        self.condition = condition


class Handler(Statement):
    """``TRY``: ``slot`` gets the caught value; ``enum`` is the enum name it must have, or None."""

    __slots__ = ("body", "enum", "handler", "rethrown", "slot")

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.body: Block = []
        self.slot = -1
        self.enum: str | None = None
        self.handler: Block = []
        #: Whether a RETHROW needs the error itself.
        self.rethrown = False


class Cleanup(Statement):
    """``CLEANUP``."""

    __slots__ = ("body", "final")

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.body: Block = []
        self.final: Block = []


class Scoped(Statement):
    """``DEADLINE`` (with its duration) or ``MUTEX`` (None)."""

    __slots__ = ("body", "duration", "end")

    def __init__(self, at: int, duration: Expression | None) -> None:
        super().__init__(at)
        self.body: Block = []
        self.duration = duration
        self.end = at


class SelectCase(Statement):
    """``SELECT``: sets one slot to the value, another to the number of the case."""

    __slots__ = ("case_slot", "mode", "operands", "value_slot")

    def __init__(self, at: int, mode: int, operands: list[Expression], value_slot: int, case_slot: int) -> None:
        super().__init__(at)
        self.mode = mode
        self.operands = operands
        self.value_slot = value_slot
        self.case_slot = case_slot


class Leave(Statement):
    """Ends the function or raises: ``RETURN``, ``TAIL_CALL``, ``TAIL_PIPE``, ``THROW``, ``RETHROW``, ``FAIL``."""

    __slots__ = ("a", "b", "op", "operands")

    def __init__(self, at: int, op: Op, a: int, b: int, operands: list[Expression]) -> None:
        super().__init__(at)
        self.op = op
        self.a = a
        self.b = b
        self.operands = operands


def parts_of(statement: Statement) -> list[Block]:
    """The blocks inside a statement."""
    if isinstance(statement, Branching):
        return [*(block for _, block in statement.arms), statement.otherwise]
    if isinstance(statement, Loop | Scoped):
        return [statement.body]
    if isinstance(statement, Handler):
        return [statement.body, statement.handler]
    if isinstance(statement, Cleanup):
        return [statement.body, statement.final]
    return []
