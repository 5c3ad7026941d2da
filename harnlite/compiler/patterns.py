"""``match`` (docs/reference/language.md 4.2).

A pattern becomes tests, each of which leaves a bool, and bindings, which follow once all tests have passed. An arm is
its tests, ``IF``, its body, ``ELSE``, the next arm.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable

from harnlite.bytecode.opcodes import Op
from harnlite.compiler.analysis import contains_assignment
from harnlite.compiler.base import CompilerBase
from harnlite.compiler.scopes import LocalVariable
from harnlite.syntax import tree

__all__ = ["Patterns"]

Emit = Callable[[], None]


class _Arm:
    """What an arm's pattern asks (each emits a bool) and binds (each emits a value)."""

    __slots__ = ("bindings", "tests")

    def __init__(self) -> None:
        self.tests: list[Emit] = []
        self.bindings: list[tuple[tree.Name, Emit]] = []


class Patterns(CompilerBase, ABC):
    """Instructions for ``match``."""

    def match(self, node: tree.Match, want: bool) -> None:
        code = self.code
        subject = self._subject(node)
        opened: list[tree.MatchArm] = []
        for arm in node.arms:
            self.mark(arm)
            self.enter_block({})
            tested = self._arm_test(arm, subject)
            if tested:
                code.open(Op.IF, arm.span, int(want))
                opened.append(arm)
            if arm.guard is None:
                self._bind(arm, subject)
            self.block(arm.body, want)
            self.leave_block(arm)
            if not tested:
                break
            code.separate(Op.ELSE, arm.span)
        else:
            self.constant("No match arm matched the value", node)
            self.emit(Op.THROW, node)
        for arm in reversed(opened):
            code.close(arm.span)

    def _subject(self, node: tree.Match) -> int:
        """Give the slot of the value to match: the variable itself where nothing can change it meanwhile."""
        if isinstance(node.subject, tree.Name):
            bound = self.scope.find(node.subject.name)
            guards = (arm.guard for arm in node.arms if arm.guard is not None)
            if isinstance(bound, LocalVariable) and not any(contains_assignment(guard) for guard in guards):
                self.mark(node.subject)
                return bound.slot
        self.expression(node.subject)
        return self.store_hidden("subject", node)

    def _arm_test(self, arm: tree.MatchArm, subject: int) -> bool:
        """Leave whether an arm applies; tell whether there is anything to test. A guard sees the names bound."""
        tests = self._analyse(arm, subject).tests
        for test in tests[:-1]:
            test()
            self.code.open(Op.IF, arm.span, 1)
        if tests:
            tests[-1]()
        if arm.guard is not None:
            if tests:
                self.code.open(Op.IF, arm.span, 1)
            self._bind(arm, subject)
            self.expression(arm.guard)
            if tests:
                self._otherwise_false(arm)
        for _ in tests[:-1]:
            self._otherwise_false(arm)
        return bool(tests) or arm.guard is not None

    def _otherwise_false(self, node: tree.Node) -> None:
        self.code.separate(Op.ELSE, node.span)
        self.emit(Op.FALSE, node)
        self.code.close(node.span)

    def _bind(self, arm: tree.MatchArm, subject: int) -> None:
        for name, load in self._analyse(arm, subject).bindings:
            load()
            self.bind_new(name.name, False, name)

    def _analyse(self, arm: tree.MatchArm, subject: int) -> _Arm:
        found = _Arm()

        def load() -> None:
            self.emit(Op.LOAD, arm, subject)

        if len(arm.patterns) == 1:
            self._pattern(arm.patterns[0], load, found)
        elif not any(_is_wildcard(pattern) for pattern in arm.patterns):
            found.tests.append(lambda: self._alternatives(arm, load))
        return found

    def _alternatives(self, arm: tree.MatchArm, load: Emit) -> None:
        for pattern in arm.patterns[:-1]:
            self._equals(pattern, load)
            self.code.open(Op.IF, pattern.span, 1)
            self.emit(Op.TRUE, pattern)
            self.code.separate(Op.ELSE, pattern.span)
        self._equals(arm.patterns[-1], load)
        for pattern in reversed(arm.patterns[:-1]):
            self.code.close(pattern.span)

    def _pattern(self, pattern: tree.Expression, load: Emit, found: _Arm) -> None:
        if isinstance(pattern, tree.Name):
            if pattern.name != "_":
                found.bindings.append((pattern, load))
        elif isinstance(pattern, tree.Member | tree.MethodCall) and self._is_variant(pattern):
            self._enum_pattern(pattern, load, found)
        elif isinstance(pattern, tree.DictLiteral):
            self._dict_pattern(pattern, load, found)
        elif isinstance(pattern, tree.ListLiteral):
            self._list_pattern(pattern, load, found)
        else:
            found.tests.append(lambda: self._equals(pattern, load))

    def _equals(self, pattern: tree.Expression, load: Emit) -> None:
        load()
        self.expression(pattern)
        self.emit(Op.EQ, pattern)

    def _is_variant(self, pattern: tree.Member | tree.MethodCall) -> bool:
        return isinstance(pattern.object, tree.Name) and pattern.object.name in self.enums

    def _enum_pattern(self, pattern: tree.Member | tree.MethodCall, load: Emit, found: _Arm) -> None:
        assert isinstance(pattern.object, tree.Name)
        variant = self.chunk.constant((pattern.object.name, pattern.name))

        def test() -> None:
            load()
            self.emit(Op.IS_VARIANT, pattern, variant)

        def field(number: int) -> Emit:
            def load_field() -> None:
                load()
                self.emit(Op.ENUM_FIELD, pattern, number)

            return load_field

        found.tests.append(test)
        for number, part in enumerate(pattern.arguments if isinstance(pattern, tree.MethodCall) else ()):
            self._pattern(part, field(number), found)

    def _dict_pattern(self, pattern: tree.DictLiteral, load: Emit, found: _Arm) -> None:
        def test() -> None:
            load()
            self.emit(Op.IS_DICT, pattern)

        def value(entry: tree.DictEntry) -> Emit:
            def load_value() -> None:
                load()
                if isinstance(entry.key, str):
                    self.emit(Op.GET_FIELD, entry, self.chunk.name(entry.key))
                else:
                    self.expression(entry.key)
                    self.emit(Op.GET_INDEX, entry)

            return load_value

        found.tests.append(test)
        for entry in pattern.entries:
            if isinstance(entry, tree.Spread):
                self.refuse(entry.span, "a pattern cannot hold a spread (...)")
            self._pattern(entry.value, value(entry), found)

    def _list_pattern(self, pattern: tree.ListLiteral, load: Emit, found: _Arm) -> None:
        def test() -> None:
            load()
            self.emit(Op.IS_LIST, pattern, len(pattern.items))

        def item(number: int) -> Emit:
            def load_item() -> None:
                load()
                self.constant(number, pattern)
                self.emit(Op.GET_INDEX, pattern)

            return load_item

        found.tests.append(test)
        for number, part in enumerate(pattern.items):
            if isinstance(part, tree.Spread):
                self.refuse(part.span, "a pattern cannot hold a spread (...)")
            self._pattern(part, item(number), found)


def _is_wildcard(pattern: tree.Expression) -> bool:
    return isinstance(pattern, tree.Name) and pattern.name == "_"
