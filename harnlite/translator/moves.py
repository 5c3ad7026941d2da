"""Which arguments a caller may give up: ``p = move(p)`` without a copy.

A function that updates a parameter in place would copy it first, because its caller's variable holds it too. When that
variable is about to be overwritten by the result, or dies with its frame, the caller says so by one more argument,
the reference count at which the callee is the only other holder. Takes trees, gives the parameter concerned.
"""

from __future__ import annotations

from typing import NamedTuple

from harnlite.bytecode.opcodes import Op
from harnlite.translator.facts import FunctionFacts
from harnlite.translator.lattice import CONTAINERS
from harnlite.translator.tree import (
    Assign,
    Block,
    Branching,
    BranchUnless,
    Coalesce,
    Conditional,
    Evaluate,
    Expression,
    ForLoop,
    Handler,
    Leave,
    Local,
    Operation,
    Scoped,
    SelectCase,
    Statement,
    Update,
    parts_of,
)

__all__ = ["Moving", "find_moving", "is_given_up", "locals_in", "operands_of"]


class Moving(NamedTuple):
    """A parameter that may be given up.

    :ivar parameter: its number.
    :ivar slot: the slot that is updated: its own, or that of the variable that takes its value over.
    """

    parameter: int
    slot: int


def operands_of(statement: Statement) -> list[Expression]:
    """The expressions that a statement itself evaluates."""
    if isinstance(statement, Assign | Evaluate):
        return [statement.value]
    if isinstance(statement, Update | Leave | SelectCase):
        return statement.operands
    if isinstance(statement, Branching):
        return [condition for condition, _ in statement.arms]
    if isinstance(statement, BranchUnless):
        return [statement.condition]
    if isinstance(statement, ForLoop):
        return [statement.iterable]
    if isinstance(statement, Scoped) and statement.duration is not None:
        return [statement.duration]
    return []


def locals_in(expressions: list[Expression]) -> list[Local]:
    """All reads of locals in expressions."""
    found = []
    pending = list(expressions)
    while pending:
        node = pending.pop()
        if isinstance(node, Local):
            found.append(node)
        elif isinstance(node, Operation):
            pending.extend(node.operands)
        elif isinstance(node, Conditional):
            pending += (node.condition, node.then, node.otherwise)
        elif isinstance(node, Coalesce):
            pending += (node.value, node.otherwise)
    return found


def find_moving(facts: FunctionFacts, captured: set[int]) -> Moving | None:
    """The parameter of a function that its callers may give up, or None.

    :param captured: slots that closures made by the function capture.
    """
    code = facts.function.code
    if code.generator or any(parameter.has_default or parameter.rest for parameter in code.parameters):
        return None
    updated, assigned, reads = _uses(facts.function.body)
    for slot, fact in enumerate(facts.parameters):
        if not fact.mask & CONTAINERS or slot in captured:
            continue
        if slot in updated:
            return Moving(slot, slot)
        if slot in assigned or reads.get(slot) != 1:
            continue
        for statement in facts.function.body:
            if isinstance(statement, Assign) and isinstance(statement.value, Local) and statement.value.slot == slot:
                if statement.slot in updated and statement.slot not in captured:
                    return Moving(slot, statement.slot)
                break
    return None


def _uses(body: Block) -> tuple[set[int], set[int], dict[int, int]]:
    """The slots that are updated, those that are assigned, and how often each is read."""
    updated: set[int] = set()
    assigned: set[int] = set()
    reads: dict[int, int] = {}
    pending: list[Statement] = list(body)
    while pending:
        statement = pending.pop()
        if isinstance(statement, Update):
            updated.add(statement.slot)
            reads[statement.slot] = reads.get(statement.slot, 0) + 1
        elif isinstance(statement, Assign | ForLoop | Handler):
            assigned.add(statement.slot)
        for local in locals_in(operands_of(statement)):
            reads[local.slot] = reads.get(local.slot, 0) + 1
        for block in parts_of(statement):
            pending.extend(block)
    return updated, assigned, reads


def is_given_up(call: Operation, argument: Expression, target: int) -> bool:
    """Whether a call's argument is a variable that only this argument reads before ``target`` is assigned."""
    if not isinstance(argument, Local) or argument.slot != target:
        return False
    return sum(local.slot == target for local in locals_in([call])) == 1 and not _makes_closures(call)


def _makes_closures(call: Expression) -> bool:
    pending: list[Expression] = [call]
    while pending:
        node = pending.pop()
        if isinstance(node, Operation):
            if node.op is Op.MAKE_CLOSURE:
                return True
            pending.extend(node.operands)
        elif not isinstance(node, Local):
            pending.extend(_parts(node))
    return False


def _parts(node: Expression) -> list[Expression]:
    if isinstance(node, Conditional):
        return [node.condition, node.then, node.otherwise]
    return [node.value, node.otherwise] if isinstance(node, Coalesce) else []
