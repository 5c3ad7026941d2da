"""Programs that try the translator's own tricks: what they print is known, and both tiers print it."""

from __future__ import annotations

import pytest

from tests.two_tiers import run_both

CASES = {
    "wrapping": (
        """
        let big = 9223372036854775807
        println(big + 1)
        println(big * 2 + 3)
        println(0 - big - 2)
        var n = big
        n += 1
        println(n)
        println((big + 1) * (big + 1) - 1)
        println([big, big].sum())
        """,
        "-9223372036854775808\n1\n9223372036854775807\n-9223372036854775808\n-1\n-2\n",
    ),
    "division truncates": (
        """
        for a in [7, 0 - 7] { for b in [2, 0 - 2] { println("${a / b} ${a % b}") } }
        let least = 0 - 9223372036854775807 - 1
        println(least / (0 - 1))
        println(try { 1 / 0 })
        println(try { 1 % 0 })
        println(1.0 / 0)
        """,
        "3 1\n-3 1\n-3 -1\n3 -1\n-9223372036854775808\nResult.Err(Division by zero)\nResult.Err(Division by zero)\ninf\n",
    ),
    "bools are no numbers": (
        """
        fn same(a, b) { return a == b }
        println([true == 1, same(true, 1), same(1, true), same(false, 0), same(1, 1.0), true in [1], 1 in [true]])
        println(try { true + 1 })
        println([1 < true, true < 2, true <= 0])
        """,
        "[false, false, false, false, true, false, false]\n"
        "Result.Err(Type error: Cannot add bool and int)\n[false, false, true]\n",
    ),
    "comparisons with NaN": (
        """
        let nan = 0.0 * (1.0 / 0)
        fn le(a, b) { return a <= b }
        println([nan <= 1.0, le(nan, 1.0), nan < 1.0, nan == nan, le(nan, 1), le(1, nan)])
        """,
        "[false, false, false, false, true, true]\n",
    ),
    "copies do not change": (
        """
        var a = [1, 2]
        let b = a
        a = a.push(3)
        a[0] = 9
        var c = a
        c += [7]
        var d = {k: a}
        a[1] = 8
        d.k[0] = 5
        var e = d
        e.k = nil
        println([a, b, c, d, e])
        fn change(xs) { var ys = xs
          ys[0] = 100
          return ys }
        println([change(a), a])
        for x in a { a = a.push(x) }
        println(a)
        """,
        "[[9, 8, 3], [1, 2], [9, 2, 3, 7], {k: [5, 2, 3]}, {k: nil}]\n[[100, 8, 3], [9, 8, 3]]\n[9, 8, 3, 9, 8, 3]\n",
    ),
    "a list in itself": (
        """
        var xs = [1]
        xs[0] = xs
        xs = xs.push(xs)
        println(xs)
        var s = {a: 1}
        s.a = s
        println(s)
        """,
        "[[1], [[1]]]\n{a: {a: 1}}\n",
    ),
    "callers give variables up": (
        """
        struct P { x: int }
        fn move(p) { var q = p
          q.x = q.x + 1
          return q }
        fn grow(xs, v) { var ys = xs
          ys = ys.push(v)
          return ys }
        var p = P {x: 0}
        let first = p
        for i in 1 to 3 { p = move(p) }
        println([p, first])
        var xs = []
        let empty = xs
        for i in 1 to 3 { xs = grow(xs, i) }
        let same = grow(xs, 4)
        println([xs, empty, same])
        fn fail(xs) { var ys = xs
          ys[0] = 9
          throw "no" }
        var zs = [1]
        try { zs = fail(zs) } catch (e) { println(e) }
        println(zs)
        """,
        "[P {x: 3}, P {x: 0}]\n[[1, 2, 3], [], [1, 2, 3, 4]]\nno\n[1]\n",
    ),
    "captured values are snapshots": (
        """
        var n = 1
        let f = { x -> n = n + x
          n }
        n = 10
        println([f(1), f(1), n])
        var xs = [1]
        let g = { -> xs = xs.push(2)
          xs }
        xs = xs.push(9)
        println([g(), g(), xs])
        """,
        "[2, 2, 10]\n[[1, 2], [1, 2], [1, 9]]\n",
    ),
    "counting loops": (
        """
        var i = 0
        var sum = 0
        while i < 10 { sum += i
          i += 3 }
        println([i, sum])
        while i > 0 { i = i - 5 }
        println(i)
        var j = 5
        while j <= 4 { j += 1 }
        println(j)
        var k = 0
        while k < 10 { if k == 4 { break }
          k += 1 }
        println(k)
        var m = 0
        while m < 3 { m += 1
          if m == 2 { continue }
          println("m ${m}") }
        var bound = 3
        var q = 0
        while q < bound { bound = 2
          q += 1 }
        println([q, bound])
        var w = 9223372036854775806
        while w > 0 { w += 1 }
        println(w)
        """,
        "[12, 18]\n-3\n5\n4\nm 1\nm 3\n[2, 2]\n-9223372036854775808\n",
    ),
    "leaving outer loops": (
        """
        fn find(rows, wanted) {
          var found = nil
          for row in rows { for x in row { if x == wanted { return row } } }
          return found }
        println(find([[1, 2], [3]], 3))
        for a in 1 to 3 {
          try {
            for b in 1 to 3 { if b == a { continue }
              if b == 3 { break }
              println("${a}${b}") }
            if a == 2 { break }
          } finally { println("end ${a}") }
        }
        """,
        "[3]\n12\nend 1\n21\nend 2\n",
    ),
    "clean-ups run once": (
        """
        fn f(n) {
          defer { println("d ${n}") }
          if n == 0 { throw "zero" }
          if n == 1 { return "one" }
          try { return f(n - 2) } finally { println("f ${n}") }
        }
        println(try { f(3) })
        println(try { f(2) })
        """,
        "d 1\nf 3\nd 3\nResult.Ok(one)\nd 0\nf 2\nd 2\nResult.Err(zero)\n",
    ),
    "handlers see the last state": (
        """
        fn f() {
          var a = 1
          var xs = [1]
          try { a = 2
            xs = xs.push(a)
            throw {xs: xs}
          } catch (e) { xs[0] = 7
            return [a, xs, e.xs] }
        }
        println(f())
        fn fail() { throw 1 }
        try { retry 3 { println("try")
          fail() } } catch (e) { }
        """,
        "[2, [7, 2], [1, 2]]\ntry\ntry\ntry\n",
    ),
    "tail calls": (
        """
        fn count(n, acc) { if n == 0 { return acc }
          return count(n - 1, acc + n) }
        fn even(n) { if n == 0 { return true }
          return odd(n - 1) }
        fn odd(n) { if n == 0 { return false }
          return even(n - 1) }
        fn apply(f, n) { if n == 0 { return "done" }
          return f(f, n - 1) }
        println([count(5000, 0), even(3001), apply(apply, 5000), 5000 |> even])
        """,
        "[12502500, false, done, true]\n",
    ),
    "generators": (
        """
        fn numbers(n) { var i = 0
          while i < n { yield i
            i += 1 } }
        var total = 0
        for x in numbers(5) { if x == 3 { break }
          total += x }
        let g = numbers(2)
        println([total, g.next(), g.next(), g.next()])
        gen fn words() { defer { println("end") }
          emit "a"
          emit "b" }
        for w in words() { println(w) }
        fn bad() { yield 1
          throw "broken" }
        println(try { for x in bad() { println(x) } })
        """,
        "[3, {done: false, value: 0}, {done: false, value: 1}, {done: true, value: nil}]\na\nb\nend\n1\n"
        "Result.Err(broken)\n",
    ),
    "matches narrow": (
        """
        enum Shape { Circle(float), Box(int, int), Empty }
        fn area(s) {
          return match s {
            Shape.Circle(r) -> { r * r }
            Shape.Box(w, h) if w == h -> { w * w }
            Shape.Box(w, h) -> { w * h }
            Shape.Empty -> { 0 }
          }
        }
        println([Shape.Circle(1.5), Shape.Box(2, 2), Shape.Box(2, 3), Shape.Empty].map(area))
        println(match 5 { Shape.Empty -> { 1 } 5 -> { 2 } _ -> { 3 } })
        """,
        "[2.25, 4, 6, 0]\n2\n",
    ),
    "callbacks": (
        """
        let k = 3
        let xs = [4, 1, 3]
        println(xs.map({ x -> x * k }))
        println(xs.filter({ x -> x > 1 && k > 2 }))
        println(xs.sort_by({ x -> 0 - x }))
        println([xs.any({ x -> x == 3 }), xs.all({ x -> x > 0 }), xs.none({ x -> x > 9 }), xs.find({ x -> x < 4 })])
        println(xs.reduce("", { acc, x -> "${acc}${x}" }))
        println(xs.map({ x -> xs.map({ y -> x * y + k }).sum() }))
        println(try { xs.map({ x -> x / 0 }) })
        println(try { xs.map({ a, b -> a }) })
        println(xs.map(to_string))
        println(xs.map(nil))
        """,
        "[12, 3, 9]\n[4, 3]\n[4, 3, 1]\n[true, true, true, 1]\n413\n[41, 17, 33]\n"
        "Result.Err(Runtime error: Division by zero (line 9))\n"
        "Result.Err(Arity mismatch: '<closure>' expects 2 arguments, got 1)\n[4, 1, 3]\nnil\n",
    ),
    "reading what is not there": (
        """
        let xs = [1, 2]
        let d = {a: 1}
        println([xs[5], xs[0 - 1], xs[0 - 3], d.zz, d["b"], xs[1] ?? 9, xs[2] ?? 9, d.a ?? 0])
        println(try { xs[2] + 1 })
        println(try { nil.x })
        println(try { xs["a"] })
        var ys = xs
        println(try { ys[2] = 1 })
        ys[0 - 1] = 7
        println([ys, xs])
        """,
        "[nil, 2, nil, nil, nil, 2, 9, 1]\nResult.Err(Type error: Cannot add nil and int)\n"
        "Result.Err(Type error: cannot access property `x` on nil — use `?.x` for optional access, or narrow with a "
        "`!= nil` guard before reading fields)\nResult.Err(Type error: cannot index into list with string)\n"
        "Result.Err(Runtime error: Index 2 out of bounds for list of length 2)\n[[1, 7], [1, 2]]\n",
    ),
    "order of evaluation": (
        """
        let log = channel("log", 20)
        fn say(x) { send(log, x)
          return x }
        let r = [say(1), say(2) + say(3) * say(4), {a: say(5), b: say(6)}, "${say(7)}${[say(8)][0] + 1}"]
        println(r)
        var xs = [0, 0]
        xs[say(1)] = say(9)
        close_channel(log)
        var seen = []
        for x in log { seen = seen.push(x) }
        println([xs, seen])
        """,
        "[1, 14, {a: 5, b: 6}, 79]\n[[0, 9], [1, 2, 3, 4, 5, 6, 7, 8, 9, 1]]\n",
    ),
    "strings": (
        """
        let q = "it's"
        println("${q} \\"x\\" {${1 + 1}} ${"in ${q}"} ${{a: 1}} ${nil} ${1.0}")
        var s = ""
        for i in 1 to 3 { s += "${i}," }
        println([s, s.split(","), s[1:], len("é"), "abc"[1], "ab" * 2])
        """,
        "it's \"x\" {2} in it's {a: 1} nil 1.0\n[1,2,3,, [1, 2, 3, ], ,2,3,, 1, b, abab]\n",
    ),
    "methods": (
        """
        struct Counter { n: int }
        impl Counter {
          fn add(self, k) { var c = self
            c.n = c.n + k
            return c }
          fn twice(self) { return self.add(self.n) }
          fn fail(self) { return self.n / 0 }
        }
        let c = Counter {n: 2}
        println([c.add(3), c.twice(), c])
        println(try { c.fail() })
        println(try { c.add() })
        let d = {go: { x -> x + 1 }}
        println([d.go(1), d.count(), (1 to 3).map({ x -> x * 2 }).to_list()])
        """,
        "[Counter {n: 5}, Counter {n: 4}, Counter {n: 2}]\n"
        "Result.Err(Runtime error: Division by zero (line 7))\n"
        "Result.Err(Arity mismatch: 'Counter.add' expects 2 arguments, got 1)\n[2, 1, [2, 4, 6]]\n",
    ),
    "parameters": (
        """
        fn f(a, b = a + 1, c = [b]) { return [a, b, c] }
        fn g(first, ...rest) { return [first, rest] }
        fn h(n: int, s: string) { return "${n}${s}" }
        println([f(1), f(1, 5), f(1, nil, 3), g(1), g(1, 2, 3), g(...[7, 8])])
        println(h(2, "x"))
        println(try { h("2", "x") })
        println(h(2.5, "y"))
        """,
        "[[1, 2, [2]], [1, 5, [5]], [1, nil, 3], [1, []], [1, [2, 3]], [7, [8]]]\n2x\n"
        "Result.Err(Runtime error: TypeError: parameter 'n' expected int, got string (2))\n2.5y\n",
    ),
    "a tail call of a checked closure leaves no frame": (
        """
        fn apply(f: fn(int) -> int, x: int) { return f(x) }
        fn pipe(f: closure, x) { return x |> f }
        fn deep(n: int, f: closure) { if n == 0 { return f(1) }
          return 1 + deep(n - 1, f) }
        println([apply({ n -> n * 2 }, 4), apply(abs, -4), pipe({ n, m = 1 -> n + m }, 2)])
        println(try { apply({ a, b -> a }, 4) })
        println(deep(510, { x -> x }))
        println(try { deep(511, { x -> x }) })
        pipe({ n -> n * nil }, 4)
        """,
        "[8, 4, 3]\nResult.Err(Arity mismatch: '<closure>' expects 2 arguments, got 1)\n511\n"
        "Result.Err(Stack overflow: too many nested calls)\n",
    ),
    "functions left to the interpreter are called as such": (
        """
        fn pulled() { yield 0
          for i in [1] { try { throw "a" } finally { break } }
          println("on") }
        for each in pulled() { println(each) }
        println(pulled().iter().to_list())
        fn fill(xs, n) { try { n / 1 } finally { if n > 100 { return xs } }
          var ys = xs
          ys = ys.push(n)
          return ys }
        fn go() { var filled = []
          for i in 1 to 3 { filled = fill(filled, i) }
          return filled }
        println(go())
        """,
        "0\non\non\n[0]\n[1, 2, 3]\n",
    ),
    "operands are evaluated from left to right where Python goes the other way": (
        """
        fn a(x) { println("a")
          return x }
        fn b(x) { println("b")
          return x }
        fn f(m, k) { return [a(m).has(b(k)), a("xy").contains(b(k)), a(["q"]).join(b(k))] }
        println(f({k: 1}, "k"))
        fn up() { var xs = [1, 2, 3]
          var d = {q: nil}
          var r = []
          try { xs[d.q.z] = 1 / 0 } catch (e) { r = r.push(e) }
          try { xs[1 / 0] = d.z.y } catch (e) { r = r.push(e == "Division by zero") }
          try { xs[a(1)][b(0)] = a(7) } catch (e) { r = r.push(e) }
          return [xs, r] }
        println(up())
        """,
        "a\nb\na\nb\na\nb\n[true, false, q]\na\na\nb\n[[1, 2, 3], [Division by zero, false, Type error: cannot assign to an index of int]]\n",
    ),
    "closures made in the callback that becomes a loop": (
        """
        fn f(n, m) {
          let fs = [1, 2].map({ x -> { y -> x * 100 + y * 10 + n + m } })
          return fs.map({ g -> g(3) }) }
        println(f(4, 1))
        println([[1], [2]].map({ xs -> xs.map({ x -> { -> x } }) }).count())
        """,
        "[135, 235]\n2\n",
    ),
    "assignments of values with several calls that may fail": (
        """
        fn g(x) { return x }
        fn f(d, xs) {
          var e = {a: 0}
          e["k"] = xs.zip(d.keys()).count() + sqrt(d.x)
          e.a = [d.y?.z, xs.slice(0, 1), xs.index_of(d.x)]
          var ys = [0]
          ys[xs.count() - 1] = xs.index_of(g(1)) * sqrt(d.x)
          ys += xs.zip(d.values().slice(0, 1))
          return [e, ys] }
        println(try { f({x: 4}, [1]) })
        """,
        "Result.Ok([{a: [nil, [1], -1], k: 3.0}, [0.0, [1, 4]]])\n",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_both_tiers_print(name: str) -> None:
    """The output is the known one, in both tiers."""
    text, expected = CASES[name]
    lines = text.strip("\n").split("\n")
    program = "\n".join(line.removeprefix("        ") for line in lines)
    assert run_both(program).output == expected
