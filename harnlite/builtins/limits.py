"""What builtins refuse for the sake of the machine they run on: results out of all proportion, missing packages."""

from __future__ import annotations

from harnlite.values.errors import runtime_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Final

__all__ = ["LARGEST_TEXT", "check_size", "extra"]

#: Characters, bytes or items of one result (256 Mi), so that a slip in a count ends in an error, not in swapping.
LARGEST_TEXT: Final = 1 << 28


def check_size(name: str, size: int, unit: str = "characters") -> None:
    """Refuse a result of this many characters, bytes or items when it is unreasonably large.

    :raises GuestError: ``name: result of N characters is too large``.
    """
    if size > LARGEST_TEXT:
        raise runtime_error(f"{name}: result of {size} {unit} is too large")


class extra:  # noqa: N801 - used as a statement: ``with extra(...): import …``
    """Import an optional package in the block.

    :param name: the builtin that needs it.
    :param package: the package's name on the index.
    :param group: the extra of ours that installs it.
    :raises GuestError: naming the extra, when the package is not there.
    """

    def __init__(self, name: str, package: str, group: str) -> None:
        self._message = f"{name} needs the package {package}: install harnlite[{group}]"

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if isinstance(error, ImportError):
            raise runtime_error(self._message) from None
