"""The embedding interface: run, compile, a VM, a public exception hierarchy (docs/embedding.md).

Everything here is re-exported by :mod:`harnlite`. Values cross the border by the table of
:mod:`harnlite.values.conversion`.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from types import CoroutineType
from typing import Any

from harnlite.builtins.registry import Registry, builtin
from harnlite.bytecode.chunk import Chunk
from harnlite.diagnostics import Diagnostic, ProgramError
from harnlite.diagnostics.render import render_all
from harnlite.engine import RunOptions, build_vm, compile_source, describe
from harnlite.host import Host
from harnlite.modules import ModuleLoader
from harnlite.policy import Policy
from harnlite.source import Source
from harnlite.values.conversion import ConversionError, from_guest, to_guest
from harnlite.values.errors import CancelledExit, ExitRequest, GuestError, HarnliteError, TraceEntry
from harnlite.values.types import Closure
from harnlite.vm.errors import top_level_text
from harnlite.vm.instruments import Instrument
from harnlite.vm.limits import LimitReached

__all__ = [
    "BusyError",
    "CompiledProgram",
    "ConversionError",
    "HarnliteError",
    "Instrument",
    "LimitError",
    "Policy",
    "ProgramRefusedError",
    "RunCancelledError",
    "RunFailedError",
    "RunResult",
    "ScriptError",
    "UsageError",
    "Vm",
    "compile",
    "run",
]


class UsageError(HarnliteError):
    """The embedder asked for something that cannot be, such as synchronous running inside a trio program."""


class BusyError(UsageError):
    """The VM is running already; one VM runs one execution at a time."""


class ProgramRefusedError(HarnliteError):
    """The program does not parse, fails the static checks or cannot be compiled; nothing ran.

    :ivar diagnostics: what was found, errors and warnings.
    """

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        super().__init__(render_all(diagnostics).rstrip("\n"))
        self.diagnostics = diagnostics


class RunFailedError(HarnliteError):
    """A run ended without a value; what it had recorded was cleared and is here.

    :ivar audit_log: the audits recorded before the state was cleared.
    :ivar handoffs: the handoffs, likewise.
    :ivar disposition: the disposition, likewise.
    """

    def __init__(self, error: BaseException, text: str) -> None:
        super().__init__(text)
        cleared = getattr(error, "lifecycle", None)
        self.audit_log: list[dict[str, Any]] = [from_guest(entry) for entry in getattr(cleared, "audits", ())]
        self.handoffs: list[dict[str, Any]] = [from_guest(envelope) for envelope in getattr(cleared, "handoffs", ())]
        self.disposition: Any = from_guest(getattr(cleared, "disposition", None))


class ScriptError(RunFailedError):
    """The script ended with an uncaught error.

    The exception of an embedder's function that the script did not catch is the ``__cause__``.

    :ivar kind: ``thrown``, ``type``, ``argument``, ``arity``, ``category`` or, for everything else, ``runtime``.
    :ivar value: the thrown value in Python form, or the text of any other error.
    :ivar trace: guest frames, innermost first.
    """

    def __init__(self, error: GuestError, text: str) -> None:
        super().__init__(error, text)
        self.kind = error.kind
        self.value = from_guest(error.value) if error.kind == "thrown" else error.message
        self.trace: list[TraceEntry] = list(error.trace)


class LimitError(RunFailedError):
    """The run reached its limit of time, fuel or output, or there was no memory left; the text says which."""


class RunCancelledError(RunFailedError):
    """The run was ended by :meth:`Vm.cancel`."""


class CompiledProgram:
    """A compiled program: an immutable chunk and where its imports come from. Share it between VMs and threads.

    :ivar chunk: the bytecode.
    :ivar warnings: what the checker warned of.
    """

    __slots__ = ("chunk", "directory", "loader", "warnings")

    def __init__(self, chunk: Chunk, warnings: list[Diagnostic], loader: ModuleLoader, directory: str) -> None:
        self.chunk = chunk
        self.warnings = warnings
        self.loader = loader
        self.directory = directory


class RunResult:
    """What a run left.

    :ivar value: the final value in Python form.
    :ivar output: what the script printed, unless it was streamed elsewhere.
    :ivar audit_log: the audit entries, dicts.
    :ivar handoffs: the handoff envelopes that nobody acknowledged, dicts.
    :ivar disposition: what ``finalize`` was last given, or None.
    :ivar exit_code: the code that ``exit(n)`` asked for, else None.
    """

    __slots__ = ("audit_log", "disposition", "exit_code", "handoffs", "output", "value")

    def __init__(self, value: Any, vm: Vm) -> None:
        self.value = value
        self.output = vm.output
        self.audit_log = vm.audit_log
        self.handoffs = vm.handoffs
        self.disposition = vm.disposition
        self.exit_code = vm.exit_code


def compile(  # noqa: A001 - the name that users look for, always written harnlite.compile
    source: str | Path,
    *,
    builtins: Mapping[str, Callable[..., Any]] | None = None,
) -> CompiledProgram:
    """Compile a program.

    :param source: the text, or a :class:`~pathlib.Path` of a file.
    :param builtins: functions of the embedder that the program may call, as for :class:`Vm`.
    :raises ProgramRefusedError: it is refused.
    :raises OSError: the file cannot be read.
    """
    return _compile(source, _registry(builtins))


def _compile(source: str | Path, registry: Registry | None) -> CompiledProgram:
    if not isinstance(source, str | Path):
        raise UsageError(f"a program is a str, or a Path of a file, not {type(source).__name__}")
    if isinstance(source, Path):
        text, name, path = source.read_text(encoding="utf-8"), str(source), str(source)
    else:
        text, name, path = source, "<string>", None
    try:
        compiled = compile_source(Source(name, text), path, registry=registry)
    except ProgramError as error:
        raise ProgramRefusedError(error.diagnostics) from None
    directory = os.path.dirname(os.path.abspath(path)) if path else os.getcwd()
    return CompiledProgram(compiled.chunk, compiled.warnings, compiled.loader, directory)


def run(
    source: str | Path,
    *,
    arguments: Sequence[str] = (),
    builtins: Mapping[str, Callable[..., Any]] | None = None,
    output: Callable[[str], object] | None = None,
    error_output: Callable[[str], object] | None = None,
    standard_input: str | None = None,
    on_finish: Callable[..., Any] | None = None,
    host: Host | None = None,
    policy: Policy | None = None,
    tier: str = "fast",
    event_log: str = "memory",
    time_limit: float | None = None,
    fuel: int | None = None,
    output_limit: int | None = None,
) -> RunResult:
    """Compile and run a program from plain synchronous code.

    :param source: the text, or a :class:`~pathlib.Path` of a file.
    :param on_finish: the finish callback, ``(harness, value) -> value``; a registration by the script replaces it.
    :raises ProgramRefusedError: the program is refused.
    :raises ScriptError: it ended with an uncaught error.
    :raises LimitError: it reached a limit.
    :raises UsageError: called inside a running trio program (build a :class:`Vm` and await it there), or a parameter
        has no meaning.
    :raises OSError: the file cannot be read.

    The other parameters are those of :class:`Vm`.
    """
    program = compile(source, builtins=builtins)
    vm = Vm(
        arguments=arguments,
        builtins=builtins,
        output=output,
        error_output=error_output,
        standard_input=standard_input,
        host=host,
        policy=policy,
        tier=tier,
        event_log=event_log,
        time_limit=time_limit,
        fuel=fuel,
        output_limit=output_limit,
    )
    return RunResult(vm.execute_sync(program, on_finish), vm)


class Vm:
    """A virtual machine for one execution at a time; all state of a run hangs on it.

    :param arguments: what the script sees as ``argv``.
    :param builtins: by signature, such as ``"price(item: string) -> int"``, a Python function, sync or async; it
        gets and gives Python values.
    :param output: receives what the script prints, piece by piece; None keeps it for :attr:`output`.
    :param error_output: receives what it writes to standard error; None: that of the process.
    :param standard_input: what the script reads as its standard input; None: the process's, if the policy allows it.
    :param policy: what the script may do with files, processes, network and standard input; None: nothing.
    :param host: another outside world than the real one; it has its own output, standard input and policy.
    :param tier: ``fast`` or ``interpreter``.
    :param event_log: ``memory`` or ``sqlite:PATH``.
    :param time_limit: seconds that one execution may take.
    :param fuel: loop turns and calls that one execution may make, about.
    :param output_limit: characters that one execution may print.
    :param instruments: are told what executions do; those that want calls or instructions slow them down.
    :ivar exit_code: the code that the last execution's ``exit(n)`` asked for, else None.
    :raises UsageError: a parameter has no meaning.
    """

    def __init__(
        self,
        *,
        arguments: Sequence[str] = (),
        builtins: Mapping[str, Callable[..., Any]] | None = None,
        output: Callable[[str], object] | None = None,
        error_output: Callable[[str], object] | None = None,
        standard_input: str | None = None,
        host: Host | None = None,
        policy: Policy | None = None,
        tier: str = "fast",
        event_log: str = "memory",
        time_limit: float | None = None,
        fuel: int | None = None,
        output_limit: int | None = None,
        instruments: Sequence[Instrument] = (),
    ) -> None:
        _check_options(tier, event_log, time_limit=time_limit, fuel=fuel, output_limit=output_limit)
        self.exit_code: int | None = None
        self._instruments = tuple(instruments)
        self._pieces: list[str] = []
        self._host = host or Host(
            write_out=output or self._pieces.append,
            write_err=error_output,
            policy=policy or Policy.nothing(),
            read_from=None if standard_input is None else io.StringIO(standard_input),
        )
        self._registry = _registry(builtins) or Registry()
        self._options = RunOptions(
            arguments,
            tier=tier,
            event_log=event_log,
            time_limit=time_limit,
            fuel=fuel,
            output_limit=output_limit,
            use_cache=False,
        )
        self._machine: Any = None

    def compile(self, source: str | Path) -> CompiledProgram:
        """Compile a program that may call this VM's builtins; as :func:`harnlite.compile`."""
        return _compile(source, self._registry)

    async def execute(self, program: CompiledProgram, on_finish: Callable[..., Any] | None = None) -> Any:
        """Run a program inside a trio program and give its final value in Python form; None after ``exit(n)``.

        :raises ScriptError: it ended with an uncaught error.
        :raises LimitError: it reached a limit.
        :raises RunCancelledError: :meth:`cancel` ended it.
        :raises BusyError: this VM is running already.
        :raises UsageError: called outside trio.
        """
        if not _inside_trio():
            raise UsageError("execute needs a running trio program; from plain code call execute_sync")
        machine = self._prepare(program, on_finish)
        try:
            return from_guest(await machine.execute(program.chunk, on_finish))
        except ExitRequest as request:
            self.exit_code = request.code
            return None
        except _FAILURES as error:
            raise _failure(error, program) from error.__cause__

    def execute_sync(self, program: CompiledProgram, on_finish: Callable[..., Any] | None = None) -> Any:
        """Run a program from plain code and give its final value in Python form; None after ``exit(n)``.

        :raises ScriptError: it ended with an uncaught error.
        :raises LimitError: it reached a limit.
        :raises RunCancelledError: :meth:`cancel` ended it.
        :raises BusyError: this VM is running already.
        :raises UsageError: called inside a running trio program.
        """
        if _inside_trio():
            raise UsageError("execute_sync would block the running trio program; await execute instead")
        machine = self._prepare(program, on_finish)
        try:
            return from_guest(machine.execute_sync(program.chunk, on_finish))
        except ExitRequest as request:
            self.exit_code = request.code
            return None
        except _FAILURES as error:
            raise _failure(error, program) from error.__cause__

    def _prepare(self, program: CompiledProgram, on_finish: Any) -> Any:
        if not isinstance(program, CompiledProgram):
            raise UsageError("what is executed is a compiled program: harnlite.compile(source) makes one")
        if not (on_finish is None or callable(on_finish) or isinstance(on_finish, Closure)):
            raise UsageError(f"on_finish is called at the end, and {on_finish!r} cannot be called")
        if self._machine is None:
            loader = ModuleLoader(self._registry)
            loader.share_sources(program.loader)
            self._machine = build_vm(loader, self._options, host=self._host, directory=program.directory)
            self._machine.install(*self._instruments)
        elif self._machine.running:
            raise BusyError("this VM is running already: a VM runs one execution at a time")
        self.exit_code = None
        return self._machine

    def cancel(self) -> None:
        """Ask the execution that is going on, if any, to end; from any thread. It ends at its next poll or wait."""
        machine = self._machine
        if machine is not None and machine.running:
            machine.cancel()

    @property
    def output(self) -> str:
        """What the script printed so far, unless it goes elsewhere."""
        return "".join(self._pieces)

    @property
    def audit_log(self) -> list[dict[str, Any]]:
        """The audit entries recorded so far, as dicts."""
        state = self._state()
        return [from_guest(entry) for entry in state.audits()] if state else []

    @property
    def handoffs(self) -> list[dict[str, Any]]:
        """The handoff envelopes that nobody acknowledged, as dicts."""
        state = self._state()
        return [from_guest(envelope) for envelope in state.unsettled_items()] if state else []

    @property
    def disposition(self) -> Any:
        """What ``finalize`` was last given, or None."""
        state = self._state()
        return from_guest(state.disposition) if state else None

    def _state(self) -> Any:
        from harnlite.lifecycle.state import LifecycleState

        machine = self._machine
        return machine.service(LifecycleState) if machine and machine.has_service(LifecycleState) else None

    def reset(self) -> None:
        """Forget everything that earlier executions left.

        :raises BusyError: an execution is going on.
        """
        if self._machine is not None:
            if self._machine.running:
                raise BusyError("this VM is running: it can be reset when it has ended")
            self._machine.reset()
        self._pieces.clear()


#: How a run ends without a value, beside ``exit(n)`` and exceptions that are none of ours.
_FAILURES = (GuestError, LimitReached, CancelledExit, MemoryError)


def _failure(error: BaseException, program: CompiledProgram) -> RunFailedError:
    """Give the public form of what ended a run."""
    if isinstance(error, GuestError):
        report = render_all(describe(error, program.loader)).rstrip("\n")
        return ScriptError(error, report or top_level_text(error))
    if isinstance(error, CancelledExit):
        return RunCancelledError(error, "the run was cancelled")
    return LimitError(error, str(error) or "out of memory")


def _check_options(tier: str, event_log: str, **limits: float | None) -> None:
    if tier not in ("fast", "interpreter"):
        raise UsageError(f"tier is 'fast' or 'interpreter', not {tier!r}")
    if event_log != "memory" and not event_log.startswith("sqlite:"):
        raise UsageError(f"event_log is 'memory' or 'sqlite:PATH', not {event_log!r}")
    for name, limit in limits.items():
        if limit is not None and not limit > 0:
            raise UsageError(f"{name} is a number above 0 or None, not {limit!r}")


def _inside_trio() -> bool:
    trio = sys.modules.get("trio")
    return trio is not None and bool(trio.lowlevel.in_trio_run())


def _registry(builtins: Mapping[str, Callable[..., Any]] | None) -> Registry | None:
    if not builtins:
        return None
    registry = Registry()
    for signature, function in builtins.items():
        if not callable(function):
            raise UsageError(f"the builtin {signature!r} is no function but {function!r}")
        try:
            registry.add(builtin(signature, area="embedder")(_adapt(signature, function)))
        except ValueError as error:
            raise UsageError(f"{error}; one is 'name(parameter: type, other?: type) -> type'") from None
    return registry


def _adapt(signature: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a Python function: guest values in, guest values out, its exceptions as run-time errors."""
    from inspect import iscoroutinefunction

    from harnlite.values.errors import runtime_error

    name = signature.partition("(")[0].strip()
    waits = iscoroutinefunction(function)

    def call(vm: Any, *arguments: Any) -> Any:
        """A function of the embedding program."""
        try:
            if not arguments:
                found = vm.wait(function) if waits else function()
            else:
                given = [from_guest(argument) for argument in arguments]
                found = vm.wait(function, *given) if waits else function(*given)
            if found is None:
                return None
            # Not every function that gives a coroutine looks like one.
            return to_guest(vm.wait(_awaited, found) if type(found) is CoroutineType else found)
        except GuestError:
            raise
        except Exception as error:
            raise runtime_error(f"{name}: {type(error).__name__}: {error}") from error

    return call


async def _awaited(coroutine: Coroutine[Any, Any, Any]) -> Any:
    return await coroutine
