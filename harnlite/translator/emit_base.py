"""How expressions become Python text: statements around them, order of evaluation, and the way out when they fail.

Every expression has two texts. The *fast* one relies on facts and may raise a Python error (a nil among numbers, an
index out of range, a division by zero); it then stands in a ``try`` whose handler evaluates the *plain* one, made of
calls that define the language's meaning and raise the guest's errors. Evaluating twice is only right for what has no
effect, so effects are computed by statements before. ``emit_*.py`` say what the texts of each operation are.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from harnlite.bytecode.chunk import Chunk
from harnlite.bytecode.opcodes import Op
from harnlite.translator.attempts import Attempts
from harnlite.translator.facts import FunctionFacts
from harnlite.translator.known import BUILTINS, METHODS
from harnlite.translator.lattice import BOOL, DICT, FLOAT, INT, LIST, NIL, NUMBER, STRUCT, TEXT, without
from harnlite.translator.module_names import ModuleNames
from harnlite.translator.tree import Coalesce, Conditional, Constant, Expression, Local, Operation
from harnlite.translator.writer import Atom, Writer, in_parentheses, marked

__all__ = ["BaseEmitter", "DeclinedError"]

#: Operations without effects that cannot fail on values of any type.
_SAFE: Final = frozenset(
    {
        Op.NOT,
        Op.TO_BOOL,
        Op.EQ,
        Op.NE,
        Op.LT,
        Op.LE,
        Op.GT,
        Op.GE,
        Op.IN,
        Op.NOT_IN,
        Op.RANGE,
        Op.LIST,
        Op.DICT,
        Op.STRING,
        Op.ENUM,
        Op.STRUCT,
        Op.STRUCT_FROM,
        Op.STRUCT_CONSTRUCTOR,
        Op.MAKE_CLOSURE,
        Op.LOAD_SELF,
        Op.LOAD_CAPTURE,
        Op.WRAP_OK,
        Op.WRAP_ERR,
        Op.IS_MISSING,
        Op.IS_VARIANT,
        Op.IS_DICT,
        Op.IS_LIST,
        Op.GET_FIELD_OPT,
        Op.NEW_CELL,
    }
)
#: Operations without effects that may fail.
_PURE: Final = _SAFE | {
    Op.ADD,
    Op.SUB,
    Op.MUL,
    Op.DIV,
    Op.MOD,
    Op.POW,
    Op.NEG,
    Op.GET_FIELD,
    Op.GET_INDEX,
    Op.GET_INDEX_OPT,
    Op.SLICE,
    Op.ENUM_FIELD,
    Op.CHECK_DICT,
    Op.CHECK_LIST,
    Op.DICT_REST,
    Op.LIST_REST,
    Op.SET_INDEX,
    Op.SET_FIELD,
    Op.SET_PATH,
}
_OUTPUT: Final = frozenset({"print", "println"})
_PLAIN_VALUES: Final = NIL | BOOL | INT | FLOAT | TEXT


class DeclinedError(Exception):
    """A function that the interpreter has to run; the text says why."""


class Mark(NamedTuple):
    """A state of the text: lines written, nodes in variables, and the flags of :class:`BaseEmitter`."""

    position: int
    hoisted: int
    rescue: bool
    effects: bool


class BaseEmitter(ABC):
    """State and order of evaluation while one function is written.

    :ivar rescue: the text being made may raise a Python error that means "evaluate the plain text".
    :ivar effects: the text being made has effects, so it cannot be evaluated twice.
    :ivar hoisting: effects must be computed by statements of their own.
    """

    def __init__(self, chunk: Chunk, facts: FunctionFacts, names: ModuleNames, writer: Writer) -> None:
        self.chunk = chunk
        self.facts = facts
        self.function = facts.function
        self.code = facts.function.code
        self.names = names
        self.writer = writer
        self.rescue = False
        self.effects = False
        self.hoisting = False
        self.root: Expression | None = None
        self.temporaries = 0
        #: The slot that the statement at hand assigns; -2: the function ends with it.
        self.target = -1
        #: Variables that hold the value of a slot's field.
        self.field_values: dict[tuple[int, str], str] = {}
        #: How many more expressions may be written; deep nestings that are written anew and anew would never end.
        self.budget = 5_000 + 100 * len(self.code.instructions)
        #: Nodes whose value is in a variable already.
        self.hoisted: dict[Expression, str] = {}
        self.attempts = Attempts()

    def mark(self) -> Mark:
        """Where an attempt begins, for :meth:`take_back`."""
        return Mark(self.writer.position(), len(self.hoisted), self.rescue, self.effects)

    def take_back(self, mark: Mark) -> None:
        """Undo everything that was written since a mark."""
        self.writer.cut(mark.position)
        while len(self.hoisted) > mark.hoisted:
            self.hoisted.popitem()
        self.rescue, self.effects = mark.rescue, mark.effects

    @abstractmethod
    def operation(self, node: Operation) -> str:
        """The fast text of an operation."""

    @abstractmethod
    def plain_operation(self, node: Operation) -> str:
        """The plain text of an operation."""

    def constant(self, value: Any) -> str:
        """The text of a constant."""
        kind = type(value)
        if kind is tuple:
            return self.names.constant(value)
        if kind is float and (value != value or value in (math.inf, -math.inf)):
            return Atom("NAN" if value != value else "INFINITY" if value > 0 else "(-INFINITY)")
        text = ascii(value)
        return Atom(f"({text})" if text.startswith("-") else text)

    # ------------------------------------------------------------------------------------------------- purity

    def is_pure(self, node: Operation) -> bool:
        """Whether an operation, its operands aside, has no effect."""
        if node.op in _PURE:
            return True
        if node.op is Op.CALL_BUILTIN:
            name = self.chunk.names[node.a]
            return name in BUILTINS and name not in _OUTPUT
        if node.op is Op.CALL_METHOD:
            if self.chunk.names[node.a] in METHODS.get(without(node.operands[0].fact, NIL).mask, ()):
                return True
            return self.is_inlined(node)
        return False

    def is_inlined(self, node: Operation) -> bool:
        """Whether a method call with a callback becomes an expression without effects."""
        raise NotImplementedError

    def is_movable(self, node: Expression) -> bool:
        """Whether it does not matter when within a statement an expression is evaluated."""
        if node in self.hoisted or isinstance(node, Constant | Local):
            return True
        if isinstance(node, Conditional):
            return all(self.is_movable(part) for part in (node.condition, node.then, node.otherwise))
        if isinstance(node, Coalesce):
            return self.is_movable(node.value) and self.is_movable(node.otherwise)
        assert isinstance(node, Operation)
        return self.cannot_fail(node) and all(self.is_movable(operand) for operand in node.operands)

    def cannot_fail(self, node: Operation) -> bool:
        """Whether an operation, its operands aside, has no effect and cannot fail."""
        op = node.op
        if op in _SAFE:
            return True
        facts = [operand.fact for operand in node.operands]
        if op is Op.ADD or op is Op.SUB or op is Op.MUL:
            return not (facts[0].mask | facts[1].mask) & ~NUMBER
        if op is Op.GET_FIELD:
            return not facts[0].mask & ~(DICT | STRUCT)
        if op is Op.GET_INDEX:
            return facts[0].mask == DICT or (facts[0].mask == LIST and facts[1].mask == INT)
        return False

    # ------------------------------------------------------------------------------------------------ variables

    def temporary(self) -> Atom:
        """A variable for use within the statement."""
        self.temporaries += 1
        return Atom(f"t{self.temporaries}")

    def slot(self, number: int) -> Atom:
        """The variable of a slot."""
        return Atom(f"s{number}")

    # -------------------------------------------------------------------------------------------------- texts

    def fast(self, node: Expression) -> str:
        """The fast text of an expression's value; may write statements that must come before it."""
        self.budget -= 1
        if self.budget < 0:
            raise DeclinedError("nested too intricately")
        known = self.hoisted.get(node)
        if known is not None:
            return Atom(known)
        if type(node) is Constant:
            return self.constant(node.value)
        if type(node) is Local:
            return self.slot(node.slot)
        if type(node) is Conditional:
            return self.conditional(node)
        if type(node) is Coalesce:
            return self.coalesce(node)
        assert type(node) is Operation
        if not self.is_pure(node):
            if self.hoisting and node is not self.root:
                return self.hoist(node)
            self.effects = True
        return self.operation(node)

    def plain(self, node: Expression) -> str:
        """The plain text of an expression's value."""
        known = self.hoisted.get(node)
        if known is not None:
            return Atom(known)
        if type(node) is Constant:
            return self.constant(node.value)
        if type(node) is Local:
            return self.slot(node.slot)
        if type(node) is Conditional:
            return (
                f"({in_parentheses(self.plain(node.then))} if {in_parentheses(self.plain(node.condition))} "
                f"else {in_parentheses(self.plain(node.otherwise))})"
            )
        if type(node) is Coalesce:
            if not node.value.fact.mask & NIL:
                return self.plain(node.value)
            name = self.temporary()
            return (
                f"({name} if ({name} := {self.plain(node.value)}) is not None "
                f"else {in_parentheses(self.plain(node.otherwise))})"
            )
        assert type(node) is Operation
        return self.plain_operation(node)

    def operand(self, node: Expression) -> str:
        """The fast text, fit to stand beside an operator."""
        return in_parentheses(self.fast(node))

    def atom(self, node: Expression) -> str:
        """A name or literal with the expression's value."""
        return self.operands([node], atoms=True)[0]

    def hoist(self, node: Expression) -> Atom:
        """Compute an expression by a statement; gives the variable that holds its value."""
        name = self.temporary()
        self.statement(f"{name} = ", node, "", node.at)
        self.hoisted[node] = name
        return name

    def operands(self, nodes: Sequence[Expression], *, atoms: bool = False, safe: bool = False) -> list[str]:
        """The fast texts of operands, evaluated in order.

        :param atoms: each must be a name or literal.
        :param safe: none may need rescue, because an effect follows.
        """
        overtaking = self.attempts.overtaking
        forced = overtaking.get(nodes[-1], 0) if nodes else 0
        while True:
            mark = self.mark()
            texts: list[str] = []
            movable = True
            for index, node in enumerate(nodes):
                before = self.writer.position()
                texts.append(self.one_operand(node, index < forced, atoms, safe))
                if not movable and self.writer.position() != before:
                    # Statements for this operand would overtake earlier ones: these become statements, too. That is
                    # tried for ever more of them at once, so that many operands take few attempts.
                    forced = overtaking[nodes[-1]] = max(index, 2 * forced)
                    self.take_back(mark)
                    break
                movable = movable and (index < forced or self.is_movable(node))
            else:
                return texts

    def one_operand(self, node: Expression, forced: bool, atoms: bool, safe: bool) -> str:
        if forced and not self.is_movable(node):
            return self.hoist(node)
        attempts = self.attempts
        if node not in self.hoisted and ((atoms and node in attempts.not_atoms) or (safe and node in attempts.unsafe)):
            return self.hoist(node)
        mark = self.mark()
        self.rescue = False
        text = self.fast(node)
        literal = isinstance(node, Constant) or text.isidentifier()
        if (safe and self.rescue) or (atoms and not literal):
            (attempts.not_atoms if atoms and not literal else attempts.unsafe).add(node)
            self.take_back(mark)
            return self.hoist(node)
        self.rescue = self.rescue or mark.rescue
        return text if literal or type(text) is Atom else in_parentheses(text)

    # --------------------------------------------------------------------------------------------- statements

    def statement(self, head: str, node: Expression, tail: str, at: int, *, raises: bool = False) -> None:
        """Write ``head value tail``; ``raises`` says that the statement itself raises, not only its value."""
        outer = self.rescue, self.effects, self.hoisting, self.root
        self.root = node
        self.rescue = self.effects = False
        self.hoisting = node in self.attempts.apart
        mark = self.mark()
        text = self.fast(node)
        if self.rescue and self.effects and not self.hoisting:
            self.attempts.apart.add(node)
            self.take_back(mark)
            self.hoisting = True
            text = self.fast(node)
        if self.rescue:
            self.rescued(head, text, self.plain(node), tail, at, raises=raises)
        else:
            self.writer.expression(head, text, tail, at, raises=raises)
        self.rescue, self.effects, self.hoisting, self.root = outer

    def rescued(
        self, head: str, fast: str, plain: str, tail: str, at: int, *, raises: bool = False, grouped: bool = False
    ) -> None:
        """Write a statement twice: as it nearly always works, and as it works in the end."""
        writer = self.writer
        writer.line("try:")
        writer.indent()
        writer.expression(head, fast, tail, at, raises=raises, grouped=grouped)
        writer.dedent()
        writer.line("except RESCUE:")
        writer.indent()
        writer.expression(head, plain, tail, at, raises=raises)
        writer.dedent()

    def test(self, node: Expression, *, negated: bool = False, word: str = "if") -> None:
        """Write ``if condition:``."""
        outer = self.rescue, self.effects, self.hoisting, self.root
        self.rescue = self.effects = self.hoisting = False
        self.root = None
        mark = self.mark()
        unsafe = node in self.attempts.unsafe
        text = "" if unsafe else self.condition(node)
        if unsafe or self.rescue:
            self.attempts.unsafe.add(node)
            self.take_back(mark)
            text = self.temporary()
            self.statement(f"{text} = ", node, "", node.at)
        self.rescue, self.effects, self.hoisting, self.root = outer
        if negated:
            text = f"not {in_parentheses(text)}"
        self.writer.expression(f"{word} ", text, ":", node.at)

    def simple_condition(self, node: Expression) -> str | None:
        """The text of a condition that needs no statements around it, or None."""
        outer = self.rescue, self.effects, self.hoisting, self.root
        self.rescue = self.effects = self.hoisting = False
        self.root = None
        mark = self.mark()
        text: str | None = self.condition(node)
        if self.rescue or self.writer.position() != mark.position:
            self.take_back(mark)
            text = None
        self.rescue, self.effects, self.hoisting, self.root = outer
        return text

    # ---------------------------------------------------------------------------------------------- branching

    def condition(self, node: Expression) -> str:
        """The fast text of an expression of which only the truth counts."""
        if node not in self.hoisted:
            if type(node) is Operation:
                if node.op is Op.TO_BOOL:
                    return self.condition(node.operands[0])
                if node.op is Op.NOT:
                    return Atom(f"(not {in_parentheses(self.condition(node.operands[0]))})")
            elif type(node) is Conditional:
                text = self.logical(node, self.condition)
                if text is not None:
                    return text
        return self.fast(node)

    def logical(self, node: Conditional, part: Any) -> str | None:
        """``a && b`` and ``a || b`` as Python has them; None when it is something else or needs statements."""
        is_and = type(node.otherwise) is Constant and node.otherwise.value is False
        is_or = type(node.then) is Constant and node.then.value is True
        if (not is_and and not is_or) or node in self.attempts.statements:
            return None
        mark = self.mark()
        left = self.condition(node.condition)
        middle = self.writer.position()
        right = part(node.then if is_and else node.otherwise)
        if self.writer.position() != middle:
            self.attempts.statements.add(node)
            self.take_back(mark)
            return None
        return f"{in_parentheses(left)} {'and' if is_and else 'or'} {in_parentheses(right)}"

    def conditional(self, node: Conditional) -> str:
        if node.condition.fact.mask == BOOL and node.fact.mask == BOOL:
            text = self.logical(node, self.fast)
            if text is not None:
                return text
        if node not in self.attempts.statements:
            mark = self.mark()
            condition = self.condition(node.condition)
            middle = self.writer.position()
            then = self.fast(node.then)
            otherwise = self.fast(node.otherwise)
            if self.writer.position() == middle:
                return f"{in_parentheses(then)} if {in_parentheses(condition)} else {in_parentheses(otherwise)}"
            self.attempts.statements.add(node)
            self.take_back(mark)
        name = self.temporary()
        self.test(node.condition)
        self.writer.indent()
        self.statement(f"{name} = ", node.then, "", node.then.at)
        self.writer.dedent()
        self.writer.line("else:")
        self.writer.indent()
        self.statement(f"{name} = ", node.otherwise, "", node.otherwise.at)
        self.writer.dedent()
        self.hoisted[node] = name
        return name

    def coalesce(self, node: Coalesce) -> str:
        text = self.lookup_or(node)
        if text is not None:
            return text
        if not node.value.fact.mask & NIL:
            return self.fast(node.value)
        if node not in self.attempts.statements:
            mark = self.mark()
            value = self.fast(node.value)
            middle = self.writer.position()
            otherwise = self.fast(node.otherwise)
            if self.writer.position() == middle:
                if value.isidentifier():
                    return f"{value} if {value} is not None else {in_parentheses(otherwise)}"
                name = self.temporary()
                return f"{name} if ({name} := {value}) is not None else {in_parentheses(otherwise)}"
            self.attempts.statements.add(node)
            self.take_back(mark)
        name = self.temporary()
        self.statement(f"{name} = ", node.value, "", node.value.at)
        self.writer.line(f"if {name} is None:")
        self.writer.indent()
        self.statement(f"{name} = ", node.otherwise, "", node.otherwise.at)
        self.writer.dedent()
        self.hoisted[node] = name
        return name

    def lookup_or(self, node: Coalesce) -> str | None:
        """``d[k] ?? default`` as one ``get``, when no entry can be nil and the default costs nothing."""
        value = node.value
        if not (isinstance(node.otherwise, Constant | Local) and isinstance(value, Operation)) or value in self.hoisted:
            return None
        if value.operands and value.operands[0].fact.mask == DICT and value.fact.mask & NIL:
            holder = value.operands[0].fact
            if holder.rest.mask & NIL or any(fact.mask & NIL for fact in holder.fields.values()):
                return None
            if value.op is Op.GET_INDEX and value.operands[1].fact.mask == TEXT:
                container, key = self.operands(value.operands)
                return Atom(f"{container}.get({key}, {self.fast(node.otherwise)})")
            if value.op is Op.GET_FIELD:
                container = self.operand(value.operands[0])
                return Atom(f"{container}.get({self.chunk.names[value.a]!r}, {self.fast(node.otherwise)})")
        return None

    def marked_call(self, node: Expression, name: str, arguments: Sequence[str]) -> Atom:
        """The text of a call that may raise the error of a node."""
        return Atom(marked(node.at, f"{name}({', '.join(arguments)})"))
