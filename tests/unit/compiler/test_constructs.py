"""What each construct compiles to (docs/reference/language.md 3, 4, 7.5)."""

from __future__ import annotations

import pytest

from harnlite.compiler.expressions import Expressions
from harnlite.syntax import tree
from tests.compiling import compile_text, instructions

A = "var x = 1\nvar xs = [1]\nvar p = {a: 1}\n"
_SETUP = 9


def _after_setup(text: str) -> str:
    lines = instructions(compile_text(A + text))
    assert lines[-2:] == ["NIL", "RETURN"]
    return "; ".join(lines[_SETUP:-2])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x + 1", "LOAD x#0; CONST 1; ADD; POP"),
        ("1 in xs", "CONST 1; LOAD xs#1; IN; POP"),
        ("1 not in xs", "CONST 1; LOAD xs#1; NOT_IN; POP"),
        ("x && 2", "LOAD x#0; IF 1; TRUE; ELSE; FALSE; END; POP"),
        ("x || xs", "LOAD x#0; IF 1; TRUE; ELSE; LOAD xs#1; TO_BOOL; END; POP"),
        ("x || x == 2", "LOAD x#0; IF 1; TRUE; ELSE; LOAD x#0; CONST 2; EQ; END; POP"),
        ("x ?? 2", "LOAD x#0; IF_NIL; CONST 2; END; POP"),
        ("x ? 2 : 3", "LOAD x#0; IF 1; CONST 2; ELSE; CONST 3; END; POP"),
        ("x to 3", "LOAD x#0; CONST 3; RANGE 0; POP"),
        ("x to 3 exclusive", "LOAD x#0; CONST 3; RANGE 1; POP"),
        ('"a${x}b"', 'CONST "a"; LOAD x#0; CONST "b"; STRING 3; POP'),
        ("5s", 'CONST ("duration", 5000); POP'),
        ("[1, x]", "CONST 1; LOAD x#0; LIST 2; POP"),
        ("[1, ...xs, x]", "CONST 1; LIST 1; LOAD xs#1; LIST_EXTEND; LOAD x#0; LIST_APPEND; POP"),
        ("let d = {a: 1, [x]: 2}", 'CONST "a"; CONST 1; LOAD x#0; CONST 2; DICT 2; STORE d#3'),
        ("let d = {...p, a: 1}", 'DICT 0; LOAD p#2; DICT_UPDATE; CONST "a"; CONST 1; DICT_SET; STORE d#3'),
        ("p.a", "LOAD p#2; GET_FIELD a; POP"),
        ("p?.a", "LOAD p#2; GET_FIELD_OPT a; POP"),
        ("xs[0]", "LOAD xs#1; CONST 0; GET_INDEX; POP"),
        ("xs?[0]", "LOAD xs#1; CONST 0; GET_INDEX_OPT; POP"),
        ("xs[1:]", "LOAD xs#1; CONST 1; SLICE 1; POP"),
        ("xs[:2]", "LOAD xs#1; CONST 2; SLICE 2; POP"),
        ("p.m(1, x)", "LOAD p#2; CONST 1; LOAD x#0; CALL_METHOD m 2; POP"),
        ("p?.m()", "LOAD p#2; CALL_METHOD_OPT m 0; POP"),
        ("p.m(...xs)", "LOAD p#2; LIST 0; LOAD xs#1; LIST_EXTEND; CALL_METHOD_SPREAD m; POP"),
        ("x(...xs)", "LOAD x#0; LIST 0; LOAD xs#1; LIST_EXTEND; CALL_SPREAD x; POP"),
        ("println(...xs)", "LIST 0; LOAD xs#1; LIST_EXTEND; CALL_BUILTIN_SPREAD println; POP"),
        ("x |> p", "LOAD x#0; LOAD p#2; PIPE; POP"),
        ("x |> len", "LOAD x#0; CALL_BUILTIN len 1; POP"),
        ("x |> _ + _", "LOAD x#0; STORE <pipe>#3; LOAD <pipe>#3; LOAD <pipe>#3; ADD; POP"),
        ("x |> { y -> y }", "LOAD x#0; MAKE_CLOSURE function 1 <closure>; PIPE; POP"),
        ("x?", "LOAD x#0; PROPAGATE; POP"),
        ("fn f() { try* x }", "MAKE_CLOSURE function 1 f; STORE f#3"),
        ("Result.Ok(x)", 'LOAD x#0; ENUM ("Result", "Ok") 1; POP'),
        ("enum E { A }\nlet Ee = 1\nE.A.fields", 'CONST 1; STORE Ee#3; ENUM ("E", "A") 0; GET_FIELD fields; POP'),
        ("struct S { a: int }\nS {a: 1, zz: 2}",
         'CONST 1; CONST 2; STRUCT ("/lib/test.harn", "S", ("a")) ("a", "zz"); POP'),
        ("struct S { a: int }\nS({a: 1})",
         'CONST "a"; CONST 1; DICT 1; STRUCT_FROM ("/lib/test.harn", "S", ("a")); POP'),
        ("struct S { a: int }\nlet f = S", 'STRUCT_CONSTRUCTOR ("/lib/test.harn", "S", ("a")); STORE f#3'),
        ("x = 2", "CONST 2; STORE x#0"),
        ("x += 2", "CONST 2; ADD_LOCAL x#0"),
        ("x = x + 2", "CONST 2; ADD_LOCAL x#0"),
        ("x = 2 + x", "CONST 2; LOAD x#0; ADD; STORE x#0"),
        ("x -= 2", "LOAD x#0; CONST 2; SUB; STORE x#0"),
        ("xs = xs.push(x)", "LOAD x#0; APPEND_LOCAL xs#1"),
        ("xs = xs?.push(x)", "LOAD xs#1; LOAD x#0; CALL_METHOD_OPT push 1; STORE xs#1"),
        ("xs = xs.push(...xs)", "LOAD xs#1; LIST 0; LOAD xs#1; LIST_EXTEND; CALL_METHOD_SPREAD push; STORE xs#1"),
        ("xs = p.push(x)", "LOAD p#2; LOAD x#0; CALL_METHOD push 1; STORE xs#1"),
        ("xs = xs.push(if x { xs = [] })",
         "LOAD xs#1; LOAD x#0; IF 1; LIST 0; STORE xs#1; NIL; ELSE; NIL; END; CALL_METHOD push 1; STORE xs#1"),
        ("xs[x] = 2", "CONST 2; LOAD x#0; SET_INDEX_LOCAL xs#1"),
        ("p.a = 2", "CONST 2; SET_FIELD_LOCAL p#2 a"),
        ("p.a[x].b = 2", 'CONST 2; LOAD x#0; SET_PATH_LOCAL p#2 ("a", any, "b")'),
        ("xs[0] += x", "LOAD xs#1; CONST 0; GET_INDEX; LOAD x#0; ADD; CONST 0; SET_INDEX_LOCAL xs#1"),
        ("p.a *= 3", "LOAD p#2; GET_FIELD a; CONST 3; MUL; SET_FIELD_LOCAL p#2 a"),
        ("xs[len(xs)] -= len(p)",
         ("LOAD p#2; CALL_BUILTIN len 1; STORE <value 3>#3; LOAD xs#1; CALL_BUILTIN len 1; STORE <index 4>#4; "
         "LOAD xs#1; LOAD <index 4>#4; GET_INDEX; LOAD <value 3>#3; SUB; LOAD <index 4>#4; SET_INDEX_LOCAL xs#1")),
        ("if x { 1 }", "LOAD x#0; IF 0; CONST 1; POP; END"),
        ("let y = if x { 1 }", "LOAD x#0; IF 1; CONST 1; ELSE; NIL; END; STORE y#3"),
        ("while x { break }", "LOOP; LOAD x#0; BREAK_UNLESS 0; BREAK 0; END"),
        ("while x { if x { continue }\nx = 0 }",
         "LOOP; LOAD x#0; BREAK_UNLESS 0; LOAD x#0; IF 0; CONTINUE 0; END; CONST 0; STORE x#0; END"),
        ("for i in xs { println(i) }", "LOAD xs#1; FOR i#4 <iterator>#3; LOAD i#4; CALL_BUILTIN println 1; POP; END"),
        ("for _ in xs { }", "LOAD xs#1; FOR <item>#4 <iterator>#3; END"),
        ("for (a, b) in xs { }",
         ("LOAD xs#1; FOR <item>#4 <iterator>#3; LOAD <item>#4; STORE <pair>#5; LOAD <pair>#5; GET_FIELD first; "
         "STORE a#6; LOAD <pair>#5; GET_FIELD second; STORE b#7; END")),
        ("let {a, b: c = 2, ...r} = p",
         ("LOAD p#2; CHECK_DICT; STORE <taken apart>#3; LOAD <taken apart>#3; GET_FIELD a; STORE a#4; "
         "LOAD <taken apart>#3; GET_FIELD b; IF_NIL; CONST 2; END; STORE c#5; "
         'LOAD <taken apart>#3; DICT_REST ("a", "b"); STORE r#6')),
        ("let [a, _, ...r] = xs",
         ("LOAD xs#1; CHECK_LIST; STORE <taken apart>#3; LOAD <taken apart>#3; CONST 0; GET_INDEX; STORE a#4; "
         "LOAD <taken apart>#3; CONST 1; GET_INDEX; POP; LOAD <taken apart>#3; LIST_REST 2; STORE r#5")),
        ("guard x else { println(1) }",
         "LOAD x#0; IF 0; ELSE; CONST 1; CALL_BUILTIN println 1; POP; END"),
        ("require x", 'LOAD x#0; IF 0; ELSE; CONST "require condition failed"; THROW; END'),
        ("require x, p", "LOAD x#0; IF 0; ELSE; LOAD p#2; THROW; END"),
        ("let r = try { x }",
         "TRY 1; LOAD x#0; WRAP_OK; CATCH <caught>#3 any; LOAD <caught>#3; WRAP_ERR; END; STORE r#4"),
        ("try { x }", "TRY 0; LOAD x#0; POP; CATCH <caught>#3 any; END"),
        ("try { x } catch (e) { e }", "TRY 0; LOAD x#0; POP; CATCH e#3 any; LOAD e#3; POP; END"),
        ("try { x } catch (e: E) { }", 'TRY 0; LOAD x#0; POP; CATCH e#3 "E"; END'),
        ("try { x } catch { }", "TRY 0; LOAD x#0; POP; CATCH <caught>#3 any; END"),
        ("let r = try { x } finally { p }", "CLEANUP 1; LOAD x#0; FINALLY; LOAD p#2; POP; END; STORE r#3"),
        ("let r = try { x } catch { 2 } finally { p }",
         "CLEANUP 1; TRY 1; LOAD x#0; CATCH <caught>#3 any; CONST 2; END; FINALLY; LOAD p#2; POP; END; STORE r#4"),
        ("if x { defer { xs }\ndefer { p }\nx }",
         ("LOAD x#0; IF 0; CLEANUP 0; CLEANUP 0; LOAD x#0; POP; FINALLY; LOAD p#2; POP; END; FINALLY; LOAD xs#1; POP; "
         "END; END")),
        ("retry 3 { p }",
         ("CONST 3; STORE <attempts>#3; CONST 1; STORE <attempt>#4; LOOP; TRY 0; LOAD p#2; POP; BREAK 0; "
         "CATCH <caught>#5 any; LOAD <attempt>#4; LOAD <attempts>#3; LT; IF 0; ELSE; RETHROW <caught>#5; END; "
         "CONST 1; ADD_LOCAL <attempt>#4; END; END")),
        ("deadline 5s { p }", 'CONST ("duration", 5000); DEADLINE 0; LOAD p#2; POP; END'),
        ("mutex { p }", "MUTEX; LOAD p#2; POP; END"),
        ("throw x", "LOAD x#0; THROW"),
        ("spawn { x }", "MAKE_CLOSURE function 1 <closure>; SPAWN; POP"),
        ("parallel 3 { i -> i }", "CONST 3; NIL; MAKE_CLOSURE function 1 <closure>; PARALLEL 0; POP"),
        ("parallel settle xs with {max_concurrent: 2} { i -> i }",
         "LOAD xs#1; CONST 2; MAKE_CLOSURE function 1 <closure>; PARALLEL 2; POP"),
        ("parallel each xs { i -> i } as stream",
         "LOAD xs#1; NIL; MAKE_CLOSURE function 1 <closure>; PARALLEL 3; POP"),
        ("select { v from x { v }\ndefault { p } }",
         ("LOAD x#0; SELECT 1 2; STORE <case>#3; STORE <received>#4; LOAD <case>#3; CONST 0; EQ; IF 0; "
         "LOAD <received>#4; STORE v#5; LOAD v#5; POP; ELSE; LOAD p#2; POP; END")),
        ("select { v from x { }\ntimeout 5s { p } }",
         ('LOAD x#0; CONST ("duration", 5000); SELECT 1 1; STORE <case>#3; STORE <received>#4; LOAD <case>#3; CONST 0; '
         "EQ; IF 0; LOAD <received>#4; STORE v#5; ELSE; LOAD p#2; POP; END")),
        ("match x { 1 -> { p } _ -> { xs } }",
         "LOAD x#0; CONST 1; EQ; IF 0; LOAD p#2; POP; ELSE; LOAD xs#1; POP; END"),
        ("match x { 1 | 2 -> { p } y -> { y } }",
         ("LOAD x#0; CONST 1; EQ; IF 1; TRUE; ELSE; LOAD x#0; CONST 2; EQ; END; IF 0; LOAD p#2; POP; ELSE; "
         "LOAD x#0; STORE y#3; LOAD y#3; POP; END")),
        ("match x { Result.Ok(v) -> { v } _ -> { } }",
         'LOAD x#0; IS_VARIANT ("Result", "Ok"); IF 0; LOAD x#0; ENUM_FIELD 0; STORE v#3; LOAD v#3; POP; ELSE; END'),
        ("match x + 1 { y if y -> { } _ -> { } }",
         "LOAD x#0; CONST 1; ADD; STORE <subject>#3; LOAD <subject>#3; STORE y#4; LOAD y#4; IF 0; ELSE; END"),
        ("match x { {a: 1, b: y} -> { y } _ -> { } }",
         ("LOAD x#0; IS_DICT; IF 1; LOAD x#0; GET_FIELD a; CONST 1; EQ; ELSE; FALSE; END; IF 0; "
         "LOAD x#0; GET_FIELD b; STORE y#3; LOAD y#3; POP; ELSE; END")),
        ("match x { [1, _, y] -> { y } _ -> { } }",
         ("LOAD x#0; IS_LIST 3; IF 1; LOAD x#0; CONST 0; GET_INDEX; CONST 1; EQ; ELSE; FALSE; END; IF 0; "
         "LOAD x#0; CONST 2; GET_INDEX; STORE y#3; LOAD y#3; POP; ELSE; END")),
        ("override f(x) { }", ""),
    ],
)  # fmt: skip
def test_constructs(text: str, expected: str) -> None:
    if expected.endswith("THROW"):
        assert "; ".join(instructions(compile_text(A + text))[_SETUP:]) == expected
    else:
        assert _after_setup(text).replace('("", "S"', '("/lib/test.harn", "S"') == expected


def test_a_match_without_wildcard_throws() -> None:
    lines = instructions(compile_text("match pi { 1 -> { 2 } }"))
    assert 'CONST "No match arm matched the value"' in lines
    assert "THROW" in lines


@pytest.mark.parametrize(
    ("text", "function", "expected"),
    [
        ("fn f() { 1 }", "f", "CONST 1; POP; NIL; RETURN"),
        ("let f = { -> 1 }", 1, "CONST 1; RETURN"),
        ("let f = fn() { 1 }", 1, "CONST 1; RETURN"),
        ("let f = { -> let x = 1 }", 1, "CONST 1; STORE x#0; NIL; RETURN"),
        ("let f = { -> if pi { 1 } else { return 2 } }", 1,
         "LOAD_GLOBAL pi; IF 1; CONST 1; ELSE; CONST 2; RETURN; END; RETURN"),
        ("fn f(g) { return g(1) }", "f", "LOAD g#0; CONST 1; TAIL_CALL 1 g"),
        ("fn f(g) { return 1 |> g }", "f", "CONST 1; LOAD g#0; TAIL_PIPE"),
        ("fn f(g) { return len(g) }", "f", "LOAD g#0; CALL_BUILTIN len 1; RETURN"),
        ("fn f(g) { return g(...[]) }", "f", "LOAD g#0; LIST 0; LIST 0; LIST_EXTEND; CALL_SPREAD g; RETURN"),
        ("fn f(g) { defer { }\nreturn g() }", "f", "CLEANUP 0; LOAD g#0; CALL 0 g; RETURN; FINALLY; END"),
        ("fn f(g) { try { return g() } catch { }\nreturn g() }", "f",
         "TRY 0; LOAD g#0; CALL 0 g; RETURN; CATCH <caught>#1 any; END; LOAD g#0; TAIL_CALL 0 g"),
        ("fn f(g) { deadline 1s { return g() } }", "f",
         'CONST ("duration", 1000); DEADLINE 0; LOAD g#0; CALL 0 g; RETURN; END'),
        ("fn f(g) { yield 1\nreturn g() }", "f", "CONST 1; YIELD; LOAD g#0; CALL 0 g; RETURN"),
        ("fn f(a, b = 1, ...c) { }", "f", "IS_MISSING b#1; IF 0; CONST 1; STORE b#1; END; NIL; RETURN"),
        ("fn f(a: int, b: string = pi) { }", "f",
         ('CHECK_PARAMETER a#0 ("type", "int", "int"); IS_MISSING b#1; IF 0; LOAD_GLOBAL pi; STORE b#1; END; '
         'CHECK_PARAMETER b#1 ("type", "string", "string"); NIL; RETURN')),
    ],
)  # fmt: skip
def test_functions(text: str, function: str | int, expected: str) -> None:
    assert "; ".join(instructions(compile_text(text), function)) == expected


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("fn f() { for x in [] { match x { _ -> { yield 1 } } } }", "f", "generator"),
        ("let f = { -> retry 2 { yield 1 } }", "<closure>", "generator"),
        ("gen fn f() { emit 1 }", "f", "stream"),
        ("gen fn f() { }", "f", "stream"),
        ("fn f() { let g = { -> yield 1 } }", "f", ""),
        ("fn f() { spawn { 1 }\nparallel each [1] { x -> x } }", "f", ""),
    ],
)
def test_generators(text: str, name: str, kind: str) -> None:
    function = next(each for each in compile_text(text).functions if each.name == name)
    assert function.generator == kind


def test_what_cannot_be_reached_is_left_out() -> None:
    lines = instructions(compile_text("fn f() {\n  return 1\n  println(2)\n  for x in [] { }\n}"), "f")
    assert lines == ["CONST 1", "RETURN"]
    lines = instructions(compile_text("fn f(c) {\n  while true { if c { return 1 } }\n  println(2)\n}"), "f")
    assert lines == ["LOOP", "LOAD c#0", "IF 0", "CONST 1", "RETURN", "END", "END"]
    lines = instructions(compile_text("fn f(c) {\n  while true { if c { break } }\n  println(2)\n}"), "f")
    assert "CALL_BUILTIN println 1" in lines
    lines = instructions(compile_text("fn f(c) {\n  if c { throw 1 } else { return 2 }\n  println(2)\n}"), "f")
    assert lines[-2:] == ["RETURN", "END"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('ask_user("x")', "ask_user needs a host product and is not part of harnlite"),
        ("skill s { a 1 }", "skill needs a host product and is not part of harnlite"),
        ("eval_pack s { a: 1 }", "eval_pack needs a host product and is not part of harnlite"),
        ("cost_route { a: 1 }", "cost_route needs a host product and is not part of harnlite"),
    ],
)
def test_host_features_fail_when_executed(text: str, message: str) -> None:
    assert f'FAIL ("runtime", "{message}")' in instructions(compile_text(text))


def test_impl_methods_are_named_by_their_struct() -> None:
    chunk = compile_text("struct S { a: int }\nimpl S {\n  fn m(self) { return 1 }\n}")
    assert [(function.name, function.kind) for function in chunk.functions[1:]] == [("S.m", "method")]
    assert 'DEFINE_IMPL ("/lib/test.harn", "S", ("a")) ("m")' in instructions(chunk)


def test_every_expression_of_the_tree_is_compiled() -> None:
    kinds = {kind for kind in vars(tree).values() if isinstance(kind, type) and issubclass(kind, tree.Expression)}
    compiled = vars(__import__(Expressions.__module__, fromlist=["_LEAVES"]))
    assert kinds - {tree.Expression} == compiled["_LEAVES"].keys() | compiled["_LINKS"].keys()
