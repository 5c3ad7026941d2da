"""The standard streams of one run: mocked input, mocked terminals, captured standard error, colour mode.

Takes the host's streams, gives the same with a script's mocks in front. Knows nothing of builtins.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import io
    from collections.abc import Callable
    from typing import TypeVar

    from harnlite.vm.machine import Vm

    _Read = TypeVar("_Read")

__all__ = ["StandardStreams"]


async def _in_thread(read: Callable[[], _Read]) -> _Read:
    import trio

    return await trio.to_thread.run_sync(read, abandon_on_cancel=True)


class StandardStreams:
    """State behind ``read_line``, ``mock_stdin``, ``mock_tty``, ``capture_stderr_start`` and ``set_color_mode``."""

    def __init__(self, vm: Vm) -> None:
        self._vm = vm
        self.mocked_input: io.StringIO | None = None
        self.mocked_terminals: dict[str, bool] = {}
        self.captured_errors: list[str] | None = None
        self.color_mode = "auto"
        self._input_is_used_up = False

    def read_line(self) -> str | None:
        """The next line of input without its end, or None at its end."""
        if self.mocked_input is not None:
            line = self.mocked_input.readline()
            return line.removesuffix("\n").removesuffix("\r") if line else None
        if self._input_is_used_up:
            return None
        return self._waited(self._vm.host.read_line)

    def read_all(self) -> str:
        """The rest of the input."""
        if self.mocked_input is not None:
            return self.mocked_input.read()
        if self._input_is_used_up:
            return ""
        self._input_is_used_up = True
        return self._waited(self._vm.host.read_all)

    def _waited(self, read: Callable[[], _Read]) -> _Read:
        """Read from the host; other tasks and deadlines go on meanwhile, if there are any."""
        vm = self._vm
        if not vm.scheduler.has_ready() and len(vm.scheduler.live) < 2 and not vm.task.deadlines:
            return read()
        found: _Read = vm.wait(_in_thread, read)
        return found

    def write_error(self, text: str) -> None:
        """Write to standard error, or to the capture that is running."""
        if self.captured_errors is not None:
            self.captured_errors.append(text)
        else:
            self._vm.host.write_err(text)

    def is_terminal(self, stream: str) -> bool:
        """Whether ``stdin``, ``stdout`` or ``stderr`` is a terminal, or was said to be one by ``mock_tty``."""
        mocked = self.mocked_terminals.get(stream)
        if mocked is not None:
            return mocked
        answer: bool = self._vm.host.is_terminal(stream)
        return answer

    def colors(self) -> bool:
        """Whether ``color`` and its kin write escape sequences (builtins.md 4)."""
        if self.color_mode != "auto":
            return self.color_mode == "always"
        if self._vm.host.getenv("FORCE_COLOR"):
            return True
        return self.is_terminal("stdout") and self._vm.host.getenv("NO_COLOR") is None
