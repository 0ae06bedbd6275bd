"""`cells.parquet` and `pairs.parquet`: the rows of the board, and how they differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from popcorn_bench.leaderboard.model import Row, Table
from popcorn_bench.leaderboard.publish.columns import CELLS, PAIRS, Column, polars_schema
from popcorn_bench.leaderboard.publish.material import Material
from popcorn_bench.leaderboard.statistics.interval import Floats
from popcorn_bench.leaderboard.statistics.paired import hedges_gz, holm, paired_difference
from popcorn_bench.types import Direction

if TYPE_CHECKING:
    import polars as pl

_DIMENSIONS = ("llm", "video", "mode")
_Record = dict[str, Any]


def cells(material: Material) -> pl.DataFrame:
    """One row per row of the board, in its order."""
    return _frame([_cell(table, row) for table in material.board.tables for row in table.rows],
                  CELLS)  # fmt: skip


def pairs(material: Material) -> pl.DataFrame:
    """Paired differences between ranked rows of one table that differ in one dimension only."""
    tables = [table for table in material.board.tables if table.ranked]
    return _frame([pair for table in tables for pair in _pairs(material, table)], PAIRS)


def _frame(rows: Sequence[_Record], columns: Sequence[Column]) -> pl.DataFrame:
    import polars as pl

    return pl.DataFrame(rows, schema=polars_schema(columns), orient="row")


def _cell(table: Table, row: Row) -> _Record:
    found = {name: getattr(row, name) for name in (c.name for c in CELLS) if hasattr(row, name)}
    return found | _about(table) | {"flags": list(row.flags)}


def _about(table: Table) -> _Record:
    card = table.card
    return {
        "task": table.task,
        "task_version": table.task_version,
        "task_id": table.task_id,
        "metric": card.name,
        "evaluator": table.evaluator,
        "evaluator_version": card.version,
        "evaluator_id": card.evaluator_id,
        "sees": list(card.inputs),
        "direction": card.direction.value,
    }


def _pairs(material: Material, table: Table) -> Iterator[_Record]:
    ranked = [row for row in table.rows if row.rank_low is not None]
    values = [material.values.get((material.cell_of(table, row), table.card.name))
              for row in ranked]  # fmt: skip
    for dimension in _DIMENSIONS:
        places = _alike(ranked, dimension)
        made = [
            _pair(ranked[i], ranked[j], first, second, table)
            for i, j in places
            if (first := values[i]) is not None and (second := values[j]) is not None
        ]
        known = [pair for pair in made if pair]
        tested = [pair for pair in known if pair["p"] is not None]
        for pair, adjusted in zip(tested, holm([pair["p"] for pair in tested]), strict=True):
            pair["p_holm"] = adjusted
        yield from (_about(table) | {"differs": dimension} | pair for pair in known)


def _alike(rows: Sequence[Row], dimension: str) -> list[tuple[int, int]]:
    """Places of the rows that differ in nothing but one dimension, better ranked first."""
    others = [name for name in _DIMENSIONS if name != dimension]
    groups: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        groups[tuple(getattr(row, name) for name in others)].append(place)
    return sorted(pair for group in groups.values() for pair in combinations(group, 2))


def _pair(a: Row, b: Row, first: Floats, second: Floats, table: Table) -> _Record:
    """Empty where no query is shared."""
    difference = first - second
    shared = np.isfinite(difference)
    if not shared.any():
        return {}
    found = paired_difference(first, second)
    estimate = found.estimate
    sign = -1 if table.card.direction is Direction.LOWER else 1
    names = {f"{n}_{side}": getattr(row, n) for side, row in (("a", a), ("b", b))
             for n in _DIMENSIONS}  # fmt: skip
    return names | {
        "delta": estimate.mean,
        "se": estimate.se,
        "ci_low": estimate.low,
        "ci_high": estimate.high,
        "n_queries": estimate.n,
        "p": found.p,
        "p_holm": None,
        "hedges_gz": hedges_gz(found),
        "share_better": float((sign * difference[shared] > 0).mean()),
    }
