"""The builtins that call a language model or prepare the mock one (docs/reference/runtime.md 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harnlite.builtins.registry import builtin
from harnlite.runtime.agent_tools import read_tools
from harnlite.runtime.llm_calls import DEFAULT_BACKOFF_MS, LlmCalls
from harnlite.runtime.llm_messages import LlmFailure, LlmRequest, response_value, visible_text
from harnlite.runtime.llm_mock import MockModel
from harnlite.runtime.llm_rates import RateLimits
from harnlite.values.display import display, type_name
from harnlite.values.errors import runtime_error, thrown
from harnlite.values.json_form import from_json_form, to_json_form
from harnlite.values.json_text import JsonError, parse
from harnlite.values.types import is_result

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm


@builtin("llm_mock(spec: dict) -> nil", area="llm")
def llm_mock(vm: Vm, spec: dict[str, Any]) -> None:
    """Prepare a reply of the mock model."""
    vm.service(MockModel).add(spec)


@builtin("llm_mock_calls() -> list", area="llm")
def llm_mock_calls(vm: Vm) -> list[Any]:
    """Give the calls that the mock model got."""
    calls: list[Any] = from_json_form(vm.service(MockModel).calls())
    return calls


@builtin("llm_mock_clear() -> nil", area="llm")
def llm_mock_clear(vm: Vm) -> None:
    """Forget the mock model's prepared replies and recorded calls."""
    vm.service(MockModel).clear()


@builtin("llm_mock_push_scope() -> nil", area="llm")
def llm_mock_push_scope(vm: Vm) -> None:
    """Set the mock model's replies and calls aside."""
    vm.service(MockModel).push_scope()


@builtin("llm_mock_pop_scope() -> nil", area="llm")
def llm_mock_pop_scope(vm: Vm) -> None:
    """Take back what ``llm_mock_push_scope`` set aside."""
    vm.service(MockModel).pop_scope()


@builtin("llm_rate_limit(provider: string, options?: dict) -> int | bool | nil", area="llm")
def llm_rate_limit(vm: Vm, provider: str, options: dict[str, Any] | None = None) -> int | bool | None:
    """Give a provider's calls a minute, or set them with ``{rpm: n}``."""
    limits = vm.service(RateLimits)
    if options is None:
        return limits.limit(provider)
    per_minute = options.get("rpm")
    if type(per_minute) is not int or per_minute < 1:
        raise runtime_error("llm_rate_limit: rpm must be a positive int")
    limits.set_limit(provider, per_minute)
    return True


@builtin("llm_call(prompt: string, system?: string, options?: dict) -> dict", area="llm")
def llm_call(vm: Vm, prompt: str, system: str | None = None, options: dict[str, Any] | None = None) -> dict[str, Any]:
    """Ask a model and give its answer; with ``response_format: "json"`` or a schema the parsed ``data`` too."""
    given = options or {}
    request = _request(vm, prompt, system, given)
    try:
        response = _completed(vm, request, given)
    except LlmFailure as failure:
        raise thrown(failure.value(request)) from failure
    return response


@builtin("llm_call_safe(prompt: string, system?: string, options?: dict) -> dict", area="llm")
def llm_call_safe(
    vm: Vm, prompt: str, system: str | None = None, options: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Ask a model and give ``{ok, response, error}`` instead of throwing."""
    given = options or {}
    request = _request(vm, prompt, system, given)
    try:
        response = _completed(vm, request, given)
    except LlmFailure as failure:
        return {"error": failure.value(request), "ok": False, "response": None}
    return {"error": None, "ok": True, "response": response}


@builtin("llm_call_structured(prompt: string, schema: dict, options?: dict) -> any", area="llm")
def llm_call_structured(vm: Vm, prompt: str, schema: dict[str, Any], options: dict[str, Any] | None = None) -> Any:
    """Ask a model for JSON that follows a schema, and give the parsed data."""
    given = options or {}
    request = _request(vm, prompt, given.get("system"), given)
    try:
        return _parsed(vm, _answered(vm, request, given)["text"], schema)
    except LlmFailure as failure:
        raise thrown(failure.value(request)) from failure


@builtin("llm_call_structured_safe(prompt: string, schema: dict, options?: dict) -> dict", area="llm")
def llm_call_structured_safe(
    vm: Vm, prompt: str, schema: dict[str, Any], options: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Ask a model for JSON that follows a schema, and give ``{ok, data, error}`` instead of throwing."""
    given = options or {}
    request = _request(vm, prompt, given.get("system"), given)
    try:
        data = _parsed(vm, _answered(vm, request, given)["text"], schema)
    except LlmFailure as failure:
        return {"data": None, "error": failure.value(request), "ok": False}
    return {"data": data, "error": None, "ok": True}


def _answered(vm: Vm, request: LlmRequest, options: dict[str, Any]) -> dict[str, Any]:
    retries, backoff_ms = options.get("llm_retries"), options.get("llm_backoff_ms")
    reply = vm.service(LlmCalls).call(
        request,
        retries if type(retries) is int and retries > 0 else 0,
        backoff_ms if type(backoff_ms) is int and backoff_ms >= 0 else DEFAULT_BACKOFF_MS,
    )
    response: dict[str, Any] = from_json_form(response_value(request, reply))
    return response


def _completed(vm: Vm, request: LlmRequest, options: dict[str, Any]) -> dict[str, Any]:
    response = _answered(vm, request, options)
    schema = _schema_of(options)
    if schema is not None or _wants_json(options):
        response["data"] = _parsed(vm, response["text"], schema)
    return response


def _request(vm: Vm, prompt: str, system: Any, options: dict[str, Any]) -> LlmRequest:
    calls = vm.service(LlmCalls)
    provider = display(options["provider"]) if options.get("provider") else calls.default_provider()
    model = display(options["model"]) if options.get("model") else calls.default_model(provider)
    history = options.get("messages")
    messages = to_json_form(history) if isinstance(history, list) else []
    return LlmRequest(
        provider=provider,
        model=model,
        messages=[*messages, {"content": prompt, "role": "user"}],
        system=None if system is None else display(system),
        tools=[tool.description for tool in read_tools(options.get("tools")).values()],
        tool_choice=to_json_form(options.get("tool_choice")),
        thinking=to_json_form(options.get("thinking")),
        response_format=to_json_form(options.get("response_format")),
    )


def _wants_json(options: dict[str, Any]) -> bool:
    wanted = options.get("response_format")
    return wanted == "json" or (isinstance(wanted, dict) and wanted.get("type") in ("json", "json_object"))


def _schema_of(options: dict[str, Any]) -> dict[str, Any] | None:
    for name in ("schema", "output_schema", "json_schema"):
        schema = options.get(name)
        if isinstance(schema, dict):
            return schema
    return None


def _parsed(vm: Vm, text: str, schema: dict[str, Any] | None) -> Any:
    """Parse a reply as JSON and check it.

    :raises LlmFailure: when it is no JSON or does not follow the schema.
    """
    try:
        data = from_json_form(parse(_unfenced(visible_text(text))))
    except JsonError as error:
        raise LlmFailure("schema_validation", f"the reply is not JSON: {error}") from error
    if schema is None:
        return data
    checked = vm.call(vm.registry.builtin("schema_check"), [data, schema])
    if is_result(checked) and checked.variant == "Err":
        raise LlmFailure("schema_validation", f"the reply does not follow the schema: {_reasons(checked.fields[0])}")
    return data


def _reasons(error: Any) -> str:
    details = error.get("errors") if isinstance(error, dict) else error
    if isinstance(details, list):
        return "; ".join(display(item) for item in details)
    return display(details) if details is not None else type_name(error)


def _unfenced(text: str) -> str:
    """Take JSON out of the code fence that models like to put around it."""
    stripped = text.strip()
    if stripped.startswith("```") and stripped.endswith("```"):
        return stripped.removeprefix("```json").removeprefix("```").removesuffix("```")
    return stripped
