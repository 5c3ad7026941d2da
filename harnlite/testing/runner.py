"""Runs the ``test_*`` pipelines of scripts, each in a VM of its own (docs/reference/runtime.md 10.2)."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import attrs

from harnlite.engine import RunOptions, build_vm, compile_source, describe, exit_code_of
from harnlite.host import Host
from harnlite.source import Source
from harnlite.values.errors import ExitRequest, GuestError, HardExit

if TYPE_CHECKING:
    from harnlite.diagnostics import Diagnostic

#: Tests never call a real model unless their environment says so.
_DEFAULTS = {"HARN_LLM_CALLS_DISABLED": "1", "HARN_LLM_PROVIDER": "mock"}

__all__ = ["Report", "find_tests", "run_test"]


@attrs.frozen
class Report:
    """What came of one test.

    :ivar seconds: how long it took.
    :ivar message: why it failed, one line; "" when it passed.
    :ivar details: the failure as diagnostics show it.
    :ivar output: what the script printed.
    """

    name: str
    file: str
    seconds: float
    message: str
    details: str
    output: str

    @property
    def passed(self) -> bool:
        """Whether the test passed."""
        return not self.message


def find_tests(source: Source, path: str) -> list[str]:
    """Give the names of a script's test pipelines: called ``test_*`` or marked ``@test``.

    :raises harnlite.diagnostics.ProgramError: the script does not parse, or it has tests and is refused.
    """
    from harnlite.syntax import tree
    from harnlite.syntax.parser import parse

    names = [
        node.name
        for node in parse(source).statements
        if isinstance(node, tree.PipelineDeclaration)
        and (node.name.startswith("test_") or any(attribute.name == "test" for attribute in node.attributes))
    ]
    if names:
        # What is wrong with the file is said once, not by each of its tests.
        compile_source(source, path, options=RunOptions(entry=names[0], use_cache=False))
    return names


def run_test(source: Source, path: str, name: str, *, tier: str, time_limit: float | None) -> Report:
    """Run one test pipeline in a fresh VM with captured output and an event log in memory.

    :param time_limit: seconds; None: no limit.
    """
    from harnlite.diagnostics import ProgramError
    from harnlite.diagnostics.render import render_all

    pieces: list[str] = []
    started = time.perf_counter()
    found: list[Diagnostic] = []
    message = ""
    try:
        options = RunOptions(tier=tier, event_log="memory", entry=name, time_limit=time_limit, use_cache=False)
        compiled = compile_source(source, path, options=options)
        host = Host(write_out=pieces.append, write_err=pieces.append, environment={**_DEFAULTS, **os.environ})
        vm = build_vm(compiled.loader, options, host=host, directory=os.path.dirname(os.path.abspath(path)))
        try:
            _, returned = exit_code_of(vm.execute_sync(compiled.chunk))
            message = f"returned Err: {returned}" if returned else ""
        except GuestError as error:
            found = describe(error, compiled.loader)
            message = found[0].message
        except ExitRequest as request:
            message = f"exit({request.code})" if request.code else ""
        except HardExit as error:
            message = str(error) or type(error).__name__
    except ProgramError as error:
        found, message = error.diagnostics, error.diagnostics[0].message
    return Report(name, path, time.perf_counter() - started, message, render_all(found), "".join(pieces))
