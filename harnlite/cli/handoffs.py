"""``harnlite handoffs ls|run|drop``: the work that runs handed over and nobody took yet."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any

from harnlite.cli.common import CommandError, read_source, show, write_json
from harnlite.cli.event_log_file import act_on_log, add_log_arguments

if TYPE_CHECKING:
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
    for action in (run_, drop):
        action.add_argument("--retake", action="store_true", help="even if another process has it")
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
        state = each.state if each.claim is None or not each.is_open else describe_claim(each.claim)
        payload = each.envelope.get("payload_summary")
        sys.stdout.write(f"{each.number}  to {each.target}  {state}{failed}  {each.envelope_id}{origin}  {payload}\n")
    return 0


def describe_claim(claim: dict[str, Any]) -> str:
    """Say who takes a handoff over, and whether that process is gone."""
    from harnlite.runtime.event_log.run_records import process_lives

    gone = ", which is gone" if process_lives(claim) is False else ""
    return f"claimed by process {claim.get('pid')} on {claim.get('host')}{gone}"


def _run(log: SqliteEventLog, arguments: argparse.Namespace) -> int:
    from harnlite.engine import RunOptions, run_source
    from harnlite.lifecycle.handoff_records import RUN

    handoff = _find(log, arguments.envelope)
    source = read_source(arguments.file)
    pipeline = arguments.pipeline or handoff.target
    _require_pipeline(source, pipeline)
    claim = _claim(log, handoff, retake=arguments.retake)
    attempt = {"claim": claim, "handoff": handoff.number, "pipeline": pipeline, "script": source.name}
    options = RunOptions(
        arguments=arguments.script_arguments,
        tier=arguments.tier,
        event_log=f"sqlite:{log.path}",
        entry=pipeline,
        record_as=source.name,
        handoff=handoff,
        use_cache=os.environ.get("HARN_BYTECODE_CACHE") != "0",
    )
    numbers: list[int | None] = []
    exit_code = None
    try:
        outcome = run_source(source, arguments.file, options, prepare=lambda vm: numbers.append(_enter(vm)))
        exit_code = outcome.exit_code
    finally:
        run_number = numbers[0] if numbers else None
        _append(log, RUN, {**attempt, "exit_code": exit_code, "run": run_number, "succeeded": exit_code == 0})
    sys.stdout.flush()
    if outcome.diagnostics:
        show(outcome.diagnostics)
    if outcome.message:
        sys.stderr.write(outcome.message + "\n")
    result = "done" if outcome.exit_code == 0 else f"left open, the run ended with exit code {outcome.exit_code}"
    sys.stderr.write(f"handoff {handoff.number} to {handoff.target}: {result}\n")
    return outcome.exit_code


def _drop(log: SqliteEventLog, arguments: argparse.Namespace) -> int:
    from harnlite.lifecycle.handoff_records import SETTLED

    handoff = _find(log, arguments.envelope)
    _claim(log, handoff, retake=arguments.retake)
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
        found = [each for number, each in handoffs.items() if str(number) == name]
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


def _claim(log: SqliteEventLog, handoff: StoredHandoff, *, retake: bool) -> int:
    """Claim a handoff, so that of several processes one takes it over; give the number of the claim.

    A claim ends with its run. That of a process which is gone no longer counts.

    :param retake: pass over another process's claim.
    :raises CommandError: another process has it.
    """
    from harnlite.lifecycle.handoff_records import CLAIM_HEADER, CLAIMED, HANDOFFS_TOPIC
    from harnlite.runtime.event_log.patience import patiently
    from harnlite.runtime.event_log.port import LogEvent
    from harnlite.runtime.event_log.run_records import process_lives, process_payload

    taken = CommandError(f"another process has taken handoff {handoff.number} over", "HARN-CLI-002")
    if handoff.claim is not None and not retake and process_lives(handoff.claim) is not False:
        taken.message = f"handoff {handoff.number} is {describe_claim(handoff.claim)}"
        taken.hint = "if it is not at work there any more, name --retake"
        raise taken
    event = LogEvent.now(CLAIMED, {"handoff": handoff.number, **process_payload()})
    name = f"{handoff.number}/{len(handoff.claims) + 1}"
    done = patiently(lambda: log.append_idempotent_by_header(HANDOFFS_TOPIC, CLAIM_HEADER, name, event))
    if not done.inserted:
        raise taken
    # Its own run may have acknowledged it since it was found.
    _find(log, str(handoff.number))
    return done.event.event_id


def _require_pipeline(source: Source, name: str) -> None:
    from harnlite.diagnostics.suggest import nearest
    from harnlite.syntax import tree
    from harnlite.syntax.parser import parse

    names = [node.name for node in parse(source).statements if isinstance(node, tree.PipelineDeclaration)]
    if name not in names:
        near = nearest(name, names)
        hint = f"did you mean --pipeline {near}?" if near else "name one of the script's pipelines with --pipeline"
        raise CommandError(f"{source.name} has no pipeline {name}", "HARN-CLI-002", hint)


def _enter(vm: Vm) -> int | None:
    """Enter the run in the log even if the script writes nothing there: taking the handoff over is written."""
    from harnlite.runtime.event_log.service import EventLogService

    return vm.service(EventLogService).enter_run()


def _append(log: SqliteEventLog, kind: str, payload: dict[str, Any]) -> None:
    from harnlite.lifecycle.handoff_records import HANDOFFS_TOPIC
    from harnlite.runtime.event_log.patience import patiently
    from harnlite.runtime.event_log.port import LogEvent

    patiently(lambda: log.append(HANDOFFS_TOPIC, LogEvent.now(kind, payload)))


_ACTIONS = {"ls": _ls, "run": _run, "drop": _drop}
