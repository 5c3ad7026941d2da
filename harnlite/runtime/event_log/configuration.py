"""Which log a run gets, from its options and environment (docs/reference/runtime.md 1.3 and 1.4).

Takes the option text, a way to read environment variables and the script's directory; gives a :class:`LogChoice`.
Opens nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple

__all__ = ["LogChoice", "base_directory", "choose_log", "state_directory"]

#: How many records a subscriber reads at once.
DEFAULT_QUEUE_DEPTH = 128


class LogChoice(NamedTuple):
    """The log to use.

    :param backend: ``memory``, ``sqlite``, ``lazy-memory`` (none until something needs one) or ``refused``.
    :param path: the file of ``sqlite``, else empty.
    :param queue_depth: records a subscriber reads at once.
    :param warning: what the user should be told, or empty.
    """

    backend: str
    path: str
    queue_depth: int
    warning: str


def base_directory(script_directory: str) -> str:
    """Give the nearest directory upwards that holds a ``harn.toml``, else the script's own."""
    start = os.path.abspath(script_directory)
    directory = start
    while not os.path.isfile(os.path.join(directory, "harn.toml")):
        parent = os.path.dirname(directory)
        if parent == directory:
            return start
        directory = parent
    return directory


def state_directory(getenv: Callable[[str], str | None], script_directory: str) -> str:
    """Give the state root: ``HARN_STATE_DIR`` (relative to the base directory), else ``.harn`` in it."""
    return os.path.join(base_directory(script_directory), getenv("HARN_STATE_DIR") or ".harn")


def choose_log(option: str | None, getenv: Callable[[str], str | None], script_directory: str) -> LogChoice:
    """Choose the log of a run.

    :param option: ``memory``, ``sqlite:PATH``, or None to follow the environment.
    :param getenv: reads an environment variable.
    :param script_directory: where the script lies.
    """
    depth = _queue_depth(getenv("HARN_EVENT_LOG_QUEUE_DEPTH"))
    if option == "memory":
        return LogChoice("memory", "", depth, "")
    if option is not None and option.startswith("sqlite:"):
        return LogChoice("sqlite", option.removeprefix("sqlite:"), depth, "")
    backend = option or getenv("HARN_EVENT_LOG_BACKEND") or "sqlite"
    if backend == "sqlite":
        configured = getenv("HARN_EVENT_LOG_SQLITE_PATH")
        if configured:
            path = os.path.join(base_directory(script_directory), configured)
        else:
            path = os.path.join(state_directory(getenv, script_directory), "events.sqlite")
        return LogChoice("sqlite", path, depth, "")
    if backend == "memory":
        return LogChoice("memory", "", depth, "")
    if backend == "file":
        return LogChoice("refused", "", depth, "event log backend 'file' is not supported: use 'sqlite' or 'memory'")
    return LogChoice("lazy-memory", "", depth, f"unsupported event log backend '{backend}'")


def _queue_depth(text: str | None) -> int:
    try:
        return max(1, int(text)) if text else DEFAULT_QUEUE_DEPTH
    except ValueError:
        return DEFAULT_QUEUE_DEPTH
