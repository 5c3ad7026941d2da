"""The texts of calls: guest functions, builtins, methods, and of everything that is looked up by name.

A call of a function that facts know goes straight to its Python function, any other one tests for a closure with the
right number of parameters first and leaves the rest to ``call_value``. The depth of the caller travels in ``d``.
"""

from __future__ import annotations

from typing import Final

from harnlite.bytecode.opcodes import Op
from harnlite.translator.emit_access import AccessEmitter
from harnlite.translator.facts import FunctionFacts
from harnlite.translator.known import BUILTINS, METHODS
from harnlite.translator.lattice import CLOSURE, DICT, FLOAT, INT, LIST, NIL, NUMBER, RANGE, STRUCT, TEXT
from harnlite.translator.moves import is_given_up
from harnlite.translator.tree import Constant, Expression, Local, Operation
from harnlite.translator.writer import Atom, marked
from harnlite.values.operators import MIN_INT

__all__ = ["CallEmitter"]

_TYPE_NAMES: Final = {TEXT: "string", LIST: "list", DICT: "dict", RANGE: "range"}
_LATE: Final = frozenset({Op.LOAD_LATE_CAPTURE, Op.LOAD_LATE_CAPTURE_CALLEE})


class CallEmitter(AccessEmitter):
    """Calls and names."""

    #: How many names ``next_construct`` has given out.
    constructs: int
    #: All functions of the chunk.
    all_facts: list[FunctionFacts | None]
    #: Captures whose Python function is called directly.
    direct_captures: set[int]
    #: Constructs around the statement at hand that an error or a tail call would have to pass.
    protections: int

    # ----------------------------------------------------------------------------------------- guest functions

    def takes(self, function: int, count: int) -> bool:
        """Whether a function accepts so many arguments."""
        code = self.chunk.functions[function]
        return code.required <= count and (code.has_rest or count <= len(code.parameters))

    def known_functions(self, callee: Expression, count: int) -> frozenset[int]:
        """The functions that a callee may be, if they all are known and take so many arguments."""
        fact = callee.fact
        if fact.mask != CLOSURE or not fact.functions or not all(self.takes(k, count) for k in fact.functions):
            return frozenset()
        return fact.functions

    def function_text(self, callee: Expression, functions: frozenset[int]) -> tuple[str, str] | None:
        """The Python function of a callee of which all is known: what must be found first, and its name in that."""
        if isinstance(callee, Local):
            return "", f"{self.slot(callee.slot)}.function"
        if isinstance(callee, Operation) and callee not in self.hoisted:
            if callee.op is Op.LOAD_SELF:
                return "", f"f{self.function.index}"
            if callee.op is Op.LOAD_CAPTURE and len(functions) == 1:
                self.direct_captures.add(callee.a)
                return "", f"g{callee.a}"
            if callee.op in _LATE:
                return f"({self.late(callee)})", ".function"
        return None

    def direct_call(self, at: int, function: tuple[str, str], arguments: list[str]) -> Atom:
        """A call of a Python function, whose errors are those of an instruction."""
        before, name = function
        return Atom(before + marked(at, f"{name}({', '.join(arguments)})"))

    def call(self, node: Operation) -> str:
        """CALL."""
        callee, *arguments = node.operands
        functions = self.known_functions(callee, len(arguments))
        text = self.function_text(callee, functions) if functions else None
        if text is not None:
            given_up = self.gives_up(node, functions, arguments)
            given = self.operands(arguments, safe=True)
            return self.direct_call(node.at, text, ["d + 1", *given, *given_up])
        return self.call_unknown(node, callee, arguments, ascii(self.chunk.names[node.b]), "d + 1")

    def gives_up(self, node: Operation, functions: frozenset[int], arguments: list[Expression]) -> list[str]:
        """The further argument by which a caller gives up a variable (``moves.py``)."""
        if len(functions) != 1 or self.protections or self.code.generator or node is not self.root:
            return []
        facts = self.all_facts[next(iter(functions))]
        if facts is None or facts.moving is None:
            return []
        argument = arguments[facts.moving[0]]
        target = self.target
        if target == -2 and isinstance(argument, Local):
            target = argument.slot
        return ["LENT"] if is_given_up(node, argument, target) else []

    def call_unknown(
        self, node: Operation, callee: Expression, arguments: list[Expression], name: str, depth: str
    ) -> str:
        if callee.fact.mask & CLOSURE:
            target, *texts = self.operands([callee, *arguments], atoms=True)
            rest = self.marked_call(node, "call_value", ["d", target, name, *texts])
            direct = self.marked_call(node, f"{target}.function", [depth, *texts])
            is_closure = "" if callee.fact.mask == CLOSURE else f"type({target}) is Closure and "
            return f"{direct} if {is_closure}{target}.arity == {len(texts)} else {rest}"
        target, *texts = self.operands([callee, *arguments], safe=True)
        return self.marked_call(node, "call_value", ["d", target, name, *texts])

    def call_spread(self, node: Operation) -> str:
        callee, arguments = self.operands(node.operands, safe=True)
        return self.marked_call(node, "call_spread", ["d", callee, arguments, ascii(self.chunk.names[node.a])])

    def pipe(self, node: Operation) -> str:
        argument, callee = node.operands
        functions = self.known_functions(callee, 1)
        text = self.function_text(callee, functions) if functions else None
        if text is not None:
            return self.direct_call(node.at, text, ["d + 1", *self.operands([argument], safe=True)])
        value, target = self.operands(node.operands, safe=True)
        return self.marked_call(node, "pipe", ["d", value, target])

    # ------------------------------------------------------------------------------------------------ builtins

    def call_builtin(self, node: Operation) -> str:
        name = self.chunk.names[node.a]
        text = self.inlined_builtin(name, node)
        if text:
            return text
        texts = self.operands(node.operands, safe=True)
        if name in BUILTINS:
            return self.marked_call(node, self.names.builtin(node.a, len(texts)), ["vm", *texts])
        return self.marked_call(node, self.names.deep_builtin(node.a, len(texts)), ["d", *texts])

    def call_builtin_spread(self, node: Operation) -> str:
        (arguments,) = self.operands(node.operands, safe=True)
        return self.marked_call(node, "call_spread", ["d", "None", arguments, ascii(self.chunk.names[node.a])])

    def inlined_builtin(self, name: str, node: Operation) -> str:
        operands = node.operands
        masks = [operand.fact.mask for operand in operands]
        if len(masks) == 1:
            return self.inlined_unary(name, node, masks[0])
        if name in ("min", "max") and masks == [INT, INT]:
            a, b = self.operands(operands, atoms=True)
            return f"{a} if {a} {'<=' if name == 'min' else '>='} {b} else {b}"
        return ""

    def inlined_unary(self, name: str, node: Operation, mask: int) -> str:
        """Builtins of one argument."""
        operand = node.operands[0]
        if name == "len" and not mask & ~(LIST | DICT | TEXT | NIL) and mask != NIL:
            self.rescue = self.rescue or bool(mask & NIL)
            return Atom(f"len({self.fast(operand)})")
        if name == "to_string":
            text = self.fast(operand)
            return text if mask == TEXT else Atom(f"str({text})" if mask == INT else f"display({text})")
        if mask & ~NUMBER or not mask:
            return ""
        if name == "to_float":
            return self.fast(operand) if mask == FLOAT else Atom(f"float({self.fast(operand)})")
        if name == "to_int" and mask == INT:
            return self.fast(operand)
        if name == "sqrt":
            self.rescue = True
            return Atom(f"sqrt({self.fast(operand)})")
        if name == "abs" and (mask == FLOAT or (mask == INT and operand.fact.low > MIN_INT)):
            return Atom(f"abs({self.fast(operand)})")
        return ""

    # ------------------------------------------------------------------------------------------------- methods

    def call_method(self, node: Operation) -> str:
        """CALL_METHOD, and CALL_METHOD_OPT of what cannot be nil."""
        name = self.chunk.names[node.a]
        fact = node.operands[0].fact
        known = fact.mask & ~NIL
        if node.op is Op.CALL_METHOD_OPT and fact.mask & NIL:
            texts = self.operands(node.operands, safe=True)
            return self.marked_call(node, "call_method_optional", ["d", texts[0], ascii(name), *texts[1:]])
        text = self.callback_method(node, name)
        if not text:
            text = self.inlined_method(name, node, known)
        if text:
            if fact.mask & NIL:
                self.rescue = True
            return text
        if name in METHODS.get(known, ()):
            target, *texts = self.operands(node.operands, safe=True)
            method = self.names.method(_TYPE_NAMES[known], node.a, len(texts))
            if fact.mask == known:
                return self.marked_call(node, method, ["vm", target, *texts])
        if fact.mask & STRUCT:
            return self.struct_method(node, name)
        texts = self.operands(node.operands, safe=True)
        return self.marked_call(node, "call_method", ["d", texts[0], ascii(name), *texts[1:]])

    def struct_method(self, node: Operation, name: str) -> str:
        """A method call that may be one of an ``impl``: called from here, so that it takes one Python frame."""
        target, *texts = self.operands(node.operands, atoms=True)
        writer = self.writer
        number = self.next_construct()
        method, result = f"f{number}_", f"l{number}"
        found = f"{target}.type.methods.get({name!a})"
        if node.operands[0].fact.mask != STRUCT:
            found += f" if type({target}) is StructValue else None"
        writer.line(f"{method} = {found}")
        writer.line(f"if {method} is not None and {method}.arity == {len(texts) + 1}:")
        writer.indent()
        writer.line("try:")
        writer.indent()
        writer.line(f"{result} = {method}.function({', '.join(['d + 1', target, *texts])})", node.at)
        writer.dedent()
        self.crossing(node)
        writer.dedent()
        writer.line("else:")
        writer.indent()
        writer.line(f"{result} = call_method({', '.join(['d', target, ascii(name), *texts])})", node.at)
        writer.dedent()
        self.hoisted[node] = result
        return result

    def crossing(self, node: Operation) -> None:
        """Errors that leave a callback or method get its line (language.md 7.1)."""
        error = f"e{self.next_construct()}"
        self.writer.line(f"except CATCHABLE as {error}:")
        self.writer.indent()
        self.writer.line(f"raise crossed({error})", node.at)
        self.writer.dedent()

    def next_construct(self) -> int:
        """A number for names that outlive their statement's temporaries."""
        self.constructs += 1
        return self.constructs

    def callback_method(self, node: Operation, name: str) -> str:
        """A method that calls a known closure; "" when there is no text of its own for it."""
        raise NotImplementedError

    def inlined_method(self, name: str, node: Operation, known: int) -> str:
        """A method of a core type as Python has it; may fail on a nil receiver, never succeed."""
        arguments = node.operands[1:]
        masks = [operand.fact.mask for operand in arguments]
        if not masks:
            return self.inlined_plain_method(name, node, known)
        if masks == [TEXT]:
            if known == TEXT:
                return self.inlined_text_method(name, node)
            if known == DICT and name == "has":
                receiver, key = self.exchangeable(node)
                return f"{key} in {receiver}"
            if known == LIST and name == "join" and node.operands[0].fact.element.mask == TEXT:
                receiver, separator = self.exchangeable(node)
                return Atom(f"{separator}.join({receiver})")
        if known == DICT and name == "get" and masks[0] == TEXT and len(masks) <= 2:
            receiver, *texts = self.operands(node.operands)
            return Atom(f"{receiver}.get({', '.join(texts)})")
        if known == TEXT and name == "replace" and masks == [TEXT, TEXT]:
            receiver, *texts = self.operands(node.operands)
            return Atom(f"{receiver}.replace({', '.join(texts)})")
        if known == LIST and name == "push" and len(masks) == 1:
            receiver, item = self.operands(node.operands)
            return Atom(f"[*{receiver}, {item}]")
        return ""

    def exchangeable(self, node: Operation) -> list[str]:
        """The texts of two operands that Python has to evaluate in the other order."""
        return self.operands(node.operands, atoms=not any(map(self.is_movable, node.operands)))

    def inlined_text_method(self, name: str, node: Operation) -> str:
        """Methods of strings with one string argument."""
        part = node.operands[1]
        simple = {"starts_with": "startswith", "ends_with": "endswith", "index_of": "find", "last_index_of": "rfind"}
        if name in simple:
            receiver, text = self.operands(node.operands)
            return Atom(f"{receiver}.{simple[name]}({text})")
        if name == "contains":
            receiver, text = self.exchangeable(node)
            return f"{text} in {receiver}"
        if name == "split" and type(part) is Constant and part.value:
            receiver, text = self.operands(node.operands)
            return Atom(f"{receiver}.split({text})")
        return ""

    def inlined_plain_method(self, name: str, node: Operation, known: int) -> str:
        """Methods without arguments."""
        receiver = node.operands[0]
        maybe_nil = bool(receiver.fact.mask & NIL)
        if known in (TEXT, LIST, DICT):
            if name == "count" or (name == "len" and known == TEXT):
                return Atom(f"len({self.fast(receiver)})")
            if name == "empty" and known != DICT and not maybe_nil:
                return Atom(f"(not {self.operand(receiver)})")
        if known == TEXT:
            python = {"upper": "upper", "uppercase": "upper", "to_upper": "upper"} | {
                "lower": "lower", "lowercase": "lower", "to_lower": "lower"
            }  # fmt: skip
            if name in python:
                return Atom(f"{self.operand(receiver)}.{python[name]}()")
            if name == "chars":
                return Atom(f"list({self.fast(receiver)})")
        if known == LIST:
            if name == "sum" and receiver.fact.element.mask == INT:
                return Atom(f"wrap(sum({self.fast(receiver)}))")
            if name == "to_list":
                return Atom(f"{self.operand(receiver)}[:]")
            if name == "reverse":
                return Atom(f"{self.operand(receiver)}[::-1]")
            if name in ("first", "last") and not maybe_nil:
                (text,) = self.operands([receiver], atoms=True)
                return f"{text}[{0 if name == 'first' else -1}] if {text} else None"
        if known == DICT and name == "keys":
            return Atom(f"sorted({self.fast(receiver)})")
        return ""

    def python_range(self, node: Expression) -> str:
        """A Python range of the items of a range."""
        if isinstance(node, Operation) and node.op is Op.RANGE and node not in self.hoisted:
            if all(operand.fact.mask == INT for operand in node.operands):
                start, end = self.operands(node.operands)
                if not node.a:
                    last = node.operands[1]
                    end = str(last.value + 1) if type(last) is Constant else f"{end} + 1"
                return Atom(f"range({end})" if start == "0" else f"range({start}, {end})")
            start, end = self.operands(node.operands)
            return Atom(f"make_range({start}, {end}, {bool(node.a)}).as_range()")
        return Atom(f"{self.operand(node)}.as_range()")

    def call_method_spread(self, node: Operation) -> str:
        receiver, arguments = self.operands(node.operands, safe=True)
        optional = node.op is Op.CALL_METHOD_OPT_SPREAD
        name = "call_method_optional" if optional else "call_method"
        return self.marked_call(node, name, ["d", receiver, ascii(self.chunk.names[node.a]), f"*{arguments}"])

    # --------------------------------------------------------------------------------------------------- names

    def itself(self, _node: Operation) -> str:
        """LOAD_SELF as a value."""
        index = self.function.index
        captures = "".join(f"c{number}, " for number in range(len(self.code.captures)))
        return Atom(f"Closure({self.names.code(index)}, ({captures}), instance, f{index}, {self.arity(index)})")

    def arity(self, function: int) -> int:
        """What ``Closure.arity`` is for a function."""
        parameters = self.chunk.functions[function].parameters
        return -1 if any(p.has_default or p.rest for p in parameters) else len(parameters)

    def make_closure(self, node: Operation) -> str:
        captures = [self.captured_text(*source) for source in self.chunk.functions[node.a].captures]
        return Atom(f"make_{node.a}({', '.join(captures)})")

    def captured_text(self, from_capture: bool, index: int) -> str:
        """A variable of this function, or a value that it has captured itself."""
        return self.capture_name(index) if from_capture else str(self.slot(index))

    def capture_name(self, index: int) -> str:
        """The variable of a captured value."""
        return f"c{index}"

    def capture(self, node: Operation) -> str:
        return Atom(self.capture_name(node.a))

    def late(self, node: Operation) -> str:
        """LOAD_LATE_CAPTURE and LOAD_LATE_CAPTURE_CALLEE."""
        is_call = node.op is Op.LOAD_LATE_CAPTURE_CALLEE
        cell = f"c{node.a}"
        name = self.chunk.names[node.b]
        slow = marked(node.at, f"late({cell}, {name!a}, {is_call})")
        if not node.fact.functions:
            return Atom(slow)
        self.names.absent.add(name)
        found = self.temporary()
        return f"{found} if type({found} := {cell}.value) is Closure else {slow}"

    def load_name(self, node: Operation) -> str:
        """LOAD_DYNAMIC, LOAD_GLOBAL, LOAD_BUILTIN."""
        name = ascii(self.chunk.names[node.a])
        if node.op is Op.LOAD_DYNAMIC:
            return self.marked_call(node, "load_dynamic", [name, str(bool(node.b))])
        return self.marked_call(node, "load_global" if node.op is Op.LOAD_GLOBAL else "load_builtin", [name])

    def load_module(self, node: Operation) -> str:
        name = self.temporary()
        slow = marked(node.at, f"load_module({node.a}, {bool(node.b)})")
        return f"{name} if ({name} := state[{node.a}]) is not MISSING else {slow}"

    def load_import(self, node: Operation) -> str:
        return self.marked_call(node, "load_import", [str(node.a), ascii(self.chunk.names[node.b])])

    # --------------------------------------------------------------------------------------------------- tasks

    def spawn(self, node: Operation) -> str:
        return self.marked_call(node, "spawn", ["d", *self.operands(node.operands, safe=True)])

    def parallel(self, node: Operation) -> str:
        return self.marked_call(node, "parallel", ["d", str(node.a), *self.operands(node.operands, safe=True)])

    def missing(self, node: Operation) -> str:
        return f"{self.slot(node.a)} is MISSING"

    def new_cell(self, _node: Operation) -> str:
        return Atom("LateCell()")
