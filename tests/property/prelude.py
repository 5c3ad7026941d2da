"""Declarations that generated programs may use; each program begins with those that it names."""

from __future__ import annotations

import re

__all__ = ["IMPORTED", "MODULES", "declarations"]

_BOX = """struct Box {
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
  fn each(self, f) { return [f(self.a), f(self.b)] }
}"""

#: By the name that a program uses; the order is that of the text.
_DECLARATIONS: dict[str, str] = {
    "Op": "enum Op {\n  Add(int, int)\n  Named(string)\n  Stop\n}",
    "Box": _BOX,
    "Sized": "interface Sized { fn total(self) -> int }",
    "measure": "fn measure(x: Sized) -> int { return x.total() }",
    "pick": "fn pick<T>(a: T, b: T, first) -> T { return first ? a : b }",
    "count_to": "fn count_to(n) {\n  var i = 0\n  while i < n {\n    yield i * 3\n    i += 1\n  }\n}",
    "relay": (
        "fn relay(n) {\n  try {\n    for x in count_to(n) {\n      if x > 9 { return }\n      yield x + 1\n    }\n"
        '  } finally { println("relay ends") }\n}'
    ),
    "failing": "fn failing(n) {\n  yield n\n  yield 6 / n\n  throw n\n}",
    "ping": "fn ping(n, x) {\n  if n <= 0 { return x }\n  return pong(n - 1, x + 1)\n}",
    "pong": "fn pong(n, x) {\n  if n <= 0 { return x * 2 }\n  let r = ping(n - 1, x - 3)\n  return r\n}",
    "even": "fn even(n) {\n  if n <= 0 { return n == 0 } else { return odd(n - 1) }\n}",
    "odd": "fn odd(n) {\n  return match n { 0 -> { false } _ -> { even(n - 1) } }\n}",
    "down": (
        "fn down(n, acc) {\n  match n % 3 {\n    0 -> { if n <= 0 { return acc }\n      return down(n - 1, acc + 1) }\n"
        "    1 -> { return (n - 1) |> { m -> down(m, acc * 2) } }\n    _ -> { return n < 0 ? acc : down(n - 2, acc) }\n"
        "  }\n}"
    ),
    "deep": "fn deep(n) {\n  if n <= 0 { return 0 }\n  return deep(n - 1) + 1\n}",
    "deep_call": "fn deep_call(n) {\n  if n <= 0 { return 0 }\n  return [n].map({ x -> deep_call(x - 1) })[0] + 1\n}",
    "checked": "fn checked(r) { return (r?) + 1 }",
    "apply": "fn apply(f, x) { return f(x) }",
    "adder": "fn adder(n) {\n  var total = n\n  return { x ->\n    total += x\n    total\n  }\n}",
    "gather": "fn gather(first, ...others) { return [first, others.count(), others.first()] }",
    "filled": "fn filled(a, b = a, c = b + 1) { return [a, b, c] }",
    "cleaned": (
        "fn cleaned(xs, stop) {\n  var seen = []\n  for x in xs {\n    defer { seen = seen.push(x) }\n"
        '    try {\n      if x == stop { break }\n      if x == 0 { continue }\n      if x < 0 { throw "low ${x}" }\n'
        "    } finally {\n      seen = seen + [x * 10]\n    }\n  }\n  return seen\n}"
    ),
    "ending": "fn ending(x) {\n  try {\n    if x > 2 { throw x }\n    return x\n  } finally {\n"
    '    if x == 4 { return "overridden" }\n    println("ending ${x}")\n  }\n}',
    "early": "fn early(x) {\n  if x > 100 { return x }\n  return later_one(x) + 1\n}",
    "later_one": "fn later_one(x) {\n  fn inner(y) { return y > 50 ? y : early(y * 2 + 60) }\n  return inner(x)\n}",
}

#: What ``import`` finds: the text of each module by its path.
MODULES = {
    "util": """var calls = 0
pub fn bump(n) {
  calls = calls + n
  return calls
}
pub fn clamp(x, low, high) {
  if x < low { return low }
  return x > high ? high : x
}
fn helper(xs) { return xs.map({ x -> clamp(x, 0, 9) }) }
pub fn tidy(xs) {
  bump(1)
  return helper(xs)
}
pub fn share(n) { return 100 / n }
"""
}
#: Its functions that programs import.
IMPORTED = frozenset({"bump", "clamp", "share", "tidy"})
_WORD = re.compile("[A-Za-z_]+")


def declarations(program: str) -> str:
    """The declarations that a program uses, and those that these use."""
    words = set(_WORD.findall(program))
    wanted: set[str] = set()
    pending = [name for name in _DECLARATIONS if name in words]
    while pending:
        name = pending.pop()
        if name not in wanted:
            wanted.add(name)
            pending += [word for word in set(_WORD.findall(_DECLARATIONS[name])) if word in _DECLARATIONS]
    lines = [text for name, text in _DECLARATIONS.items() if name in wanted]
    if words & IMPORTED:
        lines.insert(0, f'import {{ {", ".join(sorted(words & IMPORTED))} }} from "util"')
    return "\n".join(lines) + "\n"
