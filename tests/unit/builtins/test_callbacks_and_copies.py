"""Callbacks of every shape, and values that nobody else can change: the library in both tiers (builtins.md 3.1, 3.3, 9)."""

from __future__ import annotations

import pytest

from tests.unit.vm.vm_support import TIERS, Run

FUNCTIONS = """
fn gg(n) { yield n }
fn dflt(a, b = 10) { return a + b }
fn rst(...xs) { return len(xs) }
fn typed(a: int) { return a }
"""

#: An expression with a callback, and its display or, after ``!! ``, what ``catch`` gets.
CALLBACKS: list[tuple[str, str]] = [
    ("[1,2].map(Ok)", "[Result.Ok(1), Result.Ok(2)]"),
    ("[1,2].map(dflt)", "[11, 12]"),
    ("[1,2].map(rst)", "[1, 1]"),
    ("[3,4].map(gg)", "[<generator>, <generator>]"),
    ("[1,5,3].reduce(0, max)", "5"),
    ("[1].map(min)", "[nil]"),
    ("[1].map(atan2)", "!! Arity mismatch: 'atan2' expects 2 arguments, got 1"),
    ('["a"].map(abs)', "!! Type error: 'abs' parameter `value` expects int | float, got string"),
    ('["b","A"].sort_by(lowercase)', "[A, b]"),
    ("{a: 1}.map_values(to_string)", "{a: 1}"),
    ("{a: 1}.map_keys(uppercase)", "{A: 1}"),
    ("[1,2,3].filter(is_nan)", "[]"),
    ("[[1],[2,3]].map(len)", "[1, 2]"),
    ("[1,2].map({ x -> return x * 2 })", "[2, 4]"),
    ('[1,2].map({ x -> if x == 1 { return "one" }; "other" })', "[one, other]"),
    ("[pair(1,2)].map({ p -> p.first })", "[1]"),
    ('[3,1,2].sort_by({ x -> "k" })', "[3, 1, 2]"),
    ("[3,1,2].sort_by({ x -> nil })", "[3, 1, 2]"),
    ("[1,2,3].group_by({ x -> nil })", "{nil: [1, 2, 3]}"),
    ("[1,2].group_by({ x -> [x] })", "{[1]: [1], [2]: [2]}"),
    ("[1,2].flat_map({ x -> nil })", "[nil, nil]"),
    ("[1,2].flat_map({ x -> set(x) })", "[set(1), set(2)]"),
    ("[1,2,3].max_by({ x -> nil })", "1"),
    ("[1,2,3].partition({ x -> nil })", "[[], [1, 2, 3]]"),
    ("{a:1}.filter({ v -> nil })", "{}"),
    ("iter([1,2]).filter({ x -> 0 }).to_list()", "[]"),
    ('[1,2].find({ x -> "yes" })', "1"),
    ('[1].map({ x -> [1].map({ y -> [1].map({ z -> throw "deep" }) }) })', "!! deep"),
    ('[2,1].sort_by({ x -> throw "s" })', "!! s"),
    ("[1].map({ -> 7 })", "!! Arity mismatch: '<closure>' expects 0 arguments, got 1"),
    ("group_by([1], { a, b -> a })", "!! Arity mismatch: '<closure>' expects 2 arguments, got 1"),
    ("partition([1], { -> 1 })", "!! Arity mismatch: '<closure>' expects 0 arguments, got 1"),
    ("dedup_by([1], { -> 1 })", "!! Arity mismatch: '<closure>' expects 0 arguments, got 1"),
    ("set(1).map({ -> 1 })", "!! Arity mismatch: '<closure>' expects 0 arguments, got 1"),
    ("{a: 1}.map_values({ -> 1 })", "!! Arity mismatch: '<closure>' expects 0 arguments, got 1"),
    ("stream.map([1], { -> 1 }).to_list()", "!! Arity mismatch: '<closure>' expects 0 arguments, got 1"),
    ("iter([1]).reduce(0, { a -> a })", "!! Arity mismatch: '<closure>' expects 1 argument, got 2"),
    ("[Ok(1), Err(2)].map(unwrap)", "!! Runtime error: unwrap called on Err: 2"),
    ("[Ok(1), Err(2)].map({ r -> r? })", "[1, Result.Err(2)]"),
    ('[1, "a"].map(typed)', "!! Runtime error: TypeError: parameter 'a' expected int, got string (a)"),
    ("[2, 1].min_by({ x -> 1 / 0 })", "!! Runtime error: Division by zero (line 6)"),
    ("[1].map({ x -> [1].map({ y -> 1 / 0 }) })", "!! Runtime error: Division by zero (line 6) (line 6)"),
]

#: A program that changes something it got from somewhere, and what it then prints of the source.
COPIES: list[tuple[str, str]] = [
    ("var n = 0; [1,2,3].map({ x -> n = n + x; n }); println(n)", "0"),
    ("var xs = [1,2,3]; for x in xs { xs = xs.push(x) }; println(xs)", "[1, 2, 3, 1, 2, 3]"),
    ("var xs = [1,2,3]; for x in xs { xs[0] = 99 }; println(xs)", "[99, 2, 3]"),
    ('var d = {a: 1}; for e in d { d["b"] = 2 }; println(d)', "{a: 1, b: 2}"),
    ("let xs = [[1],[2]]; var ys = xs; ys[0][0] = 9; println(xs); println(ys)", "[[1], [2]]\n[[9], [2]]"),
    ("let xs = [1,2]; var y = xs.to_list(); y[0] = 5; println(xs)", "[1, 2]"),
    ("let xs = [1,2]; var y = xs.first(2); y[0] = 5; println(xs)", "[1, 2]"),
    ("let xs = [1,2]; var y = xs.slice(); y[0] = 5; println(xs)", "[1, 2]"),
    ("let xs = [1,2]; var y = xs.map({ x -> xs }); y[0][0] = 5; println(xs); println(y)", "[1, 2]\n[[5, 2], [1, 2]]"),
    ("let d = {a: [1]}; var e = d.to_dict(); e.a[0] = 5; println(d)", "{a: [1]}"),
    ("let d = {a: [1]}; var v = d.values(); v[0][0] = 5; println(d)", "{a: [1]}"),
    ('let d = {a: [1]}; var v = d.get("a"); v[0] = 5; println(d)', "{a: [1]}"),
    ("let d = {a: [1]}; var v = d.merge({}); v.a[0] = 5; println(d)", "{a: [1]}"),
    ("let d = {a: [1]}; var v = d.entries(); v[0].value[0] = 5; println(d)", "{a: [1]}"),
    ("let p = pair([1], 2); var v = p.first; v[0] = 5; println(p)", "([1], 2)"),
    ("let s = set([1]); var v = set([[1]]).to_list(); v[0][0] = 5; println(v)", "[[5]]"),
    ("let o = Ok([1]); var v = unwrap(o); v[0] = 5; println(o)", "Result.Ok([1])"),
    ("let o = Ok([1]); var v = o.fields; v[0][0] = 5; println(o)", "Result.Ok([1])"),
    ("let it = iter([[1]]); let xs = [[1]]; var v = xs.iter().to_list(); v[0][0] = 5; println(xs)", "[[1]]"),
    ('let c = shared_cell("c", [1]); var v = shared_get(c); v[0] = 5; println(shared_get(c))', "[1]"),
    (
        'runtime_context_set("k", [1]); var v = runtime_context_get("k"); v[0] = 5; println(runtime_context_get("k"))',
        "[1]",
    ),
    ('let c = channel("c"); var v = [1]; send(c, v); v[0] = 5; println(receive(c))', "[1]"),
    ('var v = [1]; mailbox_open("m"); mailbox_send("m", v); v[0] = 5; println(mailbox_receive("m"))', "[1]"),
    ("var v = [1]; let f = { -> v }; v[0] = 5; println(f())", "[1]"),
    ('var v = {a: 1}; let t = render_string("{{ d.a }}", {d: v}); v.a = 2; println(t)', "1"),
    ("let xs = [3,1,2]; var y = xs.sort(); y[0] = 9; println(xs)", "[3, 1, 2]"),
    ("let xs = [1]; var y = xs.unique(); y[0] = 9; println(xs)", "[1]"),
    ("let xs = [1]; var y = xs + []; y[0] = 9; println(xs)", "[1]"),
    ("let xs = [1]; var y = [...xs]; y[0] = 9; println(xs)", "[1]"),
    ("let d = {a: 1}; var y = d + {}; y.a = 9; println(d)", "{a: 1}"),
    ('let xs = json_pointer_set([1], "/0", 1); var y = xs; y[0] = 9; println(xs)', "[1]"),
    ('let src = {a: [1]}; var y = json_pointer(src, "/a"); y[0] = 9; println(src)', "{a: [1]}"),
    ('let src = {a: [1]}; var y = jq(src, ".a"); y[0][0] = 9; println(src)', "{a: [1]}"),
    ('let src = {a: [1]}; var y = unwrap(schema_check(src, {type: "dict"})); y.a[0] = 9; println(src)', "{a: [1]}"),
    ('let src = {a: [1]}; var y = schema_expect(src, {type: "dict"}); y.a[0] = 9; println(src)', "{a: [1]}"),
    (
        'let dv = {type: "dict", properties: {a: {default: [1]}}}; var y = schema_expect({}, dv, true); y.a[0] = 9; println(dv.properties.a.default)',
        "[1]",
    ),
    ("let xs = [[1]]; var y = xs.chunk(1); y[0][0][0] = 9; println(xs)", "[[1]]"),
    ("let xs = [[1]]; var y = random_shuffle(xs); y[0][0] = 9; println(xs)", "[[1]]"),
    ("let xs = [[1]]; var y = random_choice(xs); y[0] = 9; println(xs)", "[[1]]"),
    ("let xs = [[1]]; var y = xs.zip([[2]]); y[0][0][0] = 9; println(xs)", "[[1]]"),
    ("let xs = [[1]]; var y = xs.max(); y[0] = 9; println(xs)", "[[1]]"),
    ("let xs = [[1]]; let [a] = xs; var b = a; b[0] = 9; println(xs)", "[[1]]"),
    ("let xs = [[1]]; for x in xs { var y = x; y[0] = 9 }; println(xs)", "[[1]]"),
    ("let g = stream.broadcast([[1]], 2); var a = g[0].to_list(); a[0][0] = 9; println(g[1].to_list())", "[[1]]"),
    ("let t = try { throw [1] }; var v = unwrap_err(t); v[0] = 9; println(t)", "Result.Err([1])"),
]


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize(("expression", "expected"), CALLBACKS)
def test_callback(tier: str, expression: str, expected: str) -> None:
    program = f'{FUNCTIONS}try {{ println({expression}) }} catch (problem) {{ println("!! ${{problem}}") }}'
    assert Run(tier).lines(program) == [expected]


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize(("program", "expected"), COPIES)
def test_nothing_aliases(tier: str, program: str, expected: str) -> None:
    assert Run(tier).lines(program) == expected.split("\n")
