"""LLM by generator: one map per task, metric and mode, for metrics that see the video."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from popcorn_bench.leaderboard import words
from popcorn_bench.leaderboard.figures import figures_of
from popcorn_bench.leaderboard.model import Board, Row, Table

_SHADES = 9


@dataclass(frozen=True, slots=True)
class Heat:
    """Cells by LLM (best first) and generator: shade 0 (worst) to 9, mean, and all in words."""

    key: words.Key
    mode: str
    videos: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[int, str, str] | None, ...]], ...]
    lower: bool


def heat_maps(board: Board) -> list[Heat]:
    """Maps of a board by cells; none where it is by anything else."""
    return [] if board.by else [one for table in board.ranking for one in _maps(table)]


def _maps(table: Table) -> Iterator[Heat]:
    if not table.card.sees_video:
        return
    for mode in sorted({row.mode or "" for row in table.rows}):
        cells = {
            (row.llm or "", row.video or ""): row
            for row in table.rows
            if (row.mode or "") == mode and row.mean is not None
        }
        llms, videos = ({key[i] for key in cells} for i in (0, 1))
        if len(llms) > 1 and len(videos) > 1:
            yield _map(table, mode, cells)


def _map(table: Table, mode: str, cells: Mapping[tuple[str, str], Row]) -> Heat:
    sign = 1 if table.card.direction == "lower" else -1
    llms, videos = (_ordered(cells, i, sign) for i in (0, 1))
    means = [row.mean for row in cells.values() if row.mean is not None]
    low, high = min(means), max(means)

    def cell(llm: str, video: str) -> tuple[int, str, str] | None:
        row = cells.get((llm, video))
        if row is None or row.mean is None:
            return None
        share = (row.mean - low) / (high - low) if high > low else 0.5
        better = 1 - share if sign > 0 else share
        figures = figures_of(table)
        return round(_SHADES * better), figures.number(row.mean), figures.with_margin(row)

    rows = tuple((llm, tuple(cell(llm, video) for video in videos)) for llm in llms)
    return Heat(words.key_of(table), mode, videos, rows, sign > 0)


def _ordered(cells: Mapping[tuple[str, str], Row], axis: int, sign: int) -> tuple[str, ...]:
    """Names on one axis, the best mean over the other first."""
    means: dict[str, list[float]] = {}
    for key, row in cells.items():
        means.setdefault(key[axis], []).append(row.mean or 0.0)
    return tuple(sorted(means, key=lambda name: (sign * sum(means[name]) / len(means[name]), name)))
