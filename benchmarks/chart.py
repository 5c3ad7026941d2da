"""The chart of the README: ratios to hand-written Python on a logarithmic scale, as SVG."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

_COLOURS = {"fast": "#2a7f62", "interpreter": "#d08c2f", "reference": "#8a8f98"}
_LABELS = {"fast": "harnlite, fast tier", "interpreter": "harnlite, interpreter", "reference": "reference (Rust)"}
_LEFT, _TOP, _ROW, _WIDTH = 130, 58, 22, 560
_LARGEST = 200.0


def draw(results: dict[str, Any], path: Path) -> None:
    """Draw one row per program, one dot per engine, a line at Python's own speed."""
    programs: dict[str, dict[str, float]] = results["programs"]
    height = _TOP + _ROW * len(programs) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 30} {height}">',
        '<g font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="{_LEFT}" y="18" font-size="14">time / hand-written Python (1 = Python, left is faster)</text>',
    ]
    x = float(_LEFT)
    for engine, colour in _COLOURS.items():
        parts.append(f'<circle cx="{x + 6}" cy="34" r="5" fill="{colour}"/>')
        parts.append(f'<text x="{x + 16}" y="38">{_LABELS[engine]}</text>')
        x += 175
    bottom = _TOP + _ROW * len(programs)
    for mark in (0.5, 1, 2, 5, 10, 20, 50, 100, 200):
        at = _position(mark)
        stroke = "#444" if mark == 1 else "#ddd"
        parts.append(f'<line x1="{at:.1f}" y1="{_TOP - 8}" x2="{at:.1f}" y2="{bottom}" stroke="{stroke}"/>')
        parts.append(f'<text x="{at:.1f}" y="{bottom + 16}" text-anchor="middle" fill="#555">{mark:g}</text>')
    for index, (name, ratios) in enumerate(sorted(programs.items())):
        y = _TOP + _ROW * index + 6
        parts.append(f'<text x="{_LEFT - 10}" y="{y + 4}" text-anchor="end">{name}</text>')
        parts.extend(
            f'<circle cx="{_position(ratios[engine]):.1f}" cy="{y}" r="5" fill="{colour}"/>'
            for engine, colour in _COLOURS.items()
            if engine in ratios
        )
    parts.append("</g></svg>")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(parts) + "\n", encoding="utf-8")


def _position(ratio: float) -> float:
    low, high = math.log(0.4), math.log(_LARGEST)
    return _LEFT + _WIDTH * (math.log(max(0.4, min(_LARGEST, ratio))) - low) / (high - low)
