"""The mock language model: replies that a script or a fixture file prepared (docs/reference/runtime.md 6.2).

Takes requests, gives replies or failures at once. Entries without a pattern are used first, in order, once each; then
entries whose pattern matches; then a reply made up from the prompt.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen

from harnlite.runtime.llm_messages import CATEGORIES, LlmFailure, LlmReply, LlmRequest
from harnlite.values.display import display, type_name
from harnlite.values.errors import runtime_error
from harnlite.values.json_form import to_json_form
from harnlite.values.json_text import JsonError, parse

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["MockModel", "fixture"]

_OUTPUT_TOKENS = 30
_TOOL_CALL_TOKENS = 20
_SHOWN_PROMPT = 100
_RESUMPTION_TOOL = "agent_await_resumption"


@frozen
class _Entry:
    """One prepared reply; ``pattern`` None means the next call, whatever it says."""

    pattern: str | None
    consume: bool
    spec: dict[str, Any]


@define
class _Scope:
    """What ``llm_mock_push_scope`` sets aside."""

    queue: list[_Entry] = field(factory=list)
    patterns: list[_Entry] = field(factory=list)
    calls: list[dict[str, Any]] = field(factory=list)


@define
class MockModel:
    """The mock model of a VM.

    :ivar fixtures: entries of a fixture file; while there are any they answer every provider, and nothing else does.
    """

    _vm: Vm
    fixtures: list[_Entry] | None = field(default=None, init=False)
    _scopes: list[_Scope] = field(factory=lambda: [_Scope()], init=False)
    _tool_calls: int = field(default=0, init=False)

    # -- preparing -------------------------------------------------------------------------------------------------

    def add(self, spec: dict[str, Any]) -> None:
        """Prepare a reply.

        :param spec: the dict given to ``llm_mock``.
        :raises GuestError: for an unknown error category or a malformed field.
        """
        entry = _entry(spec)
        (self._scope.queue if entry.pattern is None else self._scope.patterns).append(entry)

    def load_fixtures(self, text: str) -> None:
        """Use the entries of a fixture file, one JSON object a line, for the calls of every provider.

        :raises GuestError: naming the line that is malformed.
        """
        entries = []
        for number, line in enumerate(text.split("\n"), 1):
            if not line.strip():
                continue
            try:
                spec = parse(line)
            except JsonError as error:
                raise runtime_error(f"--llm-mock: line {number}: {error}") from error
            if not isinstance(spec, dict):
                raise runtime_error(f"--llm-mock: line {number}: expected an object, got {type_name(spec)}")
            entries.append(_entry(spec))
        self.fixtures = entries

    def clear(self) -> None:
        """Forget prepared replies and recorded calls of the current scope."""
        self._scopes[-1] = _Scope()

    def push_scope(self) -> None:
        """Set replies and recorded calls aside and start with none."""
        self._scopes.append(_Scope())

    def pop_scope(self) -> None:
        """Go back to what was set aside.

        :raises GuestError: when nothing was.
        """
        if len(self._scopes) == 1:
            raise runtime_error("llm_mock_pop_scope: no scope to pop")
        self._scopes.pop()

    def calls(self) -> list[dict[str, Any]]:
        """Give the calls recorded in the current scope."""
        return list(self._scope.calls)

    # -- answering -------------------------------------------------------------------------------------------------

    def answer(self, request: LlmRequest) -> LlmReply:
        """Answer a request.

        :raises LlmFailure: when the entry that applies is an error, or no fixture matches.
        """
        self._scope.calls.append(
            {
                "messages": request.messages,
                "system": request.system,
                "thinking": request.thinking,
                "tool_choice": request.tool_choice,
                "tools": request.tools,
            }
        )
        prompt = _prompt_text(request)
        entry = self._take(prompt)
        if entry is not None:
            return self._prepared(entry.spec, request, prompt)
        if self.fixtures is not None:
            raise LlmFailure("not_found", f'No --llm-mock fixture matched prompt: "{_last_prompt(request)}"')
        return self._made_up(request)

    @property
    def _scope(self) -> _Scope:
        return self._scopes[-1]

    def _take(self, prompt: str) -> _Entry | None:
        """Find the entry that applies and remove it if it is to be used once."""
        if self.fixtures is not None:
            return _take_matching(self.fixtures, prompt)
        if self._scope.queue:
            return self._scope.queue.pop(0)
        return _take_matching(self._scope.patterns, prompt)

    def _prepared(self, spec: dict[str, Any], request: LlmRequest, prompt: str) -> LlmReply:
        failure = spec.get("error")
        if failure is not None:
            raise LlmFailure(failure["category"], failure["message"], failure.get("retry_after_ms"))
        calls = [self._tool_call(call.get("name"), call.get("arguments")) for call in spec.get("tool_calls") or []]
        return LlmReply(
            text=spec.get("text") or "",
            model=spec.get("model") or (request.model if request.model != "" else "mock"),
            input_tokens=_count(spec, "input_tokens", len(prompt)),
            output_tokens=_count(spec, "output_tokens", _OUTPUT_TOKENS),
            tool_calls=calls,
            cache_read_tokens=_count(spec, "cache_read_tokens", 0),
            cache_write_tokens=_count(spec, "cache_write_tokens", 0),
            stop_reason=spec.get("stop_reason"),
            thinking=spec.get("thinking"),
            thinking_summary=spec.get("thinking_summary"),
            logprobs=spec.get("logprobs"),
        )

    def _made_up(self, request: LlmRequest) -> LlmReply:
        prompt = _last_prompt(request)
        tool = next((tool for tool in request.tools if tool.get("name") != _RESUMPTION_TOOL), None)
        if tool is not None:
            call = self._tool_call(tool.get("name"), _placeholders(tool.get("parameters")))
            return LlmReply("", request.model, len(prompt), _TOOL_CALL_TOKENS, tool_calls=[call])
        text = "Mock LLM response"
        if prompt.strip():
            text = f"Mock response to {len(prompt.split())}-word prompt: {prompt[:_SHOWN_PROMPT]}"
        if request.system is not None and "<done>" in request.system:
            text = f"<assistant_prose>{text}</assistant_prose>\n<done>##DONE##</done>"
        return LlmReply(text, request.model, len(prompt), _OUTPUT_TOKENS)

    def _tool_call(self, name: Any, arguments: Any) -> dict[str, Any]:
        self._tool_calls += 1
        return {
            "arguments": arguments if isinstance(arguments, dict) else {},
            "id": f"mock_call_{self._tool_calls}",
            "name": display(name),
            "type": "tool_call",
        }


def fixture(request: LlmRequest, answer: LlmReply | LlmFailure) -> dict[str, Any]:
    """Give the entry of a fixture file that answers this request, once, with this answer."""
    entry: dict[str, Any] = {"consume_match": True, "match": _prompt_text(request)}
    if isinstance(answer, LlmFailure):
        error = {"category": answer.category, "message": answer.message, "retry_after_ms": answer.retry_after_ms}
        return {**entry, "error": {name: value for name, value in error.items() if value is not None}}
    kept = {
        "cache_read_tokens": answer.cache_read_tokens or None,
        "cache_write_tokens": answer.cache_write_tokens or None,
        "input_tokens": answer.input_tokens,
        "logprobs": answer.logprobs,
        "model": answer.model,
        "output_tokens": answer.output_tokens,
        "stop_reason": answer.stop_reason,
        "text": answer.text,
        "thinking": answer.thinking,
        "thinking_summary": answer.thinking_summary,
        "tool_calls": [{"arguments": c["arguments"], "name": c["name"]} for c in answer.tool_calls] or None,
    }
    return {**entry, **{name: value for name, value in kept.items() if value is not None}}


def _prompt_text(request: LlmRequest) -> str:
    """What patterns are compared with: every string of the messages."""
    return "\n".join(text for message in request.messages for text in _strings(message))


def _entry(given: dict[str, Any]) -> _Entry:
    spec: dict[str, Any] = to_json_form(given)
    error = spec.get("error")
    if error is not None:
        if not isinstance(error, dict):
            raise runtime_error(f"llm_mock: error must be a dict, got {type_name(error)}")
        category = error.get("category", "generic")
        if category not in CATEGORIES:
            raise runtime_error(f"llm_mock: unknown error category `{display(category)}`")
        retry_after_ms = error.get("retry_after_ms")
        spec["error"] = {
            "category": category,
            "message": display(error.get("message", "")),
            "retry_after_ms": retry_after_ms if type(retry_after_ms) is int else None,
        }
    calls = spec.get("tool_calls")
    if calls is not None and not (isinstance(calls, list) and all(isinstance(call, dict) for call in calls)):
        raise runtime_error("llm_mock: tool_calls must be a list of dicts")
    for name in ("text", "match", "model", "thinking", "thinking_summary", "stop_reason"):
        if spec.get(name) is not None:
            spec[name] = display(spec[name])
    return _Entry(spec.get("match"), bool(spec.get("consume_match")), spec)


def _take_matching(entries: list[_Entry], prompt: str) -> _Entry | None:
    for index, entry in enumerate(entries):
        if entry.pattern is None:
            return entries.pop(index)
        if _matches(entry.pattern, prompt):
            return entries.pop(index) if entry.consume else entry
    return None


def _matches(pattern: str, prompt: str) -> bool:
    if "*" not in pattern:
        return pattern == prompt
    return fnmatchcase(prompt, pattern.replace("[", "[[]").replace("?", "[?]"))


def _strings(value: Any) -> list[str]:
    """Every string in a message, keys in order: content comes before role."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for key in sorted(value) for text in _strings(value[key])]
    if isinstance(value, list):
        return [text for item in value for text in _strings(item)]
    return []


def _last_prompt(request: LlmRequest) -> str:
    content = request.messages[-1].get("content") if request.messages else ""
    return content if isinstance(content, str) else "\n".join(_strings(content))


def _count(spec: dict[str, Any], name: str, default: int) -> int:
    value = spec.get(name)
    return value if type(value) is int else default


def _placeholders(parameters: Any) -> dict[str, Any]:
    """Make up the required arguments of a tool, from its parameter schema."""
    if not isinstance(parameters, dict):
        return {}
    properties = parameters.get("properties")
    if isinstance(properties, dict):
        required = parameters.get("required")
        names = required if isinstance(required, list) else []
        return {name: _placeholder(properties.get(name)) for name in names if isinstance(name, str)}
    return {
        name: _placeholder(schema)
        for name, schema in parameters.items()
        if not (isinstance(schema, dict) and schema.get("required") is False)
    }


def _placeholder(schema: Any) -> Any:
    kind = schema.get("type") if isinstance(schema, dict) else schema
    samples: dict[Any, Any] = {
        "integer": 0,
        "int": 0,
        "number": 0,
        "float": 0.0,
        "boolean": False,
        "bool": False,
        "array": [],
        "list": [],
        "object": {},
        "dict": {},
    }
    return samples.get(kind, "") if isinstance(kind, str) else ""
