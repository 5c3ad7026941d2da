"""The harness does what a few lists do, whatever it is asked, in whatever order (docs/reference/lifecycle.md 3 to 7)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harnlite.values.errors import GuestError
from tests.scripts import Run

#: What a script does in one step: the name of a method of :class:`Model`, and its argument.
Step = tuple[str, int]

_IMPORTS = 'fn show(value) { println(json_stringify(value).replace("\\"", "")) }\n'


class Model:
    """The state of lifecycle.md 0 and the inbox as plain lists; each method gives its script and the line it prints."""

    def __init__(self) -> None:
        self.begin()
        self.inbox: list[tuple[str, str]] = []
        self.settled: set[tuple[str, str]] = set()

    def begin(self) -> None:
        """Forget what a failing run makes the lifecycle forget; the log stays."""
        self.sequence = 0
        self.audits: list[str] = []
        self.handoffs: list[int] = []

    def record(self, kind: str) -> int:
        self.sequence += 1
        self.audits.append(f"{self.sequence} {kind}")
        return self.sequence

    @property
    def queued(self) -> list[tuple[str, str]]:
        """The open items of the inbox as pairs of binding key and event id; log times never are equal here."""
        return [item for item in self.inbox if item not in self.settled and ("", item[1]) not in self.settled]

    # -- the steps -------------------------------------------------------------------------------------------------

    def audit(self, number: int) -> tuple[str, str]:
        return f'h.emit_audit("kind{number}", {number}).entry.seq', str(self.record(f"kind{number}"))

    def finalize(self, number: int) -> tuple[str, str]:
        return f"h.finalize({number}).entry.seq", str(self.record("pipeline_finalized"))

    def handoff(self, number: int) -> tuple[str, str]:
        self.sequence += 1
        self.handoffs.append(self.sequence)
        return f'h.handoff_to("target", {number}).envelope.envelope_id', f"envelope_{self.sequence}"

    def acknowledge(self, number: int) -> tuple[str, str]:
        call = f'h.acknowledge_handoff("envelope_{number}").status'
        if number not in self.handoffs:
            return call, "not_found"
        self.handoffs.remove(number)
        self.record("handoff_acknowledged")
        return call, "acknowledged"

    def take(self, _number: int) -> tuple[str, str]:
        taken, self.audits = self.audits, []
        return f"pipeline_lifecycle_audit_log_take(){_KINDS}", f"[{','.join(taken)}]"

    def snapshot(self, _number: int) -> tuple[str, str]:
        return f"pipeline_lifecycle_audit_log_snapshot(){_KINDS}", f"[{','.join(self.audits)}]"

    def counts(self, _number: int) -> tuple[str, str]:
        return "[h.counts().partial, h.counts().queued]", f"[{len(self.handoffs)},{len(self.queued)}]"

    def event(self, number: int) -> tuple[str, str]:
        key, event_id = _binding(number), f"e{number % 3}"
        self.inbox.append((key, event_id))
        headers = f'{{binding_key: "{key}"}}' if key else "{}"
        payload = f'{{event: {{id: "{event_id}"}}}}'
        return f'[event_log.emit("trigger.inbox.envelopes", "event_ingested", {payload}, {headers}) > 0]', "[true]"

    def dispatched(self, number: int) -> tuple[str, str]:
        key, event_id = _binding(number), f"e{number % 3}"
        self.settled.add((key, event_id))
        payload = f'{{event_id: "{event_id}", binding_key: "{key}"}}'
        return f'[event_log.emit("trigger.outbox", "any", {payload}) > 0]', "[true]"

    def acknowledge_trigger(self, number: int) -> tuple[str, str]:
        return f'h.acknowledge_trigger("{_trigger_id(number)}").status', self.trigger_status(number)

    def defer_trigger(self, number: int) -> tuple[str, str]:
        status = self.trigger_status(number)
        if status == "acknowledged":
            self.sequence += 1
            self.handoffs.append(self.sequence)
            self.record("trigger_deferred")
            status = "deferred"
        return f'h.defer_trigger("{_trigger_id(number)}").status', status

    def trigger_status(self, number: int) -> str:
        item = (_binding(number), f"e{number % 3}")
        if self.handoffs:
            return "rejected"
        if item not in self.queued:
            return "not_found"
        if not item[0]:
            return "rejected"
        self.settled.add(item)
        self.record("trigger_acknowledged")
        return "acknowledged"

    def drain(self, number: int) -> tuple[str, str]:
        budget = number or 5
        call = f"{_RECEIPT}(h.spawn_settlement_agent(nil, nil, {number}))"
        iterations = processed = audits = 0
        if not self.handoffs and not self.queued:
            return call, f"[no_unsettled,0,0,0,{budget}]"
        while iterations < budget:
            iterations += 1
            if self.queued:
                self.record("drain_decision")
                processed, audits = processed + 1, audits + 1
            if self.handoffs:
                self.handoffs.pop(0)
                self.record("handoff_acknowledged")
                self.record("drain_decision")
                processed, audits = processed + 1, audits + 2
            elif not self.queued:
                break
        is_open = bool(self.handoffs or self.queued)
        self.record("drain_unsettled_remaining" if is_open else "pipeline_finalized")
        return call, f"[{'exhausted' if is_open else 'completed'},{iterations},{processed},{audits + 1},{budget}]"


_KINDS = '.map({ entry -> "${entry.seq} ${entry.kind}" })'
_RECEIPT = "receipt"
_RECEIPT_FUNCTION = "fn receipt(r) { return [r.status, r.iterations, r.items_processed, r.audit_count, r.budget] }\n"
_STEPS = [
    "audit", "finalize", "handoff", "acknowledge", "take", "snapshot", "counts", "event", "dispatched",
    "acknowledge_trigger", "defer_trigger", "drain",
]  # fmt: skip


def _binding(number: int) -> str:
    return "k@v1" if number % 2 else ""


def _trigger_id(number: int) -> str:
    key = _binding(number)
    return f"trigger://{key}/e{number % 3}" if key else f"trigger://e{number % 3}"


def _script(model: Model, body: list[Step], finish: list[Step], end: str) -> tuple[str, list[str]]:
    """Give the text of a run and what it prints; the model then is as the run leaves the lifecycle."""
    printed: list[str] = []

    def statements(steps: list[Step]) -> str:
        lines = []
        for name, number in steps:
            step: Callable[[int], tuple[str, str]] = getattr(model, name)
            call, line = step(number)
            lines.append(f"    show({call})")
            printed.append(line)
        return "\n".join(lines)

    text = f"{_IMPORTS}{_RECEIPT_FUNCTION}pipeline default() {{\n  let h = harness\n{statements(body)}\n"
    if end == "body fails":
        model.begin()
        return f'{text}  throw "no"\n}}\n', printed
    fails = '\n    throw "no"' if end == "callback fails" else ""
    text += f"  pipeline_on_finish({{ h, v ->\n{statements(finish)}{fails}\n    return v }})\n  return 0\n}}\n"
    if fails:
        model.begin()
    return text, printed


_steps = st.lists(st.tuples(st.sampled_from(_STEPS), st.integers(0, 7)), max_size=8)
_runs = st.lists(
    st.tuples(_steps, _steps, st.sampled_from(["ends well", "ends well", "body fails", "callback fails"])),
    min_size=1,
    max_size=3,
)


@pytest.mark.parametrize("tier", ["fast", "interpreter"])
@settings(max_examples=40)
@given(runs=_runs)
def test_runs_on_one_vm(tier: str, runs: list[tuple[list[Step], list[Step], str]]) -> None:
    """Several runs on one VM: what a run leaves is the next one's, unless it fails."""
    model = Model()
    with TemporaryDirectory() as directory:
        machine = Run(Path(directory), tier=tier)
        expected: list[str] = []
        for body, finish, end in runs:
            text, printed = _script(model, body, finish, end)
            expected += printed
            if end == "ends well":
                machine.execute(text)
            else:
                with pytest.raises(GuestError):
                    machine.execute(text)
            assert machine.lines == expected, text
