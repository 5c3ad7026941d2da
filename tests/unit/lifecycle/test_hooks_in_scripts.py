"""Session and persona hooks as scripts use them (docs/reference/lifecycle.md 2.1, 8)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scripts import Run, run_script


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            "register_session_hook()",
            "Runtime error: register_session_hook expects 2 or 3 arguments (event, pattern?, handler); got 0",
        ),
        (
            'register_session_hook("pre_finish")',
            "Runtime error: register_session_hook expects 2 or 3 arguments (event, pattern?, handler); got 1",
        ),
        (
            'register_session_hook("a", "b", { x -> x }, 1)',
            "Runtime error: register_session_hook expects 2 or 3 arguments (event, pattern?, handler); got 4",
        ),
        (
            'register_session_hook(" Nope ", { x -> x })',
            "Runtime error: register_session_hook: unknown session hook event `Nope`",
        ),
        (
            'register_session_hook("PreToolUse", { x -> x })',
            "Runtime error: register_session_hook: unknown session hook event `PreToolUse`",
        ),
        (
            'register_session_hook("pre_finish", println)',
            "Runtime error: register_session_hook: handler must be a closure, got builtin",
        ),
        (
            'register_session_hook("pre_finish", "*", 5)',
            "Runtime error: register_session_hook: handler must be a closure, got int",
        ),
        (
            'register_persona_hook("*", "post_step", { x -> x })',
            "Runtime error: register_persona_hook: unknown persona hook event `post_step`",
        ),
        (
            'register_persona_hook("*", "PreStep(3)", { x -> x })',
            "Runtime error: register_persona_hook: unknown persona hook event `PreStep(3)`",
        ),
        (
            'register_persona_hook("*", "OnBudgetThreshold(x)", { x -> x })',
            "Runtime error: register_persona_hook: invalid budget threshold `x`",
        ),
        (
            'register_persona_hook("*", "PreStep", 5)',
            "Runtime error: register_persona_hook: handler must be a closure, got int",
        ),
        (
            '__host_fire_session_hook("nope", {})',
            "Runtime error: __host_fire_session_hook: unknown session hook event `nope`",
        ),
    ],
)
def test_registration_errors(tmp_path: Path, call: str, text: str) -> None:
    assert run_script(tmp_path, f"println(unwrap_err(try {{ {call} }}))").lines == [text]


def fired(tmp_path: Path, hooks: str, payload: str = "{n: 1}") -> list[str]:
    return run_script(
        tmp_path, f'{hooks}\nprintln(json_stringify(__host_fire_session_hook("pre_drain", {payload})))'
    ).lines


@pytest.mark.parametrize(
    ("hooks", "payload", "lines"),
    [
        ("", "{n: 1}", ['{"control":"allow"}']),
        (
            'register_session_hook("pre_drain", { e -> println(json_stringify(e)) })',
            "5",
            ['{"event":"PreDrain"}', '{"control":"allow"}'],
        ),
        (
            'register_session_hook("pre_drain", { e -> println(json_stringify(e)) })',
            '{event: "mine"}',
            ['{"event":"mine"}', '{"control":"allow"}'],
        ),
        (
            'register_session_hook("pre_drain", { e -> {modify: {n: e.n + 1}} })\n'
            'register_session_hook("pre_drain", { e -> {modify: {n: e.n + 10}} })',
            "{n: 1}",
            ['{"control":"modify","modify":{"n":12}}'],
        ),
        (
            'register_session_hook("pre_drain", { e -> {modify: 1} })\n'
            'register_session_hook("pre_drain", { e -> {block: true, reason: e} })\n'
            'register_session_hook("pre_drain", { e -> println("not reached") })',
            "{n: 1}",
            ['{"control":"block","reason":"1"}'],
        ),
        (
            'register_session_hook("pre_drain", { e -> {decision: "ask", reason: "r"} })\n'
            'register_session_hook("pre_drain", { e -> println("not reached") })',
            "{n: 1}",
            ['{"control":"decision","decision":"ask","reason":"r"}'],
        ),
        (
            'register_session_hook("pre_drain", "n == 2", { e -> println("not matched") })\n'
            'register_session_hook("pre_drain", "n == 1", { e -> println("matched") })',
            "{n: 1}",
            ["matched", '{"control":"allow"}'],
        ),
        (
            'register_session_hook("pre_drain", { e -> register_session_hook("pre_drain", { x -> println("later") })\n nil })',
            "{}",
            ['{"control":"allow"}'],
        ),
        (
            'register_persona_hook("*", "PreStep", { e -> println("persona") })\nclear_persona_hooks()\n'
            'register_session_hook("pre_drain", { e -> println("gone") })\nclear_session_hooks()',
            "{}",
            ['{"control":"allow"}'],
        ),
    ],
)
def test_firing(tmp_path: Path, hooks: str, payload: str, lines: list[str]) -> None:
    assert fired(tmp_path, hooks, payload) == lines


def test_finish_hooks_see_what_earlier_ones_modified(tmp_path: Path) -> None:
    run = run_script(
        tmp_path,
        """
  register_session_hook("pre_finish", { _e -> {modify: {a: 1}} })
  register_session_hook("pre_finish", { e -> println(json_stringify(e)); return {modify: "text"} })
  register_session_hook("pre_finish", { e -> println(e) })
  register_session_hook("post_finish", { e -> {modify: {return_value: 9}} })
  register_session_hook("post_finish", { e -> println(json_stringify(e)); return {block: true} })
  register_session_hook("post_finish", { _e -> println("last") })
""",
    )
    assert run.lines == ['{"a":1}', "text", '{"return_value":9}', "last"]


def test_hooks_outlive_an_execution(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.execute(
        'pipeline default() { register_session_hook("post_finish", { e -> println(e.return_value) })\n return 1 }'
    )
    run.execute("pipeline default() { return 2 }")
    assert run.lines == ["1", "2"]
