"""``harnlite test PATH...``."""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from harnlite.cli.common import CommandError, find_scripts, read_source, show, use_colour, write_json

if TYPE_CHECKING:
    from harnlite.testing.runner import Report

SUMMARY = "run the test_* pipelines of scripts"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    from harnlite.cli.parser import whole_number

    parser.add_argument("paths", nargs="+", metavar="path", help="a script, or a directory searched for scripts")
    parser.add_argument("--filter", metavar="TEXT", help="only tests whose name contains TEXT")
    parser.add_argument("--tier", choices=("fast", "interpreter"), default="fast", help="how chunks run (fast)")
    parser.add_argument("--timeout", type=whole_number, metavar="MS", help="milliseconds a test may take")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--junit", metavar="FILE", help="also write a JUnit report")
    parser.add_argument("-v", "--verbose", action="store_true", help="show the output of passing tests too")


def run(arguments: argparse.Namespace) -> int:
    """Run the tests; 1 when one fails, 2 when there is none."""
    started = time.perf_counter()
    say: Callable[[str], object] = (lambda _line: None) if arguments.json else _say
    reports = _run_all(arguments, say)
    seconds = time.perf_counter() - started
    failed = [report for report in reports if not report.passed]
    if arguments.junit:
        _write_junit(arguments.junit, reports, seconds)
    if arguments.json:
        write_json(
            {
                "passed": len(reports) - len(failed),
                "failed": len(failed),
                "tests": [
                    {
                        "name": report.name,
                        "file": report.file,
                        "passed": report.passed,
                        "milliseconds": round(report.seconds * 1000),
                        "message": report.message,
                        "output": report.output,
                    }
                    for report in reports
                ],
            }
        )
    elif reports:
        counts = f"{len(reports) - len(failed)} passed, {len(failed)} failed, {len(reports)} total"
        say(f"\n{counts} ({seconds * 1000:.0f} ms)")
    if not reports:
        raise CommandError(
            "there is no test to run", "HARN-CLI-002", "a test is a pipeline called test_* or marked @test", exit_code=2
        )
    return 1 if failed else 0


def _run_all(arguments: argparse.Namespace, say: Callable[[str], object]) -> list[Report]:
    from harnlite.diagnostics import ProgramError
    from harnlite.diagnostics.render import render_all
    from harnlite.testing.runner import Report, find_tests, run_test

    limit = arguments.timeout / 1000 if arguments.timeout else None
    green, red, plain = ("\x1b[32m", "\x1b[31m", "\x1b[0m") if sys.stdout.isatty() and use_colour() else ("", "", "")
    reports: list[Report] = []
    for path in find_scripts(arguments.paths):
        source = read_source(path)
        try:
            names = find_tests(source, path)
        except ProgramError as error:
            if not arguments.json:
                show(error.diagnostics)
            details = render_all(error.diagnostics)
            reports.append(Report("(file)", path, 0.0, error.diagnostics[0].message, details, ""))
            say(f"  {red}FAIL{plain}  (file) [{path}]")
            continue
        for name in names:
            if arguments.filter and arguments.filter not in name:
                continue
            report = run_test(source, path, name, tier=arguments.tier, time_limit=limit)
            reports.append(report)
            word = f"{green}PASS{plain}" if report.passed else f"{red}FAIL{plain}"
            say(f"  {word}  {name} [{path}] ({report.seconds * 1000:.0f} ms)")
            if report.output and (arguments.verbose or not report.passed):
                say(_indented(report.output))
            if not report.passed:
                say(_indented(report.details or report.message))
    return reports


def _indented(text: str) -> str:
    return "\n".join(f"        {line}" for line in text.rstrip("\n").split("\n"))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


#: What XML 1.0 cannot hold at all, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _write_junit(path: str, reports: list[Report], seconds: float) -> None:
    def clean(text: str) -> str:
        return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)

    failures = sum(1 for report in reports if not report.passed)
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<testsuite name="harnlite" tests="{len(reports)}" failures="{failures}" time="{seconds:.3f}">',
    ]
    for report in reports:
        attributes = f"classname={quoteattr(report.file)} name={quoteattr(report.name)}"
        lines.append(f'  <testcase {attributes} time="{report.seconds:.3f}">')
        if not report.passed:
            message = quoteattr(clean(report.message))
            lines.append(f"    <failure message={message}>{escape(clean(report.details))}</failure>")
        if report.output:
            lines.append(f"    <system-out>{escape(clean(report.output))}</system-out>")
        lines.append("  </testcase>")
    lines.append("</testsuite>")
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
    except OSError as error:
        raise CommandError(f"cannot write {path}: {error.strerror or error}") from None
