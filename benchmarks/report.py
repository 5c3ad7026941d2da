"""Results as a table, as JSON with the machine's facts, and as a chart."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

from benchmarks.targets import judge


def machine_facts() -> dict[str, Any]:
    """Give what a reader needs to know of the machine."""
    versions = {name: importlib.metadata.version(name) for name in ("lark", "attrs", "trio", "greenlet")}
    return {
        "system": platform.system(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": sys.version.split()[0],
        "packages": versions,
    }


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def target_table(results: dict[str, Any]) -> str:
    """Give the table of targets, each marked met or missed."""
    rows = [f"{'what':<62}{'target':>10}{'measured':>11}", "-" * 90]
    for target, value, met in judge(results):
        bound = f"{'>=' if target.at_least else '<='} {target.bound:g}"
        rows.append(f"{target.what:<62}{bound:>10}{value:>11.2f}  {'met' if met else 'MISSED'}")
    return "\n".join(rows)


def write_results(path: Path, results: dict[str, Any]) -> None:
    """Write the results as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=2, sort_keys=True) + "\n", encoding="utf-8")
