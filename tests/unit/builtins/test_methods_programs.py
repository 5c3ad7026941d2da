"""Methods, basics and updates as programs meet them, on both tiers; small programs and what they print."""

from __future__ import annotations

import pytest

import harnlite

COUNTABLE = "string | bytes | list | dict | set | range | nil"

PROGRAMS = [
    pytest.param(
        """
        let d = {f: { x -> x + 1 }, keys: { -> "mine" }}
        println(d.f(1))
        println(d.keys())
        println((5).anything(1, 2))
        println(try { nil.m() })
        println(try { d.nope() })
        println(try { (1 to 3).reverse() })
        println(try { "a".replace("b") })
        """,
        ["2", "[f, keys]", "nil"]
        + [
            f"Result.Err({text})"
            for text in (
                "Type error: value of type nil has no method `m`",
                "Runtime error: dict has no method `nope`",
                "Runtime error: iter has no method `reverse`",
                "Runtime error: string has no method `replace`",
            )
        ],
        id="which method a call means",
    ),
    pytest.param(
        """
        println([1, 2, 3].map(to_string))
        println([3, 1, 2].sort_by({ x -> -x }))
        println([1, 2].map({ x -> [x].map({ y -> y * 10 }) }))
        println(try { [1, 2].map({ -> 7 }) })
        println(try { [1, 2].reduce(0, { a -> a }) })
        println(try { [1].filter({ x -> x / 0 }) })
        println(dedup_by([1, 2, 3, 4], { x -> x % 2 }))
        println(group_by(["a", "bb", "cc"], len))
        """,
        [
            "[1, 2, 3]",
            "[3, 2, 1]",
            "[[10], [20]]",
            "Result.Err(Arity mismatch: '<closure>' expects 0 arguments, got 1)",
            "Result.Err(Arity mismatch: '<closure>' expects 1 argument, got 2)",
            "Result.Err(Runtime error: Division by zero (line 7))",
            "[1, 2]",
            "{1: [a], 2: [bb, cc]}",
        ],
        id="callbacks",
    ),
    pytest.param(
        """
        struct P { x: any, y: any }
        var d = {a: {b: [1, 2]}, p: P { x: {n: 1}, y: 2 }}
        let before = d
        d.a.b[1] = 20
        d.p.x.n += 5
        d["new"] = {}
        d.new.deep = [0]
        d.new.deep[0] += 1
        println(d)
        println(before)
        var grid = [[0, 0], [0, 0]]
        let row = grid[0]
        grid[0][1] = 7
        println([grid, row])
        println(try { grid[5][0] = 1 })
        println(try { d.nope.x = 1 })
        println(d.has("nope"))
        """,
        [
            "{a: {b: [1, 20]}, new: {deep: [1]}, p: P {x: {n: 6}, y: 2}}",
            "{a: {b: [1, 2]}, p: P {x: {n: 1}, y: 2}}",
            "[[[0, 7], [0, 0]], [0, 0]]",
            "Result.Err(Runtime error: Index 5 out of bounds for list of length 2)",
            "Result.Err(Type error: cannot set property `x` on nil)",
            "false",
        ],
        id="updates write the leaf and nobody else's value",
    ),
    pytest.param(
        """
        var xs = [1, 2, 3]
        for x in xs {
          xs = xs.push(x * 10)
          xs[0] = 9
        }
        println(xs)
        fn grow(ys) {
          var zs = ys
          zs = zs.push(0)
          zs[0] = "changed"
          return zs
        }
        println(grow(xs))
        println(xs)
        let keep = { -> xs }
        xs = xs + [1]
        println([len(keep()), len(xs)])
        """,
        ["[9, 2, 3, 10, 20, 30]", "[changed, 2, 3, 10, 20, 30, 0]", "[9, 2, 3, 10, 20, 30]", "[6, 7]"],
        id="variables, arguments, captures and loops keep their own value",
    ),
    pytest.param(
        """
        let a = channel("a", 2)
        let b = channel("b", 2)
        let feeder = spawn {
          send(b, 1)
          sleep(1)
          send(a, 2)
          close_channel(a)
          sleep(1)
          send(b, 3)
          close_channel(b)
        }
        println(stream.merge(a, [10, 20], b).to_list())
        println(await(feeder))
        println(stream.race(channel("never"), [5, 6]).to_list())
        """,
        ["[10, 20, 1, 2, 3]", "nil", "[5, 6]"],
        id="merging what is ready",
    ),
    pytest.param(
        """
        fn numbers() {
          yield 1
          yield 2
          yield 3
        }
        let it = numbers().iter().map({ x -> x * 2 })
        println(it.first())
        for x in it { println(x) }
        println(it)
        println(iter([1, 2, 3]).zip("ab").to_list())
        for (k, v) in {b: 1, a: 2}.iter() { println("${k}=${v}") }
        println(try { [1] |> iter |> len })
        """,
        [
            "2",
            "4",
            "6",
            "<iter (exhausted)>",
            "[(1, a), (2, b)]",
            "a=2",
            "b=1",
            f"Result.Err(Type error: 'len' parameter `value` expects {COUNTABLE}, got iter)",
        ],
        id="iterators and generators",
    ),
]


@pytest.mark.parametrize("tier", ["fast", "interpreter"])
@pytest.mark.parametrize(("source", "lines"), PROGRAMS)
def test_program(source: str, lines: list[str], tier: str) -> None:
    pieces: list[str] = []
    harnlite.run(source, output=pieces.append, tier=tier)
    assert "".join(pieces).splitlines() == lines
