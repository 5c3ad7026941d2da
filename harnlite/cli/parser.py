"""Parsing a command's arguments; not imported by ``harnlite run FILE``, for argparse is slow to import."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import NoReturn

__all__ = ["natural_number", "parse_arguments", "positive_seconds", "whole_number"]

_USAGE = 2


class _Parser(argparse.ArgumentParser):
    """An argument parser whose complaints look like every other diagnostic.

    :ivar surplus_help: the hint for words that no argument takes; "": the usual one.
    """

    surplus_help = ""

    def error(self, message: str) -> NoReturn:
        surplus = message.startswith("unrecognized arguments: ") and not message.partition(": ")[2].startswith("-")
        hint = (surplus and self.surplus_help) or f"`{self.prog} --help` shows the usage"
        sys.stderr.write(f"error[HARN-CLI-002]: {message}\n   = help: {hint}\n")
        raise SystemExit(_USAGE)


def parse_arguments(name: str, module: ModuleType, arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the arguments of a command.

    :param module: the command's, see ``harnlite.cli``; its ``SURPLUS_HELP``, if any, is the hint for words too many.
    :raises SystemExit: after help was shown or the arguments were refused; its code is the exit code.
    """
    parser = _Parser(prog=f"harnlite {name}", description=module.SUMMARY)
    parser.surplus_help = getattr(module, "SURPLUS_HELP", "")
    module.add_arguments(parser)
    return parser.parse_args(arguments)


def whole_number(text: str) -> int:
    """Read an option's value that is a number from 1."""
    if not (text.isascii() and text.isdigit()) or int(text) == 0:
        raise argparse.ArgumentTypeError(f"takes a whole number from 1, not {text}")
    return int(text)


def natural_number(text: str) -> int:
    """Read an option's value that is a number from 0 to the greatest that Python counts with."""
    if not (text.isascii() and text.isdigit()) or len(text) > 100 or int(text) > sys.maxsize:
        raise argparse.ArgumentTypeError(f"takes a whole number from 0, not {text}")
    return int(text)


def positive_seconds(text: str) -> float:
    """Read an option's value that is a time in seconds."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"takes a number of seconds above 0, not {text}")
    return seconds
