"""What a run may touch outside itself: directories, commands, environment variables, the network, standard input.

A :class:`Policy` is asked before every access; a refusal is a guest error of category ``tool_rejected``, so a script
can catch it, and nothing has happened. ``harnlite run`` allows everything, an embedding host nothing unless it says
otherwise.
"""

from __future__ import annotations

import os

from harnlite.values.errors import categorised_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


__all__ = ["Policy"]


class Policy:
    """Allowed accesses; None stands for "everything", an empty collection for "nothing".

    :param read: directories whose files may be read.
    :param write: directories whose files may be written, made, moved and deleted.
    :param commands: names of programs that may be started; ``shell`` needs the name ``sh`` (``cmd`` on Windows).
    :param network: whether connections may be opened.
    :param environment: names of the process's environment variables that exist for the script; the others are not
        refused, they are not there. Variables that the host was given for the script are not asked about.
    :param standard_input: whether the process's standard input may be read; input that the host was given for the
        script is not asked about.
    """

    __slots__ = ("commands", "environment", "network", "read", "standard_input", "write")

    def __init__(
        self,
        read: Iterable[str] | None = (),
        write: Iterable[str] | None = (),
        commands: Iterable[str] | None = (),
        network: bool = False,
        environment: Iterable[str] | None = (),
        standard_input: bool = False,
    ) -> None:
        self.read = None if read is None else tuple(os.path.realpath(root) for root in read)
        self.write = None if write is None else tuple(os.path.realpath(root) for root in write)
        self.commands = None if commands is None else frozenset(commands)
        self.network = network
        self.environment = None if environment is None else frozenset(environment)
        self.standard_input = standard_input

    @classmethod
    def everything(cls) -> Policy:
        """Allow every access."""
        return cls(read=None, write=None, commands=None, network=True, environment=None, standard_input=True)

    @classmethod
    def nothing(cls) -> Policy:
        """Refuse every access."""
        return cls()

    def shows_variable(self, name: str) -> bool:
        """Whether an environment variable of the process exists for the script."""
        return self.environment is None or name in self.environment

    def check_read(self, path: str) -> None:
        """Refuse to read outside the readable directories; symbolic links are followed first.

        :raises GuestError: category ``tool_rejected``.
        """
        self._check_path(path, self.read, "reading")

    def check_write(self, path: str) -> None:
        """Refuse to change anything outside the writable directories; symbolic links are followed first.

        :raises GuestError: category ``tool_rejected``.
        """
        self._check_path(path, self.write, "writing")

    def check_command(self, command: str) -> None:
        """Refuse to start a program that is not listed. A listed bare name covers no path to another file.

        :raises GuestError: category ``tool_rejected``.
        """
        if self.commands is not None and command not in self.commands:
            raise categorised_error("tool_rejected", f"the sandbox policy does not allow running {command}")

    def check_network(self, host: str) -> None:
        """Refuse to connect.

        :raises GuestError: category ``tool_rejected``.
        """
        if not self.network:
            raise categorised_error("tool_rejected", f"the sandbox policy does not allow connecting to {host}")

    def check_standard_input(self) -> None:
        """Refuse to read what the process is given.

        :raises GuestError: category ``tool_rejected``.
        """
        if not self.standard_input:
            raise categorised_error("tool_rejected", "the sandbox policy does not allow reading standard input")

    def _check_path(self, path: str, roots: tuple[str, ...] | None, what: str) -> None:
        if roots is None:
            return
        try:
            real = os.path.realpath(path)
        except (OSError, ValueError):
            real = ""
        for root in roots:
            if real == root or real.startswith(root.rstrip(os.sep) + os.sep):
                return
        raise categorised_error("tool_rejected", f"the sandbox policy does not allow {what} {path}")
