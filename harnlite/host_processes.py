"""Other programs, behind the host's policy. Runs under trio, which it imports when first used."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import trio

    from harnlite.host import Host

__all__ = ["Completed", "Processes"]

#: Bytes kept of each of a program's two outputs; what comes after is read and dropped.
_MOST_OUTPUT = 64 << 20


class Completed(NamedTuple):
    """How a program ended; the status is -1 when a signal ended it."""

    status: int
    stdout: str
    stderr: str


class Processes:
    """Starts programs for one host.

    :param host: says the working directory, the environment and the policy.
    """

    def __init__(self, host: Host) -> None:
        self._host = host

    def shell(self) -> list[str]:
        """The command that runs a shell line given as its last argument."""
        return ["cmd", "/C"] if os.name == "nt" else ["sh", "-c"]

    def check(self, command: str) -> None:
        """Refuse a program that the policy does not allow.

        :raises GuestError: category ``tool_rejected``.
        """
        self._host.policy.check_command(command)

    async def run(self, command: list[str], directory: str | None = None) -> Completed:
        """Run a program to its end with nothing on its standard input; killed when the wait is cancelled.

        :param directory: where it runs; default: the host's working directory.
        :raises OSError: when it cannot be started.
        """
        import trio

        self.check(command[0])
        where = os.path.join(self._host.current_directory(), directory or "")
        if not os.path.isdir(where):
            raise FileNotFoundError(2, os.strerror(2), where)
        process = await trio.lowlevel.open_process(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=where,
            env=self._host.environment,
        )
        out, err = bytearray(), bytearray()
        try:
            async with trio.open_nursery() as nursery:
                assert process.stdout is not None
                assert process.stderr is not None
                nursery.start_soon(_collect, process.stdout, out)
                nursery.start_soon(_collect, process.stderr, err)
                status = await process.wait()
        except BaseException:
            process.kill()
            with trio.CancelScope(shield=True):
                await process.wait()
            # A cancellation comes out of the nursery in an exception group; whoever waits expects it plain.
            await trio.lowlevel.checkpoint_if_cancelled()
            raise
        return Completed(max(status, -1), out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))


async def _collect(stream: trio.abc.ReceiveStream, target: bytearray) -> None:
    async with stream:
        async for data in stream:
            target += data[: _MOST_OUTPUT - len(target)]
