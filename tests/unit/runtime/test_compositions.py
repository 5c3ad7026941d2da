"""``composition_execute`` (docs/reference/more.md 5)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.scripts import run_script

ADD = '{bindings: [{name: "add", annotations: {a: 1}}]}'
DISPATCH = '{dispatcher: { name, input -> name + to_string(input.n) }, run_id: "r"}'


def report(tmp_path: Path, snippet: str, manifest: str = "{}", options: str = "{}") -> dict[str, Any]:
    run = run_script(
        tmp_path, f"println(json_stringify(composition_execute({json.dumps(snippet)}, {manifest}, {options})))"
    )
    found: dict[str, Any] = json.loads(run.output)
    return found


@pytest.mark.parametrize(
    ("snippet", "result"),
    [
        ("return 1 + len([1, 2])", 3),
        ("1 + 2", None),
        ("let xs = [3, 1].map({ x -> x * 2 })\nreturn keys({b: xs, a: 1})", ["a", "b"]),
        ("return {d: 5s}", {"d": "5s"}),
        ('let env = "local"\nreturn env', "local"),
        ("try { throw 1 } catch (e) { return e }", 1),
    ],
)
def test_what_a_snippet_returns(tmp_path: Path, snippet: str, result: Any) -> None:
    found = report(tmp_path, snippet)
    assert found["ok"]
    assert found["run"]["result"] == result
    assert found["summary"] == "composition completed with 0 child operation(s)"
    assert found["run"]["failure_category"] is None


@pytest.mark.parametrize(
    ("snippet", "error", "category"),
    [
        ('throw "boom"', "Thrown: boom", "execution_error"),
        ("throw {a: 1}", "Thrown: {a: 1}", "execution_error"),
        ("return x", "Runtime error: Undefined variable: x (line 2)", "execution_error"),
        ("return harness", "Runtime error: Undefined variable: harness (line 2)", "execution_error"),
        ("return argv", "Runtime error: Undefined variable: argv (line 2)", "execution_error"),
        ("while true { }", "Thrown: Deadline exceeded", "timeout"),
        ("println(1)", "composition call target `println` is not a manifest binding or pure helper", "policy_denied"),
        (
            "return [1].map(println)",
            "composition call target `println` is not a manifest binding or pure helper",
            "policy_denied",
        ),
        (
            "return 1 |> println",
            "composition call target `println` is not a manifest binding or pure helper",
            "policy_denied",
        ),
        (
            "let f = { x -> x }\nreturn f(1)",
            "composition call target `f` is not a manifest binding or pure helper",
            "policy_denied",
        ),
        (
            '__host_composition_call("r", "add", 1)',
            "composition call target `__host_composition_call` is not a manifest binding or pure helper",
            "policy_denied",
        ),
        ("spawn { 1 }", "composition snippets cannot spawn or parallelize work", "policy_denied"),
        ("parallel 2 { i -> i }", "composition snippets cannot spawn or parallelize work", "policy_denied"),
    ],
)
def test_what_a_snippet_may_not(tmp_path: Path, snippet: str, error: str, category: str) -> None:
    found = report(tmp_path, snippet, options="{timeout_ms: 30}")
    assert not found["ok"]
    assert found["run"]["error"] == found["summary"] == error
    assert found["run"]["failure_category"] == category


@pytest.mark.parametrize(
    ("snippet", "text"),
    [
        ("let a = ", "Expected expression, got } at 3:1"),
        ("1\nfoo bar", "Expected statement separator (`;` or newline), got id(bar) at 3:5"),
        ("return {", "Unexpected end of file, expected }"),
        ('let a = "b', "Unterminated string at 2:9"),
        ('import "std/math"', "Expected expression, got import at 2:1"),
        ("}\npipeline b() {", "Unexpected declaration at 3:1"),
        ("} fn f() {", "Expected top-level item separator (`;` or newline), got fn at 2:3"),
    ],
)
def test_what_does_not_parse(tmp_path: Path, snippet: str, text: str) -> None:
    found = report(tmp_path, snippet)
    assert found["run"]["failure_category"] == "schema_validation"
    assert found["run"]["error"] == f"composition parse error: {text}"


def test_binding_calls_are_reported(tmp_path: Path) -> None:
    found = report(tmp_path, "return add({n: 1}) + add({n: 2})", ADD, DISPATCH)
    assert found["run"]["result"] == "add1add2"
    assert found["summary"] == "composition completed with 2 child operation(s)"
    assert found["child_calls"][1] == {
        "annotations": {"a": 1},
        "operation_index": 1,
        "policy_context": {"ceiling": "read_only", "disposition": "allowed", "reason": None},
        "raw_input": {"n": 2},
        "requested_side_effect_level": "read_only",
        "run_id": "r",
        "tool_call_id": "r:1",
        "tool_name": "add",
    }
    outcome = found["child_results"][0]
    assert (outcome["status"], outcome["raw_output"], outcome["executor"]) == (
        "completed",
        "add1",
        {"kind": "harn_builtin"},
    )


@pytest.mark.parametrize(
    ("manifest", "options", "error", "category"),
    [
        (ADD, '{dispatcher: { _n, _i -> throw "no" }}', "Thrown: no", "child_tool_error"),
        (ADD, "{}", "Runtime error: composition binding `add` has no dispatcher", "policy_denied"),
        (
            ADD,
            "{dispatcher: { _n, _i -> 1 }, max_operations: 0}",
            "Runtime error: composition exceeded max_operations (0)",
            "policy_denied",
        ),
        (
            '{bindings: [{name: "add", side_effect_level: "workspace_write"}]}',
            "{dispatcher: { _n, _i -> 1 }}",
            "Runtime error: composition binding `add` needs more than the side effect ceiling read_only",
            "policy_denied",
        ),
    ],
)
def test_failing_binding_calls(tmp_path: Path, manifest: str, options: str, error: str, category: str) -> None:
    found = report(tmp_path, "return add(1)", manifest, options)
    assert (found["run"]["error"], found["run"]["failure_category"]) == (error, category)
    assert found["child_results"][0]["error_category"] == category


def test_a_snippet_may_catch_what_its_binding_throws(tmp_path: Path) -> None:
    found = report(tmp_path, "return try { add(1) }", ADD, '{dispatcher: { _n, _i -> throw "no" }}')
    assert (found["ok"], found["run"]["result"]) == (True, "Result.Err(no)")


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ('composition_execute("1", {bindings: 5})', "invalid manifest: invalid type: integer `5`, expected a sequence"),
        (
            'composition_execute("1", {bindings: "x"})',
            'invalid manifest: invalid type: string "x", expected a sequence',
        ),
        (
            'composition_execute("1", {bindings: [1]})',
            "invalid manifest: invalid type: integer `1`, expected a binding",
        ),
        ('composition_execute("1", {bindings: [{}]})', "invalid manifest: missing field `name`"),
        ('composition_execute("1", {}, {dispatcher: 5})', "dispatcher must be a closure, got int"),
        ('composition_execute("1", {}, {timeout_ms: -1})', "timeout_ms must be a non-negative int"),
    ],
)
def test_wrong_arguments(tmp_path: Path, call: str, text: str) -> None:
    run = run_script(tmp_path, f"println(unwrap_err(try {{ {call} }}))")
    assert run.lines == [f"Runtime error: composition_execute: {text}"]


def test_too_much_output(tmp_path: Path) -> None:
    found = report(tmp_path, 'return "x" * 100', options="{max_output_bytes: 50}")
    assert found["run"]["error"] == "composition result exceeds max_output_bytes"
    assert found["run"]["result"] is None
