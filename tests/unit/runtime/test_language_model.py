"""The mock model and the calls to it (docs/reference/runtime.md 6)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harnlite.runtime.llm_calls import LlmCalls
from harnlite.runtime.llm_messages import LlmFailure, LlmReply, LlmRequest
from harnlite.runtime.llm_mock import MockModel
from harnlite.runtime.llm_rates import RateLimits
from harnlite.values.errors import GuestError
from tests.scripts import Run, run_script

CALL = 'llm_call("one two", nil, {provider: "mock"})'


def model(vm: Any = None) -> MockModel:
    return MockModel(vm)


def request(prompt: str = "hello", **details: Any) -> LlmRequest:
    return LlmRequest("mock", "mock", [{"content": prompt, "role": "user"}], **details)


@pytest.mark.parametrize(
    ("prompt", "details", "text"),
    [
        ("", {}, "Mock LLM response"),
        ("a b c", {}, "Mock response to 3-word prompt: a b c"),
        ("x" * 120, {}, f"Mock response to 1-word prompt: {'x' * 100}"),
        (
            "hi",
            {"system": "end with <done>"},
            "<assistant_prose>Mock response to 1-word prompt: hi</assistant_prose>\n<done>##DONE##</done>",
        ),
    ],
)
def test_made_up_replies(prompt: str, details: dict[str, Any], text: str) -> None:
    reply = model().answer(request(prompt, **details))
    assert (reply.text, reply.input_tokens, reply.output_tokens) == (text, len(prompt), 30)


def test_made_up_tool_call_fills_required_arguments() -> None:
    parameters = {"properties": {"a": {"type": "integer"}, "b": {"type": "string"}, "c": {}}, "required": ["a", "b"]}
    tools = [{"name": "agent_await_resumption"}, {"name": "t", "parameters": parameters}]
    reply = model().answer(request("x", tools=tools))
    assert reply.tool_calls == [{"arguments": {"a": 0, "b": ""}, "id": "mock_call_1", "name": "t", "type": "tool_call"}]
    assert reply.output_tokens == 20


def test_entries_in_line_come_before_patterns() -> None:
    mock = model()
    for spec in (
        {"text": "any", "match": "*"},
        {"text": "once", "match": "*b*", "consume_match": True},
        {"text": "first"},
    ):
        mock.add(spec)
    assert [mock.answer(request("abc")).text for _ in range(3)] == ["first", "any", "any"]
    mock.clear()
    mock.add({"text": "once", "match": "*b*", "consume_match": True})
    assert [mock.answer(request("abc")).text for _ in range(2)] == ["once", "Mock response to 1-word prompt: abc"]


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [("*ell*", True), ("hello", False), ("hello\nuser", True), ("hello*", True), ("*user", True), ("h?llo*", False)],
)
def test_patterns_see_every_text_of_the_messages(pattern: str, matches: bool) -> None:
    mock = model()
    mock.add({"text": "found", "match": pattern})
    assert (mock.answer(request("hello")).text == "found") is matches


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"error": {"category": "zzz", "message": "m"}}, "llm_mock: unknown error category `zzz`"),
        ({"error": "x"}, "llm_mock: error must be a dict, got string"),
        ({"tool_calls": "x"}, "llm_mock: tool_calls must be a list of dicts"),
    ],
)
def test_malformed_entries(spec: dict[str, Any], message: str) -> None:
    with pytest.raises(GuestError) as caught:
        model().add(spec)
    assert caught.value.message == message


def test_scopes() -> None:
    mock = model()
    mock.add({"text": "outer"})
    mock.push_scope()
    mock.answer(request("inner"))
    assert len(mock.calls()) == 1
    mock.pop_scope()
    assert mock.calls() == []
    assert mock.answer(request()).text == "outer"
    with pytest.raises(GuestError, match="llm_mock_pop_scope: no scope to pop"):
        mock.pop_scope()


def test_fixtures_answer_everything_or_fail() -> None:
    mock = model()
    mock.load_fixtures('{"text": "a", "match": "*hello*"}\n\n{"text": "b"}\n')
    assert [mock.answer(request()).text, mock.answer(request("x")).text] == ["a", "b"]
    with pytest.raises(LlmFailure, match='No --llm-mock fixture matched prompt: "x"'):
        mock.answer(request("x"))
    with pytest.raises(GuestError, match="--llm-mock: line 2: "):
        mock.load_fixtures("{}\n{\n")
    with pytest.raises(GuestError, match="--llm-mock: line 1: expected an object, got int"):
        mock.load_fixtures("5")


@pytest.mark.parametrize(
    ("category", "kind"),
    [("overloaded", "transient"), ("rate_limit", "transient"), ("auth", "terminal"), ("generic", "terminal")],
)
def test_failures_are_thrown_as_dicts(tmp_path: Path, category: str, kind: str) -> None:
    run = run_script(
        tmp_path,
        f"""
  llm_mock({{error: {{category: "{category}", message: "m", retry_after_ms: 5}}}})
  println(json_stringify(unwrap_err(try {{ {CALL} }})))
  llm_mock({{error: {{category: "{category}", message: "m"}}}})
  let safe = llm_call_safe("x", nil, {{provider: "mock"}})
  println([safe.ok, safe.response, safe.error.reason])
""",
    )
    assert run.lines == [
        f'{{"category":"{category}","kind":"{kind}","message":"m","model":"mock","provider":"mock",'
        f'"reason":"{category}","retry_after_ms":5}}',
        f"[false, nil, {category}]",
    ]


def test_only_transient_failures_are_tried_again(tmp_path: Path) -> None:
    run = run_script(
        tmp_path,
        """
  llm_mock({error: {category: "overloaded", message: "busy"}})
  llm_mock({error: {category: "timeout", message: "slow"}})
  llm_mock({text: "fine"})
  println(llm_call("x", nil, {provider: "mock", llm_retries: 3}).text)
  llm_mock({error: {category: "auth", message: "no"}})
  println(unwrap_err(try { llm_call("x", nil, {provider: "mock", llm_retries: 3}) }).category)
  println(harness.counts().in_flight)
""",
    )
    assert run.lines == ["fine", "auth", "0"]
    assert run.errors == (
        "[harn] warning: LLM call failed (Error [overloaded]: busy), retrying in 0ms (attempt 1/3)\n"
        "[harn] warning: LLM call failed (Error [timeout]: slow), retrying in 0ms (attempt 2/3)\n"
    )


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ('{\\"n\\": 5}', "{n: 5}"),
        ("```json\\n[1]\\n```", "[1]"),
        ("nonsense", "schema_validation the reply is not JSON: expected ident at line 1 column 2"),
    ],
)
def test_json_replies(tmp_path: Path, text: str, data: str) -> None:
    run = run_script(
        tmp_path,
        f"""
  llm_mock({{text: "{text}"}})
  let r = try {{ llm_call("x", nil, {{provider: "mock", response_format: "json"}}).data }}
  println(is_ok(r) ? unwrap(r) : unwrap_err(r).category + " " + unwrap_err(r).message)
""",
    )
    assert run.lines == [data]


def test_structured_replies_follow_their_schema(tmp_path: Path) -> None:
    schema = '{type: "object", required: ["n"], properties: {n: {type: "integer"}}}'
    run = run_script(
        tmp_path,
        f"""
  llm_mock({{text: "{{\\"n\\": 6}}"}})
  println(llm_call_structured("q", {schema}, {{provider: "mock"}}))
  llm_mock({{text: "{{\\"n\\": \\"x\\"}}"}})
  let bad = llm_call_structured_safe("q", {schema}, {{provider: "mock"}})
  println([bad.ok, bad.data, bad.error.category, starts_with(bad.error.message, "the reply does not follow the schema: ")])
  llm_mock({{text: "{{\\"n\\": 7}}"}})
  println(llm_call_structured_safe("q", {schema}, {{provider: "mock"}}).data)
""",
    )
    assert run.lines == ["{n: 6}", "[false, nil, schema_validation, true]", "{n: 7}"]


def test_a_limited_call_is_in_flight_until_cancelled(tmp_path: Path) -> None:
    run = run_script(
        tmp_path,
        f"""
  println(llm_rate_limit("mock"))
  println(llm_rate_limit("mock", {{rpm: 1}}))
  println(llm_rate_limit("mock"))
  {CALL}
  let t = spawn {{ llm_call("second", nil, {{provider: "mock", model: "m2"}}) }}
  yield_now()
  let item = harness.unsettled_state().in_flight_llm_calls[0]
  println([item.model, item.role, starts_with(item.call_id, "llm_call_"), harness.counts().in_flight])
  cancel(t)
  println(harness.counts().in_flight)
""",
    )
    assert run.lines == ["nil", "true", "1", "[m2, user, true, 1]", "0"]
    assert run.errors.startswith("[DEBUG] [llm.rate_limit] Rate limit for 'mock': throttling for ")


def test_limits_from_the_environment(tmp_path: Path) -> None:
    run = Run(tmp_path, environment={"HARN_RATE_LIMIT_MOCK": "7", "HARN_RATE_LIMIT_MY_MODEL": "x"})
    run.execute("pipeline default() { 1 }")
    limits = run.vm.service(RateLimits)
    assert [limits.limit("mock"), limits.limit("my-model"), limits.limit("other")] == [7, None, None]


def test_providers_of_the_embedder(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.execute("pipeline default() { 1 }")

    def answer(asked: LlmRequest) -> LlmReply:
        return LlmReply(f"{asked.model}: {asked.messages[-1]['content']}", asked.model, 1, 2)

    run.vm.service(LlmCalls).install_provider("mine", answer)
    run.execute('pipeline default() { println(llm_call("hi", nil, {model: "m"}).text) }')
    run.execute('pipeline default() { println(unwrap_err(try { llm_call("hi", nil, {provider: "no"}) }).message) }')
    assert run.lines == [
        "m: hi",
        "the model provider 'no' is not installed; pass provider: \"mock\" or set HARN_LLM_PROVIDER",
    ]


@pytest.mark.parametrize(
    ("before", "environment", "line"),
    [
        ("", {}, 'no model provider; pass provider: "mock" or set HARN_LLM_PROVIDER'),
        ("", {"HARN_LLM_PROVIDER": "mock"}, "Mock response to 1-word prompt: x"),
        ('llm_mock({text: "prepared"})', {}, "prepared"),
    ],
)
def test_calls_that_name_no_provider(tmp_path: Path, before: str, environment: dict[str, str], line: str) -> None:
    run = run_script(
        tmp_path,
        f'{before}\nlet r = llm_call_safe("x")\nprintln(r.ok ? r.response.text : r.error.message)',
        environment=environment,
    )
    assert run.lines == [line]


def test_recorded_calls(tmp_path: Path) -> None:
    run = run_script(
        tmp_path,
        'llm_call("hi", "sys", {provider: "mock", tools: [{name: "t", handler: { x -> x }}], tool_choice: "auto"})\n'
        "println(json_stringify(llm_mock_calls()))",
    )
    assert run.lines == [
        '[{"messages":[{"content":"hi","role":"user"}],"system":"sys","thinking":null,"tool_choice":"auto",'
        '"tools":[{"name":"t"}]}]'
    ]
