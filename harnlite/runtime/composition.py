"""Running a small program text inside a run: ``composition_execute`` (docs/reference/more.md 5).

The snippet may call the bindings of a manifest, which a dispatcher answers, and pure helpers; nothing else. It has no
harness and can reach nothing of the surrounding run's lifecycle, so that run's callback, hooks and audits are not
touched by it, however it ends.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen

from harnlite.diagnostics import ProgramError
from harnlite.runtime.composition_policy import CALL_BUILTIN, CompositionRefused, compile_snippet
from harnlite.runtime.event_log.canonical import canonical_json
from harnlite.values.errors import GuestError, runtime_error
from harnlite.values.json_form import from_json_form, to_json_form
from harnlite.values.types import Duration
from harnlite.vm.errors import error_text

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["Binding", "Composition", "CompositionOptions", "Compositions"]

_SCHEMA_VERSION = 1
_CEILING = "read_only"
_ALLOWED_LEVELS = ("none", "read_only")


@frozen
class Binding:
    """What a manifest says of one callable name."""

    name: str
    annotations: Any = None
    side_effect_level: str = _CEILING


@frozen
class CompositionOptions:
    """Checked options; the limits are milliseconds and bytes."""

    dispatcher: Any = None
    run_id: str = ""
    max_operations: int = 64
    timeout_ms: int = 10_000
    max_output_bytes: int = 65_536


@frozen(eq=False)
class _ChildFailure:
    """A binding call that failed or was refused: its error, and what the report says of it."""

    error: GuestError
    category: str
    text: str


@define
class Composition:
    """One run of a snippet."""

    vm: Vm
    snippet: str
    manifest: dict[str, Any]
    bindings: dict[str, Binding]
    options: CompositionOptions
    child_calls: list[dict[str, Any]] = field(factory=list, init=False)
    child_results: list[dict[str, Any]] = field(factory=list, init=False)
    _failures: list[_ChildFailure] = field(factory=list, init=False)

    def execute(self) -> dict[str, Any]:
        """Run the snippet and give the report; what the snippet does wrong is in it, not raised."""
        started = self.vm.host.monotonic()
        result: Any = None
        failure: tuple[str, str] | None = None
        try:
            result = self._run()
            if len(canonical_json(result).encode()) > self.options.max_output_bytes:
                result, failure = None, ("execution_error", "composition result exceeds max_output_bytes")
        except ProgramError as error:
            failure = ("schema_validation", _parse_message(error))
        except CompositionRefused as refusal:
            failure = (refusal.category, refusal.message)
        except GuestError as error:
            failure = self._judge(error)
        return self._report(result, failure, int((self.vm.host.monotonic() - started) * 1000))

    def call(self, name: str, arguments: list[Any]) -> Any:
        """Answer a binding call of the snippet through the dispatcher.

        :raises GuestError: when the dispatcher fails or the call is over a limit.
        """
        binding = self.bindings[name]
        given = arguments[0] if arguments else None
        index = len(self.child_calls)
        call_id = f"{self.options.run_id}:{index}"
        refusal = self._refusal(binding, index)
        self.child_calls.append(
            {
                "annotations": binding.annotations,
                "operation_index": index,
                "policy_context": {
                    "ceiling": _CEILING,
                    "disposition": "allowed" if refusal is None else "denied",
                    "reason": refusal,
                },
                "raw_input": to_json_form(given),
                "requested_side_effect_level": binding.side_effect_level,
                "run_id": self.options.run_id,
                "tool_call_id": call_id,
                "tool_name": name,
            }
        )
        started = self.vm.host.monotonic()
        output: Any = None
        failure: _ChildFailure | None = None
        if refusal is not None:
            failure = self._failed(runtime_error(refusal), "policy_denied")
        else:
            try:
                output = self.vm.call(self.options.dispatcher, [name, given])
            except GuestError as error:
                failure = self._failed(error, "child_tool_error")
        duration_ms = int((self.vm.host.monotonic() - started) * 1000)
        self.child_results.append(
            {
                "duration_ms": duration_ms,
                "error": None if failure is None else failure.text,
                "error_category": None if failure is None else failure.category,
                "execution_duration_ms": duration_ms,
                "executor": {"kind": "harn_builtin"},
                "operation_index": index,
                "raw_output": to_json_form(output),
                "run_id": self.options.run_id,
                "status": "completed" if failure is None else "failed",
                "tool_call_id": call_id,
                "tool_name": name,
            }
        )
        if failure is not None:
            raise failure.error
        return output

    def _failed(self, error: GuestError, category: str) -> _ChildFailure:
        """Remember why a call failed: its error gets the snippet's line on its way out, the report has none."""
        failure = _ChildFailure(error, category, error_text(error))
        self._failures.append(failure)
        return failure

    def _judge(self, error: GuestError) -> tuple[str, str]:
        """Give the category and text of the error that ended the snippet."""
        for failure in self._failures:
            if failure.error is error:
                return failure.category, failure.text
        timed_out = error.kind == "thrown" and error.value == "Deadline exceeded"
        return "timeout" if timed_out else "execution_error", error_text(error)

    def _refusal(self, binding: Binding, index: int) -> str | None:
        """Say why a binding may not be called, or None."""
        if index >= self.options.max_operations:
            return f"composition exceeded max_operations ({self.options.max_operations})"
        if binding.side_effect_level not in _ALLOWED_LEVELS:
            return f"composition binding `{binding.name}` needs more than the side effect ceiling {_CEILING}"
        if self.options.dispatcher is None:
            return f"composition binding `{binding.name}` has no dispatcher"
        return None

    def _run(self) -> Any:
        chunk = compile_snippet(self.snippet, self.bindings, self.options.run_id, self.vm.registry.names)
        vm = self.vm
        # The snippet must not find the functions of its callers by their names.
        late_frames, vm.late_frames = vm.late_frames, []
        try:
            deadline = vm.enter_deadline(Duration(self.options.timeout_ms))
            try:
                return to_json_form(vm.call(vm.load(chunk).make_closure(0, ()), []))
            finally:
                vm.leave_deadline(deadline)
        finally:
            vm.late_frames = late_frames

    def _report(self, result: Any, failure: tuple[str, str] | None, duration_ms: int) -> dict[str, Any]:
        category, message = failure or (None, None)
        summary = message or f"composition completed with {len(self.child_calls)} child operation(s)"
        report: dict[str, Any] = from_json_form(
            {
                "child_calls": self.child_calls,
                "child_results": self.child_results,
                "ok": failure is None,
                "run": {
                    "artifacts": [],
                    "binding_manifest_hash": _hash(canonical_json(to_json_form(self.manifest))),
                    "duration_ms": duration_ms,
                    "error": message,
                    "failure_category": category,
                    "language": "harn",
                    "metadata": {},
                    "requested_side_effect_ceiling": _CEILING,
                    "result": result,
                    "run_id": self.options.run_id,
                    "snippet_hash": _hash(self.snippet),
                    "stderr": "",
                    "stdout": "",
                },
                "schema_version": _SCHEMA_VERSION,
                "summary": summary,
            }
        )
        return report


@define
class Compositions:
    """The compositions that run now in a VM, by run id."""

    _vm: Vm
    _running: dict[str, Composition] = field(factory=dict, init=False)

    def execute(self, composition: Composition) -> dict[str, Any]:
        """Run a composition; its calls find it while it runs.

        :raises GuestError: when one with the same run id runs already.
        """
        run_id = composition.options.run_id
        if run_id in self._running:
            raise runtime_error(f"composition_execute: run_id '{run_id}' is in use")
        self._running[run_id] = composition
        try:
            return composition.execute()
        finally:
            del self._running[run_id]

    def call(self, run_id: str, name: str, arguments: list[Any]) -> Any:
        """Answer the call that :data:`CALL_BUILTIN` stands for."""
        composition = self._running.get(run_id)
        if composition is None or name not in composition.bindings:
            raise runtime_error(f"{CALL_BUILTIN}: no composition '{run_id}' runs")
        return composition.call(name, arguments)


def _parse_message(error: ProgramError) -> str:
    """Word the first syntax error as in embedded texts (language.md 2.10), which is not how files are reported."""
    diagnostic = error.diagnostics[0]
    text = diagnostic.message[:1].upper() + diagnostic.message[1:]
    expected, found, spelling = text.rpartition(", found ")
    if found:
        text = f"{expected}, got {spelling}"
    elif diagnostic.code != "HARN-PAR-001":  # the end of the text, or a place that the message names itself
        return f"composition parse error: {text}"
    assert diagnostic.source is not None
    line, column = diagnostic.source.position(diagnostic.span.start)
    return f"composition parse error: {text} at {line}:{column}"


def _hash(text: str) -> str:
    return f"sha256:{sha256(text.encode()).hexdigest()}"
