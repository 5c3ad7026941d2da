"""``harnlite report [RUN]``: how a run settled its unfinished work, from the event log."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from harnlite.cli.common import CommandError, write_json
from harnlite.cli.event_log_file import add_log_arguments, open_log
from harnlite.cli.handoffs import describe_claim

if TYPE_CHECKING:
    from harnlite.lifecycle.handoff_records import StoredHandoff
    from harnlite.lifecycle.run_story import Audit, RunStory

SUMMARY = "tell how a run settled its unfinished work, or list the runs"

_LONGEST_TEXT = 160


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("run", nargs="?", metavar="RUN", help="the run, as --list names it (default: the last one)")
    parser.add_argument("--list", action="store_true", help="list the runs that the log knows, the last one last")
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_log_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print one run's story or the list of runs."""
    from harnlite.lifecycle.run_story import read_stories
    from harnlite.runtime.event_log.port import EventLogError

    log = open_log(arguments)
    try:
        stories = read_stories(log)
    except EventLogError as problem:
        raise CommandError(str(problem)) from problem
    finally:
        log.close()
    if arguments.list:
        if arguments.json:
            write_json([_row(story) for story in stories])
        else:
            sys.stdout.writelines(line + "\n" for line in _list(stories))
        return 0
    story = _find(stories, arguments.run)
    if arguments.json:
        write_json(story.to_json())
    else:
        sys.stdout.writelines(line + "\n" for line in _tell(story))
    return 0


def _find(stories: list[RunStory], name: str | None) -> RunStory:
    if not stories:
        raise CommandError("the log knows no run", hint="a run enters the log when it audits or hands over something")
    if name is None:
        return stories[-1]
    for story in stories:
        if story.name == name:
            return story
    raise CommandError(f"the log knows no run {name}", "HARN-CLI-002", "`harnlite report --list` lists the runs")


def _row(story: RunStory) -> dict[str, Any]:
    shown = story.to_json()
    names = (
        "run", "script", "pipeline", "pid", "started_at_ms", "ended_at_ms", "ending", "outcome", "exit_code",
        "left_count",
    )  # fmt: skip
    return {**{name: shown[name] for name in names}, "audits": len(story.audits), "handoffs": len(story.handoffs)}


def _list(stories: list[RunStory]) -> Iterator[str]:
    from harnlite.runtime.rfc3339 import rfc3339

    width = max((len(story.name) for story in stories), default=0)
    for story in stories:
        left = "" if story.left is None else f", {_left_count(story)} left"
        yield (
            f"{story.name:<{width}}  {rfc3339(story.started_at_ms)}  {_title(story)}: {story.outcome}, "
            f"{_counted(len(story.audits), 'audit')}{left}"
        )


def _tell(story: RunStory) -> Iterator[str]:
    from harnlite.runtime.rfc3339 import rfc3339

    yield f"run {story.name}: {_title(story)}"
    process = "" if story.started is None else f" by process {story.started.get('pid')}"
    yield f"  first record {rfc3339(story.started_at_ms)}{process}"
    taken = None if story.started is None else story.started.get("handoff")
    if taken is not None:
        yield f"  took over handoff {taken}"
    yield f"  {story.outcome}"
    yield "unsettled when the body ended:"
    if story.unsettled is None and story.ended is not None:
        yield "  the body did not end"
    else:
        yield from _open(story.unsettled, (story.ended or {}).get("unsettled_count"))
    yield "decisions:"
    yield from _decisions(story.audits)
    if story.handoffs:
        yield "handed over:"
        for handoff in story.handoffs:
            yield f"  {handoff.number}  {handoff.envelope_id} to {handoff.target}: {_state(handoff)}"
    yield "left at the end:"
    yield from _open(story.left, (story.ended or {}).get("left_count"))


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _title(story: RunStory) -> str:
    script = story.script or "script not recorded"
    pipeline = None if story.started is None else story.started.get("pipeline")
    return script if pipeline is None else f"{script}, pipeline {pipeline}"


def _left_count(story: RunStory) -> int:
    count = (story.ended or {}).get("left_count")
    return count if type(count) is int else len(story.left or ())


def _open(items: list[dict[str, Any]] | None, count: Any) -> Iterator[str]:
    if items is None:
        yield "  not recorded"
        return
    if not items:
        yield "  nothing"
    for item in items:
        bucket = str(item.get("bucket")).replace("_", " ").removesuffix("s")
        text = f": {item['text']}" if item.get("text") else ""
        note = "  (nobody accounted for it)" if item.get("accounted") is False else ""
        yield f"  {bucket} {item.get('id')}{text}{note}"
    if type(count) is int and count > len(items):
        yield f"  and {count - len(items)} more"


def _decisions(audits: list[Audit]) -> Iterator[str]:
    if not audits:
        yield "  none"
    width = max((len(audit.who) for audit in audits), default=0)
    for audit in audits:
        who = f"{audit.who:<{width}}  " if width else ""
        details = _details(audit)
        yield f"  {audit.sequence:>3}  {who}{audit.kind}{': ' + details if details else ''}"


def _details(audit: Audit) -> str:
    """Say what an audit is about; the kinds of the lifecycle in words, others as JSON."""
    from harnlite.runtime.event_log.canonical import canonical_json

    payload = audit.payload
    if isinstance(payload, dict):
        item = payload.get("item")
        if audit.kind == "drain_decision" and isinstance(item, dict):
            category = str(item.get("category")).replace("_", " ")
            return f"{payload.get('action')} {category} {item.get('id')} ({payload.get('reason')})"
        if audit.kind == "trigger_acknowledged":
            return str(payload.get("trigger_id"))
        if audit.kind == "trigger_deferred":
            return f"{payload.get('trigger_id')} as {payload.get('envelope_id')}"
        if audit.kind == "handoff_acknowledged":
            return _short(f"{payload.get('envelope_id')} {canonical_json(payload.get('decision'))}")
    return "" if payload is None or payload == {} else _short(canonical_json(payload))


def _state(handoff: StoredHandoff) -> str:
    runs = [str(attempt.get("run")) for attempt in handoff.attempts if attempt.get("succeeded") is True]
    if runs:
        return f"taken over by run {runs[-1]}" if runs[-1] != "None" else "taken over by a run"
    if handoff.claim is not None and handoff.is_open:
        return describe_claim(handoff.claim)
    if handoff.is_open:
        return "open" if not handoff.settled else "put off, still open"
    decision = handoff.settled[-1].get("decision")
    disposition = decision.get("disposition") if isinstance(decision, dict) else None
    return f"settled, {disposition}" if isinstance(disposition, str) else "settled"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "..."
