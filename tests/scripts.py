"""Running a script inside the test's process, with everything that a run has, and looking at what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harnlite.engine import RunOptions, build_vm, compile_source
from harnlite.host import Host
from harnlite.source import Source
from harnlite.values.errors import GuestError
from harnlite.vm.errors import top_level_text

__all__ = ["Run", "run_script"]


class Run:
    """A VM in a directory of its own, with an event log in memory; several scripts may run on it in turn.

    :ivar output: what the scripts printed.
    :ivar errors: what was written to standard error.
    """

    def __init__(self, directory: Path, environment: dict[str, str] | None = None, tier: str = "fast") -> None:
        self._pieces: list[str] = []
        self._warnings: list[str] = []
        self._directory = str(directory)
        self.options = RunOptions(tier=tier, event_log="memory", use_cache=False)
        self._host = Host(
            write_out=self._pieces.append,
            write_err=self._warnings.append,
            environment=environment or {},
            working_directory=self._directory,
        )
        self.vm: Any = None

    @property
    def output(self) -> str:
        """Everything printed so far."""
        return "".join(self._pieces)

    @property
    def errors(self) -> str:
        """Everything written to standard error so far."""
        return "".join(self._warnings)

    @property
    def lines(self) -> list[str]:
        """The lines printed so far."""
        return self.output.splitlines()

    def execute(self, text: str, on_finish: Any = None) -> Any:
        """Compile and run a whole file and give its value; errors are raised."""
        compiled = compile_source(Source("test.harn", text), None, options=self.options)
        if self.vm is None:
            self.vm = build_vm(compiled.loader, self.options, host=self._host, directory=self._directory)
        return self.vm.execute_sync(compiled.chunk, on_finish)

    def failure(self, text: str) -> str:
        """Run a whole file that must fail and give the error's text."""
        try:
            value = self.execute(text)
        except GuestError as error:
            return top_level_text(error)
        raise AssertionError(f"the script did not fail but gave {value!r}")


def run_script(directory: Path, body: str, imports: str = "", **options: Any) -> Run:
    """Run statements as the body of a pipeline."""
    run = Run(directory, **options)
    run.execute(f"{imports}\npipeline default() {{\n{body}\n}}\n")
    return run
