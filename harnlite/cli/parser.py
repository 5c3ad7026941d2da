"""Parsing a command's arguments; not imported by ``harnlite run FILE``, for argparse is slow to import."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import NoReturn

__all__ = ["parse_arguments"]

_USAGE = 2


class _Parser(argparse.ArgumentParser):
    """An argument parser whose complaints look like every other diagnostic."""

    def error(self, message: str) -> NoReturn:
        sys.stderr.write(f"error[HARN-CLI-002]: {message}\n   = help: `{self.prog} --help` shows the usage\n")
        raise SystemExit(_USAGE)


def parse_arguments(name: str, module: ModuleType, arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the arguments of a command.

    :param module: the command's, see ``harnlite.cli``.
    :raises SystemExit: after help was shown or the arguments were refused; its code is the exit code.
    """
    parser = _Parser(prog=f"harnlite {name}", description=module.SUMMARY)
    module.add_arguments(parser)
    return parser.parse_args(arguments)
