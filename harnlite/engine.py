"""The parts put together: from a source text to the outcome of its run.

:func:`compile_source` takes a text to a chunk (cache, parser, checker, compiler); :func:`build_vm` gives a VM its
builtins, host, modules and finisher; :func:`run_source` does both and turns what happened into an
:class:`Outcome` with the exit code of docs/reference/language.md 3.1. Nothing here prints.
"""

from __future__ import annotations

import os
import sys

from harnlite import __version__
from harnlite.builtins.registry import Registry
from harnlite.bytecode.cache import BytecodeCache, default_directory
from harnlite.modules import ModuleLoader
from harnlite.records import NamedTuple, evolve
from harnlite.values.display import display
from harnlite.values.errors import ExitRequest, GuestError, HardExit
from harnlite.values.types import EnumValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from harnlite.bytecode.chunk import Chunk
    from harnlite.diagnostics import Diagnostic
    from harnlite.host import Host
    from harnlite.lifecycle.handoff_records import StoredHandoff
    from harnlite.source import Source
    from harnlite.syntax.tree import Program
    from harnlite.vm.machine import CodeLoader, Vm

#: How many calls a report of an uncaught error names, and how many characters of its text it shows.
_MOST_CALLERS = 20
_LONGEST_MESSAGE = 2_000
#: The envelope under a name that no script declares itself.
_HANDOFF_GLOBAL = "__handoff"
#: What a run that left work unaccounted for exits with (docs/lifecycle-additions.md).
UNSETTLED_EXIT_CODE = 3
#: What the command line exits with after Ctrl-C, and after a fault of harnlite (docs/reference/language.md 3.1).
INTERRUPTED_EXIT_CODE = 130
BUG_EXIT_CODE = 70

__all__ = ["Compiled", "Outcome", "RunOptions", "build_vm", "compile_source", "exit_code_of", "run_source"]


class RunOptions:
    """How a script is run; what is not given is as in ``harnlite run FILE``.

    :ivar arguments: the script's ``argv``.
    :ivar tier: ``fast`` or ``interpreter``.
    :ivar event_log: ``memory``, ``sqlite:PATH`` or None for what the environment says.
    :ivar denied: builtins the script may not call.
    :ivar allowed: the only builtins it may call, or None.
    :ivar fuel: loop turns and calls after which the run is stopped, or None.
    :ivar time_limit: seconds after which the run is stopped, or None.
    :ivar as_pipeline: the text is the body of a pipeline (``run -e``).
    :ivar entry: name of the pipeline to run instead of the default one.
    :ivar fail_on_unsettled: exit with 3 when work is left that nobody accounted for (docs/lifecycle-additions.md).
    :ivar record_as: what the run is called in the event log's list of runs; None: it is not entered there.
    :ivar handoff: the stored handoff that the run takes over, or None; ``entry`` is then its target.
    """

    __slots__ = (
        "allowed", "arguments", "as_pipeline", "denied", "entry", "event_log", "fail_on_unsettled", "fuel",
        "handoff", "output_limit", "record_as", "tier", "time_limit", "use_cache",
    )  # fmt: skip

    def __init__(
        self,
        arguments: Sequence[str] = (),
        tier: str = "fast",
        event_log: str | None = None,
        denied: frozenset[str] = frozenset(),
        allowed: frozenset[str] | None = None,
        fuel: int | None = None,
        time_limit: float | None = None,
        output_limit: int | None = None,
        fail_on_unsettled: bool = False,
        use_cache: bool = True,
        as_pipeline: bool = False,
        entry: str | None = None,
        record_as: str | None = None,
        handoff: StoredHandoff | None = None,
    ) -> None:
        self.arguments = list(arguments)
        self.tier = tier
        self.event_log = event_log
        self.denied = denied
        self.allowed = allowed
        self.fuel = fuel
        self.time_limit = time_limit
        self.output_limit = output_limit
        self.fail_on_unsettled = fail_on_unsettled
        self.use_cache = use_cache
        self.as_pipeline = as_pipeline
        self.entry = entry
        self.record_as = record_as
        self.handoff = handoff


class Compiled(NamedTuple):
    """A chunk, what was found while checking it, and the loader that knows its modules."""

    chunk: Chunk
    warnings: list[Diagnostic]
    loader: ModuleLoader


class Outcome(NamedTuple):
    """What came of a run.

    :ivar value: the final value (nil when it failed).
    :ivar exit_code: see docs/reference/language.md 3.1.
    :ivar diagnostics: what to show on standard error: warnings, or the uncaught error.
    :ivar message: a plain line for standard error, such as the text of a returned ``Err``.
    :ivar error: the uncaught error, or None.
    :ivar vm: the VM, or None when the program was refused.
    :ivar unsettled_report: for standard error: the work that nobody accounted for, if that made the run fail.
    """

    value: Any
    exit_code: int
    diagnostics: list[Diagnostic]
    message: str
    error: BaseException | None
    vm: Vm | None
    unsettled_report: str = ""


def compile_source(
    source: Source,
    path: str | None,
    *,
    options: RunOptions | None = None,
    registry: Registry | None = None,
) -> Compiled:
    """Take a text to a verified chunk.

    :param path: the file it was read from, from which imports start; None for code without a file.
    :raises harnlite.diagnostics.ProgramError: the program is refused.
    """
    wanted = options or RunOptions(use_cache=False)
    cache = BytecodeCache(default_directory(), __version__) if wanted.use_cache and registry is None else None
    loader = ModuleLoader(registry or Registry(), cache)
    identity = os.path.abspath(path) if path is not None else ""
    loader.add_source(identity, source)
    plain = not wanted.as_pipeline and wanted.entry is None
    if plain:
        found = loader.cached(source, identity, "entry")
        if found is not None:
            return Compiled(found, [], loader)
    return _compile(source, identity, loader, wanted, remember=plain)


def _compile(source: Source, identity: str, loader: ModuleLoader, options: RunOptions, *, remember: bool) -> Compiled:
    from harnlite.compiler.checker import check_program
    from harnlite.compiler.program import compile_program
    from harnlite.diagnostics import ProgramError
    from harnlite.syntax.parser import parse

    program = parse(source)
    if options.as_pipeline:
        program = _as_pipeline(program)
    environment = loader.environment(program, identity)
    if options.handoff is not None:
        program = _with_payload(program, options.entry)
        environment = evolve(environment, globals=environment.globals | {"handoff", _HANDOFF_GLOBAL})
    findings = check_program(program, source, environment, loader.registry)
    if any(finding.severity == "error" for finding in findings):
        raise ProgramError(findings)
    chunk = compile_program(program, source, environment, kind="entry", entry=options.entry)
    if remember:
        loader.remember(chunk, source, identity)
    return Compiled(chunk, findings, loader)


def _as_pipeline(program: Program) -> Program:
    """Make statements the body of a pipeline, so that the last expression is the value (runtime.md 10.1)."""
    from harnlite.syntax import tree

    if any(isinstance(statement, tree.PipelineDeclaration) for statement in program.statements):
        return program
    outside = (tree.Import, tree.EnumDeclaration, tree.StructDeclaration, tree.ImplDeclaration, tree.TypeDeclaration)
    top = tuple(s for s in program.statements if isinstance(s, outside))
    body = tuple(s for s in program.statements if not isinstance(s, outside))
    block = tree.Block(program.span, body)
    pipeline = tree.PipelineDeclaration(program.span, "main", (), None, None, block)
    return tree.Program(program.span, (*top, pipeline))


def _with_payload(program: Program, entry: str | None) -> Program:
    """Bind the first parameter of the entry pipeline, and of those it extends, to the handoff's payload.

    The bindings stand where execution begins: in the furthest pipeline that is extended (docs/lifecycle-additions.md).
    """
    from harnlite.syntax import tree

    pipelines = {node.name: node for node in program.statements if isinstance(node, tree.PipelineDeclaration)}
    lineage: list[tree.PipelineDeclaration] = []
    parent = pipelines.get(entry or "")
    while parent is not None and parent not in lineage:
        lineage.append(parent)
        parent = pipelines.get(parent.parent or "")
    names = dict.fromkeys(node.parameters[0] for node in lineage if node.parameters)
    if not names:
        return program
    first = lineage[-1]
    span = first.body.span
    payload = tree.Member(span, tree.Name(span, _HANDOFF_GLOBAL), "payload")
    bindings = (tree.Binding(span, "let", tree.NamePattern(span, name), None, payload) for name in names)
    changed = evolve(first, body=evolve(first.body, statements=(*bindings, *first.body.statements)))
    return tree.Program(program.span, tuple(changed if node is first else node for node in program.statements))


def build_vm(loader: ModuleLoader, options: RunOptions, *, host: Host | None = None, directory: str = "") -> Vm:
    """Give a VM everything it needs to run chunks of this loader.

    :param directory: the script's directory.
    """
    from harnlite.host import Host as RealHost
    from harnlite.lifecycle.finish import LifecycleFinisher
    from harnlite.lifecycle.harness import Harness
    from harnlite.vm.limits import Limits
    from harnlite.vm.machine import Vm

    skills = {"_type": "skill_registry", "skills": []}
    return Vm(
        host or RealHost(),
        loader.registry,
        code_loader=_code_loader(options),
        finisher=LifecycleFinisher(),
        module_loader=loader.chunk,
        argv=options.arguments,
        source_directory=directory or os.getcwd(),
        options=options,
        handles={"harness": Harness(), "skills": skills, **_handoff_globals(options)},
        limits=Limits(options.fuel, options.time_limit, options.output_limit),
    )


def _handoff_globals(options: RunOptions) -> dict[str, Any]:
    if options.handoff is None:
        return {}
    from harnlite.values.json_form import from_json_form

    envelope = from_json_form(options.handoff.envelope)
    return {"handoff": envelope, _HANDOFF_GLOBAL: envelope}


def _code_loader(options: RunOptions) -> CodeLoader | None:
    """Give the fast tier's loader, or None for the interpreter, which is also what refused builtins need."""
    if options.tier != "fast" or options.denied or options.allowed is not None:
        return None
    from harnlite.translator.load import load

    return load


def run_source(
    source: Source,
    path: str | None,
    options: RunOptions,
    *,
    host: Host | None = None,
    prepare: Callable[[Vm], object] | None = None,
) -> Outcome:
    """Compile and run a text outside any event loop.

    :param prepare: called with the VM before it runs, to install instruments or services.
    """
    try:
        compiled = compile_source(source, path, options=options)
    except Exception as error:
        return Outcome(None, 1, _refusals(error), "", error, None)
    directory = os.path.dirname(os.path.abspath(path)) if path is not None else os.getcwd()
    if options.denied or options.allowed is not None:
        compiled.loader.registry.restrict(options.denied, options.allowed)
    vm = build_vm(compiled.loader, options, host=host, directory=directory)
    if prepare is not None:
        prepare(vm)
    try:
        outcome = _executed(vm, compiled)
    except BaseException as error:
        _record_breakdown(vm, error)
        raise
    return _concluded(outcome, vm)


def _refusals(error: Exception) -> list[Diagnostic]:
    """Give the findings for which a program was refused; any other error is raised again."""
    # Imported only now: a cached run never needs the diagnostics, nor attrs below them.
    from harnlite.diagnostics import ProgramError

    if not isinstance(error, ProgramError):
        raise error
    return error.diagnostics


def _executed(vm: Vm, compiled: Compiled) -> Outcome:
    try:
        value = vm.execute_sync(compiled.chunk)
    except ExitRequest as request:
        return Outcome(None, clamp(request.code), compiled.warnings, "", request, vm)
    except GuestError as error:
        return Outcome(None, 1, [*compiled.warnings, *describe(error, compiled.loader)], "", error, vm)
    except HardExit as error:
        return Outcome(None, 1, compiled.warnings, f"error: {error}", error, vm)
    except MemoryError as error:
        return Outcome(None, 1, compiled.warnings, "error: out of memory", error, vm)
    except Exception as error:
        # A module of a module is compiled when it is loaded.
        found = _refusals(error)
        return Outcome(None, 1, [*compiled.warnings, *found], "", error, vm)
    code, message = exit_code_of(value)
    return Outcome(value, code, compiled.warnings, message, None, vm)


def _concluded(outcome: Outcome, vm: Vm) -> Outcome:
    """Fail a run that left work unaccounted for, if that was asked for, and enter the end in the event log."""
    if not _has_end_to_tell(vm):
        return outcome
    from harnlite.lifecycle.run_end import RunEnd, record_end

    unaccounted = vm.service(RunEnd).unaccounted
    if vm.options.fail_on_unsettled and unaccounted and _ended_well(outcome):
        from harnlite.lifecycle.accounting import unaccounted_report

        outcome = outcome._replace(exit_code=UNSETTLED_EXIT_CODE, unsettled_report=unaccounted_report(unaccounted))
    failure = None
    if outcome.error is not None and not isinstance(outcome.error, ExitRequest):
        failure = outcome.diagnostics[-1].message if outcome.diagnostics else outcome.message.removeprefix("error: ")
    record_end(vm, _ending(outcome), outcome.exit_code, outcome.value, failure)
    return outcome


def _has_end_to_tell(vm: Vm) -> bool:
    """Whether the lifecycle has looked at the run's end; it loads the module only where there is something to say."""
    if "harnlite.lifecycle.run_end" not in sys.modules:
        return False
    from harnlite.lifecycle.run_end import RunEnd

    return vm.has_service(RunEnd)


def _ending(outcome: Outcome) -> str:
    """Give the word for how a run ended that has an outcome."""
    from harnlite.runtime.event_log import run_records

    if outcome.unsettled_report:
        return run_records.UNSETTLED
    if outcome.error is None:
        return run_records.COMPLETED
    if isinstance(outcome.error, ExitRequest):
        return run_records.EXITED
    return run_records.STOPPED if isinstance(outcome.error, HardExit | MemoryError) else run_records.FAILED


def _record_breakdown(vm: Vm, error: BaseException) -> None:
    """Enter the end of a run that has no outcome in the event log: Ctrl-C, lost output, a fault of harnlite."""
    if not _has_end_to_tell(vm):
        return
    from harnlite.lifecycle.run_end import record_end
    from harnlite.runtime.event_log import run_records

    if isinstance(error, KeyboardInterrupt):
        record_end(vm, run_records.INTERRUPTED, INTERRUPTED_EXIT_CODE)
    elif isinstance(error, OSError):
        code = 0 if isinstance(error, BrokenPipeError) else 1
        record_end(vm, run_records.OUTPUT_LOST, code, error=error.strerror or str(error))
    else:
        record_end(vm, run_records.CRASHED, BUG_EXIT_CODE, error=f"{type(error).__name__}: {error}")


def _ended_well(outcome: Outcome) -> bool:
    """Whether the script did not ask for a failure itself, by an error or by ``exit`` with a code other than 0."""
    return outcome.error is None or (isinstance(outcome.error, ExitRequest) and outcome.exit_code == 0)


def clamp(code: int) -> int:
    """Bring an exit code into 0..255."""
    return max(0, min(255, code))


def exit_code_of(value: Any) -> tuple[int, str]:
    """Give the exit code of a final value and, for ``Err(x)``, the text for standard error."""
    if type(value) is int:
        return clamp(value), ""
    if type(value) is EnumValue and value.enum == "Result" and value.variant == "Err":
        return 1, display(value.fields[0] if value.fields else None)
    return 0, ""


def describe(error: GuestError, loader: ModuleLoader) -> list[Diagnostic]:
    """Give the report of an uncaught error: where it happened and through which calls (language.md 7.6)."""
    import re

    from harnlite.diagnostics import Diagnostic, Note
    from harnlite.source import NOWHERE, Span
    from harnlite.vm.errors import top_level_text

    trace = error.trace
    source: Source | None = None
    span = NOWHERE
    if trace:
        source = loader.source_named(trace[0].file)
        span = Span(trace[0].start, trace[0].end)
    callers = [f"called from {entry.function} at {entry.file}:{entry.line}" for entry in trace[1:]]
    if len(callers) > _MOST_CALLERS:
        left_out = len(callers) - _MOST_CALLERS
        callers[_MOST_CALLERS // 2 : -_MOST_CALLERS // 2] = [f"... {left_out} more calls ..."]
    # Each callback that the error left has added its line (builtins.md 3.3); beyond four nobody reads them.
    text = re.sub(r"((?: \(line \d+\)){4})(?: \(line \d+\))+$", r"\1 ...", top_level_text(error))
    if len(text) > _LONGEST_MESSAGE:
        text = text[:_LONGEST_MESSAGE] + "..."
    return [Diagnostic("", text, source, span, notes=tuple(map(Note, callers)))]
