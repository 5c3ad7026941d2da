"""The agent loop: ask the model, run the tools it calls, until it answers or parks (docs/reference/more.md 6).

Takes a message and options, gives the result dict that ``agent_loop`` returns. A loop that belongs to a worker looks
at the start of every turn whether the worker has been suspended, and then ends with the status ``suspended``; its
conversation goes on from there when it is resumed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from attrs import define, field

from harnlite.runtime.agent_sessions import AgentSession, AgentSessions
from harnlite.runtime.agent_tools import RESUMPTION_TOOL, Tool, read_tools, resumption_tool
from harnlite.runtime.hook_port import HookPort
from harnlite.runtime.llm_calls import DEFAULT_BACKOFF_MS, LlmCalls
from harnlite.runtime.llm_messages import LlmFailure, LlmReply, LlmRequest, visible_text
from harnlite.runtime.resume_conditions import parse_resume_conditions
from harnlite.runtime.rfc3339 import rfc3339
from harnlite.values.display import display
from harnlite.values.errors import GuestError, thrown
from harnlite.values.json_form import from_json_form, to_json_form
from harnlite.values.json_text import stringify
from harnlite.vm.errors import error_text

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["DEFAULT_MAX_ITERATIONS", "AgentLoop", "Parking"]

#: Turns a loop may take unless its options say otherwise.
DEFAULT_MAX_ITERATIONS = 50


@define
class Parking:
    """What the model asked for when it parked itself."""

    reason: str
    conditions: dict[str, Any] | None


@define
class AgentLoop:
    """One conversation with a model.

    :param task: the message it begins with.
    :param options: ``provider``, ``model``, ``tools``, ``max_iterations``, ``llm_retries``, ``llm_backoff_ms``.
    :param is_suspended: asked at the start of every turn.
    :ivar messages: the conversation so far; resuming continues it.
    :param name: what the agent is called, for ``runtime_context()``.
    """

    vm: Vm
    task: str
    system: str | None
    options: dict[str, Any]
    is_suspended: Callable[[], bool] = field(default=lambda: False)
    messages: list[dict[str, Any]] = field(factory=list)
    session_id: str = field(default="")
    name: str | None = field(default=None)
    iterations: int = field(default=0, init=False)
    parking: Parking | None = field(default=None, init=False)
    _input_tokens: int = field(default=0, init=False)
    _output_tokens: int = field(default=0, init=False)
    _successful: list[str] = field(factory=list, init=False)
    _rejected: list[str] = field(factory=list, init=False)
    _called: list[str] = field(factory=list, init=False)
    _text: str = field(default="", init=False)
    _thinking: str | None = field(default=None, init=False)
    _thinking_summary: str | None = field(default=None, init=False)

    def run(self) -> dict[str, Any]:
        """Talk until the model answers without calling a tool, or the loop is parked, suspended or out of turns.

        :return: the result dict of ``agent_loop``.
        :raises GuestError: when the model cannot be reached, or parks itself without a reason.
        """
        started_ms, started = self.vm.clock.now_ms(), self.vm.host.monotonic()
        if not self.session_id:
            self.session_id = f"session_{self.vm.host.uuid7()}"
        self.messages.append({"content": self.task, "role": "user"})
        with self.vm.service(AgentSessions).opened(self.session_id, self.name) as session:
            self._notify("SessionStart", {"task": self.task})
            status, reason = self._turns(session)
            self._notify("SessionEnd", {"status": status})
        return self._result(status, reason, started_ms, started)

    def _turns(self, session: AgentSession) -> tuple[str, str]:
        limit = self.options.get("max_iterations")
        tools = read_tools(self.options.get("tools"))
        while self.iterations < (limit if type(limit) is int and limit > 0 else DEFAULT_MAX_ITERATIONS):
            if self.is_suspended():
                return "suspended", "suspended"
            self.iterations += 1
            reply = self._ask(session, tools)
            self._run_tools(tools, reply)
            self._notify("PostTurn", {"iteration": self.iterations})
            if self.parking is not None:
                return "suspended", "suspended"
            if not reply.tool_calls:
                return "done", "natural"
        return "budget_exhausted", "max_iterations"

    def _ask(self, session: AgentSession, tools: dict[str, Tool]) -> LlmReply:
        """One model call; reminders are shown for this turn and not kept in the conversation."""
        calls = self.vm.service(LlmCalls)
        options = self.options
        provider = display(options["provider"]) if options.get("provider") else calls.default_provider()
        reminders = [{"content": reminder.body, "role": reminder.role_hint} for reminder in session.next_turn()]
        described = [tool.description for tool in tools.values()]
        request = LlmRequest(
            provider=provider,
            model=display(options["model"]) if options.get("model") else calls.default_model(provider),
            messages=[*self.messages, *reminders],
            system=self.system,
            tools=[*described, resumption_tool()] if RESUMPTION_TOOL not in tools else described,
        )
        retries, backoff_ms = options.get("llm_retries"), options.get("llm_backoff_ms")
        try:
            reply = calls.call(
                request,
                retries if type(retries) is int and retries > 0 else 0,
                backoff_ms if type(backoff_ms) is int and backoff_ms >= 0 else DEFAULT_BACKOFF_MS,
            )
        except LlmFailure as failure:
            raise thrown(failure.value(request)) from failure
        self._input_tokens += reply.input_tokens
        self._output_tokens += reply.output_tokens
        self._text = reply.text
        self._thinking = reply.thinking or self._thinking
        self._thinking_summary = reply.thinking_summary or self._thinking_summary
        answer: dict[str, Any] = {"content": reply.text, "role": "assistant"}
        if reply.tool_calls:
            answer["tool_calls"] = reply.tool_calls
        self.messages.append(answer)
        return reply

    def _run_tools(self, tools: dict[str, Tool], reply: LlmReply) -> None:
        """Run the calls of one reply in order; each one's result becomes a message."""
        for call in reply.tool_calls:
            name = call["name"]
            self._called.append(name)
            if name == RESUMPTION_TOOL:
                self.parking = self._parking(call["arguments"])
                content = "suspended"
            else:
                content = self._run_tool(tools.get(name), name, call["arguments"])
            self.messages.append({"content": content, "name": name, "role": "tool", "tool_call_id": call["id"]})

    def _run_tool(self, tool: Tool | None, name: str, arguments: dict[str, Any]) -> str:
        """Give the text that tells the model how a call went; a failing tool is the model's business."""
        if tool is None or tool.handler is None:
            self._rejected.append(name)
            return f"error: tool `{name}` is not available"
        try:
            result = self.vm.call(tool.handler, [from_json_form(arguments)])
        except GuestError as error:
            self._rejected.append(name)
            return f"error: {error_text(error)}"
        self._successful.append(name)
        return result if isinstance(result, str) else stringify(to_json_form(result))

    def _notify(self, event: str, details: dict[str, Any]) -> None:
        HookPort.notify(self.vm, event, {"event": event, "session": {"id": self.session_id}, **details})

    def _parking(self, arguments: dict[str, Any]) -> Parking:
        reason = arguments.get("reason")
        if not isinstance(reason, str) or not reason.strip():
            raise thrown("HARN-SUS-005: agent_await_resumption reason is required")
        return Parking(reason, parse_resume_conditions(arguments.get("conditions")))

    def _result(self, status: str, reason: str, started_ms: int, started: float) -> dict[str, Any]:
        duration_ms = int((self.vm.host.monotonic() - started) * 1000)
        transcript = {"_type": "transcript", "messages": to_json_form(self.messages)}
        return {
            "acp_stop_reason": "end_turn" if status == "done" else status,
            "cost_usd": 0.0,
            "daemon_snapshot_path": None,
            "daemon_state": None,
            "error": None,
            "final_status": "suspended" if status == "suspended" else "",
            "llm": {
                "duration_ms": duration_ms,
                "input_tokens": self._input_tokens,
                "iterations": self.iterations,
                "output_tokens": self._output_tokens,
            },
            "private_reasoning": self._thinking,
            "session_id": self.session_id,
            "started_at": rfc3339(started_ms),
            "status": status,
            "stop_reason": reason,
            "task": self.task,
            "text": self._text,
            "thinking_summary": self._thinking_summary,
            "tokens_used": self._input_tokens + self._output_tokens,
            "tools": {
                "calls": self._called,
                "mode": "native",
                "rejected": self._rejected,
                "successful": self._successful,
            },
            "trace": {"iterations": self.iterations},
            "transcript": transcript,
            "visible_text": visible_text(self._text),
        }
