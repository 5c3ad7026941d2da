"""What users test scripts with: a simulated outside world.

:class:`SimulatedHost` gives a run a clock that stands still until somebody moves it, repeatable randomness and
identifiers, an environment of its own, and keeps what the script printed.
"""

from __future__ import annotations

from harnlite.testing.simulated_host import SimulatedHost

__all__ = ["SimulatedHost"]
