"""Score against what a sample costs, with the rows that nobody beats at both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log10

from popcorn_bench.leaderboard import text, words
from popcorn_bench.leaderboard.figures import figures_of
from popcorn_bench.leaderboard.model import Row, Table
from popcorn_bench.leaderboard.page.plots.axis import Axis, shortened, uncrowded

_WIDTH, _HEIGHT = 720, 330
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 130, 16, 44
_TWO = 2


@dataclass(frozen=True, slots=True)
class Dot:
    """One row: where it is drawn, its interval, and whether it is on the front."""

    name: str
    x: float
    y: float
    low: float
    high: float
    front: bool
    baseline: bool
    said: str
    labelled: bool = True


@dataclass(frozen=True, slots=True)
class Costs:
    """One table as dots; `x_ticks` are powers of ten."""

    key: words.Key
    y: Axis
    x_ticks: tuple[tuple[float, str], ...]
    dots: tuple[Dot, ...]
    line: str
    free: tuple[str, ...]


def costs(tables: Sequence[Table]) -> list[Costs]:
    """One drawing per table in which two rows or more have a price."""
    drawn = (_costs(table) for table in tables)
    return [one for one in drawn if one is not None]


def front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Indices of points (cost, score) that no other beats at both, cheapest first."""
    order = sorted(range(len(points)), key=lambda i: (points[i][0], -points[i][1]))
    found: list[int] = []
    best = float("-inf")
    for i in order:
        if points[i][1] > best:
            found.append(i)
            best = points[i][1]
    return found


def _costs(table: Table) -> Costs | None:
    rows = [row for row in table.rows if row.mean is not None]
    paid = [row for row in rows if row.cost_usd and row.n_scored]
    if len(paid) < _TWO:
        return None
    sign = -1 if table.card.direction == "lower" else 1
    points = [(_each(row), sign * (row.mean or 0.0)) for row in paid]
    chosen = front(points)
    logs = [log10(cost) for cost, _ in points]
    x = Axis(min(logs) - 0.1, max(logs) + 0.1, _LEFT, _WIDTH - _RIGHT)
    ends = [v for r in paid for v in (r.mean, r.ci_low, r.ci_high) if v is not None]
    margin = (max(ends) - min(ends)) * 0.05 or 1.0
    y = Axis(min(ends) - margin, max(ends) + margin, _HEIGHT - _BOTTOM, _TOP)
    dots = [_dot(row, table, x, y, front=i in chosen) for i, row in enumerate(paid)]
    dots = _labelled(dots)
    path = " ".join(f"{'L' if n else 'M'}{dots[i].x} {dots[i].y}" for n, i in enumerate(chosen))
    return Costs(
        words.key_of(table), y, _ticks(x), tuple(dots), path,
        tuple(_name(row) for row in rows if row.cost_usd == 0),
    )  # fmt: skip


def _labelled(dots: Sequence[Dot]) -> list[Dot]:
    """Names where they do not run into each other, the front's first."""
    order = sorted(range(len(dots)), key=lambda i: not dots[i].front)
    kept = uncrowded([(dots[i].x, dots[i].y, dots[i].name) for i in order])
    named = {order[i] for i in kept}
    return [replace(dot, labelled=i in named) for i, dot in enumerate(dots)]


def _ticks(x: Axis) -> tuple[tuple[float, str], ...]:
    """1, 2 and 5 times powers of ten, or the powers alone where they are many."""
    every = [(m, p) for p in range(-9, 7) for m in (1, 2, 5)]
    inside = [(m, p) for m, p in every if x.low <= log10(m) + p <= x.high]
    kept = [(m, p) for m, p in inside if m == 1] if len(inside) > 6 else inside  # noqa: PLR2004
    return tuple((x.at(log10(m) + p), f"${m * 10.0**p:g}") for m, p in kept)


def _dot(row: Row, table: Table, x: Axis, y: Axis, *, front: bool) -> Dot:
    mean = row.mean or 0.0
    low = mean if row.ci_low is None else row.ci_low
    high = mean if row.ci_high is None else row.ci_high
    said = f"{_name(row)}: {figures_of(table).with_margin(row)} for {text.money(_each(row))} each"
    return Dot(
        shortened(_name(row)), x.at(log10(_each(row))), y.at(mean), y.at(low), y.at(high), front,
        row.baseline, said,
    )  # fmt: skip


def _each(row: Row) -> float:
    return (row.cost_usd or 0.0) / row.n_scored


def _name(row: Row) -> str:
    return text.clean(" · ".join(n for n in (row.llm, row.video, row.mode) if n))
