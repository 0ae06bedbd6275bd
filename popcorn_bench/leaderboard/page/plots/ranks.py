"""Rank ranges as bars: what the data leave open, at one look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from popcorn_bench.leaderboard import text, words
from popcorn_bench.leaderboard.model import Table
from popcorn_bench.leaderboard.page.plots.axis import shortened
from popcorn_bench.leaderboard.standing.model import Standing

_LEFT, _WIDTH, _RIGHT, _STEP, _TOP = 176, 720, 12, 22, 26
_CHANCE = 62  # pixels of the column of percentages
_OF = {"llm": " of LLMs", "video": " of generators", "mode": " of modes"}
_WORTH = 0.005  # a chance below it is written as nothing
_MOST, _LEAST = 40, 2


@dataclass(frozen=True, slots=True)
class Bar:
    """One row from its best rank to its worst, in pixels, and in words.

    `chance` says how often it comes first when queries are drawn anew, '' where that is unknown.
    """

    name: str
    y: float
    x: float
    width: float
    first: bool
    baseline: bool
    said: str
    chance: str


@dataclass(frozen=True, slots=True)
class Ranks:
    """One table as bars; a tick per rank, or per few; `concordance` and what `of` in words."""

    key: words.Key
    ticks: tuple[tuple[float, int], ...]
    bars: tuple[Bar, ...]
    height: int
    concordance: str
    of: str

    @property
    def chances(self) -> bool:
        """Whether any row says how often it comes first."""
        return any(bar.chance for bar in self.bars)


def rank_plots(tables: Sequence[tuple[Table, str]], orders: Sequence[Standing]) -> list[Ranks]:
    """One drawing per table with two ranked rows or more.

    Args:
        tables: each with the dimension that its rows are by.
        orders: how sure the orders are, of any tables.
    """
    known = {(one.task_id, one.evaluator_id, one.metric, one.by): one for one in orders}
    return [
        _plot(table, by, known.get((table.task_id, table.card.evaluator_id, table.card.name, by)))
        for table, by in tables
        if _LEAST <= _ranked(table) <= _MOST
    ]


def _ranked(table: Table) -> int:
    return sum(row.rank_low is not None for row in table.rows)


def _plot(table: Table, by: str, order: Standing | None) -> Ranks:
    best = {text.clean(one.name): one.best for one in order.chances} if order else {}
    rows = [(r, r.rank_low, r.rank_high) for r in table.rows if r.rank_low and r.rank_high]
    last = len(rows)
    width = (_WIDTH - _LEFT - (_CHANCE if best else _RIGHT)) / last
    every = max(1, round(last / 12))
    bars = []
    for i, (row, low, high) in enumerate(rows):
        name = text.clean(" · ".join(n for n in (row.llm, row.video, row.mode) if n))
        x, wide = _LEFT + (low - 1) * width + 2, (high - low + 1) * width - 4
        said = f"{name}: rank {text.rank_range(row)} of {last}"
        y, chance = _TOP + i * _STEP, _chance(best.get(name))
        said += f", first in {chance} of draws" if chance else ""
        bars.append(Bar(
            shortened(name), y, round(x, 1), round(wide, 1), low == 1, row.baseline, said, chance
        ))  # fmt: skip
    ticks = [(round(_LEFT + (r - 0.5) * width, 1), r) for r in range(1, last + 1, every)]
    return Ranks(
        key=words.key_of(table),
        ticks=tuple(ticks),
        bars=tuple(bars),
        height=_TOP + last * _STEP + 8,
        concordance=_agreed(order),
        of=_OF.get(by, ""),
    )


def _chance(share: float | None) -> str:
    return "" if share is None or share < _WORTH else f"{share:.0%}"


def _agreed(order: Standing | None) -> str:
    if order is None or order.concordance is None:
        return ""
    others = "generators" if order.by == "llm" else "LLMs"
    return (
        f"The {order.across} {others} agree on this order with Kendall's W "
        f"{order.concordance:.2f} (0: not at all, 1: fully)."
    )
