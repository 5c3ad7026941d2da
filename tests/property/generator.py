"""Random Harn programs from a seed, for comparing the tiers.

Every program ends: loops are bounded, functions call only earlier ones, or themselves with a counter that goes down.
Most expressions have the type that is asked for, some do not, so errors of all kinds occur, caught and uncaught.
Values are copied and then changed in many places, because that is where sharing would show.
"""

from __future__ import annotations

import random
from typing import NamedTuple

from tests.property.forms import FORMS, LITERALS, LOOP_UPDATES, SUPERTYPES, TYPES, UPDATES
from tests.property.prelude import IMPORTED, declarations

__all__ = ["generate"]


class _Variable(NamedTuple):
    name: str
    kind: str
    mutable: bool


class _Function(NamedTuple):
    name: str
    parameters: list[str]
    result: str


class _Generator:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.imports = self.random.random() < 0.15
        self.lines: list[str] = []
        self.level = 0
        self.names = 0
        self.scopes: list[list[_Variable]] = [[]]
        self.functions: list[_Function] = []
        self.loops = 0
        self.in_function = False
        self.budget = 0

    def line(self, text: str) -> None:
        self.lines.append("  " * self.level + text)

    def name(self, prefix: str) -> str:
        self.names += 1
        return f"{prefix}{self.names}"

    def declare(self, kind: str, mutable: bool) -> _Variable:
        variable = _Variable(self.name("v"), kind, mutable)
        self.scopes[-1].append(variable)
        return variable

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def variable(self, kind: str, mutable: bool = False) -> _Variable | None:
        kinds = SUPERTYPES.get(kind, (kind,))
        found = [v for scope in self.scopes for v in scope if v.kind in kinds and (v.mutable or not mutable)]
        return self.random.choice(found) if found else None

    # --------------------------------------------------------------------------------------------- expressions

    def expression(self, kind: str, depth: int = 0) -> str:
        """An expression that mostly has a type."""
        if kind == "any" or self.chance(0.01):
            kind = self.random.choice((*TYPES, "ints", "maybe"))
        variable = self.variable(kind)
        if variable is not None and self.chance(0.45 if depth < 3 else 0.9):
            return variable.name
        if depth >= 3 or self.chance(0.15):
            return self.random.choice(LITERALS[kind])
        callees = [function for function in self.functions if function.result == kind]
        if callees and self.chance(0.2):
            callee = self.random.choice(callees)
            return f"{callee.name}({', '.join(self.expression(each, depth + 1) for each in callee.parameters)})"
        form = self.random.choice(FORMS[kind])
        while not self.imports and form.partition("(")[0] in IMPORTED:
            form = self.random.choice(FORMS[kind])
        return self.fill(form, depth + 1)

    def fill(self, form: str, depth: int, name: str = "") -> str:
        """Put expressions where a form has types in braces."""
        done = ""
        rest = form
        while rest:
            before, brace, after = rest.partition("{")
            done += before
            if not brace:
                break
            inside, _, behind = after.partition("}")
            text = self.placeholder(inside, depth, name)
            if text is None:
                done += "{"
                rest = after
            else:
                done += text
                rest = behind
        return done

    def placeholder(self, text: str, depth: int, name: str) -> str | None:
        if text == "v":
            return name
        if text == "any" or text in FORMS:
            return self.expression(text, depth)
        kind = text.removesuffix(" var")
        if kind in LITERALS:
            variable = self.variable(kind)
            return variable.name if variable is not None else f"({self.random.choice(LITERALS[kind])})"
        if text.startswith("x:"):
            self.scopes.append([_Variable("x", "int", False)])
            inner = self.expression(text[2:], depth)
            self.scopes.pop()
            return inner
        return None

    # ---------------------------------------------------------------------------------------------- statements

    def block(self, size: int) -> None:
        """Statements in a scope of their own."""
        self.level += 1
        self.scopes.append([])
        for _ in range(self.random.randint(1, size)):
            self.statement()
        self.scopes.pop()
        self.level -= 1

    def statement(self) -> None:
        self.budget -= 1
        simple = [self.binding, self.binding, self.update, self.update, self.update, self.show]
        nested = [
            self.taking_apart,
            self.pulling,
            self.branch,
            self.counting,
            self.for_each,
            self.match,
            self.attempt,
            self.closure,
            self.clean_up,
            self.retrying,
            self.guarded,
            self.scoped,
            self.channel,
            self.spawning,
            self.generator,
            self.inner_function,
            self.stored,
        ]
        if self.budget < 0 or self.level > 5 or self.chance(0.6):
            self.random.choice(simple)()
        elif self.chance(0.1):
            self.leave()
        else:
            self.random.choice(nested)()

    def binding(self) -> None:
        kind = self.random.choice((*TYPES, "ints"))
        mutable = self.chance(0.75)
        value = self.expression(kind)
        self.line(f"{'var' if mutable else 'let'} {self.declare(kind, mutable).name} = {value}")

    def update(self) -> None:
        """Change a variable, sometimes while somebody else holds its value."""
        kind = self.random.choice(tuple(UPDATES))
        variable = self.variable(kind, mutable=True)
        if variable is None:
            self.binding()
            return
        if self.chance(0.3):
            self.line(f"let {self.declare(variable.kind, False).name} = {variable.name}")
        if self.loops:
            self.line(self.fill(self.random.choice(LOOP_UPDATES[kind]), 1, variable.name))
        elif self.chance(0.15):
            self.line(f"{variable.name} = {self.expression(kind)}")
        else:
            self.line(self.fill(self.random.choice(UPDATES[kind]), 1, variable.name))

    def show(self) -> None:
        self.line(f"println({self.expression('any')})")

    def branch(self) -> None:
        self.line(f"if {self.expression('bool', 1)} {{")
        self.block(3)
        if self.chance(0.6):
            self.line("} else {")
            self.block(3)
        self.line("}")

    def counting(self) -> None:
        """A ``while`` with a counter of its own, of either direction."""
        counter = self.name("i")
        bound = self.random.randint(0, 5)
        up = self.chance(0.7)
        self.line(f"var {counter} = {0 if up else bound}")
        self.line(f"while {counter} {'<' if up else '>'} {bound if up else 0} {{")
        self.scopes.append([_Variable(counter, "int", False)])
        self.loops += 1
        early = self.chance(0.3)
        step = f"  {counter} = {counter} {'+' if up else '-'} 1"
        if early:
            self.line(step)
        self.block(3)
        if self.chance(0.2):
            word = self.random.choice(("break", "continue")) if early else "break"
            self.line(f"  if {self.expression('bool', 2)} {{ {word} }}")
        if not early:
            self.line(step)
        self.loops -= 1
        self.scopes.pop()
        self.line("}")
        self.scopes[-1].append(_Variable(counter, "int", False))

    def for_each(self) -> None:
        item = self.name("x")
        form, kind = self.random.choice(
            (
                ("0 to {small}", "int"),
                ("{ints}", "int"),
                ("{ints var}", "int"),
                ("{dict var}", "dict"),
                ("{set}", "int"),
                ("{ints}.iter().filter({ x -> {x:bool} })", "int"),
                ("{any}", "int"),
            )
        )
        self.line(f"for {item} in {self.fill(form, 1)} {{")
        self.scopes.append([_Variable(item, kind, True)])
        self.loops += 1
        self.block(3)
        if self.chance(0.25):
            self.line(f"  if {self.expression('bool', 2)} {{ {self.random.choice(('break', 'continue'))} }}")
        self.loops -= 1
        self.scopes.pop()
        self.line("}")

    def taking_apart(self) -> None:
        """Destructuring, with defaults and rests."""
        a, b = self.name("v"), self.name("v")
        form = self.random.choice(
            (
                f"let {{a: {a} = 5, b: {b}}} = {{dict}}",
                f"let [{a}, {b} = 7] = {{ints}}",
                f"let [{a}, ...{b}] = {{ints}}",
                f"let {{a: {a}, ...{b}}} = {{dict}}",
                f"var [{a} = {{int}}, {b} = {a}] = {{any}}",
            )
        )
        self.line(self.fill(form, 1))
        kinds = ("int", "int") if "..." not in form else ("int", "ints") if "[" in form else ("int", "dict")
        self.scopes[-1] += [_Variable(a, kinds[0], False), _Variable(b, kinds[1], False)]

    def pulling(self) -> None:
        """A loop over a generator, left early now and then."""
        item = self.name("x")
        source = self.random.choice(("count_to", "count_to", "relay", "failing"))
        self.line(f"for {item} in {source}({self.random.randrange(5)}) {{")
        self.scopes.append([_Variable(item, "int", True)])
        self.loops += 1
        self.block(2)
        if self.chance(0.3):
            self.line(f"  if {self.expression('bool', 2)} {{ break }}")
        self.loops -= 1
        self.scopes.pop()
        self.line("}")

    def match(self) -> None:
        self.line(f"match {self.expression(self.random.choice(('enum', 'enum', 'enum', 'int', 'list', 'dict')))} {{")
        self.level += 1
        for pattern, bound in (
            ("Op.Add(m, n)", [("m", "int"), ("n", "int")]),
            ("Op.Named(s)", [("s", "string")]),
            ("Op.Stop", []),
            ("[p, q]", [("p", "int"), ("q", "int")]),
            ("{a: f}", [("f", "int")]),
            ("_", []),
        ):
            if pattern != "_" and self.chance(0.4):
                continue
            self.scopes.append([_Variable(name, kind, False) for name, kind in bound])
            guard = f" if {self.expression('bool', 2)}" if self.chance(0.15) and pattern != "_" else ""
            self.line(f"{pattern}{guard} -> {{")
            self.block(2)
            self.scopes.pop()
            self.line("}")
        self.level -= 1
        self.line("}")

    def attempt(self) -> None:
        error = self.name("e")
        self.line("try {")
        self.block(3)
        if self.chance(0.3):
            self.line(f"  throw {self.expression('any')}")
        self.line(f"}} catch ({error}) {{")
        self.line(f"  println({error})")
        self.block(2)
        if self.chance(0.3):
            self.line("} finally {")
            if self.chance(0.1):
                self.block(2)
            else:
                self.outside(2)
        self.line("}")

    def outside(self, size: int) -> None:
        """A block that nothing may leave."""
        saved = self.loops, self.in_function
        self.loops, self.in_function = 0, False
        self.block(size)
        self.loops, self.in_function = saved

    def clean_up(self) -> None:
        self.line("defer {")
        self.outside(1)
        self.line("}")

    def retrying(self) -> None:
        tries = self.name("n")
        self.line(f"let {tries} = atomic(0)")
        self.line(f"retry {self.random.randint(1, 3)} {{")
        self.line(f"  atomic_add({tries}, 1)")
        self.block(2)
        self.line(f"  if atomic_get({tries}) < 3 {{ throw {self.expression('any', 2)} }}")
        self.line("}")

    def guarded(self) -> None:
        if self.chance(0.5):
            self.line(f"require {self.expression('bool', 1)}, {self.expression('any', 2)}")
            return
        self.line(f"guard {self.expression('bool', 1)} else {{")
        self.block(2)
        self.line("}")

    def scoped(self) -> None:
        """A block that holds something, which control may leave."""
        self.line(self.random.choice(("mutex {", "deadline 60s {")))
        self.block(3)
        self.line("}")

    def channel(self) -> None:
        """A buffered channel that is filled, closed and emptied."""
        name, item = self.name("ch"), self.name("x")
        self.line(f"let {name} = channel({name!r}, 8)".replace("'", '"'))
        for _ in range(self.random.randint(0, 3)):
            self.line(f"send({name}, {self.expression('int', 1)})")
        if self.chance(0.4):
            self.line("select {")
            self.line(f"  {item} from {name} {{ println({item}) }}")
            self.line('  default { println("nothing") }')
            self.line("}")
        self.line(f"close_channel({name})")
        self.line(f"for {item} in {name} {{")
        self.scopes.append([_Variable(item, "int", True)])
        self.loops += 1
        self.block(2)
        self.loops -= 1
        self.scopes.pop()
        self.line("}")
        self.line(f"println([send({name}, 1), receive({name})])")

    def spawning(self) -> None:
        """Tasks that run beside one another; what they change stays theirs."""
        handles = [self.name("h") for _ in range(self.random.randint(1, 3))]
        for handle in handles:
            self.line(f"let {handle} = spawn {{")
            self.outside(2)
            if self.chance(0.3):
                self.line("  yield_now()")
            self.line(f"  {self.expression('any', 1)}")
            self.line("}")
        self.random.shuffle(handles)
        for handle in handles:
            self.line(f"println(try {{ await({handle}) }})")

    def generator(self) -> None:
        """A generator written in place, pulled by hand and by a loop."""
        name, item, handle = self.name("g"), self.name("x"), self.name("p")
        self.line(f"fn {name}(k) {{")
        self.scopes.append([_Variable("k", "int", False)])
        self.line(f"  for {item} in 0 to {self.random.randint(0, 3)} {{")
        self.level += 1
        self.outside(1)
        self.level -= 1
        self.line(f"    yield {self.expression('int', 2)}")
        self.line("  }")
        self.scopes.pop()
        self.line("}")
        self.line(f"let {handle} = {name}({self.expression('int', 2)})")
        self.line(f"println([try {{ {handle}.next() }}, try {{ {handle}.next().value }}])")
        self.line(f"for {item} in {handle} {{ println({item}) }}")

    def inner_function(self) -> None:
        """A function inside another block, which captures, calls itself and leaves early."""
        name, parameter = self.name("f"), self.name("k")
        self.line(f"fn {name}({parameter}) {{")
        saved = self.loops, self.in_function
        self.loops, self.in_function = 0, True
        self.scopes.append([_Variable(parameter, "int", False)])
        self.line(f"  if {parameter} <= 0 {{ return {self.expression('int', 2)} }}")
        self.block(2)
        self.line(f"  return {self.random.choice(('', '1 + ', '-'))}{name}({parameter} - 1)")
        self.scopes.pop()
        self.loops, self.in_function = saved
        self.line("}")
        self.line(f"println(try {{ {name}({self.random.randint(0, 4)}) }})")

    def stored(self) -> None:
        """Closures taken out of lists and dicts and called."""
        name = self.name("c")
        self.line(self.fill(f"let {name} = {{fns}}[{{small}}]", 1))
        self.line(f"println(try {{ {name}({self.expression('int', 2)}) }})")
        self.line(self.fill("println(try { {table var}.inc({int}) })", 1))

    def closure(self) -> None:
        """A closure that captures, assigns what it captured, and is called."""
        name = self.name("c")
        kind = self.random.choice(("int", "string", "ints", "struct"))
        parameter = self.name("p")
        self.line(f"let {name} = {{ {parameter} ->")
        self.scopes.append([_Variable(parameter, "int", False)])
        self.outside(2)
        self.line(f"  {self.expression(kind)}")
        self.scopes.pop()
        self.line("}")
        argument = self.expression("int")
        self.line(f"let {self.declare(kind, False).name} = {name}({argument})")
        if self.chance(0.3):
            self.line(f"println([1, 2, 3].map({name}))")

    def leave(self) -> None:
        choices = [f"throw {self.expression('any')}"]
        if self.in_function:
            choices += [f"return {self.expression('any')}"] * 2
        if self.loops:
            choices.append("break")
        self.line(f"if {self.expression('bool', 1)} {{ {self.random.choice(choices)} }}")

    # ----------------------------------------------------------------------------------------------- functions

    def function(self) -> None:
        """A function of typed or untyped parameters, sometimes one that calls itself."""
        name = self.name("f")
        kinds = [self.random.choice((*TYPES, "ints")) for _ in range(self.random.randint(0, 3))]
        result = self.random.choice(("int", "int", "string", "ints", "dict", "struct"))
        parameters = [_Variable(self.name("a"), kind, False) for kind in kinds]
        typed = {"int": ": int", "string": ": string", "list": ": list", "ints": ": list<int>", "dict": ": dict"}
        texts = [v.name + (typed.get(v.kind, "") if self.chance(0.3) else "") for v in parameters]
        recursive = self.chance(0.3)
        if recursive:
            texts.insert(0, "depth")
        elif self.chance(0.2):
            texts.append("extra = 5")
        self.line(f"fn {name}({', '.join(texts)}) {{")
        self.scopes.append(list(parameters))
        self.in_function = True
        self.budget = 6
        self.level += 1
        for variable in parameters:
            if variable.kind in ("list", "ints", "dict", "struct") and self.chance(0.5):
                self.line(f"var {self.declare(variable.kind, True).name} = {variable.name}")
        if recursive:
            arguments = ", ".join(["depth - 1", *(self.expression(kind) for kind in kinds)])
            call = f"{name}({arguments})"
            tail = self.random.choice((f"return {call}", f"let r = {call}", f"return [{call}]", f"return {call}"))
            self.line(f"if depth > 0 {{ {tail} }}")
        self.level -= 1
        self.block(4)
        self.line(f"  return {self.expression(result)}")
        self.in_function = False
        self.scopes.pop()
        self.line("}")
        self.functions.append(_Function(name, ["small"] * recursive + kinds, result))

    def program(self) -> str:
        for _ in range(self.random.randint(1, 3)):
            self.function()
        self.line("pipeline default() {")
        self.scopes.append([])
        self.level = 1
        self.budget = 8
        for kind in ("int", "ints", "dict", "struct"):
            self.line(f"var {self.declare(kind, True).name} = {self.random.choice(LITERALS[kind])}")
        for _ in range(self.random.randint(3, 6)):
            if self.chance(0.6):
                self.attempt()
            else:
                self.statement()
        for variable in self.scopes[-1]:
            self.line(f"println({variable.name})")
        self.level = 0
        self.line("}")
        text = "\n".join(self.lines) + "\n"
        return declarations(text) + text


def generate(seed: int) -> str:
    """A program that ends, the same for the same seed."""
    return _Generator(seed).program()
