"""Types that reach the bytecode: parameter checks and schemas (docs/reference/language.md 7.4, builtins.md 15)."""

from __future__ import annotations

from typing import Any

import pytest

from harnlite.compiler.schemas import schema_of_type
from harnlite.compiler.type_text import type_text
from harnlite.source import Source
from harnlite.syntax import tree
from harnlite.syntax.parser import parse
from tests.compiling import compile_text, instructions

DECLARED = (
    "struct S { a: int }\nenum E { A }\ntype Alias = int\ninterface I {\n  fn m(self)\n  fn n(self)\n}\n"
)  # fmt: skip


def _check(annotation: str, parameter: str = "x") -> Any:
    chunk = compile_text(f"{DECLARED}fn f<T>({parameter}: {annotation}) {{ }}")
    function = next(each for each in chunk.functions if each.name == "f")
    operands = [b for op, _, b in function.instructions if op == 101]
    return chunk.constants[operands[0]] if operands else None


@pytest.mark.parametrize(
    ("annotation", "check"),
    [
        ("int", ("type", "int", "int")),
        ("nil", ("type", "nil", "nil")),
        ("true", ("type", "bool", "true")),
        ("int | string", ("union", (("type", "int", "int"), ("type", "string", "string")), "int|string")),
        ("int?", ("union", (("type", "int", "int"), ("type", "nil", "nil")), "int|nil")),
        ('"a" | "b"', ("literal", ("a", "b"), '"a"|"b"')),
        ("-1 | 2", ("literal", (-1, 2), "-1|2")),
        ('"a" | int', ("union", (("literal", ("a",), '"a"'), ("type", "int", "int")), '"a"|int')),
        ("list<int>", ("list", ("type", "int", "int"), "list<int>")),
        ("[int]", ("list", ("type", "int", "int"), "[int]")),
        ("list<any>", ("type", "list", "list<any>")),
        ("dict<string, int>", ("dict", ("type", "int", "int"), "dict<string, int>")),
        (
            "{a: int, b?: any}",
            ("shape", (("a", False, ("type", "int", "int")), ("b", True, ("any", "any"))), "{a: int, b?: any}"),
        ),
        ("fn(int) -> int", ("type", "closure", "closure")),
        ("S", ("struct", "S", "S")),
        ("E", ("enum", "E", "E")),
        ("I", ("interface", "I", ("m", "n"), "I")),
        ("any", None),
        ("unknown", None),
        ("Alias", None),
        ("T", None),
        ("Nowhere", None),
        ("Result<int, string>", None),
        ("int | Alias", None),
        ("int & string", None),
        ("Harness", None),
    ],
)
def test_annotations_become_checks(annotation: str, check: Any) -> None:
    assert _check(annotation) == check


def test_rest_parameters_check_each_item() -> None:
    assert _check("int", "...x") == ("each", ("type", "int", "int"), "int")


def _type(text: str) -> tree.TypeExpression:
    statement = parse(Source("t.harn", f"type T = {text}")).statements[0]
    assert isinstance(statement, tree.TypeDeclaration)
    return statement.type


@pytest.mark.parametrize(
    "text",
    ["int", "int|string", "list<int>", "{a: int, b?: [string]}", '"a"|"b"', "fn(int, T) -> nil", "A&B", "-3"],
)
def test_types_are_written_as_they_are_read(text: str) -> None:
    assert type_text(_type(text)) == text


@pytest.mark.parametrize(
    ("text", "schema"),
    [
        ("int", {"type": "int"}),
        ("any", {"type": "any"}),
        ("true", {"type": "bool"}),
        ("list<string>", {"type": "list", "items": {"type": "string"}}),
        ("[string]", {"type": "list", "items": {"type": "string"}}),
        ("dict<string, int>", {"type": "dict", "additional_properties": {"type": "int"}}),
        (
            "{a: int, b?: string}",
            {"type": "dict", "properties": {"a": {"type": "int"}, "b": {"type": "string"}}, "required": ["a"]},
        ),
        ('"a" | "b"', {"type": "string", "enum": ["a", "b"]}),
        ('"a" | 1', {"enum": ["a", 1]}),
        ("int | nil", {"union": [{"type": "int"}, {"type": "nil"}]}),
        ("int?", {"union": [{"type": "int"}, {"type": "nil"}]}),
        ("A & B", {"all_of": [{"type": "any"}, {"type": "any"}]}),
        ("fn(int) -> int", {"type": "closure"}),
    ],
)
def test_types_become_schemas(text: str, schema: dict[str, Any]) -> None:
    assert schema_of_type(_type(text), {}) == schema


def test_aliases_are_expanded_once() -> None:
    program = parse(Source("t.harn", "type Node = {value: Leaf, next: Node | nil}\ntype Leaf = int"))
    aliases = {s.name: s for s in program.statements if isinstance(s, tree.TypeDeclaration)}
    assert schema_of_type(aliases["Node"].type, aliases, frozenset(["Node"])) == {
        "type": "dict",
        "properties": {"value": {"type": "int"}, "next": {"union": [{"type": "any"}, {"type": "nil"}]}},
        "required": ["value", "next"],
    }


@pytest.mark.parametrize(
    ("text", "replaced"),
    [
        ("schema_of(T)", True),
        ("schema_is(1, T)", True),
        ("is_type(1, T)", True),
        ("schema_check(1, T)", True),
        ("let d = {output_schema: T}", True),
        ("let d = {other: T}", False),
        ("schema_is(T, 1)", False),
        ("println(T)", False),
        ("let T = 1\nschema_of(T)", False),
    ],
)
def test_where_an_alias_stands_for_its_schema(text: str, replaced: bool) -> None:
    assert ('CONST "type"' in instructions(compile_text(f"type T = int\n{text}"))) is replaced


def test_a_tool_is_a_registry_dict() -> None:
    text = 'tool add(a: int, b: int = 2) -> int { description "adds"\n  a + b\n}'
    chunk = compile_text(text)
    lines = instructions(chunk)
    assert [line for line in lines if line.startswith('CONST "')] == [
        f'CONST "{word}"'
        for word in [
            "_type",
            "tool_registry",
            "tools",
            "name",
            "add",
            "description",
            "adds",
            "executor",
            "harn",
            "handler",
            "parameters",
            "a",
            "type",
            "int",
            "b",
            "type",
            "int",
            "required",
            "default",
            "outputSchema",
            "type",
            "int",
        ]
    ]
    assert lines[-3] == "STORE add#0"
    assert [(f.name, f.kind) for f in chunk.functions[1:]] == [("add", "tool")]
    assert instructions(chunk, "add")[-2:] == ["ADD", "RETURN"]
