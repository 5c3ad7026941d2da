"""The texts of list methods that call a closure: ``xs.map({ x -> x * 2 })`` and its kin.

A closure written in place whose body is one expression without effects becomes part of a comprehension. Any other
known closure is called by a helper that knows how errors leave a callback.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from harnlite.bytecode.opcodes import Op
from harnlite.translator.emit_calls import CallEmitter
from harnlite.translator.known import CALLBACKS
from harnlite.translator.lattice import INT, LIST, NIL, TEXT
from harnlite.translator.tree import Expression, Leave, Operation
from harnlite.translator.writer import Atom, Writer
from harnlite.vm.calls import DEPTH_LIMIT

if TYPE_CHECKING:
    from harnlite.translator.facts import FunctionFacts

__all__ = ["CallbackEmitter"]

#: Methods as statements that call a closure: ``f`` is its Python function, ``r`` the result, ``xs`` the items.
_CALLED: Final[dict[str, tuple[str, ...]]] = {
    "all": ("{r} = True", "for {x} in {xs}:", " if not {f}({d}, {x}):", "  {r} = False", "  break"),
    "any": ("{r} = False", "for {x} in {xs}:", " if {f}({d}, {x}):", "  {r} = True", "  break"),
    "every": ("{r} = True", "for {x} in {xs}:", " if not {f}({d}, {x}):", "  {r} = False", "  break"),
    "filter": ("{r} = []", "for {x} in {xs}:", " if {f}({d}, {x}):", "  {r}.append({x})"),
    "find": ("{r} = None", "for {x} in {xs}:", " if {f}({d}, {x}):", "  {r} = {x}", "  break"),
    "map": ("{r} = []", "for {x} in {xs}:", " {r}.append({f}({d}, {x}))"),
    "none": ("{r} = True", "for {x} in {xs}:", " if {f}({d}, {x}):", "  {r} = False", "  break"),
    "reduce": ("{r} = {start}", "for {x} in {xs}:", " {r} = {f}({d}, {r}, {x})"),
    "sort_by": ("{r} = []", "for {x} in {xs}:", " {r}.append({f}({d}, {x}))", "{r} = sort_by_keys({xs}, {r})"),
}
#: Methods whose closure can become part of a comprehension.
_INLINED: Final = frozenset({"map", "filter", "sort_by", "any", "all", "every", "none", "reduce"})


class _Inlined(NamedTuple):
    """A closure's body as an expression.

    :ivar parameters: the variables that stand for its parameters.
    :ivar captures: its captured values: variables, and what they are bound to.
    :ivar rescue: whether it may fail.
    """

    body: str
    condition: str
    parameters: list[str]
    captures: list[tuple[str, str]]
    rescue: bool


class CallbackEmitter(CallEmitter):
    """List methods with callbacks."""

    inlined_closures: dict[Operation, _Inlined | None]

    def body_emitter(self, facts: FunctionFacts, slots: dict[int, str], captures: list[str]) -> CallbackEmitter:
        """An emitter for the body of a closure whose variables have other names here."""
        raise NotImplementedError

    def is_inlined(self, node: Operation) -> bool:
        return self.inlined(node) is not None

    def inlined(self, node: Operation) -> _Inlined | None:
        """The closure of a callback method, if its body can stand in a comprehension."""
        if node not in self.inlined_closures:
            self.inlined_closures[node] = self.inline(node)
        return self.inlined_closures[node]

    def inline(self, node: Operation) -> _Inlined | None:
        receiver = node.operands[0].fact.mask
        name = self.chunk.names[node.a]
        if receiver & ~NIL != LIST or name not in _INLINED or len(node.operands) < 2:
            return None
        closure = node.operands[-1]
        count = CALLBACKS[LIST][name].arguments
        if len(node.operands) != count + 1 or type(closure) is not Operation or closure.op is not Op.MAKE_CLOSURE:
            return None
        facts = self.all_facts[closure.a]
        if facts is None or facts.escaped or len(facts.parameters) != count:
            return None
        code = facts.function.code
        if code.generator or code.has_rest:
            return None
        body = facts.function.body
        if (
            len(body) != 1
            or type(body[0]) is not Leave
            or body[0].op is not Op.RETURN
            or not self.takes(closure.a, count)
        ):
            return None
        return self.inline_body(closure, facts, body[0].operands[0])

    def inline_body(self, closure: Operation, facts: FunctionFacts, value: Expression) -> _Inlined | None:
        index = facts.function.index
        slots = {slot: f"x{index}_{slot}" for slot in range(len(facts.parameters))}
        sources = self.chunk.functions[closure.a].captures
        captures = [f"y{index}_{number}" for number in range(len(sources))]
        emitter = self.body_emitter(facts, slots, captures)
        text = emitter.fast(value)
        condition = emitter.condition(value)
        if emitter.effects or emitter.temporaries or emitter.writer.lines or "\0" in text:
            return None
        if facts.function.slot_total > len(slots):
            return None
        bound = [
            (capture, self.captured_text(source.from_capture, source.index))
            for capture, source in zip(captures, sources, strict=True)
            if capture in text
        ]
        return _Inlined(text, condition, list(slots.values()), bound, emitter.rescue)

    def callback_method(self, node: Operation, name: str) -> str:
        if node.operands[0].fact.mask & ~NIL != LIST:
            return ""
        found = self.inlined(node)
        if found is not None:
            text = self.comprehension(node, name, found)
            if text:
                return text
        return self.called_for_items(node, name)

    def called_for_items(self, node: Operation, name: str) -> str:
        """Call a known closure for the items, in statements of this function: each call takes one Python frame."""
        closure = node.operands[-1]
        expected = CALLBACKS[LIST][name].arguments if name in _CALLED else -1
        if len(node.operands) != expected + 1 or not self.known_functions(closure, expected):
            return ""
        if node.operands[0].fact.mask != LIST:
            return ""
        texts = self.operands(node.operands, atoms=True)
        writer = self.writer
        number = self.next_construct()
        result, item = f"l{number}", f"x{number}"
        function = f"f{number}_"
        writer.line(f"{function} = {texts[-1]}.function")
        writer.line("try:")
        writer.indent()
        for line in _CALLED[name]:
            depth = len(line) - len(line.lstrip())
            for _ in range(depth):
                writer.indent()
            text = line.strip().format(r=result, x=item, f=function, xs=texts[0], start=texts[1], d="d + 1")
            writer.line(text, node.at)
            for _ in range(depth):
                writer.dedent()
        writer.dedent()
        self.crossing(node)
        self.hoisted[node] = result
        return result

    def comprehension(self, node: Operation, name: str, found: _Inlined) -> str:
        """The method as a comprehension; "" where that is not possible."""
        if name == "reduce":
            sure = not found.rescue and node.operands[0].fact.mask == LIST
            return self.reduction(node, found) if sure else ""
        # The text of the receiver occurs twice when it is sorted, or when the depth has to be looked at.
        twice = name == "sort_by" or self.function.index != 0
        (receiver,) = self.operands(node.operands[:1], atoms=twice)
        (item,) = found.parameters
        source = receiver
        clauses = f"for {item} in {source}"
        if found.captures:
            variables = ", ".join(variable for variable, _ in found.captures)
            values = ", ".join(value for _, value in found.captures)
            clauses = f"for z, {variables} in (({source}, {values}),) for {item} in z"
        self.rescue = self.rescue or found.rescue
        text = self.comprehended(node, name, found, clauses, item, receiver)
        if self.function.index == 0:
            return text
        slow = self.plain_operation(node)
        return f"{text} if d < {DEPTH_LIMIT} else {slow}"

    def comprehended(self, node: Operation, name: str, found: _Inlined, clauses: str, item: str, receiver: str) -> str:
        if name == "map":
            return Atom(f"[{found.body} {clauses}]")
        if name == "filter":
            return Atom(f"[{item} {clauses} if {found.condition}]")
        if name == "sort_by":
            keys = self.all_facts[node.operands[-1].a].result  # type: ignore[attr-defined, union-attr]  # checked by inline()
            helper = "sort_naturally" if keys.mask in (INT, TEXT) else "sort_by_keys"
            return Atom(f"{helper}({receiver}, [{found.body} {clauses}])")
        python = "all" if name in ("all", "every") else "any"
        text = f"{python}([{found.condition} {clauses}])"
        return Atom(f"(not {text})" if name == "none" else text)

    def reduction(self, node: Operation, found: _Inlined) -> str:
        """``reduce`` as a loop of its own."""
        receiver, start = self.operands(node.operands[:2], atoms=True)
        total, item = found.parameters
        self.writer.line(f"{total} = {start}")
        for variable, value in found.captures:
            self.writer.line(f"{variable} = {value}")
        self.writer.line(f"for {item} in {receiver}:")
        self.writer.indent()
        self.writer.line(f"{total} = {found.body}")
        self.writer.dedent()
        name = self.temporary()
        self.writer.line(f"{name} = {total}")
        self.writer.line(f"{total} = None")
        self.hoisted[node] = name
        return name

    def scratch(self) -> Writer:
        """A writer whose lines are only counted."""
        return Writer()
