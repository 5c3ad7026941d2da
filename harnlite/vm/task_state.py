"""What is known of one guest task: where it is, what it waits for, what it left. The scheduler moves it."""

from __future__ import annotations

from harnlite.values.types import Duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

    from greenlet import greenlet

__all__ = ["Deadline", "Task", "TaskState", "milliseconds"]


class TaskState:
    """Where a task is."""

    NEW: Final = 0
    READY: Final = 1
    RUNNING: Final = 2
    PARKED: Final = 3
    DONE: Final = 4


class Deadline:
    """An entry of a task's deadline stack; it fires once."""

    __slots__ = ("expires", "fired")

    def __init__(self, expires: float) -> None:
        self.expires = expires
        self.fired = False


class Task:
    """A guest task.

    :param function: what it runs; its value is the task's.
    :param id: its identity, such as ``task_root:spawn:1``.
    :param name: what started it, such as ``spawn``.
    :param parent: the task that started it, or None for the root.
    :param group: the id of its task group, or None.
    """

    __slots__ = (
        "base",
        "cancel_requested",
        "cancelled",
        "children",
        "context_values",
        "deadlines",
        "error",
        "function",
        "greenlet",
        "group",
        "host_wait",
        "id",
        "late_frames",
        "name",
        "on_done",
        "parent",
        "result",
        "state",
        "turn",
        "unjoined",
        "waiters",
        "waiting_for",
        "wake",
    )

    def __init__(
        self,
        function: Callable[[], Any],
        id: str,  # noqa: A002 - the language's own word
        name: str,
        parent: Task | None,
        group: str | None = None,
    ) -> None:
        self.function = function
        self.id = id
        self.name = name
        self.parent = parent
        self.group = group
        self.state: int = TaskState.NEW
        #: The greenlet to resume, and the one that the task began in.
        self.greenlet: greenlet | None = None
        self.base: greenlet | None = None
        #: What the next resumption of a parked task gives it.
        self.wake: Any = None
        #: Counts parks, so that a timer of an earlier one is recognised as stale.
        self.turn = 0
        self.deadlines: list[Deadline] = []
        #: Asked politely (``cancel_graceful``), and ended for good.
        self.cancel_requested = False
        self.cancelled = False
        self.result: Any = None
        self.error: BaseException | None = None
        #: Tasks parked until this one is done.
        self.waiters: list[Task] = []
        self.on_done: Callable[[Task], None] | None = None
        self.host_wait: Any = None
        #: A word for diagnostics: what a parked task waits for.
        self.waiting_for: str | None = None
        self.context_values: dict[str, Any] = {} if parent is None else dict(parent.context_values)
        self.late_frames: list[Any] = []
        #: Numbers of children by kind.
        self.children: dict[str, int] = {}
        #: What guest code of it has spawned and not joined yet, in that order; ends with it (runtime.md 9.4).
        self.unjoined: dict[Task, None] = {}

    def next_child(self, kind: str) -> int:
        """Number a child, or a group of children, of some kind; the first is 1."""
        number = self.children.get(kind, 0) + 1
        self.children[kind] = number
        return number

    def take_error(self) -> BaseException:
        """Hand the error over to be raised.

        Whoever raises an error and still has it somewhere in its frame is in a cycle with the error's traceback, which
        keeps everything that is in these frames, permits among them, until Python looks for such cycles.
        """
        error, self.error = self.error, None
        assert error is not None
        return error

    @property
    def root(self) -> Task:
        """The task at the top."""
        task = self
        while task.parent is not None:
            task = task.parent
        return task

    def nearest_deadline(self) -> float | None:
        """When the first deadline that has not fired expires, on the host's monotonic clock."""
        return min((d.expires for d in self.deadlines if not d.fired), default=None)


def milliseconds(value: Any) -> int | None:
    """A time-out argument: int milliseconds or a duration; None for anything else."""
    if type(value) is Duration:
        return value.milliseconds
    return value if type(value) is int else None
