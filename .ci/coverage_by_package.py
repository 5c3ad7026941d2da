"""Prints the line and branch coverage of each package from the data of the last coverage run, and judges it.

Exit code 1 when a package that carries the language has fewer than :data:`LEAST` percent of its lines covered; then
its files that fall short are listed with the lines that no test ran. ``.ci/run`` makes the data.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import coverage

#: The packages that carry the language, and the percentage of lines that each must have covered.
CARRYING = ("syntax", "compiler", "bytecode", "values", "vm", "builtins")
LEAST = 95.0


def measured() -> dict[str, Any]:
    """Give the files of the last run with their figures."""
    data = coverage.Coverage()
    data.load()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "coverage.json"
        data.json_report(outfile=str(path))
        files: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["files"]
    return files


def package_of(path: str) -> str:
    """Give the package of a file, or its own name when it lies beside the packages."""
    parts = Path(path).parts
    return parts[1] if len(parts) > 2 else "(top)"


def percent(covered: int, whole: int) -> float:
    """Give a share in percent; of nothing, all is covered."""
    return 100.0 * covered / whole if whole else 100.0


def main() -> int:
    """Print the table and give the exit code."""
    files = measured()
    packages: dict[str, list[str]] = defaultdict(list)
    for path in files:
        packages[package_of(path)].append(path)
    failed = False
    print(f"{'package':<14}{'lines':>8}{'covered':>10}{'branches':>10}{'covered':>10}")
    for package, paths in sorted(packages.items()):
        figures = [files[path]["summary"] for path in paths]
        lines, lines_run, branches, branches_taken = (
            sum(figure[key] for figure in figures)
            for key in ("num_statements", "covered_lines", "num_branches", "covered_branches")
        )
        share = percent(lines_run, lines)
        short = package in CARRYING and share < LEAST
        failed = failed or short
        print(
            f"{package:<14}{lines:>8}{share:>9.1f}%{branches:>10}{percent(branches_taken, branches):>9.1f}%"
            f"{f'  below {LEAST:.0f} %' if short else ''}"
        )
        if short:
            for path in paths:
                if files[path]["missing_lines"]:
                    print(f"    {path}: {', '.join(map(str, files[path]['missing_lines']))}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
