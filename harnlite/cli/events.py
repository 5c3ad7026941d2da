"""``harnlite events ls|show|tail|verify|export``: the event log that runs leave behind."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from harnlite.cli.common import CommandError, counted, write_json
from harnlite.cli.event_log_file import act_on_log, add_log_arguments

if TYPE_CHECKING:
    from harnlite.runtime.event_log.port import EventLog, StoredEvent
    from harnlite.runtime.event_log.subscription import Subscription

SUMMARY = "look at the event log of earlier runs, check it, export it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    from harnlite.cli.parser import natural_number

    actions = parser.add_subparsers(dest="action", required=True, metavar="ls|show|tail|verify|export")
    ls = actions.add_parser("ls", help="list the topics")
    show = actions.add_parser("show", help="print the records of a topic")
    tail = actions.add_parser("tail", help="print the last records of a topic, and new ones as they come")
    verify = actions.add_parser("verify", help="check that no record was changed or removed")
    export = actions.add_parser("export", help="write records as JSON lines")
    for action in (ls, show, tail, verify, export):
        add_log_arguments(action)
    for action in (ls, show, verify):
        action.add_argument("--json", action="store_true", help="print JSON")
    for action in (show, tail):
        action.add_argument("topic", help="the topic")
        action.add_argument("--kind", default="", metavar="PREFIX", help="only kinds that start like this")
    show.add_argument("--after", type=natural_number, default=0, metavar="N", help="only records after number N")
    show.add_argument("--limit", type=natural_number, default=None, metavar="N", help="at most N records")
    tail.add_argument(
        "--lines", "-n", type=natural_number, default=10, metavar="N", help="how many old ones (default 10)"
    )
    tail.add_argument("--no-follow", action="store_true", help="do not wait for new ones")
    for action in (verify, export):
        action.add_argument("topics", nargs="*", metavar="topic", help="topics (default: all)")


def run(arguments: argparse.Namespace) -> int:
    """Do what the sub-command says; 1 when verification finds a fault."""
    return act_on_log(arguments, _ACTIONS)


def _ls(log: EventLog, arguments: argparse.Namespace) -> int:
    from harnlite.runtime.event_log.inspection import summarise_topics
    from harnlite.runtime.rfc3339 import rfc3339

    summaries = summarise_topics(log)
    if arguments.json:
        write_json([summary._asdict() for summary in summaries])
        return 0
    width = max((len(summary.topic) for summary in summaries), default=0)
    for summary in summaries:
        last = "" if summary.last_at_ms is None else f"  last {rfc3339(summary.last_at_ms)}"
        sys.stdout.write(f"{summary.topic:<{width}}  {summary.records} records{last}\n")
    return 0


def _show(log: EventLog, arguments: argparse.Namespace) -> int:
    from itertools import islice

    from harnlite.runtime.event_log.inspection import read_topics

    _require_topics(log, [arguments.topic])
    records = (
        event for event in read_topics(log, [arguments.topic], arguments.after) if event.kind.startswith(arguments.kind)
    )
    chosen = islice(records, arguments.limit)
    if arguments.json:
        write_json([event._asdict() for event in chosen])
    else:
        _print(chosen)
    return 0


def _tail(log: EventLog, arguments: argparse.Namespace) -> int:
    from harnlite.runtime.event_log.subscription import Subscription

    latest = log.latest(arguments.topic) or 0
    old = log.read_range(arguments.topic, max(0, latest - arguments.lines))
    _print(event for event in old if event.kind.startswith(arguments.kind))
    if arguments.no_follow:
        return 0
    import trio

    cursor = old[-1].event_id if old else latest
    trio.run(_follow, Subscription(log, arguments.topic, cursor, arguments.kind))
    return 0


async def _follow(subscription: Subscription) -> None:
    from harnlite.runtime.event_log.subscription import follow

    async for event in follow(subscription):
        _print([event])
        sys.stdout.flush()


def _verify(log: EventLog, arguments: argparse.Namespace) -> int:
    from harnlite.runtime.event_log.inspection import find_faults

    topics = arguments.topics or log.topics()
    _require_topics(log, topics)
    faults = list(find_faults(log, topics))
    if arguments.json:
        write_json({"faults": [fault._asdict() for fault in faults], "topics": topics})
    else:
        sys.stdout.writelines(f"{fault.topic}: record {fault.event_id} {fault.problem}\n" for fault in faults)
        sys.stdout.write(f"{counted(len(topics), 'topic')}, {counted(len(faults), 'fault')}\n")
    return 1 if faults else 0


def _export(log: EventLog, arguments: argparse.Namespace) -> int:
    from harnlite.runtime.event_log.canonical import canonical_json
    from harnlite.runtime.event_log.inspection import event_json, read_topics

    topics = arguments.topics or log.topics()
    _require_topics(log, topics)
    for event in read_topics(log, topics):
        sys.stdout.write(canonical_json(event_json(event)) + "\n")
    return 0


def _require_topics(log: EventLog, topics: Iterable[str]) -> None:
    known = log.topics()
    for topic in topics:
        if topic not in known:
            from harnlite.diagnostics.suggest import nearest

            near = nearest(topic, known)
            hint = f"did you mean {near}?" if near else "`harnlite events ls` lists the topics"
            raise CommandError(f"there is no topic {topic}", "HARN-CLI-002", hint)


def _print(events: Iterable[StoredEvent]) -> None:
    from harnlite.runtime.event_log.inspection import event_line

    sys.stdout.writelines(f"{event_line(event)}\n" for event in events)


_ACTIONS = {"ls": _ls, "show": _show, "tail": _tail, "verify": _verify, "export": _export}
