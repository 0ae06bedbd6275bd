"""What the tests reach, by package, from `coverage json`; exit code 1 below the floors.

python -m tools.covered coverage.json
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final

LINES, BRANCHES = 90.0, 80.0  # per cent of the package
_COUNTED: Final = ("covered_lines", "num_statements", "covered_branches", "num_branches")
_WEAKEST = 15
_MISSED = 5  # lines that a file among the weakest lacks at least


def table(report: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    """Per cent of lines and of branches, by part of the package; `all` comes last."""
    sums: dict[str, Counter[str]] = {}
    for name, file in sorted(report["files"].items()):
        counted = Counter({key: file["summary"][key] for key in _COUNTED})
        for part in (_part(name), "all"):
            sums.setdefault(part, Counter()).update(counted)
    ordered = sorted(sums, key=lambda part: (part == "all", part))
    return {part: _shares(sums[part]) for part in ordered}


def weakest(report: Mapping[str, Any]) -> list[tuple[str, float, int]]:
    """The files with the least of their lines reached: name, per cent, lines missing."""
    rows = [
        (name, file["summary"]["percent_covered"], file["summary"]["missing_lines"])
        for name, file in report["files"].items()
        if file["summary"]["missing_lines"] >= _MISSED
    ]
    return sorted(rows, key=lambda row: row[1])[:_WEAKEST]


def _part(name: str) -> str:
    """`popcorn_bench/results/store.py` belongs to `results`; modules at the top are one part."""
    _, *folders, _ = PurePosixPath(name.replace("\\", "/")).parts
    return folders[0] if folders else "(top)"


def _shares(counted: Counter[str]) -> tuple[float, float]:
    lines, branches = counted["num_statements"], counted["num_branches"]
    return (
        100 * counted["covered_lines"] / lines if lines else 100.0,
        100 * counted["covered_branches"] / branches if branches else 100.0,
    )


def main(path: Path) -> int:
    """Print both tables; whether the package is above its floors."""
    report = json.loads(path.read_text(encoding="utf-8"))
    shares = table(report)
    say = sys.stdout.write
    say(f"{'':<14}{'lines %':>9}{'branches %':>12}\n")
    for part, (lines, branches) in shares.items():
        say(f"{part:<14}{lines:>9.1f}{branches:>12.1f}\n")
    say("\nweakest files, with lines that no test reaches\n")
    for name, share, missing in weakest(report):
        say(f"{share:>6.1f} %{missing:>5}  {name}\n")
    lines, branches = shares["all"]
    return 0 if lines >= LINES and branches >= BRANCHES else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
