"""The agent sessions that run now, and the reminders waiting for their next turn.

An agent loop opens a session in its task; hooks and tools that run inside it leave reminders there, and the loop
shows them to the model at its next turns (docs/reference/lifecycle.md 2.3).
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from attrs import define, evolve, field, frozen

from harnlite.runtime.task_scope import TaskScope

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["AgentSession", "AgentSessions", "ReminderSpec"]


@frozen
class ReminderSpec:
    """A checked reminder.

    :param ttl_turns: for how many turns it is shown; None for the whole session.
    """

    body: str
    tags: tuple[str, ...] = ()
    dedupe_key: str | None = None
    ttl_turns: int | None = None
    preserve_on_compact: bool = False
    propagate: str = "session"
    role_hint: str = "system"


@define(eq=False)
class AgentSession:
    """One agent loop's conversation as far as reminders are concerned.

    :param name: what its agent is called, if it has a name.
    """

    session_id: str
    parent: AgentSession | None = None
    name: str | None = None
    _reminders: list[ReminderSpec] = field(factory=list, init=False)

    def remind(self, reminder: ReminderSpec) -> int:
        """Leave a reminder for the next turn.

        :return: how many earlier ones with the same ``dedupe_key`` it replaces.
        """
        before = len(self._reminders)
        if reminder.dedupe_key is not None:
            self._reminders = [item for item in self._reminders if item.dedupe_key != reminder.dedupe_key]
        replaced = before - len(self._reminders)
        self._reminders.append(reminder)
        if reminder.propagate == "all" and self.parent is not None:
            self.parent.remind(reminder)
        return replaced

    def next_turn(self) -> list[ReminderSpec]:
        """Give what the coming turn must show, and let one turn of each reminder's life pass."""
        shown = self._reminders
        self._reminders = [
            reminder if reminder.ttl_turns is None else evolve(reminder, ttl_turns=reminder.ttl_turns - 1)
            for reminder in shown
            if reminder.ttl_turns is None or reminder.ttl_turns > 1
        ]
        return shown


class AgentSessions(TaskScope[AgentSession]):
    """The open sessions of a VM, by task."""

    def opened(self, session_id: str, name: str | None = None) -> AbstractContextManager[AgentSession]:
        """Open a session in the current task for the block; afterwards the one around it is current again."""
        return self.installed(AgentSession(session_id, self.nearest(), name))

    def context_fields(self) -> dict[str, Any]:
        """Give what a session adds to ``runtime_context()``: its id and those of the sessions around it."""
        session = root = self.nearest()
        if session is None:
            return {}
        while root is not None and root.parent is not None:
            root = root.parent
        return {
            "agent_name": session.name,
            "agent_session_id": session.session_id,
            "parent_agent_session_id": None if session.parent is None else session.parent.session_id,
            "root_agent_session_id": None if root is None else root.session_id,
        }

    @staticmethod
    def current(vm: Vm) -> AgentSession | None:
        """Give the session that the running code belongs to, if any."""
        return vm.service(AgentSessions).nearest() if vm.has_service(AgentSessions) else None
