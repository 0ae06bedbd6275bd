"""Works out how sure the order of LLMs and of generators is, from scores per query."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from duckdb import DuckDBPyConnection
from threadpoolctl import threadpool_limits

from popcorn_bench.leaderboard.catalog import read_catalog
from popcorn_bench.leaderboard.choose import choose_modes
from popcorn_bench.leaderboard.draft import COVERAGE, Mask
from popcorn_bench.leaderboard.model import Board, Table
from popcorn_bench.leaderboard.modes import read_modes
from popcorn_bench.leaderboard.names import Names, names_of
from popcorn_bench.leaderboard.query import CellKey, Filter, read_scores
from popcorn_bench.leaderboard.standing.model import Chance, Spread, Standing
from popcorn_bench.leaderboard.statistics.best import best_chances
from popcorn_bench.leaderboard.statistics.concordance import kendall_w
from popcorn_bench.leaderboard.statistics.interval import Floats
from popcorn_bench.leaderboard.statistics.marginal import complete_cases, query_means
from popcorn_bench.leaderboard.statistics.variance import Components, variance_components
from popcorn_bench.types import Direction

_LEAST = 2
_Scores = Mapping[CellKey, Floats]  # per query, shape (Q,), NaN where missing


@dataclass(frozen=True, slots=True)
class Standings:
    """All that is known of the orders of one board."""

    orders: tuple[Standing, ...] = ()
    spreads: tuple[Spread, ...] = ()


def standings(board: Board, connection: DuckDBPyConnection) -> Standings:
    """Work it out for the ranked metrics of a board, over its modes.

    Args:
        board: says which tasks, metrics and modes; one that rests on a leak is left out.
        connection: the index behind it.
    """
    tables = [table for table in board.ranking if not table.trust.leaks]
    if not tables:
        return Standings()
    catalog = read_catalog(connection)
    modes = choose_modes(read_modes(connection), board.mode)
    ids = None if board.mode is None else tuple(mode.id for mode in modes)
    sizes = {task_id: len(task.query_ids) for task_id, task in catalog.tasks.items()}
    chosen = Filter(tuple(sorted({table.task_id for table in tables})), ids)
    read = read_scores(connection, chosen, sizes)
    names = names_of(catalog, modes, {cell for cell, _ in read})
    orders: list[Standing] = []
    spreads: list[Spread] = []
    for table in tables:
        key = (table.task_id, table.card.evaluator_id, table.card.name)
        own = {cell: found.scores for (cell, metric), found in read.items()
               if (cell.task_id, cell.evaluator_id, metric) == key}  # fmt: skip
        with threadpool_limits(1, "blas"):  # small matrices: threads would only wait
            orders += _orders(table, own, names)
        spreads += _spreads(table, own, names)
    return Standings(tuple(orders), tuple(spreads))


def crossed(scores: Mapping[tuple[str, str], Floats]) -> tuple[Components, int] | None:
    """Take the scores of one mode apart, and say over how many queries.

    Args:
        scores: per query by LLM and generator.

    Returns:
        None where they are not fully crossed, or too few.
    """
    llms, videos = (sorted({key[i] for key in scores}) for i in (0, 1))
    if min(len(llms), len(videos)) < _LEAST or len(scores) < len(llms) * len(videos):
        return None
    table = np.stack([[scores[llm, video] for video in videos] for llm in llms])
    whole = np.moveaxis(table, 2, 0)  # to (Q, L, V)
    kept = whole[np.isfinite(whole).all(axis=(1, 2))]
    return (variance_components(kept[..., None]), len(kept)) if len(kept) >= _LEAST else None


def _orders(table: Table, scores: _Scores, names: Names) -> Iterator[Standing]:
    for by in ("llm", "video") if table.card.sees_video else ("llm",):
        found = _order(table, scores, names, by)
        if found is not None:
            yield found


def _order(table: Table, scores: _Scores, names: Names, by: str) -> Standing | None:
    rows = _rows(scores, by)
    keys = sorted(rows)
    if len(keys) < _LEAST:
        return None
    means = np.stack([query_means(np.stack(list(rows[key].values()))) for key in keys])
    z = complete_cases(means)
    if len(z) < _LEAST:
        return None
    found = best_chances(z, higher=table.card.direction is Direction.HIGHER)
    shown = names.llms if by == "llm" else names.videos
    chances = [
        Chance(
            name=shown.get(key, key),
            best=float(found.best[i]),
            expected_rank=float(found.expected_rank[i]),
            rank_low=int(found.low[i]),
            rank_high=int(found.high[i]),
        )
        for i, key in enumerate(keys)
    ]
    columns = _columns([rows[key] for key in keys], np.isfinite(means.sum(axis=0)))
    return Standing(
        task=table.task,
        task_id=table.task_id,
        metric=table.card.name,
        evaluator=table.evaluator,
        evaluator_id=table.card.evaluator_id,
        by=by,
        queries=len(z),
        chances=tuple(sorted(chances, key=lambda one: (one.expected_rank, one.name))),
        concordance=kendall_w(columns),
        across=len(columns),
    )


def _rows(scores: _Scores, by: str) -> dict[str, dict[tuple[str, str], Floats]]:
    """Scores by LLM or generator, then by the other one and the mode.

    Only those that have what all others have, and 95 % of the queries: else one would stand for a
    part of what it was asked.
    """
    rows: dict[str, dict[tuple[str, str], Floats]] = {}
    if not scores:  # nothing was scored: every answer was useless, for one
        return rows
    for cell, values in scores.items():
        own, other = (cell.llm_id, cell.video_id) if by == "llm" else (cell.video_id, cell.llm_id)
        rows.setdefault(own, {})[other, cell.mode] = values
    every = set().union(*rows.values())
    asked = np.isfinite(np.stack(list(scores.values()))).any(axis=0).sum()
    return {
        key: {column: found[column] for column in sorted(found)}
        for key, found in rows.items()
        if found.keys() == every
        and np.isfinite(query_means(np.stack(list(found.values())))).sum() >= COVERAGE * asked
    }


def _columns(rows: list[dict[tuple[str, str], Floats]], kept: Mask) -> Floats:
    """Means over complete queries and modes, shape (others, K): one ranking per other one."""
    others = sorted({other for other, _ in rows[0]})
    means: Floats = np.array([
        [np.mean([values[kept].mean() for (own, _), values in row.items() if own == other])
         for row in rows]
        for other in others
    ])  # fmt: skip
    return means


def _spreads(table: Table, scores: _Scores, names: Names) -> Iterator[Spread]:
    if not table.card.sees_video:
        return
    for mode in sorted({cell.mode for cell in scores}):
        own = {(c.llm_id, c.video_id): values for c, values in scores.items() if c.mode == mode}
        found = crossed(own)
        if found is None or not found[0].share:
            continue
        yield Spread(
            task=table.task,
            task_id=table.task_id,
            metric=table.card.name,
            evaluator=table.evaluator,
            evaluator_id=table.card.evaluator_id,
            mode=names.modes[mode],
            queries=found[1],
            variance=found[0].variance,
            share=found[0].share,
        )
