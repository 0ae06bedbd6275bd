"""Rank ranges as bars: what the data leave open, at one look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from popcorn_bench.leaderboard import text, words
from popcorn_bench.leaderboard.model import Table
from popcorn_bench.leaderboard.page.plots.axis import shortened

_LEFT, _WIDTH, _RIGHT, _STEP, _TOP = 150, 720, 12, 22, 26
_MOST, _LEAST = 40, 2


@dataclass(frozen=True, slots=True)
class Bar:
    """One row from its best rank to its worst, in pixels, and in words."""

    name: str
    y: float
    x: float
    width: float
    first: bool
    baseline: bool
    said: str


@dataclass(frozen=True, slots=True)
class Ranks:
    """One table as bars; a tick per rank, or per few."""

    key: words.Key
    ticks: tuple[tuple[float, int], ...]
    bars: tuple[Bar, ...]
    height: int


def rank_plots(tables: Sequence[Table]) -> list[Ranks]:
    """One drawing per table with two ranked rows or more."""
    return [_plot(table) for table in tables if _LEAST <= _ranked(table) <= _MOST]


def _ranked(table: Table) -> int:
    return sum(row.rank_low is not None for row in table.rows)


def _plot(table: Table) -> Ranks:
    rows = [(r, r.rank_low, r.rank_high) for r in table.rows if r.rank_low and r.rank_high]
    last = len(rows)
    width = (_WIDTH - _LEFT - _RIGHT) / last
    every = max(1, round(last / 12))
    bars = []
    for i, (row, low, high) in enumerate(rows):
        name = text.clean(" · ".join(n for n in (row.llm, row.video, row.mode) if n))
        x, wide = _LEFT + (low - 1) * width + 2, (high - low + 1) * width - 4
        said = f"{name}: rank {text.rank_range(row)} of {last}"
        y = _TOP + i * _STEP
        bars.append(
            Bar(shortened(name), y, round(x, 1), round(wide, 1), low == 1, row.baseline, said)
        )
    ticks = [(round(_LEFT + (r - 0.5) * width, 1), r) for r in range(1, last + 1, every)]
    return Ranks(words.key_of(table), tuple(ticks), tuple(bars), _TOP + last * _STEP + 8)
