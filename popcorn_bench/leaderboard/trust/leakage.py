"""Where an LLM was shown what a predictor had learned from: read it, find what ranks, say it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from duckdb import DuckDBPyConnection

from popcorn_bench.leaderboard import text
from popcorn_bench.leaderboard.catalog import MetricCard
from popcorn_bench.leaderboard.query import CellKey
from popcorn_bench.leaderboard.trust.block import listed
from popcorn_bench.leaderboard.trust.model import Trust
from popcorn_bench.types import Direction

Leaks = Mapping[tuple[str, str], int]


def read_leaks(connection: DuckDBPyConnection) -> Leaks:
    """Corpus rows per (mode, evaluator id) that the LLM may be shown and the evaluator knows."""
    rows = connection.execute(
        "SELECT mode, evaluator_id, max(rows) FROM leaks WHERE rows > 0 GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    return {(mode, evaluator_id): n for mode, evaluator_id, n in rows}


def leaks_of(leaks: Leaks, cells: Iterable[CellKey]) -> dict[str, int]:
    """Leaked rows per mode id, among the modes of the cells."""
    keys = sorted({(cell.mode, cell.evaluator_id) for cell in cells})
    return {mode: leaks[mode, evaluator] for mode, evaluator in keys if (mode, evaluator) in leaks}


def stand_in(card: MetricCard, clean: Sequence[MetricCard]) -> MetricCard | None:
    """The metric that ranks instead of `card`: of the same family of evaluators, without a leak.

    Evaluators are of one family where their names are the same up to the first hyphen.
    """
    return next(
        (
            other
            for other in clean
            if _family(other) == _family(card) and other.direction is not Direction.NONE
        ),
        None,
    )


def leak_line(trust: Trust) -> str:
    """Why a table is not ranked and what ranks instead; nothing where there is no leak."""
    if not trust.leaks:
        return ""
    shown = [
        f"{text.count(n, 'row', 'rows')} in mode {text.clean(mode)}"
        for mode, n in trust.leaks.items()
    ]
    instead = f"It is ranked by {text.clean(trust.instead)} instead."
    return (
        "Not ranked: the predictor was trained on corpus rows that an LLM may have been shown "
        f"({listed(shown)}). {instead if trust.instead else 'Nothing here ranks in its place.'}"
    )


def _family(card: MetricCard) -> str:
    return card.evaluator.partition("-")[0]
