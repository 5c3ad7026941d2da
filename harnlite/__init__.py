"""harnlite: a small, readable, fast implementation of the core of Harn in Python.

The names below are the public interface; they are imported when first used, because start-up time is a feature.
``harnlite.testing`` has what scripts are tested with.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from harnlite.api import (
        BusyError,
        CompiledProgram,
        ConversionError,
        HarnliteError,
        Instrument,
        LimitError,
        Policy,
        ProgramRefusedError,
        RunCancelledError,
        RunFailedError,
        RunResult,
        ScriptError,
        UsageError,
        Vm,
        compile,  # noqa: A004 - the name that users look for, always written harnlite.compile
        run,
    )

__version__ = "0.1.0"

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
    "__version__",
    "compile",
    "run",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from harnlite import api

        return getattr(api, name)
    raise AttributeError(f"module 'harnlite' has no attribute {name!r}")
