"""A profile as a table of functions and a table of lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harnlite.source import Source
    from harnlite.vm.profiler import Profile

__all__ = ["profile_text"]

_FUNCTIONS = 15
_LINES = 15


def profile_text(profile: Profile, source: Source) -> str:
    """Give the text that ``run --profile`` prints; own time is without, total time with what was called."""
    whole = profile.seconds or 1.0
    lines = [f"profile: {profile.seconds:.3f} s sampled, {profile.elsewhere:.3f} s of it outside guest code", ""]
    lines.append(f"{'own s':>9} {'own %':>6} {'total s':>9}  function")
    for row in profile.functions[:_FUNCTIONS]:
        share = row.own / whole * 100
        lines.append(f"{row.own:9.3f} {share:6.1f} {row.total:9.3f}  {row.function} ({row.file})")
    lines += ["", f"{'own s':>9} {'own %':>6}  line"]
    for line in profile.lines[:_LINES]:
        text = source.line_text(line.line).strip() if line.file == source.name else ""
        lines.append(f"{line.own:9.3f} {line.own / whole * 100:6.1f}  {line.file}:{line.line}  {text}")
    return "\n".join(lines) + "\n"
