"""What goes to a language model and what comes back, as data (docs/reference/runtime.md 6)."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

__all__ = ["CATEGORIES", "TRANSIENT", "LlmFailure", "LlmReply", "LlmRequest", "response_value", "visible_text"]

#: The categories of errors that a provider may report (language.md 7.7, runtime.md 6.2).
CATEGORIES = (
    "timeout",
    "auth",
    "rate_limit",
    "overloaded",
    "server_error",
    "transient_network",
    "schema_validation",
    "schema_stream_aborted",
    "tool_error",
    "tool_rejected",
    "egress_blocked",
    "cancelled",
    "not_found",
    "circuit_open",
    "budget_exceeded",
    "generic",
)

#: The categories that may go away by trying again.
TRANSIENT = frozenset({"timeout", "rate_limit", "overloaded", "server_error", "transient_network"})

_PROSE_START, _PROSE_END = "<assistant_prose>", "</assistant_prose>"


@frozen
class LlmRequest:
    """One call of a model; messages and tools in JSON form."""

    provider: str
    model: str
    messages: list[dict[str, Any]]
    system: str | None = None
    tools: list[dict[str, Any]] = field(factory=list)
    tool_choice: Any = None
    thinking: Any = None
    response_format: Any = None

    @property
    def role(self) -> str:
        """The role of the last message."""
        return str(self.messages[-1].get("role", "user")) if self.messages else "user"


@frozen
class LlmReply:
    """What a provider answers; the tool calls are ``{id, type, name, arguments}``."""

    text: str
    model: str
    input_tokens: int
    output_tokens: int
    tool_calls: list[dict[str, Any]] = field(factory=list)
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    stop_reason: str | None = None
    thinking: str | None = None
    thinking_summary: str | None = None
    logprobs: Any = None


class LlmFailure(Exception):  # noqa: N818 - it is a normal answer of a provider, caught everywhere
    """A provider's refusal.

    :param category: one of :data:`CATEGORIES`.
    :param retry_after_ms: how long the provider asks to wait, milliseconds.
    """

    def __init__(self, category: str, message: str, retry_after_ms: int | None = None) -> None:
        super().__init__(message)
        self.category = category
        self.message = message
        self.retry_after_ms = retry_after_ms

    @property
    def is_transient(self) -> bool:
        """Whether trying again may help."""
        return self.category in TRANSIENT

    def value(self, request: LlmRequest) -> dict[str, Any]:
        """Give the dict that scripts catch."""
        error: dict[str, Any] = {
            "category": self.category,
            "kind": "transient" if self.is_transient else "terminal",
            "message": self.message,
            "model": request.model,
            "provider": request.provider,
            "reason": self.category,
        }
        if self.retry_after_ms is not None:
            error["retry_after_ms"] = self.retry_after_ms
        return error


def visible_text(text: str) -> str:
    """Give what a person should see of a reply: without the tags that structure it."""
    start, end = text.find(_PROSE_START), text.find(_PROSE_END)
    if 0 <= start < end:
        return text[start + len(_PROSE_START) : end]
    return text


def response_value(request: LlmRequest, reply: LlmReply) -> dict[str, Any]:
    """Give the dict that ``llm_call`` returns, without ``data``."""
    shown = visible_text(reply.text)
    blocks: list[dict[str, Any]] = []
    if reply.thinking is not None:
        blocks.append({"text": reply.thinking, "type": "thinking"})
    if reply.text:
        blocks.append({"text": shown, "type": "text"})
    blocks += [dict(call) for call in reply.tool_calls]
    cached = reply.cache_read_tokens
    answer: dict[str, Any] = {"content": reply.text, "role": "assistant"}
    response: dict[str, Any] = {
        "blocks": blocks,
        "cache_creation_input_tokens": reply.cache_write_tokens,
        "cache_hit_ratio": cached / reply.input_tokens if reply.input_tokens else 0.0,
        "cache_read_tokens": cached,
        "cache_savings_usd": 0.0,
        "cache_write_tokens": reply.cache_write_tokens,
        "input_tokens": reply.input_tokens,
        "model": reply.model,
        "native_tool_calls": [dict(call) for call in reply.tool_calls],
        "output_tokens": reply.output_tokens,
        "prose": shown,
        "provider": request.provider,
        "text": reply.text,
        "transcript": {"_type": "transcript", "messages": [*request.messages, answer]},
        "usage": {
            "cache_read_tokens": cached,
            "cache_write_tokens": reply.cache_write_tokens,
            "input_tokens": reply.input_tokens,
            "output_tokens": reply.output_tokens,
            "total_tokens": reply.input_tokens + reply.output_tokens,
        },
        "visible_text": shown,
    }
    optional = {
        "logprobs": reply.logprobs,
        "stop_reason": reply.stop_reason,
        "thinking": reply.thinking,
        "thinking_summary": reply.thinking_summary,
        "tool_calls": [dict(call) for call in reply.tool_calls] or None,
    }
    response.update({name: value for name, value in optional.items() if value is not None})
    return response
