"""Spans: how long the parts of a run took, and which part was inside which (docs/reference/more.md 4).

Off until a script calls ``enable_tracing``; while it is off a service that would open a span finds that out with one
look-up. Durations are real time, whatever clock the script has mocked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from attrs import define, field

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm
    from harnlite.vm.scheduler import Task

__all__ = ["Span", "Tracing"]


@define(eq=False)
class Span:
    """One measured part of a run; ``start_ms`` counts from when tracing was switched on."""

    kind: str
    name: str
    span_id: int
    parent_id: int | None
    trace_id: str
    start_ms: int
    metadata: dict[str, Any]
    links: list[dict[str, Any]]
    duration_ms: int = 0

    def to_json(self) -> dict[str, Any]:
        """Give the span as scripts see it; metadata and links only when there are any."""
        data: dict[str, Any] = {
            "duration_ms": self.duration_ms,
            "kind": self.kind,
            "name": self.name,
            "parent_id": self.parent_id,
            "span_id": self.span_id,
            "start_ms": self.start_ms,
            "trace_id": self.trace_id,
        }
        if self.metadata:
            data["metadata"] = dict(self.metadata)
        if self.links:
            data["links"] = list(self.links)
        return data


@define
class Tracing:
    """The spans of a VM."""

    _vm: Vm
    _enabled: bool = field(default=False, init=False)
    _finished: list[Span] = field(factory=list, init=False)
    _open: WeakKeyDictionary[Task, list[Span]] = field(factory=WeakKeyDictionary, init=False)
    _trace_id: str = field(default="", init=False)
    _origin: float = field(default=0.0, init=False)
    _last_id: int = field(default=0, init=False)

    def enable(self, on: bool) -> None:
        """Start afresh, or stop recording and keep what was recorded."""
        self._enabled = on
        if on:
            self._finished = []
            self._open = WeakKeyDictionary()
            self._trace_id = f"trace_{self._vm.host.uuid7()}"
            self._origin = self._vm.host.monotonic()

    @staticmethod
    def begin(
        vm: Vm, kind: str, name: str, metadata: dict[str, Any] | None = None, link: Span | None = None
    ) -> Span | None:
        """Open a span inside the current task's innermost open one.

        :param metadata: what is shown beside the times; may be completed until the span ends.
        :param link: an earlier span that this one follows from.
        :return: the span, or None while tracing is off.
        """
        tracing = vm.service(Tracing) if vm.has_service(Tracing) else None
        return tracing._open_span(kind, name, metadata, link) if tracing is not None and tracing._enabled else None

    @staticmethod
    def end(vm: Vm, span: Span | None) -> None:
        """Close what :meth:`begin` opened in this task, and what is still open inside it."""
        if span is not None:
            vm.service(Tracing)._close_span(span)

    @staticmethod
    def instant(vm: Vm, kind: str, name: str, metadata: dict[str, Any]) -> Span | None:
        """Record a span of no length; None while tracing is off."""
        span = Tracing.begin(vm, kind, name, metadata)
        Tracing.end(vm, span)
        return span

    def current(self) -> Span | None:
        """Give the innermost open span of the current task, else of its nearest ancestor that has one."""
        task: Task | None = self._vm.task
        while task is not None:
            open_spans = self._open.get(task)
            if open_spans:
                return open_spans[-1]
            task = task.parent
        return None

    def spans(self) -> list[dict[str, Any]]:
        """Give the finished spans in order of ending."""
        return [span.to_json() for span in self._finished]

    def summary(self) -> str:
        """Say where the time went, a line for each span, those inside others indented."""
        if not self._finished:
            return "No spans recorded."
        known = {span.span_id for span in self._finished}
        children: dict[int | None, list[Span]] = {}
        for span in sorted(self._finished, key=lambda span: span.span_id):
            children.setdefault(span.parent_id if span.parent_id in known else None, []).append(span)
        total = sum(span.duration_ms for span in children[None])
        lines = [f"Trace: {len(self._finished)} spans, {total}ms total", ""]
        pending = [(span, 0) for span in reversed(children[None])]
        while pending:
            span, depth = pending.pop()
            lines.append(f"{'  ' * depth}{span.kind} {span.name} {span.duration_ms}ms")
            pending += [(child, depth + 1) for child in reversed(children.get(span.span_id, []))]
        return "\n".join(lines)

    def _open_span(self, kind: str, name: str, metadata: dict[str, Any] | None, link: Span | None) -> Span:
        self._last_id += 1
        parent = self.current()
        links = [] if link is None else [{"span_id": link.span_id, "trace_id": link.trace_id}]
        span = Span(
            kind,
            name,
            self._last_id,
            None if parent is None else parent.span_id,
            self._trace_id,
            self._elapsed_ms(),
            metadata or {},
            links,
        )
        self._open.setdefault(self._vm.task, []).append(span)
        return span

    def _close_span(self, span: Span) -> None:
        span.duration_ms = self._elapsed_ms() - span.start_ms
        open_spans = self._open.get(self._vm.task, [])
        if span in open_spans:
            del open_spans[open_spans.index(span) :]
        if self._enabled:
            self._finished.append(span)

    def _elapsed_ms(self) -> int:
        return int((self._vm.host.monotonic() - self._origin) * 1000)
