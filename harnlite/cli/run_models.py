"""``harnlite run --llm-mock FILE`` and ``--llm-mock-record FILE`` (docs/reference/runtime.md 6.2, 10.1).

Both files hold one prepared answer a line, in the form that the builtin ``llm_mock`` takes; what one run recorded
another can be given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harnlite.cli.common import CommandError, read_source
from harnlite.runtime.llm_calls import LlmCalls
from harnlite.runtime.llm_mock import MockModel
from harnlite.values.errors import GuestError
from harnlite.values.json_text import stringify

if TYPE_CHECKING:
    from harnlite.vm.machine import Vm

__all__ = ["ModelFiles"]


class ModelFiles:
    """What a run reads its model's answers from and writes them to.

    :param fixtures: a file of answers for the calls of every provider, or None.
    :param record: a file that gets every answer of the run, or None.
    :raises CommandError: a file cannot be read or written.
    """

    def __init__(self, fixtures: str | None, record: str | None) -> None:
        self._name = fixtures
        self._text = read_source(fixtures).text if fixtures is not None else None
        self._record = record
        self._recorded: list[dict[str, Any]] = []
        if record is not None:
            self.write()

    def install(self, vm: Vm) -> None:
        """Prepare the VM before it runs.

        :raises CommandError: a line of the fixtures is malformed.
        """
        if self._text is not None:
            try:
                vm.service(MockModel).load_fixtures(self._text)
            except GuestError as error:
                raise CommandError(f"cannot use {self._name}: {error.message}") from None
        if self._record is not None:
            self._recorded = vm.service(LlmCalls).record()

    def write(self) -> None:
        """Write what was recorded, if that was asked for."""
        if self._record is None:
            return
        try:
            with open(self._record, "w", encoding="utf-8") as file:
                file.writelines(stringify(entry) + "\n" for entry in self._recorded)
        except OSError as error:
            raise CommandError(f"cannot write {self._record}: {error.strerror or error}") from None
