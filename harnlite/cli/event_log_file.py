"""Finding the event log that a command looks at: the one that scripts of a directory write."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from harnlite.cli.common import CommandError

if TYPE_CHECKING:
    from harnlite.runtime.event_log.sqlite import SqliteEventLog

__all__ = ["act_on_log", "add_log_arguments", "open_log"]

#: Seconds to wait for a process that holds the log.
_PATIENCE = 5.0


def add_log_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments that say where the log is."""
    parser.add_argument("--log", metavar="FILE", help="the event log; by default that of scripts in the directory")
    parser.add_argument("--dir", default=".", metavar="DIR", help="the directory of the scripts (default: this one)")


def open_log(arguments: argparse.Namespace) -> SqliteEventLog:
    """Give the log that the arguments mean.

    :raises CommandError: there is none.
    """
    from harnlite.runtime.event_log.configuration import choose_log
    from harnlite.runtime.event_log.sqlite import SqliteEventLog

    choice = choose_log(f"sqlite:{arguments.log}" if arguments.log else None, os.environ.get, arguments.dir)
    if choice.backend != "sqlite":
        raise CommandError(
            "the environment keeps the event log in no file", hint="unset HARN_EVENT_LOG_BACKEND or name one with --log"
        )
    if not os.path.exists(choice.path):
        raise CommandError(
            f"there is no event log at {choice.path}", hint="name a file with --log or a directory with --dir"
        )
    return SqliteEventLog(choice.path, patience=_PATIENCE)


def act_on_log(
    arguments: argparse.Namespace, actions: Mapping[str, Callable[[SqliteEventLog, argparse.Namespace], int]]
) -> int:
    """Do what the sub-command says with the log that the arguments mean; give the exit code.

    :raises CommandError: there is no log, or it cannot be used.
    """
    from harnlite.runtime.event_log.port import EventLogError

    log = open_log(arguments)
    try:
        return actions[arguments.action](log, arguments)
    except EventLogError as problem:
        raise CommandError(str(problem)) from problem
    finally:
        log.close()
