"""What is known of functions, and how calls and closures carry facts from one to another.

A closure can be followed as long as facts hold the number of its function. When they forget it, the function
*escapes*: from then on anyone may call it with anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from harnlite.bytecode.chunk import FunctionCode
from harnlite.bytecode.opcodes import Op
from harnlite.translator.base_facts import State
from harnlite.translator.blocks import GuestFunction
from harnlite.translator.lattice import (
    ANY,
    CLOSURE,
    MISSING_BIT,
    NOTHING,
    OTHER,
    CellName,
    Fact,
    closure_fact,
    join,
    list_fact,
    plain,
    same,
    widen,
)
from harnlite.translator.operation_facts import ExpressionFacts

__all__ = ["CallFacts", "ChunkFacts", "FunctionFacts"]

#: After so many growing visits parameters and results widen.
_PATIENCE: Final = 2


class FunctionFacts:
    """What is known of a function.

    :ivar parameters: facts of its parameters' slots on entry.
    :ivar captures: facts of its captured values.
    :ivar result: what it returns.
    :ivar escaped: whether anyone may call it with anything.
    :ivar reached: whether it can be called at all.
    :ivar unset: slots that may be read before they are assigned.
    """

    def __init__(self, function: GuestFunction) -> None:
        self.function = function
        self.parameters: list[Fact] = [NOTHING for _ in function.code.parameters]
        self.captures: list[Fact] = [NOTHING for _ in function.code.captures]
        self.result: Fact = NOTHING
        #: What a generator function yields.
        self.yields: Fact = NOTHING
        self.pulled_by_anyone = False
        self.escaped = False
        self.reached = False
        self.unset: set[int] = set()
        #: The parameter that callers may give up: its number and the slot that is updated (``moves.py``).
        self.moving: tuple[int, int] | None = None
        self.visits = 0
        self.result_visits = 0
        self.callers: set[int] = set()
        #: Slots that get large ints by other assignments than sums.
        self.far_starts: set[int] = set()


class ChunkFacts:
    """What is known of a chunk: its functions by number; None for those that are not translated."""

    def __init__(self, functions: list[FunctionFacts | None]) -> None:
        self.functions = functions


class CallFacts(ExpressionFacts):
    """Functions and calls."""

    functions: list[FunctionFacts | None]
    #: Numbers of functions to visit again.
    pending: list[int]
    #: The function at hand.
    current: FunctionFacts
    #: What late cells hold, who reads them, and which of them anyone may read.
    cells: dict[CellName, Fact]
    cell_readers: dict[CellName, set[int]]
    leaked_cells: set[CellName]

    def expose(self, code: FunctionCode) -> None:
        """A function that is not analysed makes closures of others with any captured values."""
        for op, index, _ in code.instructions:
            if op == Op.MAKE_CLOSURE:
                facts = self.functions[index]
                if facts is not None:
                    facts.captures = [ANY for _ in facts.captures]
                self.escape(index)

    def visit_later(self, index: int) -> None:
        if index not in self.pending:
            self.pending.insert(0, index)

    def escape(self, index: int) -> None:
        facts = self.functions[index]
        if facts is None or facts.escaped:
            return
        facts.escaped = True
        facts.reached = True
        for position, parameter in enumerate(facts.function.code.parameters):
            if parameter.rest:
                facts.parameters[position] = list_fact(ANY, self.forget)
            elif parameter.has_default:
                facts.parameters[position] = join(ANY, plain(MISSING_BIT), self.forget)
            else:
                facts.parameters[position] = ANY
        self.forget(facts.result)
        self.escape_yields(facts)
        self.visit_later(index)

    def forget(self, fact: Fact) -> None:
        if fact.functions is not None:
            for index in fact.functions:
                self.escape(index)
        if type(fact.name) is CellName:
            self.leak(fact.name)
        if fact.depth:
            self.forget(fact.element)
            self.forget(fact.rest)
            for field in fact.fields.values():
                self.forget(field)
            for fields in (fact.variants or {}).values():
                for field in fields:
                    self.forget(field)

    # -------------------------------------------------------------------------------------------------- cells

    def leak(self, cell: CellName) -> None:
        """Anyone may call what a late cell holds."""
        if cell not in self.leaked_cells:
            self.leaked_cells.add(cell)
            self.forget(self.cells.get(cell, NOTHING))
            for reader in self.cell_readers.get(cell, ()):
                self.visit_later(reader)

    def fill_cell(self, holder: Fact, value: Fact) -> None:
        """A late cell gets a value."""
        cell = holder.name
        if type(cell) is not CellName or cell in self.leaked_cells:
            self.forget(value)
            return
        old = self.cells.get(cell, NOTHING)
        new = join(old, value, self.forget)
        if new.mask != CLOSURE or new.functions is None:
            self.cells[cell] = new
            self.leak(cell)
        elif not same(old, new):
            self.cells[cell] = new
            for reader in self.cell_readers.get(cell, ()):
                self.visit_later(reader)

    def late_fact(self, holder: Fact) -> Fact:
        """What a late cell gives where the name stands for nothing else (``ModuleNames.absent``)."""
        cell = holder.name
        if type(cell) is not CellName:
            return ANY
        self.cell_readers.setdefault(cell, set()).add(self.function_index)
        return ANY if cell in self.leaked_cells else self.cells.get(cell, NOTHING)

    # ----------------------------------------------------------------------------------------------- functions

    def make_closure(self, index: int, state: State) -> Fact:
        sources = self.chunk.functions[index].captures
        facts = self.functions[index]
        changed = False
        for position, source in enumerate(sources):
            if source.from_capture:
                fact = self.captures[source.index]
            else:
                if state.facts[source.index].mask & MISSING_BIT:
                    self.read_unset(source.index, state)
                fact = state.facts[source.index]
                self.share_slot(state, source.index)
            if facts is None:
                self.forget(fact)
                continue
            old = facts.captures[position]
            new = self.grown(old, fact, facts.visits)
            if new is not old:
                facts.captures[position] = new
                changed = True
        if facts is None:
            return plain(CLOSURE)
        if changed and facts.reached:
            self.visit_later(index)
        return closure_fact(index)

    def grown(self, old: Fact, new: Fact, visits: int) -> Fact:
        """``old`` itself when it includes ``new``."""
        joined = join(old, new, self.forget)
        if same(joined, old):
            return old
        return widen(old, joined, self.forget) if visits > _PATIENCE else joined

    def results_of(self, functions: frozenset[int]) -> Fact:
        result = NOTHING
        for index in functions:
            facts = self.functions[index]
            result = ANY if facts is None else join(result, facts.result, self.forget)
            if facts is not None:
                facts.callers.add(self.function_index)
        return result

    def call_functions(self, functions: frozenset[int], arguments: Sequence[Fact]) -> Fact:
        result = NOTHING
        for index in functions:
            facts = self.functions[index]
            if facts is None:
                for argument in arguments:
                    self.forget(argument)
                return ANY
            self.pass_arguments(index, facts, arguments)
            facts.callers.add(self.function_index)
            if facts.function.code.generator:
                self.escape_yields(facts)
                result = join(result, plain(OTHER), self.forget)
            else:
                result = join(result, facts.result, self.forget)
        return result

    def pass_arguments(self, index: int, facts: FunctionFacts, arguments: Sequence[Fact]) -> None:
        code = facts.function.code
        count = len(arguments)
        if count < code.required or (count > len(code.parameters) and not code.has_rest):
            return
        if facts.escaped:
            for argument in arguments:
                self.forget(argument)
            return
        changed = not facts.reached
        facts.reached = True
        for position, parameter in enumerate(code.parameters):
            if parameter.rest:
                element = NOTHING
                for argument in arguments[position:]:
                    element = join(element, argument, self.forget)
                fact = list_fact(element, self.forget)
            else:
                fact = arguments[position] if position < count else plain(MISSING_BIT)
            old = facts.parameters[position]
            new = self.grown(old, fact, facts.visits)
            if new is not old:
                facts.parameters[position] = new
                changed = True
        if changed:
            self.visit_later(index)

    def yielded(self, fact: Fact) -> None:
        """The generator at hand gives a value to whoever pulls."""
        facts = self.current
        if facts.pulled_by_anyone:
            self.forget(fact)
        facts.result_visits += 1
        new = self.grown(facts.yields, fact, facts.result_visits // 4)
        if new is not facts.yields:
            facts.yields = new
            for caller in facts.callers:
                self.visit_later(caller)

    def escape_yields(self, facts: FunctionFacts) -> None:
        """Anyone may pull from a generator."""
        facts.pulled_by_anyone = True
        self.forget(facts.yields)

    def pull(self, callee: Fact, arguments: Sequence[Fact]) -> Fact | None:
        """What a ``for`` over a call of a known generator function gets; None when it is something else."""
        functions = callee.functions
        if callee.mask != CLOSURE or functions is None or len(functions) != 1:
            return None
        (index,) = functions
        facts = self.functions[index]
        if facts is None or not facts.function.code.generator:
            return None
        self.pass_arguments(index, facts, arguments)
        facts.callers.add(self.function_index)
        return facts.yields

    def returns(self, fact: Fact) -> None:
        facts = self.current
        if facts.function.code.generator:
            return
        if facts.escaped or self.function_index == 0:
            self.forget(fact)
        facts.result_visits += 1
        new = self.grown(facts.result, fact, facts.result_visits // 4)
        if new is not facts.result:
            facts.result = new
            for caller in facts.callers:
                self.visit_later(caller)
