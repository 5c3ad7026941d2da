"""``harnlite run --json``: a run as lines of JSON (docs/reference/runtime.md 10.1)."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from harnlite.cli.common import show
from harnlite.diagnostics.render import render_all
from harnlite.engine import RunOptions, run_source
from harnlite.host import Host
from harnlite.source import Source
from harnlite.values.errors import ExitRequest
from harnlite.values.json_form import to_json_form

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["run_with_json"]


def run_with_json(
    source: Source,
    path: str | None,
    options: RunOptions,
    *,
    quiet: bool,
    prepare: Callable[[Vm], object] | None = None,
) -> int:
    """Run a script and print one JSON line per event, the last being ``result`` or ``error``.

    :param quiet: leave out what the script prints.
    :param prepare: called with the VM before it runs.
    :return: the exit code.
    """
    emit = _emitter()

    def stream(kind: str) -> Callable[[str], object]:
        return (lambda _text: None) if quiet else (lambda text: emit(kind, {"payload": text}))

    host = Host(write_out=stream("stdout"), write_err=stream("stderr"))
    outcome = run_source(source, path, options, host=host, prepare=prepare)
    if outcome.vm is None:
        show(outcome.diagnostics)
        return outcome.exit_code
    if outcome.unsettled_report:
        sys.stderr.write(outcome.unsettled_report + "\n")
    if outcome.error is None or isinstance(outcome.error, ExitRequest):
        emit("result", {"value": to_json_form(outcome.value), "exit_code": outcome.exit_code})
        return outcome.exit_code
    errors = [one for one in outcome.diagnostics if one.severity == "error"]
    message = errors[0].message if errors else outcome.message
    error = {"code": "runtime", "message": message, "details": render_all(errors) or None}
    emit("error", {}, error=error)
    return outcome.exit_code


def _emitter() -> Callable[..., None]:
    count = 0

    def emit(kind: str, data: dict[str, Any], error: dict[str, Any] | None = None) -> None:
        nonlocal count
        count += 1
        line = {
            "schemaVersion": 1,
            "ok": error is None,
            "data": {"event_type": kind, "seq": count, **data},
            "error": error,
            "warnings": [],
        }
        sys.stdout.write(json.dumps(line, ensure_ascii=True) + "\n")

    return emit
