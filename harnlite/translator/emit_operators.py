"""The texts of operators: arithmetic with 64-bit wrapping, comparisons, logic.

Python's own operators do the work where facts show that they mean the same, with one check for wrapping at the end of
each chain of + - *. Python raises where a nil meets a number, which leads to the plain text; what it would accept
although the language does not (bools as numbers, lists times ints, ordered lists) is excluded by facts or tested.
"""

from __future__ import annotations

from typing import Final

from harnlite.bytecode.opcodes import Op
from harnlite.translator.base_facts import exact_bounds
from harnlite.translator.emit_base import BaseEmitter
from harnlite.translator.lattice import (
    BOOL,
    CLOSURE,
    DICT,
    ENUM,
    FLOAT,
    INT,
    LIST,
    NIL,
    NUMBER,
    RANGE,
    STRUCT,
    TEXT,
    Fact,
)
from harnlite.translator.tree import Coalesce, Constant, Expression, Operation
from harnlite.translator.writer import Atom, in_parentheses
from harnlite.values.operators import MAX_INT, MIN_INT

__all__ = ["BINARY_HELPERS", "OperatorEmitter"]

BINARY_HELPERS: Final = {
    Op.ADD: "add",
    Op.SUB: "sub",
    Op.MUL: "mul",
    Op.DIV: "div",
    Op.MOD: "mod",
    Op.POW: "power",
    Op.EQ: "equal",
    Op.LT: "less",
    Op.LE: "less_equal",
    Op.GT: "greater",
    Op.GE: "greater_equal",
    Op.IN: "contains",
}
_SIGNS: Final = {Op.ADD: "+", Op.SUB: "-", Op.MUL: "*"}
_COMPARISONS: Final = {Op.LT: "<", Op.LE: "<=", Op.GT: ">", Op.GE: ">=", Op.EQ: "==", Op.NE: "!="}
_OPPOSITES: Final = {Op.LE: ">", Op.GE: "<"}

#: Types whose values Python combines with no number: it raises TypeError.
_FOREIGN: Final = NIL | DICT | STRUCT | ENUM | CLOSURE | RANGE
#: What may stand beside the numbers of an operator, raising TypeError when it does.
_HARMLESS: Final = {
    Op.ADD: _FOREIGN | TEXT | LIST,
    Op.SUB: _FOREIGN | TEXT | LIST,
    Op.MUL: _FOREIGN,
    Op.DIV: _FOREIGN | TEXT | LIST,
    Op.MOD: _FOREIGN | LIST,
}
#: Up to here every int is a float of its own.
_EXACT: Final = 2**53


def _is_small(fact: Fact) -> bool:
    return not fact.mask & INT or (fact.low > -_EXACT and fact.high < _EXACT)


class OperatorEmitter(BaseEmitter):
    """Operators."""

    def helper(self, node: Operation, name: str, texts: list[str]) -> Atom:
        """A call of the function that defines an operation."""
        return self.marked_call(node, name, texts)

    # --------------------------------------------------------------------------------------------- arithmetic

    def is_native(self, node: Operation) -> bool:
        """Whether Python's operator does what + - * mean on these operands, or raises."""
        a, b = (operand.fact.mask for operand in node.operands)
        return bool(a & NUMBER and b & NUMBER) and not (a | b) & ~(NUMBER | _HARMLESS[node.op])

    def additive(self, node: Operation) -> str:
        """ADD, SUB and MUL."""
        if self.is_native(node):
            text, low, high = self.chain(node)
            return self.wrapped(text, low, high, "wrap" if not node.fact.mask & ~INT else "wrap_number")
        if node.op is Op.ADD:
            text = self.joined(node)
            if text:
                return text
        return self.guarded(node)

    def chain(self, node: Operation) -> tuple[str, int, int]:
        """A chain of + - * without wrapping, and the bounds of its value if that is an int."""
        left, right = node.operands
        exact = not (left.fact.mask | right.fact.mask) & FLOAT
        (a, a_fact), (b, b_fact) = self.links(left, right, exact)
        if (left.fact.mask | right.fact.mask) & ~NUMBER:
            self.rescue = True
        low, high = exact_bounds(node.op, a_fact, b_fact)
        if not (left.fact.mask & INT and right.fact.mask & INT):
            low = high = 0
        return f"{a} {_SIGNS[node.op]} {b}", low, high

    def links(self, left: Expression, right: Expression, exact: bool) -> list[tuple[str, Fact]]:
        """The texts of two operands; those that are chains themselves are left unwrapped."""
        nodes = (left, right)
        inner = [
            exact
            and isinstance(node, Operation)
            and node.op in _SIGNS
            and node not in self.hoisted
            and self.is_native(node)
            and not node.fact.mask & ~INT
            for node in nodes
        ]
        if not any(inner):
            return [(text, node.fact) for text, node in zip(self.operands(nodes), nodes, strict=True)]
        mark = self.mark()
        if not self.attempts.overtaking.get(right):
            result: list[tuple[str, Fact]] = []
            for node, is_chain in zip(nodes, inner, strict=True):
                before = self.writer.position()
                if is_chain:
                    assert isinstance(node, Operation)
                    text, low, high = self.chain(node)
                    result.append((f"({text})", Fact(INT, low, high)))
                else:
                    result.append((self.operands([node])[0], node.fact))
            if self.writer.position() == before or self.is_movable(left):
                return result
            self.attempts.overtaking[right] = 1
            self.take_back(mark)
        first = self.operands([left])[0] if self.is_movable(left) else self.hoist(left)
        return [(first, left.fact), (self.operands([right])[0], right.fact)]

    def wrapped(self, text: str, low: int, high: int, wrap: str) -> str:
        """An int expression brought back into 64 bits."""
        if low >= MIN_INT and high <= MAX_INT:
            return text
        name = self.temporary()
        if low >= MIN_INT:
            test = f"({name} := {text}) <= {MAX_INT}"
        elif high <= MAX_INT:
            test = f"({name} := {text}) >= {MIN_INT}"
        else:
            test = f"{MIN_INT} <= ({name} := {text}) <= {MAX_INT}"
        return f"{name} if {test} else {wrap}({name})"

    def joined(self, node: Operation) -> str:
        """ADD of texts, lists or dicts."""
        a, b = (operand.fact.mask for operand in node.operands)
        for mask, sign in ((TEXT, "+"), (LIST, "+"), (DICT, "|")):
            if a & mask and b & mask and not (a | b) & ~(mask | NIL):
                if (a | b) & NIL:
                    self.rescue = True
                left, right = self.operands(node.operands)
                return f"{left} {sign} {right}"
        return ""

    def guarded(self, node: Operation) -> str:
        """An operator on operands of unknown type: Python's for the likely types, else the helper."""
        a, b = node.operands
        name = BINARY_HELPERS[node.op]
        likely = self.likely_type(node)
        if not likely:
            return self.helper(node, name, self.operands(node.operands))
        left, right = self.operands(node.operands, atoms=True)
        tests = [
            f"type({text}) is {likely}"
            for text, operand in ((left, a), (right, b))
            if operand.fact.mask != (INT if likely == "int" else FLOAT if likely == "float" else TEXT)
        ]
        if len(tests) == 2:
            tests = [f"type({left}) is type({right}) is {likely}"]
        text = f"{left} {_SIGNS[node.op]} {right}"
        if likely == "int":
            text = self.wrapped(text, *exact_bounds(node.op, a.fact, b.fact), "wrap")
        test = " and ".join(tests)
        return f"{in_parentheses(text)} if {test} else {self.helper(node, name, [left, right])}"

    def likely_type(self, node: Operation) -> str:
        """The Python type to test for first: one that both operands can have."""
        a, b = (operand.fact.mask for operand in node.operands)
        if a == FLOAT or b == FLOAT:
            return "float" if a & b & FLOAT else ""
        if (a == TEXT or b == TEXT) and node.op is Op.ADD:
            return "str" if a & b & TEXT else ""
        return "int" if a & b & INT else ""

    def division(self, node: Operation) -> str:
        """DIV and MOD."""
        left, right = node.operands
        a, b = left.fact, right.fact
        op = node.op
        name = BINARY_HELPERS[op]
        foreign = (a.mask | b.mask) & ~NUMBER
        if not (a.mask & NUMBER and b.mask & NUMBER) or foreign & ~_HARMLESS[op]:
            return self.guarded_division(node)
        if (a.mask | b.mask) & NUMBER == INT:
            sign = "//" if op is Op.DIV else "%"
            if b.low >= 0:
                if a.low >= 0:
                    self.rescue = self.rescue or bool(foreign) or b.low == 0
                    x, y = self.operands(node.operands)
                    return f"{x} {sign} {y}"
                if b.low > 0:
                    x, y = self.operands(node.operands, atoms=True)
                    self.rescue = self.rescue or bool(foreign)
                    return f"{x} {sign} {y} if {x} >= 0 else -(-{x} {sign} {y})"
            return self.guarded_division(node)
        if op is Op.DIV and FLOAT in (a.mask & NUMBER, b.mask & NUMBER):
            self.rescue = self.rescue or bool(foreign) or not (type(right) is Constant and right.value)
            x, y = self.operands(node.operands)
            return f"{x} / {y}"
        return (
            self.guarded_division(node)
            if (a.mask & b.mask & INT)
            else self.helper(node, name, self.operands(node.operands))
        )

    def guarded_division(self, node: Operation) -> str:
        a, b = node.operands
        name = BINARY_HELPERS[node.op]
        if not a.fact.mask & b.fact.mask & INT:
            return self.helper(node, name, self.operands(node.operands))
        left, right = self.operands(node.operands, atoms=True)
        tests = [f"type({text}) is int" for text, operand in ((left, a), (right, b)) if operand.fact.mask != INT]
        if not (a.fact.mask == INT and a.fact.low >= 0):
            tests.append(f"{left} >= 0")
        if not (b.fact.mask == INT and b.fact.low > 0):
            tests.append(f"{right} > 0")
        sign = "//" if node.op is Op.DIV else "%"
        return f"{left} {sign} {right} if {' and '.join(tests)} else {self.helper(node, name, [left, right])}"

    def power(self, node: Operation) -> str:
        return self.helper(node, "power", self.operands(node.operands))

    def negation(self, node: Operation) -> str:
        fact = node.operands[0].fact
        if fact.mask & NUMBER and not fact.mask & ~(NUMBER | _FOREIGN | TEXT | LIST):
            if fact.mask & INT and fact.low == MIN_INT:
                return self.helper(node, "negate", self.operands(node.operands))
            self.rescue = self.rescue or bool(fact.mask & ~NUMBER)
            return Atom(f"(-{self.operand(node.operands[0])})")
        return self.helper(node, "negate", self.operands(node.operands))

    # -------------------------------------------------------------------------------------------- comparisons

    def comparison(self, node: Operation) -> str:
        """LT, LE, GT and GE."""
        left, right = node.operands
        a, b = left.fact, right.fact
        sign = _COMPARISONS[node.op]
        both = a.mask | b.mask
        ordered = a.mask & b.mask & (NUMBER | TEXT) or (a.mask & NUMBER and b.mask & NUMBER)
        if ordered and not both & ~(NUMBER | TEXT | _FOREIGN):
            mixed = both & NUMBER == NUMBER and not (a.mask == FLOAT and b.mask == FLOAT)
            if not mixed:
                # Without numbers of both kinds, Python compares what has an order and raises for the rest.
                self.rescue = self.rescue or bool(both & _FOREIGN) or (both & TEXT and both & NUMBER) > 0
                x, y = self.operands(node.operands)
                return f"{x} {sign} {y}"
            if not both & ~NUMBER and _is_small(a) and _is_small(b) and node.op not in _OPPOSITES:
                x, y = self.operands(node.operands)
                return f"{x} {sign} {y}"
            if {a.mask, b.mask} == {INT, FLOAT} and _is_small(a) and _is_small(b):
                # NaN is not less than an int, but neither is it greater, and that counts as equal.
                x, y = self.operands(node.operands)
                return Atom(f"(not {x} {_OPPOSITES[node.op]} {y})")
        return self.guarded_comparison(node, sign)

    def guarded_comparison(self, node: Operation, sign: str) -> str:
        a, b = node.operands
        name = BINARY_HELPERS[node.op]
        shared = a.fact.mask & b.fact.mask
        if not shared & (INT | FLOAT | TEXT):
            return self.helper(node, name, self.operands(node.operands))
        left, right = self.operands(node.operands, atoms=True)
        for mask, kind in ((INT, "int"), (FLOAT, "float"), (TEXT, "str")):
            if a.fact.mask == mask or b.fact.mask == mask:
                unknown = right if a.fact.mask == mask else left
                test = f"type({unknown}) is {kind}"
                break
        else:
            test = f"type({left}) is type({right}) is int"
        return f"{left} {sign} {right} if {test} else {self.helper(node, name, [left, right])}"

    def equality(self, node: Operation) -> str:
        """EQ and NE."""
        left, right = node.operands
        negated = node.op is Op.NE
        for one, other in ((left, right), (right, left)):
            if one.fact.mask == NIL and type(one) is Constant:
                while type(other) is Coalesce and not other.value.fact.mask & NIL:
                    other = other.value
                if type(other) is Constant:
                    return str((other.value is None) is not negated)
                return f"{self.operand(other)} {'is not' if negated else 'is'} None"
        if self.equal_natively(left, right):
            x, y = self.operands(node.operands)
            return f"{x} {'!=' if negated else '=='} {y}"
        a, b = left.fact, right.fact
        if (type(right) is Constant and b.mask == INT and _is_small(b)) and not a.mask & ~4095:
            # Python takes True for 1 and False for 0.
            x = self.atom(left)
            y = self.fast(right)
            if right.value in (0, 1):
                kind = "True" if right.value else "False"
                return f"{x} != {y} or {x} is {kind}" if negated else f"{x} == {y} and {x} is not {kind}"
            return f"{x} {'!=' if negated else '=='} {y}"
        if a.mask & b.mask & INT and INT in (a.mask, b.mask):
            x, y = self.operands(node.operands, atoms=True)
            unknown = y if a.mask == INT else x
            sign = "!=" if negated else "=="
            return f"{x} {sign} {y} if type({unknown}) is int else {'not ' if negated else ''}equal({x}, {y})"
        x, y = self.operands(node.operands)
        return Atom(f"(not equal({x}, {y}))" if negated else f"equal({x}, {y})")

    def equal_natively(self, left: Expression, right: Expression) -> bool:
        """Whether Python's ``==`` is the language's for these operands."""
        a, b = left.fact, right.fact
        for one in (a, b):
            if one.mask and not one.mask & ~(TEXT | NIL):
                return True
        if (a.mask | b.mask) & ~(NIL | BOOL | NUMBER | TEXT):
            return False
        if (a.mask & BOOL and b.mask & NUMBER) or (b.mask & BOOL and a.mask & NUMBER):
            return False
        crossed = (a.mask & INT and b.mask & FLOAT) or (a.mask & FLOAT and b.mask & INT)
        return not crossed or (_is_small(a) and _is_small(b))

    def negated(self, node: Operation) -> str:
        return Atom(f"(not {in_parentheses(self.condition(node.operands[0]))})")

    def truth(self, node: Operation) -> str:
        operand = node.operands[0]
        if operand.fact.mask == BOOL:
            return self.fast(operand)
        return Atom(f"bool({self.condition(operand)})")

    def membership(self, node: Operation) -> str:
        """IN and NOT_IN."""
        item, container = node.operands
        word = "not in" if node.op is Op.NOT_IN else "in"
        if item.fact.mask == TEXT and container.fact.mask in (TEXT, DICT):
            x, y = self.operands(node.operands)
            return f"{x} {word} {y}"
        if container.fact.mask == LIST and item.fact.mask == TEXT:
            x, y = self.operands(node.operands)
            return f"{x} {word} {y}"
        x, y = self.operands(node.operands)
        return Atom(f"(not contains({x}, {y}))" if node.op is Op.NOT_IN else f"contains({x}, {y})")
