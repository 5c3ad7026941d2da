"""``harnlite handoffs ls|run|drop``: the work that runs handed over and nobody took yet."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any

from harnlite.cli.common import CommandError, read_source, show, write_json
from harnlite.cli.event_log_file import act_on_log, add_log_arguments

if TYPE_CHECKING:
    from harnlite.engine import Outcome
    from harnlite.lifecycle.handoff_records import StoredHandoff
    from harnlite.runtime.event_log.sqlite import SqliteEventLog
    from harnlite.source import Source
    from harnlite.vm.machine import Vm

SUMMARY = "list the work that runs handed over, and run the pipelines it is meant for"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ls|run|drop")
    ls = actions.add_parser("ls", help="list the open handoffs")
    run_ = actions.add_parser("run", help="run the pipeline that a handoff is meant for")
    drop = actions.add_parser("drop", help="close a handoff without running anything")
    for action in (ls, run_, drop):
        add_log_arguments(action)
    ls.add_argument("--all", action="store_true", help="also those that are settled or were run")
    ls.add_argument("--json", action="store_true", help="print JSON")
    for action in (run_, drop):
        action.add_argument("envelope", help="the handoff's number, or its envelope id if only one open one has it")
    run_.add_argument(
        "file", help="the script; the pipeline's first parameter is the payload, the global `handoff` the envelope"
    )
    run_.add_argument("--pipeline", metavar="NAME", help="the pipeline to run (default: the one the handoff names)")
    run_.add_argument("--tier", choices=("fast", "interpreter"), default="fast", help="how chunks run (fast)")
    drop.add_argument("--reason", help="why, for the record")


def run(arguments: argparse.Namespace) -> int:
    """Do what the sub-command says; the exit code of ``run`` is that of the pipeline."""
    return act_on_log(arguments, _ACTIONS)


def _ls(log: SqliteEventLog, arguments: argparse.Namespace) -> int:
    handoffs = [each for each in _read(log).values() if arguments.all or each.is_open]
    if arguments.json:
        write_json([each.to_json() for each in handoffs])
        return 0
    for each in handoffs:
        origin = "" if each.run is None else f" of run {each.run}"
        failures = sum(1 for attempt in each.attempts if attempt.get("succeeded") is not True)
        failed = f", failed {failures} times" if failures > 1 else ", failed once" if failures else ""
        payload = each.envelope.get("payload_summary")
        sys.stdout.write(
            f"{each.number}  to {each.target}  {each.state}{failed}  {each.envelope_id}{origin}  {payload}\n"
        )
    return 0


def _run(log: SqliteEventLog, arguments: argparse.Namespace) -> int:
    from harnlite.engine import RunOptions, run_source
    from harnlite.lifecycle.handoff_records import RUN

    handoff = _find(log, arguments.envelope)
    source = read_source(arguments.file)
    pipeline = arguments.pipeline or handoff.target
    _require_pipeline(source, pipeline)
    options = RunOptions(
        arguments=arguments.script_arguments,
        tier=arguments.tier,
        event_log=f"sqlite:{log.path}",
        entry=pipeline,
        record_as=source.name,
        handoff=handoff,
        use_cache=os.environ.get("HARN_BYTECODE_CACHE") != "0",
    )
    outcome = run_source(source, arguments.file, options, prepare=_enter)
    sys.stdout.flush()
    if outcome.diagnostics:
        show(outcome.diagnostics)
    if outcome.message:
        sys.stderr.write(outcome.message + "\n")
    attempt = {
        "exit_code": outcome.exit_code,
        "handoff": handoff.number,
        "pipeline": pipeline,
        "run": _run_number(outcome),
        "script": source.name,
        "succeeded": outcome.exit_code == 0,
    }
    _append(log, RUN, attempt)
    result = "done" if outcome.exit_code == 0 else f"left open, the run ended with exit code {outcome.exit_code}"
    sys.stderr.write(f"handoff {handoff.number} to {handoff.target}: {result}\n")
    return outcome.exit_code


def _drop(log: SqliteEventLog, arguments: argparse.Namespace) -> int:
    from harnlite.lifecycle.handoff_records import SETTLED

    handoff = _find(log, arguments.envelope)
    decision = {"disposition": "dropped", "reason": arguments.reason, "source": "harnlite handoffs drop"}
    _append(log, SETTLED, {"decision": decision, "handoff": handoff.number, "run": None})
    sys.stdout.write(f"handoff {handoff.number} to {handoff.target}: dropped\n")
    return 0


def _read(log: SqliteEventLog) -> dict[int, StoredHandoff]:
    from harnlite.lifecycle.handoff_records import HANDOFFS_TOPIC, fold_handoffs
    from harnlite.runtime.event_log.inspection import read_topics

    return fold_handoffs(read_topics(log, [HANDOFFS_TOPIC]))


def _find(log: SqliteEventLog, name: str) -> StoredHandoff:
    """Give the open handoff of this number or envelope id."""
    handoffs = _read(log)
    if name.isascii() and name.isdigit():
        found = [each for number, each in handoffs.items() if number == int(name)]
    else:
        found = [each for each in handoffs.values() if each.envelope_id == name and each.is_open]
    if len(found) == 1 and found[0].is_open:
        return found[0]
    if len(found) == 1:
        raise CommandError(f"handoff {name} is closed: {_how_closed(found[0])}", "HARN-CLI-002")
    if found:
        numbers = ", ".join(str(each.number) for each in found)
        raise CommandError(f"several open handoffs are called {name}", "HARN-CLI-002", f"name one of {numbers}")
    raise CommandError(f"there is no open handoff {name}", "HARN-CLI-002", "`harnlite handoffs ls` lists them")


def _how_closed(handoff: StoredHandoff) -> str:
    from harnlite.lifecycle.handoff_records import RUN

    return "a pipeline has run for it" if handoff.state == RUN else "it was acknowledged"


def _require_pipeline(source: Source, name: str) -> None:
    from harnlite.diagnostics.suggest import nearest
    from harnlite.syntax import tree
    from harnlite.syntax.parser import parse

    names = [node.name for node in parse(source).statements if isinstance(node, tree.PipelineDeclaration)]
    if name not in names:
        near = nearest(name, names)
        hint = f"did you mean --pipeline {near}?" if near else "name one of the script's pipelines with --pipeline"
        raise CommandError(f"{source.name} has no pipeline {name}", "HARN-CLI-002", hint)


def _enter(vm: Vm) -> None:
    """Enter the run in the log even if the script writes nothing there: taking the handoff over is written."""
    from harnlite.runtime.event_log.service import EventLogService

    vm.service(EventLogService).enter_run()


def _run_number(outcome: Outcome) -> int | None:
    from harnlite.runtime.event_log.service import EventLogService

    if outcome.vm is None:
        return None
    return outcome.vm.service(EventLogService).run_number


def _append(log: SqliteEventLog, kind: str, payload: dict[str, Any]) -> None:
    from harnlite.lifecycle.handoff_records import HANDOFFS_TOPIC
    from harnlite.runtime.event_log.patience import patiently
    from harnlite.runtime.event_log.port import LogEvent

    patiently(lambda: log.append(HANDOFFS_TOPIC, LogEvent.now(kind, payload)))


_ACTIONS = {"ls": _ls, "run": _run, "drop": _drop}
