"""Session and persona hooks: who is registered, and what happens when an event is fired.

Two ways of firing. The three *finish* events run every matching hook and give each one's control to the caller's
rule (docs/reference/lifecycle.md 2.1); all other events stop at the first block or decision and accumulate changes
(lifecycle.md 8).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen

from harnlite.lifecycle.hook_controls import parse_hook_return
from harnlite.lifecycle.hook_patterns import pattern_matches
from harnlite.runtime.agent_sessions import AgentSessions, ReminderSpec
from harnlite.runtime.hook_port import ALLOW, Block, Control, Decision, HookPort, Modify
from harnlite.values.display import type_name
from harnlite.values.errors import GuestError, runtime_error
from harnlite.values.types import Closure

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["SESSION_EVENTS", "Hook", "Hooks"]

#: Every event of ``register_session_hook``.
SESSION_EVENTS = (
    "SessionStart",
    "SessionEnd",
    "UserPromptSubmit",
    "PreCompact",
    "PostCompact",
    "PostTurn",
    "PermissionAsked",
    "PermissionReplied",
    "FileEdited",
    "SessionError",
    "SessionIdle",
    "PreFinish",
    "PostFinish",
    "OnUnsettledDetected",
    "PreSuspend",
    "PostSuspend",
    "PreResume",
    "PostResume",
    "PreDrain",
    "PostDrain",
    "OnDrainDecision",
)

_PERSONA_EVENTS = (
    "PreStep",
    "PostStep",
    "OnBudgetThreshold",
    "OnApprovalRequested",
    "OnHandoffEmitted",
    "OnPersonaPaused",
    "OnPersonaResumed",
)

_NAMES = {
    **{name: name for name in SESSION_EVENTS},
    **{re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(): name for name in SESSION_EVENTS},
    "error": "SessionError",
}


@frozen
class Hook:
    """One registration.

    :param persona: whether ``register_persona_hook`` made it.
    :param threshold: the percentage of ``OnBudgetThreshold(n)``.
    """

    event: str
    pattern: str
    handler: Any
    persona: bool = False
    threshold: float | None = None


@define
class Hooks:
    """The hooks of a VM, in order of registration."""

    _vm: Vm
    _hooks: list[Hook] = field(factory=list, init=False)

    def __attrs_post_init__(self) -> None:
        self._vm.service(HookPort).keeper = self

    # -- registration ----------------------------------------------------------------------------------------------

    def register_session_hook(self, arguments: tuple[Any, ...]) -> None:
        """Register ``(event, handler)`` or ``(event, pattern, handler)``.

        :raises GuestError: for a wrong count, an unknown event or a handler that is no closure.
        """
        if len(arguments) not in (2, 3):
            raise runtime_error(
                f"register_session_hook expects 2 or 3 arguments (event, pattern?, handler); got {len(arguments)}"
            )
        event, handler = arguments[0], arguments[-1]
        pattern = arguments[1] if len(arguments) == 3 else "*"
        for what, text in (("event", event), ("pattern", pattern)):
            if not isinstance(text, str):
                raise runtime_error(f"register_session_hook: {what} must be a string, got {type_name(text)}")
        name = session_event(event)
        if name is None:
            raise runtime_error(f"register_session_hook: unknown session hook event `{event.strip()}`")
        if not isinstance(handler, Closure):
            raise runtime_error(f"register_session_hook: handler must be a closure, got {type_name(handler)}")
        self._hooks.append(Hook(name, pattern, handler))

    def register_persona_hook(self, pattern: str, event: str, handler: Any) -> None:
        """Register a hook for a persona's steps.

        :raises GuestError: for an unknown event, a malformed threshold or a handler that is no closure.
        """
        name, threshold = _persona_event(event.strip())
        if not isinstance(handler, Closure):
            raise runtime_error(f"register_persona_hook: handler must be a closure, got {type_name(handler)}")
        self._hooks.append(Hook(name, pattern, handler, persona=True, threshold=threshold))

    def clear_session_hooks(self) -> None:
        """Forget all session hooks."""
        self._hooks = [hook for hook in self._hooks if hook.persona]

    def clear_persona_hooks(self) -> None:
        """Forget all persona hooks."""
        self._hooks = [hook for hook in self._hooks if not hook.persona]

    @property
    def has_session_hooks(self) -> bool:
        """Whether any event could be seen by somebody."""
        return any(not hook.persona for hook in self._hooks)

    # -- firing ----------------------------------------------------------------------------------------------------

    def fire(self, event: str, payload: dict[str, Any]) -> Control:
        """Fire an event outside finish: the first block or decision ends the chain, changes accumulate.

        :param payload: in JSON form.
        :raises GuestError: when a hook fails or returns something malformed.
        """
        outcome: Control = ALLOW
        current: Any = payload
        for hook in self._matching(event, payload):
            control = self._call(hook, current)
            if isinstance(control, Block | Decision):
                return control
            if isinstance(control, Modify):
                outcome = control
                current = control.payload
        return outcome

    def notify(self, event: str, payload: dict[str, Any]) -> None:
        """Fire an event that only informs: every hook runs; of what it returns only reminders matter.

        :raises GuestError: when a hook fails.
        """
        for hook in self._matching(event, payload):
            returned = self._vm.call(hook.handler, [payload])
            with suppress(GuestError):
                self._remind(parse_hook_return(hook.event, returned)[1])

    def fire_finish_event(self, event: str, payload: dict[str, Any], on_block: Callable[[Block], None]) -> None:
        """Fire one of the three finish events: every matching hook runs unless ``on_block`` raises.

        A modified payload is seen by the later hooks of this event and by nobody else.

        :raises GuestError: from a hook, from a malformed return, or from ``on_block``.
        """
        current: Any = payload
        for hook in self._matching(event, payload):
            control = self._call(hook, current)
            if isinstance(control, Block):
                on_block(control)
            elif isinstance(control, Modify):
                current = control.payload

    def _matching(self, event: str, payload: dict[str, Any]) -> list[Hook]:
        """Select once, against the payload as first given: hooks registered meanwhile wait for the next firing."""
        return [
            hook
            for hook in self._hooks
            if hook.event == event and not hook.persona and pattern_matches(hook.pattern, payload)
        ]

    def _call(self, hook: Hook, payload: Any) -> Control:
        control, reminders = parse_hook_return(hook.event, self._vm.call(hook.handler, [payload]))
        self._remind(reminders)
        return control

    def _remind(self, reminders: list[ReminderSpec]) -> None:
        """Leave reminders in the agent session that runs; without one they are dropped."""
        session = AgentSessions.current(self._vm) if reminders else None
        if session is not None:
            for reminder in reminders:
                session.remind(reminder)


def session_event(name: str) -> str | None:
    """Give the CamelCase name of an event written in CamelCase or snake_case, or None."""
    return _NAMES.get(name.strip())


def _persona_event(name: str) -> tuple[str, float | None]:
    base, parenthesis, rest = name.partition("(")
    if base not in _PERSONA_EVENTS or (parenthesis and base != "OnBudgetThreshold"):
        raise runtime_error(f"register_persona_hook: unknown persona hook event `{name}`")
    if not parenthesis:
        return base, None
    text = rest.removesuffix(")").strip()
    try:
        return base, float(text)
    except ValueError:
        raise runtime_error(f"register_persona_hook: invalid budget threshold `{text}`") from None
