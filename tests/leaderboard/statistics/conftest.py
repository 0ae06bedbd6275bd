"""The reference values and the data behind them."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from popcorn_bench.leaderboard.statistics.interval import Floats
from tests.leaderboard.statistics.reference import Crossed


@pytest.fixture(scope="session")
def expected(stats_folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((stats_folder / "expected.json").read_text())
    return found


@pytest.fixture(scope="session")
def tiny(stats_folder: Path) -> Floats:
    """The differences pe - basic of 8 queries."""
    with (stats_folder / "tiny.csv").open(newline="") as file:
        return np.array([float(row["pe"]) - float(row["basic"]) for row in csv.DictReader(file)])


@pytest.fixture(scope="session")
def crossed(stats_folder: Path) -> Crossed:
    with (stats_folder / "crossed.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    axes = [sorted({r[k] for r in rows}) for k in ("llm", "gen", "mode", "query", "seed")]
    values = np.full([len(axis) for axis in axes], np.nan)
    for row in rows:
        keys = [row[k] for k in ("llm", "gen", "mode", "query", "seed")]
        place = tuple(axis.index(key) for axis, key in zip(axes, keys, strict=True))
        values[place] = float(row["score"])
    return Crossed(llms=axes[0], generators=axes[1], values=values)
