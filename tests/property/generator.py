"""Random Harn programs from a seed, for comparing the tiers.

Every program ends: loops are bounded, functions call only earlier ones, or themselves with a counter that goes down.
Most expressions have the type that is asked for, some do not, so errors of all kinds occur, caught and uncaught.
Values are copied and then changed in many places, because that is where sharing would show.
"""

from __future__ import annotations

import random
from typing import NamedTuple

__all__ = ["generate"]

_TYPES = ("int", "int", "float", "string", "bool", "list", "dict", "struct", "enum", "result")
_HEADER = """enum Op {
  Add(int, int)
  Named(string)
  Stop
}
struct Box {
  a: int
  b: int
}
impl Box {
  fn total(self) { return self.a + self.b }
  fn plus(self, k) {
    var copy = self
    copy.a = copy.a + k
    return copy
  }
  fn twice(self) { return self.plus(self.a).plus(1) }
}
fn count_to(n) {
  var i = 0
  while i < n {
    yield i * 3
    i += 1
  }
}
fn ping(n, x) {
  if n <= 0 { return x }
  return pong(n - 1, x + 1)
}
fn pong(n, x) {
  if n <= 0 { return x * 2 }
  let r = ping(n - 1, x - 3)
  return r
}
fn checked(r) { return (r?) + 1 }
"""

#: Forms of expressions by type. ``{int}`` and its like stand for an expression of that type, ``{int var}`` for a
#: variable or a literal of it, ``{x:int}`` for one in which ``x`` is an int.
_FORMS: dict[str, tuple[str, ...]] = {
    "int": (
        *(f"({{int}} {sign} {{int}})" for sign in ("+", "-", "*", "+", "-", "%")),
        "({int} / {nonzero})",
        "({int} % {nonzero})",
        "({int} + {int} * {int})",
        "(-{int})",
        "len({list})",
        "len({string})",
        "{list}.count()",
        "max({int}, {int})",
        "({ints var}[{small}] ?? {int})",
        "{ints var}[{small}]",
        "{struct var}.a",
        "({dict var}.a ?? {int})",
        "{dict var}.a",
        "{ints var}.reduce({int}, { acc, x -> acc + x })",
        "{ints var}.reduce({int}, { acc, x -> {x:int} })",
        "[{int}, {int}].map({ x -> {x:int} }).sum()",
        "to_int({float})",
        "({int} ** {small})",
        "({bool} ? {int} : {int})",
        "{ints var}.sum()",
        "(if {bool} { {int} } else { {int} })",
        "(match {enum} { Op.Add(m, n) if m < n -> { m * 2 } Op.Add(m, n) -> { n } _ -> { {int} } })",
        "{struct}.total()",
        "ping({small}, {int})",
        "unwrap_or({result}, {int})",
        "({int} |> { x -> {x:int} })",
        "count_to({small}).iter().sum()",
    ),
    "result": (
        "(try { {any} })",
        "(try { {int} / {small} })",
        "Ok({int})",
        "Err({string})",
        "checked({result})",
        "(try { throw {any} })",
    ),
    "nonzero": ("1", "2", "3", "7", "(0 - 3)", "1000", "{int}"),
    "small": ("0", "1", "2", "3", "5", "(0 - 1)"),
    "float": (
        *(f"({{float}} {sign} {{float}})" for sign in ("+", "-", "*", "/", "%")),
        "({float} * {int})",
        "({int} / {float})",
        "sqrt({float})",
        "to_float({int})",
        "abs({float})",
    ),
    "string": (
        "({string} + {string})",
        '"<${{any}}|${{string}}>"',
        '"n=${{int}}"',
        "to_string({any})",
        "{string var}.upper()",
        '{list}.join("-")',
        "type_of({any})",
        "({string} * 2)",
        "({string}[1] ?? {string})",
        "{string}[0:{small}]",
    ),
    "bool": (
        *(f"({{int}} {sign} {{int}})" for sign in ("==", "!=", "<", "<=", ">", ">=")),
        *(f"({{float}} {sign} {{int}})" for sign in ("==", "<", "<=", ">")),
        *(f"({{string}} {sign} {{string}})" for sign in ("==", "!=", "<", ">=")),
        "({any} == {any})",
        "({any} < {any})",
        "({list} == {list})",
        "({enum} == {enum})",
        "({bool} && {bool})",
        "({bool} || {bool})",
        "(!{bool})",
        "({any} in {list var})",
        "({string} in {dict var})",
        "({maybe} == nil)",
        "is_ok({result})",
        "({result} == {result})",
        "({struct} == {struct})",
    ),
    "maybe": ("{ints var}[{int}]", "{dict var}[{string}]", "{dict var}?.zz", "{struct var}.b", "{list var}[{small}]"),
    "ints": (
        "[{int}, {int}]",
        "[]",
        "{ints}.push({int})",
        "({ints} + {ints})",
        "{ints}.map({ x -> {x:int} })",
        "{ints}.filter({ x -> {x:bool} })",
        "(0 to {small}).to_list()",
        "{ints}[1:]",
        "[0, ...{ints var}, {int}]",
        "{ints}.sort_by({ x -> {x:int} })",
        "{ints}.sort()",
        "{ints}.reverse()",
    ),
    "list": (
        "{ints}",
        "[{any}, {any}]",
        "{list}.push({any})",
        "({list} + {list})",
        "{ints}.map({ x -> {x:any} })",
        "{list}[1:]",
        "{dict}.keys()",
        "[...{list var}, {any}]",
    ),
    "dict": (
        "{a: {int}, b: {any}}",
        "({dict var} + {c: {any}})",
        "{...{dict var}, a: {int}}",
        "{[{string}]: {any}}",
        "{dict var}.merge({m: {any}})",
    ),
    "struct": ("Box {a: {int}, b: {int}}", "{struct}.plus({int})", "{struct}.twice()", "Box({a: {int}, b: {any}})"),
    "enum": ("Op.Add({int}, {int})", "Op.Named({string})", "Op.Stop"),
}
_LITERALS: dict[str, tuple[str, ...]] = {
    "int": ("0", "1", "2", "3", "7", "63", "1000", "4294967296", "9223372036854775807", "(0 - 5)"),
    "small": ("0", "1", "2", "3"),
    "nonzero": ("1", "2", "7"),
    "float": ("0.0", "1.0", "2.5", "(0.0 - 1.5)", "100.25", "0.1"),
    "string": ('""', '"a"', '"abc"', '"x,y"', '"it\'s"', '"{}"', '"tab\\t\\"q\\""', '"é"'),
    "bool": ("true", "false"),
    "maybe": ("nil", "1"),
    "ints": ("[]", "[1, 2, 3]", "[5, 4, 9223372036854775807]"),
    "list": ("[]", "[1, 2, 3]", '["a", "b"]', "[[1], [2]]", "[1.5, nil]"),
    "dict": ("{}", "{a: 1, b: 2}", "{k: [1]}", '{"x y": nil}'),
    "struct": ("Box {a: 1, b: 2}", "Box {a: 7, b: 0}"),
    "result": ("Ok(1)", 'Err("bad")'),
    "enum": ("Op.Stop", "Op.Add(1, 2)", 'Op.Named("n")'),
}
#: Ways to change a variable's value, by type.
_UPDATES: dict[str, tuple[str, ...]] = {
    "ints": (
        "{v} = {v}.push({int})",
        "{v} = {v} + [{int}]",
        "{v}[0] = {int}",
        "{v}[{small}] = {int}",
        "{v} += {ints}",
        "{v} = {v}.map({ x -> {x:int} })",
    ),
    "list": ("{v} = {v}.push({any})", "{v} = {v} + {list}", "{v}[0] = {any}", "{v}[1] = {list var}", "{v} += {list}"),
    "dict": (
        "{v}.a = {int}",
        "{v}[{string}] = {any}",
        "{v}.a = ({v}.a ?? 0) + 1",
        "{v} = {v} + {z: {int}}",
        "{v}.n = {list}",
        "{v}.deep = {k: [{int}, {int}], s: {struct}}",
        "{v}.deep.k[{small}] = {int}",
        "{v}.deep.s.a = {int}",
        "{v}.a += {int}",
    ),
    "struct": ("{v}.a = {int}", "{v}.b = {v}.a + 1", "{v}.a += {int}", "{v} = Box {a: {v}.b, b: {v}.a}"),
    "int": ("{v} += {int}", "{v} -= {int}", "{v} = {v} + 1", "{v} *= {int}", "{v} = {v} % {nonzero}"),
    "string": ("{v} += {string}", "{v} = {v} + {string}"),
    "float": ("{v} += {float}", "{v} = {v} * {float}"),
}
#: The same inside loops, where nothing may double its size turn by turn.
_LOOP_UPDATES: dict[str, tuple[str, ...]] = {
    "ints": (
        "{v} = {v}.push({int})",
        "{v} = {v} + [{int}]",
        "{v}[0] = {int}",
        "{v}[{small}] = {int}",
        "{v} += [{int}]",
    ),
    "list": ("{v} = {v}.push({int})", "{v}[0] = {float}", "{v} = {v} + [{bool}]"),
    "dict": ("{v}.a = {int}", "{v}[to_string({int})] = {bool}", "{v}.a = ({v}.a ?? 0) + 1", "{v}.a += {int}"),
    "struct": _UPDATES["struct"],
    "int": _UPDATES["int"],
    "string": ('{v} += "x"', '{v} = {v} + "${{int}}"'),
    "float": _UPDATES["float"],
}
_SUPERTYPES = {"ints": ("ints",), "list": ("list", "ints"), "any": _TYPES}


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
        kinds = _SUPERTYPES.get(kind, (kind,))
        found = [v for scope in self.scopes for v in scope if v.kind in kinds and (v.mutable or not mutable)]
        return self.random.choice(found) if found else None

    # --------------------------------------------------------------------------------------------- expressions

    def expression(self, kind: str, depth: int = 0) -> str:
        """An expression that mostly has a type."""
        if kind == "any" or self.chance(0.01):
            kind = self.random.choice((*_TYPES, "ints", "maybe"))
        variable = self.variable(kind)
        if variable is not None and self.chance(0.45 if depth < 3 else 0.9):
            return variable.name
        if depth >= 3 or self.chance(0.15):
            return self.random.choice(_LITERALS[kind])
        callees = [function for function in self.functions if function.result == kind]
        if callees and self.chance(0.2):
            callee = self.random.choice(callees)
            return f"{callee.name}({', '.join(self.expression(each, depth + 1) for each in callee.parameters)})"
        return self.fill(self.random.choice(_FORMS[kind]), depth + 1)

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
        if text == "any" or text in _FORMS:
            return self.expression(text, depth)
        kind = text.removesuffix(" var")
        if kind in _LITERALS:
            variable = self.variable(kind)
            return variable.name if variable is not None else f"({self.random.choice(_LITERALS[kind])})"
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
        ]
        if self.budget < 0 or self.level > 5 or self.chance(0.6):
            self.random.choice(simple)()
        elif self.chance(0.1):
            self.leave()
        else:
            self.random.choice(nested)()

    def binding(self) -> None:
        kind = self.random.choice((*_TYPES, "ints"))
        mutable = self.chance(0.75)
        value = self.expression(kind)
        self.line(f"{'var' if mutable else 'let'} {self.declare(kind, mutable).name} = {value}")

    def update(self) -> None:
        """Change a variable, sometimes while somebody else holds its value."""
        kind = self.random.choice(tuple(_UPDATES))
        variable = self.variable(kind, mutable=True)
        if variable is None:
            self.binding()
            return
        if self.chance(0.3):
            self.line(f"let {self.declare(variable.kind, False).name} = {variable.name}")
        if self.loops:
            self.line(self.fill(self.random.choice(_LOOP_UPDATES[kind]), 1, variable.name))
        elif self.chance(0.15):
            self.line(f"{variable.name} = {self.expression(kind)}")
        else:
            self.line(self.fill(self.random.choice(_UPDATES[kind]), 1, variable.name))

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
            (("0 to {small}", "int"), ("{ints}", "int"), ("{ints var}", "int"), ("{dict var}", "dict"))
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
            )
        )
        self.line(self.fill(form, 1))
        kinds = ("int", "ints") if "..." in form else ("int", "int")
        self.scopes[-1] += [_Variable(a, kinds[0], False), _Variable(b, kinds[1], False)]

    def pulling(self) -> None:
        """A loop over a generator, left early now and then."""
        item = self.name("x")
        self.line(f"for {item} in count_to({self.random.randrange(5)}) {{")
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
        kinds = [self.random.choice((*_TYPES, "ints")) for _ in range(self.random.randint(0, 3))]
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
        for _ in range(self.random.randint(1, 4)):
            self.function()
        self.line("pipeline default() {")
        self.scopes.append([])
        self.level = 1
        self.budget = 16
        for kind in ("int", "ints", "dict", "struct"):
            self.line(f"var {self.declare(kind, True).name} = {self.random.choice(_LITERALS[kind])}")
        for _ in range(self.random.randint(5, 10)):
            if self.chance(0.6):
                self.attempt()
            else:
                self.statement()
        for variable in self.scopes[-1]:
            self.line(f"println({variable.name})")
        self.level = 0
        self.line("}")
        return _HEADER + "\n".join(self.lines) + "\n"


def generate(seed: int) -> str:
    """A program that ends, the same for the same seed."""
    return _Generator(seed).program()
