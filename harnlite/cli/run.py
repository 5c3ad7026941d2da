"""``harnlite run FILE [-- args]``."""

from __future__ import annotations

import os
import sys

from harnlite.cli.common import CommandError, read_source, read_standard_input, show

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from harnlite.engine import Outcome, RunOptions
    from harnlite.source import Source
    from harnlite.vm.machine import Vm

    Prepare = Callable[[Vm], object]

SUMMARY = "run a script or a piece of code; the script's arguments follow --"
SURPLUS_HELP = "the script's own arguments follow `--`: harnlite run FILE -- ARGUMENTS"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    from harnlite.cli.parser import positive_seconds, whole_number

    parser.add_argument("file", nargs="?", help="the script; - reads standard input")
    parser.add_argument("-e", "--eval", metavar="CODE", help="run this code as the body of a pipeline")
    parser.add_argument(
        "--resume", metavar="AGENT", help="let an agent go on that a run left suspended: its id or snapshot file"
    )
    parser.add_argument("--tier", choices=("fast", "interpreter"), default="fast", help="how chunks run (fast)")
    parser.add_argument("--event-log", metavar="LOG", help="memory, or sqlite:PATH (default: .harn/events.sqlite)")
    parser.add_argument("--deny", metavar="NAMES", help="comma-separated builtins that the script may not call")
    parser.add_argument("--allow", metavar="NAMES", help="the only builtins, beside harmless ones, that it may call")
    parser.add_argument("--fuel", type=whole_number, metavar="N", help="stop after about N loop turns and calls")
    parser.add_argument("--time-limit", type=positive_seconds, metavar="SECONDS", help="stop after so many seconds")
    parser.add_argument("--json", action="store_true", help="print events and the result as lines of JSON")
    parser.add_argument("--quiet", action="store_true", help="with --json: leave out the script's output")
    parser.add_argument("--fail-on-unsettled", action="store_true", help="exit with 3 when unsettled work is left over")
    parser.add_argument("--llm-mock", metavar="FILE", help="answer every model call from this file of fixtures")
    parser.add_argument("--llm-mock-record", metavar="FILE", help="write every model answer to this file of fixtures")
    parser.add_argument("--profile", action="store_true", help="print time per function and line to standard error")
    parser.add_argument("--no-cache", action="store_true", help="neither read nor write the chunk cache")


def run_file(file: str, script_arguments: list[str]) -> int:
    """Run a script without any option; give the exit code of docs/reference/language.md 3.1."""
    from harnlite.engine import RunOptions, run_source

    source = read_source(file)
    options = RunOptions(arguments=script_arguments, use_cache=_may_cache(), record_as=source.name)
    return _show(run_source(source, file, options))


def run(arguments: argparse.Namespace) -> int:
    """Run a script; give the exit code of docs/reference/language.md 3.1."""
    if sum(given is not None for given in (arguments.file, arguments.eval, arguments.resume)) != 1:
        raise CommandError("give either a file or -e CODE or --resume AGENT", "HARN-CLI-002", exit_code=2)
    log = arguments.event_log
    if log is not None and log != "memory" and not log.startswith("sqlite:"):
        raise CommandError(f"--event-log takes memory or sqlite:PATH, not {log}", "HARN-CLI-002", exit_code=2)
    options = _options(arguments)
    if arguments.eval is not None:
        from harnlite.source import Source

        source, path = Source("<eval>", arguments.eval), None
        options.as_pipeline = True
    elif arguments.resume is not None:
        from harnlite.cli.run_resume import resume_source

        source, path = resume_source(), None
        options.arguments = [arguments.resume, *options.arguments]
    elif arguments.file == "-":
        source, path = read_standard_input(), None
    else:
        source, path = read_source(arguments.file), arguments.file
    options.record_as = source.name
    if arguments.llm_mock is None and arguments.llm_mock_record is None:
        return _run(arguments, source, path, options, None)
    from harnlite.cli.run_models import ModelFiles

    models = ModelFiles(arguments.llm_mock, arguments.llm_mock_record)
    code = _run(arguments, source, path, options, models.install)
    models.write()
    return code


def _run(
    arguments: argparse.Namespace, source: Source, path: str | None, options: RunOptions, prepare: Prepare | None
) -> int:
    """Run in the way that the options ask for."""
    if arguments.json:
        from harnlite.cli.run_json import run_with_json

        return run_with_json(source, path, options, quiet=arguments.quiet, prepare=prepare)
    if arguments.profile:
        return _run_profiled(source, path, options, prepare)
    from harnlite.engine import run_source

    return _show(run_source(source, path, options, prepare=prepare))


def _show(outcome: Outcome) -> int:
    sys.stdout.flush()
    if outcome.vm is None:
        show(outcome.diagnostics)
    else:
        # What was found before the run comes first, what ended it last.
        for severity in ("warning", "error"):
            show([one for one in outcome.diagnostics if one.severity == severity])
    for text in filter(None, (outcome.message, outcome.unsettled_report)):
        sys.stderr.write(text + "\n")
    return outcome.exit_code


def _run_profiled(source: Source, path: str | None, options: RunOptions, prepare: Prepare | None) -> int:
    from harnlite.cli.profile_text import profile_text
    from harnlite.engine import run_source
    from harnlite.vm.profiler import Profiler

    profilers: list[Profiler] = []

    def begin(vm: Vm) -> None:
        if prepare is not None:
            prepare(vm)
        profilers.append(Profiler(vm))
        profilers[0].start()

    code = _show(run_source(source, path, options, prepare=begin))
    for profiler in profilers:
        sys.stderr.write(profile_text(profiler.stop(), source))
    return code


def _options(arguments: argparse.Namespace) -> RunOptions:
    from harnlite.engine import RunOptions

    return RunOptions(
        arguments=arguments.script_arguments,
        tier=arguments.tier,
        event_log=arguments.event_log,
        denied=_names("--deny", arguments.deny),
        allowed=_names("--allow", arguments.allow) if arguments.allow is not None else None,
        fuel=arguments.fuel,
        time_limit=arguments.time_limit,
        fail_on_unsettled=arguments.fail_on_unsettled,
        use_cache=not arguments.no_cache and _may_cache(),
    )


def _may_cache() -> bool:
    return os.environ.get("HARN_BYTECODE_CACHE") != "0"


def _names(option: str, text: str | None) -> frozenset[str]:
    """Read a list of builtins; one that does not exist would protect nobody."""
    names = frozenset(name.strip() for name in (text or "").split(",") if name.strip())
    if names:
        from harnlite.builtins.registry import Registry
        from harnlite.diagnostics.suggest import nearest

        registry = Registry()
        for name in registry.unknown(names):
            near = nearest(name, registry.names)
            hint = f"did you mean `{near}`?" if near else "docs/builtins.md lists the builtins"
            raise CommandError(f"{option}: there is no builtin `{name}`", "HARN-CLI-002", hint, exit_code=2)
    return names
