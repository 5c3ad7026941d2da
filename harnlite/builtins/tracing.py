"""Spans: how long the parts of a run took, and which part was inside which (docs/reference/more.md 4).

Off until a script calls ``enable_tracing``. Any package records its spans with ``begin``, ``end`` and ``instant`` of
the VM's :class:`Tracing` service; asking ``vm.has_service(Tracing)`` first costs one look-up while tracing is off.
Durations are real time, whatever clock the script has mocked.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from harnlite.vm.machine import Vm
    from harnlite.vm.task_state import Task

__all__ = ["Span", "Tracing"]


class Span:
    """A stretch of time with a kind and a name.

    :param kind: ``fn_call``, ``parallel``, ``spawn``, ``drain`` …
    :param start_ms: milliseconds from when tracing was switched on.
    :ivar metadata: what is shown beside the times; may be filled until the span ends.
    :ivar links: values that name related spans.
    """

    __slots__ = ("duration_ms", "kind", "links", "metadata", "name", "parent_id", "span_id", "start_ms", "trace_id")

    def __init__(self, kind: str, name: str, span_id: int, parent_id: int | None, trace_id: str, start_ms: int) -> None:
        self.kind = kind
        self.name = name
        self.span_id = span_id
        self.parent_id = parent_id
        self.trace_id = trace_id
        self.start_ms = start_ms
        self.duration_ms = 0
        self.metadata: dict[str, Any] = {}
        self.links: list[Any] = []

    def as_value(self) -> dict[str, Any]:
        """The dict that ``trace_spans`` shows; metadata and links only when there are any."""
        value: dict[str, Any] = {
            "duration_ms": self.duration_ms,
            "kind": self.kind,
            "name": self.name,
            "parent_id": self.parent_id,
            "span_id": self.span_id,
            "start_ms": self.start_ms,
            "trace_id": self.trace_id,
        }
        if self.metadata:
            value["metadata"] = dict(self.metadata)
        if self.links:
            value["links"] = list(self.links)
        return value


class Tracing:
    """The spans of a run in order of their ending."""

    def __init__(self, vm: Vm) -> None:
        self._vm = vm
        self._enabled = False
        self._trace_id = ""
        self._origin = 0.0
        self._last_id = 0
        self.finished: list[Span] = []
        #: Open spans by task id, so that tasks that take turns do not become each other's parents.
        self._open: dict[str, list[Span]] = {}

    def enable(self, on: bool) -> None:
        """Start afresh, or stop recording and keep what was recorded."""
        self._enabled = on
        self._vm.measure = self._measure if on else None
        if on:
            self.finished = []
            self._open = {}
            self._trace_id = f"trace_{self._vm.host.uuid7()}"
            self._origin = self._vm.host.monotonic()

    def _measure(self, name: str) -> Callable[[], None]:
        """Open the span of a ``parallel`` or ``spawn``; give what closes it."""
        span = self.begin(name, name)
        return lambda: self.end(span)

    def begin(self, kind: str, name: str, metadata: dict[str, Any] | None = None) -> Span | None:
        """Open a span inside the current task's innermost one; None while tracing is off."""
        if not self._enabled:
            return None
        self._last_id += 1
        parent = self.current()
        parent_id = parent.span_id if parent else None
        span = Span(kind, name, self._last_id, parent_id, self._trace_id, self._elapsed_ms())
        span.metadata.update(metadata or {})
        self._open.setdefault(self._vm.task.id, []).append(span)
        return span

    def end(self, span: Span | None) -> None:
        """Close a span that :meth:`begin` opened, whichever task did (None: nothing to do)."""
        if span is None:
            return
        span.duration_ms = max(self._elapsed_ms() - span.start_ms, 0)
        for task_id, spans in list(self._open.items()):
            if span in spans:
                spans.remove(span)
                if not spans:
                    del self._open[task_id]
        if self._enabled:
            self.finished.append(span)

    def instant(self, kind: str, name: str, metadata: dict[str, Any] | None = None) -> Span | None:
        """Record a span of no length; None while tracing is off."""
        span = self.begin(kind, name, metadata)
        self.end(span)
        return span

    def current(self) -> Span | None:
        """The innermost open span of the current task, else of the task that started it, and so on."""
        task: Task | None = self._vm.task
        while task is not None:
            spans = self._open.get(task.id)
            if spans:
                return spans[-1]
            task = task.parent
        return None

    def summary(self) -> str:
        """Say in a few lines where the time went."""
        if not self.finished:
            return "No spans recorded."
        known = {span.span_id for span in self.finished}
        children: dict[int | None, list[Span]] = {}
        for span in sorted(self.finished, key=lambda span: -span.span_id):
            children.setdefault(span.parent_id if span.parent_id in known else None, []).append(span)
        total = max(span.start_ms + span.duration_ms for span in self.finished)
        total -= min(span.start_ms for span in self.finished)
        lines = [f"Trace: {len(self.finished)} spans, {total}ms total", ""]
        pending = [(span, 0) for span in children[None]]
        while pending:
            span, depth = pending.pop()
            lines.append(f"{'  ' * depth}{span.kind} {span.name} {span.duration_ms}ms")
            pending += [(child, depth + 1) for child in children.get(span.span_id, [])]
        return "\n".join(lines)

    def _elapsed_ms(self) -> int:
        return int((self._vm.host.monotonic() - self._origin) * 1000)
